"""The rule of the trading day: it turns only when two sources agree, and it never goes back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copytui.domain.day import Dates, DayTrouble, observe_date, start_day, trouble_words
from tests.builders import NOON

DAY = timedelta(days=1)
TODAY, TOMORROW = NOON.date(), (NOON + DAY).date()
MIDNIGHT = NOON.replace(hour=0, minute=0, second=0) + DAY


def after(dates: Dates, answers: Iterable[tuple[datetime | None, datetime]], every: float = 3.0) -> Dates:
    for number, (broker, own) in enumerate(answers):
        dates = observe_date(dates, broker=broker, own=own, monotonic=number * every)
    return dates


def both(*days: int) -> list[tuple[datetime | None, datetime]]:
    """The broker's answers with these dates, counted from today, while our own clock is right."""
    return [(NOON + number * DAY, NOON) for number in days]


@pytest.mark.parametrize(
    ("answers", "day", "trouble"),
    [
        (both(0), 0, None),
        (both(1), 0, None),
        (both(1, 1), 0, DayTrouble.UNSETTLED),
        (both(1, 0, 1, 0, 1), 0, None),
        (both(1, 2, 1), 0, DayTrouble.UNSETTLED),
        (both(0, 0, 0, 1, 1), 0, DayTrouble.UNSETTLED),
        (both(1, 1, 1), 1, DayTrouble.OWN_CLOCK),
        (both(-1, -1, -1, -1), 0, DayTrouble.UNSETTLED),
        (both(-1, -1, 0), 0, None),
        ([(NOON + DAY, NOON + DAY)], 1, None),
        ([(NOON, NOON + DAY)], 0, None),
        ([(NOON, NOON + DAY)] * 2, 0, DayTrouble.UNSETTLED),
        ([(NOON, NOON + DAY)] * 3, 0, DayTrouble.OWN_CLOCK),
        ([(NOON, NOON - DAY)] * 3, 0, DayTrouble.OWN_CLOCK),
        ([*[(NOON, NOON + DAY)] * 3, (NOON + DAY, NOON + DAY)], 0, None),
        ([*[(NOON, NOON + DAY)] * 3, (NOON, NOON)], 0, None),
        ([*[(NOON, NOON + DAY)] * 3, (NOON, NOON), (NOON + DAY, NOON + DAY)], 1, None),
        ([*[(NOON, NOON + DAY)] * 3, *[(NOON + DAY, NOON + DAY)] * 3], 1, None),
        ([(NOON + DAY, NOON + DAY), *both(0, 0, 0)], 1, DayTrouble.UNSETTLED),
        ([(None, NOON)], 0, None),
        ([(NOON, NOON), (None, NOON + DAY)], 0, None),
        ([(NOON, NOON), *[(None, NOON + DAY)] * 40], 0, DayTrouble.UNSETTLED),
    ],
)
def test_the_day_and_the_trouble_after_some_answers(
    answers: list[tuple[datetime | None, datetime]], day: int, trouble: DayTrouble | None
) -> None:
    dates = after(Dates(TODAY), answers)
    assert (dates.day, dates.trouble) == (TODAY + day * DAY, trouble)
    assert bool(trouble_words(dates)) is (trouble is not None)


@pytest.mark.parametrize("first", ["broker", "own"])
@pytest.mark.parametrize("apart", [1, 20, 300])
def test_at_midnight_clocks_that_differ_by_minutes_are_no_trouble(first: str, apart: int) -> None:
    dates, troubles, days = Dates(TODAY), set(), []
    for second in range(-600, 600, 3):
        now = MIDNIGHT + timedelta(seconds=second)
        late = now - timedelta(seconds=apart)
        broker, own = (now, late) if first == "broker" else (late, now)
        dates = observe_date(dates, broker=broker, own=own, monotonic=second)
        troubles.add((dates.trouble, dates.unsettled))
        days.append(dates.day)
    assert troubles == {(None, 0)}
    assert days == sorted(days)
    assert days[-1] == TOMORROW


def test_a_night_asleep_ends_with_the_first_answer() -> None:
    assert after(Dates(TODAY), [(NOON, NOON), (NOON + 3 * DAY, NOON + 3 * DAY)]).day == TODAY + 3 * DAY


# Where the broker's answers have no date at all.


def test_without_any_date_our_own_new_date_must_last() -> None:
    dates = after(Dates(TODAY), [(None, NOON)])
    assert after(dates, [(None, NOON + DAY)] * 20).day == TODAY
    assert after(dates, [*[(None, NOON + DAY)] * 20, (None, NOON), *[(None, NOON + DAY)] * 20]).day == TODAY
    assert after(dates, [(None, NOON + DAY)] * 21).day == TOMORROW
    assert after(dates, [(None, NOON - DAY)] * 90).day == TODAY


# A start.


def test_a_start_goes_on_with_the_last_day_that_is_known() -> None:
    assert start_day(TODAY, TOMORROW) == Dates(TODAY)
    assert start_day(TOMORROW, TODAY) == Dates(TOMORROW)


@pytest.mark.parametrize(
    ("answers", "known"),
    [
        (both(0), TODAY),
        ([(None, NOON)], TODAY),
        (both(-1), None),
        (both(1, 1), None),
        (both(-1, -1, -1), TODAY - DAY),
        (both(1, 1, 1), TOMORROW),
        (both(1, 0), TODAY),
    ],
)
def test_a_first_start_knows_no_day_before_two_sources_agree(
    answers: list[tuple[datetime | None, datetime]], known: date | None
) -> None:
    dates = after(start_day(None, TODAY), answers)
    assert dates.is_known is (known is not None)
    assert known in (None, dates.day)


# Any history.

_OFF = st.integers(-400, 400).filter(bool).map(lambda days: NOON + days * DAY)
_WRONG = st.lists(st.one_of(st.none(), _OFF), min_size=1, max_size=2)
_RIGHT = st.just([NOON])


@given(st.lists(st.one_of(_WRONG, _RIGHT), max_size=30))
def test_wrong_headers_turn_nothing_while_our_clock_is_right(parts: list[list[datetime | None]]) -> None:
    answers = [answer for part in parts for answer in (*part, NOON)]
    dates = after(Dates(TODAY), [(answer, NOON) for answer in answers])
    assert (dates.day, dates.trouble) == (TODAY, None)


@given(_OFF, st.lists(st.one_of(_WRONG, _RIGHT), max_size=30))
def test_neither_do_they_with_a_wrong_clock_that_the_broker_outvotes(
    own: datetime, parts: list[list[datetime | None]]
) -> None:
    answers = [answer for part in parts for answer in (*part, NOON, NOON, NOON)]
    dates = after(Dates(TODAY), [(answer, own) for answer in [NOON, NOON, NOON, *answers]])
    assert dates.day == TODAY
    if own.date() <= TODAY or None not in answers:
        assert dates.trouble is DayTrouble.OWN_CLOCK


@given(st.lists(st.tuples(st.one_of(st.none(), _OFF), _OFF), max_size=30))
def test_the_day_never_goes_back_and_two_right_clocks_always_turn_it(
    answers: list[tuple[datetime | None, datetime]],
) -> None:
    dates, days = Dates(TODAY), [TODAY]
    for number, (broker, own) in enumerate(answers):
        dates = observe_date(dates, broker=broker, own=own, monotonic=3.0 * number)
        days.append(dates.day)
    assert days == sorted(days)
    later = datetime.combine(days[-1] + DAY, NOON.timetz())
    assert after(dates, [(later, later)] * 3).day == later.date()
    trusted = replace(dates, is_outvoted=False)
    assert after(trusted, [(later, later)]).day == later.date()
