"""A search that is typed faster than the screen can follow: no key of it is a command, and none is lost."""

from __future__ import annotations

import asyncio
import time

import pytest
from textual.events import Key, Paste
from textual.keys import _character_to_key

from copytui.engine.commands import Command, SetFilters
from tests.tui import snapshots
from tests.tui.pilot_driver import PilotDriver, a_pilot_driver

NAMED = {"enter": "\r", "escape": "\x1b", "backspace": "\x7f", "tab": "\t"}


def post(driver: PilotDriver, *keys: str) -> None:
    """Hand keys to the app back to back, as the terminal's driver does with what it reads at once."""
    for key in keys:
        named = key if len(key) > 1 else _character_to_key(key)
        driver.app.post_message(Key(named, NAMED.get(key, key if len(key) == 1 else None)))


async def at_once(driver: PilotDriver, *keys: str) -> None:
    post(driver, *keys)
    for _ in range(8):
        await driver.pilot.pause()


def blocked(told: list[Command]) -> list[tuple[str, ...]]:
    return [command.filters.block_symbols for command in told if isinstance(command, SetFilters)]


def field_of(driver: PilotDriver) -> str:
    return driver.app.main.filter_line.field.value


@pytest.mark.parametrize("text", ["SBINd b", "SBIN", "x", "1234", "q", "+/?:zs", "MLScR y"])
async def test_what_is_typed_after_the_slash_in_one_read_is_text(text: str) -> None:
    async with a_pilot_driver(snapshots.live()) as driver:
        await at_once(driver, "/", *text)
        assert driver.told() == []
        assert field_of(driver) == text
        assert len(driver.app.screen_stack) == 2


@pytest.mark.parametrize("gap", [0.002, 0.02])
async def test_keys_that_come_while_the_screen_is_busy_are_text_in_their_order(gap: float) -> None:
    text = "SBxcMLSdb" * 3
    async with a_pilot_driver(snapshots.live()) as driver:
        post(driver, "/")
        for place, letter in enumerate(text):
            post(driver, letter)
            await asyncio.sleep(gap if place % 3 else 0)
            time.sleep(gap if place % 4 == 0 else 0)  # noqa: ASYNC251  # the screen is held up
        await driver.pilot.pause()
        assert driver.told() == []
        assert field_of(driver) == text


async def test_editing_and_leaving_the_field_come_in_the_order_of_the_keys() -> None:
    async with a_pilot_driver(snapshots.live()) as driver:
        await at_once(driver, "/", *"sx", "backspace", *"bin", "left", "left", "x", "end", "y")
        assert field_of(driver) == "sbxiny"
        await at_once(driver, "escape", "/", *"sbin", "enter", "j", "k")
        assert driver.symbols() == ["SBIN-EQ"]
        assert not driver.app.main.filter_line.field.display
        await at_once(driver, "/", *"infy")  # what was searched before is replaced
        assert field_of(driver) == "infy"
        assert driver.symbols() == ["INFY-EQ"]


async def test_a_command_behind_the_search_acts_on_what_it_found() -> None:
    async with a_pilot_driver(snapshots.live()) as driver:
        await at_once(driver, "/", *"sbin", "enter", "b")
        assert blocked(driver.told()) == [("SBIN-EQ",)]
        await at_once(driver, "escape", "/", *"nothing like it", "enter", "b")
        assert driver.told() == []
        assert driver.says()[-1] == "select an order first (1)"


async def test_keys_before_the_slash_come_before_it() -> None:
    async with a_pilot_driver(snapshots.live()) as driver:
        await at_once(driver, "2", "/", *"kim")
        assert driver.app.main.followers.found == 1
        await at_once(driver, "escape", "1", "j", "b", "/", *"S")
        assert blocked(driver.told()) == [("SBIN-EQ",)]
        assert field_of(driver) == "S"


async def test_what_is_pasted_into_the_field_is_one_line_of_text() -> None:
    async with a_pilot_driver(snapshots.live()) as driver:
        post(driver, "/")
        driver.app.post_message(Paste("sbi\nS"))
        await at_once(driver, "n", "enter")
        assert driver.symbols() == ["SBIN-EQ"]
        assert driver.told() == []


async def test_the_field_is_left_with_the_keyboard() -> None:
    async with a_pilot_driver(snapshots.live()) as driver:
        await driver.press("slash", *"sbin")
        await driver.pilot.click(driver.app.main.followers.table, offset=(5, 2))
        await driver.pilot.pause()
        assert not driver.app.main.filter_line.field.display
        assert driver.symbols() == ["SBIN-EQ"]


async def test_a_key_of_a_dialog_is_never_one_of_the_screen_beneath() -> None:
    async with a_pilot_driver(snapshots.live()) as driver:
        await driver.press("question_mark")
        await at_once(driver, "escape", "S", "d", "x")
        assert driver.told() == []


async def test_a_terminal_that_becomes_too_small_ends_the_search() -> None:
    async with a_pilot_driver(snapshots.live()) as driver:
        main, sizes = driver.app.main, [driver.app.main.too_small_now]
        await driver.press("slash", *"sbin")
        await driver.pilot.resize_terminal(79, 24)
        await driver.pilot.pause()
        sizes.append(main.too_small_now)
        assert not main.filter_line.field.display
        await driver.press("slash", "S", "b")
        assert driver.told() == []
        assert field_of(driver) == ""
        await driver.pilot.resize_terminal(80, 24)
        await driver.pilot.pause()
        await driver.see()
        assert [*sizes, main.too_small_now] == [False, True, False]
        assert len(driver.symbols()) == 10
        await driver.press("down")
        assert main.orders.table.selected_key == "U8"
