"""Prices that the exchanges accept: ticks, circuits, and limits that protect a market order.

The protection slabs are those with which the exchanges protect market orders; `protection_percent` of the settings
repeats them. Without an instrument list a rule gives the tick: never finer than the exchange's, at worst coarser.
"""

from __future__ import annotations

from collections.abc import Callable
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

# NSE's cash ticks by price since April 2025; below 250 the tick is 0.01, and 0.05 is a multiple of it.
_CASH_TICKS = (
    (Decimal(1000), Decimal("0.05")),
    (Decimal(5000), Decimal("0.10")),
    (Decimal(10000), Decimal("0.50")),
    (Decimal(20000), Decimal(1)),
)
_CASH_TICK_ABOVE = Decimal(5)


@dataclass(frozen=True, slots=True)
class PriceBand:
    """The prices that the exchange accepts for a symbol, in rupees; None where that is unknown.

    Multiples of `tick`, between the day's circuits `lower` and `upper`, both inclusive.
    """

    tick: Decimal | None = None
    lower: Decimal | None = None
    upper: Decimal | None = None

    def holds(self, price: Decimal) -> bool:
        """Whether `price` lies between the circuits that are known."""
        return (self.lower is None or self.lower <= price) and (self.upper is None or price <= self.upper)

    def believed(self, traded_at: Decimal) -> PriceBand:
        """Return the band, without circuits that a trade contradicts: exchanges move them within a day."""
        return self if self.holds(traded_at) else replace(self, lower=None, upper=None)


NO_PRICE_BAND = PriceBand()


def protection_percent(price: Decimal, *, is_option: bool) -> Decimal:
    """Return by how many percent a market order may be worse than `price` rupees."""
    slabs, above = (_OPTION_SLABS, _OPTION_ABOVE) if is_option else (_OTHER_SLABS, _OTHER_ABOVE)
    return next((percent for limit, percent in slabs if price < limit), above)


def tick_size(exchange: Exchange, price: Decimal, *, is_option: bool) -> Decimal:
    """Return a tick in rupees that is safe at `price` without an instrument list."""
    if exchange is Exchange.CDS:
        return Decimal("0.0025")
    if exchange in (Exchange.MCX, Exchange.NCDEX, Exchange.NCO):
        return Decimal(1) if price >= 1000 and not is_option else Decimal("0.10")
    if is_option:
        return Decimal("0.05")
    return next((tick for limit, tick in _CASH_TICKS if price <= limit), _CASH_TICK_ABOVE)


def protected_limit(side: Side, reference: Decimal, percent: Decimal, tick: Decimal) -> Decimal:
    """Return the limit price that is at most `percent` worse than `reference`, on a tick inside that percentage.

    A buy is rounded down and a sell up, so the percentage is never exceeded; the result is at least one tick.
    """
    share = percent / 100
    if side is Side.BUY:
        steps = (reference * (1 + share) / tick).to_integral_value(ROUND_FLOOR)
    else:
        steps = (reference * (1 - share) / tick).to_integral_value(ROUND_CEILING)
    return max(steps, Decimal(1)) * tick


def inside_circuits(side: Side, limit: Decimal, price_band: PriceBand, tick: Decimal) -> Decimal:
    """Return `limit`, or the nearest tick inside the circuits where that is better for the account.

    A buy is only ever lowered and a sell only ever raised. A limit that would have to get worse stays as it is: a
    rejection by the exchange is safer than a price that nobody allowed.
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

    A copy is repriced at most `reprice_steps` times.
    """

    market_as: MarketAs = MarketAs.PROTECTED
    limit_as: LimitAs = LimitAs.SAME
    protection_percent: Decimal = Decimal(0)
    unfilled_after_seconds: float = 0
    unfilled_action: UnfilledAction = UnfilledAction.LEAVE
    reprice_steps: int = 3

    def percent(self, price: Decimal, *, is_option: bool) -> Decimal:
        """Return by how many percent a protected limit may be worse than a trade at `price` rupees."""
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
    """Build the order that copies `execution` with `quantity` units, at a price inside `price_band`."""
    return orders_to_send(execution, rules, token, price_band)(quantity, tag)


def orders_to_send(
    execution: Execution, rules: OrderRules, token: str, price_band: PriceBand = NO_PRICE_BAND
) -> Callable[[int, Tag], OrderToSend]:
    """Return what builds the orders that copy `execution`, by quantity and tag: all followers have one price."""
    master = execution.order
    order_type, price = _type_and_price(execution, rules, price_band)
    # The legs of a bracket order are copied as plain orders of the intraday product.
    product = Product.INTRADAY if master.product is Product.BO else master.product
    exchange, symbol, side, contract = master.exchange, master.symbol, master.side, master.contract
    return lambda quantity, tag: OrderToSend(
        exchange, symbol, token, side, order_type, product, quantity, price, tag, contract
    )


def _type_and_price(execution: Execution, rules: OrderRules, price_band: PriceBand) -> tuple[OrderType, Decimal]:
    master, reference = execution.order, execution.price
    protects = rules.protects(master)
    if not protects and not rules.keeps_limit(master):
        return OrderType.MARKET, Decimal(0)
    tick = price_band.tick or tick_size(master.exchange, reference, is_option=master.is_option)
    limit = master.price  # on a tick: the exchange accepted the master's order
    if protects:
        percent = rules.percent(reference, is_option=master.is_option)
        limit = protected_limit(master.side, reference, percent, tick)
    return OrderType.LIMIT, inside_circuits(master.side, limit, price_band.believed(reference), tick)


@dataclass(frozen=True, slots=True)
class Market:
    """The market at a repricing step: the symbol's last price in rupees, and the prices that the exchange accepts."""

    last_price: Decimal
    price_band: PriceBand


def is_waiting(copy: ChildOrder) -> bool:
    """Whether a copy works at the broker and is not being cancelled."""
    return copy.state in LIVE_AT_BROKER and copy.cancel_reason is None and copy.outstanding > 0


def can_move(copy: ChildOrder) -> bool:
    """Whether a copy has a limit that could be moved."""
    return is_waiting(copy) and copy.order.order_type is OrderType.LIMIT


def next_limit(
    order: OrderToSend, rules: OrderRules, market: Market, *, master_price: Decimal | None
) -> Decimal | None:
    """Return the limit that a working order moves to; None where moving it would not help it fill.

    The limit is on a tick, inside the circuits, and at most the protection percentage worse than the last price. For
    an entry `master_price` is what the master paid or got, and the limit is at most (steps + 1) times the percentage
    worse than that. It is None for an exit.
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
