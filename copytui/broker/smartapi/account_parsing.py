"""Account data as typed values: profile, funds, profit, quotes and symbol tokens. Amounts are Decimals in rupees.

A quote prices an order and a profit can stop a follower, so each is read completely or not at all: an unreadable
figure raises `BrokerTrouble` and never counts as zero.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from copytui.broker.port import Funds, Profile, Profit, Quote
from copytui.broker.smartapi.parsing import RowError, decimal
from copytui.broker.smartapi.redaction import clean
from copytui.domain.errors import BrokerRefused, BrokerTrouble
from copytui.domain.orders import ClientId, Exchange

_ZERO: Final = Decimal(0)
_EMPTY: Final = (None, "", "null")


def parse_funds(data: object) -> Funds:
    """Return the account's funds; an unreadable figure is None. Raises BrokerTrouble if `data` is not an object."""
    if not isinstance(data, Mapping):
        raise BrokerTrouble("the funds have an unknown format")
    return Funds(available=_optional_figure(data.get("availablecash")), net=_optional_figure(data.get("net")))


def parse_quote(data: object, token: str) -> Quote:
    """Return the quote of `token` in the data of `market/v1/quote`.

    Raises BrokerRefused if the broker has no quote, BrokerTrouble if the answer cannot be read.
    """
    if not isinstance(data, Mapping):
        raise BrokerTrouble("the quote has an unknown format")
    row = _row_for(data.get("fetched"), token)
    if row is None:
        missing = _row_for(data.get("unfetched"), token)
        if missing is None:
            raise BrokerTrouble(f"the quote for token {token} is missing from the answer")
        raise BrokerRefused(f"the broker has no quote for token {token}", code=_code(missing.get("errorCode")))
    try:
        last, lower, upper = (decimal(row.get(name)) for name in ("ltp", "lowerCircuit", "upperCircuit"))
    except RowError as error:
        raise BrokerTrouble(f"the quote for token {token} cannot be read: {error}") from None
    if last is None or last <= 0:
        raise BrokerTrouble(f"the quote for token {token} has no price")
    return Quote(last, _circuit(lower), _circuit(upper))


def parse_rows(data: object, what: str) -> list[object]:
    """Return the rows of an answer, [] if it is empty; raises BrokerTrouble if `data` is not a list."""
    if data in _EMPTY:
        return []
    if not isinstance(data, list):
        raise BrokerTrouble(f"the {what} have an unknown format")
    return data


def parse_profit(data: object) -> Profit:
    """Return the total over the rows of `getPosition`; zero for an account without positions.

    Raises BrokerTrouble if any row lacks a readable `realised`, `unrealised` or `netqty`.
    """
    rows = [
        tuple(_required_figure(row, position, field) for field in ("realised", "unrealised", "netqty"))
        for position, row in enumerate(parse_rows(data, "positions"), start=1)
    ]
    return Profit(
        realised=sum((realised for realised, _, _ in rows), _ZERO),
        unrealised=sum((unrealised for _, unrealised, _ in rows), _ZERO),
        open_positions=sum(1 for _, _, net in rows if net != 0),
    )


def parse_profile(data: object, client_id: ClientId) -> Profile:
    """Return the profile; what is missing or malformed in `data` stays empty."""
    if not isinstance(data, Mapping):
        return Profile(client_id, "", ())
    name = data.get("name")
    exchanges = data.get("exchanges")
    if isinstance(exchanges, str):
        exchanges = _parse_list(exchanges)
    if not isinstance(exchanges, list):
        exchanges = []
    segments = tuple(clean(item, 20).upper() for item in exchanges if isinstance(item, str) and item.strip())
    return Profile(client_id, clean(name, 80) if isinstance(name, str) else "", segments)


def _parse_list(text: str) -> object:
    """Parse a list that was sent as text: with JSON's or Python's quotes, or separated by commas."""
    try:
        return ast.literal_eval(text.strip()[:2000])
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return text.strip(" []").split(",")


def parse_token(data: object, exchange: Exchange, symbol: str) -> str | None:
    """Return the token of exactly this symbol in a search's rows; raises BrokerTrouble if `data` is not a list."""
    if data in (None, "", "null"):
        return None
    if not isinstance(data, list):
        raise BrokerTrouble("the symbol search has an unknown format")
    wanted = (exchange.value, symbol.upper())
    for row in data:
        if isinstance(row, dict) and (row.get("exchange"), str(row.get("tradingsymbol")).upper()) == wanted:
            token = row.get("symboltoken")
            if isinstance(token, (str, int)) and not isinstance(token, bool) and str(token).strip():
                return str(token).strip()
    return None


def _required_figure(row: object, position: int, field: str) -> Decimal:
    if not isinstance(row, Mapping):
        raise BrokerTrouble(f"position {position} is not an object")
    try:
        number = decimal(row.get(field))
    except RowError as error:
        raise BrokerTrouble(f"position {position}: {field}: {error}") from None
    if number is None:
        raise BrokerTrouble(f"position {position}: {field} is empty")
    return number


def _optional_figure(value: object) -> Decimal | None:
    try:
        return decimal(value)
    except RowError:
        return None


def _circuit(price: Decimal | None) -> Decimal | None:
    return price if price is not None and price > 0 else None


def _row_for(rows: object, token: str) -> Mapping[str, object] | None:
    if not isinstance(rows, list):
        return None
    return next((row for row in rows if isinstance(row, Mapping) and str(row.get("symbolToken")) == token), None)


def _code(value: object) -> str:
    return value.strip().upper()[:16] if isinstance(value, str) else ""
