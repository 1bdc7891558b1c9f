"""Every command of the registry, by its keys in the whole app: what is sent, or what changes on the screen."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from copytui.domain.filters import Filters
from copytui.domain.orders import Exchange, Product
from copytui.domain.positions import PositionKey
from copytui.engine.commands import (
    Approve,
    CancelAll,
    Flatten,
    RefreshAll,
    RetryCopy,
    SetConfirmation,
    SetDryRun,
    SetFilters,
    SetFollower,
    SetHalted,
    SetPaused,
)
from copytui.tui.commands.palette_screen import PaletteScreen
from copytui.tui.commands.registry import COMMANDS
from copytui.tui.dialogs.approvals import ApprovalsScreen
from copytui.tui.dialogs.attention import AttentionScreen
from copytui.tui.dialogs.demo import FaultScreen, OrderScreen
from copytui.tui.dialogs.event import EventScreen
from copytui.tui.dialogs.filters import FiltersScreen
from copytui.tui.dialogs.help import HelpScreen
from copytui.tui.dialogs.quit import QuitScreen
from copytui.tui.dialogs.story import StoryScreen
from copytui.tui.dialogs.typed_word import TypedWordScreen
from copytui.tui.main.screen import MainScreen
from copytui.tui.themes import THEMES
from tests.tui import exits, snapshots
from tests.tui.fake import FakeDemo, follower_id
from tests.tui.pilot_driver import NEWEST, a_pilot_driver, chosen_in_the_palette

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
    async with a_pilot_driver(snapshots.quiet()) as driver:
        await driver.press(key)
        assert driver.shows(TypedWordScreen)
        assert driver.told() == []
        await driver.press("tab", *"LIVE", "enter")
        assert driver.told() == [SetDryRun(on=False)]
        assert "switching" in driver.bar()
        assert "LIVE" not in driver.bar()
        await driver.see(snapshots.with_rules(snapshots.quiet(), dry_run=False))
        assert driver.bar().startswith(" LIVE ")
        await driver.press(key)
        assert driver.shows(MainScreen)
        assert driver.told() == [SetDryRun(on=True)]
        assert driver.bar().startswith(" LIVE  switching")


@of("pause")
async def pausing_and_going_on(key: str, _folder: Path) -> None:
    async with a_pilot_driver() as driver:
        await driver.press(key)
        assert driver.told() == [SetPaused(on=True)]
        assert "PAUSED" not in driver.bar()
        await driver.see(snapshots.paused())
        assert "PAUSED 3 min" in driver.bar()
        await driver.press(key)
        assert driver.told() == [SetPaused(on=False)]


@of("halt")
async def halting_at_once_and_releasing_with_the_word(key: str, _folder: Path) -> None:
    async with a_pilot_driver(snapshots.live()) as driver:
        await driver.press(key)
        assert driver.told() == [SetHalted(on=True)]
        await driver.see(snapshots.halted())
        assert "HALTED" in driver.bar()
        await driver.press(key)
        assert driver.shows(TypedWordScreen)
        await driver.press("tab", *"RELEASE", "enter")
        assert driver.told() == [SetHalted(on=False)]


@of("cancel_all")
async def cancelling_all_with_the_word(_key: str, _folder: Path) -> None:
    async with a_pilot_driver(snapshots.live()) as driver:
        await chosen_in_the_palette(driver, "Cancel all open copies")
        assert driver.shows(TypedWordScreen)
        assert driver.told() == []
        await driver.press("tab", *"CANCEL", "enter")
        assert driver.told() == [CancelAll()]
    async with a_pilot_driver(snapshots.quiet()) as driver:
        await chosen_in_the_palette(driver, "Cancel all open copies")
        assert driver.says() == ["no copy is open or queued"]


@of("flatten")
async def closing_all_positions_with_the_word(_key: str, _folder: Path) -> None:
    async with a_pilot_driver(exits.left_behind()) as driver:
        await chosen_in_the_palette(driver, "Close all copied positions")
        assert driver.shows(TypedWordScreen)
        await driver.press("tab", *"flatten", "enter")
        assert driver.told() == []
        await driver.press(*["backspace"] * 7, *"FLATTEN", "enter")
        assert driver.told() == [Flatten()]
    async with a_pilot_driver(snapshots.quiet()) as driver:
        await chosen_in_the_palette(driver, "Close all copied positions")
        assert driver.says() == ["there are no copied positions to close"]


# copies


@of("approvals")
async def approving_the_first_that_waits(key: str, _folder: Path) -> None:
    async with a_pilot_driver() as driver:
        await driver.press(key)
        assert driver.shows(MainScreen)
        assert driver.says() == ["nothing requires approval"]
        await driver.see(snapshots.approvals_waiting())
        await driver.press(key)
        assert driver.shows(ApprovalsScreen)
        await driver.press("y")
        assert driver.told() == [Approve(11)]


@of("attention")
async def opening_what_needs_the_user(key: str, _folder: Path) -> None:
    async with a_pilot_driver(snapshots.missed()) as driver:
        assert "attention 4" in driver.bar()
        await driver.press(key)
        assert driver.shows(AttentionScreen)
        assert any("4 items need attention" in line for line in driver.lines())


@of("retry")
async def going_to_the_failed_copies(key: str, _folder: Path) -> None:
    async with a_pilot_driver(snapshots.quiet()) as driver:
        await driver.press(key)
        assert driver.says() == ["no copy has failed"]
        await driver.see(snapshots.busy())
        await driver.press(key)
        assert driver.shows(AttentionScreen)
        await driver.press("r", "y")
        (command,) = driver.told()
        assert isinstance(command, RetryCopy)


@of("follower")
async def taking_a_follower_out_and_in(key: str, _folder: Path) -> None:
    async with a_pilot_driver() as driver:
        await driver.press(key)
        assert driver.told() == []
        assert driver.says() == ["select a follower first (2)"]
        await driver.press("2", "down", key)
        assert driver.told() == [SetFollower(follower_id(1), enabled=False)]
        followers = list(snapshots.busy().followers)
        followers[1] = replace(followers[1], enabled=False, armed=False)
        await driver.see(replace(snapshots.busy(), followers=tuple(followers)))
        await driver.press(key)
        assert driver.told() == [SetFollower(follower_id(1), enabled=True)]
        await driver.see(snapshots.halted())
        await driver.press("down", "down", key)  # halted: one key must not send it back into the market
        assert driver.told() == [SetFollower(follower_id(3), enabled=False)]


@of("refresh")
async def asking_the_broker(key: str, _folder: Path) -> None:
    async with a_pilot_driver() as driver:
        await driver.press(key)
        assert driver.told() == [RefreshAll()]


# filters


@of("filters")
async def editing_the_filters(key: str, _folder: Path) -> None:
    async with a_pilot_driver() as driver:
        await driver.press(key)
        assert driver.shows(FiltersScreen)
        await driver.press("tab", *"INFY", "tab", "space", "enter")
        assert driver.told() == [SetFilters(Filters(block_symbols=("INFY",), market_orders=False))]


async def turns(key: str, off: Filters) -> None:
    async with a_pilot_driver() as driver:
        await driver.press(key)
        assert driver.told() == [SetFilters(off)]
        await driver.see(snapshots.with_rules(snapshots.busy(), filters=off))
        await driver.press(key)
        assert driver.told() == [SetFilters(Filters())]


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
    async with a_pilot_driver() as driver:
        await driver.press("down", key)
        assert driver.told() == [SetFilters(Filters(block_symbols=("SBIN-EQ",)))]
        await driver.press("escape", key)
        assert driver.told() == []
        assert driver.says()[-1] == "select an order first (1)"


async def test_blocking_a_symbol_that_followers_hold_says_that_its_exits_are_still_copied() -> None:
    async with a_pilot_driver() as driver:
        held = ((PositionKey(Exchange.NFO, NEWEST, Product.INTRADAY), 50),)
        first, *others = snapshots.busy().followers
        await driver.see(replace(snapshots.busy(), followers=(replace(first, positions=held), *others)))
        await driver.press("b")
        assert driver.told() == [SetFilters(Filters(block_symbols=(NEWEST,)))]
        assert driver.says()[0] == f"1 follower holds {NEWEST}: its exits are still copied"
    async with a_pilot_driver() as driver:
        nobody = tuple(replace(view, positions=()) for view in snapshots.busy().followers)
        await driver.see(replace(snapshots.busy(), followers=nobody))
        await driver.press("b")
        assert not any("exits" in said for said in driver.says())


async def test_a_symbol_that_a_pattern_blocks_is_not_blocked_again() -> None:
    async with a_pilot_driver() as driver:
        await driver.see(snapshots.with_rules(snapshots.busy(), filters=Filters(block_symbols=("NIFTY",))))
        await driver.press("b")
        assert driver.told() == []
        assert driver.says() == [f"{NEWEST} is blocked by NIFTY: see the filters (f)"]


@of("confirmation")
async def turning_confirmation_on_and_off(key: str, _folder: Path) -> None:
    async with a_pilot_driver() as driver:
        await driver.press(key)
        assert driver.told() == [SetConfirmation(on=True)]
        await driver.see(snapshots.with_rules(snapshots.busy(), require_confirmation=True))
        await driver.press(key)
        assert driver.told() == [SetConfirmation(on=False)]


# look


@of("orders_pane")
async def going_to_the_orders(key: str, _folder: Path) -> None:
    async with a_pilot_driver() as driver:
        await driver.press("3", key)
        assert driver.app.main.pane_in_focus() == "orders"
        assert any("▸1 Master orders" in line for line in driver.lines())


@of("followers_pane")
async def going_to_the_followers(key: str, _folder: Path) -> None:
    async with a_pilot_driver() as driver:
        await driver.press(key)
        assert driver.app.main.pane_in_focus() == "followers"
        assert any("▸2 Followers" in line for line in driver.lines())


@of("events_pane")
async def going_to_the_events(key: str, _folder: Path) -> None:
    async with a_pilot_driver() as driver:
        await driver.press(key)
        assert driver.app.main.pane_in_focus() == "events"
        assert any("▸3 Events" in line for line in driver.lines())


@of("statistics_pane")
async def opening_the_statistics_and_closing_them(key: str, _folder: Path) -> None:
    async with a_pilot_driver() as driver:
        await driver.press(key)
        assert driver.app.main.full_statistics.display
        assert any("by follower" in line for line in driver.lines())
        await driver.press(key)
        assert not driver.app.main.full_statistics.display


@of("detail")
async def opening_the_selected_orders_story(key: str, _folder: Path) -> None:
    async with a_pilot_driver() as driver:
        for pane in ("1", "2", "3"):  # nothing has happened yet: of the events' pane, too
            await driver.press(pane, key)
            assert driver.shows(StoryScreen)
            assert any(NEWEST in line for line in driver.lines())
            await driver.press("escape")
            assert driver.shows(MainScreen)
        driver.engine_client.queue(snapshots.an_event("what happened"))
        await driver.see()
        await driver.press("3", key)
        assert driver.shows(EventScreen)
        assert any("what happened" in line for line in driver.lines())


@of("search")
async def narrowing_what_is_shown(key: str, _folder: Path) -> None:
    async with a_pilot_driver() as driver:
        total = len(driver.symbols())
        await driver.press(key, *"sbin")
        assert driver.symbols() == ["SBIN-EQ"]
        await driver.press("enter")
        assert driver.symbols() == ["SBIN-EQ"]
        await driver.press("escape")
        assert len(driver.symbols()) == total
        assert driver.told() == []


@of("sort")
async def sorting_by_the_next_column(key: str, _folder: Path) -> None:
    async with a_pilot_driver() as driver:
        before = driver.symbols()
        for _ in range(3):
            await driver.press(key)
        assert driver.symbols() != before
        assert sorted(driver.symbols()) == sorted(before)
        assert any("by " in line and "newest first" not in line for line in driver.lines()[6:28])


@of("freeze")
async def freezing_the_display_and_going_on(key: str, _folder: Path) -> None:
    async with a_pilot_driver(snapshots.quiet()) as driver:
        await driver.press(key)
        assert "FROZEN" in driver.bar()
        await driver.see(snapshots.live())
        assert driver.symbols() == []
        assert driver.bar().startswith(" LIVE ")
        await driver.press(key)
        assert "FROZEN" not in driver.bar()
        assert driver.symbols()[0] == NEWEST


@of("zoom")
async def giving_a_pane_the_whole_screen_and_back(key: str, _folder: Path) -> None:
    async with a_pilot_driver() as driver:
        await driver.press(key)
        assert not driver.app.main.followers.display
        await driver.press(key)
        assert driver.app.main.followers.display


@of("copy_row")
async def copying_the_row(key: str, _folder: Path) -> None:
    async with a_pilot_driver() as driver:
        await driver.press("down", key)
        assert "SBIN-EQ" in driver.app.clipboard
        assert "812.35" in driver.app.clipboard
        assert driver.says() == ["copied"]


@of("copy_json")
async def copying_the_row_as_json(key: str, _folder: Path) -> None:
    async with a_pilot_driver() as driver:
        await driver.press("down", key)
        assert "SBIN-EQ" in json.dumps(json.loads(driver.app.clipboard))


@of("export")
async def writing_a_csv_file(key: str, folder: Path) -> None:
    async with a_pilot_driver(folder=folder) as driver:
        await driver.press(key)
        (file,) = (folder / "logs").glob("copies_*.csv")
        assert f"written to {file}" in driver.says()[0]
        assert NEWEST in file.read_text(encoding="utf-8")


@of("theme")
async def going_through_the_themes(key: str, _folder: Path) -> None:
    async with a_pilot_driver() as driver:
        seen = [driver.app.theme]
        for _ in THEMES:
            await driver.press(key)
            seen.append(driver.app.theme)
        assert seen == [*(theme.name for theme in THEMES), THEMES[0].name]


# program


@of("order")
async def placing_an_order_in_the_demo(key: str, _folder: Path) -> None:
    demo = FakeDemo()
    async with a_pilot_driver(demo=demo) as driver:
        await driver.press(key)
        assert driver.shows(OrderScreen)
        await driver.press(*"nifty", "enter")
        await driver.app.workers.wait_for_complete()
        await driver.pilot.pause()
        assert demo.placed == [(NEWEST, "BUY", 75, "MARKET", "")]
        assert driver.shows(MainScreen)
    async with a_pilot_driver() as driver:
        await driver.press(key)
        assert driver.shows(MainScreen)


@of("fault")
async def letting_something_fail_in_the_demo(key: str, _folder: Path) -> None:
    demo = FakeDemo()
    async with a_pilot_driver(demo=demo) as driver:
        await driver.press(key)
        assert driver.shows(FaultScreen)
        await driver.press("down", "enter", "down", "enter")
        assert demo.failing == [(follower_id(1), "reject")]
    async with a_pilot_driver() as driver:
        await driver.press(key)
        assert driver.shows(MainScreen)


@of("help")
async def showing_every_key(key: str, _folder: Path) -> None:
    async with a_pilot_driver() as driver:
        await driver.press(key, key if key == "f1" else "f1")
        assert driver.shows(HelpScreen)
        assert len(driver.app.screen_stack) == 3  # the empty one beneath, the main one, help
        assert any("go live, after a typed word" in line for line in driver.lines())
        await driver.press("escape")
        assert driver.shows(MainScreen)


@of("palette")
async def finding_a_command_by_its_name(key: str, _folder: Path) -> None:
    async with a_pilot_driver() as driver:
        await driver.press(key)
        assert driver.shows(PaletteScreen)
        await driver.press(*"poll the broker")
        for _ in range(200):  # the palette looks for it in the background
            if any("Poll the broker now" in line for line in driver.lines()):
                break
            await driver.pilot.pause(0.02)
        await driver.press("enter")
        await driver.pilot.pause()
        assert driver.told() == [RefreshAll()]


@of("quit")
async def leaving_and_being_asked_where_it_matters(key: str, _folder: Path) -> None:
    async with a_pilot_driver(snapshots.quiet()) as driver:
        await driver.press(key)
        assert driver.app._exit
    async with a_pilot_driver(snapshots.with_rules(snapshots.quiet(), dry_run=False)) as driver:
        await driver.press(key)
        assert driver.shows(QuitScreen)
        await driver.press("enter")
        assert not driver.app._exit
        await driver.press(key, "y")
        assert driver.app._exit
