"""Keys that arrive in one read, repeated or over a slow line: the second meets a dialog that has just closed."""

from __future__ import annotations

import pytest
from textual.events import Key

from copytui.engine.commands import SetDryRun, SetFilters
from copytui.tui.main.screen import MainScreen
from tests.tui import snapshots
from tests.tui.pilot_driver import PilotDriver, a_pilot_driver


async def press_at_once(driver: PilotDriver, *keys: str) -> None:
    for key in keys:
        driver.app.post_message(Key(key, "\r" if key == "enter" else "\x1b"))
    for _ in range(5):
        await driver.pilot.pause()


PAIRS = (("enter", "escape"), ("enter", "enter"), ("escape", "escape"), ("escape", "enter"))


@pytest.mark.parametrize("before", ["f X", "d tab L I V E", "d L I V E", "n", "question_mark", "enter", "q", "a", "o"])
async def test_the_main_screen_stays_whatever_closes(before: str) -> None:
    snapshot = snapshots.with_rules(snapshots.approvals_waiting(), dry_run=True)
    async with a_pilot_driver(snapshot) as driver:
        for keys in PAIRS:
            await driver.press(*before.split())
            await press_at_once(driver, *keys)
            assert any(isinstance(screen, MainScreen) for screen in driver.app.screen_stack), keys
            for _ in range(3):
                await driver.press("escape")
            assert driver.shows(MainScreen), keys
            assert driver.app._batch_count == 0  # else nothing is drawn any more
            assert len([command for command in driver.told() if isinstance(command, SetFilters | SetDryRun)]) <= 1
            driver.engine_client.now += 5  # what was asked for and never came is forgotten
