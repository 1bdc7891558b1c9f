from __future__ import annotations

from datetime import date

import pytest

from copytui.reports.lookup import Days, parse_days

TODAY = date(2026, 11, 20)


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("2026-11-03", Days(date(2026, 11, 3), date(2026, 11, 3))),
        ("today", Days(TODAY, TODAY)),
        (" Yesterday ", Days(date(2026, 11, 19), date(2026, 11, 19))),
        ("2026-11-01..2026-11-05", Days(date(2026, 11, 1), date(2026, 11, 5))),
        ("2026-11-01 .. today", Days(date(2026, 11, 1), TODAY)),
        ("yesterday..", Days(date(2026, 11, 19), None)),
        ("..2026-11-05", Days(None, date(2026, 11, 5))),
    ],
)
def test_a_day_a_word_or_a_range_is_parsed(text: str, days: Days) -> None:
    assert parse_days(text, TODAY) == days


@pytest.mark.parametrize(
    "text",
    [
        "",
        "..",
        "soon",
        "2026-13-01",
        "2026-02-30",
        "20261120",
        "2026-W47-5",
        "2026-11-20..2026-11-01",
        "1..2",
        "a..b..c",
    ],
)
def test_anything_else_is_refused_with_the_allowed_forms(text: str) -> None:
    with pytest.raises(ValueError, match=r"day|ends before"):
        parse_days(text, TODAY)


def test_days_in_words() -> None:
    one = date(2026, 11, 1)
    assert Days(one, one).words == "of 2026-11-01"
    assert Days(one, TODAY).words == "from 2026-11-01 to 2026-11-20"
    assert Days(one, None).words == "since 2026-11-01"
    assert Days(None, one).words == "until 2026-11-01"
    assert Days().words == ""
