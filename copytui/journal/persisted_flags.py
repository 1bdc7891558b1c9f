"""Names of the flags and day values that survive a restart, in the journal's tables `flags` and `account_days`.

A pause and a disabled follower survive a restart on the same day: the value is the day. A halt lasts until it is
released: the value is the reason. A dismissed orphaned position has its quantity as the value, one that is out of step
its figures, a contract its expiry.
"""

from __future__ import annotations

from datetime import date, datetime

from copytui.domain.drift import Detachment, HeldUnits
from copytui.domain.orders import ClientId, Exchange, Product
from copytui.domain.positions import PositionKey, position_id, read_position_id
from copytui.domain.unreadable import UnreadableOrder
from copytui.journal.codec import decode, encode

HALTED = "halted"
PAUSED = "paused"
CLOCKS = "clocks"
"""What the broker and our own clock say of the date, while they disagree."""
ORPHANED = "orphaned:"


def disabled(follower: ClientId) -> str:
    """Return the flag of a follower that the user disabled."""
    return f"out:{follower}"


def orphaned(follower: ClientId, key: PositionKey) -> str:
    """Return the flag of an orphaned position that was dismissed."""
    return f"{ORPHANED}{follower}:{key.exchange}:{key.symbol}:{key.product}"


BEFORE = "before:"
"""For the master's day, followed by a position's name: the signed units that he held before copytui watched."""

BEFORE_TROUBLE = "before_trouble"
"""For the master's day: why the values of `BEFORE` are not all; '' when they are."""


def before(key: PositionKey) -> str:
    """Return the name of the value that holds the master's pre-existing position."""
    return f"{BEFORE}{key.exchange}:{key.symbol}:{key.product}"


def position_before(name: str) -> PositionKey:
    """Parse a name made by `before`; raises ValueError for another name."""
    return _position(name.removeprefix(BEFORE))


HELD = "held:"
"""For an account's day, followed by a position's name: the units that it held, and when the figure was read."""


def held(key: PositionKey) -> str:
    """Return the name of the value that holds what the broker says of a position."""
    return f"{HELD}{key.exchange}:{key.symbol}:{key.product}"


def position_held(name: str) -> PositionKey:
    """Parse a name made by `held`; raises ValueError for another name."""
    return _position(name.removeprefix(HELD))


def held_text(figure: HeldUnits) -> str:
    """Return a held figure as the value of a name made by `held`."""
    return f"{figure.units} {figure.at.isoformat()}"


def held_from(text: str) -> HeldUnits:
    """Parse the output of `held_text`; raises ValueError."""
    units, at = text.split(" ", 1)
    return HeldUnits(int(units), datetime.fromisoformat(at))


DETACHED = "detached:"
OUT_OF_STEP = "out_of_step:"


def detached(follower: ClientId, key: PositionKey) -> str:
    """Return the flag of a position that was given to its owner; it stays, so that its orders never count again."""
    return f"{DETACHED}{position_id(follower, key)}"


def detachment_text(gone: Detachment) -> str:
    """Return a detachment as the value of a flag made by `detached`."""
    return f"{gone.units} {gone.execution} {gone.order} {gone.day.isoformat()} {gone.at.isoformat()}"


def detachment_from(text: str) -> Detachment:
    """Parse the output of `detachment_text`; raises ValueError."""
    units, execution, order, day, at = text.split(" ", 4)
    moment = datetime.fromisoformat(at)
    return Detachment(int(units), date.fromisoformat(day), moment, int(execution), int(order))


def out_of_step(follower: ClientId, key: PositionKey) -> str:
    """Return the flag of a position out of step that was dismissed; its value is what `ComparedPosition.mark` gives."""
    return f"{OUT_OF_STEP}{position_id(follower, key)}"


def ref_of(name: str) -> tuple[ClientId, PositionKey]:
    """Parse a name made by `detached` or `out_of_step`; raises ValueError for another name."""
    return read_position_id(name.split(":", 1)[1])


def _position(text: str) -> PositionKey:
    exchange, rest = text.split(":", 1)
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


UNREADABLE = "unreadable:"
"""Followed by an order's id: an order that could not be read, and whether the user has dismissed it."""


def unreadable(order_id: str) -> str:
    """Return the flag of an order that could not be read."""
    return f"{UNREADABLE}{order_id}"


def unreadable_text(found: UnreadableOrder) -> str:
    """Return an unreadable order as the value of its flag."""
    return encode(found)


def unreadable_from(text: str) -> UnreadableOrder:
    """Parse the output of `unreadable_text`; raises ValueError, TypeError or KeyError."""
    return decode(UnreadableOrder, text)


FUNDS = "funds"
"""For an account's day: the first figure of its available funds, in rupees."""

CLOSE_ONLY = "close_only"
"""For an account's day: why it is close only."""

LOSS_ALLOWED = "loss_allowed"
"""For an account's day: the loss in rupees at which it becomes close only again after the user released it."""
