"""What an account's order book says of a copy (engine.md, "Followed to its end")."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from copytui.domain.copies import FINAL, LATE_NUMBERS, ChildOrder, CopyState, may_move, move
from copytui.domain.orders import BookOrder, OrderStatus, OrderToSend

_ENDS = {
    OrderStatus.COMPLETE: CopyState.FILLED,
    OrderStatus.CANCELLED: CopyState.CANCELLED,
    OrderStatus.REJECTED: CopyState.REJECTED,
}


_BEFORE_THE_BOOK = frozenset({CopyState.QUEUED, CopyState.SENDING, CopyState.UNKNOWN, CopyState.FAILED})


_MAY_BE_SMALLER = frozenset({CopyState.OPEN, CopyState.PARTIAL, CopyState.FILLED})


def reconcile(copy: ChildOrder, row: BookOrder, at: datetime) -> ChildOrder:
    """Return `copy` as `row`, the order with its tag, shows it; the same `copy` when the row is nothing new.

    A row that is older than what is known changes nothing: fills only grow and an end is an end.
    """
    if row.filled < copy.filled:
        if not row.order_status.is_final:
            return copy
        # An end that tells fewer fills than were seen, or none, is still the end.
        row = replace(row, filled=copy.filled, average_price=copy.average_price)
    to = _ENDS.get(row.order_status) or (CopyState.PARTIAL if row.filled > 0 else CopyState.OPEN)
    if to is not copy.state and not may_move(copy, to):
        return copy
    order = _as_it_is(copy.order, row) if to in _MAY_BE_SMALLER else copy.order
    if to is copy.state:
        same_id = row.order_id in ("", copy.order_id)  # a modification may have given it another
        same_fill = row.filled == copy.filled and row.average_price == copy.average_price
        unchanged = same_id and same_fill and order == copy.order
        if unchanged or (to in FINAL and to not in LATE_NUMBERS):
            return copy
    error = copy.error
    if to is CopyState.REJECTED:
        error = row.text or "rejected without a reason"
    elif to is CopyState.CANCELLED:
        error = copy.cancel_reason or row.text or "cancelled at the broker"
    elif to is CopyState.FILLED or copy.state in _BEFORE_THE_BOOK:
        error = None
    return move(
        copy, to, at,
        order=order, order_id=row.order_id or copy.order_id, filled=row.filled, average_price=row.average_price,
        error=error, needs_clean_book=False,
    )  # fmt: skip


def _as_it_is(order: OrderToSend, row: BookOrder) -> OrderToSend:
    """Return an order with the quantity it has at the broker now: who made it smaller there gets no more of it.

    With the old quantity it would look as if fills were missing and hold back every exit behind it, and a new limit
    would make it larger again.
    """
    quantity = max(row.quantity, row.filled)
    return replace(order, quantity=quantity) if 0 < quantity < order.quantity and row.quantity > 0 else order
