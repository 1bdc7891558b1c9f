"""Orphaned positions: copying built them and the master has left them. The user closes or keeps them."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from copytui.domain.copies import ChildOrder, CopyState
from copytui.domain.events import EventKind, Level
from copytui.domain.orders import ClientId
from copytui.domain.positions import PositionKey, position_key
from copytui.domain.risk import OrphanedPosition, is_orphaned
from copytui.domain.withheld import is_owed, without
from copytui.engine.controls import dismiss_orphan
from copytui.engine.orders.approvals import Approvals
from copytui.engine.positions import PositionRef
from copytui.engine.state import EngineState

REPORT_AFTER_SECONDS = 5.0
"""A shorter time is not reported: an exit is decided a moment after the master's fill."""


_PAUSE_SECONDS = 1.0


class Orphans:
    """Finds orphaned positions, and reports those that last."""

    def __init__(self, state: EngineState, approvals: Approvals) -> None:
        """Use `state`; copies that wait for approval count as on their way."""
        self._state = state
        self._approvals = approvals
        self._since: dict[PositionRef, float] = {}
        self._reported: dict[PositionRef, int] = {}

    def find(self) -> tuple[OrphanedPosition, ...]:
        """Return the positions that are orphaned now and not dismissed."""
        return tuple(found for found in self._all() if self._state.dismissed.get(_ref(found)) != found.quantity)

    async def run(self) -> None:
        """Report each position that stays orphaned, once per quantity; runs until cancelled."""
        state = self._state
        while True:
            state.wake_orphans.clear()
            now = state.clock.monotonic()
            self._forget_dismissed()
            self._settle_needless()
            found = {_ref(orphaned): orphaned for orphaned in self.find()}
            self._since = {ref: self._since.get(ref, now) for ref in found}
            self._reported = {ref: units for ref, units in self._reported.items() if ref in found}
            unreported = {ref: one for ref, one in found.items() if self._reported.get(ref) != one.quantity}
            for ref, orphaned in unreported.items():
                if self._since[ref] + REPORT_AFTER_SECONDS <= now:
                    self._reported[ref] = orphaned.quantity
                    self._report(orphaned)
            waits = [self._since[ref] + REPORT_AFTER_SECONDS - now for ref in unreported if ref not in self._reported]
            await state.clock.wait(state.wake_orphans, min(waits, default=None))
            if state.wake_orphans.is_set():
                await state.clock.wait(asyncio.Event(), _PAUSE_SECONDS)  # checks once for many changes at once

    def dismiss(self, follower: ClientId, key: PositionKey) -> str:
        """Take an orphaned position off the list until its quantity changes; returns the outcome as a sentence."""
        state, ref = self._state, (follower, key)
        held = state.positions.held(ref).quantity
        if follower not in state.followers or not held:
            return "copying holds no such position"
        dismiss_orphan(state, ref, held)
        words = f"{held} {key.symbol} {key.product} kept: not listed until the quantity changes"
        state.emit(Level.INFO, EventKind.RISK, state.followers[follower].name, words)
        state.wake_orphans.set()
        return words

    def _all(self) -> list[OrphanedPosition]:
        state = self._state
        asked = {(copy.follower, position_key(copy.order)) for copy in self._asked()}
        found = []
        for (client, key), position in state.positions:
            master = state.positions.held((state.master_id, key)).quantity
            on_its_way = (client, key) in asked or bool(state.positions.working((client, key)))
            if client in state.followers and is_orphaned(position.quantity, master, on_its_way=on_its_way):
                found.append(OrphanedPosition(client, key, position.quantity, master))
        return found

    def _asked(self) -> list[ChildOrder]:
        state = self._state
        copies = [copy for id_ in self._approvals.waiting for copy in state.copies_of(id_)]
        return [copy for copy in copies if copy.state is CopyState.ASKED]

    def _forget_dismissed(self) -> None:
        """Drop dismissals of positions that have changed or are gone."""
        state = self._state
        for ref, units in tuple(state.dismissed.items()):
            if state.positions.held(ref).quantity != units:
                dismiss_orphan(state, ref, None)

    def _settle_needless(self) -> None:
        """Settle exits that were withheld of positions that are closed by now: a later entry is not concerned."""
        state = self._state
        for decided in [each for each in state.executions.values() if not each.settled and is_owed(each.decision)]:
            key = position_key(decided.execution.order)
            flat = {
                plan.follower
                for plan in decided.decision.withheld
                if not state.positions.held((plan.follower, key)).quantity
                and not state.positions.working((plan.follower, key))
            }
            if flat:
                decision = without(decided.decision, flat)
                state.decide(replace(decided, decision=decision, settled=not is_owed(decision)))

    def _report(self, orphaned: OrphanedPosition) -> None:
        state = self._state
        masters = f"holds {orphaned.master_quantity}" if orphaned.master_quantity else "has closed his"
        text = (
            f"orphaned position: {orphaned.quantity} {orphaned.key.symbol} {orphaned.key.product};"
            f" the master {masters}, and no exit is on its way. Close it (flatten) or keep it"
        )
        state.touch()
        state.emit(Level.WARN, EventKind.RISK, state.followers[orphaned.follower].name, text)


def _ref(orphaned: OrphanedPosition) -> PositionRef:
    return orphaned.follower, orphaned.key
