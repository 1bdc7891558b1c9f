"""Widths, words, sorting and hostile text."""

from __future__ import annotations

from decimal import Decimal

import pytest

from copytui.domain.contracts import strike_words
from copytui.domain.copies import ChildOrder, CopyState
from copytui.engine.snapshot import OrderView, Snapshot
from copytui.tui.present import (
    ACCOUNT_COLUMNS,
    COPY_COLUMNS,
    FOLLOWER_COLUMNS,
    ORDER_COLUMNS,
    Column,
    Line,
    Row,
    Signs,
    account_rows,
    copy_rows,
    fit,
    follower_rows,
    order_rows,
    why_no_copies,
)
from copytui.tui.present.accounts import AccountContext
from copytui.tui.present.cells import cut, length, rupees, uptime
from copytui.tui.present.tables import Sorting, matches
from tests.tui import snapshots
from tests.tui.fake import MONOTONIC

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


@pytest.mark.parametrize("columns", [ORDER_COLUMNS, COPY_COLUMNS, ACCOUNT_COLUMNS, FOLLOWER_COLUMNS])
@pytest.mark.parametrize("width", [40, 50, 63, 78, 118, 200])
def test_columns_share_the_width_and_none_is_lost_that_must_stay(columns: tuple[Column, ...], width: int) -> None:
    fitted = fit(columns, width)
    must = [column for column in columns if not column.optional]
    assert [column for column, _ in fitted if not column.optional] == must
    total = sum(wide for _column, wide in fitted)
    assert total <= max(width, sum(column.least for column in must))
    assert all(wide >= column.least for column, wide in fitted)


@pytest.mark.parametrize(
    ("text", "width", "middle", "short"),
    [
        ("NIFTY", 9, False, "NIFTY"),
        ("margin shortfall", 9, False, "margin s…"),
        ("FINNIFTY28NOV2624000CE", 13, True, "FINNI…24000CE"),
        ("BANKNIFTY24NOV2651700CE", 14, True, "BANKNI…51700CE"),  # no other strike, such as 2651700 or 1700
        ("BANKNIFTY24NOV2651700CE", 20, True, "BANKNIFTY24N…51700CE"),
        ("SENSEX2471180000CE", 14, True, "SENSEX…80000CE"),
        ("USDINR27DEC2684.5PE", 12, True, "USDIN…84.5PE"),
        ("BANKNIFTY24NOV2651700CE", 8, True, "BAN…00CE"),  # nowhere on the screen is so little room
        ("RELIANCE26NOV26FUT", 14, True, "RELIAN…OV26FUT"),
        ("漢字漢字漢字", 6, True, "漢字…"),
        ("abc", 1, False, "a"),
        ("abc", 0, False, ""),
    ],
)
def test_texts_are_cut_to_their_cells(text: str, width: int, middle: bool, short: str) -> None:
    tail = len(strike_words("BFO" if text.startswith("SENSEX") else "NFO", text, None))
    assert cut(text, width, middle=middle, tail=tail) == short


def test_lengths_and_rupees_are_said_as_people_say_them() -> None:
    assert [length(seconds) for seconds in (-1, 59, 119, 180, 7200)] == ["0 s", "59 s", "119 s", "3 min", "2 h 00 min"]
    assert uptime(8040) == "02:14"
    values = ("0", "-0.2", "999", "1240", "-1234567", "250000.5")
    assert [rupees(Decimal(text)) for text in values] == ["0", "0", "999", "1,240", "-12,34,567", "2,50,000"]


def test_sorting_goes_through_the_columns_and_back() -> None:
    rows, sorting = order_rows(snapshots.busy(), SIGNS), Sorting(ORDER_COLUMNS, "newest first")
    assert sorting.sorted(rows) is rows
    words = []
    for _ in range(len(ORDER_COLUMNS) + 1):
        sorting.next()
        words.append(sorting.words)
    assert words == [*(f"by {column.title}" for column in ORDER_COLUMNS), "newest first"]
    for _ in range(3):
        sorting.next()
    assert [row.cells[2].text for row in sorting.sorted(rows)][:2] == ["FINNIFTY28NOV2624000CE", "INFY-EQ"]


def test_numbers_sort_before_words_and_by_value() -> None:
    snapshot = snapshots.busy()
    rows, sorting = copy_rows(snapshot, snapshot.orders[0], SIGNS), Sorting(COPY_COLUMNS, "")
    for _ in range(3):
        sorting.next()
    assert [row.cells[2].text for row in sorting.sorted(rows)] == ["0/75", "0/75", "25/75", "75/75", "75/75"]


def test_a_search_needs_all_its_words() -> None:
    row = order_rows(snapshots.busy(), SIGNS)[1]
    assert matches(row, "sbin sell")
    assert not matches(row, "sbin buy")


@pytest.mark.parametrize(
    "text", [snapshots.HOSTILE, snapshots.LONG, "", "漢" * 300, "\u202eabc\u200b"], ids=str.__len__
)
@pytest.mark.parametrize("signs", [SIGNS, PLAIN])
def test_hostile_text_in_every_field_gives_clean_rows(text: str, signs: Signs) -> None:
    snapshot: Snapshot = snapshots.hostile(text)
    rows = [
        *order_rows(snapshot, signs),
        *account_rows(snapshot.followers, signs, AccountContext(MONOTONIC)),
        *follower_rows(snapshot, signs),
    ]
    for view in snapshot.orders:
        rows += copy_rows(snapshot, view, signs)
        assert why_no_copies(view).isprintable()
    for row in rows:
        for cell in row.cells:
            assert cell.text.isprintable()
            assert len(cell.text) <= 320
