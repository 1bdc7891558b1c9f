"""What edited filters would do to today's orders: pure functions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from textual.content import Content

from copytui.domain.executions import Origin, order_type_word
from copytui.domain.filters import Filters, order_type_refusal, symbol_refusal
from copytui.domain.orders import BookOrder, OrderType
from copytui.domain.times import clock_text
from copytui.engine.snapshot import OrderView
from copytui.tui.screens.sizes import Sizes
from copytui.tui.screens.words import CARE, GOOD, MUTED, cut, fit

NO_CHANGE = " · no change"
_MOST = 200


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

    def of(self, order: BookOrder) -> str | None:
        """Return the reason, or None when the order passes."""
        key = (order.symbol, order.order_type)
        if key not in self._known:
            refusal = symbol_refusal(self._filters, order.symbol)
            self._known[key] = refusal or order_type_refusal(self._filters, order.order_type)
        return self._known[key]


def read_symbols(text: str) -> tuple[str, ...]:
    """Read patterns between commas; each stands once."""
    found: dict[str, str] = {}
    for pattern in text.split(","):
        if pattern.strip():
            found.setdefault(pattern.strip().upper(), pattern.strip())
    return tuple(found.values())


def preview(edited: Filters, now: Filters, orders: Iterable[OrderView], sizes: Sizes | None = None) -> Preview:
    """Try the edited filters on today's orders, newest first; `sizes` adds what the followers would get."""
    views = [view for view in orders if view.known.origin is not Origin.OWN]
    views.sort(key=lambda view: view.known.first_seen, reverse=True)
    new, old = Refusals(edited), Refusals(now)
    verdicts = [(view.known.order, new.of(view.known.order), old.of(view.known.order)) for view in views]
    lines = [_line(view, *verdict, sizes) for view, verdict in zip(views[:_MOST], verdicts, strict=False)]
    if len(views) > _MOST:
        lines.append(Content.styled(f"and {len(views) - _MOST} older ones", MUTED))
    return Preview(
        passing=sum(after is None for _, after, _ in verdicts),
        total=len(verdicts),
        changed=sum((after is None) is not (before is None) for _, after, before in verdicts),
        lines=Content("\n").join(lines),
    )


def _line(view: OrderView, order: BookOrder, after: str | None, before: str | None, sizes: Sizes | None) -> Content:
    changed = (after is None) is not (before is None)
    if after is not None:
        verdict = Content.styled(f"no: {cut(after.removeprefix('symbol '), 60)}", CARE)
    else:
        words = sizes.of(view) if sizes is not None else ""
        verdict = Content.assemble(("passes", GOOD), (f" {words}" if words else "", MUTED))
    return Content.assemble(
        ("> " if changed else "  ", "bold"),
        (clock_text(order.updated_at or view.known.first_seen)[:5], MUTED),
        f" {order.side:<4} {fit(order.symbol, 22)} {fit(order_type_word(order.order_type), 11)} ",
        verdict,
    )
