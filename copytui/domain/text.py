"""Text: orders and copies in one line, foreign text made safe, times and days."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from copytui.domain.copies import ChildOrder
from copytui.domain.day import IST as IST  # noqa: PLC0414  # exported from here too
from copytui.domain.day import trading_day as trading_day  # noqa: PLC0414  # the same
from copytui.domain.executions import Execution
from copytui.domain.orders import OrderToSend, OrderType

_LONGEST = 300


def money(amount: Decimal) -> str:
    """Format rupees with two decimals, or more where the price has them."""
    shortest = amount.normalize()
    exponent = shortest.as_tuple().exponent
    return f"{amount:.2f}" if not isinstance(exponent, int) or exponent >= -2 else f"{shortest:f}"


def execution_words(execution: Execution) -> str:
    """Describe an execution: side, quantity, symbol, price."""
    order = execution.order
    return f"{order.side} {execution.quantity} {order.symbol} @ {money(execution.price)}"


def order_words(order: OrderToSend) -> str:
    """Describe an order: side, quantity, symbol, type and price."""
    price = "at market" if order.order_type is OrderType.MARKET else f"limit {money(order.price)}"
    return f"{order.side} {order.quantity} {order.symbol} {price}"


def fill_words(copy: ChildOrder) -> str:
    """Describe how much of a copy is filled, and at what price."""
    return f"{copy.filled}/{copy.order.quantity} @ {money(copy.average_price)}"


def clean(text: str) -> str:
    """Make foreign text safe for one line: no control characters, no line breaks, at most 300 characters."""
    printable = text if text.isprintable() else "".join(char if char.isprintable() else " " for char in text)
    line = " ".join(printable.split())
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…"


def stamp(moment: datetime) -> str:
    """Format `moment` as in the logs: ISO 8601, milliseconds, IST offset."""
    return moment.astimezone(IST).isoformat(timespec="milliseconds")


def clock_text(moment: datetime) -> str:
    """Format the IST time of day, `HH:MM:SS`."""
    return moment.astimezone(IST).strftime("%H:%M:%S")
