"""A child order reconciled with its row of the account's order book (docs/copying-rules.md, "A copy's states")."""

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


_NOT_IN_BOOK_YET = frozenset({CopyState.QUEUED, CopyState.SENDING, CopyState.UNKNOWN, CopyState.FAILED})


_MAY_BE_SMALLER = frozenset({CopyState.OPEN, CopyState.PARTIAL, CopyState.FILLED})


def reconcile(copy: ChildOrder, row: BookOrder, at: datetime) -> ChildOrder:
    """Return `copy` as `row`, the order with its tag, shows it; the same `copy` when the row is nothing new.

    A row older than what is known changes nothing: fills only grow, and a final state stays final.
    """
    if row.filled < copy.filled:
        if not row.order_status.is_final:
            return copy
        # A final row that reports fewer fills than were seen, or none, is still final.
        row = replace(row, filled=copy.filled, average_price=copy.average_price)
    to = _ENDS.get(row.order_status) or (CopyState.PARTIAL if row.filled > 0 else CopyState.OPEN)
    if to is not copy.state and not may_move(copy, to):
        return copy
    order = _with_broker_quantity(copy.order, row) if to in _MAY_BE_SMALLER else copy.order
    if to is copy.state:
        same_id = row.order_id in ("", copy.order_id)  # a modification may change it
        same_fill = row.filled == copy.filled and row.average_price == copy.average_price
        unchanged = same_id and same_fill and order == copy.order
        if unchanged or (to in FINAL and to not in LATE_NUMBERS):
            return copy
    error = copy.error
    if to is CopyState.REJECTED:
        error = row.text or "rejected without a reason"
    elif to is CopyState.CANCELLED:
        error = copy.cancel_reason or row.text or "cancelled at the broker"
    elif to is CopyState.FILLED or copy.state in _NOT_IN_BOOK_YET:
        error = None
    return move(
        copy, to, at,
        order=order, order_id=row.order_id or copy.order_id, filled=row.filled, average_price=row.average_price,
        error=error, needs_clean_book=False,
    )  # fmt: skip


def _with_broker_quantity(order: OrderToSend, row: BookOrder) -> OrderToSend:
    """Return an order with the quantity it has at the broker, where somebody made it smaller there.

    With the old quantity, fills would seem to be missing and every later exit would wait, and a new limit would make
    the order larger again.
    """
    quantity = max(row.quantity, row.filled)
    return replace(order, quantity=quantity) if 0 < quantity < order.quantity and row.quantity > 0 else order
