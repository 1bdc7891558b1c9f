"""A follower: its queue, its session, and the choice of the next order. Followers never wait for each other."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from copytui.broker.port import Account, Call, Funds, Profile, Profit
from copytui.domain.copies import GIVE_UP_AFTER, LIVE_AT_BROKER, ChildOrder, CopyState
from copytui.domain.held import HeldFigures
from copytui.domain.orders import ClientId, OrderId
from copytui.domain.positions import PositionKey
from copytui.engine.orders.tracking import NOT_TRACKED, OrderTracking
from copytui.settings.model import FollowerSettings

_FUNDS_FRESH_SECONDS = 60.0
HELD_PATIENCE_SECONDS = 0.3
"""How long an exit waits for the position figures that it asked for."""
_TICK_SECONDS = 0.5
_IN_FLIGHT = frozenset({CopyState.QUEUED, CopyState.SENDING, CopyState.UNKNOWN})


class SessionState(StrEnum):
    """The state of an account's login."""

    LOGGING_IN = "logging in"
    READING_BOOK = "reading order book"
    READY = "ready"
    WAITING = "login failed, retrying"
    LOCKED = "credentials refused"


@dataclass(frozen=True, slots=True)
class BookFacts:
    """Facts of a follower's last clean order book beyond its child orders.

    It was requested at `asked_at`. `tags` are those of all rows, `standing_tags` those of orders that work or have
    filled something, `limits` the limit prices of working orders, and `net` the net quantities of all orders, no
    matter who sent them. `fills` are the filled units of each order, by its tag or else its order id.
    """

    asked_at: float
    tags: frozenset[str] = frozenset()
    standing_tags: frozenset[str] = frozenset()
    limits: Mapping[OrderId, Decimal] = field(default_factory=dict)
    net: Mapping[PositionKey, int] = field(default_factory=dict)
    fills: Mapping[str, int] = field(default_factory=dict)


@dataclass(slots=True, eq=False)
class Follower:
    """One follower's state; used on the engine's loop only, and changed by its own methods only.

    Times are monotonic seconds. `queue` has the ids of queued child orders in the master's order, and `tracking` the
    record of every child order that is not final. `funds` were read at `funds_at`; `day_funds` is the day's first
    figure of available funds. `held` are its position figures, which an exit asked for at `held_wanted_at`.
    `close_only` is the reason why it takes exits only. `read_after` calls for an order book requested after that time.
    Its requests leave from `egress_ip`, and `ip_mismatch` says why that is the wrong one. `loss_allowed` is the loss in
    rupees that makes it close only, None for the configured limit. `sent_at` and `filled_at` are the times of its last
    order and fill; `traded` says that there was a fill today. `failing` lists the figures that cannot be read right
    now, with the reason.
    """

    settings: FollowerSettings
    account: Account
    enabled: bool = True
    disabled_by_user: bool = False
    halted_because: str | None = None
    session: SessionState = SessionState.LOGGING_IN
    session_text: str = ""
    profile: Profile | None = None
    funds: Funds | None = None
    funds_at: float | None = None
    day_funds: Decimal | None = None
    close_only: str | None = None
    loss_allowed: Decimal | None = None
    profit: Profit | None = None
    profit_at: float | None = None
    sent_at: float | None = None
    filled_at: float | None = None
    traded: bool = False
    failing: dict[str, str] = field(default_factory=dict)
    held: HeldFigures | None = None
    held_wanted_at: float | None = None
    read_after: float | None = None
    egress_ip: str = ""
    ip_mismatch: str | None = None
    queue: list[int] = field(default_factory=list)
    tracking: dict[int, OrderTracking] = field(default_factory=dict)
    posting: int | None = None
    last_error: str = ""
    failures_in_a_row: int = 0
    read_failures: int = 0
    book: BookFacts | None = None
    reported_rows: set[str] = field(default_factory=set)
    wake_book_reader: asyncio.Event = field(default_factory=asyncio.Event)
    wake_session: asyncio.Event = field(default_factory=asyncio.Event)
    wake_funds: asyncio.Event = field(default_factory=asyncio.Event)
    wake_held: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def client_id(self) -> ClientId:
        """The follower's client code."""
        return self.settings.client_id

    @property
    def name(self) -> str:
        """The follower's name."""
        return self.settings.name

    @property
    def ready(self) -> bool:
        """Whether the account can take orders: logged in, its order book read since, and no IP mismatch."""
        return self.session is SessionState.READY and not self.session_lost and self.ip_mismatch is None

    @property
    def armed(self) -> bool:
        """Whether orders can leave: the account is ready, enabled and not halted."""
        return self.enabled and self.halted_because is None and self.ready

    @property
    def session_lost(self) -> bool:
        """Whether the broker has refused the session and the login task has not run yet."""
        return self.session in (SessionState.READY, SessionState.READING_BOOK) and not self.account.logged_in

    @property
    def book_asked_at(self) -> float | None:
        """When the last clean order book was requested; None before the first."""
        return None if self.book is None else self.book.asked_at

    @property
    def book_tags(self) -> frozenset[str]:
        """The tags of all rows of the last clean order book."""
        return frozenset() if self.book is None else self.book.tags

    @property
    def standing_tags(self) -> frozenset[str]:
        """The tags of the orders in that book that work or have filled something."""
        return frozenset() if self.book is None else self.book.standing_tags

    @property
    def unknown(self) -> list[tuple[int, OrderTracking]]:
        """The unknown child orders that are looked up, with their ids."""
        return [(id_, tracking) for id_, tracking in self.tracking.items() if tracking.unknown_since is not None]

    @property
    def live(self) -> list[tuple[int, OrderTracking]]:
        """The child orders that are followed to their final state, with their ids."""
        return [(id_, tracking) for id_, tracking in self.tracking.items() if tracking.live_since is not None]

    def tracking_of(self, order_id: int) -> OrderTracking:
        """Return a child order's tracking, read only; a blank one where it is not tracked."""
        return self.tracking.get(order_id, NOT_TRACKED)

    def fresh_funds(self, now: float) -> Decimal | None:
        """Return the account's available funds, in rupees; None where the figure is older than a minute."""
        if self.funds is None or self.funds_at is None or now - self.funds_at > _FUNDS_FRESH_SECONDS:
            return None
        return self.funds.available

    def is_missing(self, copy: ChildOrder) -> bool:
        """Return whether the broker accepted an order but its order book, though read, has not shown it for long."""
        since, read = self.tracking_of(copy.id).live_since, self.book_asked_at
        taken = copy.state is CopyState.ACCEPTED  # a row in the order book would have changed the state
        return taken and since is not None and read is not None and read >= since + GIVE_UP_AFTER

    def next_copy(
        self,
        copies: dict[int, ChildOrder],
        now: float,
        must_wait: Callable[[ChildOrder], bool],
        may_leave: Callable[[ChildOrder], bool] = lambda _copy: True,
    ) -> ChildOrder | None:
        """Return the copy that may be sent now, or None; `must_wait` holds back exits whose entries are not final.

        Exits go before entries of other symbols, however many of those wait: the master is out already. The master's
        sequence is preserved within each symbol, among entries and among exits: a copy that is unknown, or queued again
        and not ready yet, holds back its own symbol only. A copy that may not leave at all holds back nothing, nor does
        an entry that only the order limits hold back: `must_wait` decides which exits may pass it.
        """
        if not self.ready or self.posting is not None or not self.queue:
            return None
        capped = self.account.ready_in(Call.WRITE) > 0
        if capped and self.account.ready_in(Call.EXIT) > 0:
            return None
        held = {copies[id_].order.symbol for id_, _ in self.unknown if copies[id_].state is CopyState.UNKNOWN}
        closing = {copies[id_].order.symbol for id_ in self.queue if copies[id_].exit is not None}
        entry: ChildOrder | None = None
        for id_ in self.queue:
            copy = copies[id_]
            symbol = copy.order.symbol
            if copy.state is not CopyState.QUEUED or symbol in held or (entry is not None and symbol not in closing):
                continue
            if not may_leave(copy):
                continue
            if not self._ready(copy, now) or must_wait(copy):
                held.add(symbol)
            elif copy.exit is not None:
                return copy
            elif not capped:
                held.add(symbol)  # its own exits follow it
                entry = entry or copy
            if entry is not None and closing <= held:
                break
        return entry

    def _ready(self, copy: ChildOrder, now: float) -> bool:
        if self.tracking_of(copy.id).not_before > now:
            return False
        return not copy.needs_clean_book or self.has_read_since(copy)

    def has_read_since(self, copy: ChildOrder) -> bool:
        """Whether the account's order book was requested after the copy began to need one."""
        read = self.book_asked_at
        return read is not None and read >= (self.tracking_of(copy.id).clean_book_after or 0.0)

    def next_chance(self, now: float) -> float | None:
        """Return the seconds until a queued copy may become ready by time alone; None when that takes an event."""
        if not self.ready or self.posting is not None or not self.queue:
            return None
        limiter = self.account.ready_in(Call.WRITE)
        if limiter > 0:
            return max(self.account.ready_in(Call.EXIT), min(limiter, _TICK_SECONDS))
        waits = [at - now for id_ in self.queue if (at := self.tracking_of(id_).not_before) > now]
        if self.held_wanted_at is not None and self.held_wanted_at + HELD_PATIENCE_SECONDS > now:
            waits.append(self.held_wanted_at + HELD_PATIENCE_SECONDS - now)
        return min(waits, default=None)

    # Changes.

    def track(self, order_id: int) -> OrderTracking:
        """Return a child order's tracking to change it; a new one where there is none."""
        return self.tracking.setdefault(order_id, OrderTracking())

    def forget(self, order_id: int) -> None:
        """Drop the tracking of a child order that has ended."""
        self.tracking.pop(order_id, None)
        if order_id in self.queue:
            self.queue.remove(order_id)

    def enqueue(self, order_id: int) -> None:
        """Put a new child order at the end of the queue."""
        self.queue.append(order_id)

    def keep_track(self, order: ChildOrder, now: float, *, is_in_book: bool) -> None:
        """Update the queue, the look-ups and the following with a child order's state.

        `is_in_book` says that today's order book can show it: an order of an earlier day is not looked up.
        """
        if order.state is not CopyState.QUEUED and order.id in self.queue:
            self.queue.remove(order.id)
        if order.state is CopyState.QUEUED and order.id not in self.queue:
            self.queue.append(order.id)
            self.queue.sort()  # ids grow in the master's order
        follows = order.state in LIVE_AT_BROKER or order.lacks_numbers
        if order.state in _IN_FLIGHT or follows:
            is_unknown = is_in_book and order.state is CopyState.UNKNOWN
            tracking = self.track(order.id)
            if is_in_book and follows and tracking.live_since is None:
                self.tracking[order.id] = self.tracking.pop(order.id)  # live orders stand in the order of going live
            tracking.follow(now, is_unknown=is_unknown, is_live=is_in_book and follows)
        else:
            self.forget(order.id)
        self.wake_book_reader.set()

    def begin_post(self, order_id: int) -> None:
        """Record that a child order's intent is being written or its request is in flight: one at a time."""
        self.posting = order_id

    def end_post(self) -> None:
        """Record that the request has been answered, or was not sent."""
        self.posting = None

    def has_sent(self, now: float) -> None:
        """Record that an order is sent: the funds figure does not include it."""
        self.sent_at, self.funds_at = now, None
        self.wake_funds.set()

    def has_filled(self, now: float) -> None:
        """Record a fill: the figures will include it soon."""
        self.filled_at, self.traded = now, True
        self.wake_funds.set()
        self.wake_held.set()

    def begin_day(self) -> None:
        """Reset what holds for one day."""
        self.day_funds = self.close_only = self.loss_allowed = self.profit = self.profit_at = None
        self.traded = False
        self.wake_funds.set()

    def restore_day(
        self, *, day_funds: Decimal | None, loss_allowed: Decimal | None, close_only: str | None, traded: bool
    ) -> None:
        """Restore the day's values after a restart."""
        self.day_funds, self.loss_allowed, self.close_only, self.traded = day_funds, loss_allowed, close_only, traded

    def read_soon(self, now: float) -> None:
        """Call for a read of the order book that is requested after `now`."""
        self.read_after = now
        self.wake_book_reader.set()

    def change_session(self, session: SessionState, text: str = "", profile: Profile | None = None) -> None:
        """Set the state of the login; a new session resets the count of failed reads."""
        self.session, self.session_text = session, text
        if profile is not None:
            self.profile, self.read_failures = profile, 0

    def read_book(self, book: BookFacts) -> None:
        """Take the facts of a clean order book."""
        self.book, self.read_failures = book, 0

    def fail_reading(self) -> int:
        """Count a failed read of the order book; returns the number of consecutive failures."""
        self.read_failures += 1
        return self.read_failures

    def report_row(self, name: str) -> bool:
        """Mark an oddity in the order book as reported; returns whether it is new."""
        is_new = name not in self.reported_rows
        self.reported_rows.add(name)
        return is_new

    def count_failure(self, *, succeeded: bool = False) -> int:
        """Count a failed order, or reset the count after a good one; returns the number of consecutive failures."""
        self.failures_in_a_row = 0 if succeeded else self.failures_in_a_row + 1
        return self.failures_in_a_row

    def read_funds(self, funds: Funds, now: float) -> None:
        """Take the account's funds; a figure that lacks an order sent meanwhile is not fresh."""
        self.failing.pop("funds", None)
        self.funds = funds
        self.funds_at = now if self.sent_at is None or self.sent_at < now else None

    def read_profit(self, profit: Profit, now: float) -> None:
        """Take the day's profit."""
        self.failing.pop("profit", None)
        self.profit, self.profit_at = profit, now

    def want_held(self, now: float) -> None:
        """Call for the account's position figures: an exit is about to leave."""
        self.held_wanted_at = now
        self.wake_held.set()

    def read_held(self, figures: HeldFigures) -> None:
        """Take the account's position figures."""
        self.failing.pop("positions", None)
        self.held = figures

    def fail_figure(self, name: str, text: str) -> None:
        """Record that a figure cannot be read, and why."""
        self.failing[name] = f"{name}: {text}"

    def see_egress(self, address: str, mismatch: str | None) -> None:
        """Record the address that the account's requests leave from, and what is wrong with it."""
        self.egress_ip, self.ip_mismatch = address, mismatch
