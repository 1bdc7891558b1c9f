"""The market: one seeded, mean-reverting random walk per instrument, and the API's answers about prices."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from copytui.sim.instruments import Instrument
from copytui.sim.orders import RefusedError, rupees

STEP_SECONDS = 0.25
_PULL = 0.002


@dataclass(slots=True)
class Quote:
    """One instrument's day so far, in paise. With `still`, only trades move the price."""

    instrument: Instrument
    last: int
    open: int
    high: int
    low: int
    level: float
    still: bool = False

    def trade(self, price: int) -> None:
        """Trade at `price`; the walk continues from there."""
        self.level = float(price)
        self._print(price)

    def move(self, shock: float) -> None:
        """Take one step of the walk; `shock` is a standard normal deviate."""
        if self.still:
            return
        instrument = self.instrument
        pull = _PULL * (instrument.base - self.level)
        self.level += pull + shock * instrument.volatility * max(self.level, instrument.base / 4)
        ticks = round(self.level / instrument.tick)
        price = min(max(ticks * instrument.tick, instrument.lower_circuit), instrument.upper_circuit)
        self.level = min(max(self.level, instrument.lower_circuit), instrument.upper_circuit)
        self._print(price)

    def _print(self, price: int) -> None:
        self.last = price
        self.high = max(self.high, price)
        self.low = min(self.low, price)


def _opening_quote(instrument: Instrument) -> Quote:
    base = instrument.base
    return Quote(instrument, base, base, base, base, float(base))


class Market:
    """All quotes of the day, moved together step by step."""

    def __init__(self, seed: int, instruments: Iterable[Instrument]) -> None:
        instruments = tuple(instruments)
        self.steps = 0
        self._rng = random.Random(f"{seed}:market")
        self._quotes = {i.symbol: _opening_quote(i) for i in instruments}
        self._expired: set[str] = set()

    @property
    def instruments(self) -> tuple[Instrument, ...]:
        """All instruments, with today's circuits."""
        return tuple(q.instrument for symbol, q in self._quotes.items() if symbol not in self._expired)

    def open_day(self, instruments: Iterable[Instrument], expired: Iterable[str]) -> None:
        """Begin a day: list new `instruments`, end `expired` symbols; prices go on from where they are.

        The price of an expired contract can still be read, as there may be orders for it in flight.
        """
        self._expired.update(expired)
        for instrument in instruments:
            if instrument.symbol not in self._quotes:
                self._quotes[instrument.symbol] = _opening_quote(instrument)
        for quote in self._quotes.values():
            quote.instrument = replace(quote.instrument, base=quote.last)
            quote.open = quote.high = quote.low = quote.last

    def set_circuits(self, symbol: str, lower: int, upper: int) -> None:
        """Set an instrument's circuits, in paise; raises ValueError unless 0 < lower < upper."""
        if not 0 < lower < upper:
            raise ValueError(f"circuits: 0 < {lower} < {upper} does not hold")
        quote = self._quotes[symbol]
        quote.instrument = replace(quote.instrument, lower_circuit=lower, upper_circuit=upper)

    def step(self) -> None:
        """Move every price once."""
        self.steps += 1
        for quote in self._quotes.values():
            quote.move(self._rng.gauss(0.0, 1.0))

    def quote(self, instrument: Instrument) -> Quote:
        """Return the quote of one instrument."""
        return self._quotes[instrument.symbol]

    def last(self, instrument: Instrument) -> int:
        """Return the last traded price, in paise."""
        return self._quotes[instrument.symbol].last

    def find(self, symbol: str, exchange: str | None = None, token: str | None = None) -> Instrument | None:
        """Return the instrument with that symbol; None if unknown, or if exchange or token do not match."""
        quote = self._quotes.get(symbol)
        if quote is None or symbol in self._expired:
            return None
        instrument = quote.instrument
        if exchange is not None and instrument.exchange != exchange:
            return None
        if token is not None and instrument.token != token:
            return None
        return instrument

    def by_token(self, exchange: str, token: str) -> Instrument | None:
        """Return the instrument with that token."""
        return next((i for i in self.instruments if (i.exchange, i.token) == (exchange, token)), None)


_MAX_TOKENS = 50
_DEPTH = 5


def last_price(market: Market, params: Mapping[str, Any]) -> dict[str, Any]:
    """Return the data of getLtpData; raises RefusedError for an unknown symbol."""
    symbol, exchange = str(params.get("tradingsymbol", "")), str(params.get("exchange", ""))
    instrument = market.find(symbol, exchange, str(params.get("symboltoken", "")))
    if instrument is None:
        raise RefusedError("AB1018", "Failed to get symbol details")
    return {
        "exchange": exchange,
        "tradingsymbol": symbol,
        "symboltoken": instrument.token,
        **_day_prices(market, instrument),
        "ltp": rupees(market.last(instrument)),
    }


def quotes(market: Market, params: Mapping[str, Any]) -> dict[str, Any]:
    """Return the data of the quote call, fetched and unfetched; raises RefusedError."""
    mode, wanted = params.get("mode"), params.get("exchangeTokens")
    if mode not in ("LTP", "OHLC", "FULL") or not isinstance(wanted, dict):
        raise RefusedError("AB1007", "Invalid parameters")
    pairs = [(str(exchange), str(token)) for exchange, tokens in wanted.items() for token in tokens]
    if len(pairs) > _MAX_TOKENS:
        raise RefusedError("AB1007", f"Maximum {_MAX_TOKENS} tokens are allowed")
    fetched: list[dict[str, Any]] = []
    unfetched: list[dict[str, Any]] = []
    for exchange, token in pairs:
        instrument = market.by_token(exchange, token)
        if instrument is None:
            problem = {"message": "Symbol token not found", "errorCode": "AB4018"}
            unfetched.append({"exchange": exchange, "symbolToken": token, **problem})
        else:
            fetched.append(_quote_row(market, instrument, mode))
    return {"fetched": fetched, "unfetched": unfetched}


def search_instruments(market: Market, params: Mapping[str, Any]) -> list[dict[str, str]]:
    """Return the rows of searchScrip: the exchange's symbols that start with the text."""
    exchange, text = str(params.get("exchange", "")), str(params.get("searchscrip", "")).upper()
    return [
        {"exchange": i.exchange, "tradingsymbol": i.symbol, "symboltoken": i.token}
        for i in market.instruments
        if text and i.exchange == exchange and i.symbol.startswith(text)
    ]


def _day_prices(market: Market, instrument: Instrument) -> dict[str, float]:
    quote = market.quote(instrument)
    prices = {"open": quote.open, "high": quote.high, "low": quote.low, "close": instrument.base}
    return {name: rupees(price) for name, price in prices.items()}


def _quote_row(market: Market, instrument: Instrument, mode: str) -> dict[str, Any]:
    last = market.last(instrument)
    row: dict[str, Any] = {
        "exchange": instrument.exchange,
        "tradingSymbol": instrument.symbol,
        "symbolToken": instrument.token,
        "ltp": rupees(last),
    }
    if mode == "LTP":
        return row
    row |= _day_prices(market, instrument)
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
