"""What the user settles by hand: failed copies sent again or dismissed, unknown ones marked as not placed."""

from __future__ import annotations

from dataclasses import replace

from copytui.domain.copies import NOT_PLACED, WENT_WRONG, Copy, CopyState
from copytui.domain.events import EventKind, Level
from copytui.domain.positions import still_wanted
from copytui.domain.tags import copy_tag
from copytui.domain.text import order_words
from copytui.domain.times import trading_day
from copytui.engine.orders.manual import another_day, nobody_would_close, part_left, refusal_now
from copytui.engine.orders.retries import attempts
from copytui.engine.safety.halts import held_back
from copytui.engine.state import Desk
from copytui.journal.statements import save_copy


def retry(desk: Desk, copy_id: int) -> str:
    """Queue a failed or rejected copy again, under a new tag; the old one keeps its history."""
    copy = desk.copies.get(copy_id)
    if copy is None or copy.state not in WENT_WRONG or copy.dismissed:
        return "this copy has not failed"
    lane = desk.lanes.get(copy.follower)
    if lane is None:
        return "its follower is not in the settings any more"
    if desk.rules.dry_run:
        return "not sent: dry run"
    if lane.close_only is not None and copy.exit is None:
        return f"not sent: {lane.name} takes exits only, {lane.close_only}"
    rest = copy.order.quantity - copy.filled
    if rest <= 0:
        return "all of it has been filled"
    if no := _comes_too_late(desk, copy):
        return no
    if copy.exit is None and (no := refusal_now(desk, lane, copy.order)):
        return f"not sent: {no}"
    rest = _still_wanted(desk, copy, rest)
    if not rest:
        return "not sent: the master has closed the position since, or all but less than a lot of it"
    decided = desk.executions[copy.execution_id]
    again = 1 + max(other.retry for other in attempts(desk, copy))
    filled = decided.execution.order.filled
    tag = copy_tag(
        decided.day, decided.master, copy.order_key, filled, copy.follower,
        slice_number=copy.slice_number, attempt=again,
    )  # fmt: skip
    now = desk.clock.now()
    fresh = Copy(
        id=desk.next_copy_id,
        execution_id=copy.execution_id,
        order_key=copy.order_key,
        follower=copy.follower,
        order=replace(copy.order, tag=tag, quantity=rest),
        state=CopyState.QUEUED,
        created_at=now,
        changed_at=now,
        queued_at=now,
        needs_clean_book=True,
        retry=again,
        exit=copy.exit,
        slice_number=copy.slice_number,
        slices=copy.slices,
    )
    desk.next_copy_id += 1
    desk.put_copy(copy, replace(copy, dismissed=True))
    desk.journal.record([save_copy(fresh)])
    lane.clean_book_after[fresh.id] = desk.clock.monotonic()
    desk.add_copy(fresh)
    lane.wake_reader.set()
    words = f"{order_words(fresh.order)} tried again by hand"
    desk.tell(Level.INFO, EventKind.COPY, lane.name, words, copy=fresh)
    desk.wake_sender.set()
    waits = held_back(desk, lane, fresh)
    return words if waits is None else f"{words}, once nothing holds it back: {waits}"


def _comes_too_late(desk: Desk, copy: Copy) -> str:
    """Say why a copy must not be sent again at this time; '' when it may."""
    if no := another_day(desk, trading_day(copy.moment)):
        return no
    return "" if copy.exit is not None else nobody_would_close(desk, copy.order)


def _still_wanted(desk: Desk, copy: Copy, rest: int) -> int:
    """Return what is still wanted of a copy's `rest`: the master may have closed some of it since it was queued."""
    if copy.exit is not None:
        return rest
    decided = desk.executions[copy.execution_id]
    left = part_left(desk, decided, copy.queued_at or copy.created_at)
    return still_wanted(rest, left, decided.execution.order.lot_size)


def mark_not_placed(desk: Desk, copy_id: int) -> str:
    """End a copy as failed that is unknown, or accepted and in no book: the user has looked and it does not exist."""
    copy = desk.copies.get(copy_id)
    if copy is None or not (copy.state is CopyState.UNKNOWN or _is_missing(desk, copy)):
        return "this copy is not unknown"
    failed = desk.advance(copy, CopyState.FAILED, error=f"{NOT_PLACED} by hand")
    words = f"{order_words(copy.order)} marked as not placed"
    desk.tell(Level.WARN, EventKind.COPY, _name(desk, copy), words, copy=failed)
    return words


def dismiss(desk: Desk, copy_id: int) -> str:
    """Take a failed or rejected copy off the list of what needs the user."""
    copy = desk.copies.get(copy_id)
    if copy is None or copy.state not in WENT_WRONG:
        return "this copy has not failed"
    dismissed = replace(copy, dismissed=True)
    desk.put_copy(copy, dismissed)
    words = f"{order_words(copy.order)} dismissed"
    desk.tell(Level.INFO, EventKind.COPY, _name(desk, copy), words, copy=dismissed)
    return words


def _is_missing(desk: Desk, copy: Copy) -> bool:
    lane = desk.lanes.get(copy.follower)
    return lane is not None and lane.is_missing(copy)


def _name(desk: Desk, copy: Copy) -> str:
    lane = desk.lanes.get(copy.follower)
    return lane.name if lane is not None else copy.follower
