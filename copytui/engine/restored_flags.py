"""What the user switched, and what holds for the day, taken over from the journal at start."""

from __future__ import annotations

from decimal import Decimal

from copytui.domain.events import EventKind, Level
from copytui.domain.orders import ClientId
from copytui.domain.times import trading_day
from copytui.engine.follower.follower import Lane
from copytui.engine.state import Desk
from copytui.journal import persisted_flags
from copytui.journal.recovered_state import Memory
from copytui.journal.statements import save_switch


def take_switches(desk: Desk, memory: Memory) -> None:
    """Take over a halt, and what is of the same day: a pause, followers taken out, first figures and loss limits.

    Each is told so that nobody can miss that copying starts held back.
    """
    today = desk.day.isoformat()
    if (because := memory.switches.get(persisted_flags.HALTED)) is not None:
        desk.tell(Level.ERROR, EventKind.RISK, "copytui", f"still halted from before: {because}")
    paused = memory.switches.get(persisted_flags.PAUSED) == today
    if paused:
        text = "still paused from before: nothing is copied until it is resumed"
        desk.tell(Level.WARN, EventKind.RISK, "copytui", text)
    for lane in desk.lanes.values():
        if memory.switches.get(persisted_flags.out(lane.client_id)) == today:
            lane.enabled, lane.out_by_hand = False, True
            desk.tell(Level.WARN, EventKind.RISK, lane.name, "still taken out from before")
        _take_day(desk, lane, memory)
    desk.master.day_funds = _amount(memory, desk, desk.master_id, persisted_flags.FUNDS)
    if because is not None or paused:
        desk.change_rules(halted_because=because, paused=paused)
    else:
        desk.keep_switches()
    _take_dismissed(desk, memory)
    desk.strange = {
        persisted_flags.position_before(name): int(units)
        for (account, day, name), units in memory.account_days.items()
        if account == desk.master_id and day == desk.day and name.startswith(persisted_flags.BEFORE)
    }


def _take_dismissed(desk: Desk, memory: Memory) -> None:
    """Take over which stranded positions were dismissed; those that have changed since are not any more."""
    now = {persisted_flags.stranded(*place): (place, holding.quantity) for place, holding in desk.positions}
    for name, value in memory.switches.items():
        if not name.startswith(persisted_flags.STRANDED):
            continue
        place, quantity = now.get(name, (None, 0))
        if place is not None and value == str(quantity):
            desk.dismissed[place] = quantity
        else:
            desk.journal.record([save_switch(name, None)])


def _take_day(desk: Desk, lane: Lane, memory: Memory) -> None:
    lane.day_funds = _amount(memory, desk, lane.client_id, persisted_flags.FUNDS)
    lane.loss_allowed = _amount(memory, desk, lane.client_id, persisted_flags.LOSS_ALLOWED)
    lane.close_only = memory.account_days.get((lane.client_id, desk.day, persisted_flags.CLOSE_ONLY))
    lane.traded = any(
        copy.filled and copy.follower == lane.client_id and trading_day(copy.moment) == desk.day
        for copy in memory.copies
    )
    if lane.close_only is not None:
        text = f"still close only from before: {lane.close_only}"
        desk.tell(Level.ERROR, EventKind.RISK, lane.name, text)


def _amount(memory: Memory, desk: Desk, account: ClientId, name: str) -> Decimal | None:
    kept = memory.account_days.get((account, desk.day, name))
    return None if kept is None else Decimal(kept)
