"""What a missed execution still is when the user wants it copied after all, and what is said of it then."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from copytui.domain.decisions import Decision, Verdict
from copytui.domain.executions import Execution
from copytui.domain.positions import closable, position_key
from copytui.domain.reasons import Reason
from copytui.domain.times import trading_day
from copytui.engine.orders.manual import another_day, nobody_would_close, part_left
from copytui.engine.state import Desk
from copytui.journal.statements import DecidedExecution

_OUT = frozenset({Reason.DISABLED, Reason.HALTED})
_STAYS = "it stays on the list"


def entry_comes_too_late(desk: Desk, decided: DecidedExecution) -> str:
    """Say why what a missed execution opens is not opened any more; '' when it may be, or when it opens nothing."""
    if decided.execution.opening <= 0:
        return ""
    if no := another_day(desk, _day(decided)) or nobody_would_close(desk, decided.execution.order):
        return no
    return "" if part_left(desk, decided) else "not sent: the master has closed that position since"


def _day(decided: DecidedExecution) -> date:
    """Return the day whose price it has: one that happened while copytui was down may be older than its decision."""
    at = decided.execution.executed_at
    return decided.day if at is None else min(decided.day, trading_day(at))


def stays_missed(desk: Desk, decided: DecidedExecution, decision: Decision) -> Decision | None:
    """Return the answer where nothing is sent and the user may want it later; None where the list is done with it."""
    if decision.verdict is Verdict.MISSED:
        return decision
    late = entry_comes_too_late(desk, decided)
    if late and not decision.copies:
        return replace(decision, verdict=Verdict.MISSED, sentence=late)
    out = decision.verdict is Verdict.SKIP and _left_out(desk, decision, decided.execution)
    if decision.verdict is Verdict.SIMULATE or out:
        return replace(decision, verdict=Verdict.MISSED, sentence=f"{decision.sentence}; {_STAYS}")
    return None


def answer(desk: Desk, execution: Execution, decision: Decision) -> Decision:
    """Return a decision with a sentence that names the followers who did not get it: the list asks no second time."""
    late = {plan.sentence for plan in decision.plans if plan.reason is Reason.TOO_OLD} if decision.copies else set()
    said = [decision.sentence, *late, *_left_out(desk, decision, execution)]
    return replace(decision, sentence="; ".join(said))


def _left_out(desk: Desk, decision: Decision, execution: Execution) -> list[str]:
    """Name the followers that get nothing because they are taken out or halted, and would have had a part in it."""
    key, side = position_key(execution.order), execution.order.side
    return [
        f"{plan.name} did not get it: {plan.sentence}"
        for plan in decision.plans
        if plan.reason in _OUT
        and (execution.opening > 0 or closable(desk.positions.held((plan.follower, key)).quantity, side))
    ]
