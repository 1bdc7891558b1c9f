"""What is sent for a master order that has executed (engine.md, "What is sent").

The execution is history, so a trigger has no meaning any more: stop orders become plain ones, AMO
becomes NORMAL, IOC becomes DAY.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from copytui.domain.executions import Execution
from copytui.domain.orders import OrderToSend, OrderType, Product, Tag
from copytui.domain.prices import protected_limit, protection_percent, tick_size


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


def order_to_send(execution: Execution, rules: OrderRules, *, quantity: int, token: str, tag: Tag) -> OrderToSend:
    """Build the order that copies `execution` with `quantity` units."""
    master = execution.order
    order_type, price = _type_and_price(execution, rules)
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


def _type_and_price(execution: Execution, rules: OrderRules) -> tuple[OrderType, Decimal]:
    master = execution.order
    if master.order_type in (OrderType.LIMIT, OrderType.STOPLOSS_LIMIT):
        if rules.limit_as is LimitAs.SAME and master.price > 0:
            return OrderType.LIMIT, master.price
    elif rules.market_as is MarketAs.MARKET:
        return OrderType.MARKET, Decimal(0)
    reference = execution.price
    percent = rules.protection_percent or protection_percent(reference, is_option=master.is_option)
    tick = tick_size(master.exchange, reference, is_option=master.is_option)
    return OrderType.LIMIT, protected_limit(master.side, reference, percent, tick)
