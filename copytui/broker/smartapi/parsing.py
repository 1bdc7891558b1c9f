"""The data of the broker's reads as typed values: order book, profile, symbol search.

An order book is parsed row by row; a row that is unchanged since the last reading is not parsed again.
"""

from __future__ import annotations

import ast
import hashlib
import sys
from collections.abc import Callable, Mapping
from operator import itemgetter
from types import NoneType
from typing import Final

from copytui.broker.port import Profile, RowProblem
from copytui.broker.smartapi.redaction import clean
from copytui.broker.smartapi.rows import RowError, parse_order
from copytui.domain.errors import BrokerTrouble
from copytui.domain.orders import BookOrder, ClientId, Exchange

Rows = tuple[tuple[BookOrder, ...], tuple[RowProblem, ...]]

FIELDS: Final = (
    "uniqueorderid", "orderid", "variety", "ordertype", "producttype", "duration", "price", "triggerprice", "quantity",
    "tradingsymbol", "transactiontype", "exchange", "symboltoken", "ordertag", "instrumenttype", "lotsize",
    "averageprice", "filledshares", "text", "status", "orderstatus", "updatetime", "exchtime", "exchorderupdatetime",
    "parentorderid",
)  # fmt: skip
"""The fields that `parse_order` reads, the two ids first."""

_all_fields = itemgetter(*FIELDS)


class RowCache:
    """What one account's book held at its last reading, so that only changed rows are parsed.

    Keeps of each row the fields that are read, with repeated words stored once for all rows and accounts.
    """

    __slots__ = ("_digest", "_kept", "_rows", "scrub")

    def __init__(self, scrub: Callable[[str], str] | None = None) -> None:
        """Start empty; `scrub` takes secrets out of the texts of rows."""
        self._kept: dict[object, tuple[tuple[object, ...], BookOrder]] = {}
        self._digest: bytes | None = None
        self._rows: Rows = ((), ())
        self.scrub = scrub

    def reading(self, body: bytes, parse: Callable[[], Rows]) -> Rows:
        """Return the last reading where `body` is byte for byte the last one, else what `parse` makes of it."""
        digest = hashlib.blake2b(body, digest_size=16).digest()
        if digest != self._digest:
            self._rows = parse()
            self._digest = digest
        return self._rows

    def parse(self, rows: list[object]) -> Rows:
        """Parse a book's rows, all that have changed."""
        orders: list[BookOrder] = []
        problems: list[RowProblem] = []
        kept: dict[object, tuple[tuple[object, ...], BookOrder]] = {}
        before = self._kept
        for position, row in enumerate(rows, start=1):
            raw = _raw(row)
            known = before.get(_ids(raw))
            if known is None or known[0] != raw:
                try:
                    order = self._order(row)
                except RowError as error:
                    problems.append(RowProblem(_name(row), f"order book row {position}: {error}", _tag(row)))
                    continue
                known = (tuple(sys.intern(value) if type(value) is str else value for value in raw), order)
            kept[_ids(known[0])] = known
            orders.append(known[1])
        self._kept = kept
        return tuple(orders), tuple(problems)

    def _order(self, row: object) -> BookOrder:
        if self.scrub is not None and isinstance(row, dict) and isinstance(row.get("text"), str):
            row = {**row, "text": self.scrub(row["text"])}
        return parse_order(row)


def _raw(row: object) -> tuple[object, ...]:
    if not isinstance(row, dict):
        return (None, None, row)
    try:
        raw: tuple[object, ...] = _all_fields(row)
    except KeyError:
        return tuple(map(row.get, FIELDS))
    return raw


def _ids(raw: tuple[object, ...]) -> object:
    """Return what a row is kept under; None for odd ids, which `parse_order` mostly refuses."""
    unique_id, order_id = raw[0], raw[1]
    if isinstance(unique_id, (str, int, NoneType)) and isinstance(order_id, (str, int, float, NoneType)):
        return unique_id, order_id
    return None


def _tag(row: object) -> str:
    """Return the tag of a row that could not be read: an order with it exists, whatever else the row says."""
    tag = row.get("ordertag") if isinstance(row, dict) else None
    return tag.strip() if isinstance(tag, str) else ""


def _name(row: object) -> str:
    """Return whatever names a row that could not be read."""
    if isinstance(row, dict):
        for field in ("orderid", "uniqueorderid"):
            value = row.get(field)
            if isinstance(value, str) and value.strip():
                return clean(value, 64)
            if isinstance(value, int) and 0 < value < 10**30:
                return str(value)
    return ""


def parse_book(data: object, cache: RowCache) -> Rows:
    """Return the orders in `data` and the rows that could not be read; BrokerTrouble when it is no order book."""
    if data is None or (isinstance(data, str) and data.strip().lower() in {"", "null"}):
        data = []
    if not isinstance(data, list):
        raise BrokerTrouble("the order book came in a form that it never has, so nothing is taken from it")
    return cache.parse(data)


def parse_profile(data: object, client_id: ClientId) -> Profile:
    """Return who logged in; what is missing or odd in `data` stays empty."""
    if not isinstance(data, Mapping):
        return Profile(client_id, "", ())
    name = data.get("name")
    exchanges = data.get("exchanges")
    if isinstance(exchanges, str):
        exchanges = _listed(exchanges)
    if not isinstance(exchanges, list):
        exchanges = []
    segments = tuple(clean(item, 20).upper() for item in exchanges if isinstance(item, str) and item.strip())
    return Profile(client_id, clean(name, 80) if isinstance(name, str) else "", segments)


def _listed(text: str) -> object:
    """Read a list that came as text: JSON's or Python's quotes, or words between commas."""
    try:
        return ast.literal_eval(text.strip()[:2000])
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return text.strip(" []").split(",")


def parse_token(data: object, exchange: Exchange, symbol: str) -> str | None:
    """Return the token of exactly this symbol among a search's rows; BrokerTrouble when `data` is no such answer."""
    if data in (None, "", "null"):
        return None
    if not isinstance(data, list):
        raise BrokerTrouble("the symbol search came in a form that it never has")
    wanted = (exchange.value, symbol.upper())
    for row in data:
        if isinstance(row, dict) and (row.get("exchange"), str(row.get("tradingsymbol")).upper()) == wanted:
            token = row.get("symboltoken")
            if isinstance(token, (str, int)) and not isinstance(token, bool) and str(token).strip():
                return str(token).strip()
    return None
