"""One order: its form, its state and its rows in the API's answers. Prices are whole paise inside, rupees outside."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any

from copytui.sim.instruments import Instrument
from copytui.sim.scheduler import stamp


class RefusedError(Exception):
    """The broker refuses a request; its answer carries `code` and `text`."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = text


class Side(StrEnum):
    """Buy or sell."""

    BUY = "BUY"
    SELL = "SELL"

    @property
    def sign(self) -> int:
        """+1 for a buy, -1 for a sell."""
        return 1 if self is Side.BUY else -1


class OrderType(StrEnum):
    """How an order is priced."""

    MARKET = "MARKET"
    LIMIT = "LIMIT"
    STOP_LIMIT = "STOPLOSS_LIMIT"
    STOP_MARKET = "STOPLOSS_MARKET"

    @property
    def is_stop(self) -> bool:
        """Whether the order waits for its trigger price."""
        return self in (OrderType.STOP_LIMIT, OrderType.STOP_MARKET)

    @property
    def has_limit(self) -> bool:
        """Whether the order has a limit price."""
        return self in (OrderType.LIMIT, OrderType.STOP_LIMIT)


class Status(StrEnum):
    """The state of an order, in the broker's words."""

    OPEN_PENDING = "open pending"
    OPEN = "open"
    TRIGGER_PENDING = "trigger pending"
    CANCEL_PENDING = "cancel pending"
    COMPLETE = "complete"
    CANCELLED = "cancelled"
    REJECTED = "rejected"

    @property
    def final(self) -> bool:
        """Whether the order can no longer change."""
        return self in (Status.COMPLETE, Status.CANCELLED, Status.REJECTED)


@dataclass(frozen=True, slots=True)
class OrderForm:
    """The request for an order; prices in paise, 0 for none."""

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
    """An accepted order. The market never fills a `held` order; it is filled manually.

    `revision` counts modifications: fills planned for an earlier revision are void. `note`, the outcome of the last
    request to modify or cancel the order, takes the place of the status in the row's `status`.
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
        """The unfilled quantity of a working order; 0 once it is final."""
        return 0 if self.status.final else self.form.quantity - self.filled

    def limit_allows(self, price: int) -> bool:
        """Whether the order may trade at `price`."""
        form = self.form
        if not form.order_type.has_limit:
            return True
        return price <= form.price if form.side is Side.BUY else price >= form.price

    def triggered_by(self, price: int) -> bool:
        """Whether `price` triggers this stop order."""
        form = self.form
        return price >= form.trigger if form.side is Side.BUY else price <= form.trigger

    def price_inside_limit(self, price: int) -> int:
        """Return `price`, or the limit if `price` is beyond it."""
        return price if self.limit_allows(price) else self.form.price


@dataclass(frozen=True, slots=True)
class Placement:
    """An accepted order, as it was requested, with the time of acceptance."""

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


def paise(value: object) -> int:
    """Convert rupees (str, int, float or Decimal) to paise; raises ValueError for anything else."""
    if value is None or value == "":
        return 0
    try:
        amount = Decimal(str(value)) * 100
        whole = int(amount)
    except (InvalidOperation, ValueError, OverflowError) as problem:
        raise ValueError(f"{value!r} is not an amount") from problem
    if whole != amount:
        raise ValueError(f"{value!r} is finer than a paisa")
    return whole


def rupees(amount: float) -> float:
    """Convert paise to rupees, as the float in the broker's JSON."""
    return round(amount / 100, 2)


def rupee_text(amount: float) -> str:
    """Convert paise to rupees, as the string in positions and funds."""
    return f"{amount / 100:.2f}"


_PRICES = ("price", "triggerprice", "averageprice", "squareoff", "stoploss", "trailingstoploss")
_QUANTITIES = ("quantity", "disclosedquantity", "lotsize", "cancelsize", "filledshares", "unfilledshares")
_SWAPPED_EVERY = 7


def order_row(order: Order) -> dict[str, Any]:
    """Return the order book row: float prices and string quantities, swapped in every seventh row."""
    form, instrument = order.form, order.form.instrument
    average = order.value / order.filled if order.filled else 0.0
    row: dict[str, Any] = {
        "variety": form.variety,
        "ordertype": form.order_type.value,
        "producttype": form.product,
        "duration": form.duration,
        "price": rupees(form.price),
        "triggerprice": rupees(form.trigger),
        "quantity": str(form.quantity),
        "disclosedquantity": str(form.disclosed),
        "squareoff": 0.0,
        "stoploss": 0.0,
        "trailingstoploss": 0.0,
        "tradingsymbol": instrument.symbol,
        "transactiontype": form.side.value,
        "exchange": instrument.exchange,
        "symboltoken": instrument.token,
        "ordertag": form.tag,
        "instrumenttype": instrument.kind,
        "strikeprice": float(instrument.strike) if instrument.is_option else -1.0,
        "optiontype": instrument.option,
        "expirydate": instrument.expiry,
        "lotsize": str(instrument.lot),
        "cancelsize": str(order.cancelled),
        "averageprice": rupees(average),
        "filledshares": str(order.filled),
        "unfilledshares": str(form.quantity - order.filled - order.cancelled),
        "orderid": order.orderid,
        "text": order.text,
        "status": order.note or order.status.value,
        "orderstatus": order.status.value,
        "updatetime": stamp(order.updated),
        "exchtime": stamp(order.exchange_time),
        "exchorderupdatetime": stamp(order.updated if order.exchange_time else None),
        "fillid": "",
        "filltime": "",
        "parentorderid": "",
        "uniqueorderid": order.uniqueorderid,
        "exchangeorderid": order.exchange_orderid,
    }
    if order.number % _SWAPPED_EVERY == _SWAPPED_EVERY - 1:
        row |= {name: str(row[name]) for name in _PRICES}
        row |= {name: int(row[name]) for name in _QUANTITIES}
    return row


def trade_row(order: Order, fill: Fill) -> dict[str, Any]:
    """Return a fill's row in the trade book: strings only, without token and tag."""
    form, instrument = order.form, order.form.instrument
    return {
        "exchange": instrument.exchange,
        "producttype": form.product,
        "tradingsymbol": instrument.symbol,
        "instrumenttype": instrument.kind,
        "symbolgroup": "" if instrument.is_option else "EQ",
        "strikeprice": f"{instrument.strike}.0" if instrument.is_option else "-1",
        "optiontype": instrument.option,
        "expirydate": instrument.expiry,
        "marketlot": str(instrument.lot),
        "precision": "2",
        "multiplier": "1",
        "tradevalue": rupee_text(fill.price * fill.quantity),
        "transactiontype": form.side.value,
        "fillprice": rupee_text(fill.price),
        "fillsize": str(fill.quantity),
        "orderid": order.orderid,
        "fillid": fill.fill_id,
        "filltime": stamp(fill.at)[-8:],
    }
