"""Orders as typed values: rows of an order book, orders to send, and freeze quantities.

Order book rows are parsed once, in `copytui.broker.smartapi.parsing`; inside the program a row is always a
`BookOrder`. The fields follow SmartAPI's order book (quantities in units, prices in rupees).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import NewType

from copytui.domain.contracts import Contract, Right, right_of, strike_words, underlying_of

OrderKey = NewType("OrderKey", str)
"""Identifies a master order for the whole day: its `uniqueorderid`, or its `orderid` where that is empty."""

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
    """The broker's `variety`; AMO appears in order books only, copytui never sends it."""

    NORMAL = "NORMAL"
    STOPLOSS = "STOPLOSS"
    ROBO = "ROBO"
    AMO = "AMO"


class Duration(StrEnum):
    """The broker's `duration`."""

    DAY = "DAY"
    IOC = "IOC"


class Exchange(StrEnum):
    """The exchange segments of an order."""

    NSE = "NSE"
    BSE = "BSE"
    NFO = "NFO"
    BFO = "BFO"
    MCX = "MCX"
    CDS = "CDS"
    NCDEX = "NCDEX"
    NCO = "NCO"


CASH = frozenset({Exchange.NSE, Exchange.BSE})
"""The segments of shares: all others trade contracts."""


class OrderStatus(StrEnum):
    """The meaning of the broker's status word. An unknown word is WORKING, never final."""

    WORKING = "working"
    COMPLETE = "complete"
    CANCELLED = "cancelled"
    REJECTED = "rejected"

    @property
    def is_final(self) -> bool:
        """Whether the broker will not fill any more of the order."""
        return self is not OrderStatus.WORKING


_OPTIONS = frozenset({Right.CE, Right.PE})


@dataclass(frozen=True, slots=True)
class BookOrder:
    """An order as an account's order book shows it at one moment.

    `filled` is what has executed so far, in units; `average_price` is 0 until something has. `lot_size` is 0, and
    `token` None, where the broker omits them. `updated_at` is the latest of the row's times (exchange update, update,
    exchange), None when all are empty. `status` is the broker's own word. `contract` is what the row and the instrument
    list say of a derivative, None for a share and where nothing is known; its expiry is never read from the text.
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
    order_status: OrderStatus
    status: str
    text: str
    tag: str
    parent_id: str
    instrument_type: str
    updated_at: datetime | None
    contract: Contract | None = None

    @property
    def is_option(self) -> bool:
        """Whether the order is for an option contract."""
        if self.contract is None and self.instrument_type.upper().startswith(("OPT", "FUT")):
            return self.instrument_type.upper().startswith("OPT")
        return right_of(self.exchange, self.symbol, self.contract) in _OPTIONS

    @property
    def underlying(self) -> str | None:
        """The underlying of a derivative, in upper case; None for a share, and where it is not clear."""
        return underlying_of(self.exchange, self.symbol, self.contract)

    @property
    def strike_words(self) -> str:
        """The strike and right with which an option's symbol ends (`85000CE`), else ''."""
        return strike_words(self.exchange, self.symbol, self.contract)


@dataclass(frozen=True, slots=True)
class OrderToSend:
    """The input to `placeOrder` for one follower; `price` is 0 for MARKET. Always variety NORMAL, duration DAY.

    `contract` is the master row's; it is not sent.
    """

    exchange: Exchange
    symbol: str
    token: str
    side: Side
    order_type: OrderType
    product: Product
    quantity: int
    price: Decimal
    tag: Tag
    contract: Contract | None = None

    @property
    def is_option(self) -> bool:
        """Whether the order is for an option contract."""
        return right_of(self.exchange, self.symbol, self.contract) in _OPTIONS

    @property
    def underlying(self) -> str | None:
        """The underlying of a derivative, in upper case; None for a share, and where it is not clear."""
        return underlying_of(self.exchange, self.symbol, self.contract)


AS_OF = date(2026, 2, 1)
"""The day on which the exchange circulars behind `QUANTITIES` took effect."""

QUANTITIES: Mapping[str, int] = {
    "NIFTY": 1800,
    "BANKNIFTY": 600,
    "FINNIFTY": 1800,
    "MIDCPNIFTY": 2800,
    "NIFTYNXT50": 600,
    "SENSEX": 1000,
    "BANKEX": 900,
}
"""Freeze quantities in units per order, by underlying: NSE's index derivatives, then BSE's."""

_DERIVATIVES = frozenset({Exchange.NFO, Exchange.BFO, Exchange.CDS, Exchange.MCX})


def largest_order(underlying: str | None, exchange: Exchange, lot: int, table: Mapping[str, int]) -> int | None:
    """Return the most units that one order of a derivative may have, in whole lots of `lot`; None where unknown.

    `table` is by underlying; 0 means no limit.
    """
    if exchange not in _DERIVATIVES:
        return None
    freeze = table.get(underlying or "", 0)
    if not freeze:
        return None
    return max(freeze // lot * lot, lot) if lot > 0 else freeze


def slices(quantity: int, largest: int | None) -> tuple[int, ...]:
    """Split `quantity` into orders of at most `largest` units, the largest first."""
    if largest is None or quantity <= largest:
        return (quantity,)
    whole, rest = divmod(quantity, largest)
    return (largest,) * whole + ((rest,) if rest else ())
