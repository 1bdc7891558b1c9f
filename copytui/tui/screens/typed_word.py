"""A question that only a typed word answers: going live, releasing a halt."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from math import ceil
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.events import Key
from textual.widgets import Button, Input, Static

from copytui.domain.copies import CopyState
from copytui.domain.filters import Filters
from copytui.domain.orders import ClientId
from copytui.domain.sizing import Sizing
from copytui.domain.wording import clean
from copytui.engine.snapshot import Snapshot
from copytui.tui.front import Front
from copytui.tui.present.cells import plural
from copytui.tui.screens.dialog import Dialog
from copytui.tui.screens.words import (
    BAD,
    CARE,
    MUTED,
    cut,
    fit,
    key_line,
    rupees,
    sizing_words,
    standing_words,
    wrapped,
)

_DEAF_SECONDS = 1.5
_LONGEST_LIST = 160


@dataclass(frozen=True, slots=True)
class TypedWord:
    """A question: what to read, the exact word to type, and the seconds after which it closes by itself."""

    title: str
    lines: tuple[str, ...]
    word: str
    seconds: float = 30


class TypedWordScreen(Dialog[bool]):
    """Asks for a word. The safe button has the focus; Enter there, Esc and time all mean no."""

    DEFAULT_CSS = """
    TypedWordScreen {
        #box { border: heavy $error; }
        #lines { height: auto; max-height: 68vh; scrollbar-size-vertical: 1; }
        #lines Static { height: auto; }
        #ask { height: 1; margin-top: 1; }
        #ask Static { width: auto; }
        #word { width: 20; margin-left: 1; background: $panel; }
        #wrong { height: 1; }
        #end { height: 1; }
        #cancel { margin-right: 2; }
        #left { width: 1fr; }
    }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "scroll(-1)", show=False),
        Binding("down", "scroll(1)", show=False),
        Binding("pageup", "scroll(-8)", show=False),
        Binding("pagedown", "scroll(8)", show=False),
    ]
    AUTO_FOCUS = "#cancel"
    PULL_SECONDS = 0.25

    def __init__(self, question: TypedWord) -> None:
        """Ask `question`."""
        super().__init__()
        self._question = question
        self._deadline = 0.0
        self._went_nowhere = False

    def body(self) -> ComposeResult:
        """Give the lines, the field, the safe button and the time that is left."""
        question = self._question
        with VerticalScroll(id="lines", can_focus=False):
            yield Static(id="text")
        with Horizontal(id="ask"):
            yield Static(Content.assemble("Tab here, type ", (question.word, "bold"), ", press enter:"))
            yield Input(id="word", compact=True, select_on_focus=False)
        yield Static(id="wrong")
        with Horizontal(id="end"):
            yield Button("Cancel", id="cancel", compact=True)
            yield Static(id="left")

    def begin(self) -> None:
        """Begin to count down."""
        self._deadline = self.front.monotonic() + self._question.seconds
        self.title_box(self._question.title)
        self.put("text", Content("\n".join(self._question.lines)))

    def redraw(self) -> None:
        """Count down; close when the time is over."""
        left = self._deadline - self.front.monotonic()
        if left <= 0:
            self.host.ignore_keys(_DEAF_SECONDS)  # what is being typed here must not become commands there
            self._leave("closed by itself")
            return
        self.put(
            "left",
            Content.assemble(
                (f"closes by itself in {ceil(left)} s   ", MUTED), key_line(("up down", "scroll"), ("esc", "leave"))
            ),
        )

    def on_key(self, event: Key) -> None:
        """Say where a word belongs that is typed at the button: typed once more, it would be commands of the screen."""
        if event.is_printable and event.character != " " and self.focused is self.query_one("#cancel"):
            self._went_nowhere = True
            self.put("wrong", Content.styled(f"That went nowhere: press tab, then type {self._question.word}.", CARE))
            event.stop()

    def on_button_pressed(self) -> None:
        """Take the safe way out; but not at once for somebody who thinks that the word stands in the field."""
        if self._went_nowhere:
            self._went_nowhere = False
            words = f"Nothing was done. Press tab, then type {self._question.word}; enter again leaves."
            self.put("wrong", Content.styled(words, CARE))
            return
        self._leave("left")

    def _leave(self, how: str) -> None:
        self.host.say(f"{self._question.title} {how}: nothing was done")
        self.dismiss(False)

    def on_input_changed(self) -> None:
        """Forget what was wrong."""
        self.put("wrong", Content(""))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Say yes to the exact word, in time, and to nothing else."""
        if self.front.monotonic() >= self._deadline:
            self.dismiss(False)
        elif event.value == self._question.word:
            self.dismiss(True)
        else:
            self.put("wrong", Content.styled(f"That is not {self._question.word}. Nothing was done.", BAD))

    def action_scroll(self, lines: int) -> None:
        """Move through lines that do not fit."""
        self.query_one("#lines").scroll_relative(y=lines, animate=False)

    def action_leave(self) -> None:
        """Leave without doing anything."""
        self._leave("left")


def going_live(front: Front, snapshot: Snapshot) -> TypedWord:
    """Ask whether to go live: who gets orders, what is copied, the limits, and what is open already."""
    rules = snapshot.rules
    accounts = plural(len(snapshot.followers), "account")
    ready = sum(view.armed for view in snapshot.followers)
    common, theirs = _sizes(front, snapshot)
    lines = [
        f"From the next execution on, REAL orders go to {accounts}; {ready} ready now.",
        "",
        *wrapped("Filters     ", filter_words(rules.filters)),
        *(wrapped("Each gets   ", common) if common else []),
        *wrapped("Limits      ", _limit_words(front)),
        *wrapped("Open now    ", open_words(snapshot)),
        "Each copy   " + ("needs your yes" if rules.require_confirmation else "goes out WITHOUT asking you"),
    ]
    if rules.halted_because is not None:
        lines += wrapped("HALTED      ", f"{cut(rules.halted_because, _LONGEST_LIST)}: nothing leaves until released")
    if rules.paused:
        lines.append("PAUSED      nothing leaves until copying goes on")
    if snapshot.journal_trouble:
        lines += wrapped("TROUBLE     ", cut(snapshot.journal_trouble, _LONGEST_LIST))
    lines.append("")
    for view in snapshot.followers:
        words = " · ".join((*theirs.get(view.client_id, ()), cut(standing_words(view), _LONGEST_LIST)))
        lines += wrapped(f"  {fit(view.name, 16)} {fit(view.client_id, 9)} ", words)
    return TypedWord("Go live?", tuple(lines), "LIVE")


def _sizes(front: Front, snapshot: Snapshot) -> tuple[str, dict[ClientId, tuple[str]]]:
    """Say how much each follower gets and at most: what most have in common once, and who differs by himself."""
    sizings = {each.client_id: each.sizing_at(snapshot.rules.multiplier) for each in front.settings.followers}
    words = {view.client_id: _size(sizings.get(view.client_id, Sizing())) for view in snapshot.followers}
    common, count = Counter(words.values()).most_common(1)[0] if words else ("", 0)
    if count == 1 < len(words):
        common = ""
    theirs = {client: (said,) for client, said in words.items() if said != common}
    return f"{common}, where no other is said below" if common and theirs else common, theirs


def _size(sizing: Sizing) -> str:
    rules = f", {plural(len(sizing.rules), 'rule')} by symbol" if sizing.rules else ""
    return sizing_words(sizing) + rules


def releasing_halt(snapshot: Snapshot) -> TypedWord:
    """Ask whether to release the halt: why it was, and what follows."""
    rules = snapshot.rules
    mode = "DRY RUN: nothing is sent" if rules.dry_run else "LIVE: orders are sent from the next execution on"
    missed = len(snapshot.missed)
    because = rules.halted_because or "not any more"
    lines = [
        f"Halted      {cut(because, 60)}",
        *(
            ["First       remove the file STOP from the project's folder, or it is not released"]
            if "STOP" in because
            else []
        ),
        f"Then        {mode}" + (", once copying is not paused" if rules.paused else ""),
        f"Open now    {open_words(snapshot)}",
        f"Missed      {plural(missed, 'execution')}; they are not copied by themselves (n lists them)",
    ]
    queued = sum(view.queued for view in snapshot.followers)
    if queued and not rules.dry_run:
        words = "copy goes out at once" if queued == 1 else "copies go out at once"
        lines.append(f"Queued      {queued} {words}, unless too old by then")
    return TypedWord("Release the halt?", tuple(lines), "RELEASE")


def filter_words(filters: Filters) -> str:
    """Say in one line what the filters let through."""
    allowed = clean(", ".join(filters.allow_symbols)) or "all symbols"
    blocked = clean(", ".join(filters.block_symbols))
    kinds = {"market": filters.market_orders, "limit": filters.limit_orders, "stop": filters.stop_orders}
    types = " ".join(kind for kind, on in kinds.items() if on) or "no order type at all"
    symbols = allowed + (f", but not {blocked}" if blocked else "")
    return f"{cut(symbols, _LONGEST_LIST)} · {types}"


def _limit_words(front: Front) -> str:
    """Say the limits that hold for every account."""
    risk = front.settings.risk
    parts = [f"{risk.max_orders_per_minute} orders/min each"]
    if risk.max_orders_per_symbol_per_minute:
        parts.append(f"{risk.max_orders_per_symbol_per_minute} orders/min in one symbol")
    if risk.max_open_positions:
        parts.append(f"at most {plural(risk.max_open_positions, 'open position')}")
    parts.append(f"loss limit {rupees(risk.daily_loss_limit)}" if risk.daily_loss_limit else "no loss limit")
    parts.append(f"halts after {plural(risk.halt_after_failures, 'failure')}")
    return " · ".join(parts)


def open_words(snapshot: Snapshot) -> str:
    """Say what is on its way: at the broker, unknown, queued, being sent, waiting for a yes."""
    sending = sum(copy.state is CopyState.SENDING for view in snapshot.orders for copy in view.copies)
    live = sum(view.live for view in snapshot.followers)
    queued = sum(view.queued for view in snapshot.followers)
    parts = (
        (live, "open at the broker"),
        (len(snapshot.unknown), "unknown"),
        (sending, "being sent"),
        (queued, "queued"),
        (len(snapshot.approvals), "waiting for a yes"),
    )
    return ", ".join(f"{number} {words}" for number, words in parts if number) or "nothing"
