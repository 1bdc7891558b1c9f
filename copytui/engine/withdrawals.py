"""Cancelling what is left of working orders, when an exit, a time limit or the user wants them out of the market.

A cancel sends no order, so it may be tried again; what became of the order is what its account's book tells.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace

from copytui.broker.port import Call, Proof
from copytui.domain.copies import LIVE_AT_BROKER, Copy
from copytui.domain.events import EventKind, Level
from copytui.domain.wording import clean, order_words
from copytui.engine.desk import Desk
from copytui.engine.lanes import Lane

_AGAIN_SECONDS = (2.0, 4.0, 8.0, 15.0, 30.0)


class Withdrawals:
    """The working orders that are to be cancelled, each until its end is known."""

    def __init__(self, desk: Desk) -> None:
        """Work on `desk`."""
        self._desk = desk
        self._due: dict[int, float] = {}
        self._tries: dict[int, int] = {}
        self._wake = asyncio.Event()

    def ask(self, copy: Copy, why: str) -> None:
        """Have the rest of a working copy cancelled; asking again changes nothing."""
        now = self._desk.copies[copy.id]
        if now.state not in LIVE_AT_BROKER or now.id in self._due:
            return
        if now.withdrawn is None:
            self._desk.put_copy(now, replace(now, withdrawn=why))
        self._due[copy.id] = self._desk.clock.monotonic()
        self._wake.set()

    async def run(self) -> None:
        """Cancel what was asked for, again and again until the order has ended; runs until cancelled."""
        desk = self._desk
        for copy in list(desk.copies.values()):
            if copy.withdrawn is not None and copy.id in self._following(copy):
                self.ask(copy, copy.withdrawn)
        while True:
            self._wake.clear()
            self._due = {id_: at for id_, at in self._due.items() if desk.copies[id_].state in LIVE_AT_BROKER}
            now = desk.clock.monotonic()
            due = [id_ for id_, at in self._due.items() if at <= now]
            await asyncio.gather(*(self._cancel(desk.copies[id_]) for id_ in due))
            soonest = min(self._due.values(), default=None)
            wait = None if soonest is None else max(soonest - desk.clock.monotonic(), 0.0)
            await desk.clock.wait(self._wake, wait)

    def _following(self, copy: Copy) -> dict[int, float]:
        lane = self._desk.lanes.get(copy.follower)
        return lane.live_since if lane is not None else {}

    async def _cancel(self, copy: Copy) -> None:
        desk, lane = self._desk, self._desk.lanes[copy.follower]
        tries = self._tries[copy.id] = self._tries.get(copy.id, 0) + 1
        self._due[copy.id] = desk.clock.monotonic() + _AGAIN_SECONDS[min(tries, len(_AGAIN_SECONDS)) - 1]
        if copy.order_id is None or not lane.account.logged_in or lane.account.ready_in(Call.EXIT) > 0:
            return
        words = order_words(copy.order)
        if tries == 1:
            text = f"{words}: cancelling the rest ({copy.withdrawn})"
            desk.tell(Level.INFO, EventKind.COPY, lane.name, text, copy=copy)
        answer = await lane.account.cancel(copy.order_id)
        if answer.proof is not Proof.ACCEPTED:
            self._say_refused(lane, copy, words, clean(answer.text), tries)
        lane.read_soon(desk.clock.monotonic())

    def _say_refused(self, lane: Lane, copy: Copy, words: str, why: str, tries: int) -> None:
        level = Level.ERROR if tries == len(_AGAIN_SECONDS) else Level.WARN
        if tries == 1 or level is Level.ERROR:
            text = f"{words}: the cancel did not go through ({why}); its order book has the last word"
            self._desk.tell(level, EventKind.COPY, lane.name, text, copy=copy)
