"""The task that reads one follower's order book and tells each copy what became of it."""

from __future__ import annotations

import math

from copytui.broker.port import BookReading
from copytui.domain.copies import Copy, CopyState
from copytui.domain.errors import BrokerError, SessionExpired
from copytui.domain.events import EventKind, Level
from copytui.domain.orders import BookOrder, OrderType, Stage
from copytui.domain.positions import net_of
from copytui.domain.reconcile import reconcile
from copytui.domain.tags import is_own_tag
from copytui.domain.text import clean, fill_words, order_words
from copytui.engine.follower.follower import Lane, SessionState
from copytui.engine.follower.lookups import GIVE_UP_AFTER, ReadingNeeds, next_reading
from copytui.engine.safety.halts import count_failure
from copytui.engine.state import Desk

_NOT_AT_THE_BROKER = frozenset({CopyState.FAILED, CopyState.SKIPPED, CopyState.EXPIRED, CopyState.SIMULATED})


class Reader:
    """Reads one lane's book whenever a copy of it needs that."""

    def __init__(self, desk: Desk, lane: Lane) -> None:
        """Read for `lane`."""
        self._desk = desk
        self._lane = lane
        self._asked_at: float | None = None
        self._given_up: set[int] = set()
        self._hurried = False

    async def run(self) -> None:
        """Read as the copies need it; runs until cancelled. A failed reading changes nothing."""
        desk, lane = self._desk, self._lane
        while True:
            lane.wake_reader.clear()
            now = desk.clock.monotonic()
            self._doubt(now)
            if lane.session_lost:
                lane.wake_session.set()
            reading = next_reading(self._needs()) if lane.account.logged_in else math.inf
            if reading <= now or (self._hurried and lane.account.logged_in):
                await self.read()
                continue
            due = min(reading, self._next_doubt())
            await desk.clock.wait(lane.wake_reader, due - now if due < math.inf else None)

    def hurry(self) -> None:
        """Read now instead of when the next reading is due."""
        self._hurried = True
        self._lane.wake_reader.set()

    def _needs(self) -> ReadingNeeds:
        lane = self._lane
        first = lane.session is SessionState.READING_BOOK and not lane.read_failures
        return ReadingNeeds(
            last=None if first else self._asked_at,
            failures=lane.read_failures,
            unknown_since=tuple(lane.unknown_since.values()),
            live_since=tuple(lane.live_since.values()),
            clean_after=(
                *lane.clean_book_after.values(),
                *(() if lane.look_after is None else (lane.look_after,)),
            ),
        )

    async def read(self) -> bool:
        """Read the book once; tell whether it was a clean reading."""
        desk, lane = self._desk, self._lane
        self._hurried = False
        asked_at = self._asked_at = desk.clock.monotonic()
        try:
            reading = await lane.account.order_book()
        except SessionExpired:
            lane.wake_session.set()
            return False
        except BrokerError as error:
            self._failed(error)
            return False
        self._succeeded(reading)
        lane.book_asked_at = asked_at
        # A row that makes no sense is an order all the same.
        lane.book_tags = frozenset(
            tag for tags in (reading.orders, reading.problems) for tag in (row.tag for row in tags) if tag
        )
        lane.standing_tags = frozenset(row.tag for row in reading.orders if row.tag and _stands(row))
        lane.book_limits = {row.order_id: row.price for row in reading.orders if _has_limit(row)}
        lane.book_net = net_of(reading.orders)
        self._compare(reading.orders)
        if lane.session is SessionState.READING_BOOK:
            lane.session, lane.session_text = SessionState.READY, ""
            desk.version += 1
        desk.wake_sender.set()
        return True

    def _failed(self, error: BrokerError) -> None:
        lane = self._lane
        lane.read_failures += 1
        if lane.read_failures in (1, 10, 100):
            text = f"its order book cannot be read: {clean(str(error))}"
            self._desk.tell(Level.WARN, EventKind.WATCH, lane.name, text)

    def _succeeded(self, reading: BookReading) -> None:
        lane = self._lane
        if lane.read_failures:
            self._desk.tell(Level.INFO, EventKind.WATCH, lane.name, "its order book can be read again")
        lane.read_failures = 0
        for problem in reading.problems:
            if problem.sentence not in lane.strays:
                lane.strays.add(problem.sentence)
                text = f"a row of its order book makes no sense: {clean(problem.sentence)}"
                self._desk.tell(Level.WARN, EventKind.WATCH, lane.name, text)

    def _compare(self, rows: tuple[BookOrder, ...]) -> None:
        """Bring every copy that stands in the book up to date; name our tags that the journal lacks.

        The tag says which order is whose. A live copy is known by its order id too, should a book lose the tag.
        """
        desk, lane = self._desk, self._lane
        first_with: dict[str, BookOrder] = {}
        live = {desk.copies[id_].order_id: id_ for id_ in lane.live_since}
        for row in rows:
            if not is_own_tag(row.tag):
                if row.order_id in live:
                    self._update(desk.copies[live[row.order_id]], row)
                continue
            id_ = desk.by_tag.get(row.tag)
            copy = desk.copies.get(id_) if id_ is not None else None
            if copy is None or copy.follower != lane.client_id:
                self._stray(
                    row, f"order {row.order_id} carries a copytui tag that the journal does not know; not touched"
                )
            elif row.tag in first_with and first_with[row.tag].key != row.key:
                self._stray(
                    row, f"two orders at the broker carry the tag of copy {copy.id}: {row.order_id} is one too many"
                )
            else:
                first_with[row.tag] = row
                self._update(copy, row)

    def _stray(self, row: BookOrder, text: str) -> None:
        if row.order_id not in self._lane.strays:
            self._lane.strays.add(row.order_id)
            self._desk.tell(Level.ERROR, EventKind.COPY, self._lane.name, f"{row.side} {row.symbol}: {text}")

    def _update(self, copy: Copy, row: BookOrder) -> None:
        desk, lane = self._desk, self._lane
        if lane.posting == copy.id and copy.state is CopyState.QUEUED:
            return  # its intent is being written at this moment; the next reading serves
        after = reconcile(copy, row, desk.clock.now())
        if after is copy:
            if copy.state in _NOT_AT_THE_BROKER and row.stage is not Stage.REJECTED:
                self._stray(row, f"order {row.order_id} stands at the broker, but copy {copy.id} is {copy.state}")
            return
        desk.put_copy(copy, after)
        words = order_words(copy.order)
        self._given_up.discard(copy.id)
        if copy.state in (CopyState.UNKNOWN, CopyState.QUEUED):
            desk.tell(Level.INFO, EventKind.COPY, lane.name, f"{words} found at the broker: {row.order_id}", copy=after)
        elif copy.state is CopyState.FAILED:
            text = (
                f"{words} was marked as not placed, and stands at the broker after all: {row.order_id} (copy {copy.id})"
            )
            desk.tell(Level.ERROR, EventKind.COPY, lane.name, text, copy=after)
        self._tell_state(copy, after, words)

    def _tell_state(self, before: Copy, after: Copy, words: str) -> None:
        desk, lane = self._desk, self._lane
        if after.state in (CopyState.FILLED, CopyState.PARTIAL, CopyState.OPEN):
            lane.failures_in_a_row = 0
        match after.state:
            case CopyState.FILLED:
                desk.tell(Level.INFO, EventKind.COPY, lane.name, f"{words} filled {fill_words(after)}", copy=after)
            case CopyState.PARTIAL:
                desk.tell(Level.INFO, EventKind.COPY, lane.name, f"{words} part filled {fill_words(after)}", copy=after)
            case CopyState.REJECTED:
                text = f"{words} rejected: {clean(after.error or '')}"
                desk.tell(Level.ERROR, EventKind.COPY, lane.name, text, copy=after)
                if before.state not in (CopyState.UNKNOWN, CopyState.FAILED):  # counted when it became unknown
                    count_failure(desk, lane)
            case CopyState.CANCELLED:
                text = f"{words} cancelled, {fill_words(after)} filled: {clean(after.error or '')}"
                desk.tell(Level.WARN, EventKind.COPY, lane.name, text, copy=after)
            case CopyState.OPEN if before.state is not CopyState.OPEN:
                desk.tell(Level.INFO, EventKind.COPY, lane.name, f"{words} open at the exchange", copy=after)
            case _:
                pass

    def _next_doubt(self) -> float:
        """Return when the next unknown copy will have been looked for in vain for long."""
        unknown = self._lane.unknown_since.items()
        return min((since + GIVE_UP_AFTER for id_, since in unknown if id_ not in self._given_up), default=math.inf)

    def _doubt(self, now: float) -> None:
        """Put unknown copies that were not found for long before the user, once, also while no book can be read.

        Those that the broker took and that no book shows too: what waits for them would wait for ever.
        """
        desk, lane = self._desk, self._lane
        for id_ in lane.live_since:
            copy = desk.copies[id_]
            if id_ not in self._given_up and lane.is_missing(copy):
                self._given_up.add(id_)
                text = (
                    f"{order_words(copy.order)} was accepted ({copy.order_id}), and its order book has not shown it for"
                    f" {GIVE_UP_AFTER:.0f} s; exits of the position wait for it. Look at the account: if it does not"
                    f" exist, mark it as not placed (copy {id_})"
                )
                desk.tell(Level.ERROR, EventKind.COPY, lane.name, text, copy=copy)
        for id_, since in lane.unknown_since.items():
            if since + GIVE_UP_AFTER <= now and id_ not in self._given_up:
                self._given_up.add(id_)
                copy = desk.copies[id_]
                text = (
                    f"{order_words(copy.order)} not found for {GIVE_UP_AFTER:.0f} s: nobody knows whether it exists."
                    f" Look at the account; copytui goes on looking and never sends it again by itself (copy {id_})"
                )
                desk.tell(Level.ERROR, EventKind.COPY, lane.name, text, copy=copy)


def _stands(row: BookOrder) -> bool:
    """Whether an order works, or has filled anything: all that is left of a rejected one is its row."""
    return row.filled > 0 or not row.stage.is_final


def _has_limit(row: BookOrder) -> bool:
    """Whether a row tells the limit of a working order; while a modification is on its way it may tell either."""
    status = row.status.lower()
    under_way = "modif" in status and "pending" in status
    return row.stage is Stage.WORKING and row.order_type is OrderType.LIMIT and row.price > 0 and not under_way
