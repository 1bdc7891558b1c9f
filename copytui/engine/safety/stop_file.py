"""The file STOP in the project's folder: whoever can write a file can halt copying, without the program's keyboard."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from copytui.engine.safety.halts import halt
from copytui.engine.state import Desk

_LOOK_SECONDS = 1.0
_BECAUSE = "the file STOP was found"


class StopFile:
    """Looks for the file once a second, in a thread: a slow disk must not hold up the loop."""

    def __init__(self, desk: Desk, is_there: Callable[[], bool] | None) -> None:
        """Halt `desk` when `is_there` says so; None looks for nothing."""
        self._desk = desk
        self._is_there = is_there

    async def look(self) -> bool:
        """Halt if the file is there, and tell whether it is."""
        if self._is_there is None or not await asyncio.to_thread(self._is_there):
            return False
        halt(self._desk, _BECAUSE)
        return True

    async def run(self) -> None:
        """Look again and again; runs until cancelled."""
        while True:
            await self.look()
            await self._desk.clock.wait(asyncio.Event(), _LOOK_SECONDS if self._is_there is not None else None)
