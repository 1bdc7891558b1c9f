"""`[sessions]` of copytui.toml."""

from __future__ import annotations

from datetime import date, time

import pytest

from copytui.domain.sessions import NO_SESSIONS, SESSIONS, Hours, SpecialDay, read_session

from .folders import Folder

LOOPBACK = '[broker]\nroot_url = "http://127.0.0.1:8080"\n'


def test_angel_ones_own_server_has_the_built_in_sessions(folder: Folder) -> None:
    folder.toml("")
    assert folder.load().sessions == SESSIONS


def test_another_server_has_none_that_the_file_does_not_name(folder: Folder) -> None:
    folder.toml(LOOPBACK)
    assert folder.load().sessions == NO_SESSIONS
    folder.toml(f'{LOOPBACK}[sessions]\nnfo = "10:00-11:00"\n')
    sessions = folder.load().sessions
    assert sessions.nfo == read_session("10:00-11:00")
    assert sessions.cash is None


def test_an_empty_text_turns_one_guard_off_and_leaves_the_others(folder: Folder) -> None:
    folder.toml('[sessions]\nmcx = ""\n')
    sessions = folder.load().sessions
    assert sessions.mcx is None
    assert sessions.nfo == SESSIONS.nfo


def test_days_are_read_as_text_and_as_dates(folder: Folder) -> None:
    folder.toml(
        '[sessions]\nholidays = ["2026-12-25", 2027-01-26]\nspecial_days = [2027-02-01, "2026-11-08 18:00-19:00"]\n'
    )
    sessions = folder.load().sessions
    assert sessions.holidays == (date(2026, 12, 25), date(2027, 1, 26))
    assert sessions.special_days == (
        SpecialDay(date(2027, 2, 1)),
        SpecialDay(date(2026, 11, 8), Hours(time(18), time(19))),
    )


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('nfo = "9-15"', 'sessions.nfo in copytui.toml is "9-15": it must be hours like'),
        ('nfo = "15:30-09:15"', "that do not overlap"),
        ("nfo = 915", "sessions.nfo in copytui.toml is 915"),
        ('nfoo = "09:15-15:30"', "did you mean sessions.nfo?"),
        ('holidays = ["25 Dec"]', 'it must be a list of dates like ["2026-12-25"]'),
        ("holidays = [2026-12-25T09:00:00]", "it must be a list of dates"),
        ('special_days = ["2026-11-08 19:00-18:00"]', "with or without hours"),
    ],
)
def test_a_mistake_is_one_sentence(folder: Folder, line: str, words: str) -> None:
    folder.toml(f"[sessions]\n{line}\n")
    (problem,) = folder.problems()
    assert words in problem
