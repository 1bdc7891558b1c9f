"""The engine's clock: the only source of time in it, so that tests can hold it."""

from __future__ import annotations

import asyncio
import time
from datetime import datetime
from typing import Protocol

from copytui.domain.times import IST


class Clock(Protocol):
    """Wall time for records, monotonic time for waiting."""

    def now(self) -> datetime:
        """Return the wall time in IST."""

    def monotonic(self) -> float:
        """Return seconds that never run backwards."""

    async def wait(self, event: asyncio.Event, seconds: float | None) -> None:
        """Return when `event` is set, or after `seconds` (None: only by the event)."""


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Return the wall time in IST."""
        return datetime.now(IST)

    def monotonic(self) -> float:
        """Return seconds that never run backwards."""
        return time.monotonic()

    async def wait(self, event: asyncio.Event, seconds: float | None) -> None:
        """Return when `event` is set, or after `seconds` (None: only by the event)."""
        try:
            async with asyncio.timeout(seconds):
                await event.wait()
        except TimeoutError:
            return
