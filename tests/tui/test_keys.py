"""Every command of the registry, pressed at the whole app: what the engine was told, or what changed on the screen."""

from __future__ import annotations

import importlib
import json
import pkgutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path

import pytest
from textual.binding import BindingsMap
from textual.command import CommandPalette
from textual.dom import DOMNode
from textual.pilot import Pilot

import copytui.tui
from copytui.domain.filters import Filters
from copytui.domain.wording import clean
from copytui.engine.commands import (
    Approve,
    CancelAll,
    Command,
    Flatten,
    RefreshAll,
    ReleaseFollower,
    RetryCopy,
    SetConfirmation,
    SetDryRun,
    SetFilters,
    SetFollower,
    SetHalted,
    SetMultiplier,
    SetPaused,
)
from copytui.engine.snapshot import Snapshot
from copytui.tui.app import CopytuiApp
from copytui.tui.keys import BY_ID, COMMANDS, key_table
from copytui.tui.risk_actions import release_follower
from copytui.tui.screens.account import AccountScreen
from copytui.tui.screens.approvals import ApprovalsScreen
from copytui.tui.screens.fault import FaultScreen
from copytui.tui.screens.filters import FiltersScreen
from copytui.tui.screens.help import HelpScreen
from copytui.tui.screens.main import MainScreen
from copytui.tui.screens.needs import NeedsScreen
from copytui.tui.screens.order import OrderScreen
from copytui.tui.screens.quit import QuitScreen
from copytui.tui.screens.story import StoryScreen
from copytui.tui.screens.typed_word import TypedWordScreen
from copytui.tui.themes import THEMES
from tests.tui import exits, pictures
from tests.tui.fake import FakeDemo, FakeFront, follower_id

SIZE = (120, 36)
NEWEST = "NIFTY28NOV2624500CE"


@dataclass
class Seat:
    """Somebody at the keyboard."""

    app: CopytuiApp
    front: FakeFront
    pilot: Pilot[None]

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.pilot.pause()

    async def see(self, picture: Snapshot | None = None) -> None:
        """Let the next picture be `picture`, and the screen take it."""
        if picture is not None:
            self.front.picture = picture
        self.app.pull()
        await self.pilot.pause()

    def told(self) -> list[Command]:
        """What the engine was told since the last call."""
        told, self.front.submitted = self.front.submitted, []
        return told

    def shows(self, screen: type[object]) -> bool:
        """Whether such a screen is in front."""
        return type(self.app.screen) is screen

    def says(self) -> list[str]:
        """The toasts that are shown."""
        return [notification.message for notification in self.app._notifications]

    def lines(self) -> list[str]:
        """The screen as it is drawn."""
        width, height = self.app.size
        return [strip.text[:width] for strip in self.app.screen._compositor.render_strips()[:height]]

    def bar(self) -> str:
        return self.lines()[0]

    def symbols(self) -> list[str]:
        table = self.app.main.orders.table
        return [table.texts(row)[2].strip() for row in table.rows_shown]


@asynccontextmanager
async def a_seat(
    picture: Snapshot | None = None, *, demo: FakeDemo | None = None, folder: Path = Path("/nowhere")
) -> AsyncIterator[Seat]:
    front = FakeFront(pictures.busy() if picture is None else picture, demo=demo, folder=folder)
    app = CopytuiApp(front)
    async with app.run_test(size=SIZE) as pilot:
        seat = Seat(app, front, pilot)
        await pilot.pause()
        await seat.see()
        yield seat


Check = Callable[[str, Path], Awaitable[None]]
CHECKS: dict[str, Check] = {}


def of(id_: str) -> Callable[[Check], Check]:
    """Register the check of a command; it is run with each of the command's keys."""

    def register(check: Check) -> Check:
        assert id_ not in CHECKS, f"{id_} has two checks"
        CHECKS[id_] = check
        return check

    return register


@pytest.mark.parametrize(
    ("id_", "key"), [pytest.param(c.id, key, id=f"{c.id}-{key}") for c in COMMANDS for key in c.keys or ["palette"]]
)
async def test_every_key_does_what_the_registry_says(id_: str, key: str, tmp_path: Path) -> None:
    await CHECKS[id_](key, tmp_path)


def test_no_command_is_without_a_check() -> None:
    assert list(CHECKS) == [command.id for command in COMMANDS]


# mode


@of("mode")
async def going_live_asks_and_going_to_dry_run_does_not(key: str, _folder: Path) -> None:
    async with a_seat(pictures.quiet()) as seat:
        await seat.press(key)
        assert seat.shows(TypedWordScreen)
        assert seat.told() == []
        await seat.press("tab", *"LIVE", "enter")
        assert seat.told() == [SetDryRun(on=False)]
        assert "switching" in seat.bar()
        assert "LIVE" not in seat.bar()
        await seat.see(pictures.with_rules(pictures.quiet(), dry_run=False))
        assert seat.bar().startswith(" LIVE ")
        await seat.press(key)
        assert seat.shows(MainScreen)
        assert seat.told() == [SetDryRun(on=True)]
        assert seat.bar().startswith(" LIVE  switching")


@of("pause")
async def pausing_and_going_on(key: str, _folder: Path) -> None:
    async with a_seat() as seat:
        await seat.press(key)
        assert seat.told() == [SetPaused(on=True)]
        assert "PAUSED" not in seat.bar()
        await seat.see(pictures.paused())
        assert "PAUSED 3 min" in seat.bar()
        await seat.press(key)
        assert seat.told() == [SetPaused(on=False)]


@of("halt")
async def halting_at_once_and_releasing_with_the_word(key: str, _folder: Path) -> None:
    async with a_seat(pictures.live()) as seat:
        await seat.press(key)
        assert seat.told() == [SetHalted(on=True)]
        await seat.see(pictures.halted())
        assert "HALTED" in seat.bar()
        await seat.press(key)
        assert seat.shows(TypedWordScreen)
        await seat.press("tab", *"RELEASE", "enter")
        assert seat.told() == [SetHalted(on=False)]


async def chosen_in_the_palette(seat: Seat, name: str) -> None:
    """Choose a command by its whole name."""
    await seat.press("ctrl+p", *name)
    for _ in range(200):  # the palette looks for it in the background
        if any(name in line for line in seat.lines()[6:]):
            break
        await seat.pilot.pause(0.02)
    await seat.press("enter")
    await seat.pilot.pause()


@of("cancel_all")
async def cancelling_all_with_the_word(_key: str, _folder: Path) -> None:
    async with a_seat(pictures.live()) as seat:
        await chosen_in_the_palette(seat, "Cancel all open copies")
        assert seat.shows(TypedWordScreen)
        assert seat.told() == []
        await seat.press("tab", *"CANCEL", "enter")
        assert seat.told() == [CancelAll()]
    async with a_seat(pictures.quiet()) as seat:
        await chosen_in_the_palette(seat, "Cancel all open copies")
        assert seat.says() == ["nothing works and nothing waits"]


@of("flatten")
async def closing_all_positions_with_the_word(_key: str, _folder: Path) -> None:
    async with a_seat(exits.left_behind()) as seat:
        await chosen_in_the_palette(seat, "Close all copied positions")
        assert seat.shows(TypedWordScreen)
        await seat.press("tab", *"flatten", "enter")
        assert seat.told() == []
        await seat.press(*["backspace"] * 7, *"FLATTEN", "enter")
        assert seat.told() == [Flatten()]
    async with a_seat(pictures.quiet()) as seat:
        await chosen_in_the_palette(seat, "Close all copied positions")
        assert seat.says() == ["copying holds nothing that could be closed"]


async def test_the_palette_finds_a_command_by_the_short_word_for_it() -> None:
    async with a_seat(pictures.quiet()) as seat:
        await seat.press("ctrl+p", *"flatten")
        for _ in range(200):
            if any("Close all copied positions" in line for line in seat.lines()):
                return
            await seat.pilot.pause(0.02)
        raise AssertionError("not found")


async def test_what_is_grave_can_be_done_to_one_follower() -> None:
    async with a_seat(exits.left_behind()) as seat:
        await chosen_in_the_palette(seat, "Flatten Ravi: close all copied positions")
        await seat.press("tab", *"FLATTEN", "enter")
        await chosen_in_the_palette(seat, "Release Meera from close only")
        await seat.press("tab", *"RELEASE", "enter")
        assert seat.told() == [Flatten(follower_id(1)), ReleaseFollower(follower_id(2))]


async def test_a_follower_that_was_released_meanwhile_is_not_asked_for_again() -> None:
    async with a_seat(pictures.live()) as seat:
        release_follower(seat.app, follower_id(0))
        await seat.pilot.pause()
        assert seat.says() == ["this follower takes entries already"]


async def test_a_release_that_the_engine_refuses_is_said() -> None:
    async with a_seat(pictures.with_rules(pictures.live(), halted_because="the file STOP is there")) as seat:
        seat.front.answer = "not released: the file STOP is in the project's folder; remove it first"
        await seat.press("ctrl+k")
        assert any("remove the file STOP from the project's folder" in line for line in seat.lines())
        await seat.press("ctrl+k")  # a second one asks no second time
        assert len(seat.app.screen_stack) == 3
        await seat.press("tab", *"RELEASE", "enter")
        assert seat.told() == [SetHalted(on=False)]
        assert seat.says() == [seat.front.answer]
        [said] = seat.app._notifications
        assert said.timeout > 5


async def test_enter_opens_an_account_where_accounts_are_shown() -> None:
    async with a_seat(exits.left_behind()) as seat:
        await seat.press("escape", "2", "down", "enter")
        assert seat.shows(AccountScreen)
        assert any("Ravi F10002" in line for line in seat.lines())
        await seat.press("escape")
        assert seat.shows(MainScreen)


# copies


@of("approvals")
async def approving_the_first_that_waits(key: str, _folder: Path) -> None:
    async with a_seat() as seat:
        await seat.press(key)
        assert seat.shows(MainScreen)
        assert seat.says() == ["nothing waits for a yes"]
        await seat.see(pictures.approvals_waiting())
        await seat.press(key)
        assert seat.shows(ApprovalsScreen)
        await seat.press("y")
        assert seat.told() == [Approve(11)]


@of("needs")
async def opening_what_needs_the_user(key: str, _folder: Path) -> None:
    async with a_seat(pictures.missed()) as seat:
        assert "needs you 4" in seat.bar()
        await seat.press(key)
        assert seat.shows(NeedsScreen)
        assert any("4 things need you" in line for line in seat.lines())


@of("retry")
async def going_to_the_failed_copies(key: str, _folder: Path) -> None:
    async with a_seat(pictures.quiet()) as seat:
        await seat.press(key)
        assert seat.says() == ["no copy has failed"]
        await seat.see(pictures.busy())
        await seat.press(key)
        assert seat.shows(NeedsScreen)
        await seat.press("down", "r", "y")
        (command,) = seat.told()
        assert isinstance(command, RetryCopy)


@of("follower")
async def taking_a_follower_out_and_in(key: str, _folder: Path) -> None:
    async with a_seat() as seat:
        await seat.press(key)
        assert seat.told() == []
        assert seat.says() == ["select a follower first (2)"]
        await seat.press("2", "down", key)
        assert seat.told() == [SetFollower(follower_id(1), enabled=False)]
        followers = list(pictures.busy().followers)
        followers[1] = replace(followers[1], enabled=False, armed=False)
        await seat.see(replace(pictures.busy(), followers=tuple(followers)))
        await seat.press(key)
        assert seat.told() == [SetFollower(follower_id(1), enabled=True)]
        await seat.see(pictures.halted())
        await seat.press("down", "down", key)
        assert seat.told() == [SetFollower(follower_id(3), enabled=True)]


@of("refresh")
async def asking_the_broker(key: str, _folder: Path) -> None:
    async with a_seat() as seat:
        await seat.press(key)
        assert seat.told() == [RefreshAll()]


# filters


@of("filters")
async def editing_the_filters(key: str, _folder: Path) -> None:
    async with a_seat() as seat:
        await seat.press(key)
        assert seat.shows(FiltersScreen)
        await seat.press("tab", *"INFY", "tab", "space", "enter")
        assert seat.told() == [SetFilters(Filters(block_symbols=("INFY",), market_orders=False))]


async def test_a_multiplier_typed_into_the_filters_is_commanded_by_itself() -> None:
    async with a_seat() as seat:
        settings = seat.front.settings
        sharing = tuple(replace(follower, shares_multiplier=True) for follower in settings.followers)
        seat.front.settings = replace(settings, followers=sharing)
        await seat.press("f", *(["tab"] * 5), "backspace", *"0.5", "enter")
        assert seat.told() == [SetMultiplier(Decimal("0.5"))]
        await seat.see(pictures.with_rules(pictures.busy(), multiplier=Decimal("0.5")))
        assert "x0.5" in seat.app.main.filter_line.filters.plain
        await seat.press("f", "enter")
        assert seat.told() == []


async def turns(key: str, off: Filters) -> None:
    async with a_seat() as seat:
        await seat.press(key)
        assert seat.told() == [SetFilters(off)]
        await seat.see(pictures.with_rules(pictures.busy(), filters=off))
        await seat.press(key)
        assert seat.told() == [SetFilters(Filters())]


@of("market")
async def turning_market_orders_off_and_on(key: str, _folder: Path) -> None:
    await turns(key, Filters(market_orders=False))


@of("limit")
async def turning_limit_orders_off_and_on(key: str, _folder: Path) -> None:
    await turns(key, Filters(limit_orders=False))


@of("stop")
async def turning_stop_orders_off_and_on(key: str, _folder: Path) -> None:
    await turns(key, Filters(stop_orders=False))


@of("block")
async def blocking_the_selected_symbol_and_unblocking_it(key: str, _folder: Path) -> None:
    await turns(key, Filters(block_symbols=(NEWEST,)))
    async with a_seat() as seat:
        await seat.press("down", key)
        assert seat.told() == [SetFilters(Filters(block_symbols=("SBIN-EQ",)))]
        await seat.press("escape", key)
        assert seat.told() == []
        assert seat.says()[-1] == "select an order first (1)"


@of("confirmation")
async def turning_confirmation_on_and_off(key: str, _folder: Path) -> None:
    async with a_seat() as seat:
        await seat.press(key)
        assert seat.told() == [SetConfirmation(on=True)]
        await seat.see(pictures.with_rules(pictures.busy(), require_confirmation=True))
        await seat.press(key)
        assert seat.told() == [SetConfirmation(on=False)]


# look


@of("orders_pane")
async def going_to_the_orders(key: str, _folder: Path) -> None:
    async with a_seat() as seat:
        await seat.press("3", key)
        assert seat.app.main.pane_in_focus() == "orders"
        assert any("▸1 Master orders" in line for line in seat.lines())


@of("followers_pane")
async def going_to_the_followers(key: str, _folder: Path) -> None:
    async with a_seat() as seat:
        await seat.press(key)
        assert seat.app.main.pane_in_focus() == "followers"
        assert any("▸2 Followers" in line for line in seat.lines())


@of("events_pane")
async def going_to_the_events(key: str, _folder: Path) -> None:
    async with a_seat() as seat:
        await seat.press(key)
        assert seat.app.main.pane_in_focus() == "events"
        assert any("▸3 Events" in line for line in seat.lines())


@of("statistics_pane")
async def opening_the_statistics_and_closing_them(key: str, _folder: Path) -> None:
    async with a_seat() as seat:
        await seat.press(key)
        assert seat.app.main.full.display
        assert any("by follower" in line for line in seat.lines())
        await seat.press(key)
        assert not seat.app.main.full.display


@of("detail")
async def opening_the_selected_orders_story(key: str, _folder: Path) -> None:
    async with a_seat() as seat:
        for pane in ("1", "2", "3"):
            await seat.press(pane, key)
            assert seat.shows(StoryScreen)
            assert any(NEWEST in line for line in seat.lines())
            await seat.press("escape")
            assert seat.shows(MainScreen)


@of("search")
async def narrowing_what_is_shown(key: str, _folder: Path) -> None:
    async with a_seat() as seat:
        total = len(seat.symbols())
        await seat.press(key, *"sbin")
        assert seat.symbols() == ["SBIN-EQ"]
        await seat.press("enter")
        assert seat.symbols() == ["SBIN-EQ"]
        await seat.press("escape")
        assert len(seat.symbols()) == total
        assert seat.told() == []


@of("sort")
async def sorting_by_the_next_column(key: str, _folder: Path) -> None:
    async with a_seat() as seat:
        before = seat.symbols()
        for _ in range(3):
            await seat.press(key)
        assert seat.symbols() != before
        assert sorted(seat.symbols()) == sorted(before)
        assert any("by " in line and "newest first" not in line for line in seat.lines()[6:28])


@of("freeze")
async def freezing_the_display_and_going_on(key: str, _folder: Path) -> None:
    async with a_seat(pictures.quiet()) as seat:
        await seat.press(key)
        assert "FROZEN" in seat.bar()
        await seat.see(pictures.live())
        assert seat.symbols() == []
        assert seat.bar().startswith(" LIVE ")
        await seat.press(key)
        assert "FROZEN" not in seat.bar()
        assert seat.symbols()[0] == NEWEST


@of("zoom")
async def giving_a_pane_the_whole_screen_and_back(key: str, _folder: Path) -> None:
    async with a_seat() as seat:
        await seat.press(key)
        assert not seat.app.main.followers.display
        await seat.press(key)
        assert seat.app.main.followers.display


@of("copy_row")
async def copying_the_row(key: str, _folder: Path) -> None:
    async with a_seat() as seat:
        await seat.press("down", key)
        assert "SBIN-EQ" in seat.app.clipboard
        assert "812.35" in seat.app.clipboard
        assert seat.says() == ["copied"]


@of("copy_json")
async def copying_the_row_as_json(key: str, _folder: Path) -> None:
    async with a_seat() as seat:
        await seat.press("down", key)
        assert "SBIN-EQ" in json.dumps(json.loads(seat.app.clipboard))


@of("export")
async def writing_a_csv_file(key: str, folder: Path) -> None:
    async with a_seat(folder=folder) as seat:
        await seat.press(key)
        (file,) = (folder / "logs").glob("copies_*.csv")
        assert f"written to {file}" in seat.says()[0]
        assert NEWEST in file.read_text(encoding="utf-8")


@of("theme")
async def going_through_the_themes(key: str, _folder: Path) -> None:
    async with a_seat() as seat:
        seen = [seat.app.theme]
        for _ in THEMES:
            await seat.press(key)
            seen.append(seat.app.theme)
        assert seen == [*(theme.name for theme in THEMES), THEMES[0].name]


# program


@of("order")
async def placing_an_order_in_the_demo(key: str, _folder: Path) -> None:
    demo = FakeDemo()
    async with a_seat(demo=demo) as seat:
        await seat.press(key)
        assert seat.shows(OrderScreen)
        await seat.press(*"nifty", "enter")
        await seat.app.workers.wait_for_complete()
        await seat.pilot.pause()
        assert demo.placed == [(NEWEST, "BUY", 75, "MARKET", "")]
        assert seat.shows(MainScreen)
    async with a_seat() as seat:
        await seat.press(key)
        assert seat.shows(MainScreen)


@of("fault")
async def letting_something_fail_in_the_demo(key: str, _folder: Path) -> None:
    demo = FakeDemo()
    async with a_seat(demo=demo) as seat:
        await seat.press(key)
        assert seat.shows(FaultScreen)
        await seat.press("down", "enter", "down", "enter")
        assert demo.failing == [(follower_id(1), "reject")]
    async with a_seat() as seat:
        await seat.press(key)
        assert seat.shows(MainScreen)


@of("help")
async def showing_every_key(key: str, _folder: Path) -> None:
    async with a_seat() as seat:
        await seat.press(key, key if key == "f1" else "f1")
        assert seat.shows(HelpScreen)
        assert len(seat.app.screen_stack) == 3  # the empty one beneath, the main one, help
        assert any("go live (typed)" in line for line in seat.lines())
        await seat.press("escape")
        assert seat.shows(MainScreen)


@of("palette")
async def finding_a_command_by_its_name(key: str, _folder: Path) -> None:
    async with a_seat() as seat:
        await seat.press(key)
        assert seat.shows(CommandPalette)
        await seat.press(*"ask the broker")
        for _ in range(200):  # the palette looks for it in the background
            if any("Ask the broker now" in line for line in seat.lines()):
                break
            await seat.pilot.pause(0.02)
        await seat.press("enter")
        await seat.pilot.pause()
        assert seat.told() == [RefreshAll()]


@of("quit")
async def leaving_and_being_asked_where_it_matters(key: str, _folder: Path) -> None:
    async with a_seat(pictures.quiet()) as seat:
        await seat.press(key)
        assert seat.app._exit
    async with a_seat(pictures.with_rules(pictures.quiet(), dry_run=False)) as seat:
        await seat.press(key)
        assert seat.shows(QuitScreen)
        await seat.press("enter")
        assert not seat.app._exit
        await seat.press(key, "y")
        assert seat.app._exit


# what holds for all of them


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


async def test_keys_typed_into_the_search_are_no_commands() -> None:
    async with a_seat() as seat:
        await seat.press("slash", *"dMLSbcxaqRz", "space", "question_mark", "plus", "slash")
        assert seat.told() == []
        assert seat.shows(MainScreen)
        assert seat.app.main.filter_line.field.value == "dMLSbcxaqRz ?+/"


async def test_filters_changed_by_quick_keys_one_after_another_all_hold() -> None:
    wanted = Filters(market_orders=False, limit_orders=False, block_symbols=(NEWEST,))
    async with a_seat() as seat:
        await seat.press("M", "L", "b")  # no picture comes in between
        assert seat.told()[-1] == SetFilters(wanted)
        await seat.press("f", "enter", "S")
        assert seat.told() == [SetFilters(replace(wanted, stop_orders=False))]


async def test_filters_that_never_come_into_force_are_forgotten() -> None:
    async with a_seat() as seat:
        seat.front.failure = OSError()
        await seat.press("M")
        seat.front.now += 4
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
        # Textual's own binding opens the palette, too, at any time.
        assert taken.items() <= {"enter": "open", "ctrl+p": "command_palette"}.items()


async def test_before_the_first_picture_only_what_needs_none_works() -> None:
    front = FakeFront(None)
    app = CopytuiApp(front)
    async with app.run_test(size=SIZE) as pilot:
        seat = Seat(app, front, pilot)
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
        seat.front.end = "the journal is full"
        await seat.see()
        await seat.press("space")
        assert seat.says() == ["the engine has ended"]
        assert seat.bar().startswith(" ENGINE STOPPED ")
        await seat.press("q")
        assert seat.app._exit


async def test_a_refusal_is_said_without_what_the_error_holds() -> None:
    async with a_seat() as seat:
        seat.front.failure = ValueError("the pin 1234")
        await seat.press("space")
        assert seat.says() == ["that did not work: ValueError"]


# the registry


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


def test_every_command_has_its_method_and_its_words() -> None:
    for command in COMMANDS:
        assert callable(getattr(CopytuiApp, f"do_{command.id}"))
        assert command.keys or command.shown == "^p"
        assert all(clean(text) == text and text for text in (command.shown, command.short, command.title, command.help))
        assert "|" not in command.help, "it would break the README's table"


def test_the_table_of_the_readme_has_every_command() -> None:
    table = key_table()
    assert [words for _keys, words in table] == [command.help for command in COMMANDS]
    assert ("`ctrl+p` `:`", "every action by name") in table
    assert ("`?` `F1`", "every key") in table
