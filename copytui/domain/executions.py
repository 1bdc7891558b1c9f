"""The reducer from order book rows to executions (docs/copying-rules.md, "From an order to an execution").

`observe` is idempotent: the same rows in any order, with any repeats, from the poll or the feed, give each execution
once. A row that is older than what is known changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from copytui.domain.day import trading_day
from copytui.domain.orders import BookOrder, OrderKey, OrderType
from copytui.domain.positions import ExitFraction
from copytui.domain.tags import is_own_tag


class CopyOn(StrEnum):
    """When a master order gives an execution."""

    COMPLETE = "complete"
    FILL = "fill"


class Origin(StrEnum):
    """How a master order became known."""

    SEEN = "seen"
    BASELINE = "baseline"
    OPEN_AT_START = "open_at_start"
    OWN = "own"
    BY_HAND = "by_hand"
    """Not an order of the master: it represents positions that the user closed (flatten)."""


@dataclass(frozen=True, slots=True)
class KnownOrder:
    """One master order: its newest row, and how much of it has become executions.

    `counted` units have become executions, or had filled before the day's first poll; `executions` is how many
    executions there were. `first_day` is the trading day on which it was first seen, None where only our own clock's
    `first_seen` tells.
    """

    order: BookOrder
    origin: Origin
    first_seen: datetime
    counted: int = 0
    executions: int = 0
    first_day: date | None = None

    @property
    def day(self) -> date:
        """The last day on which it was new or changed.

        An order that stays open over midnight, such as an AMO, belongs to the day on which its row changes again.
        """
        first, changed = self.first_day or trading_day(self.first_seen), self.order.updated_at
        return first if changed is None else max(first, trading_day(changed))


@dataclass(frozen=True, slots=True)
class Execution:
    """`quantity` more units of a master order that have executed and need a decision.

    `number` counts the executions of this order from 1. `executed_at` is the exchange's time, None where the row has
    none; `seen_at` is by our own clock. `closes` is the fraction of the master's known position that this execution
    closed; the rest of `quantity` opens a position.
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
        """The units that open a position or add to one."""
        return self.quantity - (self.closes.closing if self.closes else 0)

    @property
    def key(self) -> OrderKey:
        """The master order's key."""
        return self.order.key

    @property
    def price(self) -> Decimal:
        """Rupees per unit: the master's average price, or the limit where the order book has no average price."""
        return self.order.average_price if self.order.average_price > 0 else self.order.price

    @property
    def value_price(self) -> Decimal:
        """Rupees per unit for an order's value: the price of a limit order, else the master's average price."""
        limit = self.order.order_type in (OrderType.LIMIT, OrderType.STOPLOSS_LIMIT)
        return self.order.price if limit and self.order.price > 0 else self.price


@dataclass(frozen=True, slots=True)
class Observed:
    """The effect of one row: the order as it is known now, and the execution that it gives, if any."""

    known: KnownOrder
    execution: Execution | None = None


def first_sight(row: BookOrder, *, seen_at: datetime, opening: bool, day: date | None = None) -> KnownOrder:
    """Return a new order as it becomes known; `opening` marks the first poll of a trading day.

    What had filled before the day's first poll is never copied.
    """
    if is_own_tag(row.tag):
        return KnownOrder(row, Origin.OWN, seen_at, counted=row.filled, first_day=day)
    if not opening:
        return KnownOrder(row, Origin.SEEN, seen_at, first_day=day)
    origin = Origin.BASELINE if row.order_status.is_final else Origin.OPEN_AT_START
    return KnownOrder(row, origin, seen_at, counted=row.filled, first_day=day)


def observe(
    known: KnownOrder | None, row: BookOrder, *, seen_at: datetime, copy_on: CopyOn, opening: bool,
    day: date | None = None,
) -> Observed | None:  # fmt: skip
    """Reduce one row, seen on trading day `day`, into what is known; None when the row is nothing new."""
    if known is None:
        fresh = first_sight(row, seen_at=seen_at, opening=opening, day=day)
        return _count(fresh, seen_at=seen_at, copy_on=copy_on)
    if not _is_newer(row, known.order):
        return None
    # A source may omit the tag at first; an order that turns out to be ours is never copied.
    origin = Origin.OWN if is_own_tag(row.tag) else known.origin
    newer = replace(known, order=_merged(known.order, row), origin=origin)
    return _count(newer, seen_at=seen_at, copy_on=copy_on)


def _is_newer(row: BookOrder, than: BookOrder) -> bool:
    """Return whether `row` is a later state of the same order; fills only grow, and a final state stays final."""
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
    """Join two rows: a final state survives a later row that calls it open, and fills survive a row with fewer."""
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
    """Turn what has filled of a working order into an execution at once; None where nothing has.

    Used when the other side of the same position executes: the master can only close what he holds, so the working
    order must have filled before.
    """
    if known.order.order_status.is_final:
        return None
    return counted if (counted := _count(known, seen_at=seen_at, copy_on=CopyOn.FILL)).execution else None


def order_type_word(order_type: OrderType) -> str:
    """Return a trader's name for an order type."""
    return {
        OrderType.MARKET: "market",
        OrderType.LIMIT: "limit",
        OrderType.STOPLOSS_LIMIT: "stop limit",
        OrderType.STOPLOSS_MARKET: "stop market",
    }[order_type]
