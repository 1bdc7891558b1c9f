"""The hours in which entries are copied: the user's `[trading]`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time
from enum import StrEnum

from copytui.domain.times import IST


class Weekday(StrEnum):
    """A day of the week, Monday first."""

    MON = "mon"
    TUE = "tue"
    WED = "wed"
    THU = "thu"
    FRI = "fri"
    SAT = "sat"
    SUN = "sun"


@dataclass(frozen=True, slots=True)
class TradingHours:
    """From `start` to `end`, Indian time, on `days`; None is no bound. `end` itself is outside."""

    start: time | None = None
    end: time | None = None
    days: frozenset[Weekday] = frozenset(Weekday)

    def refusal(self, moment: datetime) -> str | None:
        """Say why entries are not copied at `moment` (aware); None when they are."""
        here = moment.astimezone(IST)
        today = tuple(Weekday)[here.weekday()]
        if today not in self.days:
            return f"it is {today}, which is not among trading.days"
        if self.start is not None and here.time() < self.start:
            return f"before trading.start {self.start:%H:%M}"
        if self.end is not None and here.time() >= self.end:
            return f"after trading.end {self.end:%H:%M}"
        return None
