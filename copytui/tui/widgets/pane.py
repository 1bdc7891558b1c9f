"""The base of panes: a border with a title around a table, and a text for its empty state."""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.containers import Container
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from copytui.tui.present import Column, Row, Signs
from copytui.tui.present.cells import cut
from copytui.tui.widgets.cursor import Change
from copytui.tui.widgets.table import KeyedTable

TITLE_EDGES = 6
"""The width of corners and blanks in a border."""


class Pane(Container):
    """A border with a title; `number` is the key of the pane."""

    def __init__(self, number: int, title: str, signs: Signs, *, id: str) -> None:  # noqa: A002  # Textual's name
        """Create the pane."""
        super().__init__(id=id)
        self.number = number
        self.title = title
        self.signs = signs
        self._titles: tuple[str, str] | None = None
        self._wanted: tuple[bool, str, str] | None = None

    @property
    def focus_target(self) -> Widget:
        """The widget that gets the focus."""
        return self.query_one(KeyedTable)

    def set_title(self, *, live: bool, detail: str = "", right: str = "") -> None:
        """Set the title (key, name, detail) and the subtitle at the lower right."""
        self._wanted = (live, detail, right)
        pointer = self.signs.pointer if self.has_focus_within else ""
        left = f"{'LIVE ' if live else ''}{pointer}{self.number} {self.title}{detail}"
        room = max(0, self.outer_size.width - TITLE_EDGES)
        left, right = (cut(text, room, dots=self.signs.dots) for text in (left, right))
        if (left, right) != self._titles:
            self._titles = (left, right)
            self.border_title = Content(left)
            self.border_subtitle = Content(right) if right else None

    def on_resize(self) -> None:
        """Fit the title to the new width."""
        if self._wanted is not None:
            live, detail, right = self._wanted
            self.set_title(live=live, detail=detail, right=right)


class TablePane(Pane):
    """A pane with one table."""

    def __init__(self, number: int, title: str, columns: Sequence[Column], signs: Signs, *, id: str) -> None:  # noqa: A002
        """Create the pane with an empty table."""
        super().__init__(number, title, signs, id=id)
        self.table = KeyedTable(columns, signs, id=f"{id}-table")
        self._empty = Static("", id=f"{id}-empty", classes="empty", markup=False)
        self._words = ""

    def compose(self) -> ComposeResult:
        """Compose the table and the text for its empty state."""
        yield self.table
        yield self._empty

    @property
    def focus_target(self) -> Widget:
        """The table."""
        return self.table

    def show_rows(self, rows: Sequence[Row], empty: str, change: Change = Change()) -> None:  # noqa: B008  # never changes
        """Show rows, or the text `empty` if there are none."""
        self.table.show_rows(rows, change)
        self._empty.display = not rows
        if not rows and empty != self._words:
            self._words = empty
            self._empty.update(Content(empty))
