"""Saved order books: from the broker's JSON to orders and their executions. Pure.

Orders are taken in the order of their times, as if each had been seen when it executed. An order without an execution
is listed with the reason.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from copytui.broker.smartapi.parsing import RowCache, Rows, parse_book
from copytui.domain.decisions import Decision, Verdict
from copytui.domain.errors import BrokerTrouble, SettingsRefused
from copytui.domain.executions import Awaited, CopyOn, Execution, KnownOrder, Origin, awaited, count_anyway, observe
from copytui.domain.order_keys import OrderKeys
from copytui.domain.orders import BookOrder, OrderKey
from copytui.domain.reasons import Reason
from copytui.domain.text import clean


@dataclass(frozen=True, slots=True)
class Seen:
    """One order of the book: its execution, or the decision that there is nothing to copy."""

    order: BookOrder
    execution: Execution | None
    none: Decision


_NONE = Decision(Verdict.SKIP, "")


def read_book(raw: bytes, file: str) -> Rows:
    """Return the orders and the unreadable rows of a saved order book; raises SettingsRefused if it is not one.

    The file holds the broker's whole answer or only the list in it.
    """
    try:
        found = json.loads(raw.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise _no_book(file, "it is not UTF-8 text") from None
    except json.JSONDecodeError as error:
        raise _no_book(file, f"line {error.lineno} is not valid JSON") from None
    except (ValueError, RecursionError):
        raise _no_book(file, "a number or a nesting in it is too large") from None
    if isinstance(found, dict):
        if "data" not in found:
            raise _no_book(file, "it has no data")
        if found.get("status") is not True and not found["data"]:
            raise _no_book(file, f"the broker answered {clean(str(found.get('message', 'without a message')))!r}")
        found = found["data"]
    if found is not None and not isinstance(found, list):
        raise _no_book(file, "its data is not a list")
    try:
        orders, problems = parse_book(found, RowCache())
    except BrokerTrouble as error:
        raise _no_book(file, str(error)) from error
    if found and not orders and not any(isinstance(row, dict) for row in found):
        raise _no_book(file, "there is no order in its list")
    return orders, problems


def _no_book(file: str, why: str) -> SettingsRefused:
    return SettingsRefused((f"{clean(file)} is not an order book: {why}",))


def in_time(orders: Iterable[BookOrder], copy_on: CopyOn, *, now: datetime) -> tuple[Seen, ...]:
    """Return what comes of each order, the oldest first; orders without a time come last, as if seen `now`."""
    known: dict[OrderKey, KnownOrder] = {}
    seen: list[Seen] = []
    rows, _apart = OrderKeys().name(tuple(orders), known)
    for order in sorted(rows, key=lambda order: (order.updated_at or now, order.order_id)):
        observed = observe(
            known.get(order.key), order, seen_at=order.updated_at or now, copy_on=copy_on, opening=False
        )  # fmt: skip
        if observed is None:
            continue  # the same again, or older than what is known
        known[order.key] = observed.known
        seen.append(
            Seen(observed.known.order, observed.execution, _NONE if observed.execution else _why_not(observed.known))
        )
    seen = [_with_late_figures(each, known[each.order.key], copy_on) for each in seen]
    # A book may have an order in two rows; only the newest tells whether nothing came of it.
    last = {each.order.key: each for each in seen}
    executed = {each.order.key for each in seen if each.execution is not None}
    return tuple(
        each
        for each in seen
        if each.execution is not None or (each is last[each.order.key] and each.order.key not in executed)
    )


def _with_late_figures(seen: Seen, known: KnownOrder, copy_on: CopyOn) -> Seen:
    """Return the execution of an order whose price is not in the book: a saved book has no later poll."""
    if seen.order is not known.order or awaited(known, copy_on) is not Awaited.PRICE:
        return seen
    return Seen(seen.order, count_anyway(known, seen_at=seen.order.updated_at or known.first_seen).execution, _NONE)


def _why_not(known: KnownOrder) -> Decision:
    order = known.order
    if known.origin is Origin.OWN:
        return Decision(Verdict.SKIP, "it carries a copytui tag: never copied", Reason.OWN_ORDER)
    words = clean(f"{order.status or order.order_status} {order.text}")
    if order.filled:
        part = f"{order.filled} of {order.quantity} have executed so far ({words}): copied when it ends"
        return Decision(Verdict.SKIP, part, Reason.NOTHING_EXECUTED)
    return Decision(Verdict.SKIP, f"nothing of it has executed: {words}", Reason.NOTHING_EXECUTED)
