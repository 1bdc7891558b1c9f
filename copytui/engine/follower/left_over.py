"""Orders that were working or unknown when their day ended: the next day's figures say what became of them.

Their order book is gone. Until the account's positions have been read on the new day, no exit of such a position
leaves: what is there to close is not known (docs/copying-rules.md, "Orders left over from an earlier day").
"""

from __future__ import annotations

from copytui.domain.copies import ChildOrder, CopyState
from copytui.domain.events import EventKind, Level
from copytui.domain.held import HeldFigures
from copytui.domain.positions import PositionKey, signed
from copytui.domain.text import order_words
from copytui.engine.follower.follower import Follower
from copytui.engine.state import EngineState


def settle_left_over(state: EngineState, follower: Follower, figures: HeldFigures) -> None:
    """Settle a follower's left-over orders by what its account holds; what the figures do not tell stays open."""
    for key, ids in state.positions.left_over(follower.client_id).items():
        units = figures.units(key)
        if units is None:
            continue
        copies = [state.copies[id_] for id_ in sorted(ids) if id_ in state.copies]
        _settle(state, follower, key, copies, units)


def _settle(state: EngineState, follower: Follower, key: PositionKey, copies: list[ChildOrder], units: int) -> None:
    """Settle the left-over orders of one position, of which the account holds `units`."""
    before = state.positions.held((follower.client_id, key)).quantity
    filled = units - before
    on_its_way = sum(signed(copy.order.side, copy.outstanding) for copy in copies)
    is_clear = 0 <= filled <= on_its_way or on_its_way <= filled <= 0
    for copy in copies:
        most = signed(copy.order.side, copy.outstanding)
        if is_clear:
            part = max(min(filled, most), 0) if most > 0 else min(max(filled, most), 0)
        else:
            # The owner trades there too. Copying then counts what it surely has: an exit as filled, an entry as not.
            part = most if before * most < 0 else 0
        filled -= part
        _end(state, follower, copy, abs(part), units, is_clear=is_clear)


def _end(
    state: EngineState, follower: Follower, copy: ChildOrder, part: int, units: int, *, is_clear: bool
) -> None:  # fmt: skip
    """End a left-over order with `part` more units filled."""
    filled = copy.filled + part
    to = CopyState.FILLED if part and part == copy.outstanding else CopyState.CANCELLED
    held = f"the account holds {units} on {state.day:%d %b}"
    text = f"settled by its positions: {held}" if is_clear else f"not certain: {held}, which its owner trades as well"
    state.positions.settle_left_over(copy)
    ended = state.advance(copy, to, filled=filled, error=text)
    words = f"{order_words(copy.order)} of {copy.day:%d %b}: {filled} of {copy.order.quantity} filled, {text}"
    level = Level.WARN if is_clear else Level.ERROR
    state.emit(level, EventKind.COPY, follower.name, words, copy=ended)


def awaits_settlement(state: EngineState, copy: ChildOrder) -> bool:
    """Return whether an exit waits until the left-over orders of its position are settled."""
    return copy.exit is not None and state.positions.is_left_over(copy)
