"""A follower's lane: its queue, its session's state, and which copy may go next. Lanes never wait for each other."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from copytui.broker.port import Account, Call, Funds, Profile
from copytui.domain.copies import Copy, CopyState
from copytui.domain.orders import ClientId
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
class Lane:
    """One follower's mutable state; only the engine's loop touches it. Times are monotonic seconds.

    `queue` holds the ids of queued copies in the master's order. `book_asked_at` is when the last clean
    order book was asked for; a copy that waits for a clean book waits for one asked for after
    `clean_book_after[id]`. `unknown_since` and `live_since` pace the look-ups and the following.
    `funds` were read at `funds_at`; `day_funds` is what was available when the day's first figure was read.
    `close_only` says why only exits go to this follower. `look_after` wants a book that is asked for after it.
    """

    settings: FollowerSettings
    account: Account
    enabled: bool = True
    halted_because: str | None = None
    session: SessionState = SessionState.LOGGING_IN
    session_text: str = ""
    profile: Profile | None = None
    funds: Funds | None = None
    funds_at: float | None = None
    day_funds: Decimal | None = None
    close_only: str | None = None
    look_after: float | None = None
    queue: list[int] = field(default_factory=list)
    posting: int | None = None
    last_error: str = ""
    failures_in_a_row: int = 0
    read_failures: int = 0
    book_asked_at: float | None = None
    book_tags: frozenset[str] = frozenset()
    not_before: dict[int, float] = field(default_factory=dict)
    clean_book_after: dict[int, float] = field(default_factory=dict)
    session_refusals: dict[int, int] = field(default_factory=dict)
    unknown_since: dict[int, float] = field(default_factory=dict)
    live_since: dict[int, float] = field(default_factory=dict)
    strays: set[str] = field(default_factory=set)
    wake_reader: asyncio.Event = field(default_factory=asyncio.Event)
    wake_session: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def client_id(self) -> ClientId:
        """The follower's client code."""
        return self.settings.client_id

    @property
    def name(self) -> str:
        """The follower's name."""
        return self.settings.name

    @property
    def armed(self) -> bool:
        """Whether orders can leave: logged in, and its own book has been read since."""
        ready = self.session is SessionState.READY and not self.session_lost
        return self.enabled and self.halted_because is None and ready

    @property
    def session_lost(self) -> bool:
        """Whether the broker has refused the session and the log-in task has not had its turn yet."""
        return self.session in (SessionState.READY, SessionState.READING_BOOK) and not self.account.logged_in

    def fresh_funds(self, now: float) -> Decimal | None:
        """Return what the account can still use, in rupees; None where the figure is older than a minute."""
        if self.funds is None or self.funds_at is None or now - self.funds_at > _FUNDS_FRESH_SECONDS:
            return None
        return self.funds.available

    def read_soon(self, now: float) -> None:
        """Have the account's book read that is asked for after `now`."""
        self.look_after = now
        self.wake_reader.set()

    def forget(self, copy_id: int) -> None:
        """Drop what paces a copy that has left the queue or ended."""
        for paces in (
            self.not_before,
            self.clean_book_after,
            self.session_refusals,
            self.unknown_since,
            self.live_since,
        ):
            paces.pop(copy_id, None)
        if copy_id in self.queue:
            self.queue.remove(copy_id)

    def next_copy(self, copies: dict[int, Copy], now: float, must_wait: Callable[[Copy], bool]) -> Copy | None:
        """Return the copy that may be sent now, or None; `must_wait` tells of exits whose entries are not settled.

        The master's order is kept within each symbol: a copy that is unknown, or queued again and not
        yet ready, holds back its own symbol and no other.
        """
        if not self.armed or self.posting is not None or not self.queue:
            return None
        capped = self.account.ready_in(Call.WRITE) > 0
        if capped and self.account.ready_in(Call.EXIT) > 0:
            return None
        held = {copies[id_].order.symbol for id_ in self.unknown_since if copies[id_].state is CopyState.UNKNOWN}
        for id_ in self.queue:
            copy = copies[id_]
            if copy.state is not CopyState.QUEUED or copy.order.symbol in held:
                continue
            if self._ready(copy, now) and not (capped and copy.exit is None) and not must_wait(copy):
                return copy
            held.add(copy.order.symbol)
        return None

    def _ready(self, copy: Copy, now: float) -> bool:
        if self.not_before.get(copy.id, 0.0) > now:
            return False
        if copy.needs_clean_book:
            after = self.clean_book_after.get(copy.id, 0.0)
            return self.book_asked_at is not None and self.book_asked_at >= after
        return True

    def next_chance(self, now: float) -> float | None:
        """Seconds until a queued copy may become ready by time alone; None when only an event can make it so."""
        if not self.armed or self.posting is not None or not self.queue:
            return None
        limiter = self.account.ready_in(Call.WRITE)
        if limiter > 0:
            return max(self.account.ready_in(Call.EXIT), min(limiter, _TICK_SECONDS))
        waits = [at - now for id_ in self.queue if (at := self.not_before.get(id_, 0.0)) > now]
        return min(waits, default=None)
