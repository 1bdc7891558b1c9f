"""Order forms, read from the parameters of `placeOrder` and `modifyOrder`, or refused as the broker refuses them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from copytui.sim.instruments import Instrument
from copytui.sim.market import Market
from copytui.sim.orders import Order, OrderForm, OrderType, RefusedError, Side, paise

TAG_LENGTH = 20
_VARIETIES = {"NORMAL", "STOPLOSS"}
_PRODUCTS = {"DELIVERY", "CARRYFORWARD", "MARGIN", "INTRADAY"}
_CASH_ONLY, _DERIVATIVES_ONLY = {"DELIVERY", "MARGIN"}, {"CARRYFORWARD"}
_EXCHANGES = {"NSE", "BSE", "NFO", "BFO", "MCX", "CDS", "NCDEX"}


def read_form(params: Mapping[str, Any], market: Market) -> OrderForm:
    """Return the form of a `placeOrder` request; raises RefusedError."""
    variety, order_type = _variety(params), _order_type(params)
    if order_type.is_stop != (variety == "STOPLOSS"):
        raise RefusedError("AB1008", "Invalid Order Variety")
    tag = str(params.get("ordertag") or "")
    if len(tag) > TAG_LENGTH:
        raise RefusedError("AB4008", f"ordertag length should be less than or equal to {TAG_LENGTH}")
    instrument = _instrument(params, market)
    form = OrderForm(
        instrument=instrument,
        side=_side(params),
        quantity=_quantity(params, "quantity"),
        order_type=order_type,
        price=_price(params, "price"),
        trigger=_price(params, "triggerprice"),
        product=_product(params, instrument),
        variety=variety,
        duration=_duration(params),
        disclosed=_quantity(params, "disclosedquantity"),
        tag=tag,
    )
    return _check_values(form)


def modified_form(order: Order, params: Mapping[str, Any], market: Market) -> OrderForm:
    """Return the order's form with a `modifyOrder` request's changes, under today's rules; raises RefusedError."""
    form = replace(order.form, instrument=market.quote(order.form.instrument).instrument)
    order_type = _order_type(params) if params.get("ordertype") else form.order_type
    changed = replace(
        form,
        order_type=order_type,
        quantity=_quantity(params, "quantity") if params.get("quantity") else form.quantity,
        price=_price(params, "price") if order_type.has_limit else 0,
        trigger=_price(params, "triggerprice") if order_type.is_stop else 0,
        duration=_duration(params),
    )
    if changed.quantity <= order.filled:
        raise RefusedError("AB1007", "Quantity is not more than what is already filled")
    return _check_values(changed)


def _check_values(form: OrderForm) -> OrderForm:
    if form.quantity <= 0:
        raise RefusedError("AB1007", "Invalid quantity")
    if form.order_type.has_limit and form.price <= 0:
        raise RefusedError("AB1007", "Invalid price")
    if form.order_type.is_stop and form.trigger <= 0:
        raise RefusedError("AB1007", "Invalid trigger price")
    return form


def _variety(params: Mapping[str, Any]) -> str:
    variety = str(params.get("variety", ""))
    if variety == "AMO":
        raise RefusedError("AB1007", "Invalid Order Variety")
    if variety == "ROBO":
        raise RefusedError("AB2002", "bo is not allowed for this stock")
    if variety not in _VARIETIES:
        raise RefusedError("AB1008", "Invalid Order Variety")
    return variety


def _order_type(params: Mapping[str, Any]) -> OrderType:
    try:
        return OrderType(str(params.get("ordertype", "")))
    except ValueError:
        raise RefusedError("AB1007", "Invalid order type") from None


def _side(params: Mapping[str, Any]) -> Side:
    try:
        return Side(str(params.get("transactiontype", "")))
    except ValueError:
        raise RefusedError("AB1007", "Invalid transaction type") from None


def _duration(params: Mapping[str, Any]) -> str:
    duration = str(params.get("duration", ""))
    if duration not in ("DAY", "IOC"):
        raise RefusedError("AB1007", "Invalid duration")
    return duration


def _instrument(params: Mapping[str, Any], market: Market) -> Instrument:
    exchange = str(params.get("exchange", ""))
    if exchange not in _EXCHANGES:
        raise RefusedError("AB1007", "Invalid exchange")
    symbol, token = str(params.get("tradingsymbol", "")), str(params.get("symboltoken", ""))
    instrument = market.find(symbol, exchange, token)
    if instrument is None:
        raise RefusedError("AB1009", "Symbol Not Found")
    return instrument


def _product(params: Mapping[str, Any], instrument: Instrument) -> str:
    return check_product(str(params.get("producttype", "")), instrument)


def check_product(product: str, instrument: Instrument) -> str:
    """Return `product` if the instrument can be traded under it; raises RefusedError."""
    wrong = _CASH_ONLY if instrument.is_option else _DERIVATIVES_ONLY
    if product not in _PRODUCTS or product in wrong:
        raise RefusedError("AB1012", "Invalid Product Type")
    return product


def _quantity(params: Mapping[str, Any], name: str) -> int:
    value = params.get(name)
    if value is None or value == "":
        return 0
    try:
        return int(str(value))
    except ValueError:
        raise RefusedError("AB1007", f"Invalid {name}") from None


def _price(params: Mapping[str, Any], name: str) -> int:
    try:
        return paise(params.get(name))
    except ValueError:
        raise RefusedError("AB1007", f"Invalid {name}") from None
