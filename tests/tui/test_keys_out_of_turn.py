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
from tests.tui import exits, pictures
from tests.tui.fake import FakeDemo, FakeFront, follower_id
from tests.tui.seat import NEWEST, SIZE, Seat, a_seat, chosen_in_the_palette


async def test_the_palette_finds_a_command_by_its_short_word() -> None:
    async with a_seat(pictures.quiet()) as seat:
        await seat.press("ctrl+p", *"flatten")
        for _ in range(200):
            if any("Close all copied positions" in line for line in seat.lines()):
                return
            await seat.pilot.pause(0.02)
        raise AssertionError("not found")


async def test_an_esc_and_a_letter_that_arrive_as_one_key_are_reported_as_not_taken() -> None:
    async with a_seat(pictures.live()) as seat:

        async def press(key: Key) -> None:
            seat.app.post_message(key)  # a pilot's has no character
            await seat.pilot.pause()

        await press(Key("alt+d", "d"))
        assert seat.told() == []
        assert seat.says() == ["not taken: Alt+d, or Esc and d at once; press it again"]
        await seat.press("question_mark")
        await press(Key("alt+j", "j"))
        assert seat.says()[-1] == "not taken: Alt+j, or Esc and j at once; press it again"
        await press(Key("alt+up", None))
        assert len(seat.says()) == 2


async def test_flatten_and_release_can_be_done_for_one_follower() -> None:
    async with a_seat(exits.left_behind()) as seat:
        await chosen_in_the_palette(seat, "Flatten Ravi: close all copied positions")
        await seat.press("tab", *"FLATTEN", "enter")
        await chosen_in_the_palette(seat, "Release Meera from close only")
        await seat.press("tab", *"RELEASE", "enter")
        assert seat.told() == [Flatten(follower_id(1)), ReleaseFollower(follower_id(2))]


async def test_a_follower_released_meanwhile_is_not_released_again() -> None:
    async with a_seat(pictures.live()) as seat:
        release_follower(seat.app, follower_id(0))
        await seat.pilot.pause()
        assert seat.says() == ["this follower already takes entries"]


async def test_a_release_that_the_engine_refuses_is_reported() -> None:
    async with a_seat(pictures.with_rules(pictures.live(), halted_because="the file STOP was found")) as seat:
        seat.engine_client.answer = "not released: the file STOP is in the project's folder; remove it first"
        await seat.press("ctrl+k")
        assert any("remove the file STOP from the project's folder" in line for line in seat.lines())
        await seat.press("ctrl+k")  # a second one asks no second time
        assert len(seat.app.screen_stack) == 3
        await seat.press("tab", *"RELEASE", "enter")
        assert seat.told() == [SetHalted(on=False)]
        assert seat.says() == [seat.engine_client.answer]
        [said] = seat.app._notifications
        assert said.timeout > 5


async def test_enter_opens_an_account_where_accounts_are_shown() -> None:
    async with a_seat(exits.left_behind()) as seat:
        await seat.press("escape", "2", "down", "enter")
        assert seat.shows(AccountScreen)
        assert any("Ravi F10002" in line for line in seat.lines())
        await seat.press("escape")
        assert seat.shows(MainScreen)


async def test_a_multiplier_typed_into_the_filters_is_a_command_of_its_own() -> None:
    async with a_seat() as seat:
        settings = seat.engine_client.settings
        sharing = tuple(replace(follower, shares_multiplier=True) for follower in settings.followers)
        seat.engine_client.settings = replace(settings, followers=sharing)
        await seat.press("f", *(["tab"] * 5), "backspace", *"0.5", "enter")
        assert seat.told() == [SetMultiplier(Decimal("0.5"))]
        await seat.see(pictures.with_rules(pictures.busy(), multiplier=Decimal("0.5")))
        assert "x0.5" in seat.app.main.filter_line.filters.plain
        await seat.press("f", "enter")
        assert seat.told() == []


DIALOGS = ("a", "n", "f", "f tab", "enter", "question_mark", "q", "o", "o tab", "O", "d", "d tab")


@pytest.mark.parametrize("keys", DIALOGS)
async def test_the_halt_key_works_in_every_dialog(keys: str) -> None:
    dry = pictures.with_rules(pictures.approvals_waiting(), dry_run=True)
    async with a_seat(dry, demo=FakeDemo()) as seat:
        await seat.press(*keys.split())
        assert not seat.shows(MainScreen)
        await seat.press("ctrl+k")
        assert seat.told() == [SetHalted(on=True)]


async def test_the_halt_key_works_in_the_palette_and_while_searching() -> None:
    async with a_seat() as seat:
        await seat.press("ctrl+p", "ctrl+k")
        assert seat.told() == [SetHalted(on=True)]
        await seat.press("escape", "slash", *"sb", "ctrl+k")
        assert seat.told() == [SetHalted(on=True)]


async def test_keys_typed_into_the_search_are_not_commands() -> None:
    async with a_seat() as seat:
        await seat.press("slash", *"dMLSbcxaqRz", "space", "question_mark", "plus", "slash")
        assert seat.told() == []
        assert seat.shows(MainScreen)
        assert seat.app.main.filter_line.field.value == "dMLSbcxaqRz ?+/"


async def test_quick_filter_keys_in_succession_all_count() -> None:
    wanted = Filters(market_orders=False, limit_orders=False, block_symbols=(NEWEST,))
    async with a_seat() as seat:
        await seat.press("M", "L", "b")  # no picture comes in between
        assert seat.told()[-1] == SetFilters(wanted)
        await seat.press("f", "enter", "S")
        assert seat.told() == [SetFilters(replace(wanted, stop_orders=False))]


async def test_filters_that_never_come_into_force_are_dropped() -> None:
    async with a_seat() as seat:
        seat.engine_client.failure = OSError()
        await seat.press("M")
        seat.engine_client.now += 4
        await seat.press("L")
        assert seat.told()[-1] == SetFilters(Filters(limit_orders=False))


@pytest.mark.parametrize("pane", ["1", "2", "3", "4"])
async def test_no_pane_takes_a_key_away_from_its_command(pane: str) -> None:
    async with a_seat(demo=FakeDemo()) as seat:
        await seat.press(pane)
        active = seat.app.screen.active_bindings
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
        seat = Seat(app, engine_client, pilot)
        for command in COMMANDS:
            if command.id not in ("quit", "help", "palette", "theme"):
                await seat.app.run_action(f"app.do('{command.id}')")
                await pilot.pause()
                assert seat.shows(MainScreen)
        assert seat.told() == []
        assert set(seat.says()) == {"the engine is starting"}
        await seat.press("q")
        assert app._exit


async def test_a_key_says_so_when_the_engine_has_ended() -> None:
    async with a_seat() as seat:
        seat.engine_client.end = "the journal is full"
        await seat.see()
        await seat.press("space")
        assert seat.says() == ["the engine has ended"]
        assert seat.bar().startswith(" ENGINE STOPPED ")
        await seat.press("q")
        assert seat.app._exit


async def test_a_failure_is_reported_without_the_text_of_the_error() -> None:
    async with a_seat() as seat:
        seat.engine_client.failure = ValueError("the pin 1234")
        await seat.press("space")
        assert seat.says() == ["that did not work: ValueError"]


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
    async with a_seat() as seat:
        seat.app.ignore_keys(1.5)
        await seat.press("L", "S", "R", "x")
        assert seat.told() == []
        assert seat.says() == ["L not taken: a dialog has just closed by itself"]
        await seat.press("ctrl+k")
        assert seat.told() == [SetHalted(on=True)]
        seat.engine_client.now += 2
        await seat.press("L")
        assert seat.told() == [SetFilters(Filters(limit_orders=False))]
