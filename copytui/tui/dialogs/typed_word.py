"""The dialog for questions that are confirmed by typing a word: go live, release, close, cancel."""

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

_CHANGED = "The text above has changed: read it again."
_LARGER = f"Make the terminal {SMALLEST.width} x {SMALLEST.height} or larger"


@dataclass(frozen=True, slots=True)
class TypedWord:
    """A question: the text to read, the exact word to type, and the seconds after which it closes by itself.

    `acts_on` is what the confirmation would affect: when it changes, the typed word is discarded. Figures that change
    constantly appear only in the lines.
    """

    title: str
    lines: tuple[str, ...]
    word: str
    acts_on: tuple[object, ...] = ()
    seconds: float = 30


class TypedWordScreen(Dialog[bool]):
    """The dialog of a `TypedWord`. The safe button has the focus; Enter on it, Esc and the timeout all cancel.

    The text is rebuilt from each snapshot: the user confirms the present state, not the one at the start.
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
        """Ask `question`; `again` rebuilds it from each later snapshot, or returns None if it is moot."""
        super().__init__()
        self._question = question
        self._again = again
        self._deadline = 0.0
        self._typed_at_button = False
        self._changed = self._small = False

    @property
    def question(self) -> TypedWord:
        """The question as last drawn."""
        return self._question

    @property
    def _field(self) -> Input:
        return self.query_one("#word", Input)

    def body(self) -> ComposeResult:
        """Compose the lines, the field, the safe button and the time left."""
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
        """Start the countdown."""
        self._deadline = self._now() + self._question.seconds

    def redraw(self) -> None:
        """Update the text and the countdown; close at the timeout or if the question is moot."""
        left = self._deadline - self._now()
        if left <= 0:
            self.close_by_itself(f"{self._question.title} closed by itself: nothing was changed", result=False)
            return
        question = self._again(self.snapshot)
        if question is None:
            self.close_by_itself(f"{self._question.title} closed: nothing left to do", result=False)
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
        """Discard the word if the text no longer fits."""
        self.redraw()

    def _forget_word(self) -> None:
        with self.prevent(Input.Changed):
            self._field.value = ""
        self._warn()

    def _warn(self) -> None:
        """Show what must happen before the word is typed, if anything."""
        words = f"{_LARGER}." if self._small else _CHANGED if self._changed else ""
        self.put("wrong", Content.styled(words, CARE))

    def on_key(self, event: Key) -> None:
        """Show where to type the word; typed again after the dialog closes, it would be commands of the screen."""
        if event.is_printable and event.character != " " and self.focused is self.query_one("#cancel"):
            self._typed_at_button = True
            self.put("wrong", Content.styled(f"Not entered: press tab, then type {self._question.word}.", CARE))
            event.stop()

    def on_button_pressed(self) -> None:
        """Cancel, but warn first if the user typed the word outside of the field."""
        if self._typed_at_button:
            self._typed_at_button = False
            words = f"Nothing was done. Press tab, then type {self._question.word}; enter again cancels."
            self.put("wrong", Content.styled(words, CARE))
            return
        self._leave("closed")

    def _leave(self, how: str) -> None:
        self.host.say(f"{self._question.title} {how}: nothing was changed")
        self.dismiss(False)

    def on_input_changed(self) -> None:
        """Clear the error."""
        if self._small:
            self._forget_word()
        self._warn()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Confirm only the exact word, in time, for the present state."""
        self.redraw()
        if not self.is_active:  # too late
            return
        now = self._field.value
        if now == event.value == self._question.word:
            self.dismiss(True)
        elif now == event.value and (now or not (self._changed or self._small)):  # else the word was discarded
            self.put("wrong", Content.styled(f"That is not {self._question.word}. Nothing was done.", BAD))

    def action_scroll(self, lines: int) -> None:
        """Scroll the lines."""
        self.query_one("#lines").scroll_relative(y=lines, animate=False)

    def action_leave(self) -> None:
        """Close without doing anything."""
        self._leave("closed")
