"""What holds orders back whatever the rules decided: the gate before every send, halts, and close only."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta

from copytui.domain.copies import ChildOrder, CopyState, Resolution
from copytui.domain.events import EventKind, Level
from copytui.domain.executions import Origin
from copytui.domain.positions import position_key
from copytui.domain.risk import Runaway, runaway
from copytui.domain.text import order_words, trading_day
from copytui.engine.controls import halt_follower, switch
from copytui.engine.follower.follower import Follower
from copytui.engine.state import EngineState

_JUST_NOW = timedelta(seconds=60)


def global_block_reason(state: EngineState) -> str | None:
    """Say why nothing at all may be sent at this moment; None when orders may leave, if only those of a flatten."""
    if state.stopping:
        return "copytui is stopping"
    if state.rules.dry_run:
        return "dry run"
    if state.rules.paused:
        return "paused"
    return state.journal.trouble


def send_block_reason(state: EngineState, follower: Follower, copy: ChildOrder) -> str | None:
    """Say why `copy` may not be sent at this moment; None when it may leave.

    Asked before an intent is written and once more before the post (invariant 3). A halt, and a follower that is
    taken out, hold back all but what the user has closed by hand.
    """
    closed = global_block_reason(state)
    if closed is not None:
        return closed
    if state.between_days and (is_left_over(state, copy) or position_key(copy.order).ends_with_the_day):
        return "the first look at the master on a new day is still to come"
    if not follower.ready:
        return waiting_for(follower)
    if (dropped := copy.cancel_reason or follower.pace_of(copy.id).drop_reason) is not None:
        return dropped
    if is_by_hand(state, copy):
        return None
    if state.rules.halted_because is not None:
        return f"halted: {state.rules.halted_because}"
    return None if follower.armed else waiting_for(follower)


def is_left_over(state: EngineState, copy: ChildOrder) -> bool:
    """Tell whether a copy was queued on an earlier day than today, by our clock too, and not just before midnight."""
    queued, now = copy.queued_at or copy.created_at, state.clock.now()
    return trading_day(queued) < min(state.today, trading_day(now)) and now - queued > _JUST_NOW


def is_by_hand(state: EngineState, copy: ChildOrder) -> bool:
    """Tell whether a copy closes a position because the user said so (a flatten), and no order of the master's."""
    decided = state.executions.get(copy.execution_id)
    return decided is not None and decided.execution.origin is Origin.BY_HAND


def waiting_for(follower: Follower) -> str:
    """Say what a lane's queue is waiting for."""
    if not follower.enabled:
        return "this follower is taken out"
    if follower.halted_because is not None:
        return f"halted: {follower.halted_because}"
    if follower.ip_mismatch is not None:
        return follower.ip_mismatch
    if follower.session_lost:
        return "its session was refused"
    if not follower.armed:
        return follower.session_text or follower.session
    return "an earlier order of the same symbol, or the rate limits"


def running_away(state: EngineState, copy: ChildOrder) -> Runaway | None:
    """Say why sending `copy` now shows that copying has run away; None when it may go."""
    copies = sum(other.follower == copy.follower for other in state.copies_of(copy.execution_id))
    most = state.settings.risk.max_orders_per_symbol_per_minute
    return runaway(copy.order.symbol, state.order_rate.before(copy, copies), state.clock.monotonic(), most)


def stop_running_away(state: EngineState, follower: Follower, copy: ChildOrder, found: Runaway) -> None:
    """Halt everything, and end the copy that must never be sent."""
    if found.impossible and copy.state is CopyState.QUEUED:
        failed = state.fail(copy, Resolution.NOT_SENT, f"not sent: {found.sentence}")
        text = f"internal error: {order_words(copy.order)} not sent: {found.sentence}"
        state.emit(Level.ERROR, EventKind.COPY, follower.name, text, copy=failed)
    halt(state, f"{follower.name}: {found.sentence}")


def halt(state: EngineState, because: str) -> None:
    """Stop all sending until the user releases it; survives a restart. A halt that holds keeps its first reason."""
    if state.rules.halted_because is not None:
        return
    switch(state, halted_because=because)
    state.emit(Level.ERROR, EventKind.RISK, "copytui", f"halted: {because}; nothing is sent until it is released")


def drop_unwanted(state: EngineState, follower: Follower) -> None:
    """Drop queued copies that must not leave any more: cancelled by hand, or entries of a close-only follower."""
    for id_ in tuple(follower.queue):
        copy = state.copies[id_]
        if follower.posting == id_ or copy.state is not CopyState.QUEUED:
            continue
        why = copy.cancel_reason or follower.pace_of(id_).drop_reason
        if why is None and follower.close_only is not None and copy.exit is None:
            why = f"close only: {follower.close_only}"
        if why is not None:
            dropped = state.advance(copy, CopyState.SKIPPED, error=why)
            state.emit(
                Level.WARN, EventKind.COPY, follower.name, f"{order_words(copy.order)} not sent: {why}", copy=dropped
            )


def count_failure(state: EngineState, follower: Follower) -> None:
    """Count a failed, rejected or unknown copy; as many in a row as the settings say halt the follower."""
    failures = follower.count_failure()
    if failures >= state.settings.risk.halt_after_failures:
        halt_follower(state, follower, f"{failures} copies in a row went wrong")


_LOOK_SECONDS = 1.0
_BECAUSE = "the file STOP was found"


class StopFile:
    """Looks for the file once a second, in a thread: a slow disk must not hold up the loop."""

    def __init__(self, state: EngineState, is_there: Callable[[], bool] | None) -> None:
        """Halt `state` when `is_there` says so; None looks for nothing."""
        self._state = state
        self._is_there = is_there

    async def look(self) -> bool:
        """Halt if the file is there, and tell whether it is."""
        if self._is_there is None or not await asyncio.to_thread(self._is_there):
            return False
        halt(self._state, _BECAUSE)
        return True

    async def run(self) -> None:
        """Look again and again; runs until cancelled."""
        while True:
            await self.look()
            await self._state.clock.wait(asyncio.Event(), _LOOK_SECONDS if self._is_there is not None else None)
