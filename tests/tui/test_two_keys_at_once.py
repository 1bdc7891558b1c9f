"""Keys that arrive in one read, repeated or over a slow line: the second meets a dialog that has just closed."""

from __future__ import annotations

import pytest
from textual.events import Key

from copytui.engine.commands import SetDryRun, SetFilters
from copytui.tui.main.screen import MainScreen
from tests.tui import pictures
from tests.tui.seat import Seat, a_seat


async def press_at_once(seat: Seat, *keys: str) -> None:
    for key in keys:
        seat.app.post_message(Key(key, "\r" if key == "enter" else "\x1b"))
    for _ in range(5):
        await seat.pilot.pause()


PAIRS = (("enter", "escape"), ("enter", "enter"), ("escape", "escape"), ("escape", "enter"))


@pytest.mark.parametrize("before", ["f X", "d tab L I V E", "d L I V E", "n", "question_mark", "enter", "q", "a", "o"])
async def test_the_main_screen_stays_whatever_closes(before: str) -> None:
    picture = pictures.with_rules(pictures.approvals_waiting(), dry_run=True)
    async with a_seat(picture) as seat:
        for keys in PAIRS:
            await seat.press(*before.split())
            await press_at_once(seat, *keys)
            assert any(isinstance(screen, MainScreen) for screen in seat.app.screen_stack), keys
            for _ in range(3):
                await seat.press("escape")
            assert seat.shows(MainScreen), keys
            assert seat.app._batch_count == 0  # else nothing is drawn any more
            assert len([command for command in seat.told() if isinstance(command, SetFilters | SetDryRun)]) <= 1
            seat.engine_client.now += 5  # what was asked for and never came is forgotten
