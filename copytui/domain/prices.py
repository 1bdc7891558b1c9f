"""Prices that the exchanges accept: ticks, and limits that protect a market order.

The protection slabs are those by which the exchanges protect market orders; the contract repeats
them under `protection_percent`. The tick rule stands in where no instrument list is at hand: it never
gives a price finer than the exchange's tick, at worst a coarser one.
"""

from __future__ import annotations

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
