"""Reconciling a copy with its row in the account's order book."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copytui.domain.copies import FINAL, LATE_NUMBERS, MOVES, ChildOrder, CopyState, Resolution
from copytui.domain.orders import BookOrder, OrderId, OrderStatus
from copytui.domain.reconcile import reconcile
from tests.builders import NOON, a_copy, a_tag, a_working_order, after, an_order, an_order_to_send

S = CopyState
BROKER_ID = OrderId("261120000098765")


def a_row(order_status: OrderStatus, filled: int, **others: Any) -> BookOrder:
    build = a_working_order if order_status is OrderStatus.WORKING else an_order
    fields: dict[str, Any] = {"order_status": order_status, "filled": filled, "tag": a_tag(), "order_id": BROKER_ID}
    return build(**(fields | others))


@pytest.mark.parametrize("state", [S.QUEUED, S.SENDING, S.UNKNOWN, S.ACCEPTED])
@pytest.mark.parametrize(
    ("order_status", "filled", "becomes"),
    [
        (OrderStatus.WORKING, 0, S.OPEN),
        (OrderStatus.WORKING, 20, S.PARTIAL),
        (OrderStatus.COMPLETE, 50, S.FILLED),
        (OrderStatus.CANCELLED, 20, S.CANCELLED),
        (OrderStatus.REJECTED, 0, S.REJECTED),
    ],
)
def test_a_copy_becomes_what_the_row_with_its_tag_shows(
    state: CopyState, order_status: OrderStatus, filled: int, becomes: CopyState
) -> None:
    before = a_copy(state=state, needs_clean_book=True)
    copy = reconcile(before, a_row(order_status, filled, average_price=Decimal("101.55")), after(2))
    assert (copy.state, copy.filled, copy.average_price) == (becomes, filled, Decimal("101.55"))
    assert (copy.order_id, copy.changed_at, copy.needs_clean_book) == (BROKER_ID, after(2), False)


def test_a_rejection_keeps_the_brokers_words() -> None:
    assert (
        reconcile(a_copy(state=S.OPEN), a_row(OrderStatus.REJECTED, 0, text="no margin"), after(2)).error == "no margin"
    )
    assert (
        reconcile(a_copy(state=S.OPEN), a_row(OrderStatus.REJECTED, 0), after(2)).error == "rejected without a reason"
    )


def test_a_cancellation_keeps_the_brokers_words() -> None:
    copy = reconcile(a_copy(state=S.OPEN), a_row(OrderStatus.CANCELLED, 0, text="by the user"), after(2))
    assert copy.error == "by the user"


@pytest.mark.parametrize("state", [S.UNKNOWN, S.SENDING, S.QUEUED])
def test_an_unknown_order_found_in_the_order_book_is_unknown_no_more(state: CopyState) -> None:
    assert reconcile(a_copy(state=state, error="time-out"), a_row(OrderStatus.WORKING, 0), after(2)).error is None


def test_an_order_that_filled_after_all_is_cancelled_no_more() -> None:
    cancelled = a_copy(state=S.CANCELLED, filled=20, error="cancelled at the broker")
    copy = reconcile(cancelled, a_row(OrderStatus.COMPLETE, 50), after(2))
    assert (copy.state, copy.filled, copy.error) == (S.FILLED, 50, None)


def test_a_row_with_nothing_new_gives_the_very_same_copy() -> None:
    copy = reconcile(a_copy(state=S.ACCEPTED), a_row(OrderStatus.WORKING, 20), after(2))
    assert reconcile(copy, a_row(OrderStatus.WORKING, 20), after(9)) is copy


def test_a_further_fill_of_a_partial_copy_is_taken() -> None:
    copy = a_copy(state=S.PARTIAL, filled=20)
    assert reconcile(copy, a_row(OrderStatus.WORKING, 30), after(2)).filled == 30


def test_an_older_row_with_fewer_fills_changes_nothing() -> None:
    copy = a_copy(state=S.PARTIAL, filled=20)
    assert reconcile(copy, a_row(OrderStatus.WORKING, 10), after(2)) is copy


def test_a_final_row_with_fewer_fills_than_were_seen_ends_the_copy_with_those_fills() -> None:
    partial = a_copy(state=S.PARTIAL, filled=20, average_price=Decimal(101))
    copy = reconcile(partial, a_row(OrderStatus.CANCELLED, 0, average_price=Decimal(0)), after(2))
    assert (copy.state, copy.filled, copy.average_price) == (S.CANCELLED, 20, Decimal(101))


def test_a_row_without_an_order_id_does_not_take_it_away() -> None:
    copy = reconcile(a_copy(state=S.ACCEPTED, order_id=BROKER_ID), a_row(OrderStatus.WORKING, 0, order_id=""), after(2))
    assert copy.order_id == BROKER_ID


PRICES = st.decimals(0, 200_000, places=2)
ROWS = st.builds(
    a_row,
    st.sampled_from(OrderStatus),
    st.integers(0, 500),
    average_price=PRICES,
    text=st.text(max_size=20),
    order_id=st.sampled_from(["", "1", "2"]),
)
COPIES = st.builds(
    a_copy,
    state=st.sampled_from(CopyState),
    filled=st.integers(0, 500),
    average_price=PRICES,
    error=st.none() | st.text(max_size=20),
    order_id=st.sampled_from([None, "1", "2"]),
)


@given(COPIES, st.lists(ROWS, max_size=6))
def test_no_row_raises_or_brings_a_copy_backwards(copy: ChildOrder, rows: list[BookOrder]) -> None:
    for row in rows:
        after_it = reconcile(copy, row, after(2))
        if after_it is not copy:
            assert after_it.state is copy.state or after_it.state in MOVES[copy.state]
            assert copy.state not in FINAL - LATE_NUMBERS
        assert after_it.filled >= copy.filled
        assert not copy.order_id or after_it.order_id
        assert after_it.order is copy.order
        copy = after_it


@given(COPIES, ROWS)
def test_the_same_row_twice_is_the_same_as_once(copy: ChildOrder, row: BookOrder) -> None:
    once = reconcile(copy, row, after(2))
    assert reconcile(once, row, after(3)) is once


@pytest.mark.parametrize("state", [S.ACCEPTED, S.OPEN, S.PARTIAL, S.FILLED])
def test_a_complete_order_that_was_made_smaller_at_the_broker_is_settled_with_its_own_quantity(
    state: CopyState,
) -> None:
    before = a_copy(state=state, filled=20 if state in (S.PARTIAL, S.FILLED) else 0)
    copy = reconcile(before, a_row(OrderStatus.COMPLETE, 20, quantity=20), after(2))
    assert (copy.state, copy.filled, copy.order.quantity) == (S.FILLED, 20, 20)
    assert copy.is_settled
    assert not copy.outstanding


def test_a_complete_order_whose_row_lacks_fills_lacks_the_rest() -> None:
    copy = reconcile(a_copy(state=S.OPEN), a_row(OrderStatus.COMPLETE, 20, quantity=50), after(2))
    assert (copy.order.quantity, copy.is_settled, copy.outstanding) == (50, False, 30)
    without = reconcile(a_copy(state=S.OPEN), a_row(OrderStatus.COMPLETE, 0, quantity=0), after(2))
    assert (without.order.quantity, without.is_settled) == (50, False)


@pytest.mark.parametrize(("order_status", "becomes"), [(OrderStatus.COMPLETE, S.FILLED), (OrderStatus.WORKING, S.OPEN)])
def test_what_was_marked_as_not_placed_is_what_the_book_says_after_all(
    order_status: OrderStatus, becomes: CopyState
) -> None:
    filled = 50 if order_status is OrderStatus.COMPLETE else 0
    marked = a_copy(state=S.FAILED, error="marked as not placed by hand", resolution=Resolution.NOT_PLACED)
    copy = reconcile(marked, a_row(order_status, filled), after(2))
    assert (copy.state, copy.filled, copy.error) == (becomes, filled, None)
    refused = a_copy(state=S.FAILED, error="AB4036: no margin")
    assert reconcile(refused, a_row(order_status, filled), after(2)) is refused


def test_a_working_order_that_was_made_smaller_at_the_broker_stays_smaller() -> None:
    copy = a_copy(state=CopyState.OPEN, order_id=OrderId("1"), order=an_order_to_send(quantity=100))
    row = a_working_order(order_id=OrderId("1"), quantity=50)
    smaller = reconcile(copy, row, NOON)
    assert (smaller.order.quantity, smaller.outstanding) == (50, 50)
    assert reconcile(smaller, row, NOON) is smaller
