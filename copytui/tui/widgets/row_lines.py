"""Rows in columns that share the width; only visible lines that have changed are drawn.

A `DataTable` builds all its rows, visible or not, and a repaint costs ten times as much.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region
from textual.scroll_view import ScrollView
from textual.strip import Strip

from copytui.tui.present import Column, Row, Signs, fit
from copytui.tui.widgets.paint import Paint, of_column, placed, rich_styles

HEADER = 1
"""The number of lines of the heading."""
_CACHED = 400
"""The maximum number of drawn lines that are cached."""


class RowLines(ScrollView):
    """A heading and rows; `marked` is the place of the row that is drawn as selected."""

    COMPONENT_CLASSES: ClassVar = {"table--header", "table--cursor"}

    def __init__(self, columns: Sequence[Column], signs: Signs, *, id: str) -> None:  # noqa: A002  # Textual's name
        """Create an empty list."""
        super().__init__(id=id)
        self._signs = signs
        self._columns = tuple(columns)
        self._fitted: list[tuple[int, Column, int]] = []
        self._rows: list[Row] = []
        self._drawn: dict[str, tuple[Row, Strip]] = {}
        self._paint: Paint | None = None

    @property
    def marked(self) -> int | None:
        """The place of the selected row, or None."""
        return None

    @property
    def rows_shown(self) -> Sequence[Row]:
        """All rows, from the top."""
        return self._rows

    @property
    def row_count(self) -> int:
        """The number of rows."""
        return len(self._rows)

    def texts(self, row: Row) -> list[str]:
        """Return the cells of a row as drawn: those of visible columns, cut to their widths."""
        return [
            placed(row.cells[place].text, column, width, self._signs, tail=row.cells[place].tail)
            for place, column, width in self._fitted
        ]

    def show_columns(self, columns: Sequence[Column]) -> None:
        """Set the columns: of another kind of row, or with other widths."""
        before, self._columns = self._columns, tuple(columns)
        if self._columns == before:
            return
        if [column.key for column in self._columns] != [column.key for column in before]:
            self._rows = []
        self._refit()

    def _lines(self) -> int:
        """Return the number of visible rows."""
        return max(1, self.scrollable_content_region.height - HEADER)

    def notify_style_update(self) -> None:
        """Draw in the colours of a new theme or state."""
        super().notify_style_update()
        self._paint = None

    def repaint(self) -> None:
        """Redraw every line, in the colours of a new theme."""
        self._paint = None
        self._drawn.clear()
        self.refresh()

    def _refit(self) -> None:
        width = self.scrollable_content_region.width
        if width <= 0:
            return  # hidden
        places = {column.key: place for place, column in enumerate(self._columns)}
        self._fitted = [(places[column.key], column, wide) for column, wide in fit(self._columns, width)]
        self.repaint()

    def _refresh_row(self, place: int) -> None:
        self.refresh(Region(0, HEADER + place - self.scroll_offset.y, self.size.width, 1))

    def _refresh_changed(self, before: Sequence[Row]) -> None:
        """Redraw the visible lines that have changed."""
        top = self.scroll_offset.y
        for place in range(top, top + self._lines()):
            new, old = (rows[place] if place < len(rows) else None for rows in (self._rows, before))
            if new is not old and new != old:
                self._refresh_row(place)

    def render_lines(self, crop: Region) -> list[Strip]:
        """Draw lines, looking up the colours once for all of them."""
        paint = Paint(
            self.rich_style, self.get_component_rich_style("table--header"),
            self.get_component_rich_style("table--cursor"), rich_styles(self.app.theme_variables),
        )  # fmt: skip
        if paint != self._paint or len(self._drawn) > _CACHED:
            self._paint = paint
            self._drawn.clear()
        return super().render_lines(crop)

    def render_line(self, y: int) -> Strip:
        """Draw one line: the heading, or a row."""
        width, paint = self.size.width, self._paint
        if paint is None:
            return Strip.blank(width)
        if y < HEADER:
            titles = [placed(column.title, column, wide, self._signs) for _, column, wide in self._fitted]
            return self._strip(titles, [paint.header] * len(titles), paint.header, paint.base)
        place = self.scroll_offset.y + y - HEADER
        if place >= len(self._rows):
            return Strip.blank(width, paint.base)
        row = self._rows[place]
        if place == self.marked:
            return self._row(row, paint.base + paint.cursor, paint)
        cached = self._drawn.get(row.key)
        if cached is None or cached[0] is not row:
            cached = self._drawn[row.key] = (row, self._row(row, paint.base, paint))
        return cached[1]

    def _row(self, row: Row, ground: Style, paint: Paint) -> Strip:
        styles = [ground + paint.tones.get(row.cells[place].tone, Style.null()) for place, _, _ in self._fitted]
        return self._strip(self.texts(row), styles, ground, paint.base)

    def _strip(self, texts: list[str], styles: list[Style], rest: Style, base: Style) -> Strip:
        """Join the cells of a line, each as its own segment, and fill the width."""
        left = max(0, self.size.width - sum(wide for _, _, wide in self._fitted))
        parts = zip([*texts, " " * left], [*styles, rest], strict=True)
        segments = [Segment(text, style + of_column(number)) for number, (text, style) in enumerate(parts)]
        return Strip(segments).adjust_cell_length(self.size.width, base)
