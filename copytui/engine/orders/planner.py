"""The planner: the followers' input to a decision, and the copies that result from it."""

from __future__ import annotations

from collections.abc import Container, Iterable
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction

from copytui.domain.changes import Change
from copytui.domain.copies import ChildOrder, CopyState
from copytui.domain.decisions import DecidedExecution, FollowerContext, Plan, Verdict
from copytui.domain.executions import Execution
from copytui.domain.orders import ClientId, largest_order, slices
from copytui.domain.positions import PositionKey, position_key, signed
from copytui.domain.pricing import NO_PRICE_BAND, PriceBand, orders_to_send
from copytui.domain.reasons import SIZED_TO_NOTHING
from copytui.domain.tags import copy_tag
from copytui.engine.follower.follower import Follower, SessionState
from copytui.engine.state import EngineState

_DECIDED_STATE = {
    Verdict.COPY: CopyState.QUEUED,
    Verdict.SIMULATE: CopyState.SIMULATED,
    Verdict.ASK: CopyState.ASKED,
}
_SIZED = frozenset({Verdict.COPY, Verdict.SIMULATE, Verdict.ASK, Verdict.SKIP})
_TURNED = 1000
"""The first slice number of the opening part of an execution that also closes a position."""


def follower_contexts(
    state: EngineState, execution: Execution, missed: int | None = None, only: Container[ClientId] | None = None
) -> tuple[FollowerContext, ...]:
    """Return every follower, or `only` some, as the rules see them for `execution`; `missed` is a missed one's id."""
    prior_fills, today = _other_pieces(state, execution, missed), state.today
    return tuple(
        _follower_context(state, follower, execution, prior_fills, missed, today=today)
        for follower in state.followers.values()
        if only is None or follower.client_id in only
    )


def _follower_context(
    state: EngineState, follower: Follower, execution: Execution, others: list[DecidedExecution], missed: int | None,
    *, today: date,
) -> FollowerContext:  # fmt: skip
    key, risk = position_key(execution.order), state.settings.risk
    since = 0 if missed is None else _built_since(state, follower, key, missed)
    position = state.positions.expected((follower.client_id, key), dry_run=state.rules.dry_run)
    prior_fills = [
        (piece.execution.opening, plan.quantity)
        for piece in others
        for plan in piece.decision.plans
        if plan.follower == follower.client_id
        and plan.exit is None
        and (plan.quantity or plan.reason in SIZED_TO_NOTHING)
    ]
    return FollowerContext(
        follower.client_id,
        follower.name,
        follower.settings.sizing_at(state.rules.multiplier),
        enabled=follower.enabled,
        halted_because=follower.halted_because,
        capital_ratio=capital_ratio(state, follower),
        position=position.changed(-since) if since else position,
        at_most=state.positions.at_most((follower.client_id, key), dry_run=state.rules.dry_run) - since,
        other_positions=state.positions.count_beside(follower.client_id, key, today) if risk.max_open_positions else 0,
        close_only=follower.close_only,
        ip_mismatch=follower.ip_mismatch,
        session=_login_trouble(follower) if state.rules.dry_run else None,
        funds=follower.fresh_funds(state.clock.monotonic()) if risk.check_funds else None,
        prior_fills=sum(opening for opening, _planned in prior_fills),
        prior_fills_planned=sum(planned for _opening, planned in prior_fills),
    )


def _login_trouble(follower: Follower) -> str | None:
    """Return why a follower cannot be sent an order: its login has failed; None while it may still succeed."""
    if follower.session not in (SessionState.WAITING, SessionState.LOCKED):
        return None
    return f"it cannot log in: {follower.session_text or follower.session}"


def _built_since(state: EngineState, follower: Follower, key: PositionKey, missed: int) -> int:
    """Return the units built by entries that a missed exit does not concern.

    These are entries of newer executions, and older ones that the user sent later, when only what the master still
    held was sent.
    """
    at = state.executions[missed].decided_at
    mine = [
        copy
        for ids in state.by_execution.values()
        for copy in map(state.copies.__getitem__, ids)
        if copy.follower == follower.client_id
        and position_key(copy.order) == key
        and copy.state is not CopyState.ASKED  # nothing of it is expected yet
    ]
    exits = {copy.execution_id: copy for copy in mine if copy.exit is not None and copy.filled + copy.outstanding}
    built = sum(
        signed(copy.order.side, copy.filled + copy.outstanding) * _kept(state, copy, exits.values())
        for copy in mine
        if copy.exit is None and (copy.execution_id > missed or _went(copy) > at)
    )
    return int(built)


def _kept(state: EngineState, entry: ChildOrder, exits: Iterable[ChildOrder]) -> Fraction:
    """Return the fraction of an entry that remains after the exits that concern it.

    An exit of the master's concerns what had been built when he made it, however late it is copied.
    """
    kept = Fraction(1)
    for exit_ in exits:
        decided = state.executions.get(exit_.execution_id)
        made_at = _went(exit_) if decided is None else decided.decided_at
        if exit_.exit is not None and exit_.execution_id > entry.execution_id and made_at >= _went(entry):
            kept *= 1 - Fraction(exit_.exit.closing, exit_.exit.held)
    return kept


def _went(copy: ChildOrder) -> datetime:
    return copy.queued_at or copy.created_at


def _other_pieces(state: EngineState, execution: Execution, missed: int | None) -> list[DecidedExecution]:
    """Return the executions of the same order that were sized before, so that rounding loses nothing.

    A missed execution may be sized after later ones.
    """
    if execution.number == 1 and missed is None:  # `count_early` makes several even when orders are copied whole
        return []
    return [
        decided
        for decided in state.executions.values()
        if decided.execution.key == execution.key
        and decided.execution.is_of_earlier is execution.is_of_earlier
        and decided.id != missed
        and (missed is not None or decided.execution.number < execution.number)
        and decided.decision.verdict in _SIZED
        and decided.decision.reason in {None, *SIZED_TO_NOTHING}
    ]


def capital_ratio(state: EngineState, follower: Follower) -> Decimal | None:
    """Return the follower's funds divided by the master's, as first read today; None where one is unknown."""
    mine, master = follower.day_funds, state.master.day_funds
    return None if mine is None or not master or master < 0 or mine < 0 else mine / master


def new_copies(
    state: EngineState, decided: DecidedExecution, token: str, price_band: PriceBand = NO_PRICE_BAND
) -> list[ChildOrder]:
    """Create the copies of a decision, in slices within the freeze quantity, at prices within `price_band`."""
    begins_as = _DECIDED_STATE.get(decided.decision.verdict)
    if begins_as is None:
        return []
    execution, now, copies = decided.execution, state.clock.now(), []
    order = execution.order
    order_for = orders_to_send(execution, state.settings.orders, token, price_band)
    book_day = state.today
    largest = largest_order(order.underlying, order.exchange, order.lot_size, state.settings.freeze_quantities)
    for plan in decided.decision.copies:
        attempt = _next_attempt(state, decided.id, plan)
        first = _TURNED if execution.closes is not None and plan.exit is None else 0
        cut = slices(plan.quantity, largest)
        for number, quantity in enumerate(cut, start=first):
            tag = copy_tag(
                decided.day, decided.master, execution.key, order.filled, plan.follower,
                slice_number=number, attempt=attempt,
            )  # fmt: skip
            copy = ChildOrder(
                id=state.take_copy_id(),
                execution_id=decided.id,
                order_key=execution.key,
                follower=plan.follower,
                order=order_for(quantity, tag),
                state=begins_as,
                created_at=now,
                changed_at=now,
                dry_run=begins_as is CopyState.SIMULATED,
                queued_at=now if begins_as is CopyState.QUEUED else None,
                exit=plan.exit,
                slice_number=number,
                slices=len(cut),
                book_day=book_day,
                retry=attempt,
            )
            copies.append(copy)
    return copies


def _next_attempt(state: EngineState, execution_id: int, plan: Plan) -> int:
    """Return the number of an attempt: above 0 where an approval expired before, whose orders keep their tags."""
    earlier = [
        copy.retry
        for copy in state.copies_of(execution_id)
        if copy.follower == plan.follower and (copy.exit is None) is (plan.exit is None)
    ]
    return max(earlier, default=-1) + 1


def rounding_left(state: EngineState, decided: DecidedExecution) -> list[Change]:
    """Set the rounding carry of the exits of a decision, which were rounded down to whole lots."""
    if state.rules.dry_run or decided.execution.closes is None:
        return []
    key = position_key(decided.execution.order)
    return [
        change
        for plan in decided.decision.plans
        if plan.rounding_carry is not None
        for change in state.carry_rounding((plan.follower, key), plan.rounding_carry)
    ]
