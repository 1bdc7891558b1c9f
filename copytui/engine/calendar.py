"""The trading day, by the broker's clock where known, else by our own; it never goes back."""

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
    """Return the last day on which a master order was new or changed.

    An order that stays open over midnight, such as an AMO, belongs to the day on which its row changes again.
    """
    return trading_day(max(known.first_seen, known.order.updated_at or known.first_seen))


class DayKeeper:
    """Decides when a new trading day begins; a false day turn would drop intraday positions, so a jump must last."""

    def __init__(self) -> None:
        """Start before the first poll."""
        self._last: tuple[datetime, float] | None = None
        self._jumped_at: float | None = None

    def today(self, present: date, *, now: datetime, server_time: datetime | None, monotonic: float) -> date:
        """Return the trading day, `present` or a later one.

        Without the broker's time, our own clock is trusted when it has moved as far as the monotonic clock, or once
        its new date has lasted a minute: a clock that is briefly wrong must do no harm.
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
