"""Halts and close only: what stops orders whatever the rules decided. The gate itself is `copytui.domain.gates`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from copytui.domain.copies import ChildOrder, CopyState, Resolution
from copytui.domain.events import EventCode, EventKind, Level
from copytui.domain.risk import Runaway, runaway
from copytui.domain.text import order_words
from copytui.engine.controls import halt_follower, switch
from copytui.engine.follower.follower import Follower
from copytui.engine.safety.gate_facts import queue_no
from copytui.engine.state import EngineState


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
    text = f"halted: {because}; nothing is sent until it is released"
    state.emit(Level.ERROR, EventKind.RISK, "copytui", text, code=EventCode.HALTED)


def drop_unwanted(state: EngineState, follower: Follower) -> None:
    """Drop queued copies that must not leave any more: cancelled by hand, or entries of a close-only follower."""
    for id_ in tuple(follower.queue):
        copy = state.copies[id_]
        if follower.posting == id_ or copy.state is not CopyState.QUEUED:
            continue
        if (no := queue_no(follower, copy)) is not None:
            dropped = state.advance(copy, CopyState.SKIPPED, error=no.sentence)
            text = f"{order_words(copy.order)} not sent: {no.sentence}"
            state.emit(Level.WARN, EventKind.COPY, follower.name, text, copy=dropped)


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
