"""Queued exits: what they wait for, how much they close, and entries that come too late.

An exit is planned by the expected fills and resized by the actual fills when it leaves. It waits for the earlier
entries of its position, and those that are still working are cancelled.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

from copytui.broker.port import Call
from copytui.domain.copies import LIVE_AT_BROKER, NOTHING_LEFT, ChildOrder, CopyState
from copytui.domain.decisions import Verdict
from copytui.domain.events import EventKind, Level
from copytui.domain.executions import Execution
from copytui.domain.gates import MASTER_CLOSED
from copytui.domain.positions import PositionKey, position_key
from copytui.domain.reasons import Reason
from copytui.domain.text import order_words
from copytui.engine.follower.follower import Follower
from copytui.engine.orders.approvals import Approvals
from copytui.engine.positions import siblings
from copytui.engine.state import EngineState

LIMITED_SECONDS = 5.0
"""After this long an exit that the order limits hold back is reported, and needs attention."""
_PART_SECONDS = 3.0
"""How long a partial exit waits for entries to fill; a marketable order takes tenths of a second."""


def must_wait(state: EngineState, copy: ChildOrder) -> bool:
    """Return whether an exit has to wait for earlier orders."""
    return copy.exit is not None and bool(state.positions.goes_before(copy))


def quantity_now(state: EngineState, copy: ChildOrder) -> int:
    """Return how many units an exit closes if it leaves now: at most the plan, and at most what copying built."""
    if copy.exit is None:
        return copy.order.quantity
    key = position_key(copy.order)
    # Somebody may have closed the position manually, or the broker squared it off: the account's order book shows all
    # of an intraday position, and an exit must not open the opposite one.
    there = _held_there(state.followers[copy.follower], key) if key.ends_with_the_day else None
    free = state.positions.free_to_close(copy, there)
    others = siblings(state.copies_of(copy.execution_id), copy)
    taken = sum(other.filled for other in others)
    taken += sum(other.outstanding for other in others if other.state is not CopyState.QUEUED or other.id < copy.id)
    decided = state.executions.get(copy.execution_id)
    lot = decided.execution.order.lot_size if decided is not None else 0
    units = min(copy.order.quantity, free)
    if not copy.exit.is_whole:
        # One lot more than the share of the fills: earlier exits may have carried that much over to this one.
        share = Fraction(copy.exit.closing, copy.exit.held) * (free + taken) + lot
        units = min(units, int(share) - taken)
    return max(units // lot * lot if lot > 0 else units, 0)


def _held_there(follower: Follower, key: PositionKey) -> int | None:
    """Return the net quantity in the account's order book; None before the first one, or without orders."""
    return None if follower.book is None else follower.book.net.get(key)


def resize_exit(state: EngineState, copy: ChildOrder) -> ChildOrder | None:
    """Return an exit as it leaves now; None when nothing is left to close, which ends it as skipped."""
    quantity = quantity_now(state, copy)
    if quantity == copy.order.quantity:
        return copy
    follower = state.followers[copy.follower]
    words = order_words(copy.order)
    if quantity <= 0:
        ended = state.advance(copy, CopyState.SKIPPED, error=NOTHING_LEFT)
        state.emit(Level.INFO, EventKind.COPY, follower.name, f"{words} skipped: {NOTHING_LEFT}", copy=ended)
        return None
    smaller = state.amend(copy, order=replace(copy.order, quantity=quantity))
    text = f"{words} is sent with {quantity}: no more is there to close"
    state.emit(Level.INFO, EventKind.COPY, follower.name, text, copy=smaller)
    return smaller


def held_exits(state: EngineState, follower: Follower) -> Iterator[tuple[ChildOrder, tuple[ChildOrder, ...]]]:
    """Yield a follower's waiting exits, each with the orders that it waits for."""
    for id_ in follower.queue:
        copy = state.copies[id_]
        if copy.state is CopyState.QUEUED and must_wait(state, copy):
            yield copy, state.positions.goes_before(copy)


def report_limited_exits(state: EngineState, follower: Follower) -> None:
    """Report each exit that the order limits have held back for long: the master is out, and the follower is not."""
    if not follower.queue or not follower.armed or (wait := follower.account.ready_in(Call.EXIT)) <= 0:
        return
    now = state.clock.monotonic()
    for id_ in follower.queue:
        copy, tracking = state.copies[id_], follower.tracking_of(id_)
        if copy.exit is None or copy.state is not CopyState.QUEUED or tracking.is_limit_reported:
            continue
        if follower.track(id_).count_limit(now) > LIMITED_SECONDS:
            follower.track(id_).report_limit()
            text = f"exit {order_words(copy.order)} waits: the order limits hold it back for {wait:.0f} s more"
            state.emit(Level.WARN, EventKind.COPY, follower.name, text, copy=copy)


def limited_exits(state: EngineState) -> frozenset[int]:
    """Return the ids of the exits that have been reported as held back by the order limits and still wait."""
    return frozenset(
        id_
        for follower in state.followers.values()
        for id_ in follower.queue
        if follower.tracking_of(id_).is_limit_reported and state.copies[id_].state is CopyState.QUEUED
    )


def entries_to_cancel(state: EngineState, follower: Follower) -> list[ChildOrder]:
    """Return the entries to cancel: still working in an order book read after an exit began to wait for them.

    A partial exit first gives them some seconds to fill: a cancel would take more away than the exit closes.
    """
    late: dict[int, ChildOrder] = {}
    for exit_, before in held_exits(state, follower):
        since = follower.tracking_of(exit_.id).clean_book_after
        if since is None:
            follower.track(exit_.id).await_clean_book(state.clock.monotonic() + _patience(exit_))
            follower.wake_book_reader.set()
        elif follower.book_asked_at is not None and follower.book_asked_at >= since:
            late |= {
                copy.id: copy
                for copy in before
                if copy.exit is None and copy.state in LIVE_AT_BROKER and copy.cancel_reason is None
            }
    return list(late.values())


def _patience(exit_: ChildOrder) -> float:
    whole = exit_.exit is None or exit_.exit.is_whole
    return 0.0 if whole else _PART_SECONDS


def drop_late_entries(state: EngineState, follower: Follower) -> None:
    """Drop entries that were queued again after the master closed their position."""
    for id_ in tuple(follower.queue):
        copy = state.copies[id_]
        if copy.state is CopyState.QUEUED and follower.posting != id_ and state.positions.came_too_late(copy):
            _drop(state, follower, copy)


def _drop(state: EngineState, follower: Follower, copy: ChildOrder) -> None:
    dropped = state.advance(copy, CopyState.SKIPPED, error=MASTER_CLOSED)
    text = f"{order_words(copy.order)} not sent: {MASTER_CLOSED}"
    state.emit(Level.WARN, EventKind.COPY, follower.name, text, copy=dropped)


def drop_waiting_entries(state: EngineState, approvals: Approvals, execution: Execution) -> None:
    """Drop entries that were not sent, now that the master is out: no exit would close them."""
    key = position_key(execution.order)
    for follower in state.followers.values():
        for copy in state.positions.working((follower.client_id, key)):
            if copy.state is CopyState.QUEUED and copy.exit is None and follower.posting != copy.id:
                _drop(state, follower, copy)
    for id_ in tuple(approvals.waiting):
        asked = state.executions[id_]
        if (
            asked.decision.verdict is Verdict.ASK
            and position_key(asked.execution.order) == key
            and asked.execution.order.side is not execution.order.side
            and asked.execution.closes is None
        ):
            approvals.close(id_, Reason.MASTER_OUT, f"{MASTER_CLOSED}: not copied")
