"""Sizing: how much a follower gets."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from copytui.domain.reasons import Reason
from copytui.domain.sizing import (
    TAKE_BOTH,
    PlannedPart,
    Sizing,
    SizingMode,
    changed_quantity_refusal,
    size,
)

PRICE = Decimal(100)


def test_the_multiplier_goes_down_to_a_whole_lot() -> None:
    sized = size(Sizing(multiplier=Decimal("0.5")), quantity=150, lot=50, price=PRICE)
    assert (sized.quantity, sized.reason) == (50, None)


def test_a_multiplier_that_fits_whole_lots_is_kept_exactly() -> None:
    assert size(Sizing(multiplier=Decimal("0.1")), quantity=30, lot=1, price=PRICE).quantity == 3
    assert size(Sizing(multiplier=Decimal(3)), quantity=50, lot=50, price=PRICE).quantity == 150


def test_below_one_lot_is_skipped_with_a_sentence() -> None:
    sized = size(Sizing(multiplier=Decimal("0.50")), quantity=50, lot=50, price=PRICE)
    assert (sized.quantity, sized.reason) == (0, Reason.BELOW_ONE_LOT)
    assert sized.sentence == "50 x 0.5 is below one lot of 50"


def test_a_fixed_quantity_does_not_follow_the_master() -> None:
    sizing = Sizing(SizingMode.FIXED, fixed_quantity=100)
    assert [size(sizing, quantity=each, lot=50, price=PRICE).quantity for each in (50, 5000)] == [100, 100]


def test_a_fixed_quantity_that_is_not_whole_lots_is_skipped() -> None:
    sized = size(Sizing(SizingMode.FIXED, fixed_quantity=60), quantity=50, lot=50, price=PRICE)
    assert (sized.quantity, sized.reason) == (0, Reason.NOT_WHOLE_LOTS)


@pytest.mark.parametrize("quantity", [0, -50])
def test_a_fixed_quantity_of_nothing_is_skipped_with_a_reason(quantity: int) -> None:
    sized = size(Sizing(SizingMode.FIXED, fixed_quantity=quantity), quantity=50, lot=50, price=PRICE)
    assert (sized.quantity, sized.reason) == (0, Reason.BELOW_ONE_LOT)


def test_capital_sizing_multiplies_by_the_ratio_of_funds() -> None:
    sizing = Sizing(SizingMode.CAPITAL, multiplier=Decimal(7))
    assert size(sizing, quantity=200, lot=50, price=PRICE, capital_ratio=Decimal("0.5")).quantity == 100


def test_capital_sizing_without_funds_is_skipped() -> None:
    sized = size(Sizing(SizingMode.CAPITAL), quantity=200, lot=50, price=PRICE)
    assert (sized.quantity, sized.reason) == (0, Reason.FUNDS_UNKNOWN)


def test_a_quantity_at_a_cap_is_copied_and_over_it_skipped_never_resized() -> None:
    at = Sizing(max_quantity=100, max_order_value=Decimal(10000))
    assert size(at, quantity=100, lot=50, price=PRICE).quantity == 100
    over_quantity = size(Sizing(max_quantity=99), quantity=100, lot=50, price=PRICE)
    over_value = size(Sizing(max_order_value=Decimal(9999)), quantity=100, lot=50, price=PRICE)
    assert (over_quantity.quantity, over_quantity.reason) == (0, Reason.OVER_MAX_QUANTITY)
    assert (over_value.quantity, over_value.reason) == (0, Reason.OVER_MAX_VALUE)
    assert over_value.sentence == "₹10,000.00 is over max_order_value ₹9,999.00"


def test_caps_apply_to_a_fixed_quantity_too() -> None:
    sizing = Sizing(SizingMode.FIXED, fixed_quantity=100, max_quantity=50)
    assert size(sizing, quantity=50, lot=50, price=PRICE).reason is Reason.OVER_MAX_QUANTITY


NUMBERS = st.decimals(0, 1000, places=3)
SIZINGS = st.builds(
    Sizing,
    mode=st.sampled_from(SizingMode),
    multiplier=NUMBERS,
    fixed_quantity=st.integers(-100, 100_000),
    max_quantity=st.just(0) | st.integers(1, 100_000),
    max_order_value=st.just(Decimal(0)) | st.decimals(1, 10_000_000, places=2),
)


@given(
    SIZINGS,
    st.integers(1, 1_000_000),
    st.integers(1, 5000),
    st.decimals("0.05", 100_000, places=2),
    st.none() | NUMBERS,
)
@example(Sizing(SizingMode.FIXED, fixed_quantity=0), 50, 50, PRICE, None)
def test_every_quantity_is_a_positive_multiple_of_the_lot_within_the_caps_or_nothing_with_a_reason(
    sizing: Sizing, quantity: int, lot: int, price: Decimal, ratio: Decimal | None
) -> None:
    sized = size(sizing, quantity=quantity, lot=lot, price=price, capital_ratio=ratio)
    if not sized.quantity:
        assert sized.reason is not None
        assert sized.sentence
        return
    assert sized.reason is None
    assert sized.quantity > 0
    assert sized.quantity % lot == 0
    assert not sizing.max_quantity or sized.quantity <= sizing.max_quantity
    assert not sizing.max_order_value or sized.quantity * price <= sizing.max_order_value
    if sizing.mode is SizingMode.MULTIPLIER:
        wanted = quantity * sizing.multiplier
        assert sized.quantity <= wanted < sized.quantity + lot


PART = PlannedPart(planned=100, slices=1, lot=50, price=PRICE, sizing=Sizing(max_quantity=200), largest=1800)


@pytest.mark.parametrize(
    ("part", "units", "refusal"),
    [
        ({}, 0, None),
        ({}, 100, None),
        ({}, 50, None),
        ({}, 150, None),
        ({}, 75, "75 is not whole lots of 50"),
        ({}, -50, "-50 is not whole lots of 50"),
        ({}, 250, "250 is over max_quantity 200"),
        ({"sizing": None}, 250, None),
        ({"largest": 100}, 150, "150 is more than the 100 that the exchange takes in one order"),
        ({"turns_over": True}, 50, TAKE_BOTH),
        ({"turns_over": True}, 0, None),
        ({"lot": 0}, 50, "the broker did not give the lot size, so it is sent as planned or not at all"),
        ({"still_held": 50}, 150, "150 is more than the 50 that the master has left of it"),
        ({"is_exit": True}, 150, "150 is more than the 100 that copying has built"),
        ({"is_exit": True, "sizing": Sizing(max_quantity=1)}, 50, None),
        ({"slices": 2}, 150, "150 is more than the 100 planned, which is sent in slices already"),
        ({"slices": 2}, 50, None),
    ],
)
def test_a_quantity_that_the_user_changes_stays_in_whole_lots_and_within_the_limits(
    part: dict[str, Any], units: int, refusal: str | None
) -> None:
    assert changed_quantity_refusal(units, replace(PART, **part)) == refusal
