"""Manual actions on earlier decisions: how much an approval, a retry or "copy now" may still send."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from fractions import Fraction

from copytui.domain.copies import WENT_WRONG, ChildOrder, CopyState, cut_from
from copytui.domain.decisions import DecidedExecution, Decision, Verdict
from copytui.domain.events import EventKind, Level
from copytui.domain.executions import Execution, Origin
from copytui.domain.gates import ATTEMPT_FOUND, GateFacts, Moment, Scope, first_no
from copytui.domain.positions import closable, position_key
from copytui.domain.reasons import Reason
from copytui.domain.tags import copy_tag
from copytui.domain.text import order_words, trading_day
from copytui.engine.follower.follower import Follower
from copytui.engine.state import EngineState


def part_left(
    state: EngineState, decided: DecidedExecution, since: datetime | None = None, *, after: int | None = None
) -> Fraction:
    """Return the fraction of what an execution opened that the master still holds.

    With `since`, the fraction of what was left at that time: an order that was reduced then is not reduced again.
    With `after`, the fraction of what was left after the execution with that id.
    """
    after = decided.id if after is None else after
    key, left = position_key(decided.execution.order), Fraction(1)
    for newer in reversed(state.executions.values()):
        if newer.id <= after:
            break
        execution = newer.execution
        if execution.origin is Origin.MANUAL or (since is not None and newer.decided_at < since):
            continue  # a follower's own position was closed, or it was counted before
        if execution.closes is not None and position_key(execution.order) == key:
            left *= 1 - Fraction(execution.closes.closing, execution.closes.held)
    return left


def left_to_retry(state: EngineState, follower: Follower, copy: ChildOrder) -> int:
    """Return how many units a copy may still send after its earlier attempts; all of them for a first attempt.

    An exit still closes what an earlier attempt, cancelled after a partial fill, has left open. An entry sends nothing
    more.
    """
    earlier, cut = _earlier(state, copy), _cut_up(state, copy)
    has_order = any(other.state not in WENT_WRONG for other in earlier)
    # The fills are unknown of a row that cannot be read, and of an order that the broker refused with a code but that
    # works or has filled nevertheless.
    has_odd_order = any(
        other.tag in (follower.book_tags if other.is_marked_not_placed else follower.standing_tags)
        for other in (*earlier, *cut)
        if other.state is CopyState.FAILED
    )
    if has_odd_order or (has_order and copy.exit is None):
        return 0
    if not has_order:
        return copy.order.quantity
    taken = sum(other.filled + other.outstanding for other in earlier)
    return max(min(copy.order.quantity, earlier[0].order.quantity - taken), 0)


def drop_needless_retries(state: EngineState, follower: Follower) -> None:
    """End queued retries whose earlier attempt is in the account's order book; reduce exits to what is left."""
    for id_ in tuple(follower.queue):
        copy = state.copies[id_]
        if copy.state is not CopyState.QUEUED or follower.posting == id_ or not follower.has_read_since(copy):
            continue
        left = left_to_retry(state, follower, copy)
        if not left:
            last = [*_cut_up(state, copy), *_earlier(state, copy)][-1]
            if last.state is CopyState.FAILED:
                state.amend(last, dismissed=False)  # listed again: it is not settled
            dropped = state.advance(copy, CopyState.SKIPPED, error=ATTEMPT_FOUND)
            text = f"{order_words(copy.order)} not sent: {ATTEMPT_FOUND}"
            state.emit(Level.WARN, EventKind.COPY, follower.name, text, copy=dropped)
        elif left < copy.order.quantity:
            state.amend(copy, order=replace(copy.order, quantity=left))


_NEVER_SENT = frozenset({CopyState.SKIPPED, CopyState.EXPIRED})


def _earlier(state: EngineState, copy: ChildOrder) -> list[ChildOrder]:
    """Return the attempts before a copy that may have reached the broker, oldest first."""
    if not copy.retry:
        return []
    return [o for o in attempts(state, copy) if o.retry < copy.retry and o.state not in _NEVER_SENT]


def _cut_up(state: EngineState, copy: ChildOrder) -> list[ChildOrder]:
    """Return the attempts at the order that a slice was cut from, after the broker had refused it; mostly none."""
    slice_number = cut_from(copy.slice_number)
    if slice_number is None:
        return []
    return [each for each in attempts(state, copy, slice_number) if each.retry < copy.retry]


def new_attempt(
    state: EngineState, copy: ChildOrder, *, attempt: int, quantity: int, slice_number: int, slices: int
) -> ChildOrder:
    """Return another attempt at a failed order, under a new tag; it leaves after a clean order book only."""
    decided, now = state.executions[copy.execution_id], state.clock.now()
    tag = copy_tag(
        decided.day, decided.master, copy.order_key, decided.execution.order.filled, copy.follower,
        slice_number=slice_number, attempt=attempt,
    )  # fmt: skip
    return ChildOrder(
        id=state.take_copy_id(),
        execution_id=copy.execution_id,
        order_key=copy.order_key,
        follower=copy.follower,
        order=replace(copy.order, tag=tag, quantity=quantity),
        state=CopyState.QUEUED,
        created_at=now,
        changed_at=now,
        queued_at=now,
        needs_clean_book=True,
        retry=attempt,
        exit=copy.exit,
        slice_number=slice_number,
        slices=slices,
        book_day=state.today,
    )


def attempts(state: EngineState, copy: ChildOrder, slice_number: int | None = None) -> list[ChildOrder]:
    """Return all attempts at the same order as `copy`, itself included, or at another slice, oldest first."""
    slice_number = copy.slice_number if slice_number is None else slice_number
    found = (
        other
        for other in state.copies_of(copy.execution_id)
        if other.follower == copy.follower and other.exit == copy.exit and other.slice_number == slice_number
    )
    return sorted(found, key=lambda other: other.retry)


_OUT = frozenset({Reason.DISABLED, Reason.HALTED})
_STAYS = "it stays on the list"


def entry_comes_too_late(state: EngineState, decided: DecidedExecution) -> str:
    """Return why a missed execution's entry is too late; '' when it is not, or when the execution opens nothing."""
    execution = decided.execution
    if execution.opening <= 0:
        return ""
    facts = GateFacts(
        price_day=price_day(decided),
        today=state.today,
        side=execution.order.side,
        master_held=held_by_master(state, execution),
        left=part_left(state, decided),
    )
    no = first_no(facts, Moment.COPY_NOW, Scope.FOLLOWER)
    return "" if no is None else no.sentence


def held_by_master(state: EngineState, execution: Execution) -> int | None:
    """Return the signed units that the master holds of what an execution opens, to which its copy would belong.

    None for what reduces an older position of his: copying it opens a position that is counted from then on.
    """
    if execution.is_of_earlier:
        return None
    return state.positions.held((state.master_id, position_key(execution.order))).quantity


def price_day(decided: DecidedExecution) -> date:
    """Return the day of an execution's price; it is older than the decision's day if copytui was down."""
    at = decided.execution.executed_at
    return decided.day if at is None else min(decided.day, trading_day(at))


def stays_missed(state: EngineState, decided: DecidedExecution, decision: Decision) -> Decision | None:
    """Return the decision if nothing is sent and the execution stays listed as missed; None if it is settled."""
    if decision.verdict is Verdict.MISSED:
        return replace(decision, sentence=f"{decision.sentence}; {_STAYS}") if decision.withheld else decision
    late = entry_comes_too_late(state, decided)
    if late and not decision.copies:
        return replace(decision, verdict=Verdict.MISSED, sentence=f"not sent: {late}")
    out = decision.verdict is Verdict.SKIP and _left_out(state, decision, decided.execution)
    if decision.verdict is Verdict.SIMULATE or out:
        return replace(decision, verdict=Verdict.MISSED, sentence=f"{decision.sentence}; {_STAYS}")
    return None


def answer(state: EngineState, execution: Execution, decision: Decision) -> Decision:
    """Return the decision with the followers left out in its sentence, as the execution is not listed again."""
    late = {plan.sentence for plan in decision.plans if plan.reason is Reason.TOO_OLD} if decision.copies else set()
    not_sent = [f"not sent: {sentence}" for sentence in late]
    said = [decision.sentence, *not_sent, *_left_out(state, decision, execution)]
    return replace(decision, sentence="; ".join(said))


def _left_out(state: EngineState, decision: Decision, execution: Execution) -> list[str]:
    """Return a sentence for each follower that gets nothing only because it is disabled or halted."""
    key, side = position_key(execution.order), execution.order.side
    return [
        f"{plan.name} did not get it: {plan.sentence}"
        for plan in decision.plans
        if plan.reason in _OUT
        and (execution.opening > 0 or closable(state.positions.held((plan.follower, key)).quantity, side))
    ]
