"""Positions that copying built and that the master has left: put before the user, who closes or keeps them."""

from __future__ import annotations

import asyncio

from copytui.domain.copies import ChildOrder, CopyState
from copytui.domain.events import EventKind, Level
from copytui.domain.orders import ClientId
from copytui.domain.positions import PositionKey, position_key
from copytui.domain.risk import OrphanedPosition, is_orphaned
from copytui.engine.controls import dismiss_orphan
from copytui.engine.orders.approvals import Approvals
from copytui.engine.positions import PositionRef
from copytui.engine.state import EngineState

LASTS_SECONDS = 5.0
"""What comes right within this time is not worth a word: an exit is decided on a moment after the master's fill."""


_PAUSE_SECONDS = 1.0


class Orphans:
    """Finds stranded positions, and tells of those that last."""

    def __init__(self, state: EngineState, approvals: Approvals) -> None:
        """Look at `state`; what waits for a yes is on its way."""
        self._state = state
        self._approvals = approvals
        self._since: dict[PositionRef, float] = {}
        self._told: dict[PositionRef, int] = {}

    def find(self) -> tuple[OrphanedPosition, ...]:
        """Return what is stranded now and not dismissed."""
        return tuple(found for found in self._all() if self._state.dismissed.get(_ref(found)) != found.quantity)

    async def run(self) -> None:
        """Tell of each position that stays stranded, once for each quantity; runs until cancelled."""
        state = self._state
        while True:
            state.wake_orphans.clear()
            now = state.clock.monotonic()
            self._forget_dismissed()
            found = {_ref(orphaned): orphaned for orphaned in self.find()}
            self._since = {ref: self._since.get(ref, now) for ref in found}
            self._told = {ref: units for ref, units in self._told.items() if ref in found}
            untold = {ref: one for ref, one in found.items() if self._told.get(ref) != one.quantity}
            for ref, orphaned in untold.items():
                if self._since[ref] + LASTS_SECONDS <= now:
                    self._told[ref] = orphaned.quantity
                    self._tell(orphaned)
            waits = [self._since[ref] + LASTS_SECONDS - now for ref in untold if ref not in self._told]
            await state.clock.wait(state.wake_orphans, min(waits, default=None))
            if state.wake_orphans.is_set():
                await state.clock.wait(asyncio.Event(), _PAUSE_SECONDS)  # many changes at once are one look

    def dismiss(self, follower: ClientId, key: PositionKey) -> str:
        """Take a stranded position off the list until its quantity changes; returns what happened in a sentence."""
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
        """A position that has changed, or is gone, is put before the user anew."""
        state = self._state
        for ref, units in tuple(state.dismissed.items()):
            if state.positions.held(ref).quantity != units:
                dismiss_orphan(state, ref, None)

    def _tell(self, orphaned: OrphanedPosition) -> None:
        state = self._state
        masters = f"holds {orphaned.master_quantity}" if orphaned.master_quantity else "has none any more"
        text = (
            f"{orphaned.quantity} {orphaned.key.symbol} {orphaned.key.product} are left behind: the master {masters},"
            " and nothing is on its way; close them (flatten), or keep them"
        )
        state.touch()
        state.emit(Level.WARN, EventKind.RISK, state.followers[orphaned.follower].name, text)


def _ref(orphaned: OrphanedPosition) -> PositionRef:
    return orphaned.follower, orphaned.key
