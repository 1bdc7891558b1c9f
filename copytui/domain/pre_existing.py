"""What the master held before copytui watched, and the part of an execution that reduces it.

No follower has a copy of such a position. What reduces it closes nothing for them, and must not open the opposite
position in silence (docs/copying-rules.md, "Positions from before copytui watched").
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from enum import StrEnum

from copytui.domain.executions import Execution, Observed, Origin
from copytui.domain.held import share_name
from copytui.domain.orders import Product, Side
from copytui.domain.positions import PositionKey, closable, closing_share


class PreExisting(StrEnum):
    """What becomes of an execution that reduces what the master had before copytui watched."""

    ASK = "ask"
    SKIP = "skip"
    COPY = "copy"


_WHY = {
    Origin.EARLIER: "the master had it before copytui watched, so nobody has a copy of it",
    Origin.PERHAPS_EARLIER: "the master may have had it before copytui watched: his positions do not show it",
}


def refusal(execution: Execution, policy: PreExisting) -> str | None:
    """Return why an execution that reduces an older position is not copied by itself; None where it may be."""
    if policy is PreExisting.COPY:
        return None
    return _WHY.get(execution.origin)


def is_skipped_by(execution: Execution, policy: PreExisting) -> bool:
    """Return whether such an execution is settled by the policy, without a question: only where it is certain."""
    return policy is PreExisting.SKIP and execution.origin is Origin.EARLIER


def units_before(before: Mapping[PositionKey, int], key: PositionKey) -> int:
    """Return the signed units that the master had of a position before copytui watched.

    Delivery shares are one position on all exchanges.
    """
    if key.product is not Product.DELIVERY:
        return before.get(key, 0)
    return sum(units for other, units in before.items() if _is_same_share(other, key))


def reduced(before: Mapping[PositionKey, int], key: PositionKey, side: Side, quantity: int) -> dict[PositionKey, int]:
    """Return the older positions that change, with what is left of each, when `quantity` units of one are closed."""
    keys = [other for other in before if other == key or _is_same_share(other, key)]
    left: dict[PositionKey, int] = {}
    for other in sorted(keys, key=lambda each: each != key):
        closed = min(quantity, closable(before[other], side))
        if closed:
            left[other] = before[other] + (closed if side is Side.BUY else -closed)
            quantity -= closed
    return left


def _is_same_share(one: PositionKey, other: PositionKey) -> bool:
    both_delivered = one.product is Product.DELIVERY and other.product is Product.DELIVERY
    return both_delivered and share_name(one.symbol) == share_name(other.symbol)


def split(seen: Observed, copied: int, before: int | None) -> tuple[Observed, ...]:
    """Return an observed execution in up to three parts: what closes the copied position, reduces an older one, opens.

    `copied` are the signed units of the master's position that copytui has watched him build; they are closed first.
    `before` are those that he had before, None where his positions cannot be read: whatever could reduce them is then
    a part of its own. Each part is an execution with a number of its own, so that each has its own decision.
    """
    execution = seen.execution
    if execution is None:
        return (seen,)
    share = closing_share(copied, execution.order.side, execution.quantity)
    closing = share.closing if share is not None else 0
    older, kind = _older(execution, execution.quantity - closing, copied, before)
    if not older:
        return (replace(seen, execution=replace(execution, closes=share)),)
    opening = execution.quantity - closing - older
    parts = [
        part
        for part in (
            replace(execution, quantity=closing, closes=share),
            replace(execution, quantity=older, closes=None, origin=kind),
            replace(execution, quantity=opening, closes=None),
        )
        if part.quantity
    ]
    return tuple(_numbered(seen, parts))


def _older(execution: Execution, rest: int, copied: int, before: int | None) -> tuple[int, Origin]:
    """Return how many of the `rest` units reduce an older position, and how certain that is."""
    side, is_delivery = execution.order.side, execution.order.product is Product.DELIVERY
    if before is None:
        # Shares cannot be held short, so a purchase for delivery covers nothing.
        opens = is_delivery and side is Side.BUY
        return (0 if opens or _adds(copied, side) else rest), Origin.PERHAPS_EARLIER
    known = min(rest, closable(before, side))
    if is_delivery and side is Side.SELL and rest > known:
        # Whoever sells shares for delivery has them; a figure that lacks them is wrong.
        return rest, Origin.PERHAPS_EARLIER
    return known, Origin.EARLIER


def _adds(copied: int, side: Side) -> bool:
    """Return whether an order adds to a position that copytui has watched the master build."""
    return copied > 0 if side is Side.BUY else copied < 0


def _numbered(seen: Observed, parts: list[Execution]) -> list[Observed]:
    """Give each part its number, and the order the count with which the part is recorded."""
    first = seen.known.executions
    counted = seen.known.counted - sum(part.quantity for part in parts)
    found = []
    for place, part in enumerate(parts):
        counted += part.quantity
        known = replace(seen.known, counted=counted, executions=first + place)
        # A part's tag is made from what the order had filled with it: each part has another figure.
        order = replace(part.order, filled=counted)
        found.append(Observed(known, replace(part, order=order, number=first + place)))
    return found
