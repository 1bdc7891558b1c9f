"""The trading day: one date for everything, which turns only when two sources agree.

The sources are the broker's answers (their `Date` header) and our own clock. A false turn would forget intraday
positions, so neither a wrong header nor a wrong clock turns the day alone (docs/failures.md, "When the clocks
disagree").
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

IST = ZoneInfo("Asia/Kolkata")

ANSWERS_NEEDED = 3
"""Consecutive answers of the broker with the same date that count against our own clock."""
_MIDNIGHT = timedelta(minutes=10)
"""Clocks this close to each other agree, even if only one of them has passed midnight."""
_LASTING_ANSWERS = 2
"""Consecutive answers after which a disagreement is more than a moment."""
_LASTS_SECONDS = 60.0
"""How long our own new date must last where the broker's answers have no date at all."""


def trading_day(moment: datetime) -> date:
    """Return the IST calendar date of an aware `moment`: sessions and order books last for that day."""
    return moment.astimezone(IST).date()


class DayTrouble(StrEnum):
    """A disagreement about the date."""

    UNSETTLED = "unsettled"
    """No two sources agree on the trading day: entries wait."""
    OWN_CLOCK = "own clock"
    """The broker's answers agree with each other and with the trading day, but not with our own clock."""


@dataclass(frozen=True, slots=True)
class Dates:
    """The trading day, and what the sources said at the broker's last answer.

    `day` never goes back once it `is_known`; until then it is only what our own clock says. `is_confirmed` says that
    two sources have agreed on a day since copytui started. `broker` is the date of the last answer that had one, the
    last of `answers` consecutive ones, and `own` our own date at that time. `unsettled` counts the answers since the
    sources last agreed on `day`. `is_outvoted` says that our own clock differs from what the broker's answers agree
    on. `lasting` is our own new date, and since when (monotonic seconds), where no answer ever had a date.
    """

    day: date
    is_known: bool = True
    is_confirmed: bool = False
    broker: date | None = None
    answers: int = 0
    own: date | None = None
    unsettled: int = 0
    is_outvoted: bool = False
    lasting: tuple[date, float] | None = None

    @property
    def trouble(self) -> DayTrouble | None:
        """The disagreement that lasts more than a moment; None where there is none."""
        if self.unsettled >= _LASTING_ANSWERS:
            return DayTrouble.UNSETTLED
        return DayTrouble.OWN_CLOCK if self.is_outvoted and not self.unsettled else None

    @property
    def may_be_over(self) -> bool:
        """Whether a source says that `day` is over, while no second one does."""
        later = [said for said in (self.broker, self.own) if said is not None and said > self.day]
        return bool(self.unsettled and later)

    @property
    def doubt(self) -> str:
        """What the sources say, where they disagree about `day`."""
        broker = "no date" if self.broker is None else f"{self.broker:%d %b}"
        own = self.day if self.own is None else self.own
        return f"the broker says {broker}, this computer {own:%d %b}, and the trading day is {self.day:%d %b}"


def trouble_words(dates: Dates) -> str:
    """Return the sentence of a lasting disagreement, '' where there is none."""
    match dates.trouble:
        case DayTrouble.UNSETTLED:
            return (
                f"the clocks disagree about the date: {dates.doubt}. No entry is sent until two of them agree; exits"
                " are, and no position is forgotten. Check this computer's clock"
            )
        case DayTrouble.OWN_CLOCK:
            return f"this computer's date is wrong: {dates.doubt}. The broker's date counts; set the clock right"
        case None:
            return ""


def start_day(last: date | None, own: date) -> Dates:
    """Return the dates at a start: the `last` day that copytui knew, or where there is none our `own` clock's.

    An earlier day than today's ends with the first answers of the broker, as after a night's sleep.
    """
    return Dates(own, is_known=False) if last is None else Dates(last)


def observe_date(dates: Dates, *, broker: datetime | None, own: datetime, monotonic: float) -> Dates:
    """Return the dates after one answer of the broker, `broker` being its time, None where it had none.

    The day turns when the answer and our `own` clock have the same later date, or when the last three answers have.
    Our own clock has no vote while the broker's answers outvote it.
    """
    if broker is None:
        return _without_date(dates, trading_day(own), monotonic)
    said, ours = trading_day(broker), trading_day(own)
    answers = dates.answers + 1 if said == dates.broker else 1
    by_answers = answers >= ANSWERS_NEEDED
    agree = by_answers or (said == ours and (not dates.is_outvoted or said == dates.day))
    is_outvoted = (dates.is_outvoted or by_answers) if said != ours else not agree
    turns = agree and (said > dates.day or not dates.is_known)
    day = said if turns else dates.day
    is_midnight = abs(broker - own) <= _MIDNIGHT and day in (said, ours)
    is_settled = (agree and said == day) or (is_midnight and dates.is_known)
    return Dates(
        day,
        is_known=dates.is_known or turns,
        is_confirmed=dates.is_confirmed or is_settled,
        broker=said,
        answers=answers,
        own=ours,
        unsettled=0 if is_settled else dates.unsettled + 1,
        is_outvoted=is_outvoted and not is_midnight,
    )


def _without_date(dates: Dates, ours: date, monotonic: float) -> Dates:
    """Return the dates after an answer without one: it says nothing.

    Where no answer ever had a date, our own clock is the only source, and its new date must last.
    """
    if dates.broker is not None:
        return replace(dates, own=ours, unsettled=dates.unsettled + 1) if ours > dates.day else dates
    if not dates.is_known or ours == dates.day:
        return Dates(ours, is_confirmed=True, own=ours)
    lasting = dates.lasting if dates.lasting is not None and dates.lasting[0] == ours else (ours, monotonic)
    if ours > dates.day and monotonic - lasting[1] >= _LASTS_SECONDS:
        return Dates(ours, is_confirmed=True, own=ours)
    return replace(dates, own=ours, unsettled=dates.unsettled + 1, lasting=lasting)
