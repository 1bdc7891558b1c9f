"""What the user and the limits switch: rules, halts, close only, disabled followers, dismissed orphans.

The other half of the engine's transitions (`copytui.engine.state` has those of orders and executions). Whatever must
outlive the program is handed to the journal in the same step.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from copytui.domain.changes import AccountDayChanged, FlagChanged, FollowerHalted
from copytui.domain.events import EventKind, Level
from copytui.domain.orders import ClientId
from copytui.engine.follower.follower import Follower
from copytui.engine.ports import MasterState
from copytui.engine.positions import PositionRef
from copytui.engine.state import EngineState
from copytui.journal import persisted_flags


def switch(state: EngineState, **changes: object) -> None:
    """Replace rules; they hold from the next decision and the next send on. A halt and a pause are stored."""
    state.rules = replace(state.rules, **changes)  # type: ignore[arg-type]  # names are checked by replace itself
    if changes.get("dry_run") is False:
        state.positions.forget_simulated()
    if "paused" in changes:
        state.paused_since = state.clock.monotonic() if state.rules.paused else None
    if "halted_because" in changes:
        state.order_rate.begin_anew()
    persist_flags(state)
    state.touch()
    state.wake_dispatcher.set()


def enable(state: EngineState, follower: Follower, *, enabled: bool) -> None:
    """Let a follower take copies, or none, until the user switches it again or the day ends."""
    follower.enabled, follower.out_by_hand = enabled, not enabled
    persist_flags(state)
    state.wake_dispatcher.set()


def halt_follower(state: EngineState, follower: Follower, because: str) -> None:
    """Stop sending to one follower until the user releases it; survives a restart."""
    if follower.halted_because is not None:
        return
    follower.halted_because = because
    state.journal.record([FollowerHalted(follower.client_id, because)])
    state.emit(Level.ERROR, EventKind.RISK, follower.name, f"halted: {because}")


def release_follower(state: EngineState, follower: Follower) -> None:
    """Let a halted follower take orders again."""
    follower.halted_because = None
    follower.count_failure(succeeded=True)
    state.journal.record([FollowerHalted(follower.client_id, None)])
    state.wake_dispatcher.set()


def close_only(state: EngineState, follower: Follower, because: str | None, *, allowed: Decimal | None = None) -> None:
    """Let only exits go to a follower today, and say why, or release it; `allowed` is the loss that may follow."""
    follower.close_only = because
    stored = {persisted_flags.CLOSE_ONLY: because}
    if allowed is not None:
        follower.loss_allowed = allowed
        stored[persisted_flags.LOSS_ALLOWED] = str(allowed)
    state.journal.record([AccountDayChanged(follower.client_id, state.day, *item) for item in stored.items()])
    state.touch()
    state.wake_dispatcher.set()


def open_funds(state: EngineState, account: MasterState | Follower, client_id: ClientId, available: Decimal) -> None:
    """Take the day's first figure of what an account could use, in rupees."""
    account.day_funds = available
    state.touch()
    state.journal.record([AccountDayChanged(client_id, state.day, persisted_flags.FUNDS, str(available))])


def dismiss_orphan(state: EngineState, ref: PositionRef, quantity: int | None) -> None:
    """Take an orphaned position off the list until its quantity changes; None lists it again."""
    if quantity is None:
        del state.dismissed[ref]
    else:
        state.dismissed[ref] = quantity
    value = None if quantity is None else str(quantity)
    state.journal.record([FlagChanged(persisted_flags.orphaned(*ref), value)])
    state.wake_orphans.set()


def persist_flags(state: EngineState) -> None:
    """Write what the user switched for today, so that a restart of the same day finds it."""
    day = state.day.isoformat()
    outs = {
        persisted_flags.out(follower.client_id): day if follower.out_by_hand else None
        for follower in state.followers.values()
    }
    paused = day if state.rules.paused else None
    flags = outs | {persisted_flags.PAUSED: paused, persisted_flags.HALTED: state.rules.halted_because}
    state.journal.record([FlagChanged(name, value) for name, value in flags.items()])


def restore_halt(follower: Follower, because: str) -> None:
    """Take over that a follower was halted before the restart."""
    follower.halted_because = because


def restore_disabled(follower: Follower) -> None:
    """Take over that the user disabled a follower before the restart, on the same day."""
    follower.enabled, follower.out_by_hand = False, True


def restore_dismissed(state: EngineState, name: str, ref: PositionRef | None, quantity: int) -> None:
    """Take over that an orphaned position was dismissed; None forgets the flag: the position has changed since."""
    if ref is None:
        state.journal.record([FlagChanged(name, None)])
    else:
        state.dismissed[ref] = quantity
