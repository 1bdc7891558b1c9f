"""The main screen in every size, theme and state, and with hostile text in every pane."""

from __future__ import annotations

import pytest
from textual.widget import Widget

from copytui.engine.snapshot import Snapshot
from copytui.tui.themes import THEMES
from tests.tui import snapshots
from tests.tui.fake import FakeDemo, FakeFront
from tests.tui.screen_host import OrderStatus

pytestmark = pytest.mark.every_frame


def lines_of(app: OrderStatus) -> list[str]:
    """Return what the terminal shows."""
    width, height = app.size
    strips = app.screen._compositor.render_strips()
    return [strips[y].text[:width] for y in range(height)]


def in_sight(app: OrderStatus) -> set[str]:
    return {str(widget.id) for widget in app.main.query(Widget) if widget.region.area and widget.id and widget.display}


async def test_the_wide_screen_has_all_panes_in_the_order_of_the_picture() -> None:
    app = OrderStatus(FakeFront(snapshots.live()))
    async with app.run_test(size=(120, 36)) as pilot:
        app.pull()
        await pilot.pause()
        lines = lines_of(app)
        assert lines[0].startswith(" LIVE  orders go to 5 accounts")
        assert lines[0].endswith(" LIVE 5 accounts ")
        assert lines[1].startswith("┏━ LIVE 4 Statistics ━")
        assert "LIVE ▸1 Master orders (10)" in lines[5]
        assert "LIVE 2 Followers" in lines[5]
        assert any("LIVE 3 Events" in line for line in lines)
        assert lines[-2].startswith(" filters: all symbols")
        assert lines[-1].startswith(" d Dry run")
        assert {"orders", "followers", "events", "statistics"} <= in_sight(app)
        assert not {"full-statistics", "tabs", "last-event", "too-small"} & in_sight(app)


async def test_borders_are_round_in_a_dry_run() -> None:
    app = OrderStatus(FakeFront(snapshots.busy()))
    async with app.run_test(size=(120, 36)) as pilot:
        app.pull()
        await pilot.pause()
        assert lines_of(app)[1].startswith("╭─ 4 Statistics ─")
        assert not any("LIVE" in line.replace("Go live", "") for line in lines_of(app))


async def test_a_small_screen_has_one_pane_at_a_time() -> None:
    app = OrderStatus(FakeFront(snapshots.live()))
    async with app.run_test(size=(80, 24)) as pilot:
        app.engine_client.queue(snapshots.an_event("the last event"))
        app.pull()
        await pilot.pause()
        for pane, words in (("followers", "Meera"), ("events", "the last event"), ("statistics", "median ms"),
                            ("orders", "SBIN-EQ")):  # fmt: skip
            app.main.go_to(pane)
            await pilot.pause()
            lines = lines_of(app)
            assert app.main.pane_in_focus() == pane
            assert any(words in line for line in lines[3:-3])
            assert lines[0].startswith(" LIVE ")
            assert lines[1].startswith(" orders 9")
            assert "4 Statistics" in lines[2]
            assert "the last event" in lines[-3]
            names = {"orders", "followers", "events", "full-statistics"} & in_sight(app)
            assert names == {"full-statistics" if pane == "statistics" else pane}


async def test_a_tiny_screen_says_what_it_needs_and_stays_live() -> None:
    app = OrderStatus(FakeFront(snapshots.live()))
    async with app.run_test(size=(60, 15)) as pilot:
        app.pull()
        await pilot.pause()
        lines = lines_of(app)
        assert lines[0].startswith(" LIVE ")
        assert any("copytui needs 80 x 20; this is 60 x 15." in line for line in lines)
        assert any("The engine is still running." in line for line in lines)
        assert "orders" not in in_sight(app)


async def test_resizing_changes_the_layout_and_comes_back() -> None:
    app = OrderStatus(FakeFront(snapshots.busy()))
    async with app.run_test(size=(120, 36)) as pilot:
        app.pull()
        await pilot.pause()
        before = lines_of(app)
        for size in ((80, 24), (60, 15), (200, 60), (100, 30), (120, 36)):
            await pilot.resize_terminal(*size)
            await pilot.pause()
            app.pull()
            await pilot.pause()
        assert lines_of(app) == before


async def test_a_zoomed_pane_has_the_room_of_all_and_esc_gives_it_back() -> None:
    app = OrderStatus(FakeFront(snapshots.busy()))
    async with app.run_test(size=(120, 36)) as pilot:
        app.pull()
        app.main.go_to("followers")
        app.main.zoom()
        await pilot.pause()
        assert {"orders", "followers", "events", "full-statistics"} & in_sight(app) == {"followers"}
        assert any("RMS: margin shortfall, needs 7612.50 more" in line for line in lines_of(app))
        await pilot.press("escape")
        await pilot.pause()
        assert {"orders", "followers", "events"} <= in_sight(app)
        assert app.main.pane_in_focus() == "followers"


async def test_the_statistics_open_in_full_and_close() -> None:
    app = OrderStatus(FakeFront(snapshots.busy()))
    async with app.run_test(size=(120, 36)) as pilot:
        app.pull()
        app.main.go_to("statistics")
        await pilot.pause()
        lines = lines_of(app)
        assert any("Sara" in line and "87.5%" in line for line in lines)
        assert any("copy latency ms by 1 min: █ mean, top 396" in line for line in lines)
        assert app.main.pane_in_focus() == "statistics"
        app.main.go_to("statistics")
        await pilot.pause()
        assert app.main.pane_in_focus() == "orders"
        assert "full-statistics" not in in_sight(app)


async def test_tab_goes_from_pane_to_pane() -> None:
    app = OrderStatus(FakeFront(snapshots.busy()))
    async with app.run_test(size=(120, 36)) as pilot:
        app.pull()
        visited = []
        for _ in range(3):
            await pilot.press("tab")
            visited.append(app.main.pane_in_focus())
        assert visited == ["followers", "events", "orders"]


@pytest.mark.parametrize("size", [(120, 36), (80, 24)])
@pytest.mark.parametrize(
    "text",
    [snapshots.HOSTILE, snapshots.LONG, "漢" * 300, "\u202e[red]", ""],
    ids=["markup", "long", "wide", "bidi", "empty"],
)
async def test_hostile_text_breaks_no_pane(text: str, size: tuple[int, int]) -> None:
    app = OrderStatus(FakeFront(snapshots.hostile(text), demo=FakeDemo()))
    async with app.run_test(size=size) as pilot:
        app.engine_client.queue(snapshots.an_event(text, who=text))
        app.pull()
        await pilot.pause()
        for pane in ("followers", "events", "statistics", "orders"):
            app.main.go_to(pane)
            app.main.sort()
            await pilot.press("down", "G", "g")
            app.main.row_text()
            app.main.row_json()
        app.main.search()
        await pilot.press("[", "slash", "o", "enter", "escape", "escape")
        await pilot.pause()
        lines = lines_of(app)
        assert all(len(line) <= size[0] for line in lines)
        assert not any(char in "".join(lines) for char in "\x1b\u202e")


@pytest.mark.parametrize("name", list(snapshots.ALL))
async def test_every_picture_is_drawn_in_every_theme(name: str) -> None:
    first, *others = [theme.name for theme in THEMES]
    app = OrderStatus(FakeFront(snapshots.ALL[name]()), theme=others[-1])
    async with app.run_test(size=(120, 36)) as pilot:
        app.pull()
        for theme in (first, *others):
            app.theme = theme
            await pilot.pause()
            assert any("Master orders" in line for line in lines_of(app)), theme


@pytest.mark.parametrize("size", [(120, 36), (80, 24)])
@pytest.mark.parametrize("name", [name for name in snapshots.ALL if name != "hostile"])
async def test_a_plain_terminal_gets_plain_characters_only(name: str, size: tuple[int, int]) -> None:
    app = OrderStatus(FakeFront(snapshots.ALL[name]()), ascii_only=True)
    async with app.run_test(size=size) as pilot:
        app.engine_client.queue(*[snapshots.an_event("x" * 200) for _ in range(50)])
        app.pull()
        for pane in ("followers", "events", "statistics", "orders"):
            app.main.go_to(pane)
            await pilot.pause()
            odd = {char for line in lines_of(app) for char in line if not char.isascii()}
            assert odd == set()


async def test_without_colour_the_cursor_and_the_words_remain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    app = OrderStatus(FakeFront(snapshots.live()))
    async with app.run_test(size=(120, 36)) as pilot:
        app.pull()
        await pilot.pause()
        assert app.no_color
        assert lines_of(app)[0].startswith(" LIVE ")


@pytest.mark.parametrize("name", ["stale", "busy"])
async def test_stale_data_is_dimmed(name: str) -> None:
    app = OrderStatus(FakeFront(snapshots.ALL[name]()))
    async with app.run_test(size=(120, 36)) as pilot:
        app.pull()
        await pilot.pause()
        assert (app.main.orders.table.styles.text_opacity < 1) is (name == "stale")
        assert app.main.mode_bar.has_class("-stale") is (name == "stale")


async def test_a_stopped_engine_stays_on_the_screen() -> None:
    app = OrderStatus(FakeFront(snapshots.live()))
    async with app.run_test(size=(120, 36)) as pilot:
        app.pull()
        app.engine_client.end = "the journal failed"
        for _ in range(3):
            app.pull()
            await pilot.pause()
        lines = lines_of(app)
        assert lines[0].startswith(" ENGINE STOPPED ")
        assert "the journal failed" in lines[1]
        assert not any("LIVE" in line for line in lines)


async def test_before_the_first_picture_the_screen_says_that_it_starts() -> None:
    engine_client: FakeFront = FakeFront()
    app = OrderStatus(engine_client)
    async with app.run_test(size=(120, 36)) as pilot:
        app.pull()
        await pilot.pause()
        assert lines_of(app)[0].startswith(" STARTING ")
        assert app.main.selected_order() is None
        snapshot: Snapshot = snapshots.starting()
        engine_client.picture = snapshot
        app.pull()
        await pilot.pause()
        assert "logging in 2/5…" in lines_of(app)[1]
