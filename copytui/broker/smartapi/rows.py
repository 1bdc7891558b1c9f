"""One row of an order book, from whatever the broker wrote to a `BookOrder`.

The same field comes as text, as a number, empty, null or not at all. What can be read in one way only is
read; anything else is a `RowError`, which the user sees: never a crash, never a guess.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from typing import Final, TypeVar

from copytui.broker.smartapi.redaction import clean
from copytui.domain.orders import (
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

_ZERO: Final = Decimal(0)
_LARGEST: Final = 10**12
_LARGEST_ID: Final = 10**30
_LARGEST_EXACT: Final = 2**53
_NUMBER = re.compile(r"[+-]?(?:[0-9]{1,15}(?:\.[0-9]{0,15})?|\.[0-9]{1,15})(?:[eE][+-]?[0-9]{1,2})?")
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
    """A row cannot be read in one way only; the text says which field, in one sentence."""


def parse_order(row: object) -> BookOrder:
    """Return the order that `row` describes; raises RowError and nothing else."""
    if not isinstance(row, Mapping):
        raise RowError("the row is not an object")
    order_id, unique_id = _identifier(row, "orderid"), _identifier(row, "uniqueorderid")
    if not order_id and not unique_id:
        raise RowError("it has neither orderid nor uniqueorderid")
    symbol = _text(row, "tradingsymbol", 64)
    if not symbol:
        raise RowError("tradingsymbol is empty")
    quantity, filled = _quantity(row, "quantity"), _quantity(row, "filledshares")
    if quantity is None:
        raise RowError("quantity is empty")
    status = _text(row, "orderstatus", 60) or _text(row, "status", 60)
    order_status = _stage(row, quantity, filled)
    if filled is None:
        filled = quantity if order_status is OrderStatus.COMPLETE else 0
    if filled > quantity:
        raise RowError(f"filledshares {filled} is more than quantity {quantity}")
    exchange = _choice(row, "exchange", Exchange)
    return BookOrder(
        key=OrderKey(unique_id or order_id),
        order_id=OrderId(order_id),
        exchange=exchange,
        symbol=symbol,
        token=_identifier(row, "symboltoken") or None,
        side=_choice(row, "transactiontype", Side),
        order_type=_choice(row, "ordertype", OrderType),
        product=_choice(row, "producttype", Product),
        variety=_choice(row, "variety", Variety, Variety.NORMAL),
        duration=_choice(row, "duration", Duration, Duration.DAY),
        quantity=quantity,
        filled=filled,
        # Shares trade by the piece; how large a derivative's lot is must not be guessed.
        lot_size=_quantity(row, "lotsize") or (1 if exchange in (Exchange.NSE, Exchange.BSE) else 0),
        price=_price(row, "price"),
        trigger_price=_price(row, "triggerprice"),
        average_price=_price(row, "averageprice"),
        order_status=order_status,
        status=status,
        text=_text(row, "text"),
        tag=_identifier(row, "ordertag"),
        parent_id=_identifier(row, "parentorderid"),
        instrument_type=_text(row, "instrumenttype", 32),
        updated_at=_latest(row),
    )


def decimal(value: object) -> Decimal | None:
    """Return a number written as text, int or float; None for an empty one; raises RowError for anything else."""
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        raise RowError(f"{value} is not a number")
    if isinstance(value, (int, float)):
        if not abs(value) <= _LARGEST:  # a NaN compares false with everything
            raise RowError("a number is too large or is none")
        return Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
    if isinstance(value, Decimal):
        value = str(value)
    if not isinstance(value, str):
        raise RowError("a number is neither text nor number")
    text = value.strip()
    if not text or text.lower() == "null":
        return None
    if not _NUMBER.fullmatch(text):
        raise RowError(f"{clean(text, 30)!r} is not a number")
    number = Decimal(text)
    if not abs(number) <= _LARGEST:
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


def _text(row: Mapping[str, object], field: str, longest: int = 300) -> str:
    value = row.get(field)
    if value is None:
        return ""
    if isinstance(value, str):
        return clean(value, longest)
    if isinstance(value, float) or (isinstance(value, int) and abs(value) < _LARGEST_ID):
        return str(value)
    raise RowError(f"{field} is not text")


def _identifier(row: Mapping[str, object], field: str) -> str:
    """Return an id as text; a whole number counts, nothing else that is no text does."""
    value = row.get(field)
    if value is None:
        return ""
    if isinstance(value, str):
        text = clean(value, 100)
        return "" if text.lower() == "null" else text
    if isinstance(value, float) and 0 <= value <= _LARGEST_EXACT and value.is_integer():
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < _LARGEST_ID:
        return str(value)
    raise RowError(f"{field} is neither text nor a whole number")


def _choice(row: Mapping[str, object], field: str, kind: type[E], default: E | None = None) -> E:
    word = _text(row, field, 40)
    if not word and default is not None:
        return default
    upper = word.upper().replace(" ", "_").replace("-", "_")
    try:
        return kind(_SYNONYMS.get(upper, upper))
    except ValueError:
        found = f"{word!r} is unknown" if word else "is empty"
        raise RowError(f"{field} {found}") from None


def _stage(row: Mapping[str, object], quantity: int, filled: int | None) -> OrderStatus:
    """`orderstatus` decides where it and `status` differ, but what is filled whole is complete by either word."""
    words = [word for field in ("orderstatus", "status") if (word := _text(row, field, 60).lower())]
    stages = [_FINAL_WORDS.get(word, OrderStatus.WORKING) for word in words] or [OrderStatus.WORKING]
    if OrderStatus.COMPLETE in stages and quantity and filled == quantity:
        return OrderStatus.COMPLETE
    return stages[0]


def _latest(row: Mapping[str, object]) -> datetime | None:
    moments = [
        moment
        for field in ("exchorderupdatetime", "updatetime", "exchtime")
        if isinstance(value := row.get(field), str) and (moment := parse_time(value)) is not None
    ]
    return max(moments) if moments else None


@lru_cache(maxsize=4096)
def parse_time(text: str) -> datetime | None:
    """Return the moment that `DD-Mon-YYYY HH:MM:SS` names in IST; None where it is written otherwise."""
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
