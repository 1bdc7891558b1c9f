"""From which address an account's requests leave, against the one that the broker takes its orders from.

Angel One accepts orders only from an account's registered static IP (smartapi.md 6.2), so a follower whose requests
leave from another one is not armed: its orders would all be refused, or leave a trace that nobody wants.
"""

from __future__ import annotations

import asyncio

from copytui.domain.errors import BrokerError
from copytui.domain.events import EventKind, Level
from copytui.domain.text import clean
from copytui.engine.follower.follower import Lane
from copytui.engine.state import Desk

_EVERY_SECONDS = 600.0
_AGAIN_SECONDS = 30.0


class RouteWatch:
    """Asks the echo server for one follower, now and then; used only where the settings name one."""

    def __init__(self, desk: Desk, lane: Lane) -> None:
        """Watch `lane`'s route."""
        self._desk = desk
        self._lane = lane
        self._failures = 0

    async def run(self) -> None:
        """Ask until cancelled."""
        while True:
            await self._desk.clock.wait(asyncio.Event(), await self._ask())

    async def _ask(self) -> float:
        """Ask once; returns the seconds until the next time. A failure changes nothing."""
        desk, lane = self._desk, self._lane
        try:
            address = await lane.account.leaving_address(desk.settings.broker.address_echo_url)
        except BrokerError as error:
            self._failures += 1
            if self._failures == 1:
                text = f"its outgoing address could not be found out: {clean(str(error))}"
                desk.tell(Level.WARN, EventKind.SESSION, lane.name, text)
            return _AGAIN_SECONDS
        self._failures = 0
        self._judge(address)
        return _EVERY_SECONDS if lane.misrouted is None else _AGAIN_SECONDS

    def _judge(self, address: str) -> None:
        desk, lane = self._desk, self._lane
        registered = lane.settings.registered_ip
        wrong = None
        if registered and address != registered:
            wrong = f"its requests leave from {address}, and {registered} is registered"
        if wrong != lane.misrouted:
            level, words = (Level.INFO, "its route is right again") if wrong is None else (Level.ERROR, wrong)
            more = "" if wrong is None else ": no order is sent for it until that is put right"
            desk.tell(level, EventKind.SESSION, lane.name, f"{words}{more}")
        lane.address, lane.misrouted = address, wrong
        desk.version += 1
        desk.wake_sender.set()
