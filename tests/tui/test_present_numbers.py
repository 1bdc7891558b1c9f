"""Statistics, filters, search and events as lines."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from copytui.domain.copies import Copy, CopyState
from copytui.domain.events import Level
from copytui.domain.filters import Filters
from copytui.domain.sizing import Sizing, SizingMode
from copytui.engine.snapshot import OrderView
from copytui.tui.present import (
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
from copytui.tui.present.numbers import statistics_line
from tests.tui import pictures

SIGNS = Signs.of(ascii_only=False)
PLAIN = Signs.of(ascii_only=True)


def texts(row: Row) -> list[str]:
    return [cell.text for cell in row.cells]


def said(line: Line) -> str:
    return "".join(piece.text for piece in line)


def view_with(*copies: Copy) -> OrderView:
    return pictures.a_view(pictures.an_order_of(1), copies)


def one_copy(state: CopyState, number: int = 0, **fields: object) -> Copy:
    return pictures.a_copy_of(pictures.an_order_of(1), number, state, **fields)


def test_the_statistics_are_two_lines() -> None:
    first, second = statistics_lines(pictures.live(), SIGNS, 116)
    assert said(first) == (
        "orders 9   copied 8   skipped 1   filled 37/40  92.5%   rejected 1   unknown 1   followers 5/5 ready"
    )
    assert said(second).startswith("copy latency p50 303ms p99 418ms ")
    assert said(second).endswith("slippage +0.10% (₹229)   order budget 16/500 min 52/1000 h")


@pytest.mark.parametrize("width", [20, 60, 78, 96, 116, 176])
@pytest.mark.parametrize("name", list(pictures.ALL))
def test_the_statistics_never_overflow(name: str, width: int) -> None:
    snapshot = pictures.ALL[name]()
    for line in (*statistics_lines(snapshot, SIGNS, width), statistics_line(snapshot, width)):
        assert line_width(line) <= width


def test_a_dry_run_counts_no_fills() -> None:
    assert "copies 0 simulated or waiting" in said(statistics_lines(pictures.quiet(), SIGNS)[0])


def test_missed_executions_are_counted_when_there_are_any() -> None:
    snapshot = pictures.quiet()
    numbers = replace(snapshot.numbers, statistics=replace(snapshot.numbers.statistics, missed=2))
    assert "missed 2" in said(statistics_lines(replace(snapshot, numbers=numbers), SIGNS)[0])


def test_the_table_by_follower_has_every_follower() -> None:
    rows = [texts(row) for row in follower_rows(pictures.busy(), SIGNS)]
    assert rows[3] == ["Sara", "8", "7", "87.5%", "1", "0", "0", "314", "407", "+0.13%", "₹57"]
    assert [texts(row)[1] for row in follower_rows(pictures.quiet(), SIGNS)] == ["0"] * 5


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
    rules = replace(pictures.quiet().rules, filters=filters)
    assert said(filter_line(rules, Sizing(), SIGNS)) == words


def test_sizing_and_confirmation_stand_with_the_filters() -> None:
    rules = replace(pictures.quiet().rules, require_confirmation=True)
    line = filter_line(rules, Sizing(SizingMode.FIXED, fixed_quantity=75), SIGNS)
    assert said(line).endswith("75 each · asks before each copy")
    assert said(filter_line(rules, Sizing(SizingMode.CAPITAL), SIGNS)).endswith("by capital · asks before each copy")
    assert "x0.25" in said(filter_line(rules, Sizing(multiplier=Decimal("0.25")), SIGNS))


def test_the_search_says_how_many_rows_it_shows() -> None:
    assert said(search_line("", "orders", 4, 14)) == "search: all 14 rows"
    assert said(search_line("sbin", "orders", 4, 14)) == "search orders: 'sbin': 4 of 14 rows  esc clears"


def test_an_event_is_one_clean_line() -> None:
    line = event_line(pictures.an_event(pictures.HOSTILE + "\n2", level=Level.WARN, who="Kim"))
    assert said(line) == "12:00:00 WARN  Kim          [/oops] [AB1012] [31m red [bold]x 2"
