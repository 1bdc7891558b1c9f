"""Positions that copying has built, and how a follower gets out of them.

A position is named by exchange, symbol and product. The part of an execution that reduces the master's position
reduces a follower's in the same proportion; the rest opens a new one. What the master held before copytui watched him
is unknown, and trades in it are copied as they are.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import NamedTuple

from copytui.domain.orders import BookOrder, ClientId, Exchange, OrderToSend, Product, Side


class PositionKey(NamedTuple):
    """The name of a position within an account."""

    exchange: Exchange
    symbol: str
    product: Product

    @property
    def ends_with_the_day(self) -> bool:
        """Whether the broker squares off such a position before the day ends."""
        return self.product is Product.INTRADAY


def position_id(account: ClientId, key: PositionKey) -> str:
    """Return the name of an account's position on the attention list and in the journal."""
    return f"{account}:{key.exchange}:{key.symbol}:{key.product}"


def read_position_id(text: str) -> tuple[ClientId, PositionKey]:
    """Parse the output of `position_id`; raises ValueError."""
    account, exchange, rest = text.strip().split(":", 2)
    symbol, product = rest.rsplit(":", 1)
    return ClientId(account), PositionKey(Exchange(exchange.upper()), symbol, Product(product.upper()))


def position_key(order: BookOrder | OrderToSend) -> PositionKey:
    """Return the position that an order changes; bracket order legs are intraday trades."""
    product = Product.INTRADAY if order.product is Product.BO else order.product
    return PositionKey(order.exchange, order.symbol, product)


def is_over(key: PositionKey, day: date, expiry: date | None, *, of_today: bool = False) -> bool:
    """Tell whether a position built on an earlier day, or `of_today`, is gone: squared off or expired.

    `expiry` is what a row or the instrument list says; None is unknown, and such a position is never over. The symbol's
    text does not count: to forget a position that still exists would turn its exit into a new, naked position.
    """
    return (key.ends_with_the_day and not of_today) or (expiry is not None and expiry < day)


def still_wanted(planned: int, left: Fraction, lot: int) -> int:
    """Return how much of a planned entry is still wanted, in whole lots, when the master holds only the part `left`."""
    return planned if left >= 1 else int(planned * left / max(lot, 1)) * max(lot, 1)


def net_of(orders: Iterable[BookOrder]) -> dict[PositionKey, int]:
    """Return the net filled units of an order book by position, below 0 when short; for intraday, that is all."""
    net: dict[PositionKey, int] = {}
    for order in orders:
        if order.filled:
            key = position_key(order)
            net[key] = net.get(key, 0) + signed(order.side, order.filled)
    return net


@dataclass(frozen=True, slots=True)
class Position:
    """What an account holds of one position: `quantity` units, below 0 when short.

    `rounding_carry` units (a fraction of a lot) of a follower's position should have been closed already but were not,
    because exits are rounded down to whole lots; the next exit includes them.
    """

    quantity: int = 0
    rounding_carry: Fraction = Fraction(0)

    def changed(self, units: int) -> Position:
        """Return the position after `units` more (below 0: sold); a flat one has no rounding carry."""
        after = self.quantity + units
        return Position(after, self.rounding_carry if after else Fraction(0))


NOTHING = Position()


@dataclass(frozen=True, slots=True)
class ExitFraction:
    """The part of the master's position that an execution closed: `closing` of `held` units, both above 0."""

    closing: int
    held: int

    @property
    def is_whole(self) -> bool:
        """Whether the master is flat after it."""
        return self.closing >= self.held


def signed(side: Side, quantity: int) -> int:
    """Return how an order of `quantity` units changes a position."""
    return quantity if side is Side.BUY else -quantity


def closing_share(master_held: int, side: Side, quantity: int) -> ExitFraction | None:
    """Return the share of the master's position (`master_held`, below 0 when short) that an execution closes.

    None when it closes nothing: it adds to the position, or no position is known.
    """
    against = -signed(side, 1) * master_held
    return ExitFraction(min(against, quantity), against) if against > 0 else None


def closable(held: int, side: Side) -> int:
    """Return how many units of a position (`held`, below 0 when short) an order of `side` could close."""
    return max(-signed(side, 1) * held, 0)


def exit_quantity(
    available: int, rounding_carry: Fraction, share: ExitFraction, lot: int
) -> tuple[int, Fraction] | None:
    """Return the units that close `share` of `available`, in whole lots, and the rounding carry after them.

    A whole exit leaves nothing behind. `lot` is 0 where it is unknown: a part of a position then returns None, because
    it cannot be rounded to whole lots.
    """
    if share.is_whole:
        return available, Fraction(0)
    if lot <= 0:
        return None
    part = Fraction(share.closing, share.held)
    rounding_carry = min(rounding_carry, Fraction(available))
    wanted = rounding_carry + (available - rounding_carry) * part
    quantity = int(wanted / lot) * lot
    return quantity, wanted - quantity
