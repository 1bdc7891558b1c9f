"""Which trading day it is: the broker's clock tells, ours only where it does not, and neither goes back."""

from __future__ import annotations

import asyncio
import time
from datetime import date, datetime, timedelta
from typing import Protocol

from copytui.domain.executions import KnownOrder
from copytui.domain.text import IST, trading_day

_APART = timedelta(seconds=120)
_HOLDS_SECONDS = 60.0


def day_of(known: KnownOrder) -> date:
    """Return the last day on which an order of the master's was new or changed.

    One that stays open at the broker over midnight, such as an AMO, is of the day on which its row changes again.
    """
    return trading_day(max(known.first_seen, known.order.updated_at or known.first_seen))


class DayKeeper:
    """Judges a new date. A day that is turned by mistake forgets intraday positions, so a jump must prove itself."""

    def __init__(self) -> None:
        """Begin before the first look."""
        self._last: tuple[datetime, float] | None = None
        self._jumped_at: float | None = None

    def today(self, present: date, *, now: datetime, server_time: datetime | None, monotonic: float) -> date:
        """Return the trading day, `present` or a later one.

        Our own clock alone is believed when it has moved as much as the monotonic one, or once its new date has held
        for a minute: a wrong clock that is put right again must do no harm.
        """
        last, self._last = self._last, (now, monotonic)
        day = trading_day(server_time or now)
        if day <= present:
            self._jumped_at = None
            return present
        if server_time is None and last is not None:
            jumped = abs((now - last[0]) - timedelta(seconds=monotonic - last[1])) > _APART
            if jumped or self._jumped_at is not None:
                self._jumped_at = monotonic if self._jumped_at is None else self._jumped_at
                if monotonic - self._jumped_at < _HOLDS_SECONDS:
                    return present
        self._jumped_at = None
        return day


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
