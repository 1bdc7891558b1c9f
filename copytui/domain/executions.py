"""From order book rows to executions: the reducer (engine.md, "Observe").

`observe` is idempotent. The same row any number of times, in any order, from the poll or the feed,
gives each execution once; a row older than what is known changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from copytui.domain.orders import BookOrder, OrderKey, OrderType
from copytui.domain.positions import ExitFraction
from copytui.domain.tags import is_own_tag


class CopyOn(StrEnum):
    """When a master order gives an execution."""

    COMPLETE = "complete"
    FILL = "fill"


class Origin(StrEnum):
    """How a master order came to be known."""

    SEEN = "seen"
    BASELINE = "baseline"
    OPEN_AT_START = "open_at_start"
    OWN = "own"
    BY_HAND = "by_hand"
    """Not the master's at all: the user had positions closed, and this stands for it."""


@dataclass(frozen=True, slots=True)
class KnownOrder:
    """What is known of one master order: its newest row, and how much of it has become executions.

    `counted` units have been turned into executions (or were filled before we looked); `executions`
    counts how many executions that made.
    """

    order: BookOrder
    origin: Origin
    first_seen: datetime
    counted: int = 0
    executions: int = 0


@dataclass(frozen=True, slots=True)
class Execution:
    """`quantity` further units of a master order that have executed and are to be decided on.

    `number` counts the executions of this order from 1. `executed_at` is the exchange's time where
    the row has one, else None. `seen_at` is our own clock. `closes` is the share of the master's position, as far
    as it is known, that this execution closed; the rest of `quantity` opens one.
    """

    order: BookOrder
    origin: Origin
    number: int
    quantity: int
    executed_at: datetime | None
    seen_at: datetime
    closes: ExitFraction | None = None

    @property
    def opening(self) -> int:
        """The units that open a position, or add to one."""
        return self.quantity - (self.closes.closing if self.closes else 0)

    @property
    def key(self) -> OrderKey:
        """The master order's key."""
        return self.order.key

    @property
    def price(self) -> Decimal:
        """Rupees a unit: the master's average price, or its limit where the book does not tell."""
        return self.order.average_price if self.order.average_price > 0 else self.order.price

    @property
    def value_price(self) -> Decimal:
        """Rupees a unit that an order's value is told by: a limit order's own price, else the master's average."""
        limit = self.order.order_type in (OrderType.LIMIT, OrderType.STOPLOSS_LIMIT)
        return self.order.price if limit and self.order.price > 0 else self.price


@dataclass(frozen=True, slots=True)
class Observed:
    """What one row changed: the order as it is known now, and the execution that it gives, if any."""

    known: KnownOrder
    execution: Execution | None = None


def first_sight(row: BookOrder, *, seen_at: datetime, opening: bool) -> KnownOrder:
    """Make an order known that was not; `opening` says that this is the first look of a trading day.

    What had filled before the first look is history and is never copied.
    """
    if is_own_tag(row.tag):
        return KnownOrder(row, Origin.OWN, seen_at, counted=row.filled)
    if not opening:
        return KnownOrder(row, Origin.SEEN, seen_at)
    origin = Origin.BASELINE if row.order_status.is_final else Origin.OPEN_AT_START
    return KnownOrder(row, origin, seen_at, counted=row.filled)


def observe(
    known: KnownOrder | None, row: BookOrder, *, seen_at: datetime, copy_on: CopyOn, opening: bool
) -> Observed | None:
    """Reduce one row into what is known; None when it says nothing new."""
    if known is None:
        fresh = first_sight(row, seen_at=seen_at, opening=opening)
        return _count(fresh, seen_at=seen_at, copy_on=copy_on)
    if not _is_newer(row, known.order):
        return None
    # A source may leave the tag out at first; an order that turns out to be our own is never copied.
    origin = Origin.OWN if is_own_tag(row.tag) else known.origin
    newer = replace(known, order=_merged(known.order, row), origin=origin)
    return _count(newer, seen_at=seen_at, copy_on=copy_on)


def _is_newer(row: BookOrder, than: BookOrder) -> bool:
    """Tell whether `row` is a later state of the same order; fills only grow, and the end is the end."""
    if row == than:
        return False
    if than.order_status.is_final:
        late_price = row.filled == than.filled and than.average_price <= 0 < row.average_price
        return row.filled > than.filled or (row.order_status is than.order_status and late_price)
    if row.order_status.is_final:
        return True
    if row.filled == than.filled and row.updated_at and than.updated_at:
        return row.updated_at >= than.updated_at
    return row.filled >= than.filled


def _merged(old: BookOrder, new: BookOrder) -> BookOrder:
    """Join two rows: an end stays when a late row with more fills calls it open, and fills when the end tells fewer."""
    if new.filled < old.filled:
        return replace(old, order_status=new.order_status, status=new.status, text=new.text, updated_at=new.updated_at)
    if old.order_status.is_final and not new.order_status.is_final:
        return replace(new, order_status=old.order_status, status=old.status)
    return new


def _count(known: KnownOrder, *, seen_at: datetime, copy_on: CopyOn) -> Observed:
    row = known.order
    ripe = row.order_status.is_final or copy_on is CopyOn.FILL
    further = row.filled - known.counted
    if known.origin is Origin.OWN or known.origin is Origin.BASELINE or not ripe or further <= 0:
        return Observed(known)
    number = known.executions + 1
    execution = Execution(row, known.origin, number, further, row.updated_at, seen_at)
    return Observed(replace(known, counted=row.filled, executions=number), execution)


def count_early(known: KnownOrder, *, seen_at: datetime) -> Observed | None:
    """Turn what has filled of a working order into an execution before its end; None where nothing has.

    Called for when the other side of the same position executes: the master cannot close what he has not got, so
    what closed it was filled before.
    """
    if known.order.order_status.is_final:
        return None
    return counted if (counted := _count(known, seen_at=seen_at, copy_on=CopyOn.FILL)).execution else None


def order_type_word(order_type: OrderType) -> str:
    """Name an order type as a trader says it."""
    return {
        OrderType.MARKET: "market",
        OrderType.LIMIT: "limit",
        OrderType.STOPLOSS_LIMIT: "stop limit",
        OrderType.STOPLOSS_MARKET: "stop market",
    }[order_type]
