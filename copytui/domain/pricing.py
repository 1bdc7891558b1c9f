"""Prices that the exchanges accept: ticks, circuits, and limits that protect a market order.

The protection slabs are those by which the exchanges protect market orders; the contract repeats
them under `protection_percent`. The tick rule stands in where no instrument list is at hand: it never
gives a price finer than the exchange's tick, at worst a coarser one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from copytui.domain.orders import Exchange, Side

_OPTION_SLABS = ((Decimal(10), Decimal(5)), (Decimal(100), Decimal(3)), (Decimal(500), Decimal(2)))
_OPTION_ABOVE = Decimal(1)
_OTHER_SLABS = ((Decimal(100), Decimal(2)), (Decimal(500), Decimal(1)))
_OTHER_ABOVE = Decimal("0.5")

# NSE's cash ticks by price since April 2025; below 250 the tick is 0.01, of which 0.05 is a multiple.
_CASH_TICKS = (
    (Decimal(1000), Decimal("0.05")),
    (Decimal(5000), Decimal("0.10")),
    (Decimal(10000), Decimal("0.50")),
    (Decimal(20000), Decimal(1)),
)
_CASH_TICK_ABOVE = Decimal(5)


@dataclass(frozen=True, slots=True)
class Bounds:
    """Where the exchange takes a symbol's prices, in rupees; None where that is not known.

    On multiples of `tick`, and between the day's circuits `lower` and `upper`, both inclusive.
    """

    tick: Decimal | None = None
    lower: Decimal | None = None
    upper: Decimal | None = None

    def holds(self, price: Decimal) -> bool:
        """Whether `price` lies between the circuits, as far as they are known."""
        return (self.lower is None or self.lower <= price) and (self.upper is None or price <= self.upper)

    def believed(self, traded_at: Decimal) -> Bounds:
        """Return the bounds, without circuits that a trade contradicts: exchanges move them within a day."""
        return self if self.holds(traded_at) else replace(self, lower=None, upper=None)


NO_BOUNDS = Bounds()


def protection_percent(price: Decimal, *, is_option: bool) -> Decimal:
    """Return how many percent a market order at `price` rupees may be worse than it."""
    slabs, above = (_OPTION_SLABS, _OPTION_ABOVE) if is_option else (_OTHER_SLABS, _OTHER_ABOVE)
    return next((percent for limit, percent in slabs if price < limit), above)


def tick_size(exchange: Exchange, price: Decimal, *, is_option: bool) -> Decimal:
    """Return a tick in rupees that is safe for `price` without an instrument list."""
    if exchange is Exchange.CDS:
        return Decimal("0.0025")
    if exchange in (Exchange.MCX, Exchange.NCDEX, Exchange.NCO):
        return Decimal(1) if price >= 1000 and not is_option else Decimal("0.10")
    if is_option:
        return Decimal("0.05")
    return next((tick for limit, tick in _CASH_TICKS if price <= limit), _CASH_TICK_ABOVE)


def protected_limit(side: Side, reference: Decimal, percent: Decimal, tick: Decimal) -> Decimal:
    """Return the limit price that is at most `percent` worse than `reference`, on a tick inside that percentage.

    A buy is rounded down and a sell up, so the percentage is never passed; at least one tick.
    """
    share = percent / 100
    if side is Side.BUY:
        steps = (reference * (1 + share) / tick).to_integral_value(ROUND_FLOOR)
    else:
        steps = (reference * (1 - share) / tick).to_integral_value(ROUND_CEILING)
    return max(steps, Decimal(1)) * tick


def inside_circuits(side: Side, limit: Decimal, bounds: Bounds, tick: Decimal) -> Decimal:
    """Return `limit`, or the nearest tick inside the circuits where that is better for the account.

    A buy is only ever lowered and a sell raised. A limit that would have to get worse stays as it is: the
    exchange's refusal is safer than a price that nobody allowed.
    """
    if side is Side.BUY and bounds.upper is not None and limit > bounds.upper:
        return max((bounds.upper / tick).to_integral_value(ROUND_FLOOR), Decimal(1)) * tick
    if side is Side.SELL and bounds.lower is not None and limit < bounds.lower:
        return (bounds.lower / tick).to_integral_value(ROUND_CEILING) * tick
    return limit
