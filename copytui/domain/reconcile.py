"""A child order reconciled with its row of the account's order book (docs/copying-rules.md, "A copy's states")."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
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


def is_row_of(copy: ChildOrder, row: BookOrder) -> bool:
    """Return whether `row`, which has the tag or the order id of `copy`, can be its order at all."""
    order = copy.order
    return row.side is order.side and row.exchange is order.exchange and row.symbol.upper() == order.symbol.upper()


def fills_by_name(rows: Iterable[BookOrder]) -> dict[str, int]:
    """Return the filled units of an order book's rows by tag, or by order id where a row has no tag."""
    fills: dict[str, int] = {}
    for row in rows:
        if row.filled and (name := row.tag or row.order_id):
            fills[name] = max(row.filled, fills.get(name, 0))
    return fills


def fills_not_in_book(copies: Iterable[ChildOrder], fills: Mapping[str, int]) -> list[tuple[ChildOrder, int]]:
    """Return the copies whose known fills an order book lacks, each with the units that it lacks.

    `fills` are the book's, by name. Such a book is incomplete: it proves nothing about what the account holds.
    """
    lacking = []
    for copy in copies:
        shown = max(fills.get(copy.tag, 0), fills.get(copy.order_id or "", 0))
        if copy.filled > shown:
            lacking.append((copy, copy.filled - shown))
    return lacking


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
