"""The exchange's time: events at exact times, Indian wall-clock time and the broker's date formats.

Times are seconds since the exchange started. While an event runs, `now` is the time it was scheduled for, not the
time it got its turn, so what the seed decides never depends on the machine's load.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from datetime import date, datetime, timedelta, timezone


class Scheduler:
    """A queue of events, ordered by time."""

    def __init__(self) -> None:
        self.now = 0.0
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._scheduled = 0
        self._running = False

    def after(self, seconds: float, event: Callable[[], None]) -> None:
        """Schedule `event` in `seconds` from now."""
        self._scheduled += 1
        heapq.heappush(self._events, (self.now + seconds, self._scheduled, event))

    def advance(self, until: float) -> None:
        """Run everything due by `until`. Called from within an event, do nothing."""
        if self._running:
            return
        self._running = True
        try:
            while self._events and self._events[0][0] <= until:
                at, _, event = heapq.heappop(self._events)
                self.now = max(self.now, at)
                event()
            self.now = max(self.now, until)
        finally:
            self._running = False


IST = timezone(timedelta(hours=5, minutes=30), "IST")

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def stamp(moment: datetime | None) -> str:
    """Return `22-Nov-2026 10:05:11`, whatever the locale; "" for None."""
    if moment is None:
        return ""
    local = moment.astimezone(IST)
    return f"{local.day:02d}-{_MONTHS[local.month - 1]}-{local.year} {local:%H:%M:%S}"


def expiry_text(day: date, *, short: bool) -> str:
    """Return `24NOV26`, as in symbols, when `short`, else `24NOV2026`, as in order book rows."""
    year = f"{day.year % 100:02d}" if short else f"{day.year}"
    return f"{day.day:02d}{_MONTHS[day.month - 1].upper()}{year}"


def expiry_date(text: str) -> date:
    """Return the day of a row's expiry (`24NOV2026`)."""
    return date(int(text[5:]), _MONTHS.index(text[2:5].capitalize()) + 1, int(text[:2]))


def seconds_to_midnight(moment: datetime) -> float:
    """Return the seconds until midnight in India, when the broker ends every session."""
    local = moment.astimezone(IST)
    midnight = datetime.combine(local.date() + timedelta(days=1), datetime.min.time(), IST)
    return (midnight - local).total_seconds()
