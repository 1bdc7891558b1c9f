"""Fan-out: the one place from which orders leave (engine.md, "Send").

A claim is made durable for all lanes that can go at once, in one transaction; then each lane posts on
its own. What a post proved becomes the copy's next state. Nothing here ever posts a copy again that
may exist at the broker.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta

from copytui.broker.port import Placement, Proof
from copytui.domain.copies import FINAL, Copy, CopyState, SendIntent, move
from copytui.domain.errors import JournalUnwritable
from copytui.domain.events import EventKind, Level
from copytui.domain.text import clean, order_words
from copytui.engine.follower.follower import Lane
from copytui.engine.orders.cancels import found_too_late, waits_for_the_end
from copytui.engine.orders.exits import drop_late_entries, fit, hurry_entries, must_wait
from copytui.engine.orders.manual import STANDS, drop_needless_retries, left_to_retry
from copytui.engine.safety.halts import (
    count_failure,
    drop_unwanted,
    gate,
    held_back,
    is_left_over,
    running_away,
    stop_running_away,
    waiting_for,
)
from copytui.engine.state import Desk
from copytui.journal.statements import move_copy

_AGAIN_SECONDS = (1.0, 2.0, 4.0, 8.0, 15.0)
_TICK_SECONDS = 0.5
_MISFIT_SECONDS = 5.0
_MOST_SESSION_REFUSALS = 2
_MADE_NO_ORDER = frozenset({Proof.NEVER_LEFT, Proof.SESSION_REFUSED})


class Sender:
    """Claims queued copies, posts them, and settles what the broker answered."""

    def __init__(self, desk: Desk, posts: asyncio.TaskGroup, withdraw: Callable[[Copy, str], None]) -> None:
        """Work on `desk`; each post is a task of `posts`, so that stopping waits for what is in flight.

        `withdraw` has the rest of a working order cancelled.
        """
        self._desk = desk
        self._posts = posts
        self._withdraw = withdraw

    async def run(self) -> None:
        """Send whatever may go, as soon as it may, until the engine stops."""
        desk = self._desk
        while not desk.stopping:
            desk.wake_sender.clear()
            self._expire_old()
            for lane in desk.lanes.values():
                drop_late_entries(desk, lane)
                drop_needless_retries(desk, lane)
                for entry in hurry_entries(desk, lane):
                    self._withdraw(entry, "its exit waits for it")
                for copy in found_too_late(desk, lane):
                    self._withdraw(copy, copy.withdrawn or "")
            claims = self._claims()
            if claims:
                await self._send(claims)
                continue
            now = desk.clock.monotonic()
            chances = [chance for lane in desk.lanes.values() if (chance := lane.next_chance(now)) is not None]
            queued = any(lane.queue for lane in desk.lanes.values())
            soonest = min([*chances, _TICK_SECONDS]) if queued else None
            await desk.clock.wait(desk.wake_sender, soonest)

    def _claims(self) -> list[Copy]:
        """Return the next copy of each lane that can send now."""
        desk, now = self._desk, self._desk.clock.monotonic()
        if gate(desk) is not None:
            return []
        for lane in desk.lanes.values():
            if lane.queue and lane.session_lost:
                lane.wake_session.set()
        claims: list[Copy] = []
        for lane in desk.lanes.values():
            fitting = self._next_of(lane, now)
            if fitting is None:
                continue
            if (found := running_away(desk, fitting)) is not None:
                stop_running_away(desk, lane, fitting, found)
                claims = [claim for claim in claims if held_back(desk, desk.lanes[claim.follower], claim) is None]
                continue  # what the user closes by hand goes on in the other lanes
            claims.append(fitting)
        return claims

    def _next_of(self, lane: Lane, now: float) -> Copy | None:
        """Return the next copy of a lane as it leaves now; None when there is none, or nothing is left to close."""
        desk = self._desk
        copy = lane.next_copy(
            desk.copies,
            now,
            must_wait=lambda copy: (must_wait(desk, copy) and not self._passes(copy)) or waits_for_the_end(desk, copy),
            may_leave=lambda copy: held_back(desk, lane, copy) is None,
        )
        # What passes an entry leaves as planned: the plan counts the entry, and what has filled does not.
        return copy if copy is None or must_wait(desk, copy) else fit(desk, copy)

    def _passes(self, copy: Copy) -> bool:
        """Tell whether an exit need not wait for entries that were not sent: enough is held without what they may fill.

        The user's cap may keep such an entry for a minute; one that could leave stands before the exit in the queue.
        """
        positions = self._desk.positions
        unsent = all(other.exit is None and other.state is CopyState.QUEUED for other in positions.goes_before(copy))
        return unsent and positions.free_to_close(copy) >= copy.order.quantity

    async def _send(self, claims: list[Copy]) -> None:
        """Make the intents durable in one transaction, then let each lane post its own."""
        desk, now = self._desk, self._desk.clock.now()
        moved = [move(copy, CopyState.SENDING, now, attempts=copy.attempts + 1, sent_at=now) for copy in claims]
        for copy in claims:
            desk.lanes[copy.follower].posting = copy.id
        try:
            await desk.journal.require([move_copy(copy, after) for copy, after in zip(claims, moved, strict=True)])
        except JournalUnwritable as error:
            for copy in claims:
                desk.lanes[copy.follower].posting = None
            await self._not_recorded(claims, error)
            return
        for copy in moved:
            desk.take_copy(copy)
            desk.lanes[copy.follower].has_sent(desk.clock.monotonic())
            intent = SendIntent(copy.id, copy.follower, copy.order, now, urgent=copy.exit is not None)
            self._posts.create_task(self._post(desk.lanes[copy.follower], copy, intent))

    async def _not_recorded(self, claims: list[Copy], error: JournalUnwritable) -> None:
        """Leave copies queued whose intents could not be written; they are tried again, and age."""
        desk = self._desk
        if desk.journal.trouble is not None:  # told by the engine
            await desk.clock.wait(asyncio.Event(), _TICK_SECONDS)
            return
        # One of the records does not fit what the journal has: it must hold back no other lane.
        if len(claims) > 1:
            for copy in claims:
                if desk.copies[copy.id] is copy:
                    await self._send([copy])
            return
        lane = desk.lanes[claims[0].follower]
        lane.not_before[claims[0].id] = desk.clock.monotonic() + _MISFIT_SECONDS
        text = f"internal error: {order_words(claims[0].order)} not sent: {error}"
        desk.tell(Level.ERROR, EventKind.COPY, lane.name, text, copy=claims[0])

    async def _post(self, lane: Lane, copy: Copy, intent: SendIntent) -> None:
        """Post one order, unless something came between while its intent was being written."""
        desk = self._desk
        closed = held_back(desk, lane, desk.copies[copy.id])
        if copy.tag in lane.book_tags:
            closed = "an order with its tag stands in the account's book"
        if closed is None and left_to_retry(desk, lane, copy) < copy.order.quantity:
            closed = STANDS
        if closed is None and (found := running_away(desk, copy)) is not None:
            stop_running_away(desk, lane, copy, found)
            closed = found.sentence
        try:
            if closed is not None:
                placement = Placement(Proof.NEVER_LEFT, closed)
            else:
                desk.sends.begins(copy, desk.clock.monotonic())
                placement = await lane.account.place(intent)
                if placement.proof in _MADE_NO_ORDER:
                    desk.sends.never_left(copy)
        except Exception as error:  # noqa: BLE001  # a bug in an adapter: the order may exist
            placement = Placement(Proof.UNKNOWN, f"internal error: {type(error).__name__}")
        lane.posting = None
        try:
            self.settle(lane, desk.copies[copy.id], placement)
        except Exception as error:  # noqa: BLE001  # one lane's bug must not end the posts of the others
            text = f"internal error: {type(error).__name__}: {error}; the account's order book has the last word"
            desk.tell(Level.ERROR, EventKind.COPY, lane.name, text, copy=copy)
            now = desk.copies[copy.id]
            if now.state is CopyState.SENDING:
                desk.put_copy(now, move(now, CopyState.UNKNOWN, desk.clock.now(), error=text))
        desk.wake_sender.set()

    def settle(self, lane: Lane, copy: Copy, placement: Placement) -> None:
        """Give a copy the state that the outcome of its post proves."""
        desk = self._desk
        latency = (desk.clock.now() - (copy.queued_at or copy.created_at)) / timedelta(milliseconds=1)
        answered = {"answered_at": desk.clock.now(), "latency_ms": round(latency, 1)}
        text = clean(placement.text)
        if copy.state is not CopyState.SENDING:
            # The account's book told of the order before the answer to the post came.
            if placement.proof is Proof.ACCEPTED and copy.state not in FINAL:
                desk.advance(copy, copy.state, **answered)
            return
        match placement.proof:
            case Proof.ACCEPTED:
                desk.advance(copy, CopyState.ACCEPTED, order_id=placement.order_id, error=None, **answered)
            case Proof.NEVER_LEFT:
                self._queue_again(lane, copy, text)
            case Proof.SESSION_REFUSED:
                self._session_refused(lane, copy, text)
            case Proof.WRONG_ADDRESS:
                desk.halt_follower(lane, text)
                self._failed(lane, copy, text, answered)
            case Proof.REFUSED:
                self._failed(lane, copy, text, answered)
            case Proof.UNKNOWN:
                self._unknown(lane, copy, text)

    def _failed(self, lane: Lane, copy: Copy, text: str, answered: dict[str, object]) -> None:
        failed = self._desk.advance(copy, CopyState.FAILED, error=text, **answered)
        words = f"{order_words(copy.order)} failed (copy {copy.id}): {text}"
        self._desk.tell(Level.ERROR, EventKind.COPY, lane.name, words, copy=failed)
        count_failure(self._desk, lane)

    def _unknown(self, lane: Lane, copy: Copy, text: str) -> None:
        unknown = self._desk.advance(copy, CopyState.UNKNOWN, error=text)
        words = f"{order_words(copy.order)} unknown: {text}; looking it up by its tag"
        self._desk.tell(Level.WARN, EventKind.COPY, lane.name, words, copy=unknown)
        count_failure(self._desk, lane)

    def _queue_again(self, lane: Lane, copy: Copy, why: str) -> None:
        """Queue a copy that provably never left: again after a pause and one clean book without its tag."""
        desk, now = self._desk, self._desk.clock.monotonic()
        pause = _AGAIN_SECONDS[min(copy.attempts, len(_AGAIN_SECONDS)) - 1]
        lane.not_before[copy.id] = now + pause
        lane.clean_book_after[copy.id] = now
        again = desk.advance(copy, CopyState.QUEUED, error=f"not sent: {why}", needs_clean_book=True)
        words = f"{order_words(copy.order)} not sent ({why}); again after a clean order book"
        desk.tell(Level.WARN, EventKind.COPY, lane.name, words, copy=again)

    def _session_refused(self, lane: Lane, copy: Copy, text: str) -> None:
        refusals = lane.session_refusals.get(copy.id, 0) + 1
        if refusals >= _MOST_SESSION_REFUSALS:
            self._failed(lane, copy, f"the session was refused again after a new log-in: {text}", {})
            return
        lane.session_refusals[copy.id] = refusals
        lane.wake_session.set()
        self._queue_again(lane, copy, f"session refused: {text}")

    def _expire_old(self) -> None:
        """Fail queued copies that have become too old to be sent; give dry-run ones their end."""
        desk = self._desk
        oldest = desk.clock.now() - timedelta(seconds=desk.settings.master.max_order_age_seconds)
        for lane in desk.lanes.values():
            drop_unwanted(desk, lane)
            for id_ in tuple(lane.queue):
                copy = desk.copies[id_]
                if lane.posting == id_:
                    continue
                if desk.rules.dry_run:
                    desk.advance(
                        copy, CopyState.SIMULATED, dry_run=True, error="dry run was turned on before it was sent"
                    )
                elif self._day_over(copy) or (copy.exit is None and (copy.queued_at or copy.created_at) < oldest):
                    self._too_old(lane, copy)

    def _day_over(self, copy: Copy) -> bool:
        """Tell whether the day of a copy has ended; until then no delay of ours makes an exit too old."""
        return not self._desk.between_days and is_left_over(self._desk, copy)

    def _too_old(self, lane: Lane, copy: Copy) -> None:
        desk = self._desk
        because = copy.error or held_back(desk, lane, copy) or waiting_for(lane)
        failed = desk.advance(copy, CopyState.FAILED, error=f"not sent in time: {because}")
        words = f"{order_words(copy.order)} not sent in time: {because}"
        desk.tell(Level.ERROR, EventKind.COPY, lane.name, words, copy=failed)
