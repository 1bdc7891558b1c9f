"""A small terminal: panes by tab, the keys that stay, and the accounts."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal

import pytest

from copytui.engine.follower.follower import SessionState
from copytui.engine.snapshot import Snapshot
from copytui.tui.commands.base import HELD, LAST
from copytui.tui.commands.registry import COMMANDS
from copytui.tui.main.screen import MainScreen
from copytui.tui.present import Signs, account_rows, fit
from copytui.tui.present.accounts import ACCOUNT_LINES, AccountContext, account_columns, account_lines, troubles
from copytui.tui.present.cells import line_width
from copytui.tui.widgets.key_bar import key_line
from tests.tui import exits, snapshots
from tests.tui.fake import MONOTONIC, FakeDemo
from tests.tui.pilot_driver import PilotDriver, a_pilot_driver

PANES = ("orders", "followers", "events", "statistics")
RANKED = sorted((command for command in COMMANDS if command.bar_rank), key=lambda command: command.bar_rank)
OTHERS = [command for command in RANKED if command.bar_rank < HELD]
LIVE_WORDS = {"mode": "Dry run", "pause": "Resume", "halt": "Release", "approvals": "Approve 12"}


@asynccontextmanager
async def a_small_seat(snapshot: Snapshot | None = None, *, demo: FakeDemo | None = None) -> AsyncIterator[PilotDriver]:
    async with a_pilot_driver(snapshot, demo=demo, size=(80, 24)) as driver:
        yield driver


def in_sight(driver: PilotDriver) -> list[str]:
    main = driver.app.main
    panes = (main.orders, main.followers, main.events_pane, main.full_statistics)
    return [name for name, pane in zip(PANES, panes, strict=True) if pane.display and pane.region.area]


def text_of(width: int, words: dict[str, str] | None = None) -> str:
    return "".join(piece.text for piece in key_line(RANKED, words or {}, width))


async def test_tab_goes_through_all_panes_of_a_small_terminal_and_back() -> None:
    async with a_small_seat() as driver:
        seen = []
        for key in ["tab"] * 4 + ["shift+tab"] * 4:
            await driver.press(key)
            assert in_sight(driver) == [driver.app.main.pane_in_focus()]
            seen += in_sight(driver)
        assert seen == [*PANES[1:], "orders", *PANES[:0:-1], "orders"]
        assert any("▸1 Orders" in line for line in driver.lines())


async def test_the_statistics_come_filled_by_tab() -> None:
    async with a_small_seat() as driver:
        await driver.press("shift+tab")
        assert in_sight(driver) == ["statistics"]
        assert any("Sara" in line for line in driver.lines())


async def test_tab_from_the_field_of_a_search_goes_on_to_the_next_pane() -> None:
    async with a_small_seat() as driver:
        await driver.press("slash", *"sbin", "tab")
        assert in_sight(driver) == ["followers"]
        assert driver.app.main.pane_in_focus() == "followers"
        await driver.press("shift+tab")
        assert driver.symbols() == ["SBIN-EQ"]


async def test_tab_does_not_choose_an_order_again() -> None:
    async with a_small_seat() as driver:
        await driver.press("escape", *["tab"] * 5)
        assert in_sight(driver) == ["followers"]
        assert any("accounts" in line for line in driver.lines())


async def test_tab_goes_on_from_a_zoomed_pane_and_out_of_the_statistics_in_full() -> None:
    async with a_pilot_driver() as driver:
        await driver.press("plus", "tab")
        assert in_sight(driver) == ["followers"]
        await driver.press("tab", "tab", "shift+tab")
        assert in_sight(driver) == ["events"]
        await driver.press("plus", "4")
        assert in_sight(driver) == ["statistics"]
        await driver.press("tab")
        assert in_sight(driver) == ["orders", "followers", "events"]
        assert driver.app.main.pane_in_focus() == "orders"
        await driver.press("4", "shift+tab")
        assert driver.app.main.pane_in_focus() == "events"


async def test_a_zoomed_pane_has_the_whole_width() -> None:
    async with a_pilot_driver() as driver:
        for keys in (("plus",), ("plus", "escape", "2", "plus"), ("plus", "1", "plus")):
            await driver.press(*keys)
            (pane,) = in_sight(driver)
            assert getattr(driver.app.main, pane).region.width == 120


async def test_tab_in_a_dialog_stays_in_the_dialog() -> None:
    async with a_small_seat() as driver:
        await driver.press("f", "tab")
        assert not driver.shows(MainScreen)
        await driver.press("escape")
        assert in_sight(driver) == ["orders"]


# the key bar


@pytest.mark.parametrize("name", [name for name in snapshots.ALL if name != "starting"])
@pytest.mark.parametrize("demo", [None, FakeDemo()])
async def test_help_quit_and_the_palette_are_always_in_the_key_bar(name: str, demo: FakeDemo | None) -> None:
    async with a_small_seat(snapshots.ALL[name](), demo=demo) as driver:
        bar = driver.lines()[-1]
        assert "? Help q Quit" in bar
        assert bar.endswith(" ^p more ")
        assert bar.startswith(" d ")


@pytest.mark.parametrize("width", range(23, 161))
@pytest.mark.parametrize("words", [{}, LIVE_WORDS])
def test_no_width_is_without_help_and_the_way_out(words: dict[str, str], width: int) -> None:
    text = text_of(width, words)
    assert "? Help" in text
    assert "q Quit" in text
    assert text.endswith("^p more ")
    assert line_width(key_line(RANKED, words, width)) == width


def test_where_room_is_short_the_last_ranks_become_keys_alone_and_then_go() -> None:
    assert [command.id for command in RANKED if command.bar_rank >= HELD] == ["help", "quit", "palette"]
    assert RANKED[-1].bar_rank == LAST
    before = (len(OTHERS), len(OTHERS))
    for width in range(160, 22, -1):
        parts = text_of(width).replace("? Help", "").replace("q Quit", "").replace("^p more", "").split()
        keys = [command for command in OTHERS if command.key_name in parts]
        named = [command for command in OTHERS if command.short.split()[0] in parts]
        assert keys == OTHERS[: len(keys)]
        assert named == OTHERS[: len(named)]
        assert len(named) == 0 or len(keys) == len(OTHERS)
        assert (len(keys), len(named)) <= before
        before = (len(keys), len(named))
    assert before == (0, 0)


# the accounts


async def test_the_accounts_of_a_small_terminal_tell_all_that_is_promised() -> None:
    async with a_small_seat(snapshots.halted()) as driver:
        await driver.press("escape", "2", "escape", *["down"] * 3)
        text = "\n".join(driver.lines())
        for words in ("follower", "mode", "funds", "pos", "last error", "min"):
            assert words in text
        assert "✓ ready · order budget 15/500 min 51/1000 h" in text
        assert "halted: 5 failures in a row" in text


@pytest.mark.parametrize("ascii_only", [False, True])
@pytest.mark.parametrize("name", ["halted", "busy", "hostile", "starting"])
@pytest.mark.parametrize("width", [30, 38, 57, 76])
def test_the_lines_of_an_account_fit_and_keep_their_figures(width: int, name: str, ascii_only: bool) -> None:
    for view in snapshots.ALL[name]().followers:
        lines = account_lines(view, Signs.of(ascii_only=ascii_only), width)
        assert len(lines) == ACCOUNT_LINES
        budget = view.budget
        figures = f"{budget.minute_used}/{budget.minute_limit} min {budget.hour_used}/{budget.hour_limit} h"
        head = "".join(piece.text for piece in lines[0])
        assert head.endswith(figures)
        assert all(line_width(line) <= max(width, line_width(lines[0][1:])) for line in lines)
        assert not ascii_only or all(piece.text.isascii() for line in lines for piece in line)


def test_all_that_is_wrong_with_an_account_is_named_once_the_worst_first() -> None:
    view = snapshots.a_follower(
        0, halted_because="5 failures", close_only="lost too much", last_error="5 failures", failing="funds",
        session=SessionState.LOCKED, session_text="invalid TOTP",
    )  # fmt: skip
    assert troubles(view) == [
        ("halted", "5 failures"), ("close only", "lost too much"), ("login", "invalid TOTP"), ("read failing", "funds"),
    ]  # fmt: skip


@pytest.mark.parametrize("width", range(34, 120))
def test_no_figure_of_an_account_is_cut_in_any_width(width: int) -> None:
    rows = account_rows(exits.left_behind().followers, Signs(), AccountContext(MONOTONIC, Decimal(10000)))
    fitted = fit(account_columns(rows), width)
    assert sum(wide for _, wide in fitted) <= width
