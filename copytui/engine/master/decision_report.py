"""Events that report a decision: what is copied, asked, skipped or missed, and which follower gets nothing."""

from __future__ import annotations

from collections.abc import Sequence

from copytui.domain.copies import ChildOrder, CopyState, by_copy, joined
from copytui.domain.decisions import DecidedExecution, Verdict
from copytui.domain.events import EventCode, EventKind, Level
from copytui.domain.text import execution_words, money, order_words
from copytui.engine.state import EngineState


def report_decision(state: EngineState, decided: DecidedExecution) -> None:
    """Report a decision, and each follower that is left out of it."""
    decision, execution = decided.decision, decided.execution
    words = execution_words(execution)
    level, text = {
        Verdict.COPY: (Level.INFO, f"{words} {decision.sentence}"),
        Verdict.SIMULATE: (Level.INFO, f"{words} {decision.sentence}"),
        Verdict.ASK: (Level.ASK, f"#{decided.id} {words} {_question(state, decided)}"),
        Verdict.SKIP: (Level.INFO, f"{words} skipped: {decision.sentence}"),
        Verdict.MISSED: (Level.WARN, f"#{decided.id} {words} missed: {decision.sentence}"),
    }[decision.verdict]
    state.emit(
        level, EventKind.DECISION, "master", text,
        execution=execution, execution_id=decided.id, code=EventCode.DECIDED,
    )  # fmt: skip
    if decision.verdict is Verdict.SKIP:
        return
    report_simulated(state, state.copies_of(decided.id))
    for plan in decision.plans:
        if not plan.quantity:
            level, text = Level.INFO, f"{words} skipped: {plan.sentence}"
            if plan.withheld:
                level, stays = Level.WARN, f"{plan.withheld} units stay open"
                text = f"#{decided.id} {words} missed: {plan.sentence}; {stays}"
            state.emit(level, EventKind.DECISION, plan.name, text, execution=execution, execution_id=decided.id)


def report_simulated(state: EngineState, copies: Sequence[ChildOrder]) -> None:
    """Report what a dry run would have sent each follower, slices joined."""
    for slices in by_copy(copy for copy in copies if copy.state is CopyState.SIMULATED).values():
        whole, in_slices = joined(slices), f" in {len(slices)} slices" if len(slices) > 1 else ""
        text = f"{order_words(whole.order)} would be sent{in_slices} (dry run)"
        state.emit(Level.INFO, EventKind.COPY, state.followers[whole.follower].name, text, copy=whole)


def _question(state: EngineState, decided: DecidedExecution) -> str:
    """Return the approval question: what an approval would send, and the time limit."""
    copies = state.copies_of(decided.id)
    parts = ", ".join(f"{state.followers[copy.follower].name} {copy.order.quantity}" for copy in copies[:8])
    more = f" and {len(copies) - 8} more" if len(copies) > 8 else ""
    price = f" at limit {money(copies[0].order.price)}" if copies and copies[0].order.price else " at market"
    patience = state.settings.confirmation_timeout_seconds
    return f"approval required within {patience:g} s: {parts}{more}{price}"
