"""A follower's lane: its queue, its session's state, and which copy may go next. Lanes never wait for each other."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from copytui.broker.port import Account, Call, Funds, Profile, Profit
from copytui.domain.copies import GIVE_UP_AFTER, LIVE_AT_BROKER, ChildOrder, CopyState
from copytui.domain.orders import ClientId, OrderId
from copytui.domain.positions import PositionKey
from copytui.engine.orders.tracking import NOT_TRACKED, OrderTracking
from copytui.settings.model import FollowerSettings

_FUNDS_FRESH_SECONDS = 60.0
_TICK_SECONDS = 0.5
_IN_FLIGHT = frozenset({CopyState.QUEUED, CopyState.SENDING, CopyState.UNKNOWN})


class SessionState(StrEnum):
    """How an account's log-in stands."""

    LOGGING_IN = "logging in"
    READING_BOOK = "reading its book"
    READY = "ready"
    WAITING = "log-in failed, trying again"
    LOCKED = "credentials refused"


@dataclass(frozen=True, slots=True)
class BookFacts:
    """What a follower's last clean order book says beyond its child orders.

    `asked_at` is when it was asked for. `tags` are those of all its rows, `standing_tags` those of orders that work
    or have filled something, `limits` the limit prices of the working ones, and `net` what all orders come to,
    whoever sent them.
    """

    asked_at: float
    tags: frozenset[str] = frozenset()
    standing_tags: frozenset[str] = frozenset()
    limits: Mapping[OrderId, Decimal] = field(default_factory=dict)
    net: Mapping[PositionKey, int] = field(default_factory=dict)


@dataclass(slots=True, eq=False)
class Follower:
    """One follower's state; only the engine's loop touches it, and only its own methods change it.

    Times are monotonic seconds. `queue` holds the ids of queued child orders in the master's order, and `tracking`
    the pace of every child order that has not ended. `funds` were read at `funds_at`; `day_funds` is what was
    available when the day's first figure was read. `close_only` says why only exits go to this follower.
    `look_after` wants an order book that is asked for after it. Its requests leave from `egress_ip`, and
    `ip_mismatch` says why that is not the right one. `loss_allowed` is the loss in rupees that makes it close only,
    None for the user's own limit. `sent_at` and `filled_at` are of its last order and fill, `traded` says that there
    was one today. `failing` says which figures cannot be read at present, and why.
    """

    settings: FollowerSettings
    account: Account
    enabled: bool = True
    out_by_hand: bool = False
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
    look_after: float | None = None
    egress_ip: str = ""
    ip_mismatch: str | None = None
    queue: list[int] = field(default_factory=list)
    tracking: dict[int, OrderTracking] = field(default_factory=dict)
    posting: int | None = None
    last_error: str = ""
    failures_in_a_row: int = 0
    read_failures: int = 0
    book: BookFacts | None = None
    strays: set[str] = field(default_factory=set)
    wake_book_reader: asyncio.Event = field(default_factory=asyncio.Event)
    wake_session: asyncio.Event = field(default_factory=asyncio.Event)
    wake_funds: asyncio.Event = field(default_factory=asyncio.Event)

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
        """Whether the account can be sent orders: logged in, its own book read since, and no wrong way out."""
        return self.session is SessionState.READY and not self.session_lost and self.ip_mismatch is None

    @property
    def armed(self) -> bool:
        """Whether orders can leave: the account is ready, and nobody has taken it out or halted it."""
        return self.enabled and self.halted_because is None and self.ready

    @property
    def session_lost(self) -> bool:
        """Whether the broker has refused the session and the log-in task has not had its turn yet."""
        return self.session in (SessionState.READY, SessionState.READING_BOOK) and not self.account.logged_in

    @property
    def book_asked_at(self) -> float | None:
        """When the last clean order book was asked for; None before the first."""
        return None if self.book is None else self.book.asked_at

    @property
    def book_tags(self) -> frozenset[str]:
        """The tags of all rows of the last clean order book."""
        return frozenset() if self.book is None else self.book.tags

    @property
    def standing_tags(self) -> frozenset[str]:
        """The tags of the orders of that book that work or have filled something."""
        return frozenset() if self.book is None else self.book.standing_tags

    @property
    def unknown(self) -> list[tuple[int, OrderTracking]]:
        """The child orders whose outcome is unknown, by id, and that are looked up."""
        return [(id_, pace) for id_, pace in self.tracking.items() if pace.unknown_since is not None]

    @property
    def live(self) -> list[tuple[int, OrderTracking]]:
        """The child orders that are followed to their end, by id."""
        return [(id_, pace) for id_, pace in self.tracking.items() if pace.live_since is not None]

    def pace_of(self, order_id: int) -> OrderTracking:
        """Return a child order's pace to read; a blank one where it is not tracked."""
        return self.tracking.get(order_id, NOT_TRACKED)

    def fresh_funds(self, now: float) -> Decimal | None:
        """Return what the account can still use, in rupees; None where the figure is older than a minute."""
        if self.funds is None or self.funds_at is None or now - self.funds_at > _FUNDS_FRESH_SECONDS:
            return None
        return self.funds.available

    def is_missing(self, copy: ChildOrder) -> bool:
        """Tell whether the broker took an order, and its book, though read, has not shown it for long."""
        since, read = self.pace_of(copy.id).live_since, self.book_asked_at
        taken = copy.state is CopyState.ACCEPTED  # any row of it would have made it more
        return taken and since is not None and read is not None and read >= since + GIVE_UP_AFTER

    def next_copy(
        self,
        copies: dict[int, ChildOrder],
        now: float,
        must_wait: Callable[[ChildOrder], bool],
        may_leave: Callable[[ChildOrder], bool] = lambda _copy: True,
    ) -> ChildOrder | None:
        """Return the copy that may be sent now, or None; `must_wait` tells of exits whose entries are not settled.

        The master's order is kept within each symbol: a copy that is unknown, or queued again and not
        yet ready, holds back its own symbol and no other. What may not leave at all holds back nothing; nor does an
        entry that only the user's own cap keeps: which exits of its position may pass it, `must_wait` says.
        """
        if not self.ready or self.posting is not None or not self.queue:
            return None
        capped = self.account.ready_in(Call.WRITE) > 0
        if capped and self.account.ready_in(Call.EXIT) > 0:
            return None
        held = {copies[id_].order.symbol for id_, _ in self.unknown if copies[id_].state is CopyState.UNKNOWN}
        for id_ in self.queue:
            copy = copies[id_]
            if copy.state is not CopyState.QUEUED or copy.order.symbol in held or not may_leave(copy):
                continue
            if not self._ready(copy, now) or must_wait(copy):
                held.add(copy.order.symbol)
            elif not capped or copy.exit is not None:
                return copy
        return None

    def _ready(self, copy: ChildOrder, now: float) -> bool:
        if self.pace_of(copy.id).not_before > now:
            return False
        return not copy.needs_clean_book or self.has_read_since(copy)

    def has_read_since(self, copy: ChildOrder) -> bool:
        """Whether the account's book was asked for after a copy began to want that."""
        read = self.book_asked_at
        return read is not None and read >= (self.pace_of(copy.id).clean_book_after or 0.0)

    def next_chance(self, now: float) -> float | None:
        """Seconds until a queued copy may become ready by time alone; None when only an event can make it so."""
        if not self.ready or self.posting is not None or not self.queue:
            return None
        limiter = self.account.ready_in(Call.WRITE)
        if limiter > 0:
            return max(self.account.ready_in(Call.EXIT), min(limiter, _TICK_SECONDS))
        waits = [at - now for id_ in self.queue if (at := self.pace_of(id_).not_before) > now]
        return min(waits, default=None)

    # What changes it.

    def track(self, order_id: int) -> OrderTracking:
        """Return a child order's pace to change it; a new one where it is not tracked."""
        return self.tracking.setdefault(order_id, OrderTracking())

    def forget(self, order_id: int) -> None:
        """Drop the pace of a child order that has ended."""
        self.tracking.pop(order_id, None)
        if order_id in self.queue:
            self.queue.remove(order_id)

    def enqueue(self, order_id: int) -> None:
        """Put a new child order at the end of the queue."""
        self.queue.append(order_id)

    def keep_pace(self, order: ChildOrder, now: float, *, is_in_book: bool) -> None:
        """Keep the queue, the look-ups and the following in step with a child order's state.

        `is_in_book` says that today's order book tells of it: what was sent on an earlier day is not looked for.
        """
        if order.state is not CopyState.QUEUED and order.id in self.queue:
            self.queue.remove(order.id)
        if order.state is CopyState.QUEUED and order.id not in self.queue:
            self.queue.append(order.id)
            self.queue.sort()  # ids grow in the master's order
        follows = order.state in LIVE_AT_BROKER or order.lacks_numbers
        if order.state in _IN_FLIGHT or follows:
            is_unknown = is_in_book and order.state is CopyState.UNKNOWN
            self.track(order.id).follow(now, is_unknown=is_unknown, is_live=is_in_book and follows)
        else:
            self.forget(order.id)
        self.wake_book_reader.set()

    def begin_post(self, order_id: int) -> None:
        """Note that the intent of a child order is being written, or its request is under way: one at a time."""
        self.posting = order_id

    def end_post(self) -> None:
        """Note that the request has its answer, or has not left."""
        self.posting = None

    def has_sent(self, now: float) -> None:
        """Note that an order leaves: the figures do not have it yet."""
        self.sent_at, self.funds_at = now, None
        self.wake_funds.set()

    def has_filled(self, now: float) -> None:
        """Note a fill: the figures will have it soon."""
        self.filled_at, self.traded = now, True
        self.wake_funds.set()

    def begin_day(self) -> None:
        """Forget what holds for a day only."""
        self.day_funds = self.close_only = self.loss_allowed = self.profit = self.profit_at = None
        self.traded = False
        self.wake_funds.set()

    def restore_day(
        self, *, day_funds: Decimal | None, loss_allowed: Decimal | None, close_only: str | None, traded: bool
    ) -> None:
        """Take over what holds for the day from before a restart."""
        self.day_funds, self.loss_allowed, self.close_only, self.traded = day_funds, loss_allowed, close_only, traded

    def read_soon(self, now: float) -> None:
        """Have the account's order book read that is asked for after `now`."""
        self.look_after = now
        self.wake_book_reader.set()

    def change_session(self, session: SessionState, text: str = "", profile: Profile | None = None) -> None:
        """Note how the log-in stands; a new session begins with a clean count of failed readings."""
        self.session, self.session_text = session, text
        if profile is not None:
            self.profile, self.read_failures = profile, 0

    def read_book(self, book: BookFacts) -> None:
        """Take what a clean order book says."""
        self.book, self.read_failures = book, 0

    def fail_reading(self) -> int:
        """Count a reading of the order book that failed; returns how many there were in a row."""
        self.read_failures += 1
        return self.read_failures

    def is_new_stray(self, name: str) -> bool:
        """Tell whether something odd in the order book was not reported yet, and note that it is now."""
        is_new = name not in self.strays
        self.strays.add(name)
        return is_new

    def count_failure(self, *, succeeded: bool = False) -> int:
        """Count a failed order, or begin anew after one that did not fail; returns how many failed in a row."""
        self.failures_in_a_row = 0 if succeeded else self.failures_in_a_row + 1
        return self.failures_in_a_row

    def read_funds(self, funds: Funds, now: float) -> None:
        """Take the account's funds; a figure that lacks what was sent since is not fresh."""
        self.failing.pop("funds", None)
        self.funds = funds
        self.funds_at = now if self.sent_at is None or self.sent_at < now else None

    def read_profit(self, profit: Profit, now: float) -> None:
        """Take the day's profit."""
        self.failing.pop("profit", None)
        self.profit, self.profit_at = profit, now

    def fail_figure(self, name: str, text: str) -> None:
        """Note that a figure cannot be read at present, and why."""
        self.failing[name] = f"{name}: {text}"

    def see_egress(self, address: str, mismatch: str | None) -> None:
        """Note which address the account's requests leave from, and what is wrong with it."""
        self.egress_ip, self.ip_mismatch = address, mismatch
