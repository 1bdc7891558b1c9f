"""The master orders as rows."""

from __future__ import annotations

from dataclasses import replace

import pytest

from copytui.domain.copies import ChildOrder, CopyState
from copytui.domain.decisions import Plan, Verdict
from copytui.domain.executions import Origin
from copytui.domain.orders import OrderKey, OrderStatus
from copytui.domain.reasons import Reason
from copytui.engine.snapshot import OrderView
from copytui.tui.present import (
    ORDER_COLUMNS,
    Line,
    OrderRows,
    Row,
    Signs,
    Tone,
    fit,
    no_orders,
    order_row,
    order_rows,
)
from copytui.tui.present.orders import order_columns
from tests.builders import a_known, a_working_order, after
from tests.tui import exits, snapshots
from tests.tui.fake import follower_id

SIGNS = Signs.of(ascii_only=False)
PLAIN = Signs.of(ascii_only=True)


def texts(row: Row) -> list[str]:
    return [cell.text for cell in row.cells]


def said(line: Line) -> str:
    return "".join(piece.text for piece in line)


def view_with(*copies: ChildOrder) -> OrderView:
    return snapshots.a_view(snapshots.an_order_of(1), copies, followers=len(copies))


def one_copy(state: CopyState, number: int = 0, **fields: object) -> ChildOrder:
    return snapshots.a_copy_of(snapshots.an_order_of(1), number, state, **fields)


def test_orders_stand_newest_first_with_what_became_of_them() -> None:
    rows = [texts(row) for row in order_rows(snapshots.busy(), SIGNS)]
    assert rows[:4] == [
        ["12:10:00", "BUY", "NIFTY28NOV2624500CE", "75", "101.50", "3/5", "? 1 unknown"],
        ["12:09:00", "SELL", "SBIN-EQ", "15", "812.35", "5/5", "✓ filled"],
        ["12:08:00", "BUY", "FINNIFTY28NOV2624000CE", "40", "55.10", "0/5", "⊘ skipped"],
        ["12:07:00", "BUY", "INFY-EQ", "60", "1488.20", "-", "○ open"],
    ]
    assert len(rows) == 10


def test_an_order_comes_up_again_when_it_executes() -> None:
    early = snapshots.an_order_of(1, updated_at=after(0))
    late = snapshots.a_view(replace(early, key=OrderKey("U2"), updated_at=after(900)))
    known = replace(late.known, first_seen=after(-600))
    snapshot = snapshots.a_snapshot(orders=(replace(late, known=known), snapshots.a_view(early)))
    assert [row.key for row in order_rows(snapshot, SIGNS)] == ["U2", "U1"]


def test_a_table_holds_only_the_newest() -> None:
    snapshot = snapshots.crowded(orders=12, followers=2)
    assert [row.key for row in order_rows(snapshot, SIGNS, limit=3)] == ["U12", "U11", "U10"]


@pytest.mark.parametrize(
    ("states", "words", "tone"),
    [
        ([CopyState.FILLED, CopyState.UNKNOWN, CopyState.REJECTED], "? 1 unknown", Tone.WARN),
        ([CopyState.FILLED, CopyState.REJECTED, CopyState.FAILED], "! 2 failed", Tone.BAD),
        ([CopyState.FILLED, CopyState.PARTIAL], "◐ partial", Tone.WARN),
        ([CopyState.FILLED, CopyState.SENDING], "… sending", Tone.PLAIN),
        ([CopyState.FILLED, CopyState.ACCEPTED], "○ open", Tone.PLAIN),
        ([CopyState.FILLED, CopyState.FILLED], "✓ filled", Tone.GOOD),
        ([CopyState.SIMULATED], "≈ dry run", Tone.DIM),
        ([CopyState.CANCELLED], "· cancelled", Tone.DIM),
        ([CopyState.SKIPPED], "⊘ skipped", Tone.DIM),
    ],
)
def test_the_state_of_an_order_is_that_of_its_most_pressing_copy(
    states: list[CopyState], words: str, tone: Tone
) -> None:
    view = view_with(*(one_copy(state, number) for number, state in enumerate(states)))
    cell = order_row(view, 5, SIGNS).cells[-1]
    assert (cell.text, cell.tone) == (words, tone)


def a_view_of(states: list[CopyState], reasons: list[Reason] | None = None) -> OrderView:
    """Return an order with copies in these states, and a follower without one for each of the reasons."""
    view = view_with(*(one_copy(state, number) for number, state in enumerate(states)))
    [decided], count = view.executions, len(states)
    left = tuple(
        Plan(follower_id(count + n), f"F{n}", 0, reason, str(reason)) for n, reason in enumerate(reasons or [])
    )
    decided = replace(decided, decision=replace(decided.decision, plans=(*decided.decision.plans, *left)))
    return replace(view, executions=(decided,))


FILLED, SIMULATED = CopyState.FILLED, CopyState.SIMULATED


@pytest.mark.parametrize(
    ("states", "reasons", "copied", "state"),
    [
        ([FILLED] * 3, [], ("3/3", Tone.PLAIN), ("✓ filled", Tone.GOOD)),
        ([FILLED] * 3, [Reason.DISABLED], ("3/3", Tone.PLAIN), ("✓ filled", Tone.GOOD)),
        ([FILLED] * 3, [Reason.NOTHING_TO_CLOSE], ("3/3", Tone.PLAIN), ("✓ filled", Tone.GOOD)),
        ([FILLED] * 3, [Reason.BELOW_ONE_LOT], ("3/4", Tone.WARN), ("✓ filled, 1 missing", Tone.PLAIN)),
        (
            [FILLED],
            [Reason.OVER_MAX_QUANTITY, Reason.HALTED],
            ("1/3", Tone.WARN),
            ("✓ filled, 2 missing", Tone.PLAIN),
        ),
        ([FILLED, CopyState.CANCELLED], [], ("1/2", Tone.WARN), ("✓ filled, 1 missing", Tone.PLAIN)),
        ([FILLED, CopyState.REJECTED], [], ("1/2", Tone.WARN), ("! 1 failed", Tone.BAD)),
        ([FILLED, CopyState.SENDING], [Reason.BELOW_ONE_LOT], ("1/3", Tone.PLAIN), ("… sending", Tone.PLAIN)),
        ([CopyState.SKIPPED] * 2, [], ("0/2", Tone.PLAIN), ("⊘ skipped", Tone.DIM)),
        ([SIMULATED] * 2, [], ("≈2/2", Tone.PLAIN), ("≈ dry run", Tone.DIM)),
        ([SIMULATED] * 2, [Reason.BELOW_ONE_LOT], ("≈2/3", Tone.WARN), ("≈ dry run, 1 missing", Tone.DIM)),
    ],
)
def test_a_follower_that_got_nothing_is_said_and_is_not_green(
    states: list[CopyState], reasons: list[Reason], copied: tuple[str, Tone], state: tuple[str, Tone]
) -> None:
    *_, count, became = order_row(a_view_of(states, reasons), 5, SIGNS).cells
    assert ((count.text, count.tone), (became.text, became.tone)) == (copied, state)


def test_what_only_would_have_been_copied_is_marked_on_a_plain_terminal_too() -> None:
    assert order_row(a_view_of([SIMULATED] * 5), 5, PLAIN).cells[5].text == "~5/5"


def test_who_is_out_has_room_at_120_columns_beside_every_figure() -> None:
    width = 67  # the pane's inside
    views = (a_view_of([FILLED] * 3, [Reason.BELOW_ONE_LOT] * 12), exits.an_exit(11, FILLED))
    rows = [order_row(view, 50, SIGNS) for view in views]
    columns = fit(order_columns(rows), width)
    assert [column.key for column, _ in columns] == [column.key for column in ORDER_COLUMNS]
    assert all(len(row.cells[-1].text) < columns[-1][1] for row in rows)
    assert [row.cells[-1].text for row in rows] == ["✓ filled, 12 missing", "✓ 4 missing exit"]


def test_a_dismissed_failure_is_not_shown_as_a_trouble() -> None:
    view = view_with(one_copy(CopyState.REJECTED, dismissed=True), one_copy(CopyState.FILLED, 1))
    assert order_row(view, 5, SIGNS).cells[-1].text == "✓ filled, 1 missing"


@pytest.mark.parametrize(
    ("verdict", "settled", "words"),
    [
        (Verdict.ASK, False, "◆ approval"),
        (Verdict.MISSED, False, "! missed"),
        (Verdict.MISSED, True, "⊘ missed"),
        (Verdict.SKIP, True, "⊘ skipped"),
    ],
)
def test_what_waits_for_the_user_is_said(verdict: Verdict, settled: bool, words: str) -> None:
    view = snapshots.a_view(snapshots.an_order_of(1), (), verdict, settled=settled)
    assert order_row(view, 5, SIGNS).cells[-1].text == words


@pytest.mark.parametrize(
    ("origin", "order_status", "words"),
    [
        (Origin.OWN, OrderStatus.COMPLETE, "· own"),
        (Origin.BASELINE, OrderStatus.COMPLETE, "· baseline"),
        (Origin.SEEN, OrderStatus.CANCELLED, "· cancelled"),
        (Origin.SEEN, OrderStatus.REJECTED, "· rejected"),
        (Origin.OPEN_AT_START, OrderStatus.WORKING, "○ open"),
    ],
)
def test_an_order_without_executions_says_why(origin: Origin, order_status: OrderStatus, words: str) -> None:
    view = OrderView(a_known(order=a_working_order(order_status=order_status), origin=origin), (), ())
    assert order_row(view, 5, SIGNS).cells[-1].text == words


def test_a_follower_taken_out_is_not_one_that_does_not_have_it() -> None:
    view = view_with(one_copy(CopyState.FILLED))
    decided = view.executions[0]
    plans = (Plan(follower_id(0), "Asha", 50), Plan(follower_id(1), "Ravi", 0, Reason.DISABLED, "disabled"))
    decided = replace(decided, decision=replace(decided.decision, plans=plans))
    assert order_row(replace(view, executions=(decided,)), 5, SIGNS).cells[5].text == "1/1"


def test_rows_are_made_anew_only_for_orders_that_changed() -> None:
    rows, view = OrderRows(SIGNS), view_with(one_copy(CopyState.OPEN))
    [row] = rows.rows([view], 5)
    assert rows.rows([view], 5)[0] is row
    assert rows.rows([replace(view, copies=())], 5)[0] is not row


def test_without_orders_it_says_what_is_going_on() -> None:
    assert no_orders(snapshots.quiet(), 3.0) == "No master orders today. Polling every 3 s."
    assert no_orders(snapshots.starting(), 3.0) == "Reading the master's order book for the first time."
    out = replace(snapshots.starting(), master_logged_in=False, master_text="wrong [/pin]")
    assert no_orders(out, 3.0) == "The master is not logged in: wrong [/pin]."
