"""The timeline of a day: equal buckets, bounded, without gaps, in any order, and nothing lost."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from copytui.domain.statistics import MOST, TimeBucket, Timeline, TimelineMaker
from copytui.domain.text import IST

MORNING = datetime(2026, 11, 20, 9, 15, tzinfo=IST)

seconds = st.integers(0, 14 * 3600)
"""From the morning on; of one trading day."""
answers = st.lists(st.tuples(seconds, st.integers(0, 9000)), max_size=60)
"""Latencies in whole milliseconds, so that their sums do not depend on the order."""


def made_of(told: list[tuple[int, int]], most: int = MOST) -> TimelineMaker:
    maker = TimelineMaker(most)
    for at, latency in told:
        maker.answered(MORNING + timedelta(seconds=at), float(latency))
        if latency % 2:
            maker.filled(MORNING + timedelta(seconds=at))
    return maker


def whole(timeline: Timeline) -> TimeBucket:
    return sum(timeline.buckets, TimeBucket())


def test_it_begins_empty() -> None:
    assert TimelineMaker().take() == Timeline()
    assert Timeline().begin_of(0) is None
    assert Timeline().at_most(10) == Timeline()


def test_a_young_day_has_a_bucket_per_minute_from_its_first_event_on() -> None:
    maker = TimelineMaker()
    maker.answered(MORNING + timedelta(seconds=70), 200)
    maker.answered(MORNING + timedelta(seconds=80), 400)
    maker.filled(MORNING + timedelta(seconds=200))
    timeline = maker.take()
    assert timeline == Timeline(
        MORNING + timedelta(minutes=1), 1, (TimeBucket(2, 600, 400), TimeBucket(), TimeBucket(fills=1))
    )
    assert [bucket.mean_ms for bucket in timeline.buckets] == [300, 0, 0]
    assert timeline.begin_of(2) == MORNING + timedelta(minutes=3)


def test_a_whole_trading_day_fits() -> None:
    maker = TimelineMaker()
    for minute in range(375):
        maker.filled(MORNING + timedelta(minutes=minute))
    timeline = maker.take()
    assert (timeline.minutes, len(timeline.buckets)) == (4, 95)
    assert timeline.begin == datetime(2026, 11, 20, 9, 12, tzinfo=IST)  # whole stretches from midnight on
    assert [bucket.fills for bucket in timeline.buckets] == [1, *[4] * 93, 2]


def test_a_new_trading_day_starts_afresh_and_the_old_one_is_over() -> None:
    maker = made_of([(0, 100), (50000, 100)])
    maker.filled(datetime(2026, 11, 20, 18, 30, tzinfo=UTC))  # midnight in India
    maker.filled(MORNING)
    assert maker.take() == Timeline(datetime(2026, 11, 21, 0, 0, tzinfo=IST), 1, (TimeBucket(fills=1),))


def test_it_is_the_same_object_until_something_is_added() -> None:
    maker = made_of([(0, 100)])
    before = maker.take()
    assert maker.take() is before
    maker.filled(MORNING)
    assert maker.take() is not before


@given(answers, st.integers(1, 40))
def test_nothing_is_lost_and_it_stays_within_its_bound(told: list[tuple[int, int]], most: int) -> None:
    timeline = made_of(told, most).take()
    assert len(timeline.buckets) <= most
    latencies = [latency for _, latency in told]
    fills = sum(latency % 2 for latency in latencies)
    assert whole(timeline) == TimeBucket(len(told), sum(latencies), max(latencies, default=0), fills)


@given(answers, st.integers(1, 40))
def test_it_is_as_fine_as_its_bound_lets_it(told: list[tuple[int, int]], most: int) -> None:
    timeline = made_of(told, most).take()
    if timeline.minutes > 1:  # half as long, the same day would not fit
        minutes = {(MORNING.hour * 60 + MORNING.minute + at // 60) // (timeline.minutes // 2) for at, _ in told}
        assert max(minutes) - min(minutes) >= most


@given(answers, st.integers(1, 40), st.randoms(use_true_random=False))
def test_the_order_of_events_changes_nothing(told: list[tuple[int, int]], most: int, random: Random) -> None:
    shuffled = random.sample(told, len(told))
    assert made_of(shuffled, most).take() == made_of(told, most).take()


@given(st.lists(seconds, min_size=1, max_size=60), st.integers(1, 40))
def test_every_event_is_in_the_bucket_that_covers_it(told: list[int], most: int) -> None:
    timeline = made_of([(at, 0) for at in told], most).take()
    begins = [timeline.begin_of(place) or MORNING for place in range(len(timeline.buckets) + 1)]
    for (begin, end), bucket in zip(pairwise(begins), timeline.buckets, strict=True):
        inside = [at for at in told if begin <= MORNING + timedelta(seconds=at) < end]
        assert bucket.answered == len(inside)


@given(answers, st.integers(1, 200))
def test_a_narrower_timeline_has_the_same_in_equal_buckets(told: list[tuple[int, int]], number: int) -> None:
    timeline = made_of(told).take()
    narrow = timeline.at_most(number)
    assert len(narrow.buckets) <= number
    assert (narrow.begin, whole(narrow)) == (timeline.begin, whole(timeline))
    assert narrow.minutes % timeline.minutes == 0
    assert number < len(timeline.buckets) or narrow is timeline
