"""Going on from the journal: what was sending is unknown, what was queued waits for a clean book."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

from copytui.domain.copies import LIVE_AT_BROKER, UNSETTLED, WAITING, Copy, CopyState, copy_name
from copytui.domain.decisions import Verdict
from copytui.domain.events import EventKind, Level
from copytui.domain.orders import ClientId
from copytui.domain.positions import NOTHING, PositionKey, is_over, position_key
from copytui.domain.text import execution_words, order_words, trading_day
from copytui.engine.follower.follower import Lane
from copytui.engine.master.day_boundary import miss_part_fills
from copytui.engine.orders.approvals import Approvals
from copytui.engine.state import Desk
from copytui.journal import persisted_flags
from copytui.journal.recovered_state import KeptPosition, Memory
from copytui.journal.statements import save_position, save_switch


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


def recover(desk: Desk, memory: Memory, approvals: Approvals, *, told_until: datetime | None = None) -> None:
    """Take the journal's memory into `desk` and bring every unfinished copy onto the one path.

    What changed after `told_until` may stand in no log yet, so the observers are told of it again.
    """
    desk.looked_at_days = set(memory.looked_at)
    desk.known = {known.order.key: known for known in memory.known}
    desk.changed_orders.update(desk.known)
    desk.keys = {known.order.order_id: known.order.key for known in memory.known}
    desk.executions = {decided.id: decided for decided in memory.executions}
    desk.next_execution_id, desk.next_copy_id = memory.next_execution_id, memory.next_copy_id
    for client, because in memory.halted:
        if client in desk.lanes:
            desk.lanes[client].halted_because = because
            text = f"still halted from before: {because}"
            desk.tell(Level.ERROR, EventKind.RISK, desk.lanes[client].name, text)
    _take_positions(desk, memory)
    take_switches(desk, memory)
    unfinished: list[Copy] = []
    untold: list[Copy] = []
    for copy in memory.copies:
        desk.copies[copy.id] = copy
        desk.by_tag[copy.tag] = copy.id
        desk.by_execution.setdefault(copy.execution_id, []).append(copy.id)
        if copy.state in UNSETTLED or (copy.lacks_numbers and trading_day(copy.moment) == desk.day):
            unfinished.append(copy)
        elif told_until is not None and copy.changed_at >= told_until:
            untold.append(copy)
    untold += _other_slices(memory.copies, unfinished, untold)
    needed = {copy.execution_id for copy in (*unfinished, *untold)}
    for observer in desk.observers:
        for decided in memory.executions:
            if not decided.settled or decided.id in needed or (told_until and decided.decided_at >= told_until):
                observer.decided(decided)
        for copy in untold:
            observer.copied(copy)
    for copy in unfinished:
        _go_on(desk, copy)
    _ask_again(desk, approvals)
    if unfinished:
        desk.tell(Level.WARN, EventKind.PROGRAM, "copytui", f"going on with {len(unfinished)} unfinished copies")
    _name_missed(desk)
    miss_part_fills(desk, desk.day, _ended(desk, memory))
    _name_orphans(desk, memory)


def _other_slices(copies: Iterable[Copy], unfinished: Sequence[Copy], untold: Sequence[Copy]) -> list[Copy]:
    """Return the slices that have ended of copies that have not: a copy is told of as a whole."""
    known = {copy.id for copy in (*unfinished, *untold)}
    wholes = {copy_name(copy) for copy in unfinished if copy.slices > 1}
    return [copy for copy in copies if copy.slices > 1 and copy.id not in known and copy_name(copy) in wholes]


def _take_positions(desk: Desk, memory: Memory) -> None:
    """Take the holdings that copying built; what ended with an earlier day, or has expired, is gone."""
    for kept in memory.positions:
        if _is_over(desk, kept):
            desk.journal.record([save_position(kept.account, desk.master_id, kept.key, kept.day, NOTHING)])
        else:
            desk.positions.restore((kept.account, kept.key), kept.holding)
    for decided in memory.executions:
        closes = decided.execution.closes
        if closes is not None and closes.is_whole and decided.master == desk.master_id:
            desk.positions.master_is_out(position_key(decided.execution.order), decided.id, decided.decided_at)
    for copy in memory.copies:
        if copy.state is CopyState.SIMULATED and desk.rules.dry_run and trading_day(copy.created_at) == desk.day:
            desk.positions.simulate(copy)


def _ended(desk: Desk, memory: Memory) -> dict[PositionKey, int]:
    """Return what the master held of positions that are over: it tells which fills of that day were exits."""
    return {
        kept.key: kept.holding.quantity
        for kept in memory.positions
        if kept.account == desk.master_id and _is_over(desk, kept)
    }


def _is_over(desk: Desk, kept: KeptPosition) -> bool:
    return is_over(kept.key, desk.day, of_today=kept.day == desk.day)


def _name_orphans(desk: Desk, memory: Memory) -> None:
    """Tell what is left of copying another master: nobody's exits will ever close it."""
    for master, kept in memory.orphans:
        if _is_over(desk, kept):
            desk.journal.record([save_position(kept.account, master, kept.key, kept.day, NOTHING)])
        else:
            name = desk.settings.names.get(kept.account, kept.account)
            held = f"{kept.holding.quantity} {kept.key.symbol} {kept.key.product}"
            text = f"{held} were built from {master}, who is not the master any more: close them by hand, or keep them"
            desk.tell(Level.WARN, EventKind.RISK, name, text)


def _go_on(desk: Desk, copy: Copy) -> None:
    """Bring one unfinished copy to where it can be gone on with."""
    lane = desk.lanes.get(copy.follower)
    words = order_words(copy.order)
    gone = _what_is_gone(desk, copy)
    if gone and (lane is None or copy.state in WAITING):
        if copy.state is CopyState.QUEUED:
            desk.advance(copy, CopyState.FAILED, error=gone)
        elif copy.state is CopyState.ASKED:
            desk.advance(copy, CopyState.SKIPPED, error=gone)
        else:
            for observer in desk.observers:
                observer.copied(copy)
        who = lane.name if lane is not None else copy.follower
        desk.tell(
            Level.ERROR, EventKind.COPY, who, f"{words}: {copy.state}, and {gone}; look at that account", copy=copy
        )
        return
    if lane is None:
        return
    if trading_day(copy.moment) != desk.day and copy.state not in WAITING:
        if copy.state is CopyState.SENDING:
            copy = desk.advance(copy, CopyState.UNKNOWN, error="copytui stopped while it was being sent")
        desk.take_copy(copy)
        desk.tell_left(lane, copy)
        return
    now = desk.clock.monotonic()
    match copy.state:
        case CopyState.SENDING:
            text = "copytui stopped while it was being sent"
            unknown = desk.advance(copy, CopyState.UNKNOWN, error=text)
            desk.tell(
                Level.WARN,
                EventKind.COPY,
                lane.name,
                f"{words} unknown: {text}; looking it up by its tag",
                copy=unknown,
            )
        case CopyState.QUEUED:
            lane.clean_book_after[copy.id] = now
            desk.put_copy(copy, replace(copy, needs_clean_book=True))
        case _ if copy.state in {CopyState.UNKNOWN, CopyState.ASKED, CopyState.FILLED, *LIVE_AT_BROKER}:
            desk.take_copy(copy)
        case _:
            pass


def _what_is_gone(desk: Desk, copy: Copy) -> str | None:
    """Say what a copy belonged to that is not in the settings any more; None when all of it still is."""
    if copy.follower not in desk.lanes:
        return "this follower is not in the settings any more"
    decided = desk.executions.get(copy.execution_id)
    if decided is not None and decided.master != desk.master_id:
        return f"{decided.master} is not the master any more"
    return None


def _ask_again(desk: Desk, approvals: Approvals) -> None:
    """Ask again what was asked just before the stop; what is older has expired."""
    patience = timedelta(seconds=desk.settings.confirmation_timeout_seconds)
    for decided in list(desk.executions.values()):
        if decided.settled or decided.decision.verdict is not Verdict.ASK:
            continue
        if decided.day == desk.day and desk.clock.now() - decided.execution.seen_at < patience:
            approvals.ask(decided)
            text = f"#{decided.id} {execution_words(decided.execution)} still needs a yes"
            desk.tell(
                Level.ASK, EventKind.DECISION, "master", text, execution=decided.execution, execution_id=decided.id
            )
        else:
            approvals.expire_now(decided.id)


def _name_missed(desk: Desk) -> None:
    for decided in desk.executions.values():
        if not decided.settled and decided.decision.verdict is Verdict.MISSED:
            text = f"#{decided.id} {execution_words(decided.execution)} missed before: {decided.decision.sentence}"
            desk.tell(
                Level.WARN, EventKind.DECISION, "master", text, execution=decided.execution, execution_id=decided.id
            )
