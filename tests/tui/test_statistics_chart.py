"""The charts of the full statistics: the whole day, its times beneath, and no drawing where nothing has changed."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copytui.domain.changes import OrderPlanned
from copytui.domain.copies import CopyState
from copytui.domain.statistics import TimeBucket, Timeline, TimelineMaker
from copytui.engine.metrics import Metrics
from copytui.engine.snapshot import Snapshot
from copytui.tui.present import Line, Signs
from copytui.tui.present.cells import line_width
from copytui.tui.widgets.statistics_chart import Chart, DayChart, Room, fills_chart, latency_chart
from tests.builders import NOON
from tests.tui import snapshots
from tests.tui.fake import FakeFront
from tests.tui.screen_host import OrderStatus

SIGNS = Signs.of(ascii_only=False)
PLAIN = Signs.of(ascii_only=True)
WIDE, NARROW = Room(56, 8, SIGNS), Room(36, 8, SIGNS)
MORNING = NOON - timedelta(hours=2, minutes=45)
DAY = 375
"""The minutes of a trading day."""


def said(line: Line) -> str:
    return "".join(piece.text for piece in line)


def drawn(chart: Chart, timeline: Timeline, room: Room = WIDE) -> list[str]:
    return [said(line) for line in chart(timeline, room)]


def a_day(minutes: int = DAY, every: int = 5) -> Timeline:
    """Return a day on which a copy is answered in 200 ms and filled every so many minutes, once in 900 ms."""
    maker = TimelineMaker()
    for minute in range(0, minutes, every):
        maker.answered(MORNING + timedelta(minutes=minute), 900.0 if minute == every else 200.0)
        maker.filled(MORNING + timedelta(minutes=minute))
    return maker.take()


def with_day(snapshot: Snapshot, timeline: Timeline) -> Snapshot:
    return replace(snapshot, version=snapshot.version + 1, metrics=replace(snapshot.metrics, timeline=timeline))


def test_the_times_of_the_first_the_middle_and_the_last_stretch_stand_under_the_chart() -> None:
    for chart in (latency_chart, fills_chart):
        *_, axis = drawn(chart, a_day())
        assert axis.split() == ["09:12", "12:16", "15:20"]
        *_, narrow = drawn(chart, a_day(), NARROW)
        assert narrow.split() == ["09:12", "12:12", "15:24"]


def test_a_time_stands_under_the_bar_of_its_stretch() -> None:
    timeline = Timeline(MORNING, 2, (TimeBucket(fills=1), TimeBucket(), TimeBucket(fills=2)))
    assert drawn(fills_chart, timeline, Room(31, 4, SIGNS)) == [
        "fills by 2 min: max 2, total 3",
        "                    █████████ ",
        "█████████           █████████ ",
        "09:15     09:17     09:19",
    ]


def test_the_words_say_what_a_bar_stands_for_as_far_as_there_is_room() -> None:
    words = ("copy latency ms by 8 min: █ mean, top 550 │ worst 900", "latency, 12 min: █ 550 │ worst 900")
    assert (drawn(latency_chart, a_day())[0], drawn(latency_chart, a_day(), NARROW)[0]) == words
    assert drawn(fills_chart, a_day())[0] == "fills by 8 min: max 2, total 75"


def test_the_worst_of_a_stretch_is_a_line_above_its_mean_and_one_late_answer_flattens_nothing() -> None:
    timeline = Timeline(MORNING, 1, (TimeBucket(2, 400, 200), TimeBucket(2, 400, 7000), TimeBucket(1, 50, 50)))
    assert drawn(latency_chart, timeline, Room(3, 6, SIGNS))[1:-1] == [" │ ", " │ ", "██ ", "██▄"]


def test_a_stretch_without_a_copy_is_empty_and_one_with_any_is_not() -> None:
    timeline = Timeline(MORNING, 1, (TimeBucket(1, 1, 1), TimeBucket(), TimeBucket(1, 9000, 9000)))
    assert drawn(latency_chart, timeline, Room(3, 3, SIGNS))[1] == "▁ █"


def test_a_day_without_copies_says_so() -> None:
    assert drawn(latency_chart, Timeline()) == ["copy latency over the day: none yet"]
    assert drawn(fills_chart, Timeline()) == ["fills over the day: none yet"]
    answered = Timeline(MORNING, 1, (TimeBucket(1, 200, 200),))  # and nothing filled
    assert drawn(fills_chart, answered) == ["fills over the day: none yet"]


def a_stretch(latencies: list[int], fills: int) -> TimeBucket:
    return TimeBucket(len(latencies), float(sum(latencies)), float(max(latencies, default=0)), fills)


buckets = st.builds(a_stretch, st.lists(st.integers(0, 90_000), max_size=4), st.integers(0, 500))
timelines = st.builds(
    Timeline,
    st.just(MORNING),
    st.sampled_from([1, 2, 4, 8, 16]),
    st.lists(buckets, max_size=120).map(tuple),
)


@given(timelines, st.integers(1, 200), st.integers(1, 20), st.sampled_from([SIGNS, PLAIN]))
def test_a_chart_never_leaves_its_room(timeline: Timeline, width: int, height: int, signs: Signs) -> None:
    for chart in (latency_chart, fills_chart):
        lines = chart(timeline, Room(width, height, signs))
        assert len(lines) <= max(height, 1)
        assert all(line_width(line) <= width for line in lines)
        assert signs is SIGNS or all(said(line).isascii() for line in lines)


@given(timelines)
def test_as_many_fills_are_drawn_as_there_were(timeline: Timeline) -> None:
    words = drawn(fills_chart, timeline)[0]
    total = sum(bucket.fills for bucket in timeline.buckets)
    assert words.endswith(f"total {total}" if total else "none yet")


def test_the_engine_publishes_the_day_and_the_same_one_while_nothing_changes() -> None:
    metrics = Metrics()
    order = snapshots.an_order_of(1)
    sent = snapshots.a_copy_of(order, 0, CopyState.OPEN)
    metrics.on_change(OrderPlanned(sent))
    before = metrics.take().timeline
    metrics.on_change(OrderPlanned(replace(sent, attempts=2)))
    assert metrics.take().timeline is before
    filled = replace(sent, state=CopyState.FILLED, filled=50, changed_at=sent.changed_at + timedelta(hours=1))
    metrics.on_change(OrderPlanned(filled))
    metrics.on_change(OrderPlanned(filled))
    day = metrics.take().timeline
    assert (len(day.buckets), day.buckets[0].answered, day.buckets[-1].fills) == (61, 1, 1)
    assert sum(day.buckets, TimeBucket()) == TimeBucket(1, sent.latency_ms or 0, sent.latency_ms or 0, 1)


@pytest.mark.parametrize("size", [(80, 24), (120, 36)])
@pytest.mark.parametrize("ascii_only", [False, True])
async def test_the_statistics_show_the_whole_day(size: tuple[int, int], ascii_only: bool) -> None:
    app = OrderStatus(FakeFront(with_day(snapshots.live(), a_day())), ascii_only=ascii_only)
    async with app.run_test(size=size) as pilot:
        app.pull()
        app.main.go_to("statistics")
        await pilot.pause()
        lines = [strip.text for strip in app.screen._compositor.render_strips()]
        axis = next(line for line in lines if line.count("09:12") == 2)
        assert axis.count("15:24" if size[0] == 80 else "15:20") == 2
        assert any("worst 900" in line and "total 75" in line for line in lines)
        assert any("Kim" in line for line in lines)


async def test_the_charts_are_drawn_again_only_when_the_day_has_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    app = OrderStatus(FakeFront(with_day(snapshots.live(), a_day())))
    async with app.run_test(size=(120, 36)) as pilot:
        app.pull()
        app.main.go_to("statistics")
        await pilot.pause()
        updates: list[str | None] = []
        update = DayChart.update

        def counted(chart: DayChart, *args: object, **kwargs: object) -> None:
            updates.append(chart.id)
            update(chart, *args, **kwargs)  # type: ignore[arg-type]  # handed on as they came

        monkeypatch.setattr(DayChart, "update", counted)
        snapshot = app.engine_client.picture or snapshots.live()
        app.engine_client.picture = replace(snapshot, version=snapshot.version + 1, master_text="otherwise")
        app.pull()
        await pilot.pause()
        assert updates == []
        app.engine_client.picture = with_day(app.engine_client.picture, a_day(every=10))
        app.pull()
        await pilot.pause()
        assert updates == ["latency-chart", "fills-chart"]


async def test_a_chart_is_drawn_anew_in_another_size() -> None:
    app = OrderStatus(FakeFront(with_day(snapshots.live(), a_day())))
    async with app.run_test(size=(120, 36)) as pilot:
        app.pull()
        app.main.go_to("statistics")
        await pilot.pause()
        before = str(app.main.query_one("#latency-chart", DayChart).content)
        await pilot.resize_terminal(80, 24)
        await pilot.pause()
        app.pull()
        await pilot.pause()
        assert str(app.main.query_one("#latency-chart", DayChart).content) != before
