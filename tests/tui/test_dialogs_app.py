"""The dialogs as the whole app opens them, by its keys, and what the engine is then told."""

from __future__ import annotations

from dataclasses import replace

import pytest
from textual.pilot import Pilot

from copytui.domain.filters import Filters
from copytui.engine.commands import Approve, CopyMissed, SetDryRun, SetFilters, SetHalted
from copytui.engine.snapshot import Snapshot
from copytui.tui.app import CopytuiApp
from copytui.tui.dialogs.approvals import ApprovalsScreen
from copytui.tui.dialogs.attention import AttentionScreen
from copytui.tui.dialogs.demo import FaultScreen, OrderScreen
from copytui.tui.dialogs.filters import FiltersScreen
from copytui.tui.dialogs.help import HelpScreen
from copytui.tui.dialogs.quit import QuitScreen
from copytui.tui.dialogs.story import StoryScreen
from copytui.tui.dialogs.typed_word import TypedWordScreen
from tests.tui import snapshots
from tests.tui.dialog_host import press
from tests.tui.fake import FakeDemo, FakeFront

SIZE = (120, 36)


def app_with(snapshot: Snapshot) -> tuple[CopytuiApp, FakeFront]:
    engine_client = FakeFront(snapshot, demo=FakeDemo())
    return CopytuiApp(engine_client), engine_client


async def settled(app: CopytuiApp, pilot: Pilot[None]) -> None:
    await pilot.pause()
    app.pull()
    await pilot.pause()


async def test_going_live_takes_the_typed_word() -> None:
    app, engine_client = app_with(snapshots.busy())
    async with app.run_test(size=SIZE) as pilot:
        await settled(app, pilot)
        await press(pilot, "d", "shift+tab", *"LIVE", "enter")
        assert engine_client.submitted == [SetDryRun(on=False)]


async def test_mashing_keys_never_goes_live() -> None:
    app, engine_client = app_with(snapshots.busy())
    async with app.run_test(size=SIZE) as pilot:
        await settled(app, pilot)
        await press(pilot, "d", *["enter"] * 5, "escape", "d", *"LIVE", "enter", "escape", "d", "d", "enter")
        assert SetDryRun(on=False) not in engine_client.submitted


async def test_the_question_closes_by_itself_and_nothing_goes_live() -> None:
    app, engine_client = app_with(snapshots.busy())
    async with app.run_test(size=SIZE) as pilot:
        await settled(app, pilot)
        await press(pilot, "d", "shift+tab", *"LIVE")
        engine_client.now += 31
        await pilot.pause(0.4)
        assert not isinstance(app.screen, TypedWordScreen)
        await press(pilot, "enter")
        assert engine_client.submitted == []


@pytest.mark.parametrize("keys", ["a", "n", "f", "f a b", "enter", "question_mark", "q", "o", "O"])
async def test_a_halt_goes_through_every_dialog(keys: str) -> None:
    app, engine_client = app_with(snapshots.approvals_waiting())
    async with app.run_test(size=SIZE) as pilot:
        await settled(app, pilot)
        await press(pilot, *keys.split())
        assert app.screen is not app.main
        await press(pilot, "ctrl+k")
        assert engine_client.submitted == [SetHalted(on=True)]


async def test_the_halt_key_pressed_again_asks_for_the_word_once() -> None:
    app, engine_client = app_with(snapshots.halted())
    async with app.run_test(size=SIZE) as pilot:
        await settled(app, pilot)
        await press(pilot, "ctrl+k", "ctrl+k", "ctrl+k", "escape")
        assert app.screen is app.main
        assert engine_client.submitted == []
        await press(pilot, "ctrl+k", "shift+tab", *"RELEASE", "enter")
        assert engine_client.submitted == [SetHalted(on=False)]


@pytest.mark.parametrize(
    ("key", "dialog"),
    [
        ("a", ApprovalsScreen), ("n", AttentionScreen), ("f", FiltersScreen), ("enter", StoryScreen),
        ("o", OrderScreen), ("question_mark", HelpScreen), ("f1", HelpScreen), ("q", QuitScreen), ("O", FaultScreen),
    ],
)  # fmt: skip
async def test_each_key_opens_its_dialog_and_escape_leaves_it_without_a_trace(key: str, dialog: type) -> None:
    app, engine_client = app_with(snapshots.approvals_waiting())
    async with app.run_test(size=SIZE) as pilot:
        await settled(app, pilot)
        widgets = len(app.main.query("*"))
        await press(pilot, key)
        assert isinstance(app.screen, dialog)
        await press(pilot, "escape")
        assert app.screen is app.main
        assert engine_client.submitted == []
        assert len(app.main.query("*")) == widgets


async def test_an_answer_in_the_attention_list_reaches_the_engine() -> None:
    app, engine_client = app_with(replace(snapshots.approvals_waiting(), missed=snapshots.missed().missed))
    async with app.run_test(size=SIZE) as pilot:
        await settled(app, pilot)
        await press(pilot, "n", "enter", "y", "escape", "down", "down", "c", "y")
        assert engine_client.submitted == [Approve(11, {}), CopyMissed(11)]


async def test_edited_filters_reach_the_engine_and_unchanged_ones_do_not() -> None:
    app, engine_client = app_with(snapshots.busy())
    async with app.run_test(size=SIZE) as pilot:
        await settled(app, pilot)
        await press(pilot, "f", "enter")
        assert engine_client.submitted == []
        await press(pilot, "f", "tab", *"SBI", "question_mark", "enter")
        assert engine_client.submitted == [SetFilters(Filters(block_symbols=("SBI?",)))]


async def test_help_opens_over_a_dialog() -> None:
    app, _engine_client = app_with(snapshots.approvals_waiting())
    async with app.run_test(size=SIZE) as pilot:
        await settled(app, pilot)
        await press(pilot, "a", "question_mark")
        assert isinstance(app.screen, HelpScreen)
        await press(pilot, "escape", "f", "f1")
        assert isinstance(app.screen, HelpScreen)


async def test_the_second_control_c_leaves() -> None:
    app, _engine_client = app_with(snapshots.live())
    async with app.run_test(size=SIZE) as pilot:
        await settled(app, pilot)
        await press(pilot, "n", "ctrl+c")
        assert isinstance(app.screen, QuitScreen)
        await press(pilot, "ctrl+c")
        assert app._exit


@pytest.mark.parametrize("theme", ["dark", "light", "contrast"])
async def test_dialogs_open_in_every_theme(theme: str) -> None:
    app, _engine_client = app_with(snapshots.approvals_waiting())
    async with app.run_test(size=SIZE) as pilot:
        await settled(app, pilot)
        if theme != "dark":
            await press(pilot, "t", *(["t"] if theme == "contrast" else []))
        for key in ("a", "n", "f", "enter", "q", "o", "O"):
            await press(pilot, key)
            assert app.screen is not app.main
            await press(pilot, "escape")
