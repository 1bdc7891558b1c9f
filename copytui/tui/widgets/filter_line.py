"""The line of the filters (what is copied) and the search (what is shown)."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal
from textual.events import Event, Key, Paste
from textual.keys import KEY_NAME_REPLACEMENTS
from textual.widgets import Input
from textual.widgets.input import Selection

from copytui.domain.sizing import Sizing
from copytui.engine.snapshot import Snapshot
from copytui.tui.present import Signs, filter_line, search_line
from copytui.tui.present.cells import line_width
from copytui.tui.textual_compat import DirectInput
from copytui.tui.widgets.lines import Lines

_GAP = 2
"""Between the two sentences."""
_FIELD = 32
"""What the field takes, with its margins (copytui.tcss)."""


class SearchField(DirectInput):
    """Takes each key when it is read. Textual's own field takes it some turns later: Enter after what follows it."""

    BINDINGS: ClassVar = [
        *(replace(each, priority=True) for each in Input.BINDINGS if isinstance(each, Binding) and each.key != "enter"),
        Binding("enter", "screen.search_done", show=False, priority=True),
    ]

    def __init__(self) -> None:
        """Begin empty, and out of sight."""
        super().__init__(placeholder="search what is shown", compact=True, select_on_focus=False, id="search")
        self.display = False

    def begin(self, text: str) -> None:
        """Come into sight, with a text that the next character replaces; the screen gives the keyboard."""
        self.value, self.display = text, True
        self.selection = Selection(0, len(text))

    def check_consume_key(self, key: str, character: str | None) -> bool:
        """Keep all that is printable from being a command; Textual does not know which characters some names mean."""
        return super().check_consume_key(key, character) or key in KEY_NAME_REPLACEMENTS.values()

    def take_event(self, event: Event) -> bool:
        """Take what is printable or pasted."""
        if isinstance(event, Key) and event.is_printable:
            self._put(event.character or "")
        elif isinstance(event, Paste):
            self._put(next(iter(event.text.splitlines()), ""))
        else:
            return False
        return True

    def _put(self, text: str) -> None:
        """Write at the cursor, or in place of what is selected."""
        self.replace(text, *self.selection)


class FilterLine(Horizontal):
    """The two sentences, and the field in which a search is typed."""

    def __init__(self, signs: Signs, sizing: Sizing) -> None:
        """Begin without a search."""
        super().__init__(id="filter-line")
        self._signs = signs
        self._sizing = sizing
        self.filters = Lines(id="filters")
        self.found = Lines(id="found", fluid=True)
        self.field = SearchField()

    def compose(self) -> ComposeResult:
        """The filters at the left; the search, or its field, at the right."""
        yield self.filters
        yield self.field
        yield self.found

    def show(self, snapshot: Snapshot | None, search: str, pane: str, found: int, total: int) -> None:
        """Say what is copied and what is shown; what must not be forgotten has its room first."""
        room = (self.size.width or self.app.size.width - 2) - _GAP - (_FIELD if self.field.display else 0)
        if snapshot is None:
            self.found.say([search_line(search, pane, found, total, room)])
            return
        least = line_width(filter_line(snapshot.rules, self._sizing, self._signs, 0))
        words = search_line(search, pane, found, total, room - least)
        self.found.say([words])
        self.filters.say([filter_line(snapshot.rules, self._sizing, self._signs, room - line_width(words))])
