"""The task that reads one follower's order book and updates its copies from it.

One read serves all of the follower's copies: it looks up the unknown ones and follows the live ones to their final
state. The time of the next read is a pure function of what they need (`next_reading`), which makes the most of the
broker's limit of one order book per second and account.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from copytui.broker.port import BookReading
from copytui.domain.copies import GIVE_UP_AFTER, ChildOrder, CopyState
from copytui.domain.errors import BrokerError, SessionExpired
from copytui.domain.events import EventCode, EventKind, Level
from copytui.domain.orders import BookOrder, OrderStatus, OrderType
from copytui.domain.positions import net_of
from copytui.domain.reconcile import fills_by_name, is_row_of, reconcile
from copytui.domain.tags import is_own_tag
from copytui.domain.text import clean, fill_words, order_words
from copytui.engine.backoff import READ_BOOK
from copytui.engine.follower.follower import BookFacts, Follower, SessionState
from copytui.engine.master.unreadable_rows import report_follower_rows
from copytui.engine.orders.freeze_slices import slice_after_refusal
from copytui.engine.safety.halts import count_failure
from copytui.engine.state import EngineState

LOOK_UP_AFTER = (0.7, 1.5, 3.0, 6.0, 12.0, 25.0, 50.0, 100.0)
"""Seconds after a copy became unknown at which it is looked up; after these, each `KEEP_WARM` read looks for it."""

KEEP_WARM = 30.0
"""Seconds between reads when nothing is in flight: keeps the connection and the session alive."""

_FOLLOW = ((10.0, 1.1), (60.0, 2.0), (600.0, 3.0))
_FOLLOW_AFTER = 10.0

_NOT_AT_THE_BROKER = frozenset({CopyState.FAILED, CopyState.SKIPPED, CopyState.EXPIRED, CopyState.SIMULATED})


@dataclass(frozen=True, slots=True)
class ReadingNeeds:
    """What a follower needs order books for, in monotonic seconds.

    `last` is when the last order book was requested (None: never), `failures` the number of consecutive failed reads
    since. `unknown_since` and `live_since` are when copies became unknown and live. `clean_after` are times after
    which an order book must be requested.
    """

    last: float | None
    failures: int
    unknown_since: tuple[float, ...] = ()
    live_since: tuple[float, ...] = ()
    clean_after: tuple[float, ...] = ()


class BookReader:
    """Reads one follower's order book whenever one of its copies needs it."""

    def __init__(self, state: EngineState, follower: Follower) -> None:
        """Read for `follower`."""
        self._state = state
        self._follower = follower
        self._asked_at: float | None = None
        self._read_requested = False

    async def run(self) -> None:
        """Read whenever a read is due; runs until cancelled. A failed read changes no copy."""
        state, follower = self._state, self._follower
        while True:
            follower.wake_book_reader.clear()
            now = state.clock.monotonic()
            self._flag_unresolved(now)
            if follower.session_lost:
                follower.wake_session.set()
            reading = next_reading(self._needs()) if follower.account.logged_in else math.inf
            if reading <= now or (self._read_requested and follower.account.logged_in):
                await self.read()
                continue
            due = min(reading, self._next_flag())
            await state.clock.wait(follower.wake_book_reader, due - now if due < math.inf else None)

    def read_now(self) -> None:
        """Request a read at once, instead of when the next one is due."""
        self._read_requested = True
        self._follower.wake_book_reader.set()

    def _needs(self) -> ReadingNeeds:
        follower = self._follower
        first = follower.session is SessionState.READING_BOOK and not follower.read_failures
        return ReadingNeeds(
            last=None if first else self._asked_at,
            failures=follower.read_failures,
            unknown_since=tuple(
                since for _id, tracking in follower.unknown if (since := tracking.unknown_since) is not None
            ),
            live_since=tuple(since for _id, tracking in follower.live if (since := tracking.live_since) is not None),
            clean_after=(
                *(after for tracking in follower.tracking.values() if (after := tracking.clean_book_after) is not None),
                *(() if follower.read_after is None else (follower.read_after,)),
            ),
        )

    async def read(self) -> bool:
        """Read the order book once; returns whether that succeeded."""
        state, follower = self._state, self._follower
        self._read_requested = False
        asked_at = self._asked_at = state.clock.monotonic()
        try:
            reading = await follower.account.order_book()
        except SessionExpired:
            follower.wake_session.set()
            return False
        except BrokerError as error:
            self._failed(error)
            return False
        self._succeeded(reading)
        follower.read_book(_facts(reading, asked_at))
        self._compare(reading.orders)
        if follower.session is SessionState.READING_BOOK:
            follower.change_session(SessionState.READY)
            state.touch()
        state.wake_dispatcher.set()
        return True

    def _failed(self, error: BrokerError) -> None:
        follower = self._follower
        if follower.fail_reading() in (1, 10, 100):
            text = f"its order book cannot be read: {clean(str(error))}"
            self._state.emit(Level.WARN, EventKind.WATCH, follower.name, text)

    def _succeeded(self, reading: BookReading) -> None:
        follower = self._follower
        if follower.read_failures:
            self._state.emit(Level.INFO, EventKind.WATCH, follower.name, "its order book can be read again")
        report_follower_rows(self._state, follower, reading)

    def _compare(self, rows: tuple[BookOrder, ...]) -> None:
        """Update every copy in the order book; report rows with a tag of ours that the journal lacks.

        Orders are matched by tag. A live copy is also matched by order id, in case a row lacks the tag. A row of
        another symbol or side is not the copy's, whatever its ids say.
        """
        state, follower = self._state, self._follower
        first_with: dict[str, BookOrder] = {}
        live = {state.copies[id_].order_id: id_ for id_, _pace in follower.live}
        for row in rows:
            if not is_own_tag(row.tag):
                if row.order_id in live and self._is_row_of(state.copies[live[row.order_id]], row):
                    self._update(state.copies[live[row.order_id]], row)
                continue
            id_ = state.by_tag.get(row.tag)
            copy = state.copies.get(id_) if id_ is not None else None
            if copy is None or copy.follower != follower.client_id:
                self._report_row(
                    row, f"order {row.order_id} carries a copytui tag that the journal does not know; not touched"
                )
            elif not self._is_row_of(copy, row):
                continue
            elif row.tag in first_with and first_with[row.tag].key != row.key:
                self._report_row(
                    row, f"two orders at the broker carry the tag of copy {copy.id}: {row.order_id} is one too many"
                )
            else:
                first_with[row.tag] = row
                self._update(copy, row)

    def _is_row_of(self, copy: ChildOrder, row: BookOrder) -> bool:
        """Return whether a row with the tag or the order id of a copy can be its order; reports one that cannot."""
        if is_row_of(copy, row):
            return True
        sent = f"copy {copy.id} ({order_words(copy.order)})"
        self._report_row(row, f"order {row.order_id} carries an id of {sent}, but is another order: not taken for it")
        return False

    def _report_row(self, row: BookOrder, text: str) -> None:
        if self._follower.report_row(row.order_id):
            self._state.emit(Level.ERROR, EventKind.COPY, self._follower.name, f"{row.side} {row.symbol}: {text}")

    def _update(self, copy: ChildOrder, row: BookOrder) -> None:
        state, follower = self._state, self._follower
        if follower.posting == copy.id and copy.state is CopyState.QUEUED:
            return  # its intent is being written; the next read will do
        after = reconcile(copy, row, state.clock.now())
        if after is copy:
            if copy.state in _NOT_AT_THE_BROKER and row.order_status is not OrderStatus.REJECTED:
                self._report_row(row, f"order {row.order_id} exists at the broker, but copy {copy.id} is {copy.state}")
            return
        if (tracking := follower.tracking.get(copy.id)) is not None:
            tracking.flag(is_missing=False)
        state.update(copy, after)
        words = order_words(copy.order)
        if copy.state in (CopyState.UNKNOWN, CopyState.QUEUED):
            state.emit(
                Level.INFO,
                EventKind.COPY,
                follower.name,
                f"{words} found at the broker: {row.order_id}",
                copy=after,
                code=EventCode.FOUND,
            )
        elif copy.state is CopyState.FAILED:
            text = f"{words} was marked as not placed, but exists at the broker: {row.order_id} (copy {copy.id})"
            state.emit(Level.ERROR, EventKind.COPY, follower.name, text, copy=after)
        self._report_state(copy, after, words)

    def _report_state(self, before: ChildOrder, after: ChildOrder, words: str) -> None:
        state, follower = self._state, self._follower
        if after.state in (CopyState.FILLED, CopyState.PARTIAL, CopyState.OPEN):
            follower.count_failure(succeeded=True)
        match after.state:
            case CopyState.FILLED:
                state.emit(Level.INFO, EventKind.COPY, follower.name, f"{words} filled {fill_words(after)}", copy=after)
            case CopyState.PARTIAL:
                state.emit(
                    Level.INFO, EventKind.COPY, follower.name, f"{words} part filled {fill_words(after)}", copy=after
                )
            case CopyState.REJECTED:
                text = f"{words} rejected: {clean(after.error or '')}"
                state.emit(Level.ERROR, EventKind.COPY, follower.name, text, copy=after)
                if before.state not in (CopyState.UNKNOWN, CopyState.FAILED):  # was counted when it became unknown
                    count_failure(state, follower)
                slice_after_refusal(state, follower, after)
            case CopyState.CANCELLED:
                text = f"{words} cancelled, {fill_words(after)} filled: {clean(after.error or '')}"
                state.emit(Level.WARN, EventKind.COPY, follower.name, text, copy=after)
            case CopyState.OPEN if before.state is not CopyState.OPEN:
                state.emit(Level.INFO, EventKind.COPY, follower.name, f"{words} open at the exchange", copy=after)
            case _:
                pass

    def _next_flag(self) -> float:
        """Return when the next unknown copy will be flagged as not found."""
        waiting = [tracking.unknown_since for _id, tracking in self._follower.unknown if not tracking.is_flagged]
        return min((since + GIVE_UP_AFTER for since in waiting if since is not None), default=math.inf)

    def _flag_unresolved(self, now: float) -> None:
        """Report each copy that has not been found for `GIVE_UP_AFTER` seconds, once.

        These are unknown copies, even while the order book cannot be read, and accepted copies that no order book
        shows: exits of the position would wait for them forever.
        """
        state, follower = self._state, self._follower
        for id_, tracking in follower.live:
            copy = state.copies[id_]
            if not tracking.is_flagged and follower.is_missing(copy):
                tracking.flag(is_missing=True)
                text = (
                    f"{order_words(copy.order)} was accepted ({copy.order_id}), but the order book has not shown it for"
                    f" {GIVE_UP_AFTER:.0f} s; exits of the position wait for it. Check the account: if it does not"
                    f" exist, mark it as not placed (copy {id_})"
                )
                state.emit(Level.ERROR, EventKind.COPY, follower.name, text, copy=copy)
        for id_, tracking in follower.unknown:
            if (tracking.unknown_since or 0.0) + GIVE_UP_AFTER <= now and not tracking.is_flagged:
                tracking.flag(is_missing=True)
                copy = state.copies[id_]
                text = (
                    f"{order_words(copy.order)} not found for {GIVE_UP_AFTER:.0f} s: its outcome is unknown."
                    f" Check the account; copytui keeps looking and never sends it again by itself (copy {id_})"
                )
                state.emit(Level.ERROR, EventKind.COPY, follower.name, text, copy=copy)


def _facts(reading: BookReading, asked_at: float) -> BookFacts:
    """Return the facts of a clean order book; a row that cannot be read still counts as an order."""
    return BookFacts(
        asked_at,
        tags=frozenset(row.tag for rows in (reading.orders, reading.problems) for row in rows if row.tag),
        standing_tags=frozenset(row.tag for row in reading.orders if row.tag and _stands(row)),
        limits={row.order_id: row.price for row in reading.orders if _has_limit(row)},
        net=net_of(reading.orders),
        fills=fills_by_name(reading.orders),
    )


def _stands(row: BookOrder) -> bool:
    """Return whether an order works or has filled something, unlike one that was rejected."""
    return row.filled > 0 or not row.order_status.is_final


def _has_limit(row: BookOrder) -> bool:
    """Return whether a row has the limit of a working order; during a modification it may be either limit."""
    status = row.status.lower()
    under_way = "modif" in status and "pending" in status
    return (
        row.order_status is OrderStatus.WORKING
        and row.order_type is OrderType.LIMIT
        and row.price > 0
        and not under_way
    )


def next_reading(wanted: ReadingNeeds) -> float:
    """Return the monotonic time at which the next order book is due; it may be in the past."""
    if wanted.last is None:
        return 0.0
    last = wanted.last
    if wanted.failures:
        return last + READ_BOOK.after(wanted.failures)
    return min(
        [
            last + KEEP_WARM,
            *(at for since in wanted.unknown_since if (at := _look_up(since, last)) is not None),
            *(_follow(since, last) for since in wanted.live_since),
            *(after for after in wanted.clean_after if after > last),
        ]
    )


def _look_up(since: float, last: float) -> float | None:
    """Return the first look-up of the ladder after the `last` read of a copy unknown `since`; None at its end."""
    return next((since + after for after in LOOK_UP_AFTER if since + after > last), None)


def _follow(since: float, last: float) -> float:
    """Return when a copy live `since` is next due; the longer it works, the rarer the reads."""
    if last < since:
        return since + _first(_FOLLOW)
    age = last - since
    return last + next((pause for until, pause in _FOLLOW if age < until), _FOLLOW_AFTER)


def _first(paces: Iterable[tuple[float, float]]) -> float:
    return min(pause for _until, pause in paces) / 3
