"""Positions that copying built and that the master has left: put before the user, who closes or keeps them."""

from __future__ import annotations

import asyncio

from copytui.domain.copies import Copy, CopyState
from copytui.domain.events import EventKind, Level
from copytui.domain.orders import ClientId
from copytui.domain.positions import PositionKey, position_key
from copytui.domain.risk import Stranded, is_stranded
from copytui.engine.orders.approvals import Approvals
from copytui.engine.positions import Place
from copytui.engine.state import Desk
from copytui.journal import persisted_flags
from copytui.journal.statements import save_switch

LASTS_SECONDS = 5.0
"""What comes right within this time is not worth a word: an exit is decided on a moment after the master's fill."""


_PAUSE_SECONDS = 1.0


class Strandings:
    """Finds stranded positions, and tells of those that last."""

    def __init__(self, desk: Desk, approvals: Approvals) -> None:
        """Look at `desk`; what waits for a yes is on its way."""
        self._desk = desk
        self._approvals = approvals
        self._since: dict[Place, float] = {}
        self._told: dict[Place, int] = {}

    def find(self) -> tuple[Stranded, ...]:
        """Return what is stranded now and not dismissed."""
        return tuple(found for found in self._all() if self._desk.dismissed.get(_place(found)) != found.quantity)

    async def run(self) -> None:
        """Tell of each position that stays stranded, once for each quantity; runs until cancelled."""
        desk = self._desk
        while True:
            desk.wake_stranded.clear()
            now = desk.clock.monotonic()
            self._forget_dismissed()
            found = {_place(stranded): stranded for stranded in self.find()}
            self._since = {place: self._since.get(place, now) for place in found}
            self._told = {place: units for place, units in self._told.items() if place in found}
            untold = {place: one for place, one in found.items() if self._told.get(place) != one.quantity}
            for place, stranded in untold.items():
                if self._since[place] + LASTS_SECONDS <= now:
                    self._told[place] = stranded.quantity
                    self._tell(stranded)
            waits = [self._since[place] + LASTS_SECONDS - now for place in untold if place not in self._told]
            await desk.clock.wait(desk.wake_stranded, min(waits, default=None))
            if desk.wake_stranded.is_set():
                await desk.clock.wait(asyncio.Event(), _PAUSE_SECONDS)  # many changes at once are one look

    def dismiss(self, follower: ClientId, key: PositionKey) -> str:
        """Take a stranded position off the list until its quantity changes; returns what happened in a sentence."""
        desk, place = self._desk, (follower, key)
        held = desk.positions.held(place).quantity
        if follower not in desk.lanes or not held:
            return "copying holds no such position"
        desk.dismissed[place] = held
        desk.journal.record([save_switch(persisted_flags.stranded(follower, key), str(held))])
        words = f"{held} {key.symbol} {key.product} kept: not listed until the quantity changes"
        desk.tell(Level.INFO, EventKind.RISK, desk.lanes[follower].name, words)
        desk.wake_stranded.set()
        return words

    def _all(self) -> list[Stranded]:
        desk = self._desk
        asked = {(copy.follower, position_key(copy.order)) for copy in self._asked()}
        found = []
        for (client, key), holding in desk.positions:
            master = desk.positions.held((desk.master_id, key)).quantity
            on_its_way = (client, key) in asked or bool(desk.positions.working((client, key)))
            if client in desk.lanes and is_stranded(holding.quantity, master, on_its_way=on_its_way):
                found.append(Stranded(client, key, holding.quantity, master))
        return found

    def _asked(self) -> list[Copy]:
        desk = self._desk
        copies = [copy for id_ in self._approvals.waiting for copy in desk.copies_of(id_)]
        return [copy for copy in copies if copy.state is CopyState.ASKED]

    def _forget_dismissed(self) -> None:
        """A position that has changed, or is gone, is put before the user anew."""
        desk = self._desk
        for place, units in tuple(desk.dismissed.items()):
            if desk.positions.held(place).quantity != units:
                del desk.dismissed[place]
                desk.journal.record([save_switch(persisted_flags.stranded(*place), None)])

    def _tell(self, stranded: Stranded) -> None:
        desk = self._desk
        masters = f"holds {stranded.master_quantity}" if stranded.master_quantity else "has none any more"
        text = (
            f"{stranded.quantity} {stranded.key.symbol} {stranded.key.product} are left behind: the master {masters},"
            " and nothing is on its way; close them (flatten), or keep them"
        )
        desk.version += 1
        desk.tell(Level.WARN, EventKind.RISK, desk.lanes[stranded.follower].name, text)


def _place(stranded: Stranded) -> Place:
    return stranded.follower, stranded.key
