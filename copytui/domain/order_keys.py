"""The keys of a master's orders: which rows of his order books are one order.

An order is known by its `uniqueorderid`, which stays the same when a modification changes its `orderid`. The ids alone
are not trusted: rows of different symbols, sides or products are different orders, whatever their ids say.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from copytui.domain.executions import KnownOrder
from copytui.domain.orders import BookOrder, OrderKey
from copytui.domain.text import clean

_JOINT = "+"


def is_same_order(one: BookOrder, other: BookOrder) -> bool:
    """Return whether two rows with a common id can be one order; no modification changes what is compared here."""
    return (
        (one.symbol == other.symbol or one.symbol.upper() == other.symbol.upper())
        and one.exchange is other.exchange
        and one.side is other.side
        and one.product is other.product
        and (one.token == other.token or not one.token or not other.token)
    )


def keys_for(row: BookOrder) -> Iterator[OrderKey]:
    """Yield the keys that a new order may have, the usual one first; two different orders never share the last one."""
    yield row.key
    parts = [row.key] if row.order_id in ("", row.key) else [row.key, row.order_id]
    if len(parts) > 1:
        yield OrderKey(_JOINT.join(parts))
    yield OrderKey(_JOINT.join([*parts, ":".join(_identity(row))]))


def original_key(key: OrderKey) -> OrderKey:
    """Return the id that the rows of an order carry, for an order that may be kept apart from another one."""
    return OrderKey(key.split(_JOINT, 1)[0])


def _identity(row: BookOrder) -> tuple[str, ...]:
    return (row.exchange, row.symbol.upper(), row.side, row.product, row.token or "")


class OrderKeys:
    """Gives the rows of an order book the keys of their orders: the same for any order of the rows.

    A known order is found by its key, by its order id, or by the unique id that its rows had later. Of several new
    orders with one id the one with the lowest order id gets it as its key.
    """

    def __init__(self) -> None:
        """Start without a known order."""
        self._by_order_id: dict[str, tuple[OrderKey, ...]] = {}
        self._by_row_key: dict[str, tuple[OrderKey, ...]] = {}

    def know(self, order: BookOrder) -> None:
        """Remember the ids of a known order."""
        if order.order_id:
            _remember(self._by_order_id, order.order_id, order.key)
        if (original := original_key(order.key)) != order.key:
            _remember(self._by_row_key, original, order.key)

    def name(
        self, rows: Sequence[BookOrder], known: Mapping[OrderKey, KnownOrder]
    ) -> tuple[list[BookOrder], list[str]]:
        """Return `rows` under the keys of their orders, and a sentence for each new order that shares another's id."""
        named: list[BookOrder] = list(rows)
        new: list[int] = []
        for number, row in enumerate(rows):
            before = known.get(row.key)
            if before is not None and (before.order is row or is_same_order(before.order, row)):
                continue
            key = self._find(row, {}, known)
            if key is None:
                new.append(number)
            else:
                named[number] = _under(key, row)
        return named, self._name_new(named, new, known) if new else []

    def _name_new(self, rows: list[BookOrder], new: list[int], known: Mapping[OrderKey, KnownOrder]) -> list[str]:
        """Name the rows of orders that are not known, in place."""
        fresh: dict[OrderKey, BookOrder] = {}
        sentences = []
        for number in sorted(
            new, key=lambda number: (rows[number].order_id, _identity(rows[number]), rows[number].key)
        ):
            row = rows[number]
            key = self._find(row, fresh, known)
            if key is None:
                key = next(key for key in keys_for(row) if key not in known and key not in fresh)
                fresh[key] = row
                self.know(_under(key, row))
                if key != row.key:
                    other = fresh[row.key] if row.key in fresh else known[row.key].order
                    sentences.append(_apart(row, other))
            rows[number] = _under(key, row)
        return sentences

    def _find(
        self, row: BookOrder, fresh: Mapping[OrderKey, BookOrder], known: Mapping[OrderKey, KnownOrder]
    ) -> OrderKey | None:
        """Return the key of the order that a row belongs to; None for a new one."""
        by_id = self._by_order_id.get(row.order_id, ())
        for key in (row.key, *by_id, *self._by_row_key.get(row.key, ())):
            order = fresh[key] if key in fresh else known[key].order if key in known else None
            if order is not None and is_same_order(order, row):
                if key in by_id and row.key not in (row.order_id, key):
                    _remember(self._by_row_key, row.key, key)  # the unique id came late
                return key
        return None


def _remember(names: dict[str, tuple[OrderKey, ...]], name: str, key: OrderKey) -> None:
    keys = names.get(name, ())
    if key not in keys:
        names[name] = (*keys, key)


def _under(key: OrderKey, row: BookOrder) -> BookOrder:
    return row if key == row.key else replace(row, key=key)


def _apart(row: BookOrder, other: BookOrder) -> str:
    """Say that two orders share an id."""

    def words(order: BookOrder) -> str:
        return f"{order.side} {order.quantity} {clean(order.symbol)} {order.product} (order {clean(order.order_id)})"

    return f"{words(row)} and {words(other)} carry one id, {clean(row.key)}, but are different orders: both are watched"
