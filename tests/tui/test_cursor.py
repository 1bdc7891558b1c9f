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
from tests.tui import pictures
from tests.tui.fake import follower_id
from tests.tui.seat import Seat, a_seat


def new_order(number: int, followers: Sequence[int]) -> OrderView:
    order = pictures.an_order_of(number, quantity=75, filled=75)
    return pictures.a_view(order, tuple(pictures.a_copy_of(order, each, CopyState.QUEUED) for each in followers))


def after(picture: Snapshot, *views: OrderView) -> Snapshot:
    return replace(picture, version=picture.version + 1, orders=(*views, *picture.orders))


def chosen(seat: Seat) -> str | None:
    order = seat.app.main.selected_order()
    return None if order is None else str(order.known.order.key)


def without(picture: Snapshot, key: str) -> Snapshot:
    kept = tuple(view for view in picture.orders if view.known.order.key != key)
    return replace(picture, version=picture.version + 1, orders=kept)


# the followers


@pytest.mark.parametrize("down", [0, 2])
async def test_a_new_order_leaves_the_cursor_on_its_follower(down: int) -> None:
    async with a_seat(pictures.live()) as seat:
        await seat.press("2", *["j"] * down)
        await seat.see(after(pictures.live(), new_order(40, (4, 3, 2, 1, 0)[: 5 - down])))
        await seat.press("x")
        assert seat.told() == ([SetFollower(follower_id(down), enabled=False)])


@pytest.mark.parametrize("down", [0, 2])
async def test_where_a_new_order_has_no_row_of_the_follower_nobody_is_chosen(down: int) -> None:
    async with a_seat(pictures.live()) as seat:
        await seat.press("2", *["j"] * down)
        picture = after(pictures.live(), new_order(40, (3, 4)))
        await seat.see(picture)
        assert seat.app.main.selected_follower() is None
        await seat.press("x", "1", "2", "x")
        assert seat.told() == []
        picture = after(picture, new_order(41, (1, 0, 2)))
        await seat.see(picture)
        assert seat.app.main.selected_follower() == follower_id(down)
        await seat.see(after(picture, new_order(42, (3, 4))))
        await seat.press("down")
        assert seat.app.main.selected_follower() == follower_id(3)


async def test_the_key_of_the_pane_chooses_where_nobody_is_chosen_in_it() -> None:
    async with a_seat(pictures.live()) as seat:
        await seat.press("2")
        await seat.see(after(pictures.live(), new_order(40, (3, 4))))
        await seat.press("2", "x")
        assert seat.told() == [SetFollower(follower_id(3), enabled=False)]


async def test_the_follower_stays_chosen_between_copies_accounts_and_orders() -> None:
    async with a_seat(pictures.live()) as seat:
        await seat.press("2", "j", "j", "1", "down", "2")
        assert seat.app.main.selected_follower() == follower_id(2)
        await seat.press("escape")
        assert seat.app.main.followers.order is None
        assert seat.app.main.selected_follower() == follower_id(2)
        await seat.press("1", "down", "2")  # a skipped order: no follower has a row
        assert seat.app.main.selected_follower() is None
        await seat.press("1", "up", "2")
        assert seat.app.main.selected_follower() == follower_id(2)


async def test_a_new_order_is_shown_from_its_first_follower_on() -> None:
    picture = pictures.crowded(orders=3, followers=50)
    everybody = range(50)
    async with a_seat(picture) as seat:
        table = seat.app.main.followers.table
        await seat.press("2", "s", "G", "g", "1")
        await seat.see(after(picture, new_order(40, everybody)))
        assert table.scroll_offset.y == 0
        await seat.press("2", *["down"] * 30, "1")
        assert table.scroll_offset.y > 0
        await seat.see(after(picture, new_order(41, everybody[::-1])))
        assert table.cursor_row == 30
        assert table.scroll_offset.y <= 30 < table.scroll_offset.y + table.size.height


async def test_a_follower_whose_row_no_longer_matches_the_search_gives_way_to_nobody() -> None:
    async with a_seat(pictures.live()) as seat:
        await seat.press("2", "slash", *"filled", "enter", "down")
        assert seat.app.main.selected_follower() == follower_id(1)
        view, *others = pictures.live().orders
        copies = tuple(
            replace(copy, state=CopyState.UNKNOWN) if copy.follower == follower_id(1) else copy for copy in view.copies
        )
        await seat.see(replace(pictures.live(), version=9, orders=(replace(view, copies=copies), *others)))
        await seat.press("x")
        assert seat.told() == []
        await seat.press("escape")
        assert seat.app.main.selected_follower() == follower_id(1)


# the orders


async def test_an_order_that_goes_by_itself_gives_way_to_none_and_is_chosen_again() -> None:
    async with a_seat(pictures.live()) as seat:
        await seat.press("down", "down")
        assert chosen(seat) == "U8"
        await seat.see(without(pictures.live(), "U8"))
        assert chosen(seat) is None
        await seat.press("b")
        assert seat.told() == []
        assert seat.says() == ["select an order first (1)"]
        await seat.see(pictures.live())
        assert chosen(seat) == "U8"
        await seat.see(without(pictures.live(), "U8"))
        await seat.press("2", "1")
        assert chosen(seat) is None
        await seat.press("enter")
        assert seat.shows(type(seat.app.main))
        assert chosen(seat) == "U7"


async def test_a_click_chooses_where_the_chosen_order_has_gone() -> None:
    async with a_seat(pictures.live()) as seat:
        await seat.press("down", "down")
        await seat.see(without(pictures.live(), "U8"))
        await seat.pilot.click(seat.app.main.orders.table, offset=(5, 2))
        await seat.pilot.pause()
        assert chosen(seat) == "U9"


async def test_an_order_that_slides_under_the_cursor_is_known_for_a_moment() -> None:
    async with a_seat(pictures.live()) as seat:
        main = seat.app.main
        assert not main.slid_just_now()
        await seat.press("down", "up", "slash", *"sbin", "enter", "escape", "g", "s")
        assert not main.slid_just_now()  # all of that was the user
        await seat.press(*["s"] * 7, "g")
        await seat.see(after(pictures.live(), new_order(40, (0,))))
        assert chosen(seat) == "U40"
        assert main.slid_just_now()
        seat.engine_client.now += input_timing.SLID_SECONDS
        assert not main.slid_just_now()
        await seat.press("down")
        await seat.see(after(pictures.live(), new_order(41, (0,)), new_order(40, (0,))))
        assert not main.slid_just_now()


# a frozen screen


async def test_a_frozen_screen_says_whether_it_is_live_and_what_is_copied_and_draws_what_it_drew() -> None:
    async with a_seat(pictures.busy()) as seat:
        await seat.press("z")
        drawn = seat.app.main.drawn
        await seat.see(pictures.with_rules(pictures.live(), multiplier=Decimal(3)))
        main = seat.app.main
        for pane in (main.statistics, main.orders, main.followers, main.events_pane):
            assert str(pane.border_title).startswith("LIVE ")
            assert pane.styles.border_top[0] == "heavy"
        assert "x3" in main.filter_line.filters.plain
        assert main.drawn is drawn
        await seat.press("z")
        assert main.drawn is seat.app.latest
