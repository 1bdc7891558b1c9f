"""A toast that expires while it is put on the screen does not stop the screen."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from time import time

import pytest
from textual.widgets._toast import Toast

from copytui.tui import textual_compat
from tests.tui.pilot_driver import a_pilot_driver


@pytest.mark.parametrize("over", [0.0, 1e-9, 0.0011, 3600.0])
def test_an_expired_toast_still_has_a_moment_left(over: float) -> None:
    late = textual_compat.Toast("said", timeout=4.0, raised_at=time() - 4.0 - over)
    assert late.has_expired
    assert late.time_left > 0.01
    assert Toast(late)._timeout > 0.01


def test_a_toast_has_the_time_that_is_left() -> None:
    toast = textual_compat.Toast("said", timeout=4.0, raised_at=time())
    assert not toast.has_expired
    assert 3.5 < toast.time_left <= 4.0


async def test_every_toast_is_of_that_kind() -> None:
    async with a_pilot_driver() as driver:
        driver.app.say("ours")
        driver.app.notify("Textual's")
        await driver.pilot.pause()
        assert {type(toast) for toast in driver.app._notifications} == {textual_compat.Toast}
        assert len(driver.app._notifications) == 2


ENDS_IN_BETWEEN = """
import asyncio, itertools
import textual.notifications as notifications
from copytui.tui.app import CopytuiApp
from tests.tui import snapshots
from tests.tui.fake import FakeFront

async def main():
    app = CopytuiApp(FakeFront(snapshots.busy()))
    async with app.run_test(size=(120, 36), notifications=True) as pilot:
        await pilot.pause()
        app.pull()
        app.say("said")
        await pilot.pause()
        (toast,) = app._notifications
        for before in range(12):  # so many looks at the clock before its end, and all others after it
            looks = itertools.count(1)
            end = toast.raised_at + toast.timeout
            notifications.time = lambda: end + (0.001 if next(looks) > before else -0.5)
            app._notifications._notifications = {toast.identity: toast}
            await pilot.press("question_mark", "escape")
        assert next(looks) > 3, "nobody asked for the time"
        print("still there")
asyncio.run(main())
"""


def test_the_screen_keeps_running_whenever_a_toast_expires() -> None:
    """In a process of its own: a screen that stands still can only be killed."""
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-c", ENDS_IN_BETWEEN],
        cwd=Path(__file__).parents[2], capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.stdout.strip().endswith("still there"), done.stderr
