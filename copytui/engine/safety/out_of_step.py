"""Positions out of step: what an account has differs from what copying should have built. And giving one away."""

from __future__ import annotations

import asyncio
import itertools
from dataclasses import replace
from datetime import date

from copytui.domain.changes import Change
from copytui.domain.copies import CopyState
from copytui.domain.drift import LASTS, ComparedPosition, DriftFacts, compare
from copytui.domain.events import EventKind, Level
from copytui.domain.orders import ClientId
from copytui.domain.positions import PositionKey, position_key, signed
from copytui.domain.text import clean
from copytui.engine.controls import detach, dismiss_out_of_step
from copytui.engine.orders.planner import capital_ratio
from copytui.engine.positions import PositionRef
from copytui.engine.safety.position_records import PositionRecords
from copytui.engine.state import EngineState
from copytui.journal.recovered_state import RecoveredState

_Basis = tuple[DriftFacts, tuple[int, int]]
_LOOK_SECONDS = 2.0
DETACHED = "the position was given to the account's owner"
"""Why a queued exit is not sent after that."""


class OutOfStep:
    """Finds the positions that are out of step and need the user, at intervals and never for long at a time."""

    def __init__(self, state: EngineState) -> None:
        """Use `state`."""
        self._state = state
        self._compared: dict[PositionRef, ComparedPosition] = {}
        self._reported: dict[PositionRef, str] = {}
        self._records: PositionRecords | None = None
        self._day: date | None = None
        self._last: dict[PositionRef, tuple[_Basis, ComparedPosition]] = {}

    def on_change(self, change: Change) -> None:
        """Take a change of the state."""
        if self._records is not None:
            self._records.on_change(change)

    def find(self) -> tuple[ComparedPosition, ...]:
        """Return the positions that need the user and were not dismissed, as of the last look."""
        marks = self._state.dismissed_marks
        return tuple(each for ref, each in self._compared.items() if marks.get(ref) != each.mark)

    async def run(self) -> None:
        """Look every few seconds where something has changed, and report what is new; runs until cancelled."""
        state, look_again, version = self._state, True, -1
        while True:
            if look_again or version != state.version:
                version = state.version
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
        refs = state.positions.compared_refs(state.master_id, state.followers, state.day)
        for _client, mine in itertools.groupby(refs, key=lambda ref: ref[0]):
            records = self._todays_records()
            for ref in mine:
                changed_at = records.changed_at(ref)
                if changed_at is not None and now - changed_at < LASTS:
                    waits = True  # it cannot need the user yet, and comparing a busy position is not free
                    continue
                each = self._compare(ref, records)
                if each.is_out_of_step(now):
                    found[ref] = each
                else:
                    waits = waits or each.is_out_of_step(now + LASTS)
            await asyncio.sleep(0)
        if found != self._compared:
            state.touch()
        self._compared = found
        self._forget_dismissed()
        self._report()
        return waits

    def _todays_records(self) -> PositionRecords:
        """Return the records: those of finished executions are dropped when the day turns."""
        state = self._state
        if self._records is None or self._day != state.day:
            self._records, self._day = PositionRecords(state.executions.values(), state.copies.values()), state.day
            self._last.clear()
        return self._records

    def _compare(self, ref: PositionRef, records: PositionRecords) -> ComparedPosition:
        """Compare a position, unless all that counts for it is as it was at the last look."""
        figures = _figures(self._state, ref)
        basis = (figures, records.version(ref))
        last = self._last.get(ref)
        if last is None or last[0] != basis:
            self._last[ref] = last = (basis, compare(_with_records(figures, records)))
        return last[1]

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


def _figures(state: EngineState, ref: PositionRef) -> DriftFacts:
    """Return what is known of a position now, without its executions and child orders."""
    follower, positions = state.followers.get(ref[0]), state.positions
    return DriftFacts(
        ref[0], ref[1], state.day, positions.held(ref).quantity, positions.held((state.master_id, ref[1])).quantity,
        positions.noted(ref),
        carried=positions.carried(ref),
        sizing=None if follower is None else follower.settings.sizing_at(state.rules.multiplier),
        capital_ratio=None if follower is None else capital_ratio(state, follower),
        detached=positions.detached(ref),
    )  # fmt: skip


def _with_records(figures: DriftFacts, records: PositionRecords) -> DriftFacts:
    executions, copies = records.of((figures.follower, figures.key), figures.day)
    todays = [decided for decided in executions if decided.day == figures.day]
    return replace(figures, executions=todays, copies=copies)


def carry_over(state: EngineState) -> None:
    """Keep how the overnight positions stand when the day ends: its executions are dropped after it."""
    records = PositionRecords(state.executions.values(), state.copies.values())
    refs = state.positions.compared_refs(state.master_id, state.followers, state.day)
    overnight = [ref for ref in refs if not ref[1].ends_with_the_day]
    state.positions.carry(compare(_with_records(_figures(state, ref), records)) for ref in overnight)


def restore_carried(state: EngineState, recovered: RecoveredState) -> None:
    """Work out from the journal how the overnight positions stood when the day began."""
    earlier = [decided for decided in recovered.earlier if decided.day < state.day]
    if not earlier:
        return
    records, day = PositionRecords(earlier, recovered.earlier_copies), state.day
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
