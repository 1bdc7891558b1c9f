"""What is under the cursor when pictures come: commands act on what was chosen, or on nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

import pytest

from copytui.domain.copies import CopyState
from copytui.engine.commands import SetFollower
from copytui.engine.snapshot import OrderView, Snapshot
from copytui.tui import input_timing
from tests.tui import snapshots
from tests.tui.fake import follower_id
from tests.tui.pilot_driver import PilotDriver, a_pilot_driver


def new_order(number: int, followers: Sequence[int]) -> OrderView:
    order = snapshots.an_order_of(number, quantity=75, filled=75)
    return snapshots.a_view(order, tuple(snapshots.a_copy_of(order, each, CopyState.QUEUED) for each in followers))


def after(snapshot: Snapshot, *views: OrderView) -> Snapshot:
    return replace(snapshot, version=snapshot.version + 1, orders=(*views, *snapshot.orders))


def chosen(driver: PilotDriver) -> str | None:
    order = driver.app.main.selected_order()
    return None if order is None else str(order.known.order.key)


def without(snapshot: Snapshot, key: str) -> Snapshot:
    kept = tuple(view for view in snapshot.orders if view.known.order.key != key)
    return replace(snapshot, version=snapshot.version + 1, orders=kept)


# the followers


@pytest.mark.parametrize("down", [0, 2])
async def test_a_new_order_leaves_the_cursor_on_its_follower(down: int) -> None:
    async with a_pilot_driver(snapshots.live()) as driver:
        await driver.press("2", *["j"] * down)
        await driver.see(after(snapshots.live(), new_order(40, (4, 3, 2, 1, 0)[: 5 - down])))
        await driver.press("x")
        assert driver.told() == ([SetFollower(follower_id(down), enabled=False)])


@pytest.mark.parametrize("down", [0, 2])
async def test_where_a_new_order_has_no_row_of_the_follower_nobody_is_chosen(down: int) -> None:
    async with a_pilot_driver(snapshots.live()) as driver:
        await driver.press("2", *["j"] * down)
        snapshot = after(snapshots.live(), new_order(40, (3, 4)))
        await driver.see(snapshot)
        assert driver.app.main.selected_follower() is None
        await driver.press("x", "1", "2", "x")
        assert driver.told() == []
        snapshot = after(snapshot, new_order(41, (1, 0, 2)))
        await driver.see(snapshot)
        assert driver.app.main.selected_follower() == follower_id(down)
        await driver.see(after(snapshot, new_order(42, (3, 4))))
        await driver.press("down")
        assert driver.app.main.selected_follower() == follower_id(3)


async def test_the_key_of_the_pane_chooses_where_nobody_is_chosen_in_it() -> None:
    async with a_pilot_driver(snapshots.live()) as driver:
        await driver.press("2")
        await driver.see(after(snapshots.live(), new_order(40, (3, 4))))
        await driver.press("2", "x")
        assert driver.told() == [SetFollower(follower_id(3), enabled=False)]


async def test_the_follower_stays_chosen_between_copies_accounts_and_orders() -> None:
    async with a_pilot_driver(snapshots.live()) as driver:
        await driver.press("2", "j", "j", "1", "down", "2")
        assert driver.app.main.selected_follower() == follower_id(2)
        await driver.press("escape")
        assert driver.app.main.followers.order is None
        assert driver.app.main.selected_follower() == follower_id(2)
        await driver.press("1", "down", "2")  # a skipped order: no follower has a row
        assert driver.app.main.selected_follower() is None
        await driver.press("1", "up", "2")
        assert driver.app.main.selected_follower() == follower_id(2)


async def test_a_new_order_is_shown_from_its_first_follower_on() -> None:
    snapshot = snapshots.crowded(orders=3, followers=50)
    everybody = range(50)
    async with a_pilot_driver(snapshot) as driver:
        table = driver.app.main.followers.table
        await driver.press("2", "s", "G", "g", "1")
        await driver.see(after(snapshot, new_order(40, everybody)))
        assert table.scroll_offset.y == 0
        await driver.press("2", *["down"] * 30, "1")
        assert table.scroll_offset.y > 0
        await driver.see(after(snapshot, new_order(41, everybody[::-1])))
        assert table.cursor_row == 30
        assert table.scroll_offset.y <= 30 < table.scroll_offset.y + table.size.height


async def test_a_follower_whose_row_no_longer_matches_the_search_gives_way_to_nobody() -> None:
    async with a_pilot_driver(snapshots.live()) as driver:
        await driver.press("2", "slash", *"filled", "enter", "down")
        assert driver.app.main.selected_follower() == follower_id(1)
        view, *others = snapshots.live().orders
        copies = tuple(
            replace(copy, state=CopyState.UNKNOWN) if copy.follower == follower_id(1) else copy for copy in view.copies
        )
        await driver.see(replace(snapshots.live(), version=9, orders=(replace(view, copies=copies), *others)))
        await driver.press("x")
        assert driver.told() == []
        await driver.press("escape")
        assert driver.app.main.selected_follower() == follower_id(1)


# the orders


async def test_an_order_that_goes_by_itself_gives_way_to_none_and_is_chosen_again() -> None:
    async with a_pilot_driver(snapshots.live()) as driver:
        await driver.press("down", "down")
        assert chosen(driver) == "U8"
        await driver.see(without(snapshots.live(), "U8"))
        assert chosen(driver) is None
        await driver.press("b")
        assert driver.told() == []
        assert driver.says() == ["select an order first (1)"]
        await driver.see(snapshots.live())
        assert chosen(driver) == "U8"
        await driver.see(without(snapshots.live(), "U8"))
        await driver.press("2", "1")
        assert chosen(driver) is None
        await driver.press("enter")
        assert driver.shows(type(driver.app.main))
        assert chosen(driver) == "U7"


async def test_a_click_chooses_where_the_chosen_order_has_gone() -> None:
    async with a_pilot_driver(snapshots.live()) as driver:
        await driver.press("down", "down")
        await driver.see(without(snapshots.live(), "U8"))
        await driver.pilot.click(driver.app.main.orders.table, offset=(5, 2))
        await driver.pilot.pause()
        assert chosen(driver) == "U9"


async def test_an_order_that_slides_under_the_cursor_is_known_for_a_moment() -> None:
    async with a_pilot_driver(snapshots.live()) as driver:
        main = driver.app.main
        assert not main.slid_just_now()
        await driver.press("down", "up", "slash", *"sbin", "enter", "escape", "g", "s")
        assert not main.slid_just_now()  # all of that was the user
        await driver.press(*["s"] * 7, "g")
        await driver.see(after(snapshots.live(), new_order(40, (0,))))
        assert chosen(driver) == "U40"
        assert main.slid_just_now()
        driver.engine_client.now += input_timing.SLID_SECONDS
        assert not main.slid_just_now()
        await driver.press("down")
        await driver.see(after(snapshots.live(), new_order(41, (0,)), new_order(40, (0,))))
        assert not main.slid_just_now()


# a frozen screen


async def test_a_frozen_screen_says_whether_it_is_live_and_what_is_copied_and_draws_what_it_drew() -> None:
    async with a_pilot_driver(snapshots.busy()) as driver:
        await driver.press("z")
        drawn = driver.app.main.drawn
        await driver.see(snapshots.with_rules(snapshots.live(), multiplier=Decimal(3)))
        main = driver.app.main
        for pane in (main.statistics, main.orders, main.followers, main.events_pane):
            assert str(pane.border_title).startswith("LIVE ")
            assert pane.styles.border_top[0] == "heavy"
        assert "x3" in main.filter_line.filters.plain
        assert main.drawn is drawn
        await driver.press("z")
        assert main.drawn is driver.app.latest
