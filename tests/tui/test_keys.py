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
from tests.tui import exits, pictures
from tests.tui.fake import FakeDemo, follower_id
from tests.tui.seat import NEWEST, a_seat, chosen_in_the_palette

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
        assert seat.says() == ["no copy is open or queued"]


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
        assert seat.says() == ["there are no copied positions to close"]


# copies


@of("approvals")
async def approving_the_first_that_waits(key: str, _folder: Path) -> None:
    async with a_seat() as seat:
        await seat.press(key)
        assert seat.shows(MainScreen)
        assert seat.says() == ["nothing requires approval"]
        await seat.see(pictures.approvals_waiting())
        await seat.press(key)
        assert seat.shows(ApprovalsScreen)
        await seat.press("y")
        assert seat.told() == [Approve(11)]


@of("attention")
async def opening_what_needs_the_user(key: str, _folder: Path) -> None:
    async with a_seat(pictures.missed()) as seat:
        assert "attention 4" in seat.bar()
        await seat.press(key)
        assert seat.shows(AttentionScreen)
        assert any("4 items need attention" in line for line in seat.lines())


@of("retry")
async def going_to_the_failed_copies(key: str, _folder: Path) -> None:
    async with a_seat(pictures.quiet()) as seat:
        await seat.press(key)
        assert seat.says() == ["no copy has failed"]
        await seat.see(pictures.busy())
        await seat.press(key)
        assert seat.shows(AttentionScreen)
        await seat.press("r", "y")
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
        await seat.press("down", "down", key)  # halted: one key must not send it back into the market
        assert seat.told() == [SetFollower(follower_id(3), enabled=False)]


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


async def test_blocking_a_symbol_that_followers_hold_warns_that_its_exits_are_blocked() -> None:
    async with a_seat() as seat:
        held = ((PositionKey(Exchange.NFO, NEWEST, Product.INTRADAY), 50),)
        first, *others = pictures.busy().followers
        await seat.see(replace(pictures.busy(), followers=(replace(first, positions=held), *others)))
        await seat.press("b")
        assert seat.told() == [SetFilters(Filters(block_symbols=(NEWEST,)))]
        assert seat.says()[0] == f"1 follower holds {NEWEST}: its exits are no longer copied, either"
    async with a_seat() as seat:
        nobody = tuple(replace(view, positions=()) for view in pictures.busy().followers)
        await seat.see(replace(pictures.busy(), followers=nobody))
        await seat.press("b")
        assert not any("exits" in said for said in seat.says())


async def test_a_symbol_that_a_pattern_blocks_is_not_blocked_again() -> None:
    async with a_seat() as seat:
        await seat.see(pictures.with_rules(pictures.busy(), filters=Filters(block_symbols=("NIFTY",))))
        await seat.press("b")
        assert seat.told() == []
        assert seat.says() == [f"{NEWEST} is blocked by NIFTY: see the filters (f)"]


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
        assert seat.app.main.full_statistics.display
        assert any("by follower" in line for line in seat.lines())
        await seat.press(key)
        assert not seat.app.main.full_statistics.display


@of("detail")
async def opening_the_selected_orders_story(key: str, _folder: Path) -> None:
    async with a_seat() as seat:
        for pane in ("1", "2", "3"):  # nothing has happened yet: of the events' pane, too
            await seat.press(pane, key)
            assert seat.shows(StoryScreen)
            assert any(NEWEST in line for line in seat.lines())
            await seat.press("escape")
            assert seat.shows(MainScreen)
        seat.engine_client.queue(pictures.an_event("what happened"))
        await seat.see()
        await seat.press("3", key)
        assert seat.shows(EventScreen)
        assert any("what happened" in line for line in seat.lines())


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
        assert any("go live, after a typed word" in line for line in seat.lines())
        await seat.press("escape")
        assert seat.shows(MainScreen)


@of("palette")
async def finding_a_command_by_its_name(key: str, _folder: Path) -> None:
    async with a_seat() as seat:
        await seat.press(key)
        assert seat.shows(PaletteScreen)
        await seat.press(*"poll the broker")
        for _ in range(200):  # the palette looks for it in the background
            if any("Poll the broker now" in line for line in seat.lines()):
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
