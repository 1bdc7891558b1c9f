"""What is copied: symbols, order types, the multiplier for all; and what today's orders would have met."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Input, Static

from copytui.domain.filters import Filters
from copytui.domain.wording import clean
from copytui.engine.snapshot import OrderView
from copytui.tui.screens.dialog import Dialog
from copytui.tui.screens.parts import Tick
from copytui.tui.screens.preview import NO_CHANGE, preview, read_symbols
from copytui.tui.screens.sizes import WRONG, Sizes, read_multiplier
from copytui.tui.screens.words import BAD, CARE, MUTED, cut, key_line
from copytui.tui.widgets.long_text import LongText


@dataclass(frozen=True, slots=True)
class Edited:
    """What is to be applied; `multiplier` is None where it was not changed."""

    filters: Filters
    multiplier: Decimal | None = None


class FiltersScreen(Dialog[Edited | None]):
    """Edits the filters; Enter applies them from the next execution on, Esc leaves them as they are."""

    DEFAULT_CSS = """
    FiltersScreen {
        .row { height: auto; }  /* one fixed height in the box, and Textual measures it without #preview's limit */
        .row .name { width: 12; color: $text-muted; }
        .row Input { width: 1fr; background: $panel; }
        .row .times { width: 1; color: $text-muted; }
        #multiplier { width: 9; }
        #hint, #summary { height: auto; }
        #sizing { width: 1fr; text-wrap: nowrap; text-overflow: ellipsis; }
        #preview { max-height: 40vh; }
        #keys { margin-top: 0; }
    }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "apply", show=False),
        Binding("down", "scroll(1)", show=False),
        Binding("up", "scroll(-1)", show=False),
        Binding("pagedown", "scroll(8)", show=False),
        Binding("pageup", "scroll(-8)", show=False),
    ]
    AUTO_FOCUS = "#allow"
    HEADING = "Filters: what is copied"

    def __init__(self, filters: Filters, orders: tuple[OrderView, ...], sizes: Sizes) -> None:
        """Edit `filters`, and the multiplier of `sizes` where it counts for somebody, trying them on `orders`."""
        super().__init__()
        self._filters = filters
        self._orders = orders
        self._sizes = sizes

    def body(self) -> ComposeResult:
        """Give the fields, and the preview."""
        filters = self._filters
        with Horizontal(classes="row"):
            yield Static("Only these", classes="name")
            yield Input(_written(filters.allow_symbols), placeholder="all symbols", id="allow", compact=True)
        with Horizontal(classes="row"):
            yield Static("Never these", classes="name")
            yield Input(_written(filters.block_symbols), placeholder="none", id="block", compact=True)
        yield Static(id="hint")
        with Horizontal(classes="row space"):
            yield Static("Order types", classes="name")
            yield Tick("market", filters.market_orders, id="market")
            yield Tick("limit", filters.limit_orders, id="limit")
            yield Tick("stop", filters.stop_orders, id="stop")
        with Horizontal(classes="row"):
            yield Static("Quantity", classes="name")
            if self._sizes.editable:
                yield Static("x", classes="times")
                yield Input(f"{self._sizes.multiplier.normalize():f}", id="multiplier", compact=True)
            yield Static(id="sizing")
        yield Static(id="summary", classes="space")
        yield LongText(id="preview")
        yield Static(id="keys")

    def begin(self) -> None:
        """Show what the filters do now."""
        hint = "With commas: NIFTY is it and all its options; * and ? stand for any text."
        self.put("hint", Content.styled(hint, MUTED))
        self.put("sizing", Content.styled(self._sizes.words(), MUTED if self._sizes.editable else ""))
        keys = (("tab", "next field"), ("space", "on/off"), ("up down", "scroll"), ("enter", "apply"), ("esc", "leave"))
        self.put("keys", key_line(*keys))
        self._try()

    def filters(self) -> Filters:
        """Return the filters as they stand in the fields."""
        return Filters(
            allow_symbols=read_symbols(self.query_one("#allow", Input).value),
            block_symbols=read_symbols(self.query_one("#block", Input).value),
            market_orders=self.query_one("#market", Tick).value,
            limit_orders=self.query_one("#limit", Tick).value,
            stop_orders=self.query_one("#stop", Tick).value,
        )

    def multiplier(self) -> Decimal | None:
        """Return the multiplier as it stands in its field, or as it was where there is none; None for a wrong one."""
        if not self._sizes.editable:
            return self._sizes.multiplier
        return read_multiplier(self.query_one("#multiplier", Input).value)

    def _try(self) -> None:
        multiplier, before = self.multiplier(), self._sizes.multiplier
        tried = preview(self.filters(), self._filters, self._orders, self._sizes.at(multiplier))
        summary, changed = tried.summary, multiplier not in (None, before)
        if changed:
            summary = f"{summary.removesuffix(NO_CHANGE)} · x{before.normalize():f} becomes x{multiplier:f}"
        words = Content.styled(cut(summary, 74), f"bold {CARE}" if tried.changed or changed else "bold")
        self.put("summary", words if multiplier is not None else Content.styled(WRONG, f"bold {BAD}"))
        self.put_long("preview", tried.lines)

    def on_input_changed(self) -> None:
        """Try the filters at each keystroke."""
        self._try()

    def on_tick_changed(self) -> None:
        """Try the filters at each switch."""
        self._try()

    def on_input_submitted(self) -> None:
        """Apply, from a field."""
        self.action_apply()

    def action_apply(self) -> None:
        """Apply the filters, and the multiplier; a wrong one is said, and keeps the dialog open."""
        multiplier = self.multiplier()
        if multiplier is None:
            self.host.say(WRONG, severity="warning")
            self.query_one("#multiplier").focus()
            return
        self.dismiss(Edited(self.filters(), multiplier if multiplier != self._sizes.multiplier else None))

    def action_scroll(self, lines: int) -> None:
        """Move through the preview."""
        self.query_one("#preview").scroll_relative(y=lines, animate=False)

    def action_leave(self) -> None:
        """Leave the filters as they are."""
        self.dismiss(None)


def _written(patterns: tuple[str, ...]) -> str:
    """Write patterns as they can be edited; no control character of a settings file reaches the terminal."""
    return ", ".join(clean(pattern) for pattern in patterns)
