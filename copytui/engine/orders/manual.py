"""Whether an entry may still go: what its follower's limits say now, and what the master still holds of it.

Asked again whenever a hand sends what was decided earlier: a yes, a retry, a missed execution copied after all.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from fractions import Fraction

from copytui.domain.copies import WENT_WRONG, ChildOrder, CopyState
from copytui.domain.decisions import DecidedExecution, Decision, Verdict, entry_refusal
from copytui.domain.events import EventKind, Level
from copytui.domain.executions import Execution, Origin
from copytui.domain.orders import BookOrder, OrderToSend
from copytui.domain.positions import closable, position_key, signed
from copytui.domain.reasons import Reason
from copytui.domain.text import order_words, trading_day
from copytui.engine.follower.follower import Follower
from copytui.engine.state import EngineState


def refusal_now(state: EngineState, follower: Follower, order: OrderToSend) -> str:
    """Say why no entry like `order` may go to a follower at this moment; '' when it may."""
    key = position_key(order)
    refusal = entry_refusal(
        close_only=follower.close_only or "",
        closed_hours=state.settings.trading.refusal(state.clock.now()) or "",
        others=len(state.positions.open_in(follower.client_id) - {key}),
        most=state.settings.risk.max_open_positions,
        held=state.positions.expected((follower.client_id, key), dry_run=state.rules.dry_run).quantity,
    )
    return "" if refusal is None else refusal[1]


def another_day(state: EngineState, day: date) -> str:
    """Say why nothing of `day` is priced anew by hand; '' when it is today."""
    return "" if day >= state.today else f"not sent: it is of {day:%d %b}, and its price is too"


def nobody_would_close(state: EngineState, order: BookOrder | OrderToSend) -> str:
    """Say why an entry comes too late for the master's position; '' when he is still in it."""
    masters = state.positions.held((state.master_id, position_key(order))).quantity
    if masters * signed(order.side, 1) > 0:
        return ""
    holds = f"holds {masters} of it" if masters else "has none of it"
    return f"not sent: the master {holds} by now, and nobody would close what this opens"


def part_left(
    state: EngineState, decided: DecidedExecution, since: datetime | None = None, *, after: int | None = None
) -> Fraction:
    """Return which part the master still holds of what an execution opened.

    With `since`, of what he held of it then: an order that was made smaller at that time is not made smaller again.
    With `after`, of what he held when the execution of that id had happened.
    """
    after = decided.id if after is None else after
    key, left = position_key(decided.execution.order), Fraction(1)
    for newer in reversed(state.executions.values()):
        if newer.id <= after:
            break
        execution = newer.execution
        if execution.origin is Origin.BY_HAND or (since is not None and newer.decided_at < since):
            continue  # a follower's own position was closed, or it was counted before
        if execution.closes is not None and position_key(execution.order) == key:
            left *= 1 - Fraction(execution.closes.closing, execution.closes.held)
    return left


STANDS = "an earlier attempt of it stands at the broker after all"


def left_to_retry(state: EngineState, follower: Follower, copy: ChildOrder) -> int:
    """Return how many units of a copy the earlier attempts leave to it; all of them where it is the first one.

    An exit still closes what an earlier attempt, cancelled after a part, has left open; an entry opens nothing more.
    """
    earlier = _earlier(state, copy)
    stands = any(other.state not in WENT_WRONG for other in earlier)
    # A row that makes no sense is an order all the same, and nobody can tell its fills. Nor are the fills counted of an
    # order that the broker refused with a code, and that works or has filled all the same.
    odd = any(
        other.tag in (follower.book_tags if other.is_marked_not_placed else follower.standing_tags)
        for other in earlier
        if other.state is CopyState.FAILED
    )
    if odd or (stands and copy.exit is None):
        return 0
    if not stands:
        return copy.order.quantity
    taken = sum(other.filled + other.outstanding for other in earlier)
    return max(min(copy.order.quantity, earlier[0].order.quantity - taken), 0)


def drop_needless_retries(state: EngineState, follower: Follower) -> None:
    """End queued retries whose earlier attempt has shown up in the account's book, and cut exits to what is left."""
    for id_ in tuple(follower.queue):
        copy = state.copies[id_]
        if copy.state is not CopyState.QUEUED or follower.posting == id_ or not follower.has_read_since(copy):
            continue
        left = left_to_retry(state, follower, copy)
        if not left:
            last = _earlier(state, copy)[-1]
            if last.state is CopyState.FAILED:
                state.amend(last, dismissed=False)  # listed again: it is not done with
            dropped = state.advance(copy, CopyState.SKIPPED, error=STANDS)
            text = f"{order_words(copy.order)} not sent: {STANDS}"
            state.emit(Level.WARN, EventKind.COPY, follower.name, text, copy=dropped)
        elif left < copy.order.quantity:
            state.amend(copy, order=replace(copy.order, quantity=left))


def _earlier(state: EngineState, copy: ChildOrder) -> list[ChildOrder]:
    """Return the attempts before a copy that may have reached the broker, the first one first."""
    if not copy.retry:
        return []
    return [o for o in attempts(state, copy) if o.retry < copy.retry and o.state is not CopyState.SKIPPED]


def attempts(state: EngineState, copy: ChildOrder) -> list[ChildOrder]:
    """Return every attempt at what a copy is one of, itself included, the first one first."""
    found = (
        other
        for other in state.copies_of(copy.execution_id)
        if other.follower == copy.follower and other.exit == copy.exit and other.slice_number == copy.slice_number
    )
    return sorted(found, key=lambda other: other.retry)


_OUT = frozenset({Reason.DISABLED, Reason.HALTED})
_STAYS = "it stays on the list"


def entry_comes_too_late(state: EngineState, decided: DecidedExecution) -> str:
    """Say why what a missed execution opens is not opened any more; '' when it may be, or when it opens nothing."""
    if decided.execution.opening <= 0:
        return ""
    if no := another_day(state, _day(decided)) or nobody_would_close(state, decided.execution.order):
        return no
    return "" if part_left(state, decided) else "not sent: the master has closed that position since"


def _day(decided: DecidedExecution) -> date:
    """Return the day whose price it has: one that happened while copytui was down may be older than its decision."""
    at = decided.execution.executed_at
    return decided.day if at is None else min(decided.day, trading_day(at))


def stays_missed(state: EngineState, decided: DecidedExecution, decision: Decision) -> Decision | None:
    """Return the answer where nothing is sent and the user may want it later; None where the list is done with it."""
    if decision.verdict is Verdict.MISSED:
        return decision
    late = entry_comes_too_late(state, decided)
    if late and not decision.copies:
        return replace(decision, verdict=Verdict.MISSED, sentence=late)
    out = decision.verdict is Verdict.SKIP and _left_out(state, decision, decided.execution)
    if decision.verdict is Verdict.SIMULATE or out:
        return replace(decision, verdict=Verdict.MISSED, sentence=f"{decision.sentence}; {_STAYS}")
    return None


def answer(state: EngineState, execution: Execution, decision: Decision) -> Decision:
    """Return a decision with a sentence that names the followers who did not get it: the list asks no second time."""
    late = {plan.sentence for plan in decision.plans if plan.reason is Reason.TOO_OLD} if decision.copies else set()
    said = [decision.sentence, *late, *_left_out(state, decision, execution)]
    return replace(decision, sentence="; ".join(said))


def _left_out(state: EngineState, decision: Decision, execution: Execution) -> list[str]:
    """Name the followers that get nothing because they are taken out or halted, and would have had a part in it."""
    key, side = position_key(execution.order), execution.order.side
    return [
        f"{plan.name} did not get it: {plan.sentence}"
        for plan in decision.plans
        if plan.reason in _OUT
        and (execution.opening > 0 or closable(state.positions.held((plan.follower, key)).quantity, side))
    ]
