"""What all tests of the screen share."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from textual.css.model import RuleSet
from textual.css.stylesheet import Stylesheet

from copytui.tui import input_timing
from copytui.tui.app import CopytuiApp
from tests.tui.painting import paint_where_the_test_stops
from tests.tui.settling import wait_for_rest


@pytest.fixture(autouse=True, scope="session")
def _style_sheets_are_read_once() -> Iterator[None]:
    """Let no app read again what another has read: each test starts one, and a fifth of its time was this."""
    read = Stylesheet._parse_rules
    known: dict[tuple[object, ...], list[RuleSet]] = {}

    def read_once(self: Stylesheet, css: str, *more: Any, **named: Any) -> list[RuleSet]:
        key = (css, more, *named.items(), *self._variables.items())
        if key not in known:
            known[key] = read(self, css, *more, **named)
        return known[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Stylesheet, "_parse_rules", read_once)
        yield


@pytest.fixture(autouse=True)
def _only_what_is_looked_at_is_painted(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Spare the frames between two looks of a test; tests of the painting itself are marked `every_frame`."""
    if "every_frame" not in request.keywords:
        paint_where_the_test_stops(monkeypatch)


@pytest.fixture(autouse=True)
def _a_test_waits_for_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for the app to come to rest after a key, not for time."""
    wait_for_rest(monkeypatch)


@pytest.fixture(autouse=True)
def _fingers_are_as_quick_as_they_like(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let keys answer at once what has just been drawn; tests of the pace itself are marked `own_pace`."""
    if "own_pace" not in request.keywords:
        monkeypatch.setattr(input_timing, "SETTLE_SECONDS", 0.0)
        monkeypatch.setattr(input_timing, "REPEAT_SECONDS", 0.0)


@pytest.fixture(autouse=True)
def _the_end_of_a_test_is_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tell an app that it ends before Textual takes it apart, as it is told in the program."""
    take_apart = CopytuiApp._shutdown

    async def end(self: CopytuiApp) -> None:
        self._exit = True
        await take_apart(self)

    monkeypatch.setattr(CopytuiApp, "_shutdown", end)
