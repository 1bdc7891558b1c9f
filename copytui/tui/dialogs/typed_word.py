"""A question that only a typed word answers: going live, releasing a halt, closing and cancelling."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.events import Key
from textual.widgets import Button, Input, Static

from copytui.engine.snapshot import Snapshot
from copytui.tui.dialogs.dialog import Dialog
from copytui.tui.dialogs.text import BAD, CARE, MUTED, key_line
from copytui.tui.main.layout import SMALLEST

_CHANGED = "What is above has changed: read it again."
_LARGER = f"Make the terminal {SMALLEST.width} x {SMALLEST.height} or larger"


@dataclass(frozen=True, slots=True)
class TypedWord:
    """A question: what to read, the exact word to type, and the seconds after which it closes by itself.

    `acts_on` is what a yes would do something to, or do it by: where it changes, a word that was typed is forgotten.
    Figures that change all the time are in the lines only.
    """

    title: str
    lines: tuple[str, ...]
    word: str
    acts_on: tuple[object, ...] = ()
    seconds: float = 30


class TypedWordScreen(Dialog[bool]):
    """Asks for a word. The safe button has the focus; Enter there, Esc and time all mean no.

    What is to be read is made anew from each picture: a yes is for what is so now, not for what was so at first.
    """

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

    def __init__(self, question: TypedWord, again: Callable[[Snapshot], TypedWord | None]) -> None:
        """Ask `question`, as `again` makes it of each later picture; None where there is nothing left to ask."""
        super().__init__()
        self._question = question
        self._again = again
        self._deadline = 0.0
        self._went_nowhere = False
        self._changed = self._small = False

    @property
    def question(self) -> TypedWord:
        """What is asked, as it was drawn last."""
        return self._question

    @property
    def _field(self) -> Input:
        return self.query_one("#word", Input)

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
        self._deadline = self._now() + self._question.seconds

    def redraw(self) -> None:
        """Say what is so now, and count down; close when the time is over, or when there is nothing left to ask."""
        left = self._deadline - self._now()
        if left <= 0:
            self.close_by_itself(f"{self._question.title} closed by itself: nothing was done", result=False)
            return
        question = self._again(self.snapshot)
        if question is None:
            self.close_by_itself(f"{self._question.title} closed: there is nothing left to do", result=False)
            return
        before, self._question = self._question, question
        self.put("text", Content("\n".join(question.lines)))
        if question.acts_on != before.acts_on:
            self._changed = True
            self._forget_word()
        was_small, self._small = self._small, self.too_small()
        if was_small or self._small:
            self._forget_word()
        self.title_box(_LARGER if self._small else question.title)
        self.put(
            "left",
            Content.assemble(
                (f"closes by itself in {ceil(left)} s   ", MUTED), key_line(("up down", "scroll"), ("esc", "leave"))
            ),
        )

    def on_resize(self) -> None:
        """Take no word where what it does is not in sight."""
        self.redraw()

    def _forget_word(self) -> None:
        with self.prevent(Input.Changed):
            self._field.value = ""
        self._warn()

    def _warn(self) -> None:
        """Say what is to be done before the word, if anything is."""
        words = f"{_LARGER}." if self._small else _CHANGED if self._changed else ""
        self.put("wrong", Content.styled(words, CARE))

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
        if self._small:
            self._forget_word()
        self._warn()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Say yes to the exact word, in time, for what is so now, and to nothing else."""
        self.redraw()
        if not self.is_active:  # too late
            return
        now = self._field.value
        if now == event.value == self._question.word:
            self.dismiss(True)
        elif now == event.value and (now or not (self._changed or self._small)):  # else it was forgotten: that is said
            self.put("wrong", Content.styled(f"That is not {self._question.word}. Nothing was done.", BAD))

    def action_scroll(self, lines: int) -> None:
        """Move through lines that do not fit."""
        self.query_one("#lines").scroll_relative(y=lines, animate=False)

    def action_leave(self) -> None:
        """Leave without doing anything."""
        self._leave("left")
