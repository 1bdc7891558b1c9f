"""Ticks and protected limits."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copytui.domain.orders import Exchange, Side
from copytui.domain.pricing import protected_limit, protection_percent, tick_size


@pytest.mark.parametrize(
    ("price", "option", "other"),
    [
        ("0.05", "5", "2"),
        ("9.99", "5", "2"),
        ("10", "3", "2"),
        ("99.95", "3", "2"),
        ("100", "2", "1"),
        ("499.95", "2", "1"),
        ("500", "1", "0.5"),
        ("25000", "1", "0.5"),
    ],
)
def test_the_protection_follows_the_exchanges_slabs(price: str, option: str, other: str) -> None:
    assert protection_percent(Decimal(price), is_option=True) == Decimal(option)
    assert protection_percent(Decimal(price), is_option=False) == Decimal(other)


@pytest.mark.parametrize(
    ("exchange", "price", "is_option", "tick"),
    [
        (Exchange.NFO, "3000", True, "0.05"),
        (Exchange.NSE, "1000", False, "0.05"),
        (Exchange.NSE, "1000.05", False, "0.10"),
        (Exchange.NSE, "5000", False, "0.10"),
        (Exchange.NSE, "5000.10", False, "0.50"),
        (Exchange.NSE, "10000", False, "0.50"),
        (Exchange.NFO, "19999", False, "1"),
        (Exchange.NFO, "24000", False, "5"),
        (Exchange.CDS, "84.5", False, "0.0025"),
        (Exchange.MCX, "6000", False, "1"),
        (Exchange.MCX, "6000", True, "0.10"),
        (Exchange.MCX, "250", False, "0.10"),
    ],
)
def test_the_tick_follows_the_segment_and_the_price(exchange: Exchange, price: str, is_option: bool, tick: str) -> None:
    assert tick_size(exchange, Decimal(price), is_option=is_option) == Decimal(tick)


def test_a_buy_is_rounded_down_and_a_sell_up() -> None:
    reference, tick = Decimal("101.33"), Decimal("0.05")
    assert protected_limit(Side.BUY, reference, Decimal(2), tick) == Decimal("103.35")
    assert protected_limit(Side.SELL, reference, Decimal(2), tick) == Decimal("99.35")


def test_a_price_below_one_tick_becomes_one_tick() -> None:
    assert protected_limit(Side.BUY, Decimal("0.01"), Decimal(2), Decimal("0.05")) == Decimal("0.05")
    assert protected_limit(Side.SELL, Decimal("0.05"), Decimal(100), Decimal("0.05")) == Decimal("0.05")


@given(
    st.sampled_from(Side),
    st.decimals("0.01", 200_000, places=4),
    st.decimals("0.01", 100, places=2),
    st.sampled_from(["0.0025", "0.05", "0.10", "0.50", "1", "5"]).map(Decimal),
)
def test_a_protected_limit_is_on_a_tick_and_never_worse_than_the_percentage(
    side: Side, reference: Decimal, percent: Decimal, tick: Decimal
) -> None:
    limit = protected_limit(side, reference, percent, tick)
    assert limit > 0
    assert limit % tick == 0
    worse = reference * percent / 100
    if side is Side.BUY:
        assert limit == tick or limit <= reference + worse < limit + tick
    else:
        assert limit == tick or limit - tick < reference - worse <= limit
