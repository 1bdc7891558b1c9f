"""Slicing after a refusal: an order that the broker refused for the freeze quantity is sent again in slices, once.

Its refusal proves that it does not exist, so the rules are those of a retry: a new tag for each slice, a clean order
book first, and no more than is still wanted. A slice that is refused again stays failed.
"""

from __future__ import annotations

from datetime import timedelta

from copytui.domain.copies import ChildOrder, CopyState, Resolution, cut_from, part_number
from copytui.domain.events import EventKind, Level
from copytui.domain.freeze import names_the_freeze, parts_after_refusal
from copytui.domain.text import order_words
from copytui.engine.follower.follower import Follower
from copytui.engine.orders.manual import attempts, new_attempt
from copytui.engine.safety.gate_facts import retry_refusal, wanted_of
from copytui.engine.state import EngineState


def slice_after_refusal(state: EngineState, follower: Follower, copy: ChildOrder) -> None:
    """Send a refused order again in slices, if it was refused for the freeze quantity; else it stays failed."""
    decided = state.executions.get(copy.execution_id)
    if decided is None or state.stopping or not _is_refused_for_freeze(copy) or _is_too_old(state, copy):
        return
    wanted, left = wanted_of(state, copy, copy.order.quantity)
    parts = parts_after_refusal(wanted, decided.execution.order.lot_size, copy.error or "")
    if not parts or _would_run_away(state, copy, len(parts)) or retry_refusal(state, copy, wanted, left) is not None:
        return
    again = 1 + max(other.retry for other in attempts(state, copy))
    slices = [
        new_attempt(
            state, copy, attempt=again, quantity=units, slice_number=part_number(copy.slice_number, place),
            slices=len(parts),
        )
        for place, units in enumerate(parts)
    ]  # fmt: skip
    state.plan(*slices, clean_book_after=state.clock.monotonic(), instead_of=copy)
    follower.wake_book_reader.set()
    text = f"{order_words(copy.order)} is sent again in {len(parts)} slices: {copy.error}"
    state.emit(Level.WARN, EventKind.COPY, follower.name, text, copy=slices[0])
    state.wake_dispatcher.set()


def _is_refused_for_freeze(copy: ChildOrder) -> bool:
    """Tell whether an order provably does not exist because of the freeze quantity, and was not cut before."""
    is_refused = copy.state is CopyState.REJECTED or (
        copy.state is CopyState.FAILED and copy.resolution is Resolution.REFUSED
    )
    is_whole = cut_from(copy.slice_number) is None
    return is_refused and is_whole and not copy.filled and not copy.dismissed and names_the_freeze(copy.error or "")


def _would_run_away(state: EngineState, copy: ChildOrder, slices: int) -> bool:
    """Tell whether the slices and the refused order are more entries than the runaway guard allows: it would halt."""
    most = state.settings.risk.max_orders_per_symbol_per_minute
    return copy.exit is None and 0 < most < slices + 1


def _is_too_old(state: EngineState, copy: ChildOrder) -> bool:
    """Tell whether it is too late to open a position by itself, as after a restart; an exit is never too old."""
    age = state.clock.now() - (copy.queued_at or copy.created_at)
    return copy.exit is None and age > timedelta(seconds=state.settings.master.max_order_age_seconds)
