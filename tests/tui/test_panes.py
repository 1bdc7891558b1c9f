"""The panes of the main screen, driven by keys; the engine is scripted."""

from __future__ import annotations

import json
import time
from dataclasses import replace

import pytest
from textual.geometry import Region

from copytui.domain.copies import CopyState
from copytui.domain.orders import Exchange
from copytui.domain.sessions import SessionTable, read_session
from copytui.engine.snapshot import OrderView, Snapshot
from copytui.tui.main.screen import MainScreen
from copytui.tui.widgets.table import KeyedTable
from tests.builders import after
from tests.tui import exits, snapshots
from tests.tui.fake import MONOTONIC, FakeDemo, FakeFront, follower_id
from tests.tui.screen_host import OrderStatus


def keys_of(app: OrderStatus, pane: str) -> list[str]:
    table = getattr(app.main, pane).table
    return [row.key for row in table.rows_shown]


def shown(app: OrderStatus, pane: str) -> list[list[str]]:
    table = getattr(app.main, pane).table
    return [[text.strip() for text in table.texts(row)] for row in table.rows_shown]


def with_order(snapshot: Snapshot, view: OrderView) -> Snapshot:
    kept = tuple(old for old in snapshot.orders if old.known.order.key != view.known.order.key)
    return replace(snapshot, version=snapshot.version + 1, orders=(view, *kept))


def newest(number: int = 20) -> OrderView:
    return snapshots.a_view(snapshots.an_order_of(number), followers=5)


async def test_a_picture_fills_the_panes() -> None:
    app = OrderStatus(FakeFront(snapshots.busy()))
    async with app.run_test(size=(120, 36)) as pilot:
        app.pull()
        await pilot.pause()
        assert shown(app, "orders")[1] == ["12:09:00", "SELL", "SBIN-EQ", "15", "812.35", "5/5", "✓ filled"]
        assert shown(app, "followers")[2] == ["Meera", "25/75", "◐ partial", "303", "@101.65"]
        assert app.main.orders.border_title == "▸1 Master orders (10)"
        assert app.main.followers.border_title == "2 Followers · NIFTY28NOV2624500CE 12:10:00"
        assert app.main.selected_order() is snapshots.busy().orders[0] or app.main.selected_order() is not None


async def test_nothing_changed_nothing_is_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    app = OrderStatus(FakeFront(snapshots.busy()))
    async with app.run_test(size=(120, 36)) as pilot:
        app.pull()
        await pilot.pause()
        refreshed: list[object] = []
        monkeypatch.setattr(KeyedTable, "refresh", lambda self, *_, **__: refreshed.append(self))
        app.engine_client.picture = replace(snapshots.busy(), version=8)
        app.pull()
        app.pull()
        assert refreshed == []


async def test_only_the_lines_that_changed_are_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    snapshot = snapshots.busy()
    app = OrderStatus(FakeFront(snapshot))
    async with app.run_test(size=(120, 36)) as pilot:
        app.pull()
        await pilot.pause()
        drawn: list[tuple[str | None, int, int]] = []
        refresh = KeyedTable.refresh

        def spy(table: KeyedTable, *regions: Region, **options: bool) -> KeyedTable:
            drawn.extend((table.id, region.y, region.height) for region in regions)
            return refresh(table, *regions, **options)

        monkeypatch.setattr(KeyedTable, "refresh", spy)
        view = snapshot.orders[0]
        filled = tuple(
            replace(copy, state=CopyState.FILLED, filled=75) if copy.state is CopyState.PARTIAL else copy
            for copy in view.copies
        )
        app.engine_client.picture = with_order(snapshot, replace(view, copies=filled))
        app.pull()
        assert drawn == [("followers-table", 3, 1)]
        await pilot.pause()
        assert shown(app, "followers")[2][1:3] == ["75/75", "✓ filled"]


async def test_at_the_top_the_cursor_follows_the_newest_order() -> None:
    app = OrderStatus(FakeFront(snapshots.busy()))
    async with app.run_test(size=(120, 36)) as pilot:
        app.pull()
        app.engine_client.picture = with_order(snapshots.busy(), newest())
        app.pull()
        await pilot.pause()
        assert keys_of(app, "orders")[:2] == ["U20", "U10"]
        order = app.main.selected_order()
        assert order is not None
        assert order.known.order.key == "U20"


async def test_a_chosen_order_stays_chosen_when_others_come() -> None:
    app = OrderStatus(FakeFront(snapshots.busy()))
    async with app.run_test(size=(120, 36)) as pilot:
        app.pull()
        await pilot.pause()
        await pilot.press("down", "j")
        app.engine_client.picture = with_order(snapshots.busy(), newest())
        app.pull()
        await pilot.pause()
        order = app.main.selected_order()
        assert order is not None
        assert order.known.order.symbol == "FINNIFTY28NOV2624000CE"
        assert "FINNIFTY28NOV2624000CE" in str(app.main.followers.border_title)
        assert app.main.orders.table.cursor_row == 3


async def test_arrows_g_and_capital_g_move_the_cursor() -> None:
    app = OrderStatus(FakeFront(snapshots.busy()))
    async with app.run_test(size=(120, 36)) as pilot:
        app.pull()
        await pilot.press("G")
        assert app.main.orders.table.selected_key == "U1"
        await pilot.press("k", "up")
        assert app.main.orders.table.selected_key == "U3"
        await pilot.press("g")
        assert app.main.orders.table.selected_key == "U10"


async def test_esc_shows_the_accounts_and_an_arrow_the_copies_again() -> None:
    app = OrderStatus(FakeFront(snapshots.busy()))
    async with app.run_test(size=(120, 36)) as pilot:
        app.pull()
        await pilot.press("down", "escape")
        await pilot.pause()
        assert app.main.selected_order() is None
        assert shown(app, "followers")[3][:4] == ["Sara", "✓ armed", "2,53,000", ""]
        assert app.main.followers.border_title == "2 Followers · accounts"
        await pilot.press("down")
        await pilot.pause()
        assert app.main.orders.table.selected_key == "U9"
        assert shown(app, "followers")[0][0:2] == ["Asha", "15/15"]


async def test_the_follower_under_the_cursor_is_known_in_its_pane_only() -> None:
    app = OrderStatus(FakeFront(snapshots.busy()))
    async with app.run_test(size=(120, 36)) as pilot:
        app.pull()
        await pilot.pause()
        assert app.main.selected_follower() is None
        app.main.go_to("followers")
        await pilot.press("down")
        assert app.main.selected_follower() == follower_id(1)
        app.main.action_back()
        await pilot.pause()
        assert app.main.selected_follower() == follower_id(1)


async def test_enter_on_a_row_opens_its_story() -> None:
    app = OrderStatus(FakeFront(snapshots.busy()))
    async with app.run_test(size=(120, 36)) as pilot:
        app.pull()
        await pilot.press("enter")
        await pilot.pause()
        app.main.go_to("followers")
        await pilot.press("enter")
        await pilot.pause()
        assert app.done == ["detail", "detail"]


async def test_every_key_of_the_main_screen_reaches_the_app() -> None:
    app = OrderStatus(FakeFront(snapshots.busy()))
    async with app.run_test(size=(120, 36)) as pilot:
        app.pull()
        await pilot.press("d", "space", "a", "n", "x", "f", "M", "slash", "plus", "1", "q", "colon")
        expected = ["mode", "pause", "approvals", "attention", "follower", "filters", "market", "search", "zoom"]
        assert app.done == [*expected, "orders_pane", "quit", "palette"]


async def test_a_search_narrows_the_orders_until_it_is_cleared() -> None:
    app = OrderStatus(FakeFront(snapshots.busy()))
    async with app.run_test(size=(120, 36)) as pilot:
        app.pull()
        app.main.search()
        await pilot.press("s", "B", "i", "n")
        await pilot.pause()
        assert keys_of(app, "orders") == ["U9"]
        assert app.main.orders.border_title == "1 Master orders (1 of 10)"
        await pilot.press("enter", "down", "enter")
        await pilot.pause()
        assert app.done == ["detail"]
        assert "'sBin': 1 of 10 rows" in app.main.filter_line.found.plain
        await pilot.press("escape")
        await pilot.pause()
        assert len(keys_of(app, "orders")) == 10


async def test_a_search_without_a_match_says_so() -> None:
    app = OrderStatus(FakeFront(snapshots.busy()))
    async with app.run_test(size=(120, 36)) as pilot:
        app.pull()
        app.main.search()
        await pilot.press("[", "slash", "x")
        await pilot.pause()
        assert keys_of(app, "orders") == []
        assert str(app.main.query_one("#orders-empty").render()) == "No order matches the search. esc clears it."
        assert app.main.selected_order() is None


async def test_sorting_goes_through_the_columns_of_the_pane_in_focus() -> None:
    app = OrderStatus(FakeFront(snapshots.busy()))
    async with app.run_test(size=(120, 36)) as pilot:
        app.pull()
        for _ in range(3):
            app.main.sort()
        await pilot.pause()
        assert app.main.orders.border_subtitle == "by symbol"
        assert shown(app, "orders")[0][2] == "FINNIFTY28NOV…24000CE"
        app.main.go_to("followers")
        for _ in range(3):
            app.main.sort()
        await pilot.pause()
        assert str(app.main.followers.border_subtitle).startswith("by filled")
        assert app.main.orders.border_subtitle == "by symbol"


async def test_frozen_panes_stand_still_and_the_mode_bar_does_not() -> None:
    app = OrderStatus(FakeFront(snapshots.busy()))
    async with app.run_test(size=(120, 36)) as pilot:
        app.pull()
        app.main.freeze()
        app.engine_client.picture = snapshots.with_rules(with_order(snapshots.busy(), newest()), dry_run=False)
        app.engine_client.queue(snapshots.an_event("while frozen"))
        app.pull()
        await pilot.pause()
        assert keys_of(app, "orders")[0] == "U10"
        assert " LIVE " in app.main.mode_bar.plain
        assert "FROZEN" in app.main.mode_bar.plain
        assert len(app.main.events_pane.list.shown) == 0
        app.main.freeze()
        await pilot.pause()
        assert keys_of(app, "orders")[0] == "U20"
        assert [event.text for event in app.main.events_pane.list.shown] == ["while frozen"]


async def test_switching_is_shown_while_the_bar_is_behind() -> None:
    app = OrderStatus(FakeFront(snapshots.busy()))
    async with app.run_test(size=(120, 36)):
        app.pull()
        app.main.switching(on=True)
        assert "DRY RUN  switching…" in app.main.mode_bar.plain
        app.main.switching(on=False)
        assert "switching" not in app.main.mode_bar.plain


async def test_the_mode_bar_names_the_closed_markets_in_which_the_master_traded_today() -> None:
    front = FakeFront(snapshots.quiet())
    morning = read_session("09:15-11:00")  # the screen's clock stands at noon
    front.settings = replace(front.settings, sessions=SessionTable(cash=morning, cash_with_derivatives=morning))
    app = OrderStatus(front)
    async with app.run_test(size=(120, 36)):
        app.pull()
        assert " CLOSED " in app.main.mode_bar.plain, "he has not traded yet, and no guarded market trades"
        view = snapshots.a_view(snapshots.an_order_of(3), followers=5)
        order = replace(view.known.order, exchange=Exchange.NSE)
        traded = with_order(snapshots.quiet(), replace(view, known=replace(view.known, order=order)))
        front.picture = traded
        app.pull()
        assert " CLOSED " in app.main.mode_bar.plain
        assert "NSE" not in app.main.mode_bar.plain, "all markets in which he traded are closed"
        other = snapshots.a_view(snapshots.an_order_of(4), followers=5)
        front.picture = with_order(traded, other)
        app.pull()
        assert " NSE CLOSED " in app.main.mode_bar.plain
        front.picture = with_order(snapshots.quiet(), other)
        app.pull()
        assert "CLOSED" not in app.main.mode_bar.plain


async def test_a_halt_tells_how_long_it_has_lasted() -> None:
    app = OrderStatus(FakeFront(snapshots.live()))
    async with app.run_test(size=(120, 36)):
        app.pull()
        app.engine_client.picture = snapshots.halted()
        app.pull()
        app.engine_client.now = MONOTONIC + 300
        app.pull()
        assert " HALTED 5 min " in app.main.mode_bar.plain


async def test_the_key_bar_says_what_the_keys_would_do_now() -> None:
    app = OrderStatus(FakeFront(snapshots.quiet(), demo=FakeDemo()))
    async with app.run_test(size=(120, 36)):
        app.pull()
        words = app.main.key_bar.plain
        assert words.startswith(" d Go live space Pause ^k Halt f Filters a Approve n Attention enter Detail / Search")
        assert words.endswith("? Help q Quit      ^p more ")
        app.engine_client.picture = snapshots.with_rules(
            snapshots.approvals_waiting(), paused=True, halted_because="by hand"
        )
        app.pull()
        assert app.main.key_bar.plain.startswith(" d Dry run space Resume ^k Release f Filters a Approve 2")


async def test_a_row_is_copied_as_text_and_as_json() -> None:
    app = OrderStatus(FakeFront(snapshots.busy()))
    async with app.run_test(size=(120, 36)) as pilot:
        app.engine_client.queue(snapshots.an_event("the newest"))
        app.pull()
        await pilot.pause()
        assert str(app.main.row_text()).startswith("12:10:00\tBUY\tNIFTY28NOV2624500CE\t75")
        order = json.loads(app.main.row_json() or "")
        assert (order["order"]["symbol"], len(order["copies"])) == ("NIFTY28NOV2624500CE", 5)
        app.main.go_to("followers")
        await pilot.press("down")
        assert json.loads(app.main.row_json() or "")["follower_name"] == "Ravi"
        app.main.action_back()
        await pilot.pause()
        assert json.loads(app.main.row_json() or "")["client_id"] == follower_id(1)
        app.main.go_to("events")
        await pilot.pause()
        assert str(app.main.row_text()).endswith("the newest")
        assert json.loads(app.main.row_json() or "")["text"] == "the newest"
        app.main.go_to("statistics")
        await pilot.pause()
        assert str(app.main.row_text()).startswith("Asha\t8\t8")


async def test_without_rows_there_is_nothing_to_copy() -> None:
    app = OrderStatus(FakeFront(snapshots.quiet()))
    async with app.run_test(size=(120, 36)):
        app.pull()
        assert (app.main.row_text(), app.main.row_json()) == (None, None)
        app.main.go_to("events")
        assert (app.main.row_text(), app.main.row_json()) == (None, None)


async def test_many_orders_stay_few_rows_and_removals_keep_the_chosen_one() -> None:
    snapshot = snapshots.crowded(orders=330, followers=2)
    app = OrderStatus(FakeFront(snapshot))
    async with app.run_test(size=(120, 36)) as pilot:
        app.pull()
        await pilot.press("down", "down", "down")
        assert app.main.orders.table.row_count == 300
        assert app.main.orders.border_subtitle == "newest 300 of 330, newest first"
        for number in range(331, 334):
            app.engine_client.picture = with_order(
                app.engine_client.picture or snapshot,
                snapshots.a_view(snapshots.an_order_of(number, updated_at=after(number)), followers=2),
            )
            app.pull()
            await pilot.pause()
        assert keys_of(app, "orders")[:7] == ["U333", "U332", "U331", "U330", "U329", "U328", "U327"]
        assert app.main.orders.table.selected_key == "U327"
        assert app.main.orders.table.row_count == 300


async def test_a_very_full_day_costs_little_a_pull() -> None:
    snapshot = snapshots.crowded()
    app = OrderStatus(FakeFront(snapshot))
    async with app.run_test(size=(120, 36)) as pilot:
        app.pull()
        await pilot.pause()
        costs = []
        for number in range(5):
            view = (
                app.engine_client.picture.orders[-5] if app.engine_client.picture is not None else snapshot.orders[-5]
            )
            copies = list(view.copies)
            copies[number] = replace(copies[number], state=CopyState.UNKNOWN)
            orders = (*snapshot.orders[:-5], replace(view, copies=tuple(copies)), *snapshot.orders[-4:])
            app.engine_client.picture = replace(snapshot, version=100 + number, orders=orders)
            began = time.process_time()
            app.pull()
            costs.append(time.process_time() - began)
            await pilot.pause()
        assert sorted(costs)[2] < 0.02


async def test_a_chosen_order_is_chosen_again_after_a_search_that_hid_it() -> None:
    app = OrderStatus(FakeFront(snapshots.busy()))
    async with app.run_test(size=(120, 36)) as pilot:
        app.pull()
        await pilot.press("down", "down")
        assert app.main.orders.table.selected_key == "U8"
        app.main.search()
        await pilot.press("s", "b", "x", "escape")
        await pilot.pause()
        assert app.main.orders.table.selected_key == "U8"
        app.main.search()
        await pilot.press("s", "b", "enter", "down", "escape")
        await pilot.pause()
        assert app.main.orders.table.selected_key == "U9"


async def test_the_accounts_have_the_wider_share_and_the_copies_give_it_back() -> None:
    app = OrderStatus(FakeFront(exits.busy()))
    async with app.run_test(size=(120, 36)) as pilot:
        app.pull()
        await pilot.pause()
        before = app.main.orders.region.width
        await pilot.press("escape")
        await pilot.pause()
        orders, followers = app.main.orders, app.main.followers
        assert followers.region.width > orders.region.width
        for row in orders.table.rows_shown:  # what is left is still readable
            texts = [text.strip() for text in orders.table.texts(row)]
            assert texts[-1] == row.cells[-1].text
            assert row.cells[3].text in texts
            assert sum(len(text) for text in orders.table.texts(row)) <= orders.table.size.width
        await pilot.press("down")
        await pilot.pause()
        assert orders.region.width == before


async def test_the_accounts_tell_who_is_halted_and_why_without_a_zoom() -> None:
    app = OrderStatus(FakeFront(snapshots.halted()))
    async with app.run_test(size=(120, 36)) as pilot:
        app.pull()
        await pilot.press("escape")
        app.main.go_to("followers")
        await pilot.press(*["down"] * 3)
        await pilot.pause()
        assert app.main.followers.selected == follower_id(3)
        sara = shown(app, "followers")[3]
        assert sara[:5] == ["Sara", "! halted", "2,53,000", "", "0"]
        assert sara[5].startswith("5 failures in")
        assert app.main.account.plain.splitlines() == [
            "Sara  ✓ ready · order budget 15/500 min 51/1000 h", "halted: 5 failures in a row",
        ]  # fmt: skip
        await pilot.press("k")
        await pilot.pause()
        assert app.main.account.plain.rstrip().endswith("no error")
        app.main.go_to("orders")
        await pilot.pause()
        assert not app.main.account.display


async def test_going_from_account_to_account_lays_out_nothing_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    app = OrderStatus(FakeFront(snapshots.hostile()))
    async with app.run_test(size=(120, 36)) as pilot:
        app.pull()
        await pilot.press("escape")
        app.main.go_to("followers")
        await pilot.pause()
        laid_out: list[object] = []
        monkeypatch.setattr(MainScreen, "_refresh_layout", lambda *asked, **_: laid_out.append(asked))
        await pilot.press("down", "down", "up", "G")
        await pilot.pause(0.1)
        assert laid_out == []
        assert len(app.main.account.lines) == 3
