"""Keys in dialogs, in the search, before the first snapshot, in quick succession and after the engine has ended."""

from __future__ import annotations

import importlib
import pkgutil
from dataclasses import replace
from decimal import Decimal

import pytest
from textual.binding import BindingsMap
from textual.dom import DOMNode
from textual.events import Key

import copytui.tui
from copytui.domain.filters import Filters
from copytui.domain.text import clean
from copytui.engine.commands import Flatten, ReleaseFollower, SetFilters, SetHalted, SetMultiplier
from copytui.tui.app import CopytuiApp
from copytui.tui.commands.confirmed import release_follower
from copytui.tui.commands.registry import BY_ID, COMMANDS, key_table
from copytui.tui.dialogs.account import AccountScreen
from copytui.tui.main.screen import MainScreen
from tests.tui import exits, snapshots
from tests.tui.fake import FakeDemo, FakeFront, follower_id
from tests.tui.pilot_driver import NEWEST, SIZE, PilotDriver, a_pilot_driver, chosen_in_the_palette


async def test_the_palette_finds_a_command_by_its_short_word() -> None:
    async with a_pilot_driver(snapshots.quiet()) as driver:
        await driver.press("ctrl+p", *"flatten")
        for _ in range(200):
            if any("Close all copied positions" in line for line in driver.lines()):
                return
            await driver.pilot.pause(0.02)
        raise AssertionError("not found")


async def test_an_esc_and_a_letter_that_arrive_as_one_key_are_reported_as_not_taken() -> None:
    async with a_pilot_driver(snapshots.live()) as driver:

        async def press(key: Key) -> None:
            driver.app.post_message(key)  # a pilot's has no character
            await driver.pilot.pause()

        await press(Key("alt+d", "d"))
        assert driver.told() == []
        assert driver.says() == ["not taken: Alt+d, or Esc and d at once; press it again"]
        await driver.press("question_mark")
        await press(Key("alt+j", "j"))
        assert driver.says()[-1] == "not taken: Alt+j, or Esc and j at once; press it again"
        await press(Key("alt+up", None))
        assert len(driver.says()) == 2


async def test_flatten_and_release_can_be_done_for_one_follower() -> None:
    async with a_pilot_driver(exits.left_behind()) as driver:
        await chosen_in_the_palette(driver, "Flatten Ravi: close all copied positions")
        await driver.press("tab", *"FLATTEN", "enter")
        await chosen_in_the_palette(driver, "Release Meera from close only")
        await driver.press("tab", *"RELEASE", "enter")
        assert driver.told() == [Flatten(follower_id(1)), ReleaseFollower(follower_id(2))]


async def test_a_follower_released_meanwhile_is_not_released_again() -> None:
    async with a_pilot_driver(snapshots.live()) as driver:
        release_follower(driver.app, follower_id(0))
        await driver.pilot.pause()
        assert driver.says() == ["this follower already takes entries"]


async def test_a_release_that_the_engine_refuses_is_reported() -> None:
    async with a_pilot_driver(
        snapshots.with_rules(snapshots.live(), halted_because="the file STOP was found")
    ) as driver:
        driver.engine_client.answer = "not released: the file STOP is in the project's folder; remove it first"
        await driver.press("ctrl+k")
        assert any("remove the file STOP from the project's folder" in line for line in driver.lines())
        await driver.press("ctrl+k")  # a second one asks no second time
        assert len(driver.app.screen_stack) == 3
        await driver.press("tab", *"RELEASE", "enter")
        assert driver.told() == [SetHalted(on=False)]
        assert driver.says() == [driver.engine_client.answer]
        [said] = driver.app._notifications
        assert said.timeout > 5


async def test_enter_opens_an_account_where_accounts_are_shown() -> None:
    async with a_pilot_driver(exits.left_behind()) as driver:
        await driver.press("escape", "2", "down", "enter")
        assert driver.shows(AccountScreen)
        assert any("Ravi F10002" in line for line in driver.lines())
        await driver.press("escape")
        assert driver.shows(MainScreen)


async def test_a_multiplier_typed_into_the_filters_is_a_command_of_its_own() -> None:
    async with a_pilot_driver() as driver:
        settings = driver.engine_client.settings
        sharing = tuple(replace(follower, shares_multiplier=True) for follower in settings.followers)
        driver.engine_client.settings = replace(settings, followers=sharing)
        await driver.press("f", *(["tab"] * 5), "backspace", *"0.5", "enter")
        assert driver.told() == [SetMultiplier(Decimal("0.5"))]
        await driver.see(snapshots.with_rules(snapshots.busy(), multiplier=Decimal("0.5")))
        assert "x0.5" in driver.app.main.filter_line.filters.plain
        await driver.press("f", "enter")
        assert driver.told() == []


DIALOGS = ("a", "n", "f", "f tab", "enter", "question_mark", "q", "o", "o tab", "O", "d", "d tab")


@pytest.mark.parametrize("keys", DIALOGS)
async def test_the_halt_key_works_in_every_dialog(keys: str) -> None:
    dry = snapshots.with_rules(snapshots.approvals_waiting(), dry_run=True)
    async with a_pilot_driver(dry, demo=FakeDemo()) as driver:
        await driver.press(*keys.split())
        assert not driver.shows(MainScreen)
        await driver.press("ctrl+k")
        assert driver.told() == [SetHalted(on=True)]


async def test_the_halt_key_works_in_the_palette_and_while_searching() -> None:
    async with a_pilot_driver() as driver:
        await driver.press("ctrl+p", "ctrl+k")
        assert driver.told() == [SetHalted(on=True)]
        await driver.press("escape", "slash", *"sb", "ctrl+k")
        assert driver.told() == [SetHalted(on=True)]


async def test_keys_typed_into_the_search_are_not_commands() -> None:
    async with a_pilot_driver() as driver:
        await driver.press("slash", *"dMLSbcxaqRz", "space", "question_mark", "plus", "slash")
        assert driver.told() == []
        assert driver.shows(MainScreen)
        assert driver.app.main.filter_line.field.value == "dMLSbcxaqRz ?+/"


async def test_quick_filter_keys_in_succession_all_count() -> None:
    wanted = Filters(market_orders=False, limit_orders=False, block_symbols=(NEWEST,))
    async with a_pilot_driver() as driver:
        await driver.press("M", "L", "b")  # no picture comes in between
        assert driver.told()[-1] == SetFilters(wanted)
        await driver.press("f", "enter", "S")
        assert driver.told() == [SetFilters(replace(wanted, stop_orders=False))]


async def test_filters_that_never_come_into_force_are_dropped() -> None:
    async with a_pilot_driver() as driver:
        driver.engine_client.failure = OSError()
        await driver.press("M")
        driver.engine_client.now += 4
        await driver.press("L")
        assert driver.told()[-1] == SetFilters(Filters(limit_orders=False))


@pytest.mark.parametrize("pane", ["1", "2", "3", "4"])
async def test_no_pane_takes_a_key_away_from_its_command(pane: str) -> None:
    async with a_pilot_driver(demo=FakeDemo()) as driver:
        await driver.press(pane)
        active = driver.app.screen.active_bindings
        taken = {
            key: active[key].binding.action
            for command in COMMANDS
            for key in command.keys
            if active[key].binding.action != f"app.do('{command.id}')"
        }
        # Enter in a table selects the row, which opens its story: see the check of `detail`.
        assert taken.items() <= {"enter": "open"}.items()


async def test_before_the_first_snapshot_only_commands_without_one_run() -> None:
    engine_client = FakeFront(None)
    app = CopytuiApp(engine_client)
    async with app.run_test(size=SIZE) as pilot:
        driver = PilotDriver(app, engine_client, pilot)
        for command in COMMANDS:
            if command.id not in ("quit", "help", "palette", "theme"):
                await driver.app.run_action(f"app.do('{command.id}')")
                await pilot.pause()
                assert driver.shows(MainScreen)
        assert driver.told() == []
        assert set(driver.says()) == {"the engine is starting"}
        await driver.press("q")
        assert app._exit


async def test_a_key_says_so_when_the_engine_has_ended() -> None:
    async with a_pilot_driver() as driver:
        driver.engine_client.end = "the journal is full"
        await driver.see()
        await driver.press("space")
        assert driver.says() == ["the engine has ended"]
        assert driver.bar().startswith(" ENGINE STOPPED ")
        await driver.press("q")
        assert driver.app._exit


async def test_a_failure_is_reported_without_the_text_of_the_error() -> None:
    async with a_pilot_driver() as driver:
        driver.engine_client.failure = ValueError("the pin 1234")
        await driver.press("space")
        assert driver.says() == ["that did not work: ValueError"]


def _bindings_of_copytui() -> dict[str, list[str]]:
    """Return the keys that each class of the screen binds by itself."""
    for module in pkgutil.walk_packages(copytui.tui.__path__, "copytui.tui."):
        importlib.import_module(module.name)
    found: dict[str, list[str]] = {}
    classes = [DOMNode]
    while classes:
        class_ = classes.pop()
        classes += class_.__subclasses__()
        if class_.__module__.startswith("copytui."):
            own = BindingsMap(class_.__dict__.get("BINDINGS", []))
            found[class_.__name__] = [key for key, _binding in own]
    return found


def test_keys_that_a_terminal_cannot_tell_from_others_are_never_bound() -> None:
    found = _bindings_of_copytui()
    assert {"CopytuiApp", "MainScreen", "ApprovalsScreen", "KeyedTable", "EventList"} <= found.keys()
    same_as_others = {"ctrl+h", "ctrl+i", "ctrl+j", "ctrl+m", "ctrl+[", "ctrl+left_square_bracket"}
    assert not {name: keys for name, keys in found.items() if same_as_others & set(keys)}


def test_no_key_has_two_commands() -> None:
    keys = [key for command in COMMANDS for key in command.keys]
    assert len(keys) == len(set(keys))
    assert len(BY_ID) == len(COMMANDS)


def test_every_command_has_its_words() -> None:
    for command in COMMANDS:
        assert command.keys or command.key_name == "^p"
        assert all(
            clean(text) == text and text for text in (command.key_name, command.short, command.title, command.help)
        )
        assert "|" not in command.help, "it would break the table of keys"


def test_the_table_of_keys_has_every_command() -> None:
    table = key_table()
    assert [words for _keys, words in table] == [command.help for command in COMMANDS]
    assert ("`ctrl+p` `:`", "every command by name") in table
    assert ("`?` `F1`", "show every key") in table


async def test_keys_typed_when_a_dialog_closes_by_itself_are_not_commands_except_the_halt() -> None:
    async with a_pilot_driver() as driver:
        driver.app.ignore_keys(1.5)
        await driver.press("L", "S", "R", "x")
        assert driver.told() == []
        assert driver.says() == ["L not taken: a dialog has just closed by itself"]
        await driver.press("ctrl+k")
        assert driver.told() == [SetHalted(on=True)]
        driver.engine_client.now += 2
        await driver.press("L")
        assert driver.told() == [SetFilters(Filters(limit_orders=False))]
