"""Risk rules: the runaway guard, loss limits, orphaned positions."""

from __future__ import annotations

from decimal import Decimal

import pytest

from copytui.domain.orders import Side
from copytui.domain.risk import (
    OrdersSoFar,
    allowed_after_release,
    closing_quantity,
    is_orphaned,
    loss_reached,
    ratio_words,
    runaway,
    rupees,
)


@pytest.mark.parametrize(
    ("times", "now", "most", "stops"),
    [
        ([], 0.0, 2, False),
        ([0.0], 1.0, 2, False),
        ([0.0, 1.0], 2.0, 2, True),
        ([0.0, 1.0], 59.9, 2, True),
        ([0.0, 1.0], 60.0, 2, False),
        ([0.0, 1.0], 2.0, 0, False),
    ],
)
def test_an_order_over_the_limit_per_minute_is_a_runaway(
    times: list[float], now: float, most: int, stops: bool
) -> None:
    found = runaway("SBIN-EQ", OrdersSoFar(times), now, most)
    assert (found is not None) is stops
    assert found is None or not found.impossible


def test_a_second_post_of_a_tag_is_impossible_whatever_the_limit() -> None:
    found = runaway("SBIN-EQ", OrdersSoFar(of_tag=1), 0.0, 0)
    assert found is not None
    assert found.impossible


def test_more_posts_than_an_execution_has_orders_are_impossible() -> None:
    assert runaway("SBIN-EQ", OrdersSoFar(of_execution=2, copies=3), 0.0, 0) is None
    found = runaway("SBIN-EQ", OrdersSoFar(of_execution=3, copies=3), 0.0, 0)
    assert found is not None
    assert found.impossible
    assert "4 orders" in found.sentence


@pytest.mark.parametrize(("profit", "reached"), [("-999.99", False), ("-1000", True), ("-1001", True), ("1000", False)])
def test_a_loss_limit_is_reached_by_a_loss_of_exactly_that_amount(profit: str, reached: bool) -> None:
    assert loss_reached(Decimal(profit), Decimal(1000)) is reached


def test_after_a_release_another_limit_is_allowed_beyond_the_present_loss() -> None:
    assert allowed_after_release(Decimal(-1200), Decimal(1000), Decimal(1000)) == 2200
    assert allowed_after_release(Decimal(300), Decimal(1000), Decimal(1000)) == 2000
    assert allowed_after_release(None, Decimal(2200), Decimal(1000)) == 3200


@pytest.mark.parametrize(
    ("held", "master", "on_its_way", "orphaned"),
    [
        (50, 0, False, True),
        (-50, 0, False, True),
        (50, -50, False, True),
        (-50, 50, False, True),
        (50, 25, False, False),
        (-50, -25, False, False),
        (50, 0, True, False),
        (0, 0, False, False),
        (0, 50, False, False),
    ],
)
def test_a_position_is_orphaned_when_the_master_has_left_it_and_nothing_is_on_its_way(
    held: int, master: int, on_its_way: bool, orphaned: bool
) -> None:
    assert is_orphaned(held, master, on_its_way=on_its_way) is orphaned


def test_the_quantity_to_close_includes_what_entries_may_still_fill() -> None:
    assert closing_quantity(50, Side.SELL, 25) == 75
    assert closing_quantity(-50, Side.BUY, 0) == 50
    assert closing_quantity(50, Side.BUY, 0) == 0
    assert closing_quantity(50, Side.BUY, 25) == 25


def test_amounts_and_ratios_are_written_for_people() -> None:
    assert rupees(Decimal(-1234567)) == "-₹1,234,567.00"
    assert rupees(Decimal("0.5")) == "₹0.50"
    assert ratio_words(Decimal("0.50000")) == "0.5"
    assert ratio_words(Decimal(10)) == "10"
    assert ratio_words(Decimal(1) / 3) == "0.3333"
