"""A table that is given whole lists of rows and draws only what is new in them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from rich.text import Text
from textual import events
from textual.binding import Binding
from textual.widgets import DataTable

from copytui.tui.present import Column, Row, Signs, fit
from copytui.tui.widgets.paint import cell_text, heading, rich_styles

_FEW = 24
"""Up to so many rows are taken out one by one; beyond, the table is filled anew."""


class KeyedTable(DataTable[Text]):
    """Rows by key, columns that share the width, and a cursor that stays with its row.

    Rows that were shown with `newest_on_top` have a first row that the cursor follows: while it is there, what
    is newest is selected. Anywhere else it stays with its key. `selected` is false after `deselect`, until the
    cursor is moved.
    """

    BINDINGS: ClassVar = [
        Binding("j", "cursor_down", show=False),
        Binding("k", "cursor_up", show=False),
        Binding("g", "scroll_top", show=False),
        Binding("G", "scroll_bottom", show=False),
    ]

    def __init__(self, columns: Sequence[Column], signs: Signs, *, id: str) -> None:  # noqa: A002  # Textual's name
        """Begin empty."""
        super().__init__(id=id, cursor_type="row", cell_padding=0, cursor_foreground_priority="renderable")
        self._signs = signs
        self._all_columns = tuple(columns)
        self._fitted: list[tuple[Column, int]] = []
        self._rows: list[Row] = []
        self._by_key: dict[str, Row] = {}
        self.selected = True
        self._newest_on_top = False
        self._lost: str | None = None  # the row that was chosen, while a search hides it

    @property
    def rows_shown(self) -> Sequence[Row]:
        """What the table holds, from the top."""
        return self._rows

    @property
    def selected_key(self) -> str | None:
        """The key of the row under the cursor."""
        if not self.selected or not 0 <= self.cursor_row < len(self._rows):
            return None
        return self._rows[self.cursor_row].key

    @property
    def selected_row(self) -> Row | None:
        """The row under the cursor."""
        key = self.selected_key
        return None if key is None else self._by_key[key]

    def deselect(self) -> None:
        """Take the cursor away until it is moved."""
        self.selected = self.show_cursor = False

    def reselect(self) -> None:
        """Show the cursor again where it was."""
        if not self.selected:
            self.selected = self.show_cursor = True
            if self._rows:
                key = self.coordinate_to_cell_key(self.cursor_coordinate).row_key
                self.post_message(self.RowHighlighted(self, self.cursor_row, key))

    def on_resize(self, _event: events.Resize) -> None:
        """Share the new width among the columns."""
        self._refit()

    def on_show(self) -> None:
        """Take up again what was kept while out of sight."""
        if not self._fitted:
            self._refit()

    def repaint(self) -> None:
        """Draw every cell anew, in the colours of a new theme."""
        self._refit(force=True)

    def show_columns(self, columns: Sequence[Column]) -> None:
        """Show rows of another kind from now on."""
        if tuple(columns) != self._all_columns:
            self._all_columns = tuple(columns)
            self._rows = []
            self._refit(force=True)

    def forget(self) -> None:
        """Go to the top with the next rows: they are of something else."""
        self._rows, self._by_key, self._lost = [], {}, None

    def _refit(self, *, force: bool = False) -> None:
        width = self.scrollable_content_region.width
        if width <= 0:
            # Out of sight: what is shown meanwhile is kept, and drawn when there is a width again.
            self._fitted = []
            return
        fitted = fit(self._all_columns, width)
        if fitted == self._fitted and not force:
            return
        key, first = self.selected_key, self._newest_on_top and self.cursor_row == 0
        self._fitted = fitted
        rows, self._rows, self._by_key = self._rows, [], {}
        with self.app.batch_update():
            self.clear(columns=True)
            for column, wide in fitted:
                self.add_column(heading(column, wide, self._signs), width=wide, key=column.key)
            self._fill(rows)
            self._return_to(key, first=first, moved_from=0)

    def show_rows(self, rows: Sequence[Row], *, newest_on_top: bool = False) -> bool:
        """Show `rows` from now on; tell whether anything is drawn for it."""
        follow, self._newest_on_top = self._newest_on_top, newest_on_top
        if not self._fitted:
            self._rows = list(rows)
            self._by_key = {row.key: row for row in rows}
            return False
        if not self._rows and self.row_count:
            self.clear()
        before = self._rows
        if len(rows) == len(before) and all(new is old or new == old for new, old in zip(rows, before, strict=True)):
            return False
        key, at = self._lost or self.selected_key, self.cursor_row
        with self.app.batch_update():
            if [row.key for row in rows] == [row.key for row in before]:
                self._update(rows)
            else:
                self._reorder(rows)
                self._return_to(key, first=follow and at == 0 and self._lost is None, moved_from=at)
                self._lost = key if (at or self._lost) and key not in self._by_key else None
        return True

    def _update(self, rows: Sequence[Row]) -> None:
        styles = rich_styles(self.app.theme_variables)
        for row in rows:
            old = self._by_key[row.key]
            if row is old:
                continue
            for place, (column, width) in self._places():
                if row.cells[place] != old.cells[place]:
                    text = cell_text(row.cells[place], column, width, styles, self._signs)
                    self.update_cell(row.key, column.key, text)
            self._by_key[row.key] = row
        self._rows = list(rows)

    def _places(self) -> list[tuple[int, tuple[Column, int]]]:
        places = {column.key: place for place, column in enumerate(self._all_columns)}
        return [(places[column.key], (column, width)) for column, width in self._fitted]

    def _reorder(self, rows: Sequence[Row]) -> None:
        wanted = {row.key: row for row in rows}
        gone = [row.key for row in self._rows if row.key not in wanted]
        if len(gone) > _FEW or not self._rows:
            self.clear()
            self._fill(rows)
            return
        for key in gone:
            self.remove_row(key)
            del self._by_key[key]
        self._update([wanted[row.key] for row in self._rows if row.key in wanted])
        self._add([row for row in rows if row.key not in self._by_key])
        self._rows = list(rows)
        first = self._fitted[0][0].key
        order = {id(self.get_cell(row.key, first)): place for place, row in enumerate(rows)}
        self.sort(first, key=lambda cell: order[id(cell)])

    def _fill(self, rows: Sequence[Row]) -> None:
        self._by_key = {}
        self._add(rows)
        self._rows = list(rows)

    def _add(self, rows: Sequence[Row]) -> None:
        styles, places = rich_styles(self.app.theme_variables), self._places()
        for row in rows:
            cells = (
                cell_text(row.cells[place], column, width, styles, self._signs) for place, (column, width) in places
            )
            self.add_row(*cells, key=row.key)
            self._by_key[row.key] = row

    def _return_to(self, key: str | None, *, first: bool, moved_from: int) -> None:
        """Put the cursor back to its row, and keep that row where it is on the screen."""
        if first or key is None or key not in self._by_key:
            place = 0 if first else min(moved_from, max(0, len(self._rows) - 1))
        else:
            place = next(place for place, row in enumerate(self._rows) if row.key == key)
        self.move_cursor(row=place, animate=False, scroll=not moved_from)
        if moved_from and place != moved_from:
            self.call_after_refresh(self.scroll_to, y=self.scroll_y + place - moved_from, animate=False)

    def action_cursor_down(self) -> None:
        """Go down, or take up the cursor again."""
        self._moved(super().action_cursor_down)

    def action_cursor_up(self) -> None:
        """Go up, or take up the cursor again."""
        self._moved(super().action_cursor_up)

    def action_select_cursor(self) -> None:
        """Open the row under the cursor."""
        self.reselect()
        super().action_select_cursor()

    def _moved(self, move: Callable[[], None]) -> None:
        self._lost = None
        if self.selected or not self._rows:
            move()
        else:
            self.reselect()
