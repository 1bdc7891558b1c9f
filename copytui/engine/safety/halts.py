"""Halts, close only and the STOP file: they stop orders that the rules have already decided to copy.

The gate itself is `copytui.domain.gates`; its facts come from `gate_facts`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from copytui.domain.copies import ChildOrder, CopyState, Resolution, by_copy, joined
from copytui.domain.events import EventCode, EventKind, Level
from copytui.domain.reasons import Reason
from copytui.domain.risk import Runaway, runaway
from copytui.domain.text import order_words
from copytui.engine.controls import halt_follower, switch
from copytui.engine.follower.follower import Follower
from copytui.engine.safety.gate_facts import queue_refusal
from copytui.engine.state import EngineState


def running_away(state: EngineState, copy: ChildOrder) -> Runaway | None:
    """Return the runaway that sending `copy` now would be; None when it may leave."""
    planned = state.copies_for(copy.execution_id, copy.follower)
    most = state.settings.risk.max_orders_per_symbol_per_minute
    return runaway(copy.order.symbol, state.order_rate.before(copy, planned), state.clock.monotonic(), most)


def stop_running_away(state: EngineState, follower: Follower, copy: ChildOrder, found: Runaway) -> None:
    """Halt everything, and fail an order that must never be sent, or the slices of a copy that is too large."""
    if found.impossible and copy.state is CopyState.QUEUED:
        failed = state.fail(copy, Resolution.NOT_SENT, f"not sent: {found.sentence}")
        text = f"internal error: {order_words(copy.order)} not sent: {found.sentence}"
        state.emit(Level.ERROR, EventKind.COPY, follower.name, text, copy=failed)
    if found.too_many:
        _refuse_whole(state, copy, found)
    halt(state, f"{follower.name}: {found.sentence}")


def _refuse_whole(state: EngineState, copy: ChildOrder, found: Runaway) -> None:
    """Fail the copies of an execution whose slices alone are over the limit, so that a release does not halt again."""
    most = state.settings.risk.max_orders_per_symbol_per_minute
    for name, slices in by_copy(state.copies_of(copy.execution_id)).items():
        is_sent = any(each.state is not CopyState.QUEUED or each.attempts for each in slices)
        if name.closes or is_sent or len(slices) <= most or name.follower not in state.followers:
            continue
        failed = [state.fail(each, Resolution.NOT_SENT, f"not sent: {found.sentence}") for each in slices]
        text = f"{order_words(joined(failed).order)} not sent in {len(slices)} slices: {found.sentence}"
        state.emit(Level.ERROR, EventKind.COPY, state.followers[name.follower].name, text, copy=failed[0])


def halt(state: EngineState, because: str) -> None:
    """Stop all sending until the user releases the halt, also across restarts. The first reason stays."""
    if state.rules.halted_because is not None:
        return
    switch(state, halted_because=because)
    text = f"halted: {because}; nothing is sent until it is released"
    state.emit(Level.ERROR, EventKind.RISK, "copytui", text, code=EventCode.HALTED)


def drop_unwanted(state: EngineState, follower: Follower) -> None:
    """End queued copies that must no longer be sent: cancelled, entries of a close-only follower, session over."""
    for id_ in tuple(follower.queue):
        copy = state.copies[id_]
        if follower.posting == id_ or copy.state is not CopyState.QUEUED:
            continue
        if (no := queue_refusal(state, follower, copy)) is None:
            continue
        if no.code in _SESSION_ENDED:
            _miss(state, follower, copy, no.sentence)
        else:
            dropped = state.advance(copy, CopyState.SKIPPED, error=no.sentence)
            text = f"{order_words(copy.order)} not sent: {no.sentence}"
            state.emit(Level.WARN, EventKind.COPY, follower.name, text, copy=dropped)


_SESSION_ENDED = frozenset({Reason.AUCTION, Reason.MARKET_CLOSED})


def _miss(state: EngineState, follower: Follower, copy: ChildOrder, why: str) -> None:
    """End a queued order whose session is over; the attention list keeps it, so that the user can send it."""
    missed = state.fail(copy, Resolution.MISSED, f"not sent: {why}")
    level = Level.WARN if copy.exit is None else Level.ERROR
    state.emit(level, EventKind.COPY, follower.name, f"{order_words(copy.order)} missed: {why}", copy=missed)


def count_failure(state: EngineState, follower: Follower) -> None:
    """Count a failed, rejected or unknown copy; `halt_after_failures` in a row halt the follower."""
    failures = follower.count_failure()
    if failures >= state.settings.risk.halt_after_failures:
        halt_follower(state, follower, f"{failures} copies in a row went wrong")


_LOOK_SECONDS = 1.0
_BECAUSE = "the file STOP was found"


class StopFile:
    """Looks for the file STOP once per second, in a thread: a slow disk must not block the loop."""

    def __init__(self, state: EngineState, is_there: Callable[[], bool] | None) -> None:
        """Halt `state` when `is_there` returns true; with None there is nothing to look for."""
        self._state = state
        self._is_there = is_there

    async def look(self) -> bool:
        """Halt if the file exists, and return whether it does."""
        if self._is_there is None or not await asyncio.to_thread(self._is_there):
            return False
        halt(self._state, _BECAUSE)
        return True

    async def run(self) -> None:
        """Look once per second; runs until cancelled."""
        while True:
            await self.look()
            await self._state.clock.wait(asyncio.Event(), _LOOK_SECONDS if self._is_there is not None else None)
