"""The dialogs of the demo: place an order as the master, and make a follower's next order fail."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Input, OptionList, Static
from textual.worker import Worker, WorkerState

from copytui.engine.snapshot import FollowerView
from copytui.tui.dialogs.dialog import Dialog
from copytui.tui.dialogs.parts import Choice, Rows
from copytui.tui.dialogs.text import BAD, MUTED, cut, fit, key_line
from copytui.tui.engine_client import DemoHands


@dataclass(frozen=True, slots=True)
class Ticket:
    """The order that was placed last."""

    symbol: str
    side: str
    quantity: int

    @property
    def other_side(self) -> str:
        """The side that closes it."""
        return "SELL" if self.side == "BUY" else "BUY"


class OrderScreen(Dialog[Ticket]):
    """A small order ticket. Enter places the order; errors are shown in the dialog.

    After an order it suggests the closing one: the same symbol and quantity, the other side.
    """

    DEFAULT_CSS = """
    OrderScreen {
        #box { width: 70; }
        #symbols { height: 7; margin-bottom: 1; }
        .row { height: 1; }
        .row .name { width: 12; color: $text-muted; }
        .row Input { width: 24; background: $panel; }
        .row #lot, .row #unpriced { width: 1fr; padding-left: 1; color: $text-muted; }
        #problem { height: auto; min-height: 1; }
        #keys { margin-top: 0; }
    }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "place", show=False, priority=True),
        Binding("down", "symbol(1)", show=False),
        Binding("up", "symbol(-1)", show=False),
    ]
    AUTO_FOCUS = "#find"
    HEADING = "Master order (demo)"

    def __init__(self, hands: DemoHands, last: Ticket | None = None) -> None:
        """Place orders with `hands`; `last` is the previous order."""
        super().__init__()
        self._last = last
        self._hands = hands
        self._symbols = tuple(hands.symbols())
        self._placing = False
        self._suggested = "BUY"

    def body(self) -> ComposeResult:
        """Compose the symbols and the fields of the ticket."""
        with Horizontal(classes="row"):
            yield Static("Symbol", classes="name")
            yield Input(id="find", placeholder="type to search", compact=True)
        yield Rows(id="symbols")
        with Horizontal(classes="row"):
            yield Static("Side", classes="name")
            yield Choice("BUY", "SELL", id="side")
        with Horizontal(classes="row"):
            yield Static("Quantity", classes="name")
            yield Input(id="quantity", type="integer", compact=True)
            yield Static(id="lot")
        with Horizontal(classes="row"):
            yield Static("Type", classes="name")
            yield Choice("MARKET", "LIMIT", id="type")
        with Horizontal(classes="row"):
            yield Static("Price", classes="name")
            yield Input(id="price", compact=True, disabled=True)
            yield Static(id="unpriced")
        yield Static(id="problem")
        yield Static(id="keys")

    def begin(self) -> None:
        """Start with the order that closes the last one, otherwise with one lot of the first symbol."""
        self._find("")
        if self._last is not None:
            self.symbols.go_to(self._last.symbol)
            self._one_lot()
        self.put("unpriced", Content("at market: no price"))
        keys = (("tab", "next"), ("up down", "symbol"), ("space", "change"), ("enter", "place"))
        self.put("keys", key_line(*keys, ("esc", "leave")))

    @property
    def symbols(self) -> Rows:
        """The list of symbols that match the search."""
        return self.query_one("#symbols", Rows)

    def _find(self, typed: str) -> None:
        words = typed.upper().split()
        found = [symbol for symbol in self._symbols if all(word in symbol.upper() for word in words)]
        self.symbols.show([(symbol, self.shown(Content(cut(symbol, 50)))) for symbol in found])
        self._one_lot()

    def _one_lot(self) -> None:
        """Suggest one lot of the symbol under the cursor, or the quantity placed last."""
        symbol = self.symbols.selected
        if symbol is None:
            self.put("lot", Content(""))
            return
        lot = self._hands.lot(symbol)
        last, largest = self._last, self._hands.largest(symbol)
        self._suggest_side(last.other_side if last and last.symbol == symbol else "BUY")
        self.query_one("#quantity", Input).value = str(last.quantity if last and last.symbol == symbol else lot)
        self.put("lot", Content(f"lot {lot}, max {largest}/order" if largest else f"lot {lot}"))

    def _suggest_side(self, word: str) -> None:
        """Suggest a side, unless the user has chosen one."""
        side = self.query_one("#side", Choice)
        if side.word == self._suggested:
            side.choose(word)
            self._suggested = word

    def on_input_changed(self, event: Input.Changed) -> None:
        """Search the symbols as the user types, and clear the error."""
        if event.input.id == "find":
            self._find(event.value)
        self._problem("")

    def on_option_list_option_highlighted(self) -> None:
        """Suggest the lot of the symbol under the cursor."""
        self._one_lot()

    def on_choice_changed(self) -> None:
        """Enable the price for limit orders only."""
        limit = self.query_one("#type", Choice).word == "LIMIT"
        self.query_one("#price", Input).disabled = not limit
        self.put("unpriced", Content("" if limit else "at market: no price"))
        self._problem("")

    def action_symbol(self, by: int) -> None:
        """Move the cursor among the symbols, from any field."""
        (self.symbols.action_cursor_down if by > 0 else self.symbols.action_cursor_up)()

    def _problem(self, text: str) -> None:
        self.put("problem", Content.styled(cut(text, 200), BAD))

    def _refusal(self, symbol: str | None, quantity: str) -> str | None:
        if symbol is None:
            return "No symbol matches."
        if not quantity.isdecimal() or int(quantity) == 0:
            return "The quantity must be a whole number above 0."
        lot = self._hands.lot(symbol)
        return f"{quantity} is not a multiple of the lot size {lot}." if int(quantity) % lot else None

    def action_place(self) -> None:
        """Place the order in a thread, because the exchange may take a moment."""
        symbol, quantity = self.symbols.selected, self.query_one("#quantity", Input).value.strip()
        refusal = self._refusal(symbol, quantity)
        if refusal is not None or symbol is None:
            self._problem(refusal or "")
            return
        if self._placing:
            return
        self._placing = True
        self.put("problem", Content.styled("placing…", MUTED))
        side, kind = self.query_one("#side", Choice).word, self.query_one("#type", Choice).word
        price = self.query_one("#price", Input).value.strip() if kind == "LIMIT" else ""
        place = partial(self._hands.place, symbol, side, int(quantity), kind, price)
        self._ticket = Ticket(symbol, side, int(quantity))
        self.run_worker(place, thread=True, exit_on_error=False)

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Close on success, otherwise show the error."""
        if event.state is WorkerState.SUCCESS:
            ticket = self._ticket
            self.host.say(f"placed: {ticket.side} {ticket.quantity} {cut(ticket.symbol, 40)}")
            self.dismiss(ticket)
        elif event.state is WorkerState.ERROR:
            self._placing = False
            error = event.worker.error
            self._problem(str(error) if isinstance(error, ValueError) else f"The order failed: {type(error).__name__}")


class FaultScreen(Dialog[None]):
    """Two lists: whose next order fails, and how. Enter moves from the first to the second, then injects the fault."""

    DEFAULT_CSS = """
    FaultScreen {
        #who { max-height: 30vh; }
        #what { max-height: 40vh; }
        #problem { height: auto; }
    }
    """

    AUTO_FOCUS: ClassVar[str] = "#who"
    HEADING = "Inject a fault (demo)"

    def __init__(self, hands: DemoHands, followers: tuple[FollowerView, ...]) -> None:
        """Offer the faults of `hands` for `followers`."""
        super().__init__()
        self._hands = hands
        self._followers = followers

    def body(self) -> ComposeResult:
        """Compose the two lists."""
        yield Static("Follower", markup=False)
        yield Rows(id="who")
        yield Static("What happens to its next order", classes="space", markup=False)
        yield Rows(id="what")
        yield Static(id="problem")
        yield Static(id="keys")

    def begin(self) -> None:
        """Fill the lists."""
        self._faults = tuple(self._hands.faults())
        self.query_one("#who", Rows).show(
            [
                (view.client_id, self.shown(Content(f"{fit(view.name, 20)} {cut(view.client_id, 12)}")))
                for view in self._followers
            ]
        )
        rows = [(str(number), self.shown(Content(cut(name, 70)))) for number, name in enumerate(self._faults)]
        self.query_one("#what", Rows).show(rows)
        self.put("keys", key_line(("tab", "other list"), ("enter", "next, then inject"), ("esc", "leave")))

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Move to the second list; from there, inject the fault."""
        who, what = self.query_one("#who", Rows), self.query_one("#what", Rows)
        if event.option_list is who:
            what.focus()
            return
        view = next((view for view in self._followers if view.client_id == who.selected), None)
        if view is None or what.selected is None:
            self.put("problem", Content.styled("No follower.", BAD))
            return
        fault = self._faults[int(what.selected)]
        try:
            self._hands.let_fail(view.client_id, fault)
        except ValueError as error:
            self.put("problem", Content.styled(cut(str(error), 200), BAD))
            return
        self.host.say(f"the next order of {cut(view.name, 24)}: {fault}")
        self.dismiss()
