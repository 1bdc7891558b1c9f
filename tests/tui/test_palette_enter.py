"""Enter in the palette runs what is highlighted for the text in the field, and nothing else."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Sequence

import pytest
from textual.command import CommandList
from textual.events import Key
from textual.keys import _character_to_key
from textual.widgets import Input

from copytui.engine.commands import RefreshAll, SetDryRun, SetHalted, SetPaused
from copytui.tui.commands.palette_screen import PaletteScreen
from copytui.tui.commands.registry import BY_ID, COMMANDS
from copytui.tui.dialogs.approvals import ApprovalsScreen
from copytui.tui.dialogs.attention import AttentionScreen
from copytui.tui.dialogs.filters import FiltersScreen
from copytui.tui.dialogs.help import HelpScreen
from copytui.tui.dialogs.typed_word import TypedWordScreen
from copytui.tui.main.screen import MainScreen
from tests.tui import snapshots
from tests.tui.fake import FakeDemo
from tests.tui.pilot_driver import PilotDriver, a_pilot_driver

CHARACTERS = {"enter": "\r", "escape": "\x1b", "backspace": "\x7f"}


def post(driver: PilotDriver, key: str) -> None:
    """Post a key as the driver does."""
    named = _character_to_key(key) if len(key) == 1 else key
    driver.app.post_message(Key(named, key if len(key) == 1 else CHARACTERS.get(key)))


async def at_once(driver: PilotDriver, *keys: str) -> None:
    """Press keys that come in one read."""
    for key in keys:
        post(driver, key)
    for _ in range(3):
        await driver.pilot.pause()


async def until(driver: PilotDriver, is_true: Callable[[], bool]) -> None:
    for _ in range(200):
        if is_true():
            return
        await driver.pilot.pause(0.02)
    raise AssertionError("\n".join(driver.lines()))


def field(driver: PilotDriver) -> Input:
    return driver.app.screen.query_one(Input)


def listed(driver: PilotDriver) -> CommandList:
    return driver.app.screen.query_one(CommandList)


async def found(driver: PilotDriver) -> None:
    """Wait until what is typed has been searched."""
    screen = driver.app.screen
    assert isinstance(screen, PaletteScreen)
    await until(driver, lambda: screen._is_ready and screen._text == field(driver).value.strip())


NAMES = sorted({command.title.split()[0].casefold() for command in COMMANDS if command.id != "palette"})
EVERY = 1 if "COPYTUI_HISTORIES" in os.environ else 16
"""Of all these names, every sixteenth; CI takes them all."""


@pytest.mark.parametrize("live", [True, False])
async def test_enter_before_the_search_has_ended_runs_nothing_and_says_why(live: bool) -> None:
    async with a_pilot_driver(snapshots.with_rules(snapshots.busy(), dry_run=not live), demo=FakeDemo()) as driver:
        for name in (*NAMES[::EVERY], "flatten", "cancel all", "go live"):
            await at_once(driver, "ctrl+p", *name, "enter")
            await found(driver)
            assert driver.told() == [], name
            assert driver.shows(PaletteScreen), name
            assert field(driver).value == name
            assert driver.says() == ["not taken: the list was not ready; look, then press enter again"]
            driver.app.clear_notifications()
            await at_once(driver, "escape")
            await until(driver, lambda: driver.shows(MainScreen))


async def test_letters_scattered_over_a_symbol_or_a_name_find_nothing() -> None:
    async with a_pilot_driver(snapshots.live(), demo=FakeDemo()) as driver:
        for typed in ("live", "release"):
            await driver.press("ctrl+p", *typed)
            await found(driver)
            assert not any(word in line for line in driver.lines() for word in ("Block", "Make")), typed
            await driver.press("escape")


async def test_enter_again_runs_what_is_found_by_then() -> None:
    async with a_pilot_driver(snapshots.live()) as driver:
        await at_once(driver, "ctrl+p", *"pause", "enter")
        await found(driver)
        await driver.press("enter")
        await driver.pilot.pause()
        assert driver.told() == [SetPaused(on=True)]
        assert driver.shows(MainScreen)


@pytest.mark.parametrize("gap", [0.0, 0.005, 0.03])
async def test_at_any_typing_speed_it_runs_the_typed_command_or_none(gap: float) -> None:
    for name, command in (("halt", SetHalted(on=True)), ("poll the broker", RefreshAll()), ("dry", SetDryRun(on=True))):
        async with a_pilot_driver(snapshots.live()) as driver:
            for key in ("ctrl+p", *name, "enter"):
                post(driver, key)
                await asyncio.sleep(gap)
            await driver.pilot.pause(0.1)
            assert driver.told() in ([], [command])
            assert driver.shows(MainScreen) or field(driver).value == name


async def test_nothing_is_highlighted_before_anything_is_typed_and_the_arrows_select() -> None:
    async with a_pilot_driver(snapshots.live()) as driver:
        await driver.press("ctrl+p")
        await found(driver)
        assert listed(driver).highlighted is None
        await driver.press("enter")
        assert driver.shows(PaletteScreen)
        assert driver.says() == ["nothing is selected: type a name, or use the arrows"]
        await driver.press(*"pa", "backspace", "backspace")
        await found(driver)
        assert listed(driver).highlighted is None
        await driver.press("down", "down", "enter")
        await driver.pilot.pause()
        assert driver.told() == [SetPaused(on=True)]


async def test_two_enters_run_it_once() -> None:
    async with a_pilot_driver(snapshots.live()) as driver:
        await driver.press("ctrl+p", *"pause")
        await found(driver)
        screen = driver.app.screen
        assert isinstance(screen, PaletteScreen)
        await field(driver).action_submit()
        await field(driver).action_submit()
        await until(driver, lambda: driver.shows(MainScreen))
        await driver.pilot.pause()
        assert driver.told() == [SetPaused(on=True)]
        assert len(driver.app.screen_stack) == 2


async def test_help_that_opens_in_the_same_moment_stays_and_nothing_runs_beneath_it() -> None:
    async with a_pilot_driver(snapshots.live()) as driver:
        await driver.press("ctrl+p", *"pause")
        await found(driver)
        await field(driver).action_submit()
        BY_ID["help"].run(driver.app)
        await driver.pilot.pause()
        assert driver.shows(HelpScreen)
        assert driver.told() == []
        await driver.press("escape")
        assert driver.shows(PaletteScreen)
        await driver.press("enter")
        await until(driver, lambda: driver.shows(MainScreen))
        await driver.pilot.pause()
        assert driver.told() == [SetPaused(on=True)]


@pytest.mark.parametrize("key", ["ctrl+p", ":"])
async def test_keys_typed_before_the_field_is_there_are_in_it_in_order(key: str) -> None:
    async with a_pilot_driver(snapshots.live()) as driver:
        await at_once(driver, key, *"halx", "backspace", *"t every")
        assert field(driver).value == "halt every"
        await until(driver, lambda: driver.app.focused is field(driver))
        await driver.press(*"thing")
        assert field(driver).value == "halt everything"


@pytest.mark.parametrize(
    ("key", "screen"), [("d", TypedWordScreen), ("a", ApprovalsScreen), ("f", FiltersScreen), ("n", AttentionScreen)]
)
@pytest.mark.parametrize("palette", ["ctrl+p", "colon"])
async def test_the_palette_does_not_open_over_a_dialog(key: str, screen: type[object], palette: str) -> None:
    async with a_pilot_driver(snapshots.with_rules(snapshots.approvals_waiting(), dry_run=True)) as driver:
        await driver.press(key, palette)
        assert driver.shows(screen)
        assert len(driver.app.screen_stack) == 3
        await driver.press("escape")
        await driver.press(palette)
        assert driver.shows(PaletteScreen)


@pytest.mark.parametrize("keys", [["ctrl+p", "ctrl+p"], ["ctrl+p", ":"], [":", "ctrl+p"], [":", ":"]])
async def test_there_are_never_two_palettes(keys: Sequence[str]) -> None:
    async with a_pilot_driver() as driver:
        await at_once(driver, *keys)
        assert driver.shows(PaletteScreen)
        assert len(driver.app.screen_stack) == 3
        BY_ID["palette"].run(driver.app)
        await driver.press("ctrl+p")
        assert len(driver.app.screen_stack) == 3


async def test_it_opens_from_the_search_and_not_while_keys_are_suppressed() -> None:
    async with a_pilot_driver() as driver:
        driver.app.ignore_keys(1.0)
        await driver.press("ctrl+p")
        assert driver.shows(MainScreen)
        assert driver.says() == ["^p not taken: a dialog has just closed by itself"]
        driver.engine_client.now += 1.0
        await driver.press("slash", *"sb", "ctrl+p")
        assert driver.shows(PaletteScreen)


async def test_textuals_own_commands_are_not_listed() -> None:
    async with a_pilot_driver() as driver:
        await driver.press("ctrl+p")
        await found(driver)
        texts = [str(option.prompt) for option in listed(driver).options]
        assert len(texts) == len([c for c in COMMANDS if c.id != "palette" and not c.demo_only])
        assert not [text for text in texts if "screenshot" in text.casefold() or "maximize" in text.casefold()]
        await driver.app.run_action("app.command_palette")
        assert len(driver.app.screen_stack) == 3
