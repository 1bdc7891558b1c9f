"""Recovery from the journal: orders in `sending` become unknown, queued ones wait for a clean order book."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal

from copytui.domain.changes import ExecutionDecided, FlagChanged, OrderAdvanced, PositionChanged
from copytui.domain.copies import LIVE_AT_BROKER, UNSETTLED, WAITING, ChildOrder, CopyState, Resolution
from copytui.domain.decisions import Verdict
from copytui.domain.events import EventCode, EventKind, Level
from copytui.domain.orders import ClientId
from copytui.domain.positions import NOTHING, PositionKey, position_key
from copytui.domain.text import execution_words, order_words, trading_day
from copytui.domain.withheld import is_owed
from copytui.engine.controls import (
    persist_flags,
    restore_day,
    restore_disabled,
    restore_dismissed,
    restore_expiry,
    restore_halt,
    restore_positions_to_compare,
    restore_switches,
    restore_unreadable,
)
from copytui.engine.day_turn import report_left
from copytui.engine.follower.follower import Follower
from copytui.engine.master.day_boundary import miss_part_fills
from copytui.engine.orders.approvals import Approvals
from copytui.engine.safety.out_of_step import restore_carried
from copytui.engine.state import EngineState
from copytui.journal import persisted_flags
from copytui.journal.backlog import backlog
from copytui.journal.recovered_state import RecoveredPosition, RecoveredState

_EXPIRED_FOR = timedelta(days=10)
"""Longer than the orders of earlier days are read."""


def restore_flags(state: EngineState, recovered: RecoveredState) -> None:
    """Restore the halt and, on the same day, the pause, disabled followers, first figures and loss limits.

    Each one is reported, so that nobody misses that copying starts restricted. Where our own clock says that the day is
    over, they are not: they end with the first answers of the broker then.
    """
    today, is_today = state.day.isoformat(), trading_day(state.clock.now()) == state.day
    if (because := recovered.flags.get(persisted_flags.HALTED)) is not None:
        state.emit(Level.ERROR, EventKind.RISK, "copytui", f"still halted from before: {because}")
    paused = recovered.flags.get(persisted_flags.PAUSED) == today
    if paused and is_today:
        text = "still paused from before: nothing is copied until you resume"
        state.emit(Level.WARN, EventKind.RISK, "copytui", text)
    for follower in state.followers.values():
        if recovered.flags.get(persisted_flags.disabled(follower.client_id)) == today:
            restore_disabled(state, follower)
            if is_today:
                state.emit(Level.WARN, EventKind.RISK, follower.name, "still disabled from before")
        _restore_follower_day(state, follower, recovered)
        if follower.close_only is not None and is_today:
            text = f"still close only from before: {follower.close_only}"
            state.emit(Level.ERROR, EventKind.RISK, follower.name, text)
    if because is not None or paused:
        restore_switches(state, halted_because=because, paused=paused)
    else:
        persist_flags(state)
    if persisted_flags.CLOCKS in recovered.flags:
        state.journal.record([FlagChanged(persisted_flags.CLOCKS, None)])  # the next answers tell
    _restore_dismissed(state, recovered)
    restore_day(
        state,
        _amount(recovered, state, state.master_id, persisted_flags.FUNDS),
        {
            persisted_flags.position_before(name): int(units)
            for (account, day, name), units in recovered.account_days.items()
            if account == state.master_id and day == state.day and name.startswith(persisted_flags.BEFORE)
        },
        recovered.account_days.get((state.master_id, state.day, persisted_flags.BEFORE_TROUBLE)) or None,
    )


def _restore_dismissed(state: EngineState, recovered: RecoveredState) -> None:
    """Restore the dismissed orphaned positions; one that has changed since is listed again."""
    now = {persisted_flags.orphaned(*ref): (ref, position.quantity) for ref, position in state.positions}
    for name, value in recovered.flags.items():
        if not name.startswith(persisted_flags.ORPHANED):
            continue
        ref, quantity = now.get(name, (None, 0))
        restore_dismissed(state, name, ref if value == str(quantity) else None, quantity)


def _restore_follower_day(state: EngineState, follower: Follower, recovered: RecoveredState) -> None:
    follower.restore_day(
        day_funds=_amount(recovered, state, follower.client_id, persisted_flags.FUNDS),
        loss_allowed=_amount(recovered, state, follower.client_id, persisted_flags.LOSS_ALLOWED),
        close_only=recovered.account_days.get((follower.client_id, state.day, persisted_flags.CLOSE_ONLY)),
        traded=any(
            copy.filled and copy.follower == follower.client_id and copy.day >= state.day for copy in recovered.copies
        ),
    )


def _amount(recovered: RecoveredState, state: EngineState, account: ClientId, name: str) -> Decimal | None:
    value = recovered.account_days.get((account, state.day, name))
    return None if value is None else Decimal(value)


def recover(
    state: EngineState, recovered: RecoveredState, approvals: Approvals, *, logged_until: datetime | None = None
) -> None:
    """Load the recovered state into `state` and resume every unfinished copy.

    What changed after `logged_until` may be in no session log yet: it is sent to the subscribers again.
    """
    state.restore(recovered)
    for client, because in recovered.halted:
        if client in state.followers:
            restore_halt(state.followers[client], because)
            text = f"still halted from before: {because}"
            state.emit(Level.ERROR, EventKind.RISK, state.followers[client].name, text)
    _restore_expiries(state, recovered)
    _restore_positions(state, recovered)
    restore_flags(state, recovered)
    restore_positions_to_compare(state, recovered.flags)
    restore_unreadable(state, recovered.flags)
    restore_carried(state, recovered)
    for copy in recovered.copies:
        state.restore_copy(copy)
    state.metrics.know(recovered.copies)
    repeated = backlog(recovered, logged_until)
    unfinished = [copy for copy in repeated.copies if _is_unfinished(state, copy)]
    state.republish(
        [
            *(ExecutionDecided(decided, recovered.decided_at.get(decided.id)) for decided in repeated.executions),
            *(OrderAdvanced(copy, copy) for copy in repeated.copies if copy not in unfinished),
        ]
    )
    for copy in unfinished:
        _resume(state, copy)
    _report_missed(state)
    _reopen_approvals(state, approvals)
    if unfinished:
        state.emit(Level.WARN, EventKind.PROGRAM, "copytui", f"resuming {len(unfinished)} unfinished copies")
    miss_part_fills(state, state.day, _ended(state, recovered))


def _is_unfinished(state: EngineState, copy: ChildOrder) -> bool:
    return copy.state in UNSETTLED or (copy.lacks_numbers and copy.day >= state.day)


def _restore_expiries(state: EngineState, recovered: RecoveredState) -> None:
    """Restore when contracts expire; what expired so long ago that nothing refers to it any more is removed."""
    for name, value in recovered.flags.items():
        if not name.startswith(persisted_flags.EXPIRY):
            continue
        expiry = date.fromisoformat(value)
        restore_expiry(state, name, expiry, is_needed=expiry >= state.day - _EXPIRED_FOR)


def _restore_positions(state: EngineState, recovered: RecoveredState) -> None:
    """Restore the positions that copying built; intraday ones of an earlier day and expired ones are dropped."""
    for row in recovered.positions:
        if _is_over(state, row):
            state.journal.record([PositionChanged(row.account, state.master_id, row.key, row.day, NOTHING)])
        else:
            state.positions.restore((row.account, row.key), row.position)
    for decided in recovered.executions:
        closes = decided.execution.closes
        if closes is not None and closes.is_whole and decided.master == state.master_id:
            state.positions.master_is_out(position_key(decided.execution.order), decided.id, decided.decided_at)
    for copy in recovered.copies:
        if copy.state is CopyState.SIMULATED and state.rules.dry_run and copy.day == state.day:
            state.positions.simulate(copy)


def _ended(state: EngineState, recovered: RecoveredState) -> dict[PositionKey, int]:
    """Return the master's quantities of positions that are over: they show which fills of that day were exits."""
    return {
        row.key: row.position.quantity
        for row in recovered.positions
        if row.account == state.master_id and _is_over(state, row)
    }


def _is_over(state: EngineState, row: RecoveredPosition) -> bool:
    return state.positions.is_over(row.key, state.day, of_today=row.day == state.day)


def report_orphans(state: EngineState, recovered: RecoveredState) -> None:
    """Report positions that were copied from another master, once the day is known: no exit will ever close them."""
    for master, row in recovered.orphans:
        if _is_over(state, row):
            state.journal.record([PositionChanged(row.account, master, row.key, row.day, NOTHING)])
        else:
            name = state.settings.names.get(row.account, row.account)
            held = f"{row.position.quantity} {row.key.symbol} {row.key.product}"
            text = f"{held} were copied from {master}, who is no longer the master: close them manually, or keep them"
            state.emit(Level.WARN, EventKind.RISK, name, text)


def _resume(state: EngineState, copy: ChildOrder) -> None:
    """Resume one unfinished copy."""
    follower = state.followers.get(copy.follower)
    words = order_words(copy.order)
    gone = _removed_from_settings(state, copy)
    if gone and (follower is None or copy.state in WAITING):
        if copy.state is CopyState.QUEUED:
            state.fail(copy, Resolution.NOT_SENT, gone)
        elif copy.state is CopyState.ASKED:
            state.advance(copy, CopyState.SKIPPED, error=gone)
        else:
            state.republish([OrderAdvanced(copy, copy)])
        who = follower.name if follower is not None else copy.follower
        state.emit(
            Level.ERROR, EventKind.COPY, who, f"{words}: {copy.state}, and {gone}; check that account", copy=copy
        )
        return
    if follower is None:
        return
    if copy.day < state.day and copy.state not in WAITING:
        if copy.state is CopyState.SENDING:
            copy = state.advance(copy, CopyState.UNKNOWN, error="copytui stopped while it was being sent")
        state.apply(copy)
        report_left(state, follower, copy)
        state.positions.leave_over(copy)
        return
    now = state.clock.monotonic()
    match copy.state:
        case CopyState.SENDING:
            text = "copytui stopped while it was being sent"
            unknown = state.advance(copy, CopyState.UNKNOWN, error=text)
            state.emit(
                Level.WARN,
                EventKind.COPY,
                follower.name,
                f"{words} unknown: {text}; looking it up by its tag",
                copy=unknown,
                code=EventCode.UNKNOWN,
            )
        case CopyState.QUEUED:
            follower.track(copy.id).await_clean_book(now)
            state.amend(copy, needs_clean_book=True)
        case _ if copy.state in {CopyState.UNKNOWN, CopyState.ASKED, CopyState.FILLED, *LIVE_AT_BROKER}:
            state.apply(copy)
        case _:
            pass


def _removed_from_settings(state: EngineState, copy: ChildOrder) -> str | None:
    """Return why a copy no longer matches the settings; None when it does."""
    if copy.follower not in state.followers:
        return "this follower is no longer in the settings"
    decided = state.executions.get(copy.execution_id)
    if decided is not None and decided.master != state.master_id:
        return f"{decided.master} is no longer the master"
    return None


def _reopen_approvals(state: EngineState, approvals: Approvals) -> None:
    """Reopen the approvals that are still in time; older ones expire."""
    patience = timedelta(seconds=state.settings.confirmation_timeout_seconds)
    for decided in list(state.executions.values()):
        if decided.settled or decided.decision.verdict is not Verdict.ASK:
            continue
        if decided.day == state.day and state.clock.now() - decided.execution.seen_at < patience:
            approvals.ask(decided)
            text = f"#{decided.id} {execution_words(decided.execution)} still needs approval"
            state.emit(
                Level.ASK, EventKind.DECISION, "master", text, execution=decided.execution, execution_id=decided.id
            )
        else:
            approvals.expire_now(decided.id)


def _report_missed(state: EngineState) -> None:
    for decided in state.executions.values():
        if not decided.settled and decided.decision.verdict is Verdict.MISSED:
            text = f"#{decided.id} {execution_words(decided.execution)} missed before: {decided.decision.sentence}"
        elif not decided.settled and is_owed(decided.decision):
            whom = ", ".join(plan.name for plan in decided.decision.withheld)
            text = f"#{decided.id} {execution_words(decided.execution)} missed before by {whom}"
        else:
            continue
        state.emit(Level.WARN, EventKind.DECISION, "master", text, execution=decided.execution, execution_id=decided.id)
