"""What is copied: symbols, order types, the multiplier for all; and what today's orders would have met."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Input, Static

from copytui.domain.filters import Filters
from copytui.domain.text import clean
from copytui.engine.snapshot import OrderView
from copytui.tui.dialogs.dialog import Dialog
from copytui.tui.dialogs.filter_preview import NO_CHANGE, WRONG, Sizes, preview, read_multiplier, read_symbols
from copytui.tui.dialogs.parts import Tick
from copytui.tui.dialogs.text import BAD, CARE, cut, key_line
from copytui.tui.widgets.long_text import LongText

_NAMES = "Only these\nNever these\n\n\nOrder types\nQuantity"
"""What stands before the fields, a line for each line of theirs."""
_HINT = "Comma or blank between; NIFTY: its options, too; * ?: any text"


@dataclass(frozen=True, slots=True)
class Edited:
    """What is to be applied; `multiplier` is None where it was not changed."""

    filters: Filters
    multiplier: Decimal | None = None


class FiltersScreen(Dialog[Edited | None]):
    """Edits the filters; Enter applies them from the next execution on, Esc leaves them as they are."""

    DEFAULT_CSS = """
    FiltersScreen {
        #fields, #values, .row { height: auto; }  /* else Textual measures the box without #preview's limit */
        #names { width: 12; }
        #names, #hint, #sizing { color: $text-muted; text-wrap: nowrap; text-overflow: ellipsis; }
        #values { width: 1fr; }
        #values Input { background: $panel; }
        #multiplier { width: 9; margin-right: 1; }
        #sizing { width: 1fr; }
        #sizing.-fixed { color: $foreground; }
        #summary { height: auto; }
        #preview { max-height: 40vh; text-wrap: nowrap; text-overflow: ellipsis; }
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
    PULL_SECONDS = 2.0  # orders that come while it is open are tried, too; it need not be at once

    def __init__(self, filters: Filters, orders: tuple[OrderView, ...], sizes: Sizes) -> None:
        """Edit `filters`, and the multiplier of `sizes` where it counts for somebody, trying them on `orders`."""
        super().__init__()
        self._filters = filters
        self._orders = orders
        self._sizes = sizes

    def again(self, filters: Filters, orders: tuple[OrderView, ...], sizes: Sizes) -> None:
        """Begin anew with these, as if just made: of all dialogs this one takes longest to make, so it is kept."""
        self._filters, self._orders, self._sizes = filters, orders, sizes
        with self.prevent(Input.Changed, Tick.Changed):
            self.query_one("#allow", Input).value = _written(filters.allow_symbols)
            self.query_one("#block", Input).value = _written(filters.block_symbols)
            self.query_one("#market", Tick).turn(on=filters.market_orders)
            self.query_one("#limit", Tick).turn(on=filters.limit_orders)
            self.query_one("#stop", Tick).turn(on=filters.stop_orders)
            if self._sizes.editable:
                self.query_one("#multiplier", Input).value = self._multiplier_now()
        self.query_one("#preview").scroll_home(animate=False)
        self.set_focus(None)
        self.set_focus(self.query_one("#allow"))
        self._try()

    def body(self) -> ComposeResult:
        """Give the fields, and the preview."""
        filters, editable = self._filters, self._sizes.editable
        with Horizontal(id="fields"):
            yield Static(Content(_NAMES + (" x" if editable else "")), id="names")
            with Vertical(id="values"):
                yield Input(_written(filters.allow_symbols), placeholder="all symbols", id="allow", compact=True)
                yield Input(_written(filters.block_symbols), placeholder="none", id="block", compact=True)
                yield Static(Content(_HINT), id="hint")
                with Horizontal(classes="row space"):
                    yield Tick("market", filters.market_orders, id="market")
                    yield Tick("limit", filters.limit_orders, id="limit")
                    yield Tick("stop", filters.stop_orders, id="stop")
                with Horizontal(classes="row"):
                    if editable:
                        yield Input(self._multiplier_now(), id="multiplier", compact=True)
                    yield Static(Content(self._sizes.words()), id="sizing")
        yield Static(id="summary", classes="space")
        yield LongText(id="preview", fold=False)
        yield Static(id="keys")

    def begin(self) -> None:
        """Show what the filters do now."""
        self.query_one("#sizing").set_class(not self._sizes.editable, "-fixed")
        keys = (("tab", "next field"), ("space", "on/off"), ("up down", "scroll"), ("enter", "apply"), ("esc", "leave"))
        self.put("keys", key_line(*keys))
        self._try()

    def redraw(self) -> None:
        """Try the filters on orders that have come meanwhile; where it is kept for the next time, nothing is done."""
        if self.is_active and self.snapshot.orders != self._orders:
            self._orders = self.snapshot.orders
            self._try()

    def filters(self) -> Filters:
        """Return the filters as they stand in the fields."""
        return Filters(
            allow_symbols=self._symbols("#allow", self._filters.allow_symbols),
            block_symbols=self._symbols("#block", self._filters.block_symbols),
            market_orders=self.query_one("#market", Tick).value,
            limit_orders=self.query_one("#limit", Tick).value,
            stop_orders=self.query_one("#stop", Tick).value,
        )

    def _symbols(self, field: str, before: tuple[str, ...]) -> tuple[str, ...]:
        """Read a field; one that was not touched means what the settings file says, blanks within and all."""
        text = self.query_one(field, Input).value
        return before if text == _written(before) else read_symbols(text)

    def multiplier(self) -> Decimal | None:
        """Return the multiplier as it stands in its field, or as it was where there is none; None for a wrong one."""
        if not self._sizes.editable:
            return self._sizes.multiplier
        return read_multiplier(self.query_one("#multiplier", Input).value)

    def _multiplier_now(self) -> str:
        return f"{self._sizes.multiplier.normalize():f}"

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
