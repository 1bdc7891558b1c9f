"""Cancels of the rest of working orders: for an exit, a time limit or the user.

A cancel sends no order, so nothing holds it back and it may be retried; the account's order book shows what became of
the order.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from copytui.broker.port import Call, ChangeResult, WriteOutcome
from copytui.domain.copies import LIVE_AT_BROKER, ChildOrder, CopyState
from copytui.domain.events import EventKind, Level
from copytui.domain.positions import position_key
from copytui.domain.text import clean, order_words
from copytui.engine.backoff import CANCEL_AGAIN
from copytui.engine.follower.follower import Follower
from copytui.engine.orders.tracking import OrderTracking
from copytui.engine.safety.gate_facts import is_manual
from copytui.engine.safety.halts import drop_unwanted
from copytui.engine.state import EngineState

_NOT_READY_SECONDS = 1.0


class Cancels:
    """The working orders to cancel, each until its final state is known; the timing is in the order's tracking."""

    def __init__(self, state: EngineState) -> None:
        """Use `state`."""
        self._state = state
        self._numbers = itertools.count()
        self._wake = asyncio.Event()

    def request(self, copy: ChildOrder, why: str) -> None:
        """Request a cancel of the rest of a working copy; a repeated request changes nothing."""
        state, now = self._state, self._state.copies[copy.id]
        if now.state not in LIVE_AT_BROKER:
            return
        if now.cancel_reason is None:
            state.amend(now, cancel_reason=why)
        # An order that is not followed is of an earlier day: it is gone, and its id may belong to another order.
        tracking = self._followed(now)
        if tracking is not None and tracking.cancel_due is None:
            tracking.want_cancel(state.clock.monotonic(), next(self._numbers))
            self._wake.set()

    async def run(self) -> None:
        """Send the requested cancels, repeatedly until each order is final; runs until cancelled.

        Each cancel is a task of its own: an account that does not answer delays no other.
        """
        state = self._state
        for copy in list(state.copies.values()):
            if (tracking := self._followed(copy)) is not None and copy.cancel_reason is not None:
                tracking.end_cancel()
                self.request(copy, copy.cancel_reason)
        async with asyncio.TaskGroup() as cancels:
            while True:
                self._wake.clear()
                now = state.clock.monotonic()
                due = self._due()
                for follower, id_, tracking, at in due:
                    if at <= now:
                        tracking.begin_cancel()
                        cancels.create_task(self._cancel(follower, id_, tracking))
                soonest = min((at for *_, tracking, at in due if not tracking.is_cancelling), default=None)
                await state.clock.wait(self._wake, None if soonest is None else max(soonest - now, 0.0))

    def _followed(self, copy: ChildOrder) -> OrderTracking | None:
        follower = self._state.followers.get(copy.follower)
        tracking = None if follower is None else follower.tracking.get(copy.id)
        return None if tracking is None or tracking.live_since is None else tracking

    def _due(self) -> list[tuple[Follower, int, OrderTracking, float]]:
        """Return the orders to cancel that no task handles, with the next request's time, in the order of asking."""
        found = [
            (follower, id_, tracking, tracking.cancel_due)
            for follower in self._state.followers.values()
            for id_, tracking in follower.live
            if tracking.cancel_due is not None
            and not tracking.is_cancelling
            and self._state.copies[id_].state in LIVE_AT_BROKER
        ]
        return sorted(found, key=lambda each: each[2].cancel_number)

    async def _cancel(self, follower: Follower, id_: int, tracking: OrderTracking) -> None:
        state, account = self._state, follower.account
        try:
            copy = state.copies[id_]
            if copy.order_id is None or not account.logged_in or account.ready_in(Call.EXIT) > 0:
                tracking.cancel_again(state.clock.monotonic() + _NOT_READY_SECONDS)
                return
            tries = tracking.count_cancel()
            if tries == 1:
                text = f"{order_words(copy.order)}: cancelling the rest ({copy.cancel_reason})"
                state.emit(Level.INFO, EventKind.COPY, follower.name, text, copy=copy)
            try:
                answer = await account.cancel(copy.order_id)
            except Exception as error:  # noqa: BLE001  # a bug in an adapter: retried like any other failure
                answer = ChangeResult(WriteOutcome.UNKNOWN, f"internal error: {type(error).__name__}")
            tracking.cancel_again(state.clock.monotonic() + CANCEL_AGAIN.after(tries))
            if answer.outcome is WriteOutcome.SESSION_REFUSED:
                follower.wake_session.set()
            if answer.outcome is not WriteOutcome.ACCEPTED:
                self._report_refusal(follower, copy, clean(answer.text), tries)
            follower.read_soon(state.clock.monotonic())
        finally:
            tracking.end_cancel()
            self._wake.set()

    def _report_refusal(self, follower: Follower, copy: ChildOrder, why: str, tries: int) -> None:
        level = Level.ERROR if tries == len(CANCEL_AGAIN) else Level.WARN
        if tries == 1 or level is Level.ERROR:
            text = f"{order_words(copy.order)}: the cancel did not go through ({why}); its order book shows the outcome"
            self._state.emit(level, EventKind.COPY, follower.name, text, copy=copy)


RequestCancel = Callable[[ChildOrder, str], None]
"""Requests a cancel of the rest of a working copy, for a reason."""

BY_USER = "cancelled by the user"
_IN_DOUBT = frozenset({CopyState.SENDING, CopyState.UNKNOWN})


@dataclass(frozen=True, slots=True)
class CancelCounts:
    """The numbers of orders being cancelled, of queued orders dropped, and of orders whose outcome is not known yet.

    The latter are cancelled as soon as they are found working.
    """

    cancelling: int = 0
    dropped: int = 0
    in_doubt: int = 0

    @property
    def words(self) -> str:
        """The counts as a sentence."""
        parts = [
            (self.cancelling, "working order is being cancelled", "working orders are being cancelled"),
            (self.dropped, "queued order was dropped", "queued orders were dropped"),
            (
                self.in_doubt,
                "without an answer yet will be cancelled if it works",
                "without an answer yet will be cancelled if they work",
            ),
        ]
        said = [f"{count} {one if count == 1 else many}" for count, one, many in parts if count]
        return ", ".join(said) or "no working or queued orders"


def cancel_all(state: EngineState, request_cancel: RequestCancel) -> str:
    """Cancel all working and queued orders, entries and exits alike; returns the outcome as a sentence."""
    words = cancel_orders(state, request_cancel, list(state.copies.values()), BY_USER).words
    state.emit(Level.WARN, EventKind.RISK, "copytui", f"cancel all: {words}")
    return words


def cancel_orders(
    state: EngineState, request_cancel: RequestCancel, copies: Iterable[ChildOrder], why: str
) -> CancelCounts:
    """Cancel `copies`: working ones by request, queued ones by dropping them, unknown ones once they are found."""
    cancelling = dropped = in_doubt = 0
    for copy in copies:
        follower = state.followers.get(copy.follower)
        if follower is None:
            continue
        if copy.state in LIVE_AT_BROKER and follower.tracking_of(copy.id).live_since is not None:
            request_cancel(copy, why)
            cancelling += 1
        elif copy.state is CopyState.QUEUED and follower.posting != copy.id:
            follower.track(copy.id).drop(why)
            dropped += 1
        elif copy.state is CopyState.QUEUED:
            follower.track(copy.id).drop(why)  # its intent is being written: the check before the POST refuses it
            in_doubt += 1
        elif copy.state in _IN_DOUBT and (
            copy.state is CopyState.SENDING or follower.tracking_of(copy.id).unknown_since is not None
        ):
            if copy.cancel_reason is None:
                state.amend(copy, cancel_reason=why)
            in_doubt += 1
    for follower in state.followers.values():
        drop_unwanted(state, follower)
    state.wake_dispatcher.set()
    return CancelCounts(cancelling, dropped, in_doubt)


def to_cancel_when_found(state: EngineState, follower: Follower) -> list[ChildOrder]:
    """Return live copies with a cancel request from before they were known to work."""
    return [copy for id_, _pace in follower.live if (copy := state.copies[id_]).cancel_reason is not None]


def waits_for_the_end(state: EngineState, copy: ChildOrder) -> bool:
    """Return whether a flatten order has to wait for older orders of its position, whose fills count."""
    ref = (copy.follower, position_key(copy.order))
    return is_manual(state, copy) and any(
        other.id < copy.id and other.execution_id != copy.execution_id for other in state.positions.working(ref)
    )
