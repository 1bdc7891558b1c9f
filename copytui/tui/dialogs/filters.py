"""The filters dialog: symbols, order types and the multiplier, with a preview of today's orders."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Input, Static

from copytui.domain.filter_rules import FilterRule
from copytui.domain.filters import Filters
from copytui.engine.snapshot import OrderView
from copytui.tui.dialogs.dialog import Dialog
from copytui.tui.dialogs.filter_preview import (
    NO_CHANGE,
    WRONG_MULTIPLIER,
    Sizes,
    preview,
    read_filters,
    read_multiplier,
    written,
)
from copytui.tui.dialogs.parts import Tick
from copytui.tui.dialogs.text import BAD, CARE, cut, key_line
from copytui.tui.widgets.long_text import LongText

_NAMES = "Allow\nBlock\n\n\nOrder types\nQuantity"
"""The labels of the fields, one per line."""
_HINT = "Comma between; NIFTY, BANK* or {underlying=NIFTY, right=CE}"


@dataclass(frozen=True, slots=True)
class Edited:
    """The edit to apply; `multiplier` is None if unchanged."""

    filters: Filters
    multiplier: Decimal | None = None


class FiltersScreen(Dialog[Edited | None]):
    """The filters dialog; Enter applies the edit from the next execution on, Esc discards it."""

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
    PULL_SECONDS = 2.0  # new orders join the preview; they are not urgent

    def __init__(self, filters: Filters, orders: tuple[OrderView, ...], sizes: Sizes) -> None:
        """Edit `filters`, and the multiplier of `sizes` if any follower uses it; preview them on `orders`."""
        super().__init__()
        self._filters = filters
        self._orders = orders
        self._sizes = sizes

    def again(self, filters: Filters, orders: tuple[OrderView, ...], sizes: Sizes) -> None:
        """Reset to these values. This dialog is the slowest to build, so one instance is reused."""
        self._filters, self._orders, self._sizes = filters, orders, sizes
        with self.prevent(Input.Changed, Tick.Changed):
            self.query_one("#allow", Input).value = written(filters.allow_list)
            self.query_one("#block", Input).value = written(filters.block_list)
            self.query_one("#market", Tick).turn(on=filters.market_orders)
            self.query_one("#limit", Tick).turn(on=filters.limit_orders)
            self.query_one("#stop", Tick).turn(on=filters.stop_orders)
            if self._sizes.editable:
                self.query_one("#multiplier", Input).value = self._multiplier_now()
        self.query_one("#preview").scroll_home(animate=False)
        self.set_focus(None)
        self.set_focus(self.query_one("#allow"))
        self._preview()

    def body(self) -> ComposeResult:
        """Compose the fields and the preview."""
        filters, editable = self._filters, self._sizes.editable
        with Horizontal(id="fields"):
            yield Static(Content(_NAMES + (" x" if editable else "")), id="names")
            with Vertical(id="values"):
                yield Input(written(filters.allow_list), placeholder="all symbols", id="allow", compact=True)
                yield Input(written(filters.block_list), placeholder="none", id="block", compact=True)
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
        """Show the current filters and their preview."""
        self.query_one("#sizing").set_class(not self._sizes.editable, "-fixed")
        keys = (
            ("tab", "next field"),
            ("space", "on/off"),
            ("up down", "scroll"),
            ("enter", "apply"),
            ("esc", "leave"),
        )
        self.put("keys", key_line(*keys))
        self._preview()

    def redraw(self) -> None:
        """Update the preview with new orders; do nothing while the instance waits for reuse."""
        if self.is_active and self.snapshot.orders != self._orders:
            self._orders = self.snapshot.orders
            self._preview()

    def filters(self) -> Filters:
        """Return the filters in the fields; a list with a mistake is as it was."""
        allow, block = self._list("#allow"), self._list("#block")
        allowed = self._filters.allow_list if isinstance(allow, str) else allow
        blocked = self._filters.block_list if isinstance(block, str) else block
        return Filters(
            allow_symbols=tuple(each for each in allowed if isinstance(each, str)),
            block_symbols=tuple(each for each in blocked if isinstance(each, str)),
            market_orders=self.query_one("#market", Tick).value,
            limit_orders=self.query_one("#limit", Tick).value,
            stop_orders=self.query_one("#stop", Tick).value,
            allow_rules=tuple(each for each in allowed if isinstance(each, FilterRule)),
            block_rules=tuple(each for each in blocked if isinstance(each, FilterRule)),
        )

    def _list(self, field: str) -> tuple[str | FilterRule, ...] | str:
        """Read a list, or return what is wrong with it; an untouched one keeps the patterns of the settings exactly."""
        text = self.query_one(field, Input).value
        before = self._filters.allow_list if field == "#allow" else self._filters.block_list
        return before if text == written(before) else read_filters(text)

    def _mistake(self) -> tuple[str, str]:
        """Return the first mistake, and the field that has it; '' twice where there is none."""
        for field in ("#allow", "#block"):
            if isinstance(wrong := self._list(field), str):
                return wrong, field
        return (WRONG_MULTIPLIER, "#multiplier") if self.multiplier() is None else ("", "")

    def multiplier(self) -> Decimal | None:
        """Return the multiplier in its field, or the current one if there is no field; None if invalid."""
        if not self._sizes.editable:
            return self._sizes.multiplier
        return read_multiplier(self.query_one("#multiplier", Input).value)

    def _multiplier_now(self) -> str:
        return f"{self._sizes.multiplier.normalize():f}"

    def _preview(self) -> None:
        multiplier, before = self.multiplier(), self._sizes.multiplier
        previewed = preview(self.filters(), self._filters, self._orders, self._sizes.at(multiplier))
        summary, changed = previewed.summary, multiplier not in (None, before)
        if changed:
            summary = f"{summary.removesuffix(NO_CHANGE)} · x{before.normalize():f} becomes x{multiplier:f}"
        words = Content.styled(cut(summary, 74), f"bold {CARE}" if previewed.changed or changed else "bold")
        wrong, _field = self._mistake()
        self.put("summary", Content.styled(cut(wrong, 74), f"bold {BAD}") if wrong else words)
        self.put_long("preview", previewed.lines)

    def on_input_changed(self) -> None:
        """Update the preview at each keystroke."""
        self._preview()

    def on_tick_changed(self) -> None:
        """Update the preview at each toggle."""
        self._preview()

    def on_input_submitted(self) -> None:
        """Apply the edit from a field."""
        self.action_apply()

    def action_apply(self) -> None:
        """Apply filters and multiplier; a mistake keeps the dialog open."""
        wrong, field = self._mistake()
        if wrong:
            self.host.say(wrong, severity="warning")
            self.query_one(field).focus()
            return
        multiplier = self.multiplier()
        self.dismiss(Edited(self.filters(), multiplier if multiplier != self._sizes.multiplier else None))

    def action_scroll(self, lines: int) -> None:
        """Scroll the preview."""
        self.query_one("#preview").scroll_relative(y=lines, animate=False)

    def action_leave(self) -> None:
        """Discard the edit."""
        self.dismiss(None)
