"""The dialog of the filters is kept when it closes: opened again it is as if it had just been made."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from textual.widgets import Input

from copytui.domain.filters import Filters
from copytui.engine.commands import SetFilters
from copytui.tui.dialogs.filters import FiltersScreen
from copytui.tui.main.screen import MainScreen
from copytui.tui.widgets.long_text import LongText
from tests.tui import snapshots
from tests.tui.fake import FakeFront
from tests.tui.pilot_driver import PilotDriver, a_pilot_driver

EDITED = Filters(allow_symbols=("NIFTY", "SBIN-EQ"), block_symbols=("BANK*",), limit_orders=False)


def sharing(engine_client: FakeFront) -> None:
    """Let every follower use the shared multiplier."""
    followers = tuple(replace(follower, shares_multiplier=True) for follower in engine_client.settings.followers)
    engine_client.settings = replace(engine_client.settings, followers=followers)


def drawn(driver: PilotDriver) -> list[str]:
    """The dialog as it is drawn, without what lies beside it."""
    box = driver.app.screen.query_one("#box").region
    return [line[box.x : box.right] for line in driver.lines()[box.y : box.bottom]]


@pytest.mark.parametrize("before", [Filters(), Filters(block_symbols=("SBIN",), market_orders=False)])
async def test_nothing_of_the_last_edit_is_left(before: Filters) -> None:
    async with a_pilot_driver(snapshots.with_rules(snapshots.busy(), filters=EDITED, multiplier=Decimal(2))) as fresh:
        sharing(fresh.engine_client)
        await fresh.press("f")
        wanted = drawn(fresh)
    async with a_pilot_driver(
        snapshots.with_rules(snapshots.busy(), filters=before, multiplier=Decimal("0.5"))
    ) as driver:
        sharing(driver.engine_client)
        await driver.press(
            "f", *"LEFTOVER", "tab", *"MORE", "tab", "space", "tab", "tab", "tab", "9", "pagedown", "escape"
        )
        assert driver.shows(MainScreen)
        await driver.see(snapshots.with_rules(snapshots.busy(), filters=EDITED, multiplier=Decimal(2)))
        await driver.press("f")
        assert drawn(driver) == wanted
        assert driver.app.focused is driver.app.screen.query_one("#allow", Input)
        assert driver.app.screen.query_one("#preview", LongText).scroll_y == 0
        await driver.press("enter")
        assert driver.engine_client.submitted == []
        await driver.press("f", "tab", "end", *", X", "enter")
        assert driver.engine_client.submitted == [SetFilters(replace(EDITED, block_symbols=("BANK*", "X")))]


@pytest.mark.parametrize("left_by", ["home", "pagedown pagedown"])
async def test_the_focus_is_where_it_is_in_a_new_dialog(left_by: str) -> None:
    snapshot = snapshots.with_rules(snapshots.crowded(100, 3), filters=EDITED)
    async with a_pilot_driver(snapshot) as fresh:
        await fresh.press("f", "Q")
        wanted = drawn(fresh)
    async with a_pilot_driver(snapshot) as driver:
        await driver.press("f", *left_by.split(), "escape", "f", "Q")
        assert drawn(driver) == wanted


async def test_the_same_screen_opens_again_without_more_widgets() -> None:
    async with a_pilot_driver() as driver:
        await driver.press("f")
        first, widgets = driver.app.screen, len(list(driver.app.screen.walk_children()))
        for _ in range(5):
            await driver.press("escape", "f")
            assert driver.app.screen is first
            assert isinstance(first, FiltersScreen)
            assert len(list(first.walk_children())) == widgets


async def test_a_change_of_size_or_theme_in_between_shows() -> None:
    async with a_pilot_driver() as driver:
        await driver.press("f", "escape", "t")
        await driver.pilot.resize_terminal(80, 24)
        await driver.press("f")
        await driver.pilot.pause()
        box = driver.app.screen.query_one("#box")
        assert (box.region.right, box.region.bottom) <= (80, 24)
        assert box.background_colors[1].brightness > 0.5  # the light one


async def test_it_is_made_while_the_keys_are_idle_and_opens_with_the_filters_in_force() -> None:
    async with a_pilot_driver(snapshots.with_rules(snapshots.busy(), filters=EDITED)) as fresh:
        await fresh.press("f")
        wanted = drawn(fresh)
    async with a_pilot_driver() as driver:
        driver.engine_client.now += 1.0
        driver.app.tidy_up()
        await driver.pilot.pause()
        assert driver.shows(MainScreen)
        assert any(isinstance(node, FiltersScreen) for node in driver.app._registry)
        driver.engine_client.now += 1.0
        await driver.see(snapshots.with_rules(snapshots.busy(), filters=EDITED))
        await driver.press("f")
        assert drawn(driver) == wanted
        await driver.press("tab", "end", *", X", "enter")
        assert driver.engine_client.submitted == [SetFilters(replace(EDITED, block_symbols=("BANK*", "X")))]


async def test_it_opens_while_it_is_being_made() -> None:
    async with a_pilot_driver(snapshots.with_rules(snapshots.busy(), filters=EDITED)) as driver:
        driver.engine_client.now += 1.0
        driver.app.tidy_up()
        driver.app.filters_dialog.open()
        await driver.pilot.pause()
        assert driver.shows(FiltersScreen)
        await driver.press("enter")
        assert driver.shows(MainScreen)
        assert driver.engine_client.submitted == []
        await driver.press("f")
        assert driver.shows(FiltersScreen)


async def test_the_palette_does_not_open_over_it() -> None:
    async with a_pilot_driver() as driver:
        await driver.press("f", *"AAA", "ctrl+p")
        assert driver.shows(FiltersScreen)
        assert driver.app.screen.query_one("#allow", Input).value == "AAA"


async def test_it_does_not_open_over_itself() -> None:
    async with a_pilot_driver() as driver:
        await driver.press("f", *"AAA")
        driver.app.filters_dialog.open()
        await driver.pilot.pause()
        assert len(set(driver.app.screen_stack)) == len(driver.app.screen_stack)
        assert driver.app.screen.query_one("#allow", Input).value == "AAA"
        assert driver.says() == ["the filters are open"]
        await driver.press("escape")
        assert driver.shows(MainScreen)


async def test_orders_that_come_while_it_is_open_are_previewed_too_and_nothing_moves() -> None:
    fewer = replace(snapshots.crowded(60, 3), orders=snapshots.crowded(60, 3).orders[:40])
    async with a_pilot_driver(fewer) as driver:
        await driver.press("f", *"AB", "left", "pagedown")
        screen = driver.app.screen
        assert isinstance(screen, FiltersScreen)
        field, preview = screen.query_one("#allow", Input), screen.query_one("#preview", LongText)
        assert "of today's 40 orders" in screen._drawn["summary"].plain
        await driver.see(snapshots.crowded(60, 3))
        screen.redraw()
        await driver.pilot.pause()
        assert "of today's 60 orders" in screen._drawn["summary"].plain
        assert (field.value, field.cursor_position, preview.scroll_y) == ("AB", 1, 8)
        assert driver.app.focused is field


async def test_nothing_is_previewed_while_it_is_closed_and_nothing_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[int] = []

    def counted(self: FiltersScreen) -> None:
        tried.append(len(self._orders))

    assert FiltersScreen.PULL_SECONDS == 2.0
    async with a_pilot_driver(snapshots.crowded(40, 3)) as driver:
        await driver.press("f")
        screen = driver.app.screen
        assert isinstance(screen, FiltersScreen)
        monkeypatch.setattr(FiltersScreen, "_preview", counted)
        screen.redraw()
        assert tried == []
        await driver.press("f1")
        await driver.see(snapshots.crowded(60, 3))
        screen.redraw()
        assert tried == []
        await driver.press("escape")
        screen.redraw()
        screen.redraw()
        assert tried == [60]
        await driver.press("escape")
        await driver.see(snapshots.crowded(70, 3))
        screen.redraw()
        assert tried == [60]


async def test_a_line_that_is_too_long_is_cut_and_not_wrapped() -> None:
    async with a_pilot_driver(snapshots.crowded(20, 3)) as driver:
        await driver.press("f")
        await driver.pilot.resize_terminal(60, 24)
        await driver.pilot.pause()
        preview = driver.app.screen.query_one("#preview", LongText)
        assert preview.virtual_size.height == len(preview.plain.splitlines())
