"""Positions: what closes, how much, and what rounding leaves."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copytui.domain.orders import Product, Side
from copytui.domain.positions import ExitFraction, Position, closable, closing_share, exit_quantity, position_key
from tests.builders import an_order

NIL = Fraction(0)


@pytest.mark.parametrize(
    ("held", "side", "quantity", "share"),
    [
        (0, Side.SELL, 50, None),
        (0, Side.BUY, 50, None),
        (100, Side.BUY, 50, None),
        (-100, Side.SELL, 50, None),
        (100, Side.SELL, 50, ExitFraction(50, 100)),
        (100, Side.SELL, 100, ExitFraction(100, 100)),
        (100, Side.SELL, 250, ExitFraction(100, 100)),
        (-100, Side.BUY, 30, ExitFraction(30, 100)),
        (-100, Side.BUY, 130, ExitFraction(100, 100)),
    ],
)
def test_what_an_execution_closes_of_the_masters_position(
    held: int, side: Side, quantity: int, share: ExitFraction | None
) -> None:
    assert closing_share(held, side, quantity) == share


@pytest.mark.parametrize(
    ("held", "side", "units"), [(50, Side.SELL, 50), (50, Side.BUY, 0), (-50, Side.BUY, 50), (-50, Side.SELL, 0)]
)
def test_only_the_other_side_closes(held: int, side: Side, units: int) -> None:
    assert closable(held, side) == units


@pytest.mark.parametrize(
    ("available", "rounding_carry", "share", "lot", "result"),
    [
        (100, NIL, ExitFraction(50, 100), 1, (50, NIL)),
        (75, NIL, ExitFraction(1, 2), 25, (25, Fraction(25, 2))),
        (50, Fraction(25, 2), ExitFraction(1, 2), 25, (25, Fraction(25, 4))),
        (25, NIL, ExitFraction(1, 2), 25, (0, Fraction(25, 2))),
        (25, Fraction(25, 2), ExitFraction(1, 1), 25, (25, NIL)),
        (150, NIL, ExitFraction(2, 3), 75, (75, Fraction(25))),
        (150, NIL, ExitFraction(3, 3), 0, (150, NIL)),
    ],
)
def test_an_exit_is_in_proportion_in_whole_lots_and_leaves_the_rest_to_the_next(
    available: int, rounding_carry: Fraction, share: ExitFraction, lot: int, result: tuple[int, Fraction]
) -> None:
    assert exit_quantity(available, rounding_carry, share, lot) == result


def test_a_part_of_a_position_with_an_unknown_lot_has_no_quantity() -> None:
    assert exit_quantity(150, NIL, ExitFraction(1, 3), 0) is None


@given(lots=st.integers(1, 40), lot=st.integers(1, 100), master=st.integers(2, 60), cuts=st.lists(st.integers(1, 9)))
def test_however_the_master_gets_out_the_follower_stays_within_a_lot_of_its_share_and_ends_flat(
    lots: int, lot: int, master: int, cuts: list[int]
) -> None:
    start, held, rounding_carry, left = lots * lot, lots * lot, NIL, master
    for cut in [*cuts, master]:
        closing = min(cut, left)
        if not closing:
            break
        found = exit_quantity(held, rounding_carry, ExitFraction(closing, left), lot)
        assert found is not None
        quantity, rounding_carry = found
        assert quantity % lot == 0
        assert 0 <= quantity <= held
        held, left = held - quantity, left - closing
        assert 0 <= held - Fraction(start * left, master) < lot
    assert (held, left) == (0, 0)


def test_a_flat_position_has_no_rounding_carry_and_bracket_legs_are_intraday() -> None:
    assert Position(50, Fraction(1, 2)).changed(-50) == Position()
    assert Position(50, Fraction(1, 2)).changed(25) == Position(75, Fraction(1, 2))
    assert position_key(an_order(product=Product.BO)) == position_key(an_order(product=Product.INTRADAY))
    assert position_key(an_order(product=Product.BO)).ends_with_the_day
    assert not position_key(an_order(product=Product.CARRYFORWARD)).ends_with_the_day
