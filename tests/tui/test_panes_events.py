"""The events pane, the CSV file and the palette."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import pytest

from copytui.domain.events import Event
from copytui.tui.commands.palette import KeyCommands
from copytui.tui.commands.registry import COMMANDS
from copytui.tui.main.screen import MainScreen
from tests.tui import snapshots
from tests.tui.fake import FakeDemo, FakeFront
from tests.tui.screen_host import OrderStatus


def numbered(first: int, last: int) -> list[Event]:
    return [snapshots.an_event(f"event {number}") for number in range(first, last + 1)]


async def test_the_events_follow_the_newest_unless_one_has_gone_up() -> None:
    app = OrderStatus(FakeFront(snapshots.quiet()))
    async with app.run_test(size=(120, 36)) as pilot:
        app.engine_client.queue(*numbered(1, 40))
        app.pull()
        await pilot.pause()
        log = app.main.events_pane.list
        assert app.main.events_pane.list.following
        assert int(log.scroll_y) == 40 - log.size.height
        app.main.go_to("events")
        await pilot.press("up", "k")
        app.engine_client.queue(*numbered(41, 60))
        app.pull()
        await pilot.pause()
        assert not log.following
        assert log.current is not None
        assert log.current.text == "event 38"
        assert int(log.scroll_y) == 40 - log.size.height
        assert str(app.main.events_pane.border_subtitle).startswith("not following")
        await pilot.press("G")
        assert "following" in str(app.main.events_pane.border_subtitle)
        assert log.cursor is None
        assert int(log.scroll_y) == 60 - log.size.height
        await pilot.press("g")
        assert log.current is not None
        assert log.current.text == "event 1"
        assert int(log.scroll_y) == 0


async def test_more_events_and_orders_do_not_lay_out_the_screen_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    snapshot = snapshots.crowded(orders=40, followers=2)
    app = OrderStatus(FakeFront(snapshot))
    async with app.run_test(size=(120, 36)) as pilot:
        app.engine_client.queue(*numbered(1, 40))
        app.pull()
        await pilot.press("down")
        await pilot.pause()
        laid_out: list[object] = []
        monkeypatch.setattr(MainScreen, "_refresh_layout", lambda *asked, **_: laid_out.append(asked))
        app.engine_client.queue(*numbered(41, 60))
        new = tuple(snapshots.a_view(snapshots.an_order_of(number), followers=2) for number in range(41, 61))
        app.engine_client.picture = replace(snapshot, version=100, orders=(*snapshot.orders, *new))
        app.pull()
        await pilot.pause(0.1)
        assert laid_out == []
        log, table = app.main.events_pane.list, app.main.orders.table
        assert (log.virtual_size.height, log.vertical_scrollbar.window_virtual_size) == (60, 60)
        assert (table.virtual_size.height, table.vertical_scrollbar.window_virtual_size) == (61, 61)


async def test_the_events_are_capped_and_the_chosen_one_is_kept() -> None:
    app = OrderStatus(FakeFront(snapshots.quiet()))
    async with app.run_test(size=(120, 36)) as pilot:
        app.engine_client.queue(*numbered(1, 1000))
        app.pull()
        app.main.go_to("events")
        await pilot.press("up")
        log = app.main.events_pane.list
        app.engine_client.queue(*numbered(1001, 1500))
        app.pull()
        await pilot.pause()
        assert len(log.events) == len(log.shown) == 1000
        assert log.shown[0].text == "event 501"
        assert log.current is not None
        assert log.current.text == "event 999"
        assert app.main.events_pane.border_title == "▸3 Events (1000)"


async def test_the_events_are_searched() -> None:
    app = OrderStatus(FakeFront(snapshots.quiet()))
    async with app.run_test(size=(120, 36)) as pilot:
        app.engine_client.queue(*numbered(1, 30))
        app.pull()
        app.main.go_to("events")
        app.main.search()
        await pilot.press("2", "9")
        await pilot.pause()
        log = app.main.events_pane.list
        assert [event.text for event in log.shown] == ["event 29"]
        app.engine_client.queue(snapshots.an_event("event 129"), snapshots.an_event("event 130"))
        app.pull()
        assert [event.text for event in log.shown] == ["event 29", "event 129"]
        await pilot.press("escape")
        await pilot.pause()
        assert len(log.shown) == 32
        assert app.main.pane_in_focus() == "events"


async def test_the_wheel_and_pages_move_through_the_events() -> None:
    app = OrderStatus(FakeFront(snapshots.quiet()))
    async with app.run_test(size=(120, 36)) as pilot:
        app.engine_client.queue(*numbered(1, 100))
        app.pull()
        app.main.go_to("events")
        log = app.main.events_pane.list
        await pilot.press("pageup", "pageup")
        assert log.current is not None
        assert log.current.text == f"event {100 - 2 * (log.size.height - 1)}"
        await pilot.press("pagedown", "end")
        assert log.following


async def test_todays_copies_are_written_as_csv(tmp_path: Path) -> None:
    app = OrderStatus(FakeFront(snapshots.busy(), folder=tmp_path))
    async with app.run_test(size=(120, 36)):
        app.pull()
        said = app.main.export()
    target = tmp_path / "logs" / "copies_20261120_120000.csv"
    assert said == f"40 copies written to {target}"
    with target.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 40
    assert rows[-2]["follower_name"] == "Sara"
    assert rows[-2]["status"] == "rejected"
    assert [path.name for path in target.parent.iterdir()] == [target.name]


async def test_a_spreadsheet_takes_no_text_for_a_formula(tmp_path: Path) -> None:
    app = OrderStatus(FakeFront(snapshots.hostile('=HYPERLINK("x")'), folder=tmp_path))
    async with app.run_test(size=(120, 36)):
        app.pull()
        app.main.export()
    text = next((tmp_path / "logs").iterdir()).read_text(encoding="utf-8")
    assert "'=HYPERLINK" in text
    assert ",=HYPERLINK" not in text


async def test_a_file_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "logs").write_text("in the way")
    app = OrderStatus(FakeFront(snapshots.busy(), folder=tmp_path))
    async with app.run_test(size=(120, 36)):
        app.pull()
        assert app.main.export() == "the CSV file could not be written: File exists"


async def test_without_copies_the_file_has_no_rows(tmp_path: Path) -> None:
    app = OrderStatus(FakeFront(snapshots.quiet(), folder=tmp_path))
    async with app.run_test(size=(120, 36)):
        app.pull()
        assert app.main.export().startswith("0 copies written to ")


@pytest.mark.parametrize("demo", [None, FakeDemo()])
async def test_the_palette_lists_every_command_by_name(demo: FakeDemo | None) -> None:
    app = OrderStatus(FakeFront(snapshots.busy(), demo=demo))
    async with app.run_test(size=(120, 36)):
        provider = KeyCommands(app.main)
        names = [str(hit.text) async for hit in provider.discover()]
        expected = [c for c in COMMANDS if c.id != "palette" and (demo is not None or not c.demo_only)]
        assert names == [
            f"{command.title}  ({command.key_name})" if command.keys else command.title for command in expected
        ]
        hits = [hit async for hit in provider.search("next theme")]
        assert [hit.text for hit in hits][:1] == ["Next theme  (t)"]
        result = hits[0].command()
        assert result is not None
        await result
        assert app.done == ["theme"]


async def test_the_numbers_of_a_newer_picture_are_drawn() -> None:
    app = OrderStatus(FakeFront(snapshots.busy()))
    async with app.run_test(size=(120, 36)) as pilot:
        app.pull()
        app.engine_client.picture = replace(snapshots.quiet(), version=20)
        app.pull()
        await pilot.pause()
        assert app.main.statistics.lines.plain.startswith("orders 0   would copy 0")
        assert app.main.orders.table.row_count == 0
        assert app.main.followers.border_title == "2 Followers · accounts"
