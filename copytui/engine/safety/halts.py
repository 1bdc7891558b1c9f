"""What holds orders back whatever the rules decided: the gate before every send, halts, and close only."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

from copytui.domain.copies import Copy, CopyState
from copytui.domain.events import EventKind, Level
from copytui.domain.executions import Origin
from copytui.domain.positions import position_key
from copytui.domain.risk import Runaway, runaway
from copytui.domain.text import order_words, trading_day
from copytui.engine.follower.follower import Lane
from copytui.engine.state import Desk
from copytui.journal import persisted_flags
from copytui.journal.statements import save_account_day

_JUST_NOW = timedelta(seconds=60)


def gate(desk: Desk) -> str | None:
    """Say why nothing at all may be sent at this moment; None when orders may leave, if only those of a flatten."""
    if desk.stopping:
        return "copytui is stopping"
    if desk.rules.dry_run:
        return "dry run"
    if desk.rules.paused:
        return "paused"
    return desk.journal.trouble


def held_back(desk: Desk, lane: Lane, copy: Copy) -> str | None:
    """Say why `copy` may not be sent at this moment; None when it may leave.

    Asked before an intent is written and once more before the post (invariant 3). A halt, and a follower that is
    taken out, hold back all but what the user has closed by hand.
    """
    closed = gate(desk)
    if closed is not None:
        return closed
    if desk.between_days and (is_left_over(desk, copy) or position_key(copy.order).ends_with_the_day):
        return "the first look at the master on a new day is still to come"
    if not lane.ready:
        return waiting_for(lane)
    if copy.withdrawn is not None or copy.id in lane.unwanted:
        return copy.withdrawn or lane.unwanted[copy.id]
    if is_by_hand(desk, copy):
        return None
    if desk.rules.halted_because is not None:
        return f"halted: {desk.rules.halted_because}"
    return None if lane.armed else waiting_for(lane)


def is_left_over(desk: Desk, copy: Copy) -> bool:
    """Tell whether a copy was queued on an earlier day than today, by our clock too, and not just before midnight."""
    queued, now = copy.queued_at or copy.created_at, desk.clock.now()
    return trading_day(queued) < min(desk.today, trading_day(now)) and now - queued > _JUST_NOW


def is_by_hand(desk: Desk, copy: Copy) -> bool:
    """Tell whether a copy closes a position because the user said so (a flatten), and no order of the master's."""
    decided = desk.executions.get(copy.execution_id)
    return decided is not None and decided.execution.origin is Origin.BY_HAND


def waiting_for(lane: Lane) -> str:
    """Say what a lane's queue is waiting for."""
    if not lane.enabled:
        return "this follower is taken out"
    if lane.halted_because is not None:
        return f"halted: {lane.halted_because}"
    if lane.misrouted is not None:
        return lane.misrouted
    if lane.session_lost:
        return "its session was refused"
    if not lane.armed:
        return lane.session_text or lane.session
    return "an earlier order of the same symbol, or the rate limits"


def running_away(desk: Desk, copy: Copy) -> Runaway | None:
    """Say why sending `copy` now shows that copying has run away; None when it may go."""
    copies = sum(other.follower == copy.follower for other in desk.copies_of(copy.execution_id))
    most = desk.settings.risk.max_orders_per_symbol_per_minute
    return runaway(copy.order.symbol, desk.sends.before(copy, copies), desk.clock.monotonic(), most)


def stop_running_away(desk: Desk, lane: Lane, copy: Copy, found: Runaway) -> None:
    """Halt everything, and end the copy that must never be sent."""
    if found.impossible and copy.state is CopyState.QUEUED:
        failed = desk.advance(copy, CopyState.FAILED, error=f"not sent: {found.sentence}")
        text = f"internal error: {order_words(copy.order)} not sent: {found.sentence}"
        desk.tell(Level.ERROR, EventKind.COPY, lane.name, text, copy=failed)
    halt(desk, f"{lane.name}: {found.sentence}")


def halt(desk: Desk, because: str) -> None:
    """Stop all sending until the user releases it; survives a restart. A halt that holds keeps its first reason."""
    if desk.rules.halted_because is not None:
        return
    desk.change_rules(halted_because=because)
    desk.tell(Level.ERROR, EventKind.RISK, "copytui", f"halted: {because}; nothing is sent until it is released")


def close_only(desk: Desk, lane: Lane, because: str | None, *, allowed: Decimal | None = None) -> None:
    """Let only exits go to a follower for the rest of the day, or (None) entries again.

    `allowed` is the loss in rupees at which it comes to that again.
    """
    lane.close_only = because
    kept = {persisted_flags.CLOSE_ONLY: because}
    if allowed is not None:
        lane.loss_allowed = allowed
        kept[persisted_flags.LOSS_ALLOWED] = str(allowed)
    desk.journal.record([save_account_day(lane.client_id, desk.day, *item) for item in kept.items()])
    desk.version += 1
    desk.wake_sender.set()


def drop_unwanted(desk: Desk, lane: Lane) -> None:
    """Drop queued copies that must not leave any more: cancelled by hand, or entries of a close-only follower."""
    for id_ in tuple(lane.queue):
        copy = desk.copies[id_]
        if lane.posting == id_ or copy.state is not CopyState.QUEUED:
            continue
        why = copy.withdrawn or lane.unwanted.get(id_)
        if why is None and lane.close_only is not None and copy.exit is None:
            why = f"close only: {lane.close_only}"
        if why is not None:
            dropped = desk.advance(copy, CopyState.SKIPPED, error=why)
            desk.tell(Level.WARN, EventKind.COPY, lane.name, f"{order_words(copy.order)} not sent: {why}", copy=dropped)


def count_failure(desk: Desk, lane: Lane) -> None:
    """Count a failed, rejected or unknown copy; as many in a row as the settings say halt the follower."""
    lane.failures_in_a_row += 1
    limit = desk.settings.risk.halt_after_failures
    if lane.failures_in_a_row >= limit:
        desk.halt_follower(lane, f"{lane.failures_in_a_row} copies in a row went wrong")


_LOOK_SECONDS = 1.0
_BECAUSE = "the file STOP was found"


class StopFile:
    """Looks for the file once a second, in a thread: a slow disk must not hold up the loop."""

    def __init__(self, desk: Desk, is_there: Callable[[], bool] | None) -> None:
        """Halt `desk` when `is_there` says so; None looks for nothing."""
        self._desk = desk
        self._is_there = is_there

    async def look(self) -> bool:
        """Halt if the file is there, and tell whether it is."""
        if self._is_there is None or not await asyncio.to_thread(self._is_there):
            return False
        halt(self._desk, _BECAUSE)
        return True

    async def run(self) -> None:
        """Look again and again; runs until cancelled."""
        while True:
            await self.look()
            await self._desk.clock.wait(asyncio.Event(), _LOOK_SECONDS if self._is_there is not None else None)
