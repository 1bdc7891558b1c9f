"""What reduces a position from before copytui watched is a part of its own."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copytui.domain.executions import Execution, KnownOrder, Observed, Origin
from copytui.domain.orders import Product, Side
from copytui.domain.positions import signed
from copytui.domain.pre_existing import split
from tests.builders import NOON, an_order

SEEN, EARLIER, PERHAPS = Origin.SEEN, Origin.EARLIER, Origin.PERHAPS_EARLIER


def observed(side: Side, quantity: int, product: Product = Product.CARRYFORWARD) -> Observed:
    order = an_order(side=side, quantity=quantity, filled=quantity, product=product)
    execution = Execution(order, Origin.SEEN, 3, quantity, NOON, NOON)
    return Observed(KnownOrder(order, Origin.SEEN, NOON, counted=quantity, executions=3), execution)


def parts(seen: Observed, copied: int, before: int | None) -> list[tuple[Origin, int, int]]:
    """Each part's origin, quantity and closing units."""
    found = [part.execution for part in split(seen, copied, before)]
    return [(e.origin, e.quantity, e.closes.closing if e.closes else 0) for e in found if e is not None]


@pytest.mark.parametrize(
    ("side", "quantity", "copied", "before", "expected"),
    [
        (Side.BUY, 75, 0, 0, [(SEEN, 75, 0)]),
        (Side.BUY, 75, 0, 75, [(SEEN, 75, 0)]),
        (Side.SELL, 75, 0, 75, [(EARLIER, 75, 0)]),
        (Side.SELL, 75, 0, 150, [(EARLIER, 75, 0)]),
        (Side.SELL, 150, 0, 75, [(EARLIER, 75, 0), (SEEN, 75, 0)]),
        (Side.SELL, 75, 75, 75, [(SEEN, 75, 75)]),
        (Side.SELL, 100, 75, 75, [(SEEN, 75, 75), (EARLIER, 25, 0)]),
        (Side.SELL, 200, 75, 75, [(SEEN, 75, 75), (EARLIER, 75, 0), (SEEN, 50, 0)]),
        (Side.SELL, 100, 75, 0, [(SEEN, 100, 75)]),
        (Side.SELL, 75, 0, -75, [(SEEN, 75, 0)]),
        (Side.BUY, 100, 0, -75, [(EARLIER, 75, 0), (SEEN, 25, 0)]),
        (Side.SELL, 75, 0, None, [(PERHAPS, 75, 0)]),
        (Side.BUY, 75, 0, None, [(PERHAPS, 75, 0)]),
        (Side.BUY, 75, 75, None, [(SEEN, 75, 0)]),
        (Side.SELL, 100, 75, None, [(SEEN, 75, 75), (PERHAPS, 25, 0)]),
    ],
)
def test_copied_units_are_closed_first_then_older_ones(
    side: Side, quantity: int, copied: int, before: int | None, expected: list[tuple[Origin, int, int]]
) -> None:
    assert parts(observed(side, quantity), copied, before) == expected


@pytest.mark.parametrize(
    ("side", "copied", "before", "expected"),
    [
        (Side.BUY, 0, None, [(SEEN, 40, 0)]),
        (Side.SELL, 0, None, [(PERHAPS, 40, 0)]),
        (Side.SELL, 0, 0, [(PERHAPS, 40, 0)]),
        (Side.SELL, 0, 100, [(EARLIER, 40, 0)]),
        (Side.SELL, 0, 30, [(PERHAPS, 40, 0)]),
        (Side.SELL, 30, 0, [(SEEN, 30, 30), (PERHAPS, 10, 0)]),
    ],
)
def test_shares_for_delivery_are_never_sold_short(
    side: Side, copied: int, before: int | None, expected: list[tuple[Origin, int, int]]
) -> None:
    assert parts(observed(side, 40, Product.DELIVERY), copied, before) == expected


units = st.integers(-200, 200)


@given(st.sampled_from(Side), st.integers(1, 300), units, st.one_of(st.none(), units), st.sampled_from(Product))
def test_the_parts_add_up_and_none_closes_more_than_there_is(
    side: Side, quantity: int, copied: int, before: int | None, product: Product
) -> None:
    seen = observed(side, quantity, product)
    found = split(seen, copied, before)
    executions = [part.execution for part in found if part.execution is not None]
    assert sum(e.quantity for e in executions) == quantity
    assert [e.number for e in executions] == [part.known.executions for part in found]
    assert [e.number for e in executions] == list(range(3, 3 + len(executions)))
    assert found[-1].known.counted == seen.known.counted
    closing = sum(e.closes.closing for e in executions if e.closes is not None)
    assert closing == min(quantity, max(-signed(side, copied), 0))
    older = sum(e.quantity for e in executions if e.origin is Origin.EARLIER)
    assert older <= abs(before or 0)
    for execution in executions:
        assert execution.closes is None or not execution.is_of_earlier
