"""Cancelling what is left of working orders, when an exit, a time limit or the user wants them out of the market.

A cancel sends no order, so nothing holds it back and it may be tried again; what became of the order is what its
account's book tells.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace

from copytui.broker.port import Answered, Call, Proof
from copytui.domain.copies import LIVE_AT_BROKER, Copy
from copytui.domain.events import EventKind, Level
from copytui.domain.text import clean, order_words
from copytui.engine.follower.follower import Lane
from copytui.engine.state import Desk

_AGAIN_SECONDS = (2.0, 4.0, 8.0, 15.0, 30.0)
_NOT_READY_SECONDS = 1.0


class Withdrawals:
    """The working orders that are to be cancelled, each until its end is known."""

    def __init__(self, desk: Desk) -> None:
        """Work on `desk`."""
        self._desk = desk
        self._due: dict[int, float] = {}
        self._tries: dict[int, int] = {}
        self._asking: set[int] = set()
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
        """Cancel what was asked for, again and again until the order has ended; runs until cancelled.

        Each cancel is a task of its own: an account that does not answer keeps no other waiting.
        """
        desk = self._desk
        for copy in list(desk.copies.values()):
            if copy.withdrawn is not None and copy.id in self._following(copy):
                self.ask(copy, copy.withdrawn)
        self._asking.clear()
        async with asyncio.TaskGroup() as cancels:
            while True:
                self._wake.clear()
                self._forget_ended()
                now = desk.clock.monotonic()
                for id_ in [id_ for id_, at in self._due.items() if at <= now and id_ not in self._asking]:
                    self._asking.add(id_)
                    cancels.create_task(self._cancel(id_))
                soonest = min((at for id_, at in self._due.items() if id_ not in self._asking), default=None)
                await desk.clock.wait(self._wake, None if soonest is None else max(soonest - now, 0.0))

    def _following(self, copy: Copy) -> dict[int, float]:
        lane = self._desk.lanes.get(copy.follower)
        return lane.live_since if lane is not None else {}

    def _forget_ended(self) -> None:
        for id_ in tuple(self._due):
            copy = self._desk.copies.get(id_)
            # What is not followed any more was of an earlier day: its order is gone, and its id may be another's.
            ended = copy is None or copy.state not in LIVE_AT_BROKER or id_ not in self._following(copy)
            if id_ not in self._asking and ended:
                del self._due[id_]
                self._tries.pop(id_, None)

    async def _cancel(self, id_: int) -> None:
        desk = self._desk
        try:
            copy = desk.copies[id_]
            lane = desk.lanes[copy.follower]
            account = lane.account
            if copy.order_id is None or not account.logged_in or account.ready_in(Call.EXIT) > 0:
                self._due[id_] = desk.clock.monotonic() + _NOT_READY_SECONDS
                return
            tries = self._tries[id_] = self._tries.get(id_, 0) + 1
            if tries == 1:
                text = f"{order_words(copy.order)}: cancelling the rest ({copy.withdrawn})"
                desk.tell(Level.INFO, EventKind.COPY, lane.name, text, copy=copy)
            try:
                answer = await account.cancel(copy.order_id)
            except Exception as error:  # noqa: BLE001  # a bug in an adapter: it is tried again, as any other failure
                answer = Answered(Proof.UNKNOWN, f"internal error: {type(error).__name__}")
            self._due[id_] = desk.clock.monotonic() + _AGAIN_SECONDS[min(tries, len(_AGAIN_SECONDS)) - 1]
            if answer.proof is Proof.SESSION_REFUSED:
                lane.wake_session.set()
            if answer.proof is not Proof.ACCEPTED:
                self._say_refused(lane, copy, clean(answer.text), tries)
            lane.read_soon(desk.clock.monotonic())
        finally:
            self._asking.discard(id_)
            self._wake.set()

    def _say_refused(self, lane: Lane, copy: Copy, why: str, tries: int) -> None:
        level = Level.ERROR if tries == len(_AGAIN_SECONDS) else Level.WARN
        if tries == 1 or level is Level.ERROR:
            text = f"{order_words(copy.order)}: the cancel did not go through ({why}); its order book has the last word"
            self._desk.tell(level, EventKind.COPY, lane.name, text, copy=copy)
