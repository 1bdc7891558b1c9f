"""The dispatcher: the one place from which orders leave (docs/architecture.md).

The intents of all followers that can send are made durable in one transaction; then each follower sends on its own.
What the outcome of a request proves becomes the copy's next state. A copy that may exist at the broker is never sent
again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta

from copytui.broker.port import PlaceResult, WriteOutcome
from copytui.domain.copies import FINAL, ChildOrder, CopyState, Resolution, SendIntent, move
from copytui.domain.errors import JournalUnwritable
from copytui.domain.events import EventCode, EventKind, Level
from copytui.domain.gates import Moment
from copytui.domain.text import clean, order_words
from copytui.engine.backoff import SEND_AGAIN
from copytui.engine.controls import halt_follower
from copytui.engine.follower.follower import Follower
from copytui.engine.follower.left_over import awaits_settlement
from copytui.engine.orders.cancels import to_cancel_when_found, waits_for_the_end
from copytui.engine.orders.exits import (
    awaits_figures,
    drop_late_entries,
    entries_to_cancel,
    must_wait,
    report_limited_exits,
    resize_exit,
)
from copytui.engine.orders.freeze_slices import slice_after_refusal
from copytui.engine.orders.manual import drop_needless_retries
from copytui.engine.safety.gate_facts import is_left_over, refusal_for_all, send_refusal
from copytui.engine.safety.halts import count_failure, drop_unwanted, running_away, stop_running_away
from copytui.engine.state import EngineState

_TICK_SECONDS = 0.5
_MISFIT_SECONDS = 5.0
_MOST_SESSION_REFUSALS = 2
_IN_TURN = "an earlier order of the same symbol, or the rate limits"
_MADE_NO_ORDER = frozenset({WriteOutcome.NOT_SENT, WriteOutcome.SESSION_REFUSED})


class Dispatcher:
    """Claims queued copies, sends them, and settles them by the broker's answers."""

    def __init__(
        self, state: EngineState, posts: asyncio.TaskGroup, request_cancel: Callable[[ChildOrder, str], None]
    ) -> None:
        """Use `state`; each request is a task of `posts`, so that stopping waits for what is in flight.

        `request_cancel` requests a cancel of the rest of a working order.
        """
        self._state = state
        self._posts = posts
        self._request_cancel = request_cancel

    async def run(self) -> None:
        """Send whatever may go, as soon as it may, until the engine stops."""
        state = self._state
        while not state.stopping:
            state.wake_dispatcher.clear()
            self._expire_old()
            for follower in state.followers.values():
                drop_late_entries(state, follower)
                drop_needless_retries(state, follower)
                report_limited_exits(state, follower)
                for entry in entries_to_cancel(state, follower):
                    self._request_cancel(entry, "its exit waits for it")
                for copy in to_cancel_when_found(state, follower):
                    self._request_cancel(copy, copy.cancel_reason or "")
            claims = self._claims()
            if claims:
                await self._send(claims)
                continue
            now = state.clock.monotonic()
            chances = [
                chance for follower in state.followers.values() if (chance := follower.next_chance(now)) is not None
            ]
            queued = any(follower.queue for follower in state.followers.values())
            soonest = min([*chances, _TICK_SECONDS]) if queued else None
            await state.clock.wait(state.wake_dispatcher, soonest)

    def _claims(self) -> list[ChildOrder]:
        """Return the next copy of each follower that can send now."""
        state, now = self._state, self._state.clock.monotonic()
        if refusal_for_all(state) is not None:
            return []
        for follower in state.followers.values():
            if follower.queue and follower.session_lost:
                follower.wake_session.set()
        claims: list[ChildOrder] = []
        for follower in state.followers.values():
            fitting = self._next_of(follower, now)
            if fitting is None:
                continue
            if (found := running_away(state, fitting)) is not None:
                stop_running_away(state, follower, fitting, found)
                claims = [c for c in claims if send_refusal(state, state.followers[c.follower], c) is None]
                continue  # flatten orders of the other followers continue
            claims.append(fitting)
        return claims

    def _next_of(self, follower: Follower, now: float) -> ChildOrder | None:
        """Return a follower's next copy as it leaves now; None when there is none, or nothing is left to close."""
        state = self._state
        copy = follower.next_copy(
            state.copies,
            now,
            must_wait=lambda copy: (
                (must_wait(state, copy) and not self._passes(copy))
                or waits_for_the_end(state, copy)
                or awaits_settlement(state, copy)
            ),
            may_leave=lambda copy: send_refusal(state, follower, copy) is None,
        )
        if copy is None or awaits_figures(state, follower, copy):
            return None  # the whole queue waits these tenths of a second: an entry would take the exit's turn
        # An exit that passes an entry leaves as planned: the plan counts the entry, the fills do not.
        return copy if must_wait(state, copy) else resize_exit(state, copy)

    def _passes(self, copy: ChildOrder) -> bool:
        """Return whether an exit may pass entries that were not sent, because enough is held without them.

        The user's order limit may hold such an entry for a minute; an entry that could leave is ahead in the queue.
        """
        positions = self._state.positions
        unsent = all(other.exit is None and other.state is CopyState.QUEUED for other in positions.orders_before(copy))
        return unsent and positions.free_to_close(copy) >= copy.order.quantity

    async def _send(self, claims: list[ChildOrder]) -> None:
        """Make the intents durable in one transaction, then send each follower's order in a task of its own."""
        state = self._state
        try:
            moved = await state.intend(claims)
        except JournalUnwritable as error:
            await self._not_recorded(claims, error)
            return
        for copy in moved:
            intent = SendIntent(copy.id, copy.follower, copy.order, copy.changed_at, urgent=copy.exit is not None)
            self._posts.create_task(self._post(state.followers[copy.follower], copy, intent))

    async def _not_recorded(self, claims: list[ChildOrder], error: JournalUnwritable) -> None:
        """Leave copies queued whose intents could not be written; they are retried, and age."""
        state = self._state
        if state.journal.trouble is not None:  # reported by the engine
            await state.clock.wait(asyncio.Event(), _TICK_SECONDS)
            return
        # One of the records does not fit the journal: it must not hold back the other followers.
        if len(claims) > 1:
            for copy in claims:
                if state.copies[copy.id] is copy:
                    await self._send([copy])
            return
        follower = state.followers[claims[0].follower]
        follower.track(claims[0].id).hold_until(state.clock.monotonic() + _MISFIT_SECONDS)
        text = f"internal error: {order_words(claims[0].order)} not sent: {error}"
        state.emit(Level.ERROR, EventKind.COPY, follower.name, text, copy=claims[0])

    async def _post(self, follower: Follower, copy: ChildOrder, intent: SendIntent) -> None:
        """Send one order, unless something blocks it since its intent was written."""
        state = self._state
        no = send_refusal(state, follower, state.copies[copy.id], Moment.SEND)
        closed = None if no is None else no.sentence
        if closed is None and (found := running_away(state, copy)) is not None:
            stop_running_away(state, follower, copy, found)
            closed = found.sentence
        try:
            if closed is not None:
                placement = PlaceResult(WriteOutcome.NOT_SENT, closed)
            else:
                state.order_rate.begins(copy, state.clock.monotonic())
                placement = await follower.account.place(intent)
                if placement.outcome in _MADE_NO_ORDER:
                    state.order_rate.not_sent(copy)
        except Exception as error:  # noqa: BLE001  # a bug in an adapter: the order may exist
            placement = PlaceResult(WriteOutcome.UNKNOWN, f"internal error: {type(error).__name__}")
        follower.end_post()
        try:
            self.settle(follower, state.copies[copy.id], placement)
        except Exception as error:  # noqa: BLE001  # a bug with one follower must not end the others' requests
            text = f"internal error: {type(error).__name__}: {error}; the account's order book will show the outcome"
            state.emit(Level.ERROR, EventKind.COPY, follower.name, text, copy=copy)
            now = state.copies[copy.id]
            if now.state is CopyState.SENDING:
                state.update(now, move(now, CopyState.UNKNOWN, state.clock.now(), error=text))
        state.wake_dispatcher.set()

    def settle(self, follower: Follower, copy: ChildOrder, placement: PlaceResult) -> None:
        """Move a copy to the state that the outcome of its request proves."""
        state = self._state
        latency = (state.clock.now() - (copy.queued_at or copy.created_at)) / timedelta(milliseconds=1)
        answered = {"answered_at": state.clock.now(), "latency_ms": round(latency, 1)}
        text = clean(placement.text)
        if copy.state is not CopyState.SENDING:
            # The account's order book showed the order before the answer came.
            if placement.outcome is WriteOutcome.ACCEPTED and copy.state not in FINAL:
                state.advance(copy, copy.state, **answered)
            return
        match placement.outcome:
            case WriteOutcome.ACCEPTED:
                state.advance(copy, CopyState.ACCEPTED, order_id=placement.order_id, error=None, **answered)
            case WriteOutcome.NOT_SENT:
                self._queue_again(follower, copy, text)
            case WriteOutcome.SESSION_REFUSED:
                self._session_refused(follower, copy, text)
            case WriteOutcome.WRONG_ADDRESS:
                halt_follower(state, follower, text)
                self._failed(follower, copy, text, answered)
            case WriteOutcome.REFUSED:
                self._failed(follower, copy, text, answered)
            case WriteOutcome.UNKNOWN:
                self._unknown(follower, copy, text)

    def _failed(self, follower: Follower, copy: ChildOrder, text: str, answered: dict[str, object]) -> None:
        failed = self._state.fail(copy, Resolution.REFUSED, text, **answered)
        words = f"{order_words(copy.order)} failed (copy {copy.id}): {text}"
        self._state.emit(Level.ERROR, EventKind.COPY, follower.name, words, copy=failed)
        count_failure(self._state, follower)
        slice_after_refusal(self._state, follower, failed)

    def _unknown(self, follower: Follower, copy: ChildOrder, text: str) -> None:
        unknown = self._state.advance(copy, CopyState.UNKNOWN, error=text)
        words = f"{order_words(copy.order)} unknown: {text}; looking it up by its tag"
        self._state.emit(Level.WARN, EventKind.COPY, follower.name, words, copy=unknown, code=EventCode.UNKNOWN)
        count_failure(self._state, follower)

    def _queue_again(self, follower: Follower, copy: ChildOrder, why: str) -> None:
        """Queue a copy again that was provably not sent, after a pause and a clean order book without its tag."""
        state, now = self._state, self._state.clock.monotonic()
        pause = SEND_AGAIN.after(copy.attempts)
        follower.track(copy.id).hold_until(now + pause)
        follower.track(copy.id).await_clean_book(now)
        again = state.advance(copy, CopyState.QUEUED, error=f"not sent: {why}", needs_clean_book=True)
        words = f"{order_words(copy.order)} not sent ({why}); retrying after a clean order book"
        state.emit(Level.WARN, EventKind.COPY, follower.name, words, copy=again)

    def _session_refused(self, follower: Follower, copy: ChildOrder, text: str) -> None:
        if follower.track(copy.id).count_session_refusal() >= _MOST_SESSION_REFUSALS:
            self._failed(follower, copy, f"the session was refused again after a new login: {text}", {})
            return
        follower.wake_session.set()
        self._queue_again(follower, copy, f"session refused: {text}")

    def _expire_old(self) -> None:
        """Fail queued copies that are too old to send, and end them as simulated in a dry run."""
        state = self._state
        oldest = state.clock.now() - timedelta(seconds=state.settings.master.max_order_age_seconds)
        for follower in state.followers.values():
            drop_unwanted(state, follower)
            for id_ in tuple(follower.queue):
                copy = state.copies[id_]
                if follower.posting == id_:
                    continue
                if state.rules.dry_run:
                    state.advance(
                        copy, CopyState.SIMULATED, dry_run=True, error="dry run was turned on before it was sent"
                    )
                elif self._day_over(copy) or (copy.exit is None and (copy.queued_at or copy.created_at) < oldest):
                    self._too_old(follower, copy)

    def _day_over(self, copy: ChildOrder) -> bool:
        """Return whether a copy's day has ended; until then no delay of ours makes an exit too old."""
        return not self._state.between_days and is_left_over(self._state, copy)

    def _too_old(self, follower: Follower, copy: ChildOrder) -> None:
        state = self._state
        no = send_refusal(state, follower, copy)
        because = copy.error or (_IN_TURN if no is None else no.sentence)
        failed = state.fail(copy, Resolution.NOT_SENT, f"not sent in time: {because}")
        words = f"{order_words(copy.order)} not sent in time: {because}"
        state.emit(Level.ERROR, EventKind.COPY, follower.name, words, copy=failed)
