"""A follower's lane: its queue, its session's state, and which copy may go next. Lanes never wait for each other."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from copytui.broker.port import Account, Call, Funds, Profile, Profit
from copytui.domain.copies import ChildOrder, CopyState
from copytui.domain.orders import ClientId, OrderId
from copytui.domain.positions import PositionKey
from copytui.engine.follower.lookups import GIVE_UP_AFTER
from copytui.settings.model import FollowerSettings

_FUNDS_FRESH_SECONDS = 60.0
_TICK_SECONDS = 0.5


class SessionState(StrEnum):
    """How an account's log-in stands."""

    LOGGING_IN = "logging in"
    READING_BOOK = "reading its book"
    READY = "ready"
    WAITING = "log-in failed, trying again"
    LOCKED = "credentials refused"


@dataclass(slots=True, eq=False)
class Follower:
    """One follower's mutable state; only the engine's loop touches it. Times are monotonic seconds.

    `queue` holds the ids of queued copies in the master's order. `book_asked_at` is when the last clean
    order book was asked for; a copy that waits for a clean book waits for one asked for after
    `clean_book_after[id]`. `unknown_since` and `live_since` pace the look-ups and the following.
    `funds` were read at `funds_at`; `day_funds` is what was available when the day's first figure was read.
    `book_limits` holds the limit prices of the working orders in the last clean book, `book_tags` the tags of all its
    rows, and `standing_tags` those of orders that work or have filled something.
    `close_only` says why only exits go to this follower. `look_after` wants a book that is asked for after it.
    `book_net` is what all orders of its last clean book, whoever sent them, come to.
    Its requests leave from `egress_ip`, and `ip_mismatch` says why that is not the right one.
    `loss_allowed` is the loss in rupees that makes it close only, None for the user's own limit. `sent_at` and
    `filled_at` are of its last order and fill, `traded` says that there was one today. `failing` says which figures
    cannot be read at present, and why. `unwanted` holds why copies shall not go whose intents are being written.
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
    book_net: Mapping[PositionKey, int] = field(default_factory=dict)
    egress_ip: str = ""
    ip_mismatch: str | None = None
    queue: list[int] = field(default_factory=list)
    posting: int | None = None
    last_error: str = ""
    failures_in_a_row: int = 0
    read_failures: int = 0
    book_asked_at: float | None = None
    book_tags: frozenset[str] = frozenset()
    standing_tags: frozenset[str] = frozenset()
    book_limits: dict[OrderId, Decimal] = field(default_factory=dict)
    not_before: dict[int, float] = field(default_factory=dict)
    clean_book_after: dict[int, float] = field(default_factory=dict)
    session_refusals: dict[int, int] = field(default_factory=dict)
    unknown_since: dict[int, float] = field(default_factory=dict)
    live_since: dict[int, float] = field(default_factory=dict)
    unwanted: dict[int, str] = field(default_factory=dict)
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

    def fresh_funds(self, now: float) -> Decimal | None:
        """Return what the account can still use, in rupees; None where the figure is older than a minute."""
        if self.funds is None or self.funds_at is None or now - self.funds_at > _FUNDS_FRESH_SECONDS:
            return None
        return self.funds.available

    def is_missing(self, copy: ChildOrder) -> bool:
        """Tell whether the broker took an order, and its book, though read, has not shown it for long."""
        since, read = self.live_since.get(copy.id), self.book_asked_at
        taken = copy.state is CopyState.ACCEPTED  # any row of it would have made it more
        return taken and since is not None and read is not None and read >= since + GIVE_UP_AFTER

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

    def read_soon(self, now: float) -> None:
        """Have the account's book read that is asked for after `now`."""
        self.look_after = now
        self.wake_book_reader.set()

    def forget(self, copy_id: int) -> None:
        """Drop what paces a copy that has left the queue or ended."""
        for paces in (
            self.not_before,
            self.clean_book_after,
            self.session_refusals,
            self.unknown_since,
            self.live_since,
            self.unwanted,
        ):
            paces.pop(copy_id, None)
        if copy_id in self.queue:
            self.queue.remove(copy_id)

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
        held = {copies[id_].order.symbol for id_ in self.unknown_since if copies[id_].state is CopyState.UNKNOWN}
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
        if self.not_before.get(copy.id, 0.0) > now:
            return False
        return not copy.needs_clean_book or self.has_read_since(copy)

    def has_read_since(self, copy: ChildOrder) -> bool:
        """Whether the account's book was asked for after a copy began to want that."""
        return self.book_asked_at is not None and self.book_asked_at >= self.clean_book_after.get(copy.id, 0.0)

    def next_chance(self, now: float) -> float | None:
        """Seconds until a queued copy may become ready by time alone; None when only an event can make it so."""
        if not self.ready or self.posting is not None or not self.queue:
            return None
        limiter = self.account.ready_in(Call.WRITE)
        if limiter > 0:
            return max(self.account.ready_in(Call.EXIT), min(limiter, _TICK_SECONDS))
        waits = [at - now for id_ in self.queue if (at := self.not_before.get(id_, 0.0)) > now]
        return min(waits, default=None)
