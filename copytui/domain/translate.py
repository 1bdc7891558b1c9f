"""What is sent for a master order that has executed (engine.md, "What is sent").

The execution is history, so a trigger has no meaning any more: stop orders become plain ones, AMO
becomes NORMAL, IOC becomes DAY.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from copytui.domain.executions import Execution
from copytui.domain.orders import BookOrder, OrderToSend, OrderType, Product, Tag
from copytui.domain.pricing import NO_BOUNDS, Bounds, inside_circuits, protected_limit, protection_percent, tick_size


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
    bounds: Bounds = NO_BOUNDS,
) -> OrderToSend:
    """Build the order that copies `execution` with `quantity` units, at a price that `bounds` allow."""
    master = execution.order
    order_type, price = _type_and_price(execution, rules, bounds)
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


def _type_and_price(execution: Execution, rules: OrderRules, bounds: Bounds) -> tuple[OrderType, Decimal]:
    master, reference = execution.order, execution.price
    protects = rules.protects(master)
    if not protects and not rules.keeps_limit(master):
        return OrderType.MARKET, Decimal(0)
    tick = bounds.tick or tick_size(master.exchange, reference, is_option=master.is_option)
    limit = master.price  # on the exchange's tick: it took the master's order
    if protects:
        percent = rules.percent(reference, is_option=master.is_option)
        limit = protected_limit(master.side, reference, percent, tick)
    return OrderType.LIMIT, inside_circuits(master.side, limit, bounds.believed(reference), tick)
