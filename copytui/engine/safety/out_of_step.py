"""Positions out of step: what an account has differs from what copying should have built. And giving one away."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from datetime import date

from copytui.domain.copies import ChildOrder, CopyState
from copytui.domain.decisions import DecidedExecution
from copytui.domain.drift import LASTS, ComparedPosition, DriftFacts, compare, of_position
from copytui.domain.events import EventKind, Level
from copytui.domain.orders import ClientId
from copytui.domain.positions import PositionKey, position_key, signed
from copytui.domain.text import clean
from copytui.engine.controls import detach, dismiss_out_of_step
from copytui.engine.orders.planner import capital_ratio
from copytui.engine.positions import PositionRef
from copytui.engine.state import EngineState
from copytui.journal.recovered_state import RecoveredState

_LOOK_SECONDS = 2.0
DETACHED = "the position was given to the account's owner"
"""Why a queued exit is not sent after that."""


class _Records:
    """Executions by position, and child orders by account and position: one pass over what may be thousands."""

    def __init__(self, executions: Iterable[DecidedExecution], copies: Iterable[ChildOrder]) -> None:
        self._executions: dict[PositionKey, list[DecidedExecution]] = {}
        self._copies: dict[PositionRef, list[ChildOrder]] = {}
        for decided in executions:
            self._executions.setdefault(position_key(decided.execution.order), []).append(decided)
        for copy in copies:
            self._copies.setdefault((copy.follower, position_key(copy.order)), []).append(copy)

    def of(self, ref: PositionRef, day: date) -> tuple[list[DecidedExecution], list[ChildOrder]]:
        """Return the executions and child orders that count for a position on `day`."""
        return of_position(ref[1], day, self._executions.get(ref[1], ()), self._copies.get(ref, ()))

    @property
    def keys(self) -> list[PositionKey]:
        """All positions with an execution."""
        return list(self._executions)


class OutOfStep:
    """Finds the positions that are out of step and need the user, at intervals and never for long at a time."""

    def __init__(self, state: EngineState) -> None:
        """Use `state`."""
        self._state = state
        self._compared: dict[PositionRef, ComparedPosition] = {}
        self._reported: dict[PositionRef, str] = {}
        self._version = -1

    def find(self) -> tuple[ComparedPosition, ...]:
        """Return the positions that need the user and were not dismissed, as of the last look."""
        marks = self._state.dismissed_marks
        return tuple(each for ref, each in self._compared.items() if marks.get(ref) != each.mark)

    async def run(self) -> None:
        """Look every few seconds where something has changed, and report what is new; runs until cancelled."""
        state, look_again = self._state, True
        while True:
            if look_again or self._version != state.version:
                self._version = state.version
                look_again = await self._look()
            await state.clock.wait(asyncio.Event(), _LOOK_SECONDS)

    def dismiss(self, follower: ClientId, key: PositionKey) -> str:
        """Take a position off the list until its figures change; returns the outcome as a sentence."""
        found = self._compared.get((follower, key))
        if found is None:
            return "this position is not out of step"
        dismiss_out_of_step(self._state, (follower, key), found.mark)
        words = f"{clean(key.symbol)} {key.product} left as it is: not listed until its figures change"
        self._state.emit(Level.INFO, EventKind.RISK, self._state.followers[follower].name, words)
        return words

    def detach(self, follower: ClientId, key: PositionKey) -> str:
        """Give a position to the account's owner; returns the outcome as a sentence.

        An order that is at the broker may still change the position: it has to end first.
        """
        state, ref = self._state, (follower, key)
        units = state.positions.held(ref).quantity
        if follower not in state.followers or not units:
            return "copying holds no such position"
        working = state.positions.working(ref)
        begun = [copy for copy in working if copy.state is not CopyState.QUEUED]
        if begun or state.followers[follower].posting in {copy.id for copy in working}:
            return f"not detached: an order in {clean(key.symbol)} is on its way; cancel it, or wait for its end"
        for copy in working:
            state.advance(copy, CopyState.SKIPPED, error=DETACHED)
        detach(state, ref)
        self._compared.pop(ref, None)
        words = f"{units} {clean(key.symbol)} {key.product} detached: it is the owner's now, and no exit of it is sent"
        state.emit(Level.WARN, EventKind.RISK, state.followers[follower].name, words)
        state.wake_dispatcher.set()
        return words

    async def _look(self) -> bool:
        """Compare all positions; returns whether one may need the user by the passing of time alone."""
        state, now, waits = self._state, self._state.clock.now(), False
        found: dict[PositionRef, ComparedPosition] = {}
        records = _Records(state.executions.values(), state.copies.values())
        for client in tuple(state.followers):
            for each in compared(state, records, state.positions.compared_refs(state.master_id, [client], state.day)):
                if each.is_out_of_step(now):
                    found[each.follower, each.key] = each
                else:
                    waits = waits or each.is_out_of_step(now + LASTS)
            await asyncio.sleep(0)
        if found != self._compared:
            state.touch()
        self._compared = found
        self._forget_dismissed()
        self._report()
        return waits

    def _forget_dismissed(self) -> None:
        for ref, mark in tuple(self._state.dismissed_marks.items()):
            found = self._compared.get(ref)
            if found is not None and found.mark != mark:
                dismiss_out_of_step(self._state, ref, None)

    def _report(self) -> None:
        """Report each position out of step, once per difference."""
        found = {(each.follower, each.key): each for each in self.find()}
        self._reported = {ref: mark for ref, mark in self._reported.items() if ref in found}
        for ref, each in found.items():
            if self._reported.get(ref) != each.mark:
                self._reported[ref] = each.mark
                text = (
                    f"out of step: {each.there} {clean(each.key.symbol)} {each.key.product} instead of"
                    f" {each.expected} ({each.cause}): {clean(each.sentence)}"
                )
                self._state.emit(Level.WARN, EventKind.RISK, self._state.followers[each.follower].name, text)


def compared(state: EngineState, records: _Records, refs: Iterable[PositionRef]) -> Iterator[ComparedPosition]:
    """Yield positions by their three figures as they stand now."""
    for ref in refs:
        follower, (executions, copies) = state.followers.get(ref[0]), records.of(ref, state.day)
        yield compare(
            DriftFacts(
                ref[0], ref[1], state.day, state.positions.held(ref).quantity,
                state.positions.held((state.master_id, ref[1])).quantity,
                state.positions.noted(ref),
                [decided for decided in executions if decided.day == state.day],
                copies,
                state.positions.carried(ref),
                None if follower is None else follower.settings.sizing_at(state.rules.multiplier),
                None if follower is None else capital_ratio(state, follower),
                state.positions.detached(ref),
            )
        )  # fmt: skip


def carry_over(state: EngineState) -> None:
    """Keep how the overnight positions stand when the day ends: its executions are dropped after it."""
    records = _Records(state.executions.values(), state.copies.values())
    refs = state.positions.compared_refs(state.master_id, state.followers, state.day)
    state.positions.carry(compared(state, records, [ref for ref in refs if not ref[1].ends_with_the_day]))


def restore_carried(state: EngineState, recovered: RecoveredState) -> None:
    """Work out from the journal how the overnight positions stood when the day began."""
    earlier = [decided for decided in recovered.earlier if decided.day < state.day]
    if not earlier:
        return
    records, day = _Records(earlier, recovered.earlier_copies), state.day
    filled_today: dict[PositionRef, int] = {}
    for copy in recovered.copies:
        if copy.day >= day:
            ref = (copy.follower, position_key(copy.order))
            filled_today[ref] = filled_today.get(ref, 0) + signed(copy.order.side, copy.filled)
    found = []
    for ref in ((client, key) for client in state.followers for key in records.keys if not key.ends_with_the_day):
        executions, copies = records.of(ref, day)
        copied = state.positions.held(ref).quantity - filled_today.get(ref, 0)
        detached = state.positions.detached(ref)
        facts = DriftFacts(
            *ref, day, copied, executions=executions, copies=copies, detached=detached,
            sizing=state.followers[ref[0]].settings.sizing_at(state.rules.multiplier),
        )  # fmt: skip
        found.append(compare(facts))
    state.positions.carry(found)
