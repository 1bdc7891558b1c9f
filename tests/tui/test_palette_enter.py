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
from tests.tui import pictures
from tests.tui.fake import FakeDemo
from tests.tui.seat import Seat, a_seat

CHARACTERS = {"enter": "\r", "escape": "\x1b", "backspace": "\x7f"}


def post(seat: Seat, key: str) -> None:
    """Post a key as the driver does."""
    named = _character_to_key(key) if len(key) == 1 else key
    seat.app.post_message(Key(named, key if len(key) == 1 else CHARACTERS.get(key)))


async def at_once(seat: Seat, *keys: str) -> None:
    """Press keys that come in one read."""
    for key in keys:
        post(seat, key)
    for _ in range(3):
        await seat.pilot.pause()


async def until(seat: Seat, is_true: Callable[[], bool]) -> None:
    for _ in range(200):
        if is_true():
            return
        await seat.pilot.pause(0.02)
    raise AssertionError("\n".join(seat.lines()))


def field(seat: Seat) -> Input:
    return seat.app.screen.query_one(Input)


def listed(seat: Seat) -> CommandList:
    return seat.app.screen.query_one(CommandList)


async def found(seat: Seat) -> None:
    """Wait until what is typed has been searched."""
    screen = seat.app.screen
    assert isinstance(screen, PaletteScreen)
    await until(seat, lambda: screen._is_ready and screen._text == field(seat).value.strip())


NAMES = sorted({command.title.split()[0].casefold() for command in COMMANDS if command.id != "palette"})
EVERY = 1 if "COPYTUI_HISTORIES" in os.environ else 16
"""Of all these names, every sixteenth; CI takes them all."""


@pytest.mark.parametrize("live", [True, False])
async def test_enter_before_the_search_has_ended_runs_nothing_and_says_why(live: bool) -> None:
    async with a_seat(pictures.with_rules(pictures.busy(), dry_run=not live), demo=FakeDemo()) as seat:
        for name in (*NAMES[::EVERY], "flatten", "cancel all", "go live"):
            await at_once(seat, "ctrl+p", *name, "enter")
            await found(seat)
            assert seat.told() == [], name
            assert seat.shows(PaletteScreen), name
            assert field(seat).value == name
            assert seat.says() == ["not taken: the list was not ready; look, then press enter again"]
            seat.app.clear_notifications()
            await at_once(seat, "escape")
            await until(seat, lambda: seat.shows(MainScreen))


async def test_letters_scattered_over_a_symbol_or_a_name_find_nothing() -> None:
    async with a_seat(pictures.live(), demo=FakeDemo()) as seat:
        for typed in ("live", "release"):
            await seat.press("ctrl+p", *typed)
            await found(seat)
            assert not any(word in line for line in seat.lines() for word in ("Block", "Make")), typed
            await seat.press("escape")


async def test_enter_again_runs_what_is_found_by_then() -> None:
    async with a_seat(pictures.live()) as seat:
        await at_once(seat, "ctrl+p", *"pause", "enter")
        await found(seat)
        await seat.press("enter")
        await seat.pilot.pause()
        assert seat.told() == [SetPaused(on=True)]
        assert seat.shows(MainScreen)


@pytest.mark.parametrize("gap", [0.0, 0.005, 0.03])
async def test_at_any_typing_speed_it_runs_the_typed_command_or_none(gap: float) -> None:
    for name, command in (("halt", SetHalted(on=True)), ("poll the broker", RefreshAll()), ("dry", SetDryRun(on=True))):
        async with a_seat(pictures.live()) as seat:
            for key in ("ctrl+p", *name, "enter"):
                post(seat, key)
                await asyncio.sleep(gap)
            await seat.pilot.pause(0.1)
            assert seat.told() in ([], [command])
            assert seat.shows(MainScreen) or field(seat).value == name


async def test_nothing_is_highlighted_before_anything_is_typed_and_the_arrows_select() -> None:
    async with a_seat(pictures.live()) as seat:
        await seat.press("ctrl+p")
        await found(seat)
        assert listed(seat).highlighted is None
        await seat.press("enter")
        assert seat.shows(PaletteScreen)
        assert seat.says() == ["nothing is selected: type a name, or use the arrows"]
        await seat.press(*"pa", "backspace", "backspace")
        await found(seat)
        assert listed(seat).highlighted is None
        await seat.press("down", "down", "enter")
        await seat.pilot.pause()
        assert seat.told() == [SetPaused(on=True)]


async def test_two_enters_run_it_once() -> None:
    async with a_seat(pictures.live()) as seat:
        await seat.press("ctrl+p", *"pause")
        await found(seat)
        screen = seat.app.screen
        assert isinstance(screen, PaletteScreen)
        await field(seat).action_submit()
        await field(seat).action_submit()
        await until(seat, lambda: seat.shows(MainScreen))
        await seat.pilot.pause()
        assert seat.told() == [SetPaused(on=True)]
        assert len(seat.app.screen_stack) == 2


async def test_help_that_opens_in_the_same_moment_stays_and_nothing_runs_beneath_it() -> None:
    async with a_seat(pictures.live()) as seat:
        await seat.press("ctrl+p", *"pause")
        await found(seat)
        await field(seat).action_submit()
        BY_ID["help"].run(seat.app)
        await seat.pilot.pause()
        assert seat.shows(HelpScreen)
        assert seat.told() == []
        await seat.press("escape")
        assert seat.shows(PaletteScreen)
        await seat.press("enter")
        await until(seat, lambda: seat.shows(MainScreen))
        await seat.pilot.pause()
        assert seat.told() == [SetPaused(on=True)]


@pytest.mark.parametrize("key", ["ctrl+p", ":"])
async def test_keys_typed_before_the_field_is_there_are_in_it_in_order(key: str) -> None:
    async with a_seat(pictures.live()) as seat:
        await at_once(seat, key, *"halx", "backspace", *"t every")
        assert field(seat).value == "halt every"
        await until(seat, lambda: seat.app.focused is field(seat))
        await seat.press(*"thing")
        assert field(seat).value == "halt everything"


@pytest.mark.parametrize(
    ("key", "screen"), [("d", TypedWordScreen), ("a", ApprovalsScreen), ("f", FiltersScreen), ("n", AttentionScreen)]
)
@pytest.mark.parametrize("palette", ["ctrl+p", "colon"])
async def test_the_palette_does_not_open_over_a_dialog(key: str, screen: type[object], palette: str) -> None:
    async with a_seat(pictures.with_rules(pictures.approvals_waiting(), dry_run=True)) as seat:
        await seat.press(key, palette)
        assert seat.shows(screen)
        assert len(seat.app.screen_stack) == 3
        await seat.press("escape")
        await seat.press(palette)
        assert seat.shows(PaletteScreen)


@pytest.mark.parametrize("keys", [["ctrl+p", "ctrl+p"], ["ctrl+p", ":"], [":", "ctrl+p"], [":", ":"]])
async def test_there_are_never_two_palettes(keys: Sequence[str]) -> None:
    async with a_seat() as seat:
        await at_once(seat, *keys)
        assert seat.shows(PaletteScreen)
        assert len(seat.app.screen_stack) == 3
        BY_ID["palette"].run(seat.app)
        await seat.press("ctrl+p")
        assert len(seat.app.screen_stack) == 3


async def test_it_opens_from_the_search_and_not_while_keys_are_suppressed() -> None:
    async with a_seat() as seat:
        seat.app.ignore_keys(1.0)
        await seat.press("ctrl+p")
        assert seat.shows(MainScreen)
        assert seat.says() == ["^p not taken: a dialog has just closed by itself"]
        seat.engine_client.now += 1.0
        await seat.press("slash", *"sb", "ctrl+p")
        assert seat.shows(PaletteScreen)


async def test_textuals_own_commands_are_not_listed() -> None:
    async with a_seat() as seat:
        await seat.press("ctrl+p")
        await found(seat)
        texts = [str(option.prompt) for option in listed(seat).options]
        assert len(texts) == len([c for c in COMMANDS if c.id != "palette" and not c.demo_only])
        assert not [text for text in texts if "screenshot" in text.casefold() or "maximize" in text.casefold()]
        await seat.app.run_action("app.command_palette")
        assert len(seat.app.screen_stack) == 3
