"""The names of what the user switched and what must outlive the program, as the journal's `switches` has them.

A pause, and a follower taken out, hold over a restart of the same day: their value is the day. A halt holds until it
is released: its value says why. A stranded position that was dismissed has the quantity that it had then.
"""

from __future__ import annotations

from copytui.domain.orders import ClientId, Exchange, Product
from copytui.domain.positions import PositionKey

HALTED = "halted"
PAUSED = "paused"
ORPHANED = "orphaned:"


def disabled(follower: ClientId) -> str:
    """Name the switch of a follower that was taken out by hand."""
    return f"out:{follower}"


def orphaned(follower: ClientId, key: PositionKey) -> str:
    """Name the switch of a stranded position that was dismissed."""
    return f"{ORPHANED}{follower}:{key.exchange}:{key.symbol}:{key.product}"


BEFORE = "before:"
"""Of the master's day, followed by a position's name: the signed units that he had of it before copytui looked."""


def before(key: PositionKey) -> str:
    """Name what the master had of a position before the day's first look."""
    return f"{BEFORE}{key.exchange}:{key.symbol}:{key.product}"


def position_before(name: str) -> PositionKey:
    """Read what `before` wrote; raises ValueError for another name."""
    exchange, rest = name.removeprefix(BEFORE).split(":", 1)
    symbol, product = rest.rsplit(":", 1)
    return PositionKey(Exchange(exchange), symbol, Product(product))


FUNDS = "funds"
"""Of an account's day: what was available when its first figure was read, in rupees."""

CLOSE_ONLY = "close_only"
"""Of an account's day: why only exits go to it."""

LOSS_ALLOWED = "loss_allowed"
"""Of an account's day: the loss in rupees at which it becomes close only, once the user released it."""
