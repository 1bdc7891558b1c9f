"""How orders and copies are said in one line; foreign text is never interpreted, only cut."""

from __future__ import annotations

from decimal import Decimal

from copytui.domain.copies import Copy
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


def fill_words(copy: Copy) -> str:
    """Say how much of a copy is filled, and at what price."""
    return f"{copy.filled}/{copy.order.quantity} @ {money(copy.average_price)}"


def clean(text: str) -> str:
    """Make foreign text fit for one line: no control characters, no line ends, not endless."""
    printable = text if text.isprintable() else "".join(char if char.isprintable() else " " for char in text)
    line = " ".join(printable.split())
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…"
