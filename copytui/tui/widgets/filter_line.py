"""The line of the filters (what is copied) and the search (what is shown)."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widgets import Input

from copytui.domain.sizing import Sizing
from copytui.engine.snapshot import Snapshot
from copytui.tui.present import Signs, filter_line, search_line
from copytui.tui.present.cells import line_width
from copytui.tui.widgets.lines import Lines

_GAP = 2
"""Between the two sentences."""
_FIELD = 32
"""What the field takes, with its margins (copytui.tcss)."""


class FilterLine(Horizontal):
    """The two sentences, and the field in which a search is typed."""

    def __init__(self, signs: Signs, sizing: Sizing) -> None:
        """Begin without a search."""
        super().__init__(id="filter-line")
        self._signs = signs
        self._sizing = sizing
        self.filters = Lines(id="filters")
        self.found = Lines(id="found", fluid=True)
        self.field = Input(placeholder="search what is shown", compact=True, id="search")

    def compose(self) -> ComposeResult:
        """The filters at the left; the search, or its field, at the right."""
        self.field.display = False
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
