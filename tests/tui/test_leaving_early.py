"""The app may be told to exit at any moment, also while a dialog is opening, without failing."""

from __future__ import annotations

import asyncio

import pytest
from textual.events import Key

from copytui.tui.app import CopytuiApp
from tests.tui import snapshots
from tests.tui.fake import FakeDemo, FakeFront
from tests.tui.pilot_driver import SIZE

TURNS = (0, 6, 9)
"""The turns of the loop before the exit: before, while and after the dialog is composed."""


def an_app() -> CopytuiApp:
    return CopytuiApp(FakeFront(snapshots.approvals_waiting(), demo=FakeDemo()))


@pytest.mark.parametrize("turns", TURNS)
@pytest.mark.parametrize("key", ["f", "n", "o", "question_mark", "ctrl+p"])
async def test_exit_while_a_dialog_opens(key: str, turns: int) -> None:
    app = an_app()
    async with app.run_test(size=SIZE) as pilot:  # raises what the screen died of
        await pilot.pause()
        app.pull()
        await pilot.pause()
        app.post_message(Key(key, key if len(key) == 1 else None))
        for _ in range(turns):
            await asyncio.sleep(0)
        app.exit()
    assert not app.return_code


@pytest.mark.parametrize("turns", TURNS)
async def test_exit_while_the_filters_are_made(turns: int) -> None:
    app = an_app()
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        app.pull()
        app.filters_dialog.prepare()
        for _ in range(turns):
            await asyncio.sleep(0)
        app.exit()
    assert not app.return_code
