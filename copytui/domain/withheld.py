"""Withheld exits: what each follower did not get of the master's exits, how much of it is left, and why.

A follower that is halted or disabled while the master closes a part keeps its share of that part. The execution stays
unsettled until the user copies or dismisses it (docs/copying-rules.md, "Missed executions").
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from fractions import Fraction

from copytui.domain.decisions import DecidedExecution, Decision, Verdict
from copytui.domain.orders import ClientId, Side
from copytui.domain.positions import PositionKey, closable, exit_quantity, position_key
from copytui.domain.reasons import Reason

HeldUnits = Mapping[tuple[ClientId, PositionKey], int]
"""What copying built in each account, in units, below 0 when short."""


@dataclass(frozen=True, slots=True)
class WithheldExit:
    """An exit that one follower did not get: `quantity` units of `key` that an order of `side` would close now."""

    execution_id: int
    follower: ClientId
    name: str
    key: PositionKey
    side: Side
    quantity: int
    reason: Reason | None
    sentence: str
    since: datetime


def withheld_exits(executions: Iterable[DecidedExecution], held: HeldUnits) -> tuple[WithheldExit, ...]:
    """Return what copied executions still owe to followers that were left out, the oldest first.

    Each quantity is the part that a copy would close now: no more than was withheld then, and after the older ones.
    """
    left = dict(held)
    found = []
    for decided in sorted(executions, key=lambda each: each.id):
        for exit_ in _of(decided, left):
            ref = (exit_.follower, exit_.key)
            left[ref] -= exit_.quantity if left[ref] > 0 else -exit_.quantity
            found.append(exit_)
    return tuple(found)


def _of(decided: DecidedExecution, left: HeldUnits) -> Iterator[WithheldExit]:
    execution, order = decided.execution, decided.execution.order
    if decided.settled or decided.decision.verdict is not Verdict.COPY or execution.closes is None:
        return
    key = position_key(order)
    for plan in decided.decision.withheld:
        available = closable(left.get((plan.follower, key), 0), order.side)
        sized = exit_quantity(available, Fraction(0), execution.closes, order.lot_size)
        quantity = min(plan.withheld, available if sized is None else sized[0])
        if quantity:
            yield WithheldExit(
                decided.id, plan.follower, plan.name, key, order.side, quantity, plan.reason, plan.sentence,
                execution.executed_at or execution.seen_at,
            )  # fmt: skip


def is_owed(decision: Decision) -> bool:
    """Tell whether an execution was copied without some follower that is owed its exit."""
    return decision.verdict is Verdict.COPY and bool(decision.withheld)


def without(decision: Decision, followers: Iterable[ClientId]) -> Decision:
    """Return a decision that owes `followers` no exit any more."""
    gone = set(followers)
    plans = tuple(replace(plan, withheld=0) if plan.follower in gone else plan for plan in decision.plans)
    return replace(decision, plans=plans)


def joined_with(before: Decision, again: Decision) -> Decision:
    """Return a decision whose withheld exits were decided again: the new plans stand in the place of those."""
    decided = {plan.follower: plan for plan in again.plans if plan.exit is not None}
    plans = tuple(decided.get(plan.follower, plan) if plan.withheld else plan for plan in before.plans)
    return replace(before, plans=plans)


def dismissed(decided: DecidedExecution) -> DecidedExecution:
    """Return an execution that the user has dismissed: missed as a whole, or by the followers that were left out."""
    decision = replace(decided.decision, sentence=f"{decided.decision.sentence}; dismissed")
    if decision.verdict is Verdict.MISSED:
        decision = replace(decision, reason=Reason.DISMISSED)
    return replace(decided, decision=decision, settled=True)
