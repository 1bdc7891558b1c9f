"""How orders and copies are said in one line; foreign text is never interpreted, only cut."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from copytui.domain.copies import ChildOrder
from copytui.domain.executions import Execution
from copytui.domain.orders import OrderToSend, OrderType

_LONGEST = 300


def money(amount: Decimal) -> str:
    """Write rupees with two decimals, or more where the price has them."""
    shortest = amount.normalize()
    exponent = shortest.as_tuple().exponent
    return f"{amount:.2f}" if not isinstance(exponent, int) or exponent >= -2 else f"{shortest:f}"


def execution_words(execution: Execution) -> str:
    """Say an execution: side, quantity, symbol, price."""
    order = execution.order
    return f"{order.side} {execution.quantity} {order.symbol} @ {money(execution.price)}"


def order_words(order: OrderToSend) -> str:
    """Say what is sent: side, quantity, symbol, type and price."""
    price = "at market" if order.order_type is OrderType.MARKET else f"limit {money(order.price)}"
    return f"{order.side} {order.quantity} {order.symbol} {price}"


def fill_words(copy: ChildOrder) -> str:
    """Say how much of a copy is filled, and at what price."""
    return f"{copy.filled}/{copy.order.quantity} @ {money(copy.average_price)}"


def clean(text: str) -> str:
    """Make foreign text fit for one line: no control characters, no line ends, not endless."""
    printable = text if text.isprintable() else "".join(char if char.isprintable() else " " for char in text)
    line = " ".join(printable.split())
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…"


IST = ZoneInfo("Asia/Kolkata")


def trading_day(moment: datetime) -> date:
    """Return the IST calendar date of an aware `moment`; sessions and order books end with it."""
    return moment.astimezone(IST).date()


def stamp(moment: datetime) -> str:
    """Write `moment` as the contract's logs do: ISO 8601, milliseconds, IST offset."""
    return moment.astimezone(IST).isoformat(timespec="milliseconds")


def clock_text(moment: datetime) -> str:
    """Write the IST time of day, `HH:MM:SS`."""
    return moment.astimezone(IST).strftime("%H:%M:%S")
