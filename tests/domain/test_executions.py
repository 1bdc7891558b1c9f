"""The reducer: rows of an order book become executions, each exactly once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copytui.domain.executions import (
    Awaited,
    CopyOn,
    Execution,
    KnownOrder,
    Observed,
    Origin,
    awaited,
    count,
    count_anyway,
    observe,
    uncounted,
)
from copytui.domain.orders import BookOrder, OrderStatus, OrderType
from tests.builders import NOON, a_tag, a_working_order, after, an_order

COMPLETE, FILL = CopyOn.COMPLETE, CopyOn.FILL
CANCELLED = {"order_status": OrderStatus.CANCELLED, "status": "cancelled"}


def look(
    known: KnownOrder | None, row: BookOrder, *, copy_on: CopyOn = COMPLETE, opening: bool = False
) -> Observed | None:
    return observe(known, row, seen_at=NOON, copy_on=copy_on, opening=opening)


def watch(
    rows: Sequence[BookOrder], *, copy_on: CopyOn = COMPLETE, opening: bool = False
) -> tuple[KnownOrder, list[Execution]]:
    """Observe rows one after the other, the first at the day's first poll if `opening`; return what came of them."""
    known: KnownOrder | None = None
    executions = []
    for number, row in enumerate(rows):
        observed = look(known, row, copy_on=copy_on, opening=opening and not number)
        if observed is not None:
            known = observed.known
            executions += [observed.execution] if observed.execution else []
    assert known is not None
    return known, executions


def a_part(filled: int, seconds: float = 0) -> BookOrder:
    price = Decimal("101.5") if filled else Decimal(0)
    return a_working_order(filled=filled, average_price=price, updated_at=after(seconds))


def test_an_order_first_seen_open_is_copied_when_it_completes() -> None:
    _, executions = watch([a_working_order(), an_order(updated_at=after(5))])
    (execution,) = executions
    assert (execution.number, execution.quantity, execution.executed_at) == (1, 50, after(5))
    assert (execution.origin, execution.price, execution.key) == (Origin.SEEN, Decimal("101.5"), "U1")


def test_an_order_first_seen_complete_is_copied_at_once() -> None:
    assert [each.quantity for each in watch([an_order()])[1]] == [50]


def test_partial_fills_wait_for_the_end_when_copying_on_complete() -> None:
    rows = [a_part(10), a_part(30), an_order()]
    assert [each.quantity for each in watch(rows)[1]] == [50]


def test_each_further_fill_gives_one_execution_when_copying_on_fill() -> None:
    rows = [a_part(10), a_part(10), a_part(30), an_order()]
    _, executions = watch(rows, copy_on=FILL)
    assert [(each.number, each.quantity) for each in executions] == [(1, 10), (2, 20), (3, 20)]


def test_the_filled_part_of_a_cancelled_order_is_copied() -> None:
    _, executions = watch([a_part(20), an_order(filled=20, **CANCELLED)])
    assert [each.quantity for each in executions] == [20]


@pytest.mark.parametrize("order_status", [OrderStatus.CANCELLED, OrderStatus.REJECTED])
def test_an_order_that_ends_without_a_fill_gives_nothing(order_status: OrderStatus) -> None:
    assert watch([a_working_order(), an_order(filled=0, order_status=order_status)])[1] == []


@pytest.mark.parametrize("told", [0, 10])
@pytest.mark.parametrize("copy_on", CopyOn)
def test_a_final_row_with_fewer_fills_than_were_seen_still_ends_the_order(told: int, copy_on: CopyOn) -> None:
    known, executions = watch([a_part(20), an_order(filled=told, **CANCELLED)], copy_on=copy_on)
    assert (known.order.order_status, known.order.filled, known.order.average_price) == (
        OrderStatus.CANCELLED, 20, Decimal("101.5"),
    )  # fmt: skip
    assert sum(each.quantity for each in executions) == 20


def test_what_filled_late_after_the_end_is_copied_too_and_the_end_stays() -> None:
    known, executions = watch([an_order(filled=20, **CANCELLED), a_part(30)])
    assert [(each.number, each.quantity) for each in executions] == [(1, 20), (2, 10)]
    assert known.order.order_status is OrderStatus.CANCELLED


def test_final_orders_of_the_first_poll_are_the_baseline_and_never_copied() -> None:
    known, executions = watch([an_order(filled=20, **CANCELLED), an_order()], opening=True)
    assert (known.origin, executions) == (Origin.BASELINE, [])


@pytest.mark.parametrize("copy_on", CopyOn)
def test_of_an_order_open_at_the_first_poll_only_later_fills_are_copied(copy_on: CopyOn) -> None:
    known, executions = watch([a_part(20), an_order()], copy_on=copy_on, opening=True)
    assert known.origin is Origin.OPEN_AT_START
    assert [(each.quantity, each.origin) for each in executions] == [(30, Origin.OPEN_AT_START)]


@pytest.mark.parametrize("copy_on", CopyOn)
@pytest.mark.parametrize("opening", [False, True])
def test_orders_that_carry_a_copiers_tag_are_never_copied(copy_on: CopyOn, opening: bool) -> None:
    rows = [replace(row, tag=a_tag()) for row in (a_part(20), an_order())]
    known, executions = watch(rows, copy_on=copy_on, opening=opening)
    assert (known.origin, executions) == (Origin.OWN, [])


def test_an_order_whose_tag_comes_late_is_our_own_from_then_on() -> None:
    known, executions = watch([a_working_order(), an_order(tag=a_tag()), an_order(filled=50)])
    assert (known.origin, executions) == (Origin.OWN, [])


def test_a_row_that_says_nothing_new_gives_nothing_at_all() -> None:
    row = an_order()
    known, _ = watch([row])
    assert look(known, row) is None


def test_a_working_row_that_is_older_by_its_time_changes_nothing() -> None:
    known, _ = watch([a_working_order(price=Decimal(101), updated_at=after(9))])
    assert look(known, a_working_order(price=Decimal(100), updated_at=after(1))) is None
    newer = look(known, a_working_order(price=Decimal(100), updated_at=after(10)))
    assert newer is not None
    assert newer.known.order.price == 100


def test_a_working_row_with_fewer_fills_than_known_changes_nothing() -> None:
    known, _ = watch([a_part(20, 1)])
    assert look(known, a_part(10, 9)) is None


def test_the_price_of_an_execution_without_an_average_is_the_masters_limit() -> None:
    _, (execution,) = watch([an_order(average_price=Decimal(0))])
    assert execution.price == 102


NO_LIMIT: dict[str, Any] = {"order_type": OrderType.MARKET, "price": Decimal(0)}
NO_PRICE: dict[str, Any] = NO_LIMIT | {"average_price": Decimal(0)}


@pytest.mark.parametrize(
    ("row", "copy_on", "needs"),
    [
        (an_order(**NO_PRICE), COMPLETE, Awaited.PRICE),
        (an_order(**NO_LIMIT), COMPLETE, None),
        (an_order(average_price=Decimal(0)), COMPLETE, None),  # the limit is a price
        (an_order(filled=20, **CANCELLED, **NO_PRICE), COMPLETE, Awaited.PRICE),
        (an_order(filled=0, **NO_PRICE), COMPLETE, Awaited.FILL),
        (an_order(filled=0, average_price=Decimal(0)), FILL, Awaited.FILL),
        (an_order(filled=0, **CANCELLED, **NO_PRICE), COMPLETE, None),
        (a_working_order(filled=20, **NO_PRICE), COMPLETE, None),
        (a_working_order(filled=20, **NO_PRICE), FILL, Awaited.PRICE),
        (an_order(tag=a_tag(), **NO_PRICE), COMPLETE, None),
    ],
)
def test_what_an_order_waits_for(row: BookOrder, copy_on: CopyOn, needs: Awaited | None) -> None:
    known, executions = watch([row], copy_on=copy_on)
    assert awaited(known, copy_on) is needs
    assert needs is None or executions == []


def test_nothing_of_the_first_poll_waits() -> None:
    known, _ = watch([an_order(filled=0, **NO_PRICE)], opening=True)
    assert awaited(known, COMPLETE) is None


def test_a_late_price_gives_the_execution_once_from_whichever_row_has_it() -> None:
    bare, priced = an_order(**NO_PRICE), an_order(**NO_LIMIT)
    for rows in ([bare, priced, bare], [bare, replace(priced, order_status=OrderStatus.WORKING), bare, priced]):
        known, (execution,) = watch(rows)
        assert (execution.price, execution.quantity, known.order) == (Decimal("101.5"), 50, priced)


def test_an_execution_that_waits_in_vain_has_the_price_of_the_quote_or_none() -> None:
    known, _ = watch([an_order(**NO_PRICE)])
    for quote, price in ((Decimal(104), Decimal(104)), (None, Decimal(0))):
        seen = count_anyway(known, seen_at=NOON, quote=quote)
        assert seen.execution is not None
        assert (seen.execution.price, seen.execution.is_quoted) == (price, quote is not None)
        assert (seen.known.counted, seen.known.order.average_price) == (50, Decimal(0)), "the row is stored as it is"
        assert look(seen.known, an_order(**NO_LIMIT)) == Observed(replace(seen.known, order=an_order(**NO_LIMIT)))


@pytest.mark.parametrize("row", [an_order(), an_order(filled=0, **NO_PRICE)])
def test_an_execution_that_is_not_counted_comes_again(row: BookOrder) -> None:
    seen = count_anyway(KnownOrder(row, Origin.SEEN, NOON), seen_at=NOON)
    assert count_anyway(uncounted(seen), seen_at=NOON) == seen
    assert awaited(seen.known, COMPLETE) is None
    assert count(seen.known, seen_at=NOON, copy_on=COMPLETE).execution is None


@st.composite
def lives(draw: st.DrawFn) -> list[BookOrder]:
    """Return the rows of one order as they come to be; the last one is final."""
    fills = sorted(draw(st.lists(st.integers(0, 500), min_size=1, max_size=6)))
    timed = draw(st.booleans())
    last = fills[-1]
    end = draw(
        st.sampled_from(
            [OrderStatus.COMPLETE, OrderStatus.CANCELLED] if last else [OrderStatus.CANCELLED, OrderStatus.REJECTED]
        )
    )
    rows = [
        replace(a_part(filled, number), quantity=500, updated_at=after(number) if timed else None)
        for number, filled in enumerate(fills)
    ]
    ended = an_order(order_status=end, status=str(end), quantity=500, filled=last, updated_at=after(len(fills)))
    ended = ended if timed else replace(ended, updated_at=None)
    if end is not OrderStatus.REJECTED and draw(st.booleans()):  # a market order whose figures come late
        rows = [replace(row, **NO_LIMIT) for row in rows]
        ended = replace(ended, **NO_LIMIT)
        rows.append(replace(ended, average_price=Decimal(0)))
        if end is OrderStatus.COMPLETE:
            rows.insert(-1, replace(ended, filled=0, average_price=Decimal(0)))
    return [*rows, ended]


@st.composite
def sightings(draw: st.DrawFn) -> tuple[list[BookOrder], list[BookOrder]]:
    """Return a life and what was seen of it: any rows, any repeats, any order, and one clean poll at the end."""
    life = draw(lives())
    seen = draw(st.lists(st.sampled_from(life), max_size=12))
    return life, [*seen, life[-1]]


@given(sightings(), st.sampled_from(CopyOn), st.booleans())
def test_the_executions_of_any_observations_sum_to_what_filled_since_the_first_poll(
    sighted: tuple[list[BookOrder], list[BookOrder]], copy_on: CopyOn, opening: bool
) -> None:
    life, seen = sighted
    known, executions = watch(seen, copy_on=copy_on, opening=opening)
    before = seen[0].filled if opening else 0
    if opening and seen[0].order_status.is_final:
        before = life[-1].filled  # the baseline, whatever its figures say at first
    assert sum(each.quantity for each in executions) == life[-1].filled - before
    assert all(each.quantity > 0 for each in executions)
    assert [each.number for each in executions] == list(range(1, len(executions) + 1))
    assert known.executions == len(executions)
    # An order that ends without its fill figure ends with the fills seen before; the figure brings the rest.
    unreported = any(row.order_status is OrderStatus.COMPLETE and not row.filled for row in seen)
    if copy_on is COMPLETE and not unreported:
        assert len(executions) == (life[-1].filled > before)


@given(sightings(), st.sampled_from(CopyOn), st.booleans())
def test_once_an_order_has_ended_no_row_of_its_life_changes_anything(
    sighted: tuple[list[BookOrder], list[BookOrder]], copy_on: CopyOn, opening: bool
) -> None:
    life, seen = sighted
    known, _ = watch(seen, copy_on=copy_on, opening=opening)
    assert [look(known, row, copy_on=copy_on) for row in life] == [None] * len(life)


@given(sightings(), st.data())
def test_the_same_observations_in_any_order_end_in_the_same_known_order(
    sighted: tuple[list[BookOrder], list[BookOrder]], data: st.DataObject
) -> None:
    life, seen = sighted
    shuffled = [*data.draw(st.permutations(seen)), life[-1]]
    known, executions = watch(seen)
    again, executed_again = watch(shuffled)
    assert (known, executions) == (again, executed_again)
    assert known.order == life[-1]


@given(sightings())
def test_an_order_of_our_own_never_gives_an_execution_whatever_is_seen_of_it(
    sighted: tuple[list[BookOrder], list[BookOrder]],
) -> None:
    seen = [replace(row, tag=a_tag()) for row in sighted[1]]
    assert watch(seen, copy_on=FILL)[1] == []
