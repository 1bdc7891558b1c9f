"""Prices that the exchanges accept: ticks, circuits, and limits that protect a market order.

The protection slabs are those by which the exchanges protect market orders; the contract repeats
them under `protection_percent`. The tick rule stands in where no instrument list is at hand: it never
gives a price finer than the exchange's tick, at worst a coarser one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from enum import StrEnum

from copytui.domain.copies import LIVE_AT_BROKER, ChildOrder
from copytui.domain.executions import Execution
from copytui.domain.orders import BookOrder, Exchange, OrderToSend, OrderType, Product, Side, Tag

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
class PriceBand:
    """Where the exchange takes a symbol's prices, in rupees; None where that is not known.

    On multiples of `tick`, and between the day's circuits `lower` and `upper`, both inclusive.
    """

    tick: Decimal | None = None
    lower: Decimal | None = None
    upper: Decimal | None = None

    def holds(self, price: Decimal) -> bool:
        """Whether `price` lies between the circuits, as far as they are known."""
        return (self.lower is None or self.lower <= price) and (self.upper is None or price <= self.upper)

    def believed(self, traded_at: Decimal) -> PriceBand:
        """Return the bounds, without circuits that a trade contradicts: exchanges move them within a day."""
        return self if self.holds(traded_at) else replace(self, lower=None, upper=None)


NO_PRICE_BAND = PriceBand()


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


def inside_circuits(side: Side, limit: Decimal, price_band: PriceBand, tick: Decimal) -> Decimal:
    """Return `limit`, or the nearest tick inside the circuits where that is better for the account.

    A buy is only ever lowered and a sell raised. A limit that would have to get worse stays as it is: the
    exchange's refusal is safer than a price that nobody allowed.
    """
    if side is Side.BUY and price_band.upper is not None and limit > price_band.upper:
        return max((price_band.upper / tick).to_integral_value(ROUND_FLOOR), Decimal(1)) * tick
    if side is Side.SELL and price_band.lower is not None and limit < price_band.lower:
        return (price_band.lower / tick).to_integral_value(ROUND_CEILING) * tick
    return limit


class MarketAs(StrEnum):
    """How a master's market order is sent."""

    PROTECTED = "protected"
    MARKET = "market"


class LimitAs(StrEnum):
    """How a master's limit order is sent."""

    SAME = "same"
    PROTECTED = "protected"


class UnfilledAction(StrEnum):
    """What happens to a copy that is not filled in time."""

    LEAVE = "leave"
    CANCEL = "cancel"
    REPRICE = "reprice"


@dataclass(frozen=True, slots=True)
class OrderRules:
    """The user's `[orders]`; `protection_percent` 0 means the exchanges' slabs.

    A copy is repriced `reprice_steps` times at most.
    """

    market_as: MarketAs = MarketAs.PROTECTED
    limit_as: LimitAs = LimitAs.SAME
    protection_percent: Decimal = Decimal(0)
    unfilled_after_seconds: float = 0
    unfilled_action: UnfilledAction = UnfilledAction.LEAVE
    reprice_steps: int = 3

    def percent(self, price: Decimal, *, is_option: bool) -> Decimal:
        """Return by how many percent a limit that protects a trade at `price` rupees may be worse than it."""
        return self.protection_percent or protection_percent(price, is_option=is_option)

    def keeps_limit(self, master: BookOrder) -> bool:
        """Whether a master order is copied at its own limit price."""
        has_limit = master.order_type in (OrderType.LIMIT, OrderType.STOPLOSS_LIMIT) and master.price > 0
        return has_limit and self.limit_as is LimitAs.SAME

    def protects(self, master: BookOrder) -> bool:
        """Whether a master order is copied as a protected limit."""
        if master.order_type in (OrderType.LIMIT, OrderType.STOPLOSS_LIMIT):
            return not self.keeps_limit(master)
        return self.market_as is MarketAs.PROTECTED


def order_to_send(
    execution: Execution,
    rules: OrderRules,
    *,
    quantity: int,
    token: str,
    tag: Tag,
    price_band: PriceBand = NO_PRICE_BAND,
) -> OrderToSend:
    """Build the order that copies `execution` with `quantity` units, at a price that `price_band` allow."""
    master = execution.order
    order_type, price = _type_and_price(execution, rules, price_band)
    return OrderToSend(
        exchange=master.exchange,
        symbol=master.symbol,
        token=token,
        side=master.side,
        order_type=order_type,
        # The legs of a bracket order are copied as plain orders of the intraday product.
        product=Product.INTRADAY if master.product is Product.BO else master.product,
        quantity=quantity,
        price=price,
        tag=tag,
    )


def _type_and_price(execution: Execution, rules: OrderRules, price_band: PriceBand) -> tuple[OrderType, Decimal]:
    master, reference = execution.order, execution.price
    protects = rules.protects(master)
    if not protects and not rules.keeps_limit(master):
        return OrderType.MARKET, Decimal(0)
    tick = price_band.tick or tick_size(master.exchange, reference, is_option=master.is_option)
    limit = master.price  # on the exchange's tick: it took the master's order
    if protects:
        percent = rules.percent(reference, is_option=master.is_option)
        limit = protected_limit(master.side, reference, percent, tick)
    return OrderType.LIMIT, inside_circuits(master.side, limit, price_band.believed(reference), tick)


@dataclass(frozen=True, slots=True)
class Market:
    """What a step is measured by: the symbol's last price in rupees, and what the exchange takes of it."""

    last_price: Decimal
    price_band: PriceBand


def is_waiting(copy: ChildOrder) -> bool:
    """Whether a copy works at the broker and nobody has asked to take it out."""
    return copy.state in LIVE_AT_BROKER and copy.cancel_reason is None and copy.outstanding > 0


def can_move(copy: ChildOrder) -> bool:
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
    tick = market.price_band.tick or tick_size(order.exchange, last, is_option=is_option)
    limit = protected_limit(side, last, rules.percent(last, is_option=is_option), tick)
    if master_price is not None:
        furthest = rules.percent(master_price, is_option=is_option) * (rules.reprice_steps + 1)
        bound = protected_limit(side, master_price, furthest, tick)
        limit = min(limit, bound) if side is Side.BUY else max(limit, bound)
    limit = inside_circuits(side, limit, market.price_band.believed(last), tick)
    closer = limit > order.price if side is Side.BUY else limit < order.price
    return limit if closer else None
