"""Names of the flags and day values that survive a restart, in the journal's tables `flags` and `account_days`.

A pause and a disabled follower survive a restart on the same day: the value is the day. A halt lasts until it is
released: the value is the reason. A dismissed orphaned position has its quantity as the value, a
contract its expiry.
"""

from __future__ import annotations

from copytui.domain.orders import ClientId, Exchange, Product
from copytui.domain.positions import PositionKey

HALTED = "halted"
PAUSED = "paused"
ORPHANED = "orphaned:"


def disabled(follower: ClientId) -> str:
    """Return the flag of a follower that the user disabled."""
    return f"out:{follower}"


def orphaned(follower: ClientId, key: PositionKey) -> str:
    """Return the flag of an orphaned position that was dismissed."""
    return f"{ORPHANED}{follower}:{key.exchange}:{key.symbol}:{key.product}"


BEFORE = "before:"
"""For the master's day, followed by a position's name: the signed units that he held before copytui watched."""


def before(key: PositionKey) -> str:
    """Return the name of the value that holds the master's pre-existing position."""
    return f"{BEFORE}{key.exchange}:{key.symbol}:{key.product}"


def position_before(name: str) -> PositionKey:
    """Parse a name made by `before`; raises ValueError for another name."""
    exchange, rest = name.removeprefix(BEFORE).split(":", 1)
    symbol, product = rest.rsplit(":", 1)
    return PositionKey(Exchange(exchange), symbol, Product(product))


EXPIRY = "expiry:"
"""Followed by a contract's exchange and symbol: the day on which it expires, by a row or the instrument list."""


def expiry(exchange: Exchange, symbol: str) -> str:
    """Return the flag of a contract's expiry, whose value is the day."""
    return f"{EXPIRY}{exchange}:{symbol}"


def contract_of(name: str) -> tuple[Exchange, str]:
    """Parse a name made by `expiry`; raises ValueError for another name."""
    exchange, symbol = name.removeprefix(EXPIRY).split(":", 1)
    return Exchange(exchange), symbol


FUNDS = "funds"
"""For an account's day: the first figure of its available funds, in rupees."""

CLOSE_ONLY = "close_only"
"""For an account's day: why it is close only."""

LOSS_ALLOWED = "loss_allowed"
"""For an account's day: the loss in rupees at which it becomes close only again after the user released it."""
