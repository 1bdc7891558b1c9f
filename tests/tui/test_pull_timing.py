"""The screen takes the next snapshot at once where nobody types, a moment later while a key is answered."""

from __future__ import annotations

from dataclasses import replace

import pytest

from copytui.tui.app import CopytuiApp
from tests.tui import snapshots
from tests.tui.fake import FakeFront
from tests.tui.pilot_driver import SIZE, PilotDriver, a_pilot_driver


async def next_snapshot(driver: PilotDriver) -> None:
    """Wait until the screen has taken the newest snapshot."""
    for _ in range(200):
        if driver.app.latest is driver.engine_client.picture:
            return
        await driver.pilot.pause(0.02)
    raise AssertionError("the screen never took the snapshot")


@pytest.mark.parametrize(("seconds_later", "waits"), [(0.0, True), (0.14, True), (0.16, False), (5.0, False)])
async def test_a_key_is_answered_before_the_next_snapshot(seconds_later: float, waits: bool) -> None:
    async with a_pilot_driver() as driver:
        await driver.press("j")
        driver.engine_client.now += seconds_later
        driver.engine_client.picture = replace(snapshots.busy())
        driver.app._beat()
        assert (driver.app.latest is not driver.engine_client.picture) is waits
        await next_snapshot(driver)


async def test_steady_typing_does_not_hold_back_snapshots() -> None:
    async with a_pilot_driver() as driver:
        for key in "jkjkj":
            driver.engine_client.picture = replace(snapshots.busy())
            await driver.press(key)  # the clock stands still: each beat comes right after a press
            await next_snapshot(driver)


async def test_garbage_collection_waits_until_the_snapshot_is_drawn() -> None:
    told: list[float] = []

    def tidy(*, idle_seconds: float, passing: bool) -> None:
        told.append(idle_seconds)

    app = CopytuiApp(FakeFront(snapshots.busy()), tidy=tidy)
    async with app.run_test(size=SIZE) as pilot:
        for times in range(3):
            app._beat()
            assert len(told) == times
            for _ in range(200):
                if len(told) > times:
                    break
                await pilot.pause(0.02)
            told[times + 1 :] = []  # what the app's own beat did
        assert app.latest is not None


async def test_garbage_collection_is_told_what_will_be_dropped_soon() -> None:
    told: list[bool] = []

    def tidy(*, idle_seconds: float, passing: bool) -> None:
        assert idle_seconds >= 0
        told.append(passing)

    app = CopytuiApp(FakeFront(snapshots.busy()), tidy=tidy)
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await pilot.pause()

        async def beat() -> bool:
            await pilot.pause()
            app.tidy_up()
            return told[-1]

        assert not await beat()
        await pilot.press("question_mark")
        assert await beat()
        await pilot.press("escape")
        assert not await beat()
        app.say("a toast")
        assert await beat()
