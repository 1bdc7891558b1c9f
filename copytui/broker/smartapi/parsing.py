"""The order book as typed values: one `BookOrder` per row, and a cache that parses only the rows that changed.

The broker sends the same field as text, as a number, empty, null or not at all. A field with only one possible reading
is read. Any other that copying needs raises a `RowError` that the user sees: the parser neither crashes nor guesses.
"""

from __future__ import annotations

import hashlib
import re
import sys
from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from operator import itemgetter
from types import NoneType
from typing import Final, TypeVar

from copytui.broker.port import RowProblem
from copytui.broker.smartapi.redaction import clean
from copytui.broker.smartapi.unreadable_rows import problem_of
from copytui.domain.contracts import Contract, from_row
from copytui.domain.errors import BrokerTrouble
from copytui.domain.orders import (
    CASH,
    BookOrder,
    Duration,
    Exchange,
    OrderId,
    OrderKey,
    OrderStatus,
    OrderType,
    Product,
    Side,
    Variety,
)
from copytui.domain.text import IST

E = TypeVar("E", bound=StrEnum)
T = TypeVar("T")

_ZERO: Final = Decimal(0)
_MAX: Final = 10**12
_MAX_ID: Final = 10**30
_MAX_EXACT: Final = 2**53
_NUMBER = re.compile(r"[+-]?(?:[0-9]{1,15}(?:\.[0-9]{0,15})?|\.[0-9]{1,15})(?:[eE][+-]?[0-9]{1,2})?")
_WITH_LIMIT: Final = frozenset({OrderType.LIMIT, OrderType.STOPLOSS_LIMIT})
_MONTHS: Final = {
    name: number
    for number, name in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), start=1
    )
}
_FINAL_WORDS: Final = {
    "complete": OrderStatus.COMPLETE,
    "completed": OrderStatus.COMPLETE,
    "cancelled": OrderStatus.CANCELLED,
    "canceled": OrderStatus.CANCELLED,
    "cancelled after market order": OrderStatus.CANCELLED,
    "rejected": OrderStatus.REJECTED,
}
_CONTRACT_WORDS: Final = ("expirydate", "optiontype", "instrumenttype")
_SYNONYMS: Final = {
    "CNC": "DELIVERY",
    "NRML": "CARRYFORWARD",
    "MIS": "INTRADAY",
    "SL": "STOPLOSS_LIMIT",
    "SL_M": "STOPLOSS_MARKET",
    "STOP_LOSS_LIMIT": "STOPLOSS_LIMIT",
    "STOP_LOSS_MARKET": "STOPLOSS_MARKET",
}


class RowError(ValueError):
    """A row is ambiguous or malformed; the text names the field in one sentence."""


def parse_order(row: object) -> BookOrder:
    """Return the order in `row`; raises RowError and nothing else."""
    if not isinstance(row, Mapping):
        raise RowError("the row is not an object")
    order_id, unique_id = read_identifier(row, "orderid"), read_identifier(row, "uniqueorderid")
    if not order_id and not unique_id:
        raise RowError("it has neither orderid nor uniqueorderid")
    symbol = read_text(row, "tradingsymbol", 64)
    if not symbol:
        raise RowError("tradingsymbol is empty")
    quantity, filled = _quantity(row, "quantity"), _quantity(row, "filledshares")
    if quantity is None:
        raise RowError("quantity is empty")
    status = read_text(row, "orderstatus", 60) or read_text(row, "status", 60)
    order_status = _order_status(row, quantity, filled)
    if filled is None:
        filled = quantity if order_status is OrderStatus.COMPLETE else 0
    if filled > quantity:
        raise RowError(f"filledshares {filled} is more than quantity {quantity}")
    exchange, order_type = read_choice(row, "exchange", Exchange), read_choice(row, "ordertype", OrderType)
    return BookOrder(
        key=OrderKey(unique_id or order_id),
        order_id=OrderId(order_id),
        exchange=exchange,
        symbol=symbol,
        token=read_identifier(row, "symboltoken") or None,
        side=read_choice(row, "transactiontype", Side),
        order_type=order_type,
        product=read_choice(row, "producttype", Product),
        variety=_or(Variety.NORMAL, lambda: read_choice(row, "variety", Variety, Variety.NORMAL)),
        duration=_or(Duration.DAY, lambda: read_choice(row, "duration", Duration, Duration.DAY)),
        quantity=quantity,
        filled=filled,
        # Shares trade in single units; a derivative's lot size must not be guessed.
        lot_size=_or(0, lambda: _quantity(row, "lotsize") or 0) or (1 if exchange in CASH else 0),
        price=_price(row, "price") if order_type in _WITH_LIMIT else _or(_ZERO, lambda: _price(row, "price")),
        trigger_price=_or(_ZERO, lambda: _price(row, "triggerprice")),
        # Without one the price is awaited, and then asked for.
        average_price=_or(_ZERO, lambda: _price(row, "averageprice")),
        order_status=order_status,
        status=status,
        text=_or("", lambda: read_text(row, "text")),
        tag=read_identifier(row, "ordertag"),
        parent_id=_or("", lambda: read_identifier(row, "parentorderid")),
        instrument_type=_or("", lambda: read_text(row, "instrumenttype", 32)),
        updated_at=_latest_time(row),
        contract=_contract(row, exchange, symbol),
    )


def _or(instead: T, read: Callable[[], T]) -> T:
    """Return a field that copying does not need, or `instead` where it cannot be read: the order itself is good."""
    try:
        return read()
    except RowError:
        return instead


def _contract(row: Mapping[str, object], exchange: Exchange, symbol: str) -> Contract | None:
    """Return a derivative's contract. A field that cannot be read is left out: the order itself is still good."""
    if exchange in CASH:
        return None
    try:
        strike = decimal(row.get("strikeprice"))
    except RowError:
        strike = None
    words = {name: value if isinstance(value := row.get(name), str) else "" for name in _CONTRACT_WORDS}
    return from_row(
        exchange,
        symbol,
        expiry=words["expirydate"],
        strike=strike,
        option_type=words["optiontype"],
        instrument_type=words["instrumenttype"],
    )


def decimal(value: object) -> Decimal | None:
    """Return a number sent as text, int or float; None if empty; raises RowError for anything else."""
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        raise RowError(f"{value} is not a number")
    if isinstance(value, (int, float)):
        if not abs(value) <= _MAX:  # a NaN compares false with everything
            raise RowError("a number is too large or not a number")
        return Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
    if isinstance(value, Decimal):
        value = str(value)
    if not isinstance(value, str):
        raise RowError("a number is neither text nor a number")
    text = value.strip()
    if not text or text.lower() == "null":
        return None
    if not _NUMBER.fullmatch(text):
        raise RowError(f"{clean(text, 30)!r} is not a number")
    number = Decimal(text)
    if not abs(number) <= _MAX:
        raise RowError(f"{clean(text, 30)!r} is too large")
    return number


def _price(row: Mapping[str, object], field: str) -> Decimal:
    try:
        number = decimal(row.get(field))
    except RowError as error:
        raise RowError(f"{field}: {error}") from None
    if number is None or not number:
        return _ZERO
    if number < 0:
        raise RowError(f"{field} is negative")
    return number


def _quantity(row: Mapping[str, object], field: str) -> int | None:
    try:
        number = decimal(row.get(field))
    except RowError as error:
        raise RowError(f"{field}: {error}") from None
    if number is None:
        return None
    whole = int(number)
    if whole != number:
        raise RowError(f"{field} is not a whole number")
    if whole < 0:
        raise RowError(f"{field} is negative")
    return whole


def read_text(row: Mapping[str, object], field: str, max_length: int = 300) -> str:
    """Return a field as clean text, '' if it is missing; raises RowError."""
    value = row.get(field)
    if value is None:
        return ""
    if isinstance(value, str):
        return clean(value, max_length)
    if isinstance(value, float) or (isinstance(value, int) and abs(value) < _MAX_ID):
        return str(value)
    raise RowError(f"{field} is not text")


def read_identifier(row: Mapping[str, object], field: str) -> str:
    """Return an id, sent as text or as a whole number, as text; '' if it is missing; raises RowError."""
    value = row.get(field)
    if value is None:
        return ""
    if isinstance(value, str):
        text = clean(value, 100)
        return "" if text.lower() == "null" else text
    if isinstance(value, float) and 0 <= value <= _MAX_EXACT and value.is_integer():
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < _MAX_ID:
        return str(value)
    raise RowError(f"{field} is neither text nor a whole number")


def read_choice(row: Mapping[str, object], field: str, kind: type[E], default: E | None = None) -> E:
    """Return the enum member that a field names, `default` if it is empty; raises RowError."""
    word = read_text(row, field, 40)
    if not word and default is not None:
        return default
    upper = word.upper().replace(" ", "_").replace("-", "_")
    try:
        return kind(_SYNONYMS.get(upper, upper))
    except ValueError:
        found = f"{word!r} is unknown" if word else "is empty"
        raise RowError(f"{field} {found}") from None


def _order_status(row: Mapping[str, object], quantity: int, filled: int | None) -> OrderStatus:
    """Return the status. `orderstatus` wins over `status`, but a full fill is complete if either says so."""
    words = [word for field in ("orderstatus", "status") if (word := read_text(row, field, 60).lower())]
    statuses = [_FINAL_WORDS.get(word, OrderStatus.WORKING) for word in words] or [OrderStatus.WORKING]
    if OrderStatus.COMPLETE in statuses and quantity and filled == quantity:
        return OrderStatus.COMPLETE
    return statuses[0]


def _latest_time(row: Mapping[str, object]) -> datetime | None:
    times = [
        time
        for field in ("exchorderupdatetime", "updatetime", "exchtime")
        if isinstance(value := row.get(field), str) and (time := parse_time(value)) is not None
    ]
    return max(times) if times else None


@lru_cache(maxsize=4096)
def parse_time(text: str) -> datetime | None:
    """Return the IST time written as `DD-Mon-YYYY HH:MM:SS`; None for any other format."""
    text = text.strip()
    if len(text) != 20 or not text.isascii() or text[2] != "-" or text[6] != "-" or text[14] + text[17] != "::":
        return None
    month = _MONTHS.get(text[3:6].lower())
    digits = text[0:2] + text[7:11] + text[12:14] + text[15:17] + text[18:20]
    if month is None or not digits.isdigit():
        return None
    try:
        return datetime(
            int(text[7:11]), month, int(text[0:2]), int(text[12:14]), int(text[15:17]), int(text[18:20]), tzinfo=IST
        )
    except ValueError:
        return None


Rows = tuple[tuple[BookOrder, ...], tuple[RowProblem, ...]]

FIELDS: Final = (
    "uniqueorderid", "orderid", "variety", "ordertype", "producttype", "duration", "price", "triggerprice", "quantity",
    "tradingsymbol", "transactiontype", "exchange", "symboltoken", "ordertag", "instrumenttype", "lotsize",
    "averageprice", "filledshares", "text", "status", "orderstatus", "updatetime", "exchtime", "exchorderupdatetime",
    "parentorderid", "expirydate", "strikeprice", "optiontype",
)  # fmt: skip
"""The fields that `parse_order` reads, the two ids first."""

_all_fields = itemgetter(*FIELDS)


class RowCache:
    """The rows of one account's last reading, so that only changed rows are parsed.

    Of each row it stores the fields that are read; repeated words are interned across rows and accounts.
    """

    __slots__ = ("_cached", "_digest", "_rows", "redact")

    def __init__(self, redact: Callable[[str], str] | None = None) -> None:
        """Start empty. `redact` removes secrets from the rows' texts."""
        self._cached: dict[object, tuple[tuple[object, ...], BookOrder]] = {}
        self._digest: bytes | None = None
        self._rows: Rows = ((), ())
        self.redact = redact

    def reading(self, body: bytes, parse: Callable[[], Rows]) -> Rows:
        """Return the last reading if `body` is byte for byte the same, else the result of `parse`."""
        digest = hashlib.blake2b(body, digest_size=16).digest()
        if digest != self._digest:
            self._rows = parse()
            self._digest = digest
        return self._rows

    def parse(self, rows: list[object]) -> Rows:
        """Parse the rows that have changed."""
        orders: list[BookOrder] = []
        problems: list[RowProblem] = []
        cached: dict[object, tuple[tuple[object, ...], BookOrder]] = {}
        before = self._cached
        for row in rows:
            raw = _raw(row)
            known = before.get(_ids(raw))
            if known is None or known[0] != raw:
                try:
                    order = self._order(row)
                except RowError as error:
                    problems.append(problem_of(row, str(error)))
                    continue
                known = (tuple(sys.intern(value) if type(value) is str else value for value in raw), order)
            cached[_ids(known[0])] = known
            orders.append(known[1])
        self._cached = cached
        return tuple(orders), tuple(problems)

    def _order(self, row: object) -> BookOrder:
        if self.redact is not None and isinstance(row, dict) and isinstance(row.get("text"), str):
            row = {**row, "text": self.redact(row["text"])}
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
    """Return a row's cache key; None for malformed ids, most of which `parse_order` rejects."""
    unique_id, order_id = raw[0], raw[1]
    if isinstance(unique_id, (str, int, NoneType)) and isinstance(order_id, (str, int, float, NoneType)):
        return unique_id, order_id
    return None


def parse_book(data: object, cache: RowCache) -> Rows:
    """Return the orders in `data` and the unreadable rows; raises BrokerTrouble if `data` is not an order book."""
    if data is None or (isinstance(data, str) and data.strip().lower() in {"", "null"}):
        data = []
    if not isinstance(data, list):
        raise BrokerTrouble("the order book has an unknown format and is ignored")
    return cache.parse(data)
