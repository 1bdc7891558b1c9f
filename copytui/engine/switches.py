"""The names of what the user switched and what must outlive the program, as the journal's `switches` has them.

A pause, and a follower taken out, hold over a restart of the same day: their value is the day. A halt holds until it
is released: its value says why. A stranded position that was dismissed has the quantity that it had then.
"""

from __future__ import annotations

from copytui.domain.orders import ClientId
from copytui.domain.positions import PositionKey

HALTED = "halted"
PAUSED = "paused"
STRANDED = "stranded:"


def out(follower: ClientId) -> str:
    """Name the switch of a follower that was taken out by hand."""
    return f"out:{follower}"


def stranded(follower: ClientId, key: PositionKey) -> str:
    """Name the switch of a stranded position that was dismissed."""
    return f"{STRANDED}{follower}:{key.exchange}:{key.symbol}:{key.product}"


FUNDS = "funds"
"""Of an account's day: what was available when its first figure was read, in rupees."""

CLOSE_ONLY = "close_only"
"""Of an account's day: why only exits go to it."""

LOSS_ALLOWED = "loss_allowed"
"""Of an account's day: the loss in rupees at which it becomes close only, once the user released it."""
