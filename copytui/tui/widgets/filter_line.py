"""The line with the filters (what is copied) and the search (what is shown)."""

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
"""The gap between filters and search."""
_FIELD = 32
"""The width of the search field with its margins (copytui.tcss)."""


class SearchField(DirectInput):
    """An input that takes each key as it is read; Textual's own takes it later, so that Enter may act too late."""

    BINDINGS: ClassVar = [
        *(replace(each, priority=True) for each in Input.BINDINGS if isinstance(each, Binding) and each.key != "enter"),
        Binding("enter", "screen.search_done", show=False, priority=True),
    ]

    def __init__(self) -> None:
        """Create an empty, hidden field."""
        super().__init__(placeholder="search what is shown", compact=True, select_on_focus=False, id="search")
        self.display = False

    def begin(self, text: str) -> None:
        """Show the field with its text selected, so that the next character replaces it; the screen sets the focus."""
        self.value, self.display = text, True
        self.selection = Selection(0, len(text))

    def check_consume_key(self, key: str, character: str | None) -> bool:
        """Consume every printable key; Textual does not know the characters of some key names."""
        return super().check_consume_key(key, character) or key in KEY_NAME_REPLACEMENTS.values()

    def take_event(self, event: Event) -> bool:
        """Take keys and pasted text."""
        if isinstance(event, Key) and event.is_printable:
            self._put(event.character or "")
        elif isinstance(event, Paste):
            self._put(next(iter(event.text.splitlines()), ""))
        else:
            return False
        return True

    def _put(self, text: str) -> None:
        """Insert at the cursor, replacing the selection."""
        self.replace(text, *self.selection)


class FilterLine(Horizontal):
    """The filters, the search, and the field to type it."""

    def __init__(self, signs: Signs, sizing: Sizing) -> None:
        """Start without a search."""
        super().__init__(id="filter-line")
        self._signs = signs
        self._sizing = sizing
        self.filters = Lines(id="filters")
        self.found = Lines(id="found", fluid=True)
        self.field = SearchField()

    def compose(self) -> ComposeResult:
        """Compose the filters on the left and the search on the right."""
        yield self.filters
        yield self.field
        yield self.found

    def show(self, snapshot: Snapshot | None, search: str, pane: str, found: int, total: int) -> None:
        """Show filters and search; the essential part of the filters gets its room first."""
        room = (self.size.width or self.app.size.width - 2) - _GAP - (_FIELD if self.field.display else 0)
        if snapshot is None:
            self.found.set_lines([search_line(search, pane, found, total, room)])
            return
        least = line_width(filter_line(snapshot.rules, self._sizing, self._signs, 0))
        words = search_line(search, pane, found, total, room - least)
        self.found.set_lines([words])
        self.filters.set_lines([filter_line(snapshot.rules, self._sizing, self._signs, room - line_width(words))])
