"""Latency and fills over the day, in equal stretches: so few of them that they can be kept and drawn all day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from copytui.domain.times import IST

MOST = 120
"""So many stretches at most: more than a chart has columns, and nothing to keep."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """What one stretch of time brought: how many answers, with the sum and the worst of their latencies, and fills."""

    answered: int = 0
    total_ms: float = 0.0
    worst_ms: float = 0.0
    fills: int = 0

    @property
    def mean_ms(self) -> float:
        """The mean latency; 0 where nothing was answered."""
        return self.total_ms / self.answered if self.answered else 0.0

    def __add__(self, other: Stretch) -> Stretch:
        return Stretch(
            self.answered + other.answered,
            self.total_ms + other.total_ms,
            max(self.worst_ms, other.worst_ms),
            self.fills + other.fills,
        )


_NOTHING = Stretch()


@dataclass(frozen=True, slots=True)
class Timeline:
    """One trading day's stretches of so many `minutes` each, without gaps, the first from `begin` (IST) on."""

    begin: datetime | None = None
    minutes: int = 1
    stretches: tuple[Stretch, ...] = ()

    def begin_of(self, place: int) -> datetime | None:
        """Return when the stretch at `place` begins; None where there are none."""
        return self.begin + place * timedelta(minutes=self.minutes) if self.begin is not None else None

    def at_most(self, number: int) -> Timeline:
        """Return the same day in no more than `number` stretches, from 1: neighbours joined, as many each time."""
        each = -(-len(self.stretches) // number)
        if each <= 1:
            return self
        places = range(0, len(self.stretches), each)
        joined = (sum(self.stretches[place : place + each], _NOTHING) for place in places)
        return Timeline(self.begin, self.minutes * each, tuple(joined))


class TimelineMaker:
    """Keeps the timeline of the newest trading day, in any order of what it is told.

    It begins with a minute a stretch. When they become more than `most`, neighbours are joined in pairs: memory is
    bounded, and the whole day stays in sight.
    """

    def __init__(self, most: int = MOST) -> None:
        """Begin with nothing; `most` is at least 1."""
        self._most = most
        self._day = date.min
        self._minutes = 1
        self._stretches: dict[int, Stretch] = {}
        self._made: Timeline | None = Timeline()

    def answered(self, at: datetime, latency_ms: float) -> None:
        """Take the broker's answer to a copy."""
        self._add(at, Stretch(1, latency_ms, latency_ms))

    def filled(self, at: datetime) -> None:
        """Take a copy that is filled."""
        self._add(at, Stretch(fills=1))

    def _add(self, at: datetime, what: Stretch) -> None:
        local = at.astimezone(IST)
        if local.date() < self._day:
            return  # of a day that is over
        if local.date() > self._day:
            self._day, self._minutes, self._stretches = local.date(), 1, {}
        place = (60 * local.hour + local.minute) // self._minutes
        self._stretches[place] = self._stretches.get(place, _NOTHING) + what
        while max(self._stretches) - min(self._stretches) >= self._most:
            self._join()
        self._made = None

    def _join(self) -> None:
        """Make the stretches twice as long; they are counted from midnight, so the same ones meet at every time."""
        before, self._stretches = self._stretches, {}
        self._minutes *= 2
        for place, stretch in before.items():
            self._stretches[place // 2] = self._stretches.get(place // 2, _NOTHING) + stretch

    def take(self) -> Timeline:
        """Return the timeline as it is now: the same object until something was added."""
        if self._made is None:
            first, last = min(self._stretches), max(self._stretches)
            midnight = datetime.combine(self._day, datetime.min.time(), IST)
            self._made = Timeline(
                midnight + timedelta(minutes=first * self._minutes),
                self._minutes,
                tuple(self._stretches.get(place, _NOTHING) for place in range(first, last + 1)),
            )
        return self._made
