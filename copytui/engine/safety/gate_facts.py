"""The facts of the gate, gathered from the engine's state for the moments after a decision.

The questions themselves, their order and their words are in `copytui.domain.gates`. The dispatcher asks for every
queued order, so each function gathers only what its moment needs.
"""

from __future__ import annotations

from datetime import timedelta
from fractions import Fraction

from copytui.domain.copies import ChildOrder
from copytui.domain.executions import Origin
from copytui.domain.gates import GateAnswer, GateFacts, Moment, first_no
from copytui.domain.positions import position_key, still_wanted
from copytui.engine.follower.follower import Follower, SessionState
from copytui.engine.orders.manual import left_to_retry, part_left
from copytui.engine.state import EngineState

_JUST_NOW = timedelta(seconds=60)


def send_refusal(
    state: EngineState, follower: Follower, copy: ChildOrder, moment: Moment = Moment.CLAIM
) -> GateAnswer | None:
    """Return why `copy` may not be sent now; None when it may leave.

    Asked before its intent is written, just before the POST (`Moment.SEND`, invariant 3), and before its limit is
    moved (`Moment.REPRICE`).
    """
    rules, is_exit = state.rules, copy.exit is not None
    sends, moves_entry = moment is Moment.SEND, moment is Moment.REPRICE and not is_exit
    facts = GateFacts(
        is_exit=is_exit,
        is_manual=is_manual(state, copy),
        stopping=state.stopping,
        dry_run=rules.dry_run,
        paused=rules.paused,
        halted_because=rules.halted_because,
        journal_trouble=state.journal.trouble,
        day_pending=_waits_for_the_day(state, copy),
        day_doubt=None if is_exit else state.day_doubt,
        cancel_reason=cancel_reason(follower, copy),
        enabled=follower.enabled,
        follower_halted=follower.halted_because,
        ip_mismatch=follower.ip_mismatch,
        session=_session(follower),
        close_only=follower.close_only if moves_entry else None,
        closed_hours=state.settings.trading.refusal(state.clock.now()) if moves_entry else None,
        tag_in_book=sends and copy.tag in follower.book_tags,
        attempt_found=sends and left_to_retry(state, follower, copy) < copy.order.quantity,
    )
    return first_no(facts, moment)


def refusal_for_all(state: EngineState, moment: Moment = Moment.CLAIM) -> GateAnswer | None:
    """Return why nothing at all may be sent now, not even what the user closes; None when orders may leave."""
    rules = state.rules
    facts = GateFacts(
        is_manual=True,
        stopping=state.stopping,
        dry_run=rules.dry_run,
        paused=rules.paused,
        journal_trouble=state.journal.trouble,
    )
    return first_no(facts, moment)


def queue_refusal(follower: Follower, copy: ChildOrder) -> GateAnswer | None:
    """Return why a queued order is to be dropped; None when it may go on waiting."""
    is_exit, close_only = copy.exit is not None, follower.close_only
    cancelled = cancel_reason(follower, copy)
    if cancelled is None and (is_exit or close_only is None):
        return None  # nearly always: this is asked for every queued order, several times per second
    return first_no(GateFacts(is_exit=is_exit, cancel_reason=cancelled, close_only=close_only), Moment.QUEUE)


def approval_refusal(state: EngineState, copy: ChildOrder, left: Fraction, wanted: int) -> GateAnswer | None:
    """Return why an approved copy may not go; `wanted` units are left of it when the master still holds `left`."""
    if copy.exit is not None:
        return None
    return first_no(_entry_facts(state, copy)._replace(left=left, wanted=wanted), Moment.APPROVAL)


def retry_refusal(state: EngineState, copy: ChildOrder, wanted: int, left: Fraction) -> GateAnswer | None:
    """Return why a failed order may not be sent again; `wanted` and `left` as for an approval."""
    facts = GateFacts(is_exit=True) if copy.exit is not None else _entry_facts(state, copy)
    held = state.positions.held((state.master_id, position_key(copy.order))).quantity
    facts = facts._replace(
        dry_run=state.rules.dry_run,
        price_day=copy.day,
        today=state.today,
        side=copy.order.side,
        master_held=held,
        left=left,
        wanted=wanted,
    )
    return first_no(facts, Moment.RETRY)


def wanted_of(state: EngineState, copy: ChildOrder, units: int) -> tuple[int, Fraction]:
    """Return what is wanted of `units` of a failed order, and the part that the master holds since it was queued."""
    decided = state.executions.get(copy.execution_id)
    if copy.exit is not None or decided is None:
        return units, Fraction(1)
    left = part_left(state, decided, copy.queued_at or copy.created_at)
    return still_wanted(units, left, decided.execution.order.lot_size), left


def _entry_facts(state: EngineState, copy: ChildOrder) -> GateFacts:
    """Return what the limits on entries are answered from."""
    follower, key = state.followers.get(copy.follower), position_key(copy.order)
    if follower is None:
        return GateFacts()
    return GateFacts(
        day_doubt=state.day_doubt,
        close_only=follower.close_only,
        closed_hours=state.settings.trading.refusal(state.clock.now()),
        other_positions=state.positions.count_beside(follower.client_id, key, state.today),
        max_positions=state.settings.risk.max_open_positions,
        held=state.positions.expected((follower.client_id, key), dry_run=state.rules.dry_run).quantity,
    )


def cancel_reason(follower: Follower, copy: ChildOrder) -> str | None:
    """Return why an order is not to be sent any more: it was cancelled while it was on its way."""
    return copy.cancel_reason or follower.tracking_of(copy.id).drop_reason


def _session(follower: Follower) -> str | None:
    """Say why the account cannot be used yet; None when its session is ready."""
    if follower.session_lost:
        return "its session was refused"
    return None if follower.session is SessionState.READY else follower.session_text or follower.session


def is_left_over(state: EngineState, copy: ChildOrder) -> bool:
    """Tell whether a copy was queued on an earlier day than today, and not just before midnight."""
    return copy.day < state.today and not timedelta() <= _waited(state, copy) <= _JUST_NOW


def _waits_for_the_day(state: EngineState, copy: ChildOrder) -> bool:
    """Tell whether a copy waits until it is known whether its day is over.

    One from before a restart waits for the first answer that confirms the day. While only the broker says that the day
    is over, what has just been queued may go: an exit is not held up by a wrong header.
    """
    if copy.id < state.first_new_copy and not state.dates.is_confirmed:
        return True
    if state.between_days:
        return is_left_over(state, copy) or position_key(copy.order).ends_with_the_day
    return state.dates.may_be_over and _waited(state, copy) > _JUST_NOW


def _waited(state: EngineState, copy: ChildOrder) -> timedelta:
    return state.clock.now() - (copy.queued_at or copy.created_at)


def is_manual(state: EngineState, copy: ChildOrder) -> bool:
    """Tell whether a copy closes a position because the user said so (a flatten), and no order of the master's."""
    decided = state.executions.get(copy.execution_id)
    return decided is not None and decided.execution.origin is Origin.MANUAL
