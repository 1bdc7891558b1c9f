"""Whether an entry may still go: what its follower's limits say now, and what the master still holds of it.

Asked again whenever a hand sends what was decided earlier: a yes, a retry, a missed execution copied after all.
"""

from __future__ import annotations

from datetime import date, datetime
from fractions import Fraction

from copytui.domain.decisions import entry_refusal
from copytui.domain.executions import Origin
from copytui.domain.orders import BookOrder, OrderToSend
from copytui.domain.positions import position_key, signed
from copytui.engine.follower.follower import Lane
from copytui.engine.state import Desk
from copytui.journal.statements import DecidedExecution


def refusal_now(desk: Desk, lane: Lane, order: OrderToSend) -> str:
    """Say why no entry like `order` may go to a follower at this moment; '' when it may."""
    key = position_key(order)
    refusal = entry_refusal(
        close_only=lane.close_only or "",
        closed_hours=desk.settings.trading.refusal(desk.clock.now()) or "",
        others=len(desk.positions.open_in(lane.client_id) - {key}),
        most=desk.settings.risk.max_open_positions,
        held=desk.positions.expected((lane.client_id, key), dry_run=desk.rules.dry_run).quantity,
    )
    return "" if refusal is None else refusal[1]


def another_day(desk: Desk, day: date) -> str:
    """Say why nothing of `day` is priced anew by hand; '' when it is today."""
    return "" if day >= desk.today else f"not sent: it is of {day:%d %b}, and its price is too"


def nobody_would_close(desk: Desk, order: BookOrder | OrderToSend) -> str:
    """Say why an entry comes too late for the master's position; '' when he is still in it."""
    masters = desk.positions.held((desk.master_id, position_key(order))).quantity
    if masters * signed(order.side, 1) > 0:
        return ""
    holds = f"holds {masters} of it" if masters else "has none of it"
    return f"not sent: the master {holds} by now, and nobody would close what this opens"


def part_left(
    desk: Desk, decided: DecidedExecution, since: datetime | None = None, *, after: int | None = None
) -> Fraction:
    """Return which part the master still holds of what an execution opened.

    With `since`, of what he held of it then: an order that was made smaller at that time is not made smaller again.
    With `after`, of what he held when the execution of that id had happened.
    """
    after = decided.id if after is None else after
    key, left = position_key(decided.execution.order), Fraction(1)
    for newer in reversed(desk.executions.values()):
        if newer.id <= after:
            break
        execution = newer.execution
        if execution.origin is Origin.BY_HAND or (since is not None and newer.decided_at < since):
            continue  # a follower's own position was closed, or it was counted before
        if execution.closes is not None and position_key(execution.order) == key:
            left *= 1 - Fraction(execution.closes.closing, execution.closes.held)
    return left
