"""SmartAPI's calls, one function each, the checks before them and the answers. It knows no HTTP server."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from copytui.sim import risk
from copytui.sim.exchange import Exchange
from copytui.sim.market import last_price, quotes, search_instruments
from copytui.sim.orders import Order, RefusedError, order_row
from copytui.sim.scheduler import stamp
from copytui.sim.sessions import GatewayError


@dataclass(frozen=True, slots=True)
class Call:
    """One request: the call, its caller (the client code, once known) and its parameters."""

    name: str
    api_key: str = field(repr=False)
    jwt: str = field(repr=False)
    params: Mapping[str, Any] = field(repr=False)
    argument: str = ""
    client_id: str = ""
    reject_text: str = ""
    hold: bool = False
    lag: float = 0.0


def identify(exchange: Exchange, call: Call) -> str | Answer:
    """Return the caller's client code, or the gateway's refusal."""
    if call.name == "loginByPassword":
        return str(call.params.get("clientcode", ""))
    try:
        return exchange.sessions.check(call.api_key, call.jwt).client_id
    except GatewayError as refusal:
        return gateway_failure(refusal.code, refusal.text)


def within_limits(exchange: Exchange, call: Call) -> bool:
    """Count a call against its account's rate limits, and return whether it is allowed."""
    allowed = exchange.limiter.allow(call.client_id, call.name, exchange.monotonic())
    return allowed or not exchange.options.enforce_limits


def carry_out(exchange: Exchange, call: Call) -> Answer:
    """Carry out an identified request and return the answer."""
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
    return success(risk.funds(exchange.books[call.client_id], exchange.market))


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
    return success(exchange.positions(call.client_id, call.lag) or None)


def _convert(exchange: Exchange, call: Call) -> Answer:
    params = call.params
    try:
        quantity = int(str(params.get("quantity")))
    except ValueError:
        raise RefusedError("AB1007", "Invalid quantity") from None
    symbol, old, new = (str(params.get(name, "")) for name in ("tradingsymbol", "oldproducttype", "newproducttype"))
    exchange.convert_position(call.client_id, symbol, old, new, quantity)
    return success(None)


def _holdings(exchange: Exchange, call: Call) -> Answer:
    return success(exchange.holdings(call.client_id) or None)


def _all_holdings(exchange: Exchange, call: Call) -> Answer:
    return success(risk.all_holdings(exchange.books[call.client_id], exchange.market))


def _details(exchange: Exchange, call: Call) -> Answer:
    order = exchange.books[call.client_id].find_unique(call.argument)
    if order is None:
        raise RefusedError("AB1007", "Order not found")
    return success(order_row(order))


def _last_price(exchange: Exchange, call: Call) -> Answer:
    return success(last_price(exchange.market, call.params))


def _quotes(exchange: Exchange, call: Call) -> Answer:
    return success(quotes(exchange.market, call.params))


def _margin(exchange: Exchange, call: Call) -> Answer:
    return success(risk.margin_required(exchange.books[call.client_id], exchange.market, call.params))


def _search(exchange: Exchange, call: Call) -> Answer:
    return success(search_instruments(exchange.market, call.params))


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
    "convertPosition": _convert,
    "getHolding": _holdings,
    "getAllHolding": _all_holdings,
    "details": _details,
    "getLtpData": _last_price,
    "quote": _quotes,
    "margin": _margin,
    "searchScrip": _search,
}

CALLS = frozenset(_HANDLERS)


RATE_TEXT = "Access denied because of exceeding access rate"


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP answer."""

    status: int
    body: bytes
    content_type: str = "application/json"


def success(data: object) -> Answer:
    """Return a successful answer with `data`."""
    return success_json(json.dumps(data, separators=(",", ":")))


def success_json(data: str) -> Answer:
    """Return a successful answer with data that is already JSON text."""
    text = f'{{"status":true,"message":"SUCCESS","errorcode":"","data":{data}}}'
    return Answer(200, text.encode())


def failure(code: str, text: str) -> Answer:
    """Return a refusal, as the backend writes it."""
    return json_answer({"status": False, "message": text, "errorcode": code, "data": None})


def gateway_failure(code: str, text: str) -> Answer:
    """Return a refusal, as the gateway in front of the backend writes it: other keys, no `status`."""
    return json_answer({"success": False, "message": text, "errorCode": code, "data": ""})


def rate_exceeded() -> Answer:
    """Return the plain-text answer to a call over the rate limit."""
    return Answer(403, RATE_TEXT.encode(), "text/plain")


def json_answer(body: Any, status: int = 200) -> Answer:
    """Return an answer with any JSON body."""
    return Answer(status, json.dumps(body, separators=(",", ":")).encode())
