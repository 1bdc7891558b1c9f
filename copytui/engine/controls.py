"""Transitions of the switches: rules, halts, close only, disabled followers, dismissed orphaned positions, expiries.

`copytui.engine.state` has the transitions of orders and executions. What must survive a restart is recorded in the
journal in the same step.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

from copytui.domain.changes import AccountDayChanged, Change, FlagChanged, FollowerHalted, PositionChanged
from copytui.domain.drift import Detachment, HeldUnits
from copytui.domain.events import EventCode, EventKind, Level
from copytui.domain.orders import BookOrder, ClientId, Exchange
from copytui.domain.positions import NOTHING, PositionKey, position_key
from copytui.domain.pre_existing import reduced
from copytui.domain.unreadable import UnreadableOrder
from copytui.engine.follower.follower import Follower
from copytui.engine.ports import MasterState
from copytui.engine.positions import PositionRef
from copytui.engine.state import EngineState
from copytui.journal import persisted_flags


def switch(state: EngineState, **changes: object) -> None:
    """Replace rules, from the next decision and the next order on. A halt and a pause are stored."""
    state.rules = replace(state.rules, **changes)  # type: ignore[arg-type]  # replace checks the names
    if changes.get("dry_run") is False:
        state.positions.forget_simulated()
    if "paused" in changes:
        state.restored_flags.discard(persisted_flags.PAUSED)
        state.paused_since = state.clock.monotonic() if state.rules.paused else None
    if "halted_because" in changes:
        state.order_rate.reset()
    persist_flags(state)
    state.touch()
    state.wake_dispatcher.set()


def enable(state: EngineState, follower: Follower, *, enabled: bool) -> None:
    """Enable or disable a follower, until the user switches it again or the day ends."""
    follower.enabled, follower.disabled_by_user = enabled, not enabled
    state.restored_flags.discard(persisted_flags.disabled(follower.client_id))
    persist_flags(state)
    state.wake_dispatcher.set()


def halt_follower(state: EngineState, follower: Follower, because: str) -> None:
    """Halt one follower until the user releases it; survives a restart."""
    if follower.halted_because is not None:
        return
    follower.halted_because = because
    state.journal.record([FollowerHalted(follower.client_id, because)])
    state.emit(Level.ERROR, EventKind.RISK, follower.name, f"halted: {because}", code=EventCode.HALTED)


def release_follower(state: EngineState, follower: Follower) -> None:
    """Release a halted follower."""
    follower.halted_because = None
    follower.count_failure(succeeded=True)
    state.journal.record([FollowerHalted(follower.client_id, None)])
    state.wake_dispatcher.set()


def close_only(state: EngineState, follower: Follower, because: str | None, *, allowed: Decimal | None = None) -> None:
    """Make a follower close only for today, or release it (None); `allowed` is the loss allowed after a release."""
    follower.close_only = because
    stored = {persisted_flags.CLOSE_ONLY: because}
    if allowed is not None:
        follower.loss_allowed = allowed
        stored[persisted_flags.LOSS_ALLOWED] = str(allowed)
    state.journal.record([AccountDayChanged(follower.client_id, state.day, *item) for item in stored.items()])
    state.touch()
    state.wake_dispatcher.set()


def open_funds(state: EngineState, account: MasterState | Follower, client_id: ClientId, available: Decimal) -> None:
    """Store the day's first figure of an account's available funds, in rupees."""
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


def note_held(state: EngineState, account: ClientId, others: Collection[PositionKey], at: datetime) -> None:
    """Record what the broker says of an account's positions and of `others`, where it has changed; read at `at`."""
    changes = []
    for key, units in list(state.positions.figures_to_note(account, others)):
        figure = HeldUnits(units, at)
        state.positions.note_held((account, key), figure)
        name, value = persisted_flags.held(key), persisted_flags.held_text(figure)
        changes.append(AccountDayChanged(account, state.day, name, value))
    if changes:
        state.journal.record(changes)
        state.touch()


def detach(state: EngineState, ref: PositionRef) -> Detachment:
    """Give a position to its owner: copying has nothing there any more. Returns what was given away."""
    account, key = ref
    units = state.positions.held(ref).quantity
    gone = Detachment(units, state.day, state.clock.now(), state.next_execution_id - 1, state.next_copy_id - 1)
    state.positions.detach(ref, gone)
    state.journal.record(
        [
            PositionChanged(account, state.master_id, key, state.day, NOTHING),
            FlagChanged(persisted_flags.detached(*ref), persisted_flags.detachment_text(gone)),
        ]
    )
    state.touch()
    state.wake_orphans.set()
    return gone


def dismiss_out_of_step(state: EngineState, ref: PositionRef, mark: str | None) -> None:
    """Take a position that is out of step off the list until its figures change; None lists it again."""
    if mark is None:
        del state.dismissed_marks[ref]
    else:
        state.dismissed_marks[ref] = mark
    state.journal.record([FlagChanged(persisted_flags.out_of_step(*ref), mark)])
    state.touch()


def list_unreadable(state: EngineState, found: UnreadableOrder) -> None:
    """List an order that cannot be read, until it can be or the user dismisses it; survives a restart."""
    if found.id not in state.unreadable:
        _put_unreadable(state, found)


def dismiss_unreadable(state: EngineState, found: UnreadableOrder) -> None:
    """Take an order that cannot be read off the list; as long as the book shows it, it is not listed again."""
    _put_unreadable(state, replace(found, is_dismissed=True))


def forget_unreadable(state: EngineState, id_: str) -> None:
    """Drop an order that can be read by now, or of which nothing has executed."""
    if state.unreadable.pop(id_, None) is not None:
        state.journal.record([FlagChanged(persisted_flags.unreadable(id_), None)])
        state.touch()


def restore_unreadable(state: EngineState, flags: Mapping[str, str]) -> None:
    """Restore the orders that cannot be read; a dismissed one of an earlier day is in no order book any more."""
    for name, value in flags.items():
        if not name.startswith(persisted_flags.UNREADABLE):
            continue
        found = persisted_flags.unreadable_from(value)
        if found.is_dismissed and found.day < state.day:
            state.journal.record([FlagChanged(name, None)])
        else:
            state.unreadable[found.id] = found


def _put_unreadable(state: EngineState, found: UnreadableOrder) -> None:
    state.unreadable[found.id] = found
    name, value = persisted_flags.unreadable(found.id), persisted_flags.unreadable_text(found)
    state.journal.record([FlagChanged(name, value)])
    state.touch()


def learn_older(state: EngineState, units: Mapping[PositionKey, int], trouble: str | None) -> None:
    """Take what the master had before copytui watched, in signed units; `trouble` says why that is not all."""
    names = {*state.pre_existing, *units}
    state.pre_existing, state.pre_existing_trouble = dict(units), trouble
    values = {persisted_flags.before(key): str(units.get(key, 0)) for key in names}
    values[persisted_flags.BEFORE_TROUBLE] = trouble or ""
    state.journal.record([AccountDayChanged(state.master_id, state.day, *item) for item in values.items()])
    state.touch()


def reduce_older(state: EngineState, order: BookOrder, quantity: int) -> list[Change]:
    """Count `quantity` units of an order against the master's older position; returns the changes to record."""
    left = reduced(state.pre_existing, position_key(order), order.side, quantity)
    state.pre_existing.update(left)
    return [
        AccountDayChanged(state.master_id, state.day, persisted_flags.before(key), str(units))
        for key, units in left.items()
    ]


def learn_expiry(state: EngineState, exchange: Exchange, symbol: str, expiry: date | None) -> None:
    """Remember when a contract expires, as a row or the instrument list says, also over a restart.

    What trades today has not expired: an earlier day is not believed.
    """
    if expiry is not None and expiry >= state.day and state.positions.learn_expiry(exchange, symbol, expiry):
        state.journal.record([FlagChanged(persisted_flags.expiry(exchange, symbol), expiry.isoformat())])


def restore_expiry(state: EngineState, name: str, expiry: date, *, is_needed: bool) -> None:
    """Restore when a contract expires; `name` is its flag, removed once nothing needs it any more."""
    state.positions.learn_expiry(*persisted_flags.contract_of(name), expiry)
    if not is_needed:
        state.journal.record([FlagChanged(name, None)])


def persist_flags(state: EngineState) -> None:
    """Store the halt, and the pause and disabled followers of today, for a restart."""
    day = state.day.isoformat()
    disabled = {
        persisted_flags.disabled(follower.client_id): day if follower.disabled_by_user else None
        for follower in state.followers.values()
    }
    paused = day if state.rules.paused else None
    flags = disabled | {persisted_flags.PAUSED: paused, persisted_flags.HALTED: state.rules.halted_because}
    state.journal.record([FlagChanged(name, value) for name, value in flags.items()])


def restore_day(
    state: EngineState, master_funds: Decimal | None, pre_existing: Mapping[PositionKey, int], trouble: str | None
) -> None:
    """Restore the day's values: the master's first funds figure and his older positions."""
    state.master.day_funds, state.pre_existing = master_funds, dict(pre_existing)
    state.pre_existing_trouble = trouble


def restore_halt(follower: Follower, because: str) -> None:
    """Restore a follower's halt from before the restart."""
    follower.halted_because = because


def restore_disabled(state: EngineState, follower: Follower) -> None:
    """Restore that the user disabled a follower earlier today; it ends with that day."""
    follower.enabled, follower.disabled_by_user = False, True
    state.restored_flags.add(persisted_flags.disabled(follower.client_id))


def restore_switches(state: EngineState, *, paused: bool, halted_because: str | None) -> None:
    """Restore the halt, and the pause of earlier today, which ends with that day."""
    switch(state, halted_because=halted_because, paused=paused)
    if paused:
        state.restored_flags.add(persisted_flags.PAUSED)


def restore_dismissed(state: EngineState, name: str, ref: PositionRef | None, quantity: int) -> None:
    """Restore a dismissed orphaned position; where `ref` is None the position has changed, and the flag is removed."""
    if ref is None:
        state.journal.record([FlagChanged(name, None)])
    else:
        state.dismissed[ref] = quantity


def restore_positions_to_compare(state: EngineState, flags: Mapping[str, str]) -> None:
    """Restore which positions were given to their owners, and which ones out of step were dismissed."""
    for name, value in flags.items():
        if name.startswith(persisted_flags.DETACHED):
            state.positions.restore_detached(persisted_flags.ref_of(name), persisted_flags.detachment_from(value))
        elif name.startswith(persisted_flags.OUT_OF_STEP):
            state.dismissed_marks[persisted_flags.ref_of(name)] = value
