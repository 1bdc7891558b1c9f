"""The order that is sent for a master order that has executed."""

from __future__ import annotations

from dataclasses import fields
from decimal import Decimal
from typing import Any

import pytest

from copytui.domain.orders import Duration, Exchange, OrderToSend, OrderType, Product, Side, Tag, Variety
from copytui.domain.pricing import LimitAs, MarketAs, OrderRules, order_to_send
from tests.builders import an_execution, an_order

TAG = Tag("CT0000000000001")
MARKET = {"order_type": OrderType.MARKET, "price": Decimal(0)}
STOP_MARKET = {
    "order_type": OrderType.STOPLOSS_MARKET, "variety": Variety.STOPLOSS, "price": Decimal(0),
    "trigger_price": Decimal(100),
}  # fmt: skip
STOP_LIMIT = {"order_type": OrderType.STOPLOSS_LIMIT, "variety": Variety.STOPLOSS, "trigger_price": Decimal(100)}
AS_MARKET = OrderRules(market_as=MarketAs.MARKET)
AS_PROTECTED = OrderRules(limit_as=LimitAs.PROTECTED)


def sent(rules: OrderRules | None = None, **order: Any) -> OrderToSend:
    return order_to_send(
        an_execution(order=an_order(**order)), rules or OrderRules(), quantity=25, token="43210", tag=TAG
    )


def test_the_instrument_and_the_side_are_the_masters() -> None:
    order = sent(exchange=Exchange.NSE, symbol="SBIN-EQ", side=Side.SELL, product=Product.DELIVERY, instrument_type="")
    assert (order.exchange, order.symbol, order.side, order.product) == (
        Exchange.NSE, "SBIN-EQ", Side.SELL, Product.DELIVERY,
    )  # fmt: skip
    assert (order.quantity, order.token, order.tag) == (25, "43210", TAG)


@pytest.mark.parametrize(
    ("master", "rules", "order_type", "price"),
    [
        ({}, OrderRules(), OrderType.LIMIT, "102"),
        (STOP_LIMIT, OrderRules(), OrderType.LIMIT, "102"),
        ({}, AS_MARKET, OrderType.LIMIT, "102"),
        # 2 % of an option's 101.50 is 2.03: 103.50 on a tick.
        (MARKET, OrderRules(), OrderType.LIMIT, "103.50"),
        (STOP_MARKET, OrderRules(), OrderType.LIMIT, "103.50"),
        ({}, AS_PROTECTED, OrderType.LIMIT, "103.50"),
        (STOP_LIMIT, AS_PROTECTED, OrderType.LIMIT, "103.50"),
        ({"price": Decimal(0)}, OrderRules(), OrderType.LIMIT, "103.50"),
        (MARKET | {"side": Side.SELL}, OrderRules(), OrderType.LIMIT, "99.50"),
        (MARKET, OrderRules(protection_percent=Decimal(4)), OrderType.LIMIT, "105.55"),
        (MARKET | {"exchange": Exchange.NSE, "symbol": "SBIN-EQ", "instrument_type": ""},
         OrderRules(), OrderType.LIMIT, "102.50"),
        (MARKET, AS_MARKET, OrderType.MARKET, "0"),
        (STOP_MARKET, AS_MARKET, OrderType.MARKET, "0"),
    ],
)  # fmt: skip
def test_each_master_type_becomes_a_plain_limit_or_market_order(
    master: dict[str, Any], rules: OrderRules, order_type: OrderType, price: str
) -> None:
    order = sent(rules, **master)
    assert (order.order_type, order.price) == (order_type, Decimal(price))


def test_no_trigger_variety_or_duration_can_be_sent_at_all() -> None:
    assert not {field.name for field in fields(OrderToSend)} & {"trigger_price", "variety", "duration"}


@pytest.mark.parametrize(
    "master",
    [
        {"variety": Variety.AMO},
        {"duration": Duration.IOC},
        {"variety": Variety.ROBO, "parent_id": "261120000000001"},
        {"variety": Variety.ROBO, "parent_id": "261120000000001", "product": Product.BO},
    ],
)
def test_amo_ioc_and_bracket_legs_are_sent_as_plain_orders(master: dict[str, Any]) -> None:
    assert sent(**master) == sent()


@pytest.mark.parametrize("product", sorted(set(Product) - {Product.BO}))
def test_every_product_except_a_bracket_is_kept(product: Product) -> None:
    assert sent(product=product).product is product


def test_without_an_average_price_the_masters_limit_is_the_reference() -> None:
    assert sent(AS_PROTECTED, average_price=Decimal(0)).price == Decimal("104.00")
