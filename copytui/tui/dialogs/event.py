"""The dialog with the full text of one event, which is often wider than the events pane."""

from __future__ import annotations

import textwrap
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Static

from copytui.domain.events import Event
from copytui.tui.dialogs.dialog import Dialog
from copytui.tui.dialogs.story import StoryScreen
from copytui.tui.dialogs.text import clock_ms, fields, key_line
from copytui.tui.widgets.long_text import LongText

_NAMES, _WIDTH = 8, 72


class EventScreen(Dialog[None]):
    """Time, level, account and text of one event; Enter continues to the story of its order, if it has one."""

    DEFAULT_CSS = """
    EventScreen {
        #text { max-height: 70vh; }
    }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,j", "scroll(1)", show=False),
        Binding("up,k", "scroll(-1)", show=False),
        Binding("pagedown,space", "scroll(12)", show=False),
        Binding("pageup", "scroll(-12)", show=False),
        Binding("enter", "open_story", show=False),
    ]
    HEADING = "Event"

    def __init__(self, event: Event) -> None:
        """Show `event`."""
        super().__init__()
        self._event = event

    def body(self) -> ComposeResult:
        """Compose the text and the keys."""
        yield LongText(id="text")
        yield Static(id="keys")

    def begin(self) -> None:
        """Show the event, which never changes."""
        self.put_long("text", event_words(self._event))
        story = () if self._event.order_key is None else (("enter", "the order's story"),)
        self.put("keys", key_line(*story, ("esc", "leave")))

    def action_scroll(self, lines: int) -> None:
        """Scroll the text."""
        self.query_one("#text").scroll_relative(y=lines, animate=False)

    def action_open_story(self) -> None:
        """Open the story of the order, or close."""
        key = self._event.order_key
        if key is None:
            self.dismiss()
        else:
            self.app.switch_screen(StoryScreen(key))


def event_words(event: Event) -> Content:
    """Return the full text of an event; none of it is interpreted as markup."""
    # Line by line, because a field is cleaned as a single line, which limits its length.
    first, *others = textwrap.wrap(event.text, _WIDTH - _NAMES, break_on_hyphens=False) or ["-"]
    rows = [
        ("Time", f"{clock_ms(event.at)} IST"),
        ("Level", event.level),
        ("Who", event.who),
        ("About", event.kind),
        ("What", first),
        *(("", line) for line in others),
    ]
    return fields(rows, names=_NAMES, width=_WIDTH)
