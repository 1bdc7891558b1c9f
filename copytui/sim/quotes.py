"""Prices and symbols, as the API answers for them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from copytui.sim.instruments import Instrument
from copytui.sim.market import Market
from copytui.sim.money import rupees
from copytui.sim.order_forms import RefusedError

_MOST_TOKENS = 50
_DEPTH = 5


def last_price(market: Market, params: Mapping[str, Any]) -> dict[str, Any]:
    """Return the answer of getLtpData; raises RefusedError for a symbol unknown."""
    symbol, exchange = str(params.get("tradingsymbol", "")), str(params.get("exchange", ""))
    instrument = market.find(symbol, exchange, str(params.get("symboltoken", "")))
    if instrument is None:
        raise RefusedError("AB1018", "Failed to get symbol details")
    return {
        "exchange": exchange,
        "tradingsymbol": symbol,
        "symboltoken": instrument.token,
        **_day(market, instrument),
        "ltp": rupees(market.last(instrument)),
    }


def quotes(market: Market, params: Mapping[str, Any]) -> dict[str, Any]:
    """Return the answer of the quote call: what was found, and what was not; raises RefusedError."""
    mode, wanted = params.get("mode"), params.get("exchangeTokens")
    if mode not in ("LTP", "OHLC", "FULL") or not isinstance(wanted, dict):
        raise RefusedError("AB1007", "Invalid parameters")
    pairs = [(str(exchange), str(token)) for exchange, tokens in wanted.items() for token in tokens]
    if len(pairs) > _MOST_TOKENS:
        raise RefusedError("AB1007", f"Maximum {_MOST_TOKENS} tokens are allowed")
    fetched: list[dict[str, Any]] = []
    unfetched: list[dict[str, Any]] = []
    for exchange, token in pairs:
        instrument = market.by_token(exchange, token)
        if instrument is None:
            problem = {"message": "Symbol token not found", "errorCode": "AB4018"}
            unfetched.append({"exchange": exchange, "symbolToken": token, **problem})
        else:
            fetched.append(_quote(market, instrument, mode))
    return {"fetched": fetched, "unfetched": unfetched}


def search(market: Market, params: Mapping[str, Any]) -> list[dict[str, str]]:
    """Return the rows of searchScrip: the symbols of an exchange that begin with the text."""
    exchange, text = str(params.get("exchange", "")), str(params.get("searchscrip", "")).upper()
    return [
        {"exchange": i.exchange, "tradingsymbol": i.symbol, "symboltoken": i.token}
        for i in market.instruments
        if text and i.exchange == exchange and i.symbol.startswith(text)
    ]


def _day(market: Market, instrument: Instrument) -> dict[str, float]:
    quote = market.quote(instrument)
    prices = {"open": quote.open, "high": quote.high, "low": quote.low, "close": instrument.base}
    return {name: rupees(price) for name, price in prices.items()}


def _quote(market: Market, instrument: Instrument, mode: str) -> dict[str, Any]:
    last = market.last(instrument)
    row: dict[str, Any] = {
        "exchange": instrument.exchange,
        "tradingSymbol": instrument.symbol,
        "symbolToken": instrument.token,
        "ltp": rupees(last),
    }
    if mode == "LTP":
        return row
    row |= _day(market, instrument)
    if mode == "OHLC":
        return row
    return row | {
        "netChange": rupees(last - instrument.base),
        "percentChange": round(100 * (last - instrument.base) / instrument.base, 2),
        "lowerCircuit": rupees(instrument.lower_circuit),
        "upperCircuit": rupees(instrument.upper_circuit),
        "depth": {"buy": _depth(instrument, last, -1), "sell": _depth(instrument, last, 1)},
    }


def _depth(instrument: Instrument, last: int, direction: int) -> list[dict[str, Any]]:
    prices = (max(instrument.tick, last + direction * level * instrument.tick) for level in range(_DEPTH))
    return [
        {"price": rupees(price), "quantity": instrument.lot * 10 * (level + 1), "orders": level + 1}
        for level, price in enumerate(prices)
    ]
