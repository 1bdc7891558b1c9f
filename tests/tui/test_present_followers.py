"""Copies and accounts as rows."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from copytui.broker.port import Budget
from copytui.domain.copies import ChildOrder, CopyState
from copytui.domain.decisions import Plan
from copytui.domain.executions import Origin
from copytui.domain.orders import OrderStatus
from copytui.domain.reasons import Reason
from copytui.engine.follower.follower import SessionState
from copytui.engine.snapshot import OrderView
from copytui.tui.present import Line, Row, Signs, Tone, account_rows, copy_rows, why_no_copies
from copytui.tui.present.accounts import AccountContext
from copytui.tui.present.copies import row_follower
from tests.builders import a_known, a_working_order
from tests.tui import snapshots
from tests.tui.fake import MONOTONIC, follower_id

SIGNS = Signs.of(ascii_only=False)
PLAIN = Signs.of(ascii_only=True)
LEDGER = AccountContext(MONOTONIC, Decimal(10000))


def texts(row: Row) -> list[str]:
    return [cell.text for cell in row.cells]


def said(line: Line) -> str:
    return "".join(piece.text for piece in line)


def view_with(*copies: ChildOrder) -> OrderView:
    return snapshots.a_view(snapshots.an_order_of(1), copies)


def one_copy(state: CopyState, number: int = 0, **fields: object) -> ChildOrder:
    return snapshots.a_copy_of(snapshots.an_order_of(1), number, state, **fields)


def test_each_followers_copy_is_a_row() -> None:
    snapshot = snapshots.busy()
    assert [texts(row) for row in copy_rows(snapshot, snapshot.orders[0], SIGNS)] == [
        ["Asha", "75", "75/75", "✓ filled", "281", "@101.55"],
        ["Ravi", "75", "75/75", "✓ filled", "292", "@101.60"],
        ["Meera", "75", "25/75", "◐ partial", "303", "@101.65"],
        ["Sara", "75", "0/75", "✗ rejected", "314", "RMS: margin shortfall, needs 7612.50 more"],
        ["Kim", "75", "0/75", "? unknown", "", "no answer in 7.0 s: unknown, looking it up"],
    ]


@pytest.mark.parametrize("state", list(CopyState))
@pytest.mark.parametrize("signs", [SIGNS, PLAIN])
def test_every_state_is_a_sign_and_a_word(state: CopyState, signs: Signs) -> None:
    view = view_with(one_copy(state))
    sign, _, word = copy_rows(snapshots.busy(), view, signs)[0].cells[3].text.partition(" ")
    assert len(sign) == 1
    assert len(word) >= 4
    assert len(word) <= 9


def test_a_follower_that_gets_nothing_is_a_row_with_the_reason() -> None:
    view = view_with(one_copy(CopyState.FILLED))
    decided = view.executions[0]
    plans = (Plan(follower_id(0), "Asha", 50), Plan(follower_id(1), "Ravi", 0, Reason.BELOW_ONE_LOT, "below one lot"))
    view = replace(view, executions=(replace(decided, decision=replace(decided.decision, plans=plans)),))
    rows = copy_rows(snapshots.busy(), view, SIGNS)
    assert texts(rows[1]) == ["Ravi", "0", "", "⊘ skipped", "", "below one lot"]
    assert [row_follower(view, row.key) for row in rows] == [follower_id(0), follower_id(1)]


def test_several_executions_of_an_order_are_numbered() -> None:
    first = snapshots.a_view(snapshots.an_order_of(1), (one_copy(CopyState.FILLED),))
    again = replace(first.executions[0], id=2, execution=replace(first.executions[0].execution, number=2))
    copies = (*first.copies, replace(first.copies[0], id=200, execution_id=2))
    rows = copy_rows(snapshots.busy(), OrderView(first.known, (first.executions[0], again), copies), SIGNS)
    assert [texts(row)[0] for row in rows] == ["Asha #1", "Asha #2"]


def test_a_copy_that_cannot_leave_says_why() -> None:
    view = view_with(one_copy(CopyState.QUEUED))
    snapshot = replace(snapshots.busy(), followers=(snapshots.a_follower(0, armed=False, halted_because="x"),))
    assert texts(copy_rows(snapshot, view, SIGNS)[0])[-1] == "account halted"


def test_an_order_without_copies_gives_the_reason() -> None:
    snapshot = snapshots.busy()
    assert why_no_copies(snapshot.orders[2]) == "Skipped: symbol blocked by FINNIFTY."
    assert why_no_copies(snapshot.orders[3]).startswith("It has not executed yet: open. It is")
    assert why_no_copies(snapshots.missed().orders[0]).startswith("Missed (n copies or dismisses it): copying is")


def test_an_account_is_a_row_with_mode_funds_and_budget() -> None:
    view = snapshots.a_follower(0, live=1, queued=2, last_error="refused once")
    (row,) = account_rows([view], SIGNS, LEDGER)
    assert texts(row) == [
        "Asha", "✓ armed", "2,50,000", "", "0", "refused once", "12/500", "3", "48/1000", "", "", "✓ ready",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("fields", "mode"),
    [
        ({"halted_because": "5 failures in a row", "enabled": False}, "! halted"),
        ({"enabled": False}, "⊘ disabled"),
        ({"session": SessionState.LOGGING_IN, "armed": False}, "… logging in"),
        ({"session": SessionState.READING_BOOK, "armed": False}, "… reading"),
        ({"session": SessionState.WAITING, "armed": False}, "! retrying"),
        ({"session": SessionState.LOCKED, "armed": False}, "✗ refused"),
        ({"armed": False}, "… waiting"),
        ({"armed": False, "ip_mismatch": "its requests leave from 1.2.3.4"}, "✗ wrong IP"),
        ({"close_only": "it has lost ₹12,000"}, "! close only"),
        ({"close_only": "it has lost ₹12,000", "armed": False}, "… waiting"),
        ({"close_only": "it has lost ₹12,000", "halted_because": "x"}, "! halted"),
        ({}, "✓ armed"),
    ],
)
def test_an_account_says_whether_orders_can_leave(fields: dict[str, object], mode: str) -> None:
    (row,) = account_rows([snapshots.a_follower(0, **fields)], SIGNS, LEDGER)
    assert row.cells[1].text == mode


def test_a_budget_that_runs_out_is_marked() -> None:
    (row,) = account_rows([snapshots.a_follower(0, budget=Budget(400, 500, 10, 1000), funds=None)], SIGNS, LEDGER)
    assert (row.cells[2].text, row.cells[6].tone, row.cells[8].tone) == ("", Tone.WARN, Tone.PLAIN)


@pytest.mark.parametrize(
    ("origin", "order_status", "words"),
    [
        (Origin.OWN, OrderStatus.COMPLETE, "copytui placed this order itself"),
        (Origin.BASELINE, OrderStatus.COMPLETE, "Baseline: it was final before copytui started"),
        (Origin.SEEN, OrderStatus.REJECTED, "there is nothing to copy: rejected RMS says no."),
        (Origin.SEEN, OrderStatus.WORKING, "It is copied when it executes."),
    ],
)
def test_an_order_that_has_not_executed_says_whether_it_will_be_copied(
    origin: Origin, order_status: OrderStatus, words: str
) -> None:
    order = a_working_order(order_status=order_status, status=str(order_status), text="RMS says no")
    assert words in why_no_copies(OrderView(a_known(order=order, origin=origin), (), ()))
