"""Where the limit of a copy that is not filled moves to, and when that is no use any more.

Each step goes after the market: a limit that protects a trade at the last price. How far it may go in all is
bound by the master's own price for an entry, because nobody needs a position at any price. An exit has no such
bound: it is to get out.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from copytui.domain.copies import LIVE_AT_BROKER, Copy
from copytui.domain.orders import OrderToSend, OrderType, Side
from copytui.domain.pricing import Bounds, inside_circuits, protected_limit, tick_size
from copytui.domain.translate import OrderRules


@dataclass(frozen=True, slots=True)
class Market:
    """What a step is measured by: the symbol's last price in rupees, and what the exchange takes of it."""

    last_price: Decimal
    bounds: Bounds


def is_waiting(copy: Copy) -> bool:
    """Whether a copy works at the broker and nobody has asked to take it out."""
    return copy.state in LIVE_AT_BROKER and copy.withdrawn is None and copy.outstanding > 0


def can_move(copy: Copy) -> bool:
    """Whether a copy has a limit that could be moved."""
    return is_waiting(copy) and copy.order.order_type is OrderType.LIMIT


def next_limit(
    order: OrderToSend, rules: OrderRules, market: Market, *, master_price: Decimal | None
) -> Decimal | None:
    """Return the limit that a working order moves to; None where moving it would not help it to fill.

    Never more than the protection percentage worse than the last price, on a tick, inside the circuits. For an
    entry `master_price` is what the master paid or got: never worse than it by more than (steps + 1) times the
    percentage. It is None for an exit.
    """
    side, is_option, last = order.side, order.is_option, market.last_price
    tick = market.bounds.tick or tick_size(order.exchange, last, is_option=is_option)
    limit = protected_limit(side, last, rules.percent(last, is_option=is_option), tick)
    if master_price is not None:
        furthest = rules.percent(master_price, is_option=is_option) * (rules.reprice_steps + 1)
        bound = protected_limit(side, master_price, furthest, tick)
        limit = min(limit, bound) if side is Side.BUY else max(limit, bound)
    limit = inside_circuits(side, limit, market.bounds.believed(last), tick)
    closer = limit > order.price if side is Side.BUY else limit < order.price
    return limit if closer else None
