"""A table that is given whole lists of rows and draws only the lines in sight that are new in them.

It is no `DataTable`: that one makes all its rows, in sight or not, and costs ten times as much a repaint.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding
from textual.geometry import Region
from textual.message import Message
from textual.reactive import var
from textual.scroll_view import ScrollView
from textual.strip import Strip

from copytui.tui.present import Column, Row, Signs, fit
from copytui.tui.widgets.paint import Paint, of_column, placed, rich_styles
from copytui.tui.widgets.scrolling import set_virtual_size

_HEADER = 1
"""Lines that the heading takes."""
_KEPT = 400
"""So many drawn lines are kept for rows that come into sight again."""


class KeyedTable(ScrollView, can_focus=True):
    """Rows by key, columns that share the width, and a cursor that stays with its row.

    Rows that were shown with `newest_on_top` have a first row that the cursor follows: while it is there, what
    is newest is selected. Anywhere else it stays with its key. `selected` is false after `deselect`, until the
    cursor is moved.
    """

    COMPONENT_CLASSES: ClassVar = {"table--header", "table--cursor"}
    BINDINGS: ClassVar = [
        Binding("enter", "open", show=False),
        Binding("up,k", "go(-1)", show=False),
        Binding("down,j", "go(1)", show=False),
        Binding("pageup", "page(-1)", show=False),
        Binding("pagedown", "page(1)", show=False),
        Binding("home,ctrl+home,g", "first", show=False),
        Binding("end,ctrl+end,G", "last", show=False),
    ]

    selected = var(True)

    class Moved(Message):
        """The user has chosen another row."""

        def __init__(self, table: KeyedTable) -> None:
            """Tell of `table`."""
            super().__init__()
            self.table = table

        @property
        def control(self) -> KeyedTable:
            """The table, for selectors."""
            return self.table

    class Opened(Moved):
        """The user wants to see the chosen row in full."""

    def __init__(self, columns: Sequence[Column], signs: Signs, *, id: str) -> None:  # noqa: A002  # Textual's name
        """Begin empty."""
        super().__init__(id=id)
        self.cursor_row = 0
        self._signs = signs
        self._columns = tuple(columns)
        self._fitted: list[tuple[int, Column, int]] = []
        self._rows: list[Row] = []
        self._places: dict[str, int] = {}
        self._newest_on_top = False
        self._lost: str | None = None  # the row that was chosen, while a search hides it
        self._drawn: dict[str, tuple[Row, Strip]] = {}
        self._paint: Paint | None = None

    # what stands in it

    @property
    def rows_shown(self) -> Sequence[Row]:
        """What the table holds, from the top."""
        return self._rows

    @property
    def row_count(self) -> int:
        """How many rows it holds."""
        return len(self._rows)

    @property
    def selected_row(self) -> Row | None:
        """The row under the cursor."""
        return self._rows[self.cursor_row] if self.selected and self.cursor_row < len(self._rows) else None

    @property
    def selected_key(self) -> str | None:
        """The key of the row under the cursor."""
        row = self.selected_row
        return None if row is None else row.key

    def texts(self, row: Row) -> list[str]:
        """Return a row's cells as they are drawn: those whose columns have room, cut to them."""
        return [placed(row.cells[place].text, column, width, self._signs) for place, column, width in self._fitted]

    def deselect(self) -> None:
        """Take the cursor away until it is moved."""
        self.selected = False
        self._refresh_row(self.cursor_row)

    def reselect(self) -> None:
        """Show the cursor again where it was."""
        if not self.selected:
            self.selected = True
            self._refresh_row(self.cursor_row)
            if self._rows:
                self.post_message(self.Moved(self))

    def show_columns(self, columns: Sequence[Column]) -> None:
        """Show rows of another kind from now on, or the same ones in columns of other widths."""
        before, self._columns = self._columns, tuple(columns)
        if self._columns == before:
            return
        if [column.key for column in self._columns] != [column.key for column in before]:
            self._rows, self._places = [], {}
        self._refit()

    def forget(self) -> None:
        """Go to the top with the next rows: they are of something else."""
        self._rows, self._places, self._lost = [], {}, None
        self.cursor_row = 0
        self._scroll_up_to(0)
        self.refresh()

    def show_rows(self, rows: Sequence[Row], *, newest_on_top: bool = False) -> bool:
        """Show `rows` from now on; tell whether anything is drawn for it."""
        follow, self._newest_on_top = self._newest_on_top, newest_on_top
        before = self._rows
        if len(rows) == len(before) and all(new is old or new == old for new, old in zip(rows, before, strict=True)):
            return False
        key, at, first = self._lost or self.selected_key, self.cursor_row, follow and self._lost is None
        self._rows = list(rows)
        self._places = {row.key: place for place, row in enumerate(rows)}
        set_virtual_size(self, _HEADER + len(rows))
        self._return_to(key, first=first and at == 0, moved_from=at)
        self._lost = key if (at or self._lost) and key not in self._places else None
        self._refresh_changed(before)
        return True

    def _return_to(self, key: str | None, *, first: bool, moved_from: int) -> None:
        """Put the cursor back to its row, and keep that row where it is on the screen."""
        last = max(0, len(self._rows) - 1)
        place = 0 if first else self._places.get(key or "", min(moved_from, last))
        self.cursor_row = place
        if moved_from:
            self._scroll_up_to(self.scroll_offset.y + place - moved_from)
        else:
            self._see_cursor()

    # the cursor

    def _scroll_up_to(self, top: int) -> None:
        if top != self.scroll_offset.y:
            self.scroll_to(y=top, animate=False, force=True, immediate=True)

    def _lines(self) -> int:
        """How many rows are in sight."""
        return max(1, self.scrollable_content_region.height - _HEADER)

    def _see_cursor(self) -> None:
        """Bring the row under the cursor into sight."""
        top, place = self.scroll_offset.y, self.cursor_row
        self._scroll_up_to(min(max(top, place - self._lines() + 1), place))

    def _move_to(self, place: int) -> None:
        """Choose a row, or take up the cursor again."""
        self._lost = None
        if not self.selected and self._rows:
            self.reselect()
            return
        place = max(0, min(place, len(self._rows) - 1))
        if place != self.cursor_row:
            self._refresh_row(self.cursor_row)
            self._refresh_row(place)
            self.cursor_row = place
            self.post_message(self.Moved(self))
        self._see_cursor()

    def action_go(self, by: int) -> None:
        """Go up or down."""
        self._move_to(self.cursor_row + by)

    def action_page(self, by: int) -> None:
        """Go a page up or down."""
        self._move_to(self.cursor_row + by * self._lines())

    def action_first(self) -> None:
        """Go to the top."""
        self._move_to(0)

    def action_last(self) -> None:
        """Go to the bottom."""
        self._move_to(len(self._rows) - 1)

    def action_open(self) -> None:
        """Open the row under the cursor."""
        self.reselect()
        self.post_message(self.Opened(self))

    def on_click(self, event: events.Click) -> None:
        """Choose the row, or open it where it was chosen."""
        place = self.scroll_offset.y + event.y - _HEADER
        if event.y < _HEADER or not self.selected or place >= len(self._rows):
            return
        event.stop()
        again = place == self.cursor_row
        self._move_to(place)
        if again:
            self.post_message(self.Opened(self))

    # drawing

    def on_resize(self, _event: events.Resize) -> None:
        """Share the new width among the columns."""
        set_virtual_size(self, _HEADER + len(self._rows))
        self._refit()
        self._see_cursor()

    def notify_style_update(self) -> None:
        """Draw in the colours of a new theme or state."""
        super().notify_style_update()
        self._paint = None

    def repaint(self) -> None:
        """Draw every line anew, in the colours of a new theme."""
        self._paint = None
        self._drawn.clear()
        self.refresh()

    def _refit(self) -> None:
        width = self.scrollable_content_region.width
        if width <= 0:
            return  # out of sight
        places = {column.key: place for place, column in enumerate(self._columns)}
        self._fitted = [(places[column.key], column, wide) for column, wide in fit(self._columns, width)]
        self.repaint()

    def _refresh_row(self, place: int) -> None:
        self.refresh(Region(0, _HEADER + place - self.scroll_offset.y, self.size.width, 1))

    def _refresh_changed(self, before: Sequence[Row]) -> None:
        """Draw the lines in sight that show something else than before."""
        top = self.scroll_offset.y
        for place in range(top, top + self._lines()):
            new, old = (rows[place] if place < len(rows) else None for rows in (self._rows, before))
            if new is not old and new != old:
                self._refresh_row(place)

    def render_lines(self, crop: Region) -> list[Strip]:
        """Draw lines, looking only once for the colours of all of them."""
        paint = Paint(
            self.rich_style, self.get_component_rich_style("table--header"),
            self.get_component_rich_style("table--cursor"), rich_styles(self.app.theme_variables),
        )  # fmt: skip
        if paint != self._paint or len(self._drawn) > _KEPT:
            self._paint = paint
            self._drawn.clear()
        return super().render_lines(crop)

    def render_line(self, y: int) -> Strip:
        """Draw one line: the heading, or a row."""
        width, paint = self.size.width, self._paint
        if paint is None:
            return Strip.blank(width)
        if y < _HEADER:
            titles = [placed(column.title, column, wide, self._signs) for _, column, wide in self._fitted]
            return self._strip(titles, [paint.header] * len(titles), paint.header, paint.base)
        place = self.scroll_offset.y + y - _HEADER
        if place >= len(self._rows):
            return Strip.blank(width, paint.base)
        row = self._rows[place]
        if self.selected and place == self.cursor_row:
            return self._row(row, paint.base + paint.cursor, paint)
        kept = self._drawn.get(row.key)
        if kept is None or kept[0] is not row:
            kept = self._drawn[row.key] = (row, self._row(row, paint.base, paint))
        return kept[1]

    def _row(self, row: Row, ground: Style, paint: Paint) -> Strip:
        styles = [ground + paint.tones.get(row.cells[place].tone, Style.null()) for place, _, _ in self._fitted]
        return self._strip(self.texts(row), styles, ground, paint.base)

    def _strip(self, texts: list[str], styles: list[Style], rest: Style, base: Style) -> Strip:
        """Join a line's cells, each a segment of its own, and fill what is left of the width."""
        left = max(0, self.size.width - sum(wide for _, _, wide in self._fitted))
        parts = zip([*texts, " " * left], [*styles, rest], strict=True)
        segments = [Segment(text, style + of_column(number)) for number, (text, style) in enumerate(parts)]
        return Strip(segments).adjust_cell_length(self.size.width, base)
