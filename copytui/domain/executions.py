"""The reducer from order book rows to executions (docs/copying-rules.md, "From an order to an execution").

`observe` is idempotent: the same rows in any order, with any repeats, give each execution once. A row
that is older than what is known changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from copytui.domain.day import trading_day
from copytui.domain.orders import BookOrder, OrderKey, OrderStatus, OrderType
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
    MANUAL = "by_hand"
    """Not an order of the master: it represents positions that the user closed (flatten). Journals have its value."""
    EARLIER = "earlier"
    """Of an execution: the part that reduces what the master had before copytui watched."""
    PERHAPS_EARLIER = "perhaps_earlier"
    """Of an execution: it may reduce that; his positions cannot be read, or lack what he sold."""


class Awaited(StrEnum):
    """A figure that an order book row lacks although it says that the order has executed; it usually comes late."""

    PRICE = "price"
    FILL = "fill"


_NEVER_COPIED = frozenset({Origin.OWN, Origin.BASELINE})
_UNFILLED = frozenset({OrderStatus.CANCELLED, OrderStatus.REJECTED})


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

    @property
    def ended_unfilled(self) -> bool:
        """Whether it ended with nothing executed, after copytui began to watch it."""
        is_watched = self.origin not in _NEVER_COPIED
        return is_watched and self.order.order_status in _UNFILLED and not self.order.filled


@dataclass(frozen=True, slots=True)
class Execution:
    """`quantity` more units of a master order that have executed and need a decision.

    `number` counts the executions of this order from 1. `executed_at` is the exchange's time, None where the row has
    none; `seen_at` is by our own clock. `closes` is the fraction of the master's known position that this execution
    closed; the rest of `quantity` opens a position. `is_quoted` says that the average price is the last price of a
    quote, because the broker gave none. `quantity` is 0 where the broker calls an order complete and never reports a
    fill.
    """

    order: BookOrder
    origin: Origin
    number: int
    quantity: int
    executed_at: datetime | None
    seen_at: datetime
    closes: ExitFraction | None = None
    is_quoted: bool = False

    @property
    def is_of_earlier(self) -> bool:
        """Whether it reduces, or may reduce, what the master had before copytui watched: nobody has a copy of that."""
        return self.origin in (Origin.EARLIER, Origin.PERHAPS_EARLIER)

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
        return _price_of(self.order)

    @property
    def value_price(self) -> Decimal:
        """Rupees per unit for an order's value: the price of a limit order, else the master's average price."""
        limit = self.order.order_type in (OrderType.LIMIT, OrderType.STOPLOSS_LIMIT)
        return self.order.price if limit and self.order.price > 0 else self.price


@dataclass(frozen=True, slots=True)
class Observed:
    """The effect of one row: the order as it is known now, and the execution that it gives, if any.

    An execution whose figures are not there yet (`awaited`) is not given until they come.
    """

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
        return count(fresh, seen_at=seen_at, copy_on=copy_on)
    if not _is_newer(row, known.order):
        return None
    # A source may omit the tag at first; an order that turns out to be ours is never copied.
    origin = Origin.OWN if is_own_tag(row.tag) else known.origin
    newer = replace(known, order=_merged(known.order, row), origin=origin)
    return count(newer, seen_at=seen_at, copy_on=copy_on)


def _is_newer(row: BookOrder, than: BookOrder) -> bool:
    """Return whether `row` is a later state of the same order; fills only grow, and a final state stays final."""
    if row == than:
        return False
    if than.order_status.is_final:
        return row.filled > than.filled or _brings_price(row, than)
    if row.order_status.is_final:
        return True
    if row.filled == than.filled and row.updated_at and than.updated_at:
        return row.updated_at >= than.updated_at
    return row.filled >= than.filled


def _brings_price(row: BookOrder, than: BookOrder) -> bool:
    """Return whether `row` has the average price of fills that `than` shows without one."""
    return row.filled == than.filled and than.average_price <= 0 < row.average_price


def _merged(old: BookOrder, new: BookOrder) -> BookOrder:
    """Join two rows.

    A final state survives a later row that calls it open, fills survive a row with fewer, and the price of fills
    survives a row that shows the same fills without one.
    """
    if new.filled < old.filled:
        return replace(old, order_status=new.order_status, status=new.status, text=new.text, updated_at=new.updated_at)
    if old.order_status.is_final and not new.order_status.is_final:
        if new.filled == old.filled:
            return replace(old, average_price=new.average_price)
        return replace(new, order_status=old.order_status, status=old.status)
    return replace(new, average_price=old.average_price) if _brings_price(old, new) else new


def awaited(known: KnownOrder, copy_on: CopyOn) -> Awaited | None:
    """Return the figure without which what has executed of an order is not copied yet; None where nothing waits."""
    row = known.order
    if known.origin in _NEVER_COPIED:
        return None
    if row.order_status is OrderStatus.COMPLETE and row.quantity > 0 and not row.filled:
        return None if known.executions else Awaited.FILL
    return Awaited.PRICE if _is_ripe(known, copy_on) and _price_of(row) <= 0 else None


def count(known: KnownOrder, *, seen_at: datetime, copy_on: CopyOn) -> Observed:
    """Turn what has filled and is not counted into an execution; none while a figure is awaited."""
    if not _is_ripe(known, copy_on) or _price_of(known.order) <= 0:
        return Observed(known)
    return _executed(known, seen_at)


def count_anyway(known: KnownOrder, *, seen_at: datetime, quote: Decimal | None = None) -> Observed:
    """Turn an order whose figures have not come in time into an execution as its row shows it.

    Where the row has no price, the execution has the last price of `quote`; without one its price is 0.
    """
    seen = _executed(known, seen_at)
    if seen.execution is None or quote is None or seen.execution.price > 0:
        return seen
    order = replace(seen.execution.order, average_price=quote)
    return replace(seen, execution=replace(seen.execution, order=order, is_quoted=True))


def uncounted(seen: Observed) -> KnownOrder:
    """Return the order of an execution that has to wait: as its row shows it, but not counted."""
    known, execution = seen.known, seen.execution
    if execution is None:
        return known
    return replace(known, counted=known.counted - execution.quantity, executions=known.executions - 1)


def count_early(known: KnownOrder, *, seen_at: datetime) -> Observed | None:
    """Turn what has filled and is not counted into an execution at once; None where nothing has.

    Used when the other side of the same position executes: the master can only close what he holds, so the working
    order must have filled before. Also used when the order's day is over.
    """
    return _executed(known, seen_at) if _is_ripe(known, CopyOn.FILL) else None


def _is_ripe(known: KnownOrder, copy_on: CopyOn) -> bool:
    """Return whether something has filled that is to be copied now and is not counted."""
    row = known.order
    ripe = row.order_status.is_final or copy_on is CopyOn.FILL
    return ripe and row.filled > known.counted and known.origin not in _NEVER_COPIED


def _executed(known: KnownOrder, seen_at: datetime) -> Observed:
    row, number = known.order, known.executions + 1
    execution = Execution(row, known.origin, number, row.filled - known.counted, row.updated_at, seen_at)
    return Observed(replace(known, counted=row.filled, executions=number), execution)


def _price_of(row: BookOrder) -> Decimal:
    return row.average_price if row.average_price > 0 else row.price


def order_type_word(order_type: OrderType) -> str:
    """Return a trader's name for an order type."""
    return {
        OrderType.MARKET: "market",
        OrderType.LIMIT: "limit",
        OrderType.STOPLOSS_LIMIT: "stop limit",
        OrderType.STOPLOSS_MARKET: "stop market",
    }[order_type]
