"""What edited filters would do to today's orders: pure functions."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rich.cells import cell_len, set_cell_size
from textual.content import Content

from copytui.domain.executions import Origin, order_type_word
from copytui.domain.filters import Filters, order_type_refusal, symbol_refusal
from copytui.domain.orders import OrderType
from copytui.domain.text import clean
from copytui.domain.times import clock_text
from copytui.engine.snapshot import OrderView
from copytui.tui.dialogs.multiplier_preview import Given, Sizes
from copytui.tui.dialogs.text import CARE, GOOD, MUTED
from copytui.tui.present.cells import cut

NO_CHANGE = " · no change"
_BETWEEN = re.compile(r"[\s,;]+")
_MOST = 100
_WIDTH = 73
"""The cells of a line of the preview: the box without its border, blanks and scroll bar."""
_BEFORE = 15
"""What stands before a verdict beside symbol and type: the mark, the time, the side, and blanks."""
_SYMBOL = 17
"""A longer symbol is cut in its middle: both its ends tell something."""


@dataclass(frozen=True, slots=True)
class Preview:
    """How many of today's orders pass, of how many, how many of them change sides, and the newest in lines."""

    passing: int
    total: int
    changed: int
    lines: Content

    @property
    def summary(self) -> str:
        """Say it in one line."""
        if not self.total:
            return "No master order today yet: nothing to try the filters on."
        words = f"{self.passing} of today's {self.total} orders would pass"
        return words + (f" · {self.changed} decided otherwise than now" if self.changed else NO_CHANGE)


class Refusals:
    """Why filters stop an order; each symbol and order type is looked at once."""

    def __init__(self, filters: Filters) -> None:
        """Ask `filters`."""
        self._filters = filters
        self._known: dict[tuple[str, OrderType], str | None] = {}

    def of(self, symbol: str, order_type: OrderType) -> str | None:
        """Return the reason, or None when such an order passes."""
        key = (symbol, order_type)
        if key not in self._known:
            refusal = symbol_refusal(self._filters, symbol)
            self._known[key] = refusal or order_type_refusal(self._filters, order_type)
        return self._known[key]


def read_symbols(text: str) -> tuple[str, ...]:
    """Read patterns with commas, semicolons or blanks between them; each stands once. No symbol holds a blank."""
    found: dict[str, str] = {}
    for pattern in _BETWEEN.split(text):
        if pattern:
            found.setdefault(pattern.upper(), pattern)
    return tuple(found.values())


@dataclass(frozen=True, slots=True)
class _Verdict:
    """Why an order would be stopped, and why it is now; None where it passes."""

    view: OrderView
    after: str | None
    before: str | None

    @property
    def changed(self) -> bool:
        return (self.after is None) is not (self.before is None)


def _verdict(view: OrderView, new: Refusals, old: Refusals) -> _Verdict:
    kind = (view.known.order.symbol, view.known.order.order_type)
    return _Verdict(view, after=new.of(*kind), before=old.of(*kind))


def preview(edited: Filters, now: Filters, orders: Iterable[OrderView], sizes: Sizes | None = None) -> Preview:
    """Try the edited filters on today's orders, newest first; `sizes` adds what the followers would get."""
    views = [view for view in orders if view.known.origin is not Origin.OWN]
    newest = sorted(views, key=lambda view: view.known.first_seen, reverse=True)[:_MOST]
    new, old = Refusals(edited), Refusals(now)
    alike = Counter((view.known.order.symbol, view.known.order.order_type) for view in views)
    passing = {kind: (new.of(*kind) is None, old.of(*kind) is None) for kind in alike}
    verdicts = [_verdict(view, new, old) for view in newest]
    lines = _lines(verdicts, sizes)
    if len(views) > _MOST:
        lines.append(Content.styled(f"and {len(views) - _MOST} older ones", MUTED))
    return Preview(
        passing=sum(number for kind, number in alike.items() if passing[kind][0]),
        total=len(views),
        changed=sum(number for kind, number in alike.items() if passing[kind][0] is not passing[kind][1]),
        lines=Content("\n").join(lines),
    )


def _lines(verdicts: Sequence[_Verdict], sizes: Sizes | None) -> list[Content]:
    """Write an order a line, its symbol and type no wider than the day's longest: the room is the verdict's."""
    orders = [verdict.view.known.order for verdict in verdicts]
    symbols = [cut(clean(order.symbol), _SYMBOL, middle=True) for order in orders]
    types = [order_type_word(order.order_type) for order in orders]
    wide, kind = (max(map(cell_len, texts), default=0) for texts in (symbols, types))
    room = _WIDTH - _BEFORE - wide - kind
    return [
        Content.assemble(
            ("> " if verdict.changed else "  ", "bold"),
            (clock_text(order.updated_at or verdict.view.known.first_seen)[:5], MUTED),
            f" {order.side:<4} {set_cell_size(symbol, wide)} {type_:<{kind}} ",
            _words(verdict, sizes, room),
        )
        for verdict, order, symbol, type_ in zip(verdicts, orders, symbols, types, strict=True)
    ]


def _words(verdict: _Verdict, sizes: Sizes | None, room: int) -> Content:
    """Say what becomes of an order, in one sentence: one that nobody gets anything of does not simply pass."""
    if verdict.after is not None:
        return Content.styled(cut(f"no: {clean(verdict.after.removeprefix('symbol '))}", room), CARE)
    given = sizes.of(verdict.view) if sizes is not None else Given()
    if given.nothing:
        return Content.styled(cut(f"passes, but none: {given.words}", room), CARE)
    return Content.assemble(("passes", GOOD), (f" {given.words}" if given.words else "", MUTED))
