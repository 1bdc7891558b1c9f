"""The clock: wall time for records, monotonic time for waiting. `copytui.domain.day` has the trading day."""

from __future__ import annotations

import asyncio
import time
from datetime import datetime
from typing import Protocol

from copytui.domain.text import IST


class Clock(Protocol):
    """Wall time for records, monotonic time for waiting."""

    def now(self) -> datetime:
        """Return the wall time in IST."""

    def monotonic(self) -> float:
        """Return seconds that never run backwards."""

    async def wait(self, event: asyncio.Event, seconds: float | None) -> None:
        """Wait until `event` is set, at most `seconds` (None: without a limit)."""


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Return the wall time in IST."""
        return datetime.now(IST)

    def monotonic(self) -> float:
        """Return seconds that never run backwards."""
        return time.monotonic()

    async def wait(self, event: asyncio.Event, seconds: float | None) -> None:
        """Wait until `event` is set, at most `seconds` (None: without a limit)."""
        try:
            async with asyncio.timeout(seconds):
                await event.wait()
        except TimeoutError:
            return
