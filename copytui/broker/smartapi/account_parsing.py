"""The broker's figures as typed values: funds, quotes, profit. All in rupees, as Decimals.

What steers an order (a quote) or stops a follower (its profit) is read whole or not at all: a figure that cannot
be read is a `BrokerTrouble`, never a zero.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from copytui.broker.port import Funds, Profit, Quote
from copytui.broker.smartapi.rows import RowError, decimal
from copytui.domain.errors import BrokerRefused, BrokerTrouble

_ZERO: Final = Decimal(0)
_NOTHING: Final = (None, "", "null")


def parse_funds(data: object) -> Funds:
    """Return the account's funds; BrokerTrouble when `data` is no object. An unreadable figure counts as left out."""
    if not isinstance(data, Mapping):
        raise BrokerTrouble("the funds came in a form that they never have")
    return Funds(available=_figure_or_none(data.get("availablecash")), net=_figure_or_none(data.get("net")))


def parse_quote(data: object, token: str) -> Quote:
    """Return the quote of `token` in the data of `market/v1/quote`.

    Raises BrokerRefused where the broker says that it has none, BrokerTrouble where it cannot be read.
    """
    if not isinstance(data, Mapping):
        raise BrokerTrouble("the quote came in a form that it never has")
    row = _row_of(data.get("fetched"), token)
    if row is None:
        missing = _row_of(data.get("unfetched"), token)
        if missing is None:
            raise BrokerTrouble(f"the quote of token {token} is missing from the answer")
        raise BrokerRefused(f"the broker has no quote of token {token}", code=_code(missing.get("errorCode")))
    try:
        last, lower, upper = (decimal(row.get(name)) for name in ("ltp", "lowerCircuit", "upperCircuit"))
    except RowError as error:
        raise BrokerTrouble(f"the quote of token {token} cannot be read: {error}") from None
    if last is None or last <= 0:
        raise BrokerTrouble(f"the quote of token {token} has no price")
    return Quote(last, _circuit(lower), _circuit(upper))


def parse_profit(data: object) -> Profit:
    """Return the sum over the rows of `getPosition`; an account without positions has none, and no profit either.

    Raises BrokerTrouble where any row lacks a readable `realised`, `unrealised` or `netqty`.
    """
    if data in _NOTHING:
        return Profit(_ZERO, _ZERO, 0)
    if not isinstance(data, list):
        raise BrokerTrouble("the positions came in a form that they never have")
    rows = [
        tuple(_needed(row, position, field) for field in ("realised", "unrealised", "netqty"))
        for position, row in enumerate(data, start=1)
    ]
    return Profit(
        realised=sum((realised for realised, _, _ in rows), _ZERO),
        unrealised=sum((unrealised for _, unrealised, _ in rows), _ZERO),
        open_positions=sum(1 for _, _, net in rows if net != 0),
    )


def _needed(row: object, position: int, field: str) -> Decimal:
    if not isinstance(row, Mapping):
        raise BrokerTrouble(f"position {position} is not an object")
    try:
        number = decimal(row.get(field))
    except RowError as error:
        raise BrokerTrouble(f"position {position}: {field}: {error}") from None
    if number is None:
        raise BrokerTrouble(f"position {position}: {field} is empty")
    return number


def _figure_or_none(value: object) -> Decimal | None:
    try:
        return decimal(value)
    except RowError:
        return None


def _circuit(price: Decimal | None) -> Decimal | None:
    return price if price is not None and price > 0 else None


def _row_of(rows: object, token: str) -> Mapping[str, object] | None:
    if not isinstance(rows, list):
        return None
    return next((row for row in rows if isinstance(row, Mapping) and str(row.get("symbolToken")) == token), None)


def _code(value: object) -> str:
    return value.strip().upper()[:16] if isinstance(value, str) else ""
