"""The days that the user asks for: one, or a range."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

_ISO = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True, slots=True)
class Days:
    """Trading days from `since` to `until`, both included; None is no bound."""

    since: date | None = None
    until: date | None = None

    @property
    def words(self) -> str:
        """Say which days these are, to stand after a noun: `of 2026-11-20`; '' when they are all."""
        if self.since and self.since == self.until:
            return f"of {self.since}"
        if self.since and self.until:
            return f"from {self.since} to {self.until}"
        return f"since {self.since}" if self.since else f"until {self.until}" if self.until else ""


def parse_days(text: str, today: date) -> Days:
    """Read `YYYY-MM-DD`, `today`, `yesterday`, or two of these with `..` between them; raises ValueError.

    Either end of a range may be left out.
    """
    first, dots, last = text.strip().partition("..")
    if not dots:
        day = _day(first, today)
        return Days(day, day)
    days = Days(_day(first, today) if first.strip() else None, _day(last, today) if last.strip() else None)
    if days == Days():
        raise ValueError(f"{text!r} names no day")
    if days.since and days.until and days.since > days.until:
        raise ValueError(f"{text!r} ends before it begins")
    return days


def _day(text: str, today: date) -> date:
    word = text.strip().lower()
    if word == "today":
        return today
    if word == "yesterday":
        return today - timedelta(days=1)
    if _ISO.fullmatch(word):
        try:
            return date.fromisoformat(word)
        except ValueError:
            raise ValueError(f"there is no day {word}") from None
    raise ValueError(f"{text!r} is no day: it must be YYYY-MM-DD, today, yesterday, or FROM..TO")
