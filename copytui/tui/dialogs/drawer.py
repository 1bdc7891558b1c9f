"""A drawer at the right with long text in it, moved through by keys."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Static

from copytui.tui.dialogs.dialog import Dialog
from copytui.tui.dialogs.text import key_line
from copytui.tui.widgets.long_text import LongText


class Drawer(Dialog[None]):
    """Subclasses `tell` in `redraw` what stands in it."""

    DEFAULT_CSS = """
    Drawer {
        align: right top;
        #box { width: 72; height: 100%; }
        #story { height: 1fr; }
        #keys { margin-top: 0; }
    }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,j", "scroll(1)", show=False),
        Binding("up,k", "scroll(-1)", show=False),
        Binding("pagedown,space", "scroll(12)", show=False),
        Binding("pageup", "scroll(-12)", show=False),
        Binding("home,g", "to_end(False)", show=False),
        Binding("end,G", "to_end(True)", show=False),
        Binding("enter", "leave", show=False),
    ]

    def body(self) -> ComposeResult:
        """Give the text and the keys."""
        yield LongText(id="story")
        yield Static(id="keys")

    def begin(self) -> None:
        """Show the keys."""
        self.put("keys", key_line(("up down", "scroll"), ("g G", "ends"), ("esc", "leave")))

    def tell(self, content: Content) -> None:
        """Show this from now on."""
        self.put_long("story", content)

    def tell_gone(self, words: str) -> None:
        """Say that there is nothing to tell any more."""
        self.put_long("story", Content(words))

    def action_scroll(self, lines: int) -> None:
        """Move through the text."""
        self.query_one("#story").scroll_relative(y=lines, animate=False)

    def action_to_end(self, end: bool) -> None:
        """Go to the first or the last line."""
        scroll = self.query_one("#story")
        (scroll.scroll_end if end else scroll.scroll_home)(animate=False)
