"""Prices inside the circuits, on a tick, and never worse than the percentage: tables, then any numbers."""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from copytui.domain.copies import CopyState
from copytui.domain.orders import Exchange, OrderToSend, OrderType, Side, Tag
from copytui.domain.pricing import (
    NO_PRICE_BAND,
    LimitAs,
    Market,
    MarketAs,
    OrderRules,
    PriceBand,
    can_move,
    inside_circuits,
    is_waiting,
    next_limit,
    order_to_send,
    tick_size,
)
from tests.builders import a_copy, an_execution, an_order, an_order_to_send

MARKET: dict[str, Any] = {"order_type": OrderType.MARKET, "price": Decimal(0)}
STOP_LIMIT: dict[str, Any] = {"order_type": OrderType.STOPLOSS_LIMIT}
STOP_MARKET: dict[str, Any] = {"order_type": OrderType.STOPLOSS_MARKET, "price": Decimal(0)}
PROTECTED = OrderRules(limit_as=LimitAs.PROTECTED)

sides = st.sampled_from(Side)
prices = st.decimals("0.05", 100_000, places=2)
percents = st.decimals("0.1", 20, places=1)
ticks = st.sampled_from(["0.01", "0.05", "0.10", "0.25", "1", "5"]).map(Decimal)
maybe_prices = st.none() | prices


def price_band(tick: str | None = None, lower: str | None = None, upper: str | None = None) -> PriceBand:
    return PriceBand(*(None if text is None else Decimal(text) for text in (tick, lower, upper)))


def sent(rules: OrderRules, within: PriceBand, **order: Any) -> OrderToSend:
    execution = an_execution(order=an_order(**order))
    return order_to_send(execution, rules, quantity=50, token="1", tag=Tag("CT0000000000001"), price_band=within)


@pytest.mark.parametrize(
    ("rules", "master", "within", "price"),
    [
        # The master paid or got 101.50; his limit, where he had one, was 102. 2 % are 103.53 and 99.47.
        (OrderRules(), MARKET, NO_PRICE_BAND, "103.50"),
        (OrderRules(), MARKET, price_band("0.01"), "103.53"),
        (OrderRules(), MARKET, price_band("0.25", "50", "103"), "103.00"),
        (OrderRules(), MARKET, price_band("0.25", "50", "103.24"), "103.00"),
        (OrderRules(), MARKET, price_band("5"), "100"),
        (OrderRules(), STOP_MARKET, price_band("0.01", None, "103.10"), "103.10"),
        (OrderRules(), MARKET | {"side": Side.SELL}, NO_PRICE_BAND, "99.50"),
        (OrderRules(), MARKET | {"side": Side.SELL}, price_band("0.01"), "99.47"),
        (OrderRules(), MARKET | {"side": Side.SELL}, price_band("0.25", "100.10", "110"), "100.25"),
        # A circuit on the other side would make the price worse than allowed: left to the exchange to refuse.
        (OrderRules(protection_percent=Decimal(1)), MARKET, price_band("0.05", "101.50", None), "102.50"),
        # The master's own limit is on a tick, and only ever gets better.
        (OrderRules(), {}, price_band("0.25"), "102"),
        (OrderRules(), {}, price_band("0.05", "50", "101.72"), "101.70"),
        (OrderRules(), {"side": Side.SELL, "price": Decimal(101)}, price_band("0.05", "101.22", None), "101.25"),
        (OrderRules(), STOP_LIMIT, price_band(None, "50", "200"), "102"),
        (PROTECTED, {}, price_band("0.01"), "103.53"),
        (PROTECTED, STOP_LIMIT, price_band("0.05", None, "103"), "103.00"),
        (PROTECTED, {"side": Side.SELL, "price": Decimal(101)}, NO_PRICE_BAND, "99.50"),
        (OrderRules(protection_percent=Decimal(5)), MARKET, price_band("0.05"), "106.55"),
        # Circuits that the master's own trade contradicts are not believed.
        (OrderRules(), MARKET, price_band("0.05", "50", "100"), "103.50"),
        (OrderRules(), MARKET | {"side": Side.SELL}, price_band("0.05", "102", "120"), "99.50"),
        (OrderRules(market_as=MarketAs.MARKET), MARKET, price_band("0.05", "50", "103"), "0"),
        (OrderRules(market_as=MarketAs.MARKET), STOP_MARKET, price_band("0.05", "50", "103"), "0"),
        (OrderRules(market_as=MarketAs.MARKET), {}, price_band("0.05", "50", "101.70"), "101.70"),
    ],
)
def test_what_is_sent(rules: OrderRules, master: dict[str, Any], within: PriceBand, price: str) -> None:
    order = sent(rules, within, **master)
    assert order.price == Decimal(price)
    assert order.order_type is (OrderType.MARKET if price == "0" else OrderType.LIMIT)


@pytest.mark.parametrize(
    ("master", "rules", "protects", "keeps"),
    [
        (MARKET, OrderRules(), True, False),
        (STOP_MARKET, OrderRules(), True, False),
        ({}, OrderRules(), False, True),
        (STOP_LIMIT, OrderRules(), False, True),
        ({"price": Decimal(0)}, OrderRules(), True, False),
        ({}, PROTECTED, True, False),
        (MARKET, OrderRules(market_as=MarketAs.MARKET), False, False),
        ({"price": Decimal(0)}, OrderRules(market_as=MarketAs.MARKET), True, False),
    ],
)
def test_which_orders_are_protected(master: dict[str, Any], rules: OrderRules, *, protects: bool, keeps: bool) -> None:
    order = an_order(**master)
    assert (rules.protects(order), rules.keeps_limit(order)) == (protects, keeps)


def allowed(side: Side, worst: Decimal, tick: Decimal, within: PriceBand) -> bool:
    """Whether any multiple of the tick lies inside the circuits and is not worse than `worst`."""
    if side is Side.BUY:
        top = worst if within.upper is None else min(worst, within.upper)
        best = (top / tick).to_integral_value(ROUND_FLOOR) * tick
        return best > 0 and (within.lower is None or best >= within.lower)
    floor = worst if within.lower is None else max(worst, within.lower)
    best = max((floor / tick).to_integral_value(ROUND_CEILING), Decimal(1)) * tick
    return within.upper is None or best <= within.upper


@given(side=sides, paid=prices, percent=percents, tick=ticks, lower=maybe_prices, upper=maybe_prices)
@example(side=Side.BUY, paid=Decimal("0.05"), percent=Decimal("0.1"), tick=Decimal(5), lower=None, upper=None)
def test_a_protected_limit_is_on_a_tick_inside_the_percentage_and_the_circuits(
    *, side: Side, paid: Decimal, percent: Decimal, tick: Decimal, lower: Decimal | None, upper: Decimal | None
) -> None:
    within = PriceBand(tick, lower, upper)
    assume(within.holds(paid))
    order = sent(OrderRules(protection_percent=percent), within, side=side, average_price=paid, **MARKET)
    assert order.price > 0
    assert order.price % tick == 0
    worst = paid * (1 + percent / 100) if side is Side.BUY else paid * (1 - percent / 100)
    if side is Side.BUY:
        assert order.price <= max(worst, tick)
    else:
        assert order.price >= worst
    if allowed(side, worst, tick, within):
        assert within.holds(order.price)


@given(side=sides, limit=prices, paid=prices, lower=maybe_prices, upper=maybe_prices, tick=st.none() | ticks)
def test_the_masters_limit_is_kept_or_bettered(
    *, side: Side, limit: Decimal, paid: Decimal, lower: Decimal | None, upper: Decimal | None, tick: Decimal | None
) -> None:
    order = sent(OrderRules(), PriceBand(tick, lower, upper), side=side, price=limit, average_price=paid)
    grid = tick or tick_size(Exchange.NFO, paid, is_option=True)
    if side is Side.BUY:
        assert order.price <= limit or order.price == grid
    else:
        assert order.price >= limit
    assert order.price == limit or order.price % grid == 0


@given(sides, prices, ticks, maybe_prices, maybe_prices)
def test_circuits_only_ever_make_a_price_better(
    side: Side, limit: Decimal, tick: Decimal, lower: Decimal | None, upper: Decimal | None
) -> None:
    after = inside_circuits(side, limit, PriceBand(None, lower, upper), tick)
    assert after > 0
    assert after <= limit or after == tick if side is Side.BUY else after >= limit


# The next limit of what is not filled.


@pytest.mark.parametrize(
    ("side", "now", "last", "master", "within", "after"),
    [
        # Two steps of 2 %: the bound is 6 % from 101.50, which is 107.55 and 95.45 on a tick.
        (Side.BUY, "102", "104", "101.50", NO_PRICE_BAND, "106.05"),
        (Side.BUY, "102", "106.5", "101.50", NO_PRICE_BAND, "107.55"),
        (Side.BUY, "107.55", "110", "101.50", NO_PRICE_BAND, None),
        (Side.BUY, "102", "104", "101.50", price_band("0.05", "90", "105"), "105.00"),
        (Side.BUY, "105", "104", "101.50", price_band("0.05", "90", "105"), None),
        (Side.BUY, "102", "99", "101.50", NO_PRICE_BAND, None),
        (Side.BUY, "102", "120", None, NO_PRICE_BAND, "122.40"),
        (Side.SELL, "101", "99", "101.50", NO_PRICE_BAND, "96.05"),
        (Side.SELL, "101", "80", "101.50", NO_PRICE_BAND, "95.45"),
        (Side.SELL, "101", "80", None, NO_PRICE_BAND, "77.60"),
        (Side.SELL, "101", "80", None, price_band("0.10", "78.55", "120"), "78.60"),
        (Side.SELL, "95.45", "80", "101.50", NO_PRICE_BAND, None),
        (Side.SELL, "101", "105", None, NO_PRICE_BAND, None),
        # A circuit that the last price contradicts is an old one.
        (Side.BUY, "102", "104", "101.50", price_band("0.05", "90", "103"), "106.05"),
    ],
)
def test_the_next_limit(
    *, side: Side, now: str, last: str, master: str | None, within: PriceBand, after: str | None
) -> None:
    order = an_order_to_send(side=side, price=Decimal(now))
    found = next_limit(
        order,
        OrderRules(reprice_steps=2),
        Market(Decimal(last), within),
        master_price=None if master is None else Decimal(master),
    )
    assert found == (None if after is None else Decimal(after))


@given(
    side=sides,
    now=prices,
    last=prices,
    master=maybe_prices,
    percent=percents,
    tick=ticks,
    lower=maybe_prices,
    upper=maybe_prices,
    steps=st.integers(1, 10),
)
def test_a_step_goes_after_the_market_and_never_beyond_what_is_allowed(
    *,
    side: Side,
    now: Decimal,
    last: Decimal,
    master: Decimal | None,
    percent: Decimal,
    tick: Decimal,
    lower: Decimal | None,
    upper: Decimal | None,
    steps: int,
) -> None:
    within = PriceBand(tick, lower, upper)
    assume(within.holds(last))
    rules = OrderRules(protection_percent=percent, reprice_steps=steps)
    order = an_order_to_send(side=side, price=now)
    after = next_limit(order, rules, Market(last, within), master_price=master)
    if after is None:
        return
    assert after > 0
    assert after % tick == 0
    share, furthest = percent / 100, percent * (steps + 1) / 100
    if side is Side.BUY:
        assert now < after <= max(last * (1 + share), tick)
        assert master is None or after <= max(master * (1 + furthest), tick)
        assert upper is None or after <= max(upper, tick)
    else:
        assert now > after >= last * (1 - share)
        assert master is None or after >= master * (1 - furthest)
        assert lower is None or after >= lower


@pytest.mark.parametrize("state", list(CopyState))
def test_only_a_working_order_that_is_not_being_cancelled_is_waited_for(state: CopyState) -> None:
    works = state in (CopyState.ACCEPTED, CopyState.OPEN, CopyState.PARTIAL)
    copy = a_copy(state=state)
    assert is_waiting(copy) is can_move(copy) is works
    assert not is_waiting(a_copy(state=state, cancel_reason="by hand"))
    assert not is_waiting(a_copy(state=state, filled=50))
    assert not can_move(a_copy(state=state, order=an_order_to_send(order_type=OrderType.MARKET, price=Decimal(0))))


def test_an_option_is_recognised_by_its_symbol() -> None:
    assert an_order_to_send().is_option
    assert not an_order_to_send(exchange=Exchange.NSE, symbol="RELIANCE-EQ").is_option
    assert not an_order_to_send(exchange=Exchange.NSE, symbol="PRICE").is_option
