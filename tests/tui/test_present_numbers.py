"""Statistics, filters, search and events as lines."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from copytui.domain.copies import ChildOrder, CopyState
from copytui.domain.decisions import Verdict
from copytui.domain.events import Level
from copytui.domain.filters import Filters
from copytui.domain.sizing import Sizing, SizingMode
from copytui.engine.snapshot import OrderView, Snapshot
from copytui.tui.present import (
    FOLLOWER_COLUMNS,
    Line,
    Row,
    Signs,
    event_line,
    filter_line,
    follower_rows,
    search_line,
    sparkline,
    statistics_lines,
)
from copytui.tui.present.cells import line_width
from copytui.tui.present.statistics import statistics_line
from tests.tui import snapshots

SIGNS = Signs.of(ascii_only=False)
PLAIN = Signs.of(ascii_only=True)


def texts(row: Row) -> list[str]:
    return [cell.text for cell in row.cells]


def said(line: Line) -> str:
    return "".join(piece.text for piece in line)


def view_with(*copies: ChildOrder) -> OrderView:
    return snapshots.a_view(snapshots.an_order_of(1), copies)


def one_copy(state: CopyState, number: int = 0, **fields: object) -> ChildOrder:
    return snapshots.a_copy_of(snapshots.an_order_of(1), number, state, **fields)


def test_the_statistics_are_two_lines() -> None:
    first, second = statistics_lines(snapshots.live(), SIGNS, 116)
    assert said(first) == (
        "orders 9   copied 8   skipped 1   filled 37/40  92.5%   rejected 1   unknown 1   followers 5/5 ready"
    )
    assert said(second).startswith("copy latency p50 303ms p99 418ms ")
    assert said(second).endswith("slippage +0.10% (₹229)   order budget 16/500 min 52/1000 h")


@pytest.mark.parametrize("width", [20, 60, 78, 96, 116, 176])
@pytest.mark.parametrize("name", list(snapshots.ALL))
def test_the_statistics_never_overflow(name: str, width: int) -> None:
    snapshot = snapshots.ALL[name]()
    for line in (*statistics_lines(snapshot, SIGNS, width), statistics_line(snapshot, width)):
        assert line_width(line) <= width


def test_a_dry_run_counts_no_fills_and_copies_nothing() -> None:
    assert said(statistics_lines(snapshots.quiet(), SIGNS)[0]) == (
        "orders 0   would copy 0   skipped 0   simulated 0 copies   rejected 0   unknown 0   followers 5/5 ready"
    )


def after_a_dry_run(**rules: object) -> Snapshot:
    """Return a day of one simulated execution, then one that two got, two let expire, and one still to be asked."""
    first, second = snapshots.an_order_of(1), snapshots.an_order_of(2)
    states = (CopyState.FILLED, CopyState.FILLED, CopyState.EXPIRED, CopyState.SKIPPED, CopyState.ASKED)
    views = (
        snapshots.a_view(
            first, tuple(snapshots.a_copy_of(first, n, CopyState.SIMULATED) for n in range(5)), Verdict.SIMULATE
        ),
        snapshots.a_view(second, tuple(snapshots.a_copy_of(second, n, state) for n, state in enumerate(states))),
    )
    return snapshots.with_rules(snapshots.a_snapshot(orders=views), **rules)


def test_what_was_simulated_declined_or_expired_has_not_failed_to_fill() -> None:
    assert said(statistics_lines(after_a_dry_run(dry_run=False), SIGNS, 150)[0]) == (
        "orders 2   copied 1   would copy 1   skipped 0   filled 2/2  100.0%   simulated 5 copies   "
        "rejected 0   unknown 0   followers 5/5 ready"
    )
    assert "good 100.0%" in said(statistics_line(after_a_dry_run(dry_run=False), 110))


def test_only_simulated_copies_are_no_success_of_the_broker() -> None:
    snapshot = after_a_dry_run()
    snapshot = snapshots.a_snapshot(orders=snapshot.orders[:1])
    assert said(statistics_line(snapshot, 78)).startswith("orders 1  would copy 1  skipped 0  rejected 0")
    assert "good -" in said(statistics_line(snapshot, 78))


def test_the_table_by_follower_counts_dry_runs_apart() -> None:
    titles = [column.title for column in FOLLOWER_COLUMNS]
    places = [titles.index(title) for title in ("copies", "filled", "filled %", "dry run")]
    rows = [texts(row) for row in follower_rows(after_a_dry_run(dry_run=False), SIGNS)]
    assert [[row[place] for place in places] for row in rows] == [
        ["1", "1", "100.0%", "1"],
        ["1", "1", "100.0%", "1"],
        ["0", "0", "-", "1"],
        ["0", "0", "-", "1"],
        ["0", "0", "-", "1"],
    ]


def test_the_statistics_count_simulated_copies_apart() -> None:
    metrics = after_a_dry_run().metrics.statistics
    copies = metrics.copies
    assert (metrics.copied, copies.total, copies.success, copies.simulated) == (2, 4, 2, 5)


def a_full_day(**changes: int) -> Snapshot:
    """Return a live day with many orders."""
    counts: dict[str, Any] = {"master_orders": 154, "copied": 120, "skipped": 20, "missed": 12} | changes
    snapshot = snapshots.live()
    metrics = replace(
        snapshot.metrics,
        statistics=replace(snapshot.metrics.statistics, **counts),
        all=replace(snapshot.metrics.all, copies=480, filled=400, rejected=0, unknown=0),
    )
    return replace(snapshot, metrics=metrics)


@pytest.mark.parametrize("width", [96, 104, 116])
def test_who_is_ready_outlasts_the_counts_of_nothing(width: int) -> None:
    line = said(statistics_lines(a_full_day(), SIGNS, width)[0])
    assert "missed 12" in line
    assert "followers 5/5 ready" in line


def test_a_small_screen_keeps_who_is_ready_and_leaves_out_zeroes_first() -> None:
    assert said(statistics_line(a_full_day(), 78)) == (
        "orders 154  copied 120  skipped 20  missed 12  ready 5/5  good 7.9%  p50 303ms"
    )


def test_a_group_that_is_too_long_keeps_no_shorter_one_out() -> None:
    snapshot = a_full_day()
    trouble = replace(snapshot.metrics.all, rejected=13, failed=12, unknown=11)
    line = said(statistics_line(replace(snapshot, metrics=replace(snapshot.metrics, all=trouble)), 78))
    assert line == "copied 120  missed 12  rejected 13  failed 12  unknown 11  ready 5/5"
    assert said(statistics_line(snapshot, 43)) == "copied 120  missed 12  ready 5/5  good 7.9%"


def test_missed_executions_are_counted_when_there_are_any() -> None:
    snapshot = snapshots.quiet()
    metrics = replace(snapshot.metrics, statistics=replace(snapshot.metrics.statistics, missed=2))
    assert "missed 2" in said(statistics_lines(replace(snapshot, metrics=metrics), SIGNS)[0])


def test_the_table_by_follower_has_every_follower() -> None:
    rows = [texts(row) for row in follower_rows(snapshots.busy(), SIGNS)]
    assert rows[3] == ["Sara", "8", "7", "87.5%", "1", "0", "0", "0", "314", "407", "+0.13%", "₹57"]
    assert [texts(row)[1] for row in follower_rows(snapshots.quiet(), SIGNS)] == ["0"] * 5


@pytest.mark.parametrize(
    ("values", "drawn"),
    [([], ""), ([0, 0], "▁▁"), ([1, 8], "▂█"), ([5] * 30, "█" * 10), ([-1, 2], "▁█")],
)
def test_a_sparkline_has_the_newest_values(values: list[float], drawn: str) -> None:
    assert sparkline(values, 10, SIGNS) == drawn


@pytest.mark.parametrize(
    ("filters", "words"),
    [
        (Filters(), "filters: all symbols · market limit stop · x1.0"),
        (Filters(block_symbols=("FINNIFTY",)), "filters: all symbols but FINNIFTY · market limit stop · x1.0"),
        (Filters(allow_symbols=("A", "B")), "filters: only A, B · market limit stop · x1.0"),
        (Filters(allow_symbols=tuple("ABCDEF")), "filters: only A, B, C, D and 2 more · market limit stop · x1.0"),
        (Filters(market_orders=False), "filters: all symbols · limit stop (no market) · x1.0"),
        (
            Filters(market_orders=False, limit_orders=False, stop_orders=False),
            "filters: all symbols · no order type is on: nothing is copied · x1.0",
        ),
    ],
)
def test_the_filters_are_one_line(filters: Filters, words: str) -> None:
    rules = replace(snapshots.quiet().rules, filters=filters)
    assert said(filter_line(rules, Sizing(), SIGNS)) == words


BUSY = Filters(block_symbols=("BANKNIFTY", "FINNIFTY", "NIFTY", "TATASTEEL"), market_orders=False, stop_orders=False)


@pytest.mark.parametrize(
    ("width", "words"),
    [
        (
            140,
            (
                "filters: all symbols but BANKNIFTY, FINNIFTY, NIFTY, TATASTEEL · limit (no market stop) · x2.5 "
                "· approval required"
            ),
        ),
        (
            100,
            "filters: all symbols but BANKNIFTY and 3 more · limit (no market stop) · x2.5 · approval required",
        ),
        (90, "filters: all symbols but 4 blocked · limit (no market stop) · x2.5 · approval required"),
        (80, "filters: all symbols but 4 blocked · no market stop · x2.5 · approval"),
        (62, "filters: 4 blocked · no market stop · x2.5 · approval"),
        (43, "no market stop · x2.5 · approval · 4 blocked"),
        (10, "no market stop · x2.5 · approval · 4 blocked"),
    ],
)
def test_the_filters_name_fewer_symbols_before_anything_else_is_lost(width: int, words: str) -> None:
    rules = replace(snapshots.quiet().rules, filters=BUSY, require_confirmation=True, multiplier=Decimal("2.5"))
    line = filter_line(rules, Sizing(), SIGNS, width)
    assert said(line) == words
    assert line_width(line) <= max(width, 44)


def test_an_allow_list_is_counted_where_there_is_no_room_to_name_it() -> None:
    rules = replace(snapshots.quiet().rules, filters=Filters(allow_symbols=tuple("ABC"), block_symbols=("D",)))
    assert said(filter_line(rules, Sizing(), SIGNS, 66)).startswith("filters: only A, B, C but D · ")
    short = said(filter_line(rules, Sizing(), SIGNS, 45))
    assert short == "filters: only 3 symbols but 1 blocked · x1.0"
    off = replace(rules, filters=Filters(market_orders=False, limit_orders=False, stop_orders=False))
    assert said(filter_line(off, Sizing(), SIGNS, 30)) == "no order type is on · x1.0"


def test_a_search_leaves_its_explanations_before_its_numbers() -> None:
    widths = (80, 38, 30, 12)
    assert [said(search_line("sbin", "orders", 4, 14, width)) for width in widths] == [
        "search orders: 'sbin': 4 of 14 rows  esc clears",
        "search orders: 'sbin': 4 of 14 rows",
        "'sbin': 4 of 14 rows",
        "4 of 14 rows",
    ]
    assert said(search_line("", "orders", 4, 14, 12)) == "all 14 rows"


def test_sizing_and_confirmation_stand_with_the_filters() -> None:
    rules = replace(snapshots.quiet().rules, require_confirmation=True)
    line = filter_line(rules, Sizing(SizingMode.FIXED, fixed_quantity=75), SIGNS)
    assert said(line).endswith("75 each · approval required")
    assert said(filter_line(rules, Sizing(SizingMode.CAPITAL), SIGNS)).endswith("by capital · approval required")
    assert "x0.25" in said(filter_line(rules, Sizing(multiplier=Decimal("0.25")), SIGNS))


def test_the_search_says_how_many_rows_it_shows() -> None:
    assert said(search_line("", "orders", 4, 14)) == "search: all 14 rows"
    assert said(search_line("sbin", "orders", 4, 14)) == "search orders: 'sbin': 4 of 14 rows  esc clears"


def test_an_event_is_one_clean_line() -> None:
    line = event_line(snapshots.an_event(snapshots.HOSTILE + "\n2", level=Level.WARN, who="Kim"))
    assert said(line) == "12:00:00 WARN  Kim          [/oops] [AB1012] [31m red [bold]x 2"
