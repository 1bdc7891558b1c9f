"""One order: what was asked for, and what has become of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from copytui.sim.instruments import Instrument


class Side(StrEnum):
    """Who gets the shares."""

    BUY = "BUY"
    SELL = "SELL"

    @property
    def sign(self) -> int:
        """+1 for what adds to a position, -1 for what takes from it."""
        return 1 if self is Side.BUY else -1


class OrderType(StrEnum):
    """How an order is priced."""

    MARKET = "MARKET"
    LIMIT = "LIMIT"
    STOP_LIMIT = "STOPLOSS_LIMIT"
    STOP_MARKET = "STOPLOSS_MARKET"

    @property
    def is_stop(self) -> bool:
        """Whether the order sleeps until its trigger price is seen."""
        return self in (OrderType.STOP_LIMIT, OrderType.STOP_MARKET)

    @property
    def has_limit(self) -> bool:
        """Whether the order has a price that it must not trade beyond."""
        return self in (OrderType.LIMIT, OrderType.STOP_LIMIT)


class Status(StrEnum):
    """Where an order stands, in the broker's words."""

    OPEN_PENDING = "open pending"
    OPEN = "open"
    TRIGGER_PENDING = "trigger pending"
    CANCEL_PENDING = "cancel pending"
    COMPLETE = "complete"
    CANCELLED = "cancelled"
    REJECTED = "rejected"

    @property
    def final(self) -> bool:
        """Whether nothing happens any more."""
        return self in (Status.COMPLETE, Status.CANCELLED, Status.REJECTED)


@dataclass(frozen=True, slots=True)
class OrderForm:
    """What an account asks for; prices in paise, 0 where there is none."""

    instrument: Instrument
    side: Side
    quantity: int
    order_type: OrderType = OrderType.MARKET
    price: int = 0
    trigger: int = 0
    product: str = "INTRADAY"
    variety: str = "NORMAL"
    duration: str = "DAY"
    disclosed: int = 0
    tag: str = ""


@dataclass(frozen=True, slots=True)
class Fill:
    """One trade of an order."""

    fill_id: str
    quantity: int
    price: int
    at: datetime


@dataclass(slots=True)
class Order:
    """An accepted order. `held`: the market leaves it alone, somebody fills it by hand.

    `revision` counts the modifications: fills planned for an earlier one are void. `note` stands in the row's
    `status` in place of the status itself: what came of the last wish to change or cancel the order.
    """

    client_id: str
    number: int
    orderid: str
    uniqueorderid: str
    form: OrderForm
    accepted: datetime
    updated: datetime
    held: bool = False
    status: Status = Status.OPEN_PENDING
    note: str = ""
    revision: int = 0
    text: str = ""
    exchange_orderid: str = ""
    exchange_time: datetime | None = None
    fills: list[Fill] = field(default_factory=list)
    filled: int = 0
    value: int = 0
    cancelled: int = 0

    @property
    def rest(self) -> int:
        """What is still to be filled."""
        return 0 if self.status.final else self.form.quantity - self.filled

    def limit_allows(self, price: int) -> bool:
        """Whether the order may trade at `price`."""
        form = self.form
        if not form.order_type.has_limit:
            return True
        return price <= form.price if form.side is Side.BUY else price >= form.price

    def triggered_by(self, price: int) -> bool:
        """Whether `price` wakes this stop order."""
        form = self.form
        return price >= form.trigger if form.side is Side.BUY else price <= form.trigger

    def price_inside_limit(self, price: int) -> int:
        """`price`, or the limit where that would be beyond it."""
        return price if self.limit_allows(price) else self.form.price


@dataclass(frozen=True, slots=True)
class Placement:
    """An order that the exchange accepted, as it was asked for, and when."""

    client_id: str
    orderid: str
    uniqueorderid: str
    tag: str
    symbol: str
    exchange: str
    side: str
    quantity: int
    order_type: str
    product: str
    variety: str
    price: float
    trigger_price: float
    monotonic: float
    utc: datetime
