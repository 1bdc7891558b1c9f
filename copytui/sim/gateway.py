"""SmartAPI's calls, one function each, behind the checks that every call passes. No HTTP inside."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from copytui.sim import margin, portfolio, quotes
from copytui.sim.answers import Answer, failure, gateway_failure, success, success_json
from copytui.sim.exchange import Exchange
from copytui.sim.order_forms import RefusedError
from copytui.sim.orders import Order
from copytui.sim.rows import order_row
from copytui.sim.sessions import GatewayError
from copytui.sim.times import stamp


@dataclass(frozen=True, slots=True)
class Call:
    """One request: which call, by whom (client code as far as known), with what."""

    name: str
    api_key: str = field(repr=False)
    jwt: str = field(repr=False)
    params: Mapping[str, Any] = field(repr=False)
    argument: str = ""
    client_id: str = ""
    reject_text: str = ""
    hold: bool = False


def identify(exchange: Exchange, call: Call) -> str | Answer:
    """Return the client code that a request comes from, or the gateway's refusal."""
    if call.name == "loginByPassword":
        return str(call.params.get("clientcode", ""))
    try:
        return exchange.sessions.check(call.api_key, call.jwt).client_id
    except GatewayError as refusal:
        return gateway_failure(refusal.code, refusal.text)


def within_limits(exchange: Exchange, call: Call) -> bool:
    """Count a call against its account's limits, and tell whether it is within them."""
    allowed = exchange.limiter.allow(call.client_id, call.name, exchange.monotonic())
    return allowed or not exchange.options.enforce_limits


def carry_out(exchange: Exchange, call: Call) -> Answer:
    """Do what an identified request asks, and answer."""
    try:
        return _HANDLERS[call.name](exchange, call)
    except RefusedError as refusal:
        return failure(refusal.code, refusal.text)
    except GatewayError as refusal:
        return gateway_failure(refusal.code, refusal.text)


def _log_in(exchange: Exchange, call: Call) -> Answer:
    pin, totp = str(call.params.get("password", "")), str(call.params.get("totp", ""))
    tokens = exchange.sessions.log_in(call.api_key, call.client_id, pin, totp)
    state = call.params.get("state")
    return success({**tokens, "state": state} if state else tokens)


def _refresh(exchange: Exchange, call: Call) -> Answer:
    refresh_token = str(call.params.get("refreshToken", ""))
    return success(exchange.sessions.refresh(call.api_key, call.jwt, refresh_token))


def _log_out(exchange: Exchange, call: Call) -> Answer:
    if call.params.get("clientcode") != call.client_id:
        raise RefusedError("AB1007", "Invalid clientcode")
    exchange.sessions.log_out(call.jwt)
    return success("")


def _profile(exchange: Exchange, call: Call) -> Answer:
    account = exchange.books[call.client_id].account
    exchanges: list[str] = ["nse_cm", "bse_cm", "nse_fo", "bse_fo"]
    products: list[str] = ["NRML", "CNC", "MIS", "MARGIN"]
    as_text = account in exchange.followers[2::3]
    return success(
        {
            "clientcode": account.client_id,
            "name": account.name.upper(),
            "email": "",
            "mobileno": "",
            "exchanges": json.dumps(exchanges) if as_text else exchanges,
            "products": json.dumps(products) if as_text else products,
            "lastlogintime": stamp(exchange.wall_clock()),
            "brokerid": "B2C",
        }
    )


def _funds(exchange: Exchange, call: Call) -> Answer:
    return success(portfolio.funds(exchange.books[call.client_id], exchange.market))


def _place(exchange: Exchange, call: Call) -> Answer:
    order = exchange.place_order(call.client_id, call.params, call.reject_text, hold=call.hold)
    return success({"script": order.form.instrument.symbol, **_ids(order)})


def _modify(exchange: Exchange, call: Call) -> Answer:
    return success(_ids(exchange.modify_order(call.client_id, call.params, call.reject_text, hold=call.hold)))


def _cancel(exchange: Exchange, call: Call) -> Answer:
    return success(_ids(exchange.cancel_order(call.client_id, call.params, call.reject_text)))


def _ids(order: Order) -> dict[str, str]:
    return {"orderid": order.orderid, "uniqueorderid": order.uniqueorderid}


def _order_book(exchange: Exchange, call: Call) -> Answer:
    return success_json(exchange.books[call.client_id].rows_json())


def _trade_book(exchange: Exchange, call: Call) -> Answer:
    return success(exchange.books[call.client_id].trades() or None)


def _positions(exchange: Exchange, call: Call) -> Answer:
    return success(portfolio.positions(exchange.books[call.client_id], exchange.market) or None)


def _holdings(_exchange: Exchange, _call: Call) -> Answer:
    return success(portfolio.holdings())


def _all_holdings(_exchange: Exchange, _call: Call) -> Answer:
    return success(portfolio.all_holdings())


def _details(exchange: Exchange, call: Call) -> Answer:
    order = exchange.books[call.client_id].find_unique(call.argument)
    if order is None:
        raise RefusedError("AB1007", "Order not found")
    return success(order_row(order))


def _last_price(exchange: Exchange, call: Call) -> Answer:
    return success(quotes.last_price(exchange.market, call.params))


def _quotes(exchange: Exchange, call: Call) -> Answer:
    return success(quotes.quotes(exchange.market, call.params))


def _margin(exchange: Exchange, call: Call) -> Answer:
    return success(margin.required(exchange.books[call.client_id], exchange.market, call.params))


def _search(exchange: Exchange, call: Call) -> Answer:
    return success(quotes.search(exchange.market, call.params))


_HANDLERS: dict[str, Callable[[Exchange, Call], Answer]] = {
    "loginByPassword": _log_in,
    "generateTokens": _refresh,
    "logout": _log_out,
    "getProfile": _profile,
    "getRMS": _funds,
    "placeOrder": _place,
    "modifyOrder": _modify,
    "cancelOrder": _cancel,
    "getOrderBook": _order_book,
    "getTradeBook": _trade_book,
    "getPosition": _positions,
    "getHolding": _holdings,
    "getAllHolding": _all_holdings,
    "details": _details,
    "getLtpData": _last_price,
    "quote": _quotes,
    "margin": _margin,
    "searchScrip": _search,
}

CALLS = frozenset(_HANDLERS)
