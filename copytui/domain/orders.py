"""One row of an account's order book, as a typed value.

Rows are parsed once, in `copytui.broker.smartapi.parsing`; inside the program an order is always a
`BookOrder`. Field meanings follow SmartAPI's order book (quantities in units, prices in rupees).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import NewType

OrderKey = NewType("OrderKey", str)
"""Names a master order for the whole day: its `uniqueorderid`, or its `orderid` where that is empty."""

OrderId = NewType("OrderId", str)
"""The broker's `orderid`; it can change when an order is modified."""

ClientId = NewType("ClientId", str)
"""An Angel One client code, upper case."""

Tag = NewType("Tag", str)
"""The `ordertag` of an order that copytui sent."""


class Side(StrEnum):
    """The broker's `transactiontype`."""

    BUY = "BUY"
    SELL = "SELL"


class OrderType(StrEnum):
    """The broker's `ordertype`."""

    MARKET = "MARKET"
    LIMIT = "LIMIT"
    STOPLOSS_LIMIT = "STOPLOSS_LIMIT"
    STOPLOSS_MARKET = "STOPLOSS_MARKET"


class Product(StrEnum):
    """The broker's `producttype`."""

    DELIVERY = "DELIVERY"
    CARRYFORWARD = "CARRYFORWARD"
    MARGIN = "MARGIN"
    INTRADAY = "INTRADAY"
    BO = "BO"


class Variety(StrEnum):
    """The broker's `variety`; AMO stands in books only, it cannot be sent any more."""

    NORMAL = "NORMAL"
    STOPLOSS = "STOPLOSS"
    ROBO = "ROBO"
    AMO = "AMO"


class Duration(StrEnum):
    """The broker's `duration`."""

    DAY = "DAY"
    IOC = "IOC"


class Exchange(StrEnum):
    """The segments that an order can be for."""

    NSE = "NSE"
    BSE = "BSE"
    NFO = "NFO"
    BFO = "BFO"
    MCX = "MCX"
    CDS = "CDS"
    NCDEX = "NCDEX"
    NCO = "NCO"


class Stage(StrEnum):
    """What a status word means for us. A word that we do not know is WORKING, never final."""

    WORKING = "working"
    COMPLETE = "complete"
    CANCELLED = "cancelled"
    REJECTED = "rejected"

    @property
    def is_final(self) -> bool:
        """Whether the broker will not fill any more of the order."""
        return self is not Stage.WORKING


def is_option_symbol(exchange: Exchange, symbol: str) -> bool:
    """Tell whether a symbol of a derivatives segment names an option contract."""
    return exchange not in (Exchange.NSE, Exchange.BSE) and symbol.upper().endswith(("CE", "PE"))


@dataclass(frozen=True, slots=True)
class BookOrder:
    """An order as an account's book shows it at one moment.

    `filled` is what has executed so far, in units; `average_price` is 0 until something has.
    `lot_size` is 0 where the broker left out that of a derivative. `updated_at` is the latest of the row's
    times (exchange update, update, exchange), None when all are empty. `token` is None where the broker left
    it out. `status` is the broker's own word.
    """

    key: OrderKey
    order_id: OrderId
    exchange: Exchange
    symbol: str
    token: str | None
    side: Side
    order_type: OrderType
    product: Product
    variety: Variety
    duration: Duration
    quantity: int
    filled: int
    lot_size: int
    price: Decimal
    trigger_price: Decimal
    average_price: Decimal
    stage: Stage
    status: str
    text: str
    tag: str
    parent_id: str
    instrument_type: str
    updated_at: datetime | None

    @property
    def is_option(self) -> bool:
        """Whether the order is for an option contract."""
        return self.instrument_type.upper().startswith("OPT") or is_option_symbol(self.exchange, self.symbol)


@dataclass(frozen=True, slots=True)
class OrderToSend:
    """What goes to `placeOrder` for one follower; `price` is 0 for MARKET. Always variety NORMAL, duration DAY."""

    exchange: Exchange
    symbol: str
    token: str
    side: Side
    order_type: OrderType
    product: Product
    quantity: int
    price: Decimal
    tag: Tag

    @property
    def is_option(self) -> bool:
        """Whether the order is for an option contract, told by its symbol."""
        return is_option_symbol(self.exchange, self.symbol)
