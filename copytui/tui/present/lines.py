"""The filter line, the search line and the lines of events."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal

from copytui.domain.events import Event, Level
from copytui.domain.filters import Filters
from copytui.domain.sizing import Sizing, SizingMode
from copytui.domain.text import clean, clock_text
from copytui.engine.rules import Rules
from copytui.tui.present.cells import Line, Piece, Tone, cut, line_width, plural
from copytui.tui.present.glyphs import Signs

_LISTED = 4
_TONES = {Level.INFO: Tone.DIM, Level.WARN: Tone.WARN, Level.ERROR: Tone.BAD, Level.ASK: Tone.ACCENT}


def filter_line(rules: Rules, sizing: Sizing, signs: Signs, width: int | None = None) -> Line:
    """Describe in one line what is copied: symbols, order types, size, and whether approval is required.

    In `width` columns the list of symbols is shortened first; disabled types, size and approval are always shown.
    """
    filters = rules.filters
    nothing = not (filters.market_orders or filters.limit_orders or filters.stop_orders)
    tone = Tone.WARN if nothing else Tone.PLAIN
    size = _size(sizing.with_multiplier(rules.multiplier))
    wordings = (
        (Piece(head, Tone.DIM), Piece(signs.between.join(part for part in parts if part), tone))
        for head, parts in _wordings(filters, size, signs, approval=rules.require_confirmation)
    )
    return _longest(wordings, width)


def _wordings(filters: Filters, size: str, signs: Signs, *, approval: bool) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield shorter and shorter wordings; the shortest starts with what matters most."""
    head, short = "filters: ", "approval" if approval else ""
    for listed in range(_LISTED, -1, -1):
        yield head, (_symbols(filters, listed, signs), _types(filters), size, "approval required" if approval else "")
    yield head, (_symbols(filters, 0, signs), _off(filters), size, short)
    yield head, (_counted(filters), _off(filters), size, short)
    yield "", (_off(filters), size, short, _counted(filters))


def _longest(wordings: Iterable[Line], width: int | None) -> Line:
    """Return the first wording that fits, otherwise the last one."""
    line: Line = ()
    for line in wordings:
        if width is None or line_width(line) <= width:
            break
    return line


def _symbols(filters: Filters, listed: int, signs: Signs) -> str:
    words = f"only {_names(filters.allowed, listed, signs)}" if filters.allowed else "all symbols"
    if not filters.blocked:
        return words
    blocked = _names(filters.blocked, listed, signs) if listed else f"{len(filters.blocked)} blocked"
    return f"{words} but {blocked}"


def _names(patterns: tuple[str, ...], listed: int, signs: Signs) -> str:
    if not listed:
        return plural(len(patterns), "symbol")
    names = ", ".join(cut(clean(pattern), 24, dots=signs.dots) for pattern in patterns[:listed])
    return f"{names} and {len(patterns) - listed} more" if len(patterns) > listed else names


def _counted(filters: Filters) -> str:
    """Return the number of symbols in both lists; empty if all symbols are copied."""
    allowed, blocked = len(filters.allowed), len(filters.blocked)
    parts = (f"only {plural(allowed, 'symbol')}" if allowed else "", f"{blocked} blocked" if blocked else "")
    return " but ".join(part for part in parts if part)


def _kinds(filters: Filters, *, on: bool) -> str:
    kinds = (("market", filters.market_orders), ("limit", filters.limit_orders), ("stop", filters.stop_orders))
    return " ".join(word for word, is_on in kinds if is_on is on)


def _types(filters: Filters) -> str:
    on, off = _kinds(filters, on=True), _kinds(filters, on=False)
    if not on:
        return "no order type is on: nothing is copied"
    return f"{on} (no {off})" if off else on


def _off(filters: Filters) -> str:
    """Return only the order types that are off."""
    off = _kinds(filters, on=False)
    if not _kinds(filters, on=True):
        return "no order type is on"
    return f"no {off}" if off else ""


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


def search_line(search: str, pane: str, found: int, total: int, width: int | None = None) -> Line:
    """Describe how many of a pane's rows a search shows; when short of `width`, the numbers stay."""
    if not search:
        rows = (Piece(f"all {total} rows", Tone.DIM),)
        return _longest(((Piece("search: ", Tone.DIM), *rows), rows), width)
    head, esc = Piece(f"search {pane}: ", Tone.DIM), Piece("  esc clears", Tone.DIM)
    count = f"{found} of {total} rows"
    words = Piece(f"'{cut(clean(search), 24)}': {count}", Tone.WARN)
    return _longest(((head, words, esc), (head, words), (words,), (Piece(count, Tone.WARN),)), width)


def event_line(event: Event) -> Line:
    """Return an event as one line."""
    tone = _TONES[event.level]
    return (
        Piece(f"{clock_text(event.at)} ", Tone.DIM),
        Piece(f"{event.level:<5} ", tone),
        Piece(f"{cut(clean(event.who), 12):<12} ", Tone.STRONG),
        Piece(clean(event.text)),
    )
