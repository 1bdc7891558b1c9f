"""The lines that are neither table nor mode bar: filters, search, events."""

from __future__ import annotations

from decimal import Decimal

from copytui.domain.events import Event, Level
from copytui.domain.filters import Filters
from copytui.domain.sizing import Sizing, SizingMode
from copytui.domain.times import clock_text
from copytui.domain.wording import clean
from copytui.engine.desk import Rules
from copytui.tui.present.cells import Line, Piece, Tone, cut
from copytui.tui.present.signs import Signs

_LISTED = 4
_TONES = {Level.INFO: Tone.DIM, Level.WARN: Tone.WARN, Level.ERROR: Tone.BAD, Level.ASK: Tone.ACCENT}


def filter_line(rules: Rules, sizing: Sizing, signs: Signs) -> Line:
    """Say in one line what is copied, of which types, how much, and whether it is asked for first."""
    filters = rules.filters
    parts = [_symbols(filters), _types(filters), _size(sizing.with_multiplier(rules.multiplier))]
    if rules.require_confirmation:
        parts.append("asks before each copy")
    nothing = not (filters.market_orders or filters.limit_orders or filters.stop_orders)
    return (Piece("filters: ", Tone.DIM), Piece(signs.between.join(parts), Tone.WARN if nothing else Tone.PLAIN))


def _symbols(filters: Filters) -> str:
    words = f"only {_names(filters.allow_symbols)}" if filters.allow_symbols else "all symbols"
    return f"{words} but {_names(filters.block_symbols)}" if filters.block_symbols else words


def _names(patterns: tuple[str, ...]) -> str:
    listed = ", ".join(cut(clean(pattern), 24) for pattern in patterns[:_LISTED])
    return f"{listed} and {len(patterns) - _LISTED} more" if len(patterns) > _LISTED else listed


def _types(filters: Filters) -> str:
    kinds = (("market", filters.market_orders), ("limit", filters.limit_orders), ("stop", filters.stop_orders))
    on = " ".join(word for word, is_on in kinds if is_on)
    off = " ".join(word for word, is_on in kinds if not is_on)
    if not on:
        return "no order type is on: nothing is copied"
    return f"{on} (no {off})" if off else on


def _size(sizing: Sizing) -> str:
    match sizing.mode:
        case SizingMode.FIXED:
            return f"{sizing.fixed_quantity} each"
        case SizingMode.CAPITAL:
            return "by capital"
        case _:
            return f"x{_number(sizing.multiplier)}"


def _number(value: Decimal) -> str:
    return f"{value:.1f}" if value == round(value, 1) else f"{value.normalize():f}"


def search_line(search: str, pane: str, found: int, total: int) -> Line:
    """Say what the search shows of a pane's rows."""
    if not search:
        return (Piece("search: ", Tone.DIM), Piece(f"all {total} rows", Tone.DIM))
    words = f"'{cut(clean(search), 24)}': {found} of {total} rows"
    return (Piece(f"search {pane}: ", Tone.DIM), Piece(words, Tone.WARN), Piece("  esc clears", Tone.DIM))


def event_line(event: Event) -> Line:
    """Say an event in one line."""
    tone = _TONES[event.level]
    return (
        Piece(f"{clock_text(event.at)} ", Tone.DIM),
        Piece(f"{event.level:<5} ", tone),
        Piece(f"{cut(clean(event.who), 12):<12} ", Tone.STRONG),
        Piece(clean(event.text)),
    )
