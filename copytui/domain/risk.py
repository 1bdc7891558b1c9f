"""Risk rules that do not depend on one execution: the runaway guard, loss limits, orphaned positions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from copytui.domain.orders import ClientId, Side
from copytui.domain.positions import PositionKey, closable

RUNAWAY_SECONDS = 60.0
"""The time within which the orders of one follower in one symbol are counted."""


@dataclass(frozen=True, slots=True)
class OrdersSoFar:
    """The orders that one follower has been sent before its next POST.

    `times` are the monotonic seconds of its POSTs of entries in the order's symbol. `of_tag` and `of_execution` count
    the POSTs with the same tag and for the same execution, except those that provably never left; `copies` is how many
    orders the execution has for the follower. `to_come` are the orders of the whole copy that is about to begin: one,
    or all of its slices; 0 for an order that the rate does not concern, an exit or a further slice.
    """

    times: Sequence[float] = ()
    of_tag: int = 0
    of_execution: int = 0
    copies: int = 1
    to_come: int = 1


@dataclass(frozen=True, slots=True)
class Runaway:
    """Why everything must stop.

    `impossible` when the order must never be sent, even after the halt is released; `too_many` when that is true of the
    whole copy, because its slices alone are over the limit.
    """

    sentence: str
    impossible: bool = False
    too_many: bool = False


def runaway(symbol: str, sends: OrdersSoFar, now: float, most: int) -> Runaway | None:
    """Return why everything must stop instead of an order in `symbol` being sent `now`; None when it may go.

    `most` orders per minute that open something are allowed for one follower in one symbol; 0 is no limit. A copy goes
    whole or not at all: its slices count together before the first one. A second POST of one tag, or more POSTs than an
    execution has orders, can only be a bug: the promise is at most one order per copy.
    """
    if sends.of_tag:
        return Runaway(f"an order in {symbol} was about to be sent a second time", impossible=True)
    if sends.of_execution >= sends.copies:
        text = f"{sends.of_execution + 1} orders in {symbol} were about to be sent where {sends.copies} are planned"
        return Runaway(text, impossible=True)
    recent = sum(1 for at in sends.times if now - at < RUNAWAY_SECONDS)
    if not most or not sends.to_come or recent + sends.to_come <= most:
        return None
    limit = f"max_orders_per_symbol_per_minute = {most}"
    if sends.to_come > most:
        return Runaway(f"a copy in {symbol} needs {sends.to_come} orders, more than {limit}", too_many=True)
    following = "the next" if sends.to_come == 1 else f"the next {sends.to_come}"
    return Runaway(f"{recent} orders in {symbol} within {RUNAWAY_SECONDS:.0f} s, and {following} would exceed {limit}")


def loss_reached(profit: Decimal, allowed: Decimal) -> bool:
    """Tell whether the day's `profit` in rupees (below 0: a loss) has reached the `allowed` loss."""
    return profit <= -allowed


def allowed_after_release(profit: Decimal | None, allowed: Decimal, limit: Decimal) -> Decimal:
    """Return the loss allowed after the user releases a follower: another `limit` beyond the present loss.

    `profit` is None where it is unknown; `allowed` is what was allowed before.
    """
    reached = allowed if profit is None else max(-profit, allowed)
    return reached + limit


def rupees(amount: Decimal) -> str:
    """Format an amount of rupees; a loss has its sign first."""
    return f"{'-' if amount < 0 else ''}₹{abs(amount):,.2f}"


def ratio_words(ratio: Decimal) -> str:
    """Format a multiplier with at most four decimals."""
    return f"{ratio:.4f}".rstrip("0").rstrip(".")


def closing_quantity(held: int, side: Side, filling: int) -> int:
    """Return how many units an order of `side` may have to close: those held, and those that entries may still fill.

    `held` is below 0 when short. The order is resized to what is held when it leaves.
    """
    return closable(held, side) + filling


@dataclass(frozen=True, slots=True)
class OrphanedPosition:
    """A position that copying built in a follower and that the master has left, with no order on its way to close it.

    `quantity` is below 0 when short; `master_quantity` is 0, or has the other sign.
    """

    follower: ClientId
    key: PositionKey
    quantity: int
    master_quantity: int


def is_orphaned(held: int, master_held: int, *, on_its_way: bool) -> bool:
    """Tell whether the master has left a position that a follower still holds.

    `held` and `master_held` are units, below 0 when short; `on_its_way` says that a copy of the position is queued,
    being sent or working.
    """
    if not held or on_its_way:
        return False
    return not master_held or (held > 0) is not (master_held > 0)
