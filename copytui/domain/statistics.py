"""The session's statistics, as the JSON log, the console's summary and the screen show them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal

from copytui.domain.copies import TAKEN, WENT_WRONG, ChildOrder, CopyState
from copytui.domain.decisions import Verdict
from copytui.domain.orders import ClientId, Side
from copytui.domain.text import IST

MOST = 120
"""The most time buckets: more than a chart has columns, and little memory."""


@dataclass(frozen=True, slots=True)
class TimeBucket:
    """What happened in one stretch of time: answers, the sum and the worst of their latencies, and fills."""

    answered: int = 0
    total_ms: float = 0.0
    worst_ms: float = 0.0
    fills: int = 0

    @property
    def mean_ms(self) -> float:
        """The mean latency; 0 where there were no answers."""
        return self.total_ms / self.answered if self.answered else 0.0

    def __add__(self, other: TimeBucket) -> TimeBucket:
        return TimeBucket(
            self.answered + other.answered,
            self.total_ms + other.total_ms,
            max(self.worst_ms, other.worst_ms),
            self.fills + other.fills,
        )


_NOTHING = TimeBucket()


@dataclass(frozen=True, slots=True)
class Timeline:
    """One trading day in buckets of `minutes` each, without gaps, from `begin` (IST) on."""

    begin: datetime | None = None
    minutes: int = 1
    buckets: tuple[TimeBucket, ...] = ()

    def begin_of(self, place: int) -> datetime | None:
        """Return when the bucket at `place` begins; None where there are none."""
        return self.begin + place * timedelta(minutes=self.minutes) if self.begin is not None else None

    def at_most(self, number: int) -> Timeline:
        """Return the same day in at most `number` (at least 1) buckets: equally many neighbours are joined."""
        each = -(-len(self.buckets) // number)
        if each <= 1:
            return self
        places = range(0, len(self.buckets), each)
        joined = (sum(self.buckets[place : place + each], _NOTHING) for place in places)
        return Timeline(self.begin, self.minutes * each, tuple(joined))


class TimelineMaker:
    """Builds the timeline of the newest trading day from events in any order.

    It begins with one-minute buckets. When there are more than `most`, neighbours are joined in pairs: memory is
    bounded, and the whole day stays visible.
    """

    def __init__(self, most: int = MOST) -> None:
        """Begin empty; `most` is at least 1."""
        self._most = most
        self._day = date.min
        self._minutes = 1
        self._buckets: dict[int, TimeBucket] = {}
        self._made: Timeline | None = Timeline()

    def answered(self, at: datetime, latency_ms: float) -> None:
        """Count the broker's answer to a copy."""
        self._add(at, TimeBucket(1, latency_ms, latency_ms))

    def filled(self, at: datetime) -> None:
        """Count a filled copy."""
        self._add(at, TimeBucket(fills=1))

    def _add(self, at: datetime, what: TimeBucket) -> None:
        local = at.astimezone(IST)
        if local.date() < self._day:
            return  # from a day that is over
        if local.date() > self._day:
            self._day, self._minutes, self._buckets = local.date(), 1, {}
        place = (60 * local.hour + local.minute) // self._minutes
        self._buckets[place] = self._buckets.get(place, _NOTHING) + what
        while max(self._buckets) - min(self._buckets) >= self._most:
            self._join()
        self._made = None

    def _join(self) -> None:
        """Double the length of the buckets; counted from midnight, the pairs are the same at any time of day."""
        before, self._buckets = self._buckets, {}
        self._minutes *= 2
        for place, bucket in before.items():
            self._buckets[place // 2] = self._buckets.get(place // 2, _NOTHING) + bucket

    def take(self) -> Timeline:
        """Return the timeline: the same object until something is added."""
        if self._made is None:
            first, last = min(self._buckets), max(self._buckets)
            midnight = datetime.combine(self._day, datetime.min.time(), IST)
            self._made = Timeline(
                midnight + timedelta(minutes=first * self._minutes),
                self._minutes,
                tuple(self._buckets.get(place, _NOTHING) for place in range(first, last + 1)),
            )
        return self._made


SUCCESSES = TAKEN | {CopyState.SIMULATED}
NOT_IN_RECORDS = frozenset({CopyState.SKIPPED})
"""A copy that was declined or dropped before it was sent is a decision, not an attempt: it has no record."""
_COUNTED = frozenset(CopyState) - NOT_IN_RECORDS - {CopyState.SIMULATED}


@dataclass(frozen=True, slots=True)
class CopyCounts:
    """Copies by outcome. `total` is without those of a dry run: they are counted apart, as `simulated`."""

    total: int = 0
    success: int = 0
    failed: int = 0
    unknown: int = 0
    simulated: int = 0

    @property
    def success_rate(self) -> float:
        """Successful copies in percent of all, to one decimal; 0 when there are none."""
        return round(100 * self.success / self.total, 1) if self.total else 0.0

    @classmethod
    def of(cls, states: Mapping[CopyState, int]) -> CopyCounts:
        """Count by outcome what `states` counts by state."""

        def count(wanted: Iterable[CopyState]) -> int:
            return sum(states.get(state, 0) for state in wanted)

        return cls(
            total=count(_COUNTED),
            success=count(TAKEN),
            failed=count(WENT_WRONG),
            unknown=count({CopyState.UNKNOWN}),
            simulated=count({CopyState.SIMULATED}),
        )

    def record(self) -> dict[str, object]:
        """Return the counts as the JSON log writes them."""
        return {
            "total": self.total,
            "success": self.success,
            "failed": self.failed,
            "unknown": self.unknown,
            "success_rate": self.success_rate,
            "simulated": self.simulated,
        }


@dataclass(frozen=True, slots=True)
class Statistics:
    """`master_orders`, `copied`, `skipped` and `missed` count executions, `copies` what came of them.

    `would_copy` counts the executions among `copied` that a dry run would have copied. `earlier_orders` and
    `earlier_copies` count the executions and copies among all these that an earlier session of the day began.
    """

    master_orders: int = 0
    copied: int = 0
    skipped: int = 0
    missed: int = 0
    would_copy: int = 0
    copies: CopyCounts = CopyCounts()
    earlier_orders: int = 0
    earlier_copies: int = 0
    by_follower: Mapping[str, CopyCounts] = field(default_factory=dict)

    @classmethod
    def of(cls, verdicts: Mapping[Verdict, int], states: Mapping[CopyState, int]) -> Statistics:
        """Work out the numbers from the count of each verdict and the count of copies in each state."""
        return cls(
            master_orders=sum(verdicts.values()),
            copied=verdicts.get(Verdict.COPY, 0) + verdicts.get(Verdict.SIMULATE, 0),
            skipped=verdicts.get(Verdict.SKIP, 0),
            missed=verdicts.get(Verdict.MISSED, 0),
            would_copy=verdicts.get(Verdict.SIMULATE, 0),
            copies=CopyCounts.of(states),
        )

    def record(self) -> dict[str, object]:
        """Return the statistics as the JSON log writes them (docs/reports.md)."""
        return {
            "master_orders": self.master_orders,
            "copied": self.copied,
            "skipped": self.skipped,
            "missed": self.missed,
            **self.copies.record(),
            "earlier": {"master_orders": self.earlier_orders, "copies": self.earlier_copies},
            "by_follower": {name: counts.record() for name, counts in self.by_follower.items()},
        }


@dataclass(frozen=True, slots=True)
class Slippage:
    """How much worse than the master followers traded: rupees lost (below 0: gained) on a `value` in rupees."""

    rupees: Decimal = Decimal(0)
    value: Decimal = Decimal(0)

    @property
    def percent(self) -> Decimal:
        """The loss in percent of the value at the master's price; 0 when nothing was traded."""
        return 100 * self.rupees / self.value if self.value else Decimal(0)

    def __add__(self, other: Slippage) -> Slippage:
        return Slippage(self.rupees + other.rupees, self.value + other.value)

    def __sub__(self, other: Slippage) -> Slippage:
        return Slippage(self.rupees - other.rupees, self.value - other.value)


@dataclass(frozen=True, slots=True)
class FollowerMetrics:
    """One follower's session: counts of copies, latencies from the decision to the broker's answer, slippage.

    Of the `copies`, `asked` wait for approval, `expired` got no answer, and `simulated` were a dry run's.
    """

    copies: int = 0
    asked: int = 0
    filled: int = 0
    rejected: int = 0
    failed: int = 0
    unknown: int = 0
    median_ms: float | None = None
    p99_ms: float | None = None
    slippage: Slippage = Slippage()
    simulated: int = 0
    expired: int = 0

    @property
    def begun(self) -> int:
        """The copies that were sent or are to be sent: neither waiting for approval, nor expired, nor a dry run's."""
        return self.copies - self.asked - self.expired - self.simulated


@dataclass(frozen=True, slots=True)
class SessionMetrics:
    """The session as a whole, by follower, and over the day; `recent_ms` and `fills_a_minute` have the newest last.

    Of the executions that `statistics` counts as copied, `simulated` were a dry run's: nothing was sent.
    """

    statistics: Statistics = Statistics()
    all: FollowerMetrics = FollowerMetrics()
    followers: Mapping[ClientId, FollowerMetrics] = field(default_factory=dict)
    recent_ms: tuple[float, ...] = ()
    fills_a_minute: tuple[int, ...] = ()
    timeline: Timeline = field(default_factory=Timeline)
    simulated: int = 0


def is_success(copy: ChildOrder) -> bool:
    """Whether the broker accepted the order and has not rejected it; in a dry run, it would have been sent."""
    return copy.state in SUCCESSES


def slippage(copy: ChildOrder, master_price: Decimal) -> Slippage:
    """Return how much worse than `master_price` rupees the filled part of a copy traded."""
    if not copy.filled or copy.average_price <= 0 or master_price <= 0:
        return Slippage()
    worse = copy.average_price - master_price
    return Slippage((worse if copy.order.side is Side.BUY else -worse) * copy.filled, master_price * copy.filled)


def percentile(ordered: Sequence[float], percent: int) -> float | None:
    """Return the nearest-rank percentile of a sorted sequence; None when it is empty."""
    return ordered[-(-len(ordered) * percent // 100) - 1] if ordered else None
