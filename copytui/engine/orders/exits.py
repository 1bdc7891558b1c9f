"""Queued exits: what they wait for, how much they close, and entries that come too late.

An exit is planned by the expected fills and resized by the actual fills when it leaves. It waits for the earlier
entries of its position, and those that are still working are cancelled.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

from copytui.broker.port import Call
from copytui.domain.copies import LIVE_AT_BROKER, NO_LONGER_HELD, NOTHING_LEFT, ChildOrder, CopyState
from copytui.domain.decisions import Verdict
from copytui.domain.events import EventKind, Level
from copytui.domain.executions import Execution
from copytui.domain.gates import MASTER_CLOSED
from copytui.domain.positions import closable, position_key, signed
from copytui.domain.reasons import Reason
from copytui.domain.reconcile import fills_not_in_book
from copytui.domain.text import order_words, trading_day
from copytui.engine.follower.follower import HELD_PATIENCE_SECONDS, Follower
from copytui.engine.orders.approvals import Approvals
from copytui.engine.positions import siblings
from copytui.engine.state import EngineState

_FRESH_SECONDS = 5.0
"""Older position figures are read again before an exit leaves."""
LIMITED_SECONDS = 5.0
"""After this long an exit that the order limits hold back is reported, and needs attention."""
_PART_SECONDS = 3.0
"""How long a partial exit waits for entries to fill; a marketable order takes tenths of a second."""


def must_wait(state: EngineState, copy: ChildOrder) -> bool:
    """Return whether an exit has to wait for earlier orders."""
    return copy.exit is not None and bool(state.positions.orders_before(copy))


def quantity_now(state: EngineState, copy: ChildOrder) -> int:
    """Return how many units an exit closes if it leaves now: at most the plan, and at most what copying built."""
    if copy.exit is None:
        return copy.order.quantity
    key = position_key(copy.order)
    # Somebody may have closed the position manually, or the broker squared it off: the account's order book shows all
    # of an intraday position, and an exit must not open the opposite one.
    there = _held_there(state, copy) if key.ends_with_the_day else None
    proven = state.positions.proven(copy)
    free = min(state.positions.free_to_close(copy, there), state.positions.free_to_close(copy, proven))
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
    # A whole position goes as it is: it may have been built when the lot had another size.
    return max(units // lot * lot if lot > 0 and not copy.exit.is_whole else units, 0)


def _held_there(state: EngineState, copy: ChildOrder) -> int | None:
    """Return what the account holds by its order book; None before the first one, or without orders.

    Fills of our own that the book lacks are added: without their rows it would show too small a position.
    """
    follower, key = state.followers[copy.follower], position_key(copy.order)
    net = None if follower.book is None else follower.book.net.get(key)
    return net if net is None else net + sum(signed(other.order.side, n) for other, n in _not_in_book(state, copy))


def _not_in_book(state: EngineState, exit_: ChildOrder) -> list[tuple[ChildOrder, int]]:
    """Return the fills of an exit's position that the account's order book lacks, where it shows less than we know."""
    follower, key = state.followers[exit_.follower], position_key(exit_.order)
    built = closable(state.positions.held((exit_.follower, key)).quantity, exit_.order.side)
    if follower.book is None or closable(follower.book.net.get(key, 0), exit_.order.side) >= built:
        return []
    mine = (
        copy
        for copy in state.copies.values()
        if copy.filled
        and copy.follower == exit_.follower
        and position_key(copy.order) == key
        and trading_day(copy.moment) == state.day
    )
    return fills_not_in_book(mine, follower.book.fills)


def _report_incomplete_book(state: EngineState, exit_: ChildOrder) -> None:
    """Report our own orders that the account's order book lacks, each once, and have it read again."""
    lacking = _not_in_book(state, exit_) if position_key(exit_.order).ends_with_the_day else []
    follower = state.followers[exit_.follower]
    for copy, _units in lacking:
        if follower.report_row(f"lacking {copy.tag}"):
            text = (
                f"its order book lacks {order_words(copy.order)} ({copy.order_id}), which has filled {copy.filled}:"
                " exits go by the fills that were reported, and the order book is read again"
            )
            state.emit(Level.WARN, EventKind.COPY, follower.name, text, copy=copy)
    if lacking:
        follower.read_soon(state.clock.monotonic())


def awaits_figures(state: EngineState, follower: Follower, copy: ChildOrder) -> bool:
    """Return whether an exit waits a moment for the account's position figures, and ask for them where they are old."""
    if copy.exit is None:
        return False
    now, wanted = state.clock.monotonic(), follower.held_wanted_at
    if follower.held is not None and now - follower.held.asked_at <= _FRESH_SECONDS:
        return False
    if wanted is None or now > wanted + _FRESH_SECONDS:
        follower.want_held(now)
        return True
    return now < wanted + HELD_PATIENCE_SECONDS


def resize_exit(state: EngineState, copy: ChildOrder) -> ChildOrder | None:
    """Return an exit as it leaves now; None when nothing is left to close, which ends it as skipped."""
    _report_incomplete_book(state, copy)
    quantity = quantity_now(state, copy)
    if quantity == copy.order.quantity:
        return copy
    follower = state.followers[copy.follower]
    words = order_words(copy.order)
    if quantity <= 0:
        gone = state.positions.proven(copy) is not None and state.positions.free_to_close(copy) > 0
        text = NO_LONGER_HELD if gone else NOTHING_LEFT
        ended = state.advance(copy, CopyState.SKIPPED, error=text)
        state.emit(Level.INFO, EventKind.COPY, follower.name, f"{words} skipped: {text}", copy=ended)
        return None
    smaller = state.amend(copy, order=replace(copy.order, quantity=quantity))
    text = f"{words} reduced to {quantity}: no more is left to close"
    state.emit(Level.INFO, EventKind.COPY, follower.name, text, copy=smaller)
    return smaller


def held_exits(state: EngineState, follower: Follower) -> Iterator[tuple[ChildOrder, tuple[ChildOrder, ...]]]:
    """Yield a follower's waiting exits, each with the orders that it waits for."""
    for id_ in follower.queue:
        copy = state.copies[id_]
        if copy.state is CopyState.QUEUED and must_wait(state, copy):
            yield copy, state.positions.orders_before(copy)


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
