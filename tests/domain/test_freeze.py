"""Freeze quantities and slices."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copytui.domain.contracts import underlying_of
from copytui.domain.orders import QUANTITIES, Exchange, largest_order, slices


@pytest.mark.parametrize(
    ("symbol", "exchange", "lot", "largest"),
    [
        ("NIFTY28NOV2624000CE", Exchange.NFO, 65, 1755),
        ("NIFTY28NOV2624000CE", Exchange.NFO, 75, 1800),
        ("BANKNIFTY26NOV24FUT", Exchange.NFO, 35, 595),
        ("SENSEX2471180000CE", Exchange.BFO, 20, 1000),
        ("SBIN-EQ", Exchange.NSE, 1, None),
        ("RELIANCE26NOV24FUT", Exchange.NFO, 500, None),
        ("NIFTY28NOV2624000CE", Exchange.NFO, 0, 1800),
    ],
)
def test_the_largest_order_is_whole_lots_within_the_exchanges_limit(
    symbol: str, exchange: Exchange, lot: int, largest: int | None
) -> None:
    assert largest_order(underlying_of(exchange, symbol, None), exchange, lot, QUANTITIES) == largest


def test_the_users_table_wins_and_zero_is_no_limit() -> None:
    assert largest_order("NIFTY", Exchange.NFO, 75, {"NIFTY": 0}) is None
    assert largest_order("RELIANCE", Exchange.NFO, 500, {"RELIANCE": 1200}) == 1000


@given(st.integers(1, 10_000), st.integers(1, 2_000) | st.none())
def test_slices_are_the_whole_quantity_and_none_is_too_large(quantity: int, largest: int | None) -> None:
    cut = slices(quantity, largest)
    assert sum(cut) == quantity
    assert all(0 < part <= (largest or quantity) for part in cut)
