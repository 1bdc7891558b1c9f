"""The keys of a master's orders: rows are one order by their ids, unless what they trade differs."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copytui.domain.executions import KnownOrder, Origin
from copytui.domain.order_keys import OrderKeys, is_same_order
from copytui.domain.orders import BookOrder, Exchange, OrderId, OrderKey, Product, Side
from tests.builders import NOON, an_order

OTHER_ORDERS: list[dict[str, Any]] = [
    {"symbol": "SBIN-EQ"}, {"exchange": Exchange.BFO}, {"side": Side.SELL}, {"product": Product.MARGIN}, {"token": "7"},
]  # fmt: skip


def a_row(key: str, order_id: str, **more: Any) -> BookOrder:
    return an_order(key=OrderKey(key), order_id=OrderId(order_id), **more)


class Book:
    """The state's part: it names the rows of a poll and knows their orders from then on."""

    def __init__(self, known: tuple[BookOrder, ...] = ()) -> None:
        self.keys = OrderKeys()
        self.known: dict[OrderKey, KnownOrder] = {}
        self._know(known)

    def _know(self, rows: tuple[BookOrder, ...] | list[BookOrder]) -> None:
        for row in rows:
            self.known[row.key] = KnownOrder(row, Origin.SEEN, NOON)
            self.keys.know(row)

    def poll(self, *rows: BookOrder) -> tuple[list[str], list[str]]:
        named, apart = self.keys.name(rows, self.known)
        self._know(named)
        return [str(row.key) for row in named], apart

    def restarted(self) -> Book:
        return Book(tuple(known.order for known in self.known.values()))


@pytest.mark.parametrize("differs", OTHER_ORDERS)
def test_what_no_modification_changes_tells_orders_apart(differs: dict[str, Any]) -> None:
    assert not is_same_order(an_order(), an_order(**differs))


@pytest.mark.parametrize("same", [{"token": None}, {"symbol": "nifty28nov2624000ce"}, {"quantity": 7}])
def test_a_missing_token_or_another_quantity_is_the_same_order(same: dict[str, Any]) -> None:
    assert is_same_order(an_order(), an_order(**same))


@pytest.mark.parametrize("differs", OTHER_ORDERS)
def test_two_orders_with_one_unique_id_are_kept_apart_and_that_is_said_once(differs: dict[str, Any]) -> None:
    book, rows = Book(), (a_row("U", "2", **differs), a_row("U", "1"))
    keys, (said,) = book.poll(*rows)
    assert keys == ["U+2", "U"]
    assert "(order 2)" in said
    assert "(order 1)" in said
    for again in (book, book.restarted()):
        assert again.poll(*reversed(rows)) == (["U", "U+2"], [])


def test_rows_of_one_order_id_with_different_symbols_are_different_orders() -> None:
    first, second = a_row("U1", "1"), a_row("U2", "1", symbol="SBIN-EQ")
    assert Book().poll(first, second) == (["U1", "U2"], [])
    book = Book()
    keys, said = book.poll(a_row("1", "1"), a_row("1", "1", symbol="SBIN-EQ"))
    assert (len(set(keys)), len(said)) == (2, 1)


def test_a_unique_id_that_comes_late_and_an_order_id_that_changes_are_still_the_same_order() -> None:
    book = Book()
    assert book.poll(a_row("1", "1"))[0] == ["1"]
    assert book.poll(a_row("U", "1"))[0] == ["1"]
    assert book.poll(a_row("U", "5"))[0] == ["1"], "modified"
    assert book.poll(a_row("U", "5"), a_row("5", "5"))[0] == ["1", "1"]


def test_an_order_that_is_kept_apart_stays_itself_when_a_modification_changes_its_order_id() -> None:
    book = Book()
    book.poll(a_row("U", "1"), a_row("U", "2", side=Side.SELL))
    assert book.restarted().poll(a_row("U", "9", side=Side.SELL)) == (["U+2"], [])


def rows() -> st.SearchStrategy[list[BookOrder]]:
    """Return rows with few ids, some without a unique id, that say different things about what they trade."""
    row = st.builds(
        lambda unique, order_id, **more: a_row(unique or order_id, order_id, **more),
        st.sampled_from(["U", "V", ""]),
        st.sampled_from(["1", "2", "3"]),
        symbol=st.sampled_from(["A-EQ", "B-EQ"]),
        side=st.sampled_from(Side),
    )
    return st.lists(row, max_size=8)


@given(rows(), st.data())
def test_any_order_of_the_rows_and_a_restart_give_the_same_keys(seen: list[BookOrder], data: st.DataObject) -> None:
    numbers = data.draw(st.permutations(range(len(seen))))
    book = Book()
    keys = book.poll(*seen)[0]
    shuffled = Book().poll(*(seen[number] for number in numbers))[0]
    assert [keys[number] for number in numbers] == shuffled
    assert book.restarted().poll(*seen) == (keys, [])


@given(rows())
def test_no_two_different_orders_share_a_key(seen: list[BookOrder]) -> None:
    keys = Book().poll(*seen)[0]
    for key, row in zip(keys, seen, strict=True):
        for other_key, other in zip(keys, seen, strict=True):
            assert is_same_order(row, other) or key != other_key
