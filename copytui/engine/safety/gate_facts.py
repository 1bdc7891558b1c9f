"""The facts of the gate, gathered from the engine's state for the moments after a decision.

The questions themselves, their order and their words are in `copytui.domain.gates`. The dispatcher asks for every
queued order, so each function gathers only what its moment needs.
"""

from __future__ import annotations

from datetime import timedelta
from fractions import Fraction

from copytui.domain.copies import ChildOrder
from copytui.domain.executions import Execution, Origin
from copytui.domain.gates import GateAnswer, GateFacts, Moment, first_no
from copytui.domain.orders import CASH, BookOrder, OrderToSend
from copytui.domain.positions import PositionKey, position_key, still_wanted
from copytui.domain.sessions import Closed, Market, markets_of
from copytui.engine.follower.follower import Follower, SessionState
from copytui.engine.orders.manual import left_to_retry, part_left
from copytui.engine.state import EngineState

Traded = BookOrder | OrderToSend | PositionKey
"""What has an exchange and a symbol."""
_JUST_NOW = timedelta(seconds=60)
_CLOCKS_AGREE = timedelta(seconds=2)
"""The broker's `Date` header has whole seconds, and its answer takes a while."""


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
        closed=closed(state, copy.order),
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


def closed(state: EngineState, order: Traded) -> Closed | None:
    """Return why an order cannot trade now, by our clock or by the broker's; None when it can by both."""
    table, now = state.settings.sessions, state.clock.now()
    if not table.guards:
        return None
    markets = _markets(state, order)
    if (no := table.closed(markets, now)) is not None or abs(state.master.broker_ahead) <= _CLOCKS_AGREE:
        return no
    no = table.closed(markets, now + state.master.broker_ahead)
    return None if no is None else no._replace(sentence=f"{no.sentence} (by the broker's clock)")


def decision_closed(state: EngineState, execution: Execution) -> Closed | None:
    """Return why a new execution is not copied now: the market is closed, or it executed in an auction."""
    no, at = closed(state, execution.order), execution.executed_at
    if at is None or not state.settings.sessions.guards:
        return no
    return state.settings.sessions.executed_in_auction(_markets(state, execution.order), at) or no


def _markets(state: EngineState, order: Traded) -> tuple[Market, ...]:
    known = state.has_derivatives(order.symbol) if order.exchange in CASH else None
    return markets_of(order.exchange, has_derivatives=known)


def queue_refusal(state: EngineState, follower: Follower, copy: ChildOrder) -> GateAnswer | None:
    """Return why a queued order is to be dropped; None when it may go on waiting. A dry run only simulates it."""
    is_exit, close_only = copy.exit is not None, follower.close_only
    cancelled, no = cancel_reason(follower, copy), None if state.rules.dry_run else closed(state, copy.order)
    if cancelled is None and no is None and (is_exit or close_only is None):
        return None  # nearly always: this is asked for every queued order, several times per second
    facts = GateFacts(is_exit=is_exit, closed=no, cancel_reason=cancelled, close_only=close_only)
    return first_no(facts, Moment.QUEUE)


def session_refusal(state: EngineState, order: Traded, moment: Moment) -> GateAnswer | None:
    """Return why nothing of a symbol may be sent at this hour, for every follower alike; None when it may."""
    return first_no(GateFacts(is_exit=True, is_manual=True, closed=closed(state, order)), moment)


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
        closed=closed(state, copy.order),
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
