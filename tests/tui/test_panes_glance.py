"""What the main screen must not leave unsaid at a glance, at every size of it."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from copytui.domain.copies import CopyState
from copytui.domain.decisions import Plan
from copytui.domain.filters import Filters
from copytui.domain.reasons import Reason
from tests.tui import snapshots
from tests.tui.fake import MONOTONIC, FakeFront, follower_id
from tests.tui.screen_host import OrderStatus


def shown(app: OrderStatus) -> list[list[str]]:
    """Return the cells of the orders as they are drawn."""
    table = app.main.orders.table
    return [[text.strip() for text in table.texts(row)] for row in table.rows_shown]


@pytest.mark.parametrize("size", [(80, 24), (120, 24), (120, 36)])
async def test_every_line_of_the_mode_bar_has_its_row_from_the_start_on(size: tuple[int, int]) -> None:
    app = OrderStatus(FakeFront(snapshots.halted()))
    async with app.run_test(size=size) as pilot:
        app.pull()
        await pilot.pause()
        assert len(app.main.mode_bar.lines) == app.main.mode_bar.size.height == 2
        paused = snapshots.with_rules(snapshots.halted(), paused=True)
        app.engine_client.picture = replace(paused, missed=snapshots.missed().missed, paused_since=MONOTONIC)
        app.engine_client.now += 57
        app.pull()
        app.main.freeze()
        await pilot.pause()
        bar = app.main.mode_bar
        assert len(bar.lines) == bar.size.height == (4 if size[0] == 80 else 3)


async def test_orders_newer_than_those_in_sight_are_counted_in_amber() -> None:
    app = OrderStatus(FakeFront(snapshots.crowded(orders=60, followers=2)))
    async with app.run_test(size=(120, 36)) as pilot:
        app.pull()
        await pilot.pause()
        assert app.main.orders.border_subtitle == "newest first"
        await pilot.press("down", "down", "down")
        snapshot = snapshots.crowded(orders=72, followers=2)
        app.engine_client.picture = replace(snapshot, version=20)
        app.pull()
        await pilot.pause()
        assert app.main.orders.table.selected_key == "U57"
        assert shown(app)[12][0] == "12:01:00"
        words = app.main.orders.border_subtitle
        assert words == "[bold $text-warning]12 newer above: g[/bold $text-warning]"
        app.main.sort()
        await pilot.pause()
        assert app.main.orders.border_subtitle == "by time"
        for _ in range(7):
            app.main.sort()
        await pilot.press("g")
        await pilot.pause()
        assert app.main.orders.border_subtitle == "newest first"


@pytest.mark.parametrize(("dry_run", "words"), [(True, "5/5 would copy"), (False, "5/5 copied")])
async def test_the_followers_have_nothing_of_a_dry_run(dry_run: bool, words: str) -> None:
    state = CopyState.SIMULATED if dry_run else CopyState.FILLED
    order = snapshots.an_order_of(1)
    view = snapshots.a_view(order, tuple(snapshots.a_copy_of(order, n, state) for n in range(5)))
    app = OrderStatus(FakeFront(snapshots.with_rules(snapshots.a_snapshot(orders=(view,)), dry_run=dry_run)))
    async with app.run_test(size=(120, 36)) as pilot:
        app.pull()
        await pilot.pause()
        assert app.main.followers.border_subtitle == words
        assert shown(app)[0][5] == ("≈5/5" if dry_run else "5/5")


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("typing", [True, False])
async def test_what_is_switched_off_stands_beside_a_search(width: int, typing: bool) -> None:
    filters = Filters(block_symbols=("BANKNIFTY", "FINNIFTY", "NIFTY", "TATASTEEL"), market_orders=False)
    snapshot = snapshots.with_rules(
        snapshots.busy(), filters=filters, require_confirmation=True, multiplier=Decimal("2.5")
    )  # fmt: skip
    app = OrderStatus(FakeFront(snapshot))
    async with app.run_test(size=(width, 24 if width == 80 else 36)) as pilot:
        app.pull()
        app.main.search()
        await pilot.press(*"nifty", *([] if typing else ["enter"]))
        app.pull()
        await pilot.pause()
        line = app.main.filter_line
        for words in ("no market", "x2.5", "approval"):
            assert words in line.filters.plain[: line.filters.size.width]
        assert "4 blocked" in line.filters.plain
        assert "8 of 10 rows" in line.found.plain[: line.found.size.width]


async def test_title_and_column_count_the_same_followers() -> None:
    order = snapshots.an_order_of(1)
    copies = tuple(snapshots.a_copy_of(order, n, CopyState.FILLED) for n in range(3))
    view = snapshots.a_view(order, copies, followers=3)
    [decided] = view.executions
    out = (Plan(follower_id(3), "Sara", 0, Reason.BELOW_ONE_LOT, ""), Plan(follower_id(4), "Kim", 0, Reason.DISABLED))
    decided = replace(decided, decision=replace(decided.decision, plans=(*decided.decision.plans, *out)))
    app = OrderStatus(FakeFront(snapshots.a_snapshot(orders=(replace(view, executions=(decided,)),))))
    async with app.run_test(size=(120, 36)) as pilot:
        app.pull()
        await pilot.pause()
        assert shown(app)[0][5:] == ["3/4", "✓ filled, 1 missing"]
        assert app.main.followers.border_subtitle == "3/4 copied"
