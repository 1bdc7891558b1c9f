"""Text of any length: only visible lines are drawn, so that more text costs next to nothing."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.content import Content
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.selection import Selection
from textual.strip import Strip
from textual.style import Style
from textual.visual import Visual

from copytui.tui.widgets.lines import set_virtual_size

_CACHED = 400
"""So many drawn lines are cached for when they come into sight again."""


class LongText(ScrollView, can_focus=False):
    """Shows lines, each as broad as it is: broken at words where it is broader than the widget.

    A `Static` in a scrolling box draws all its lines whenever one of them changes, and measures them for each
    layout of the screen.
    """

    DEFAULT_CSS = """
    LongText { height: auto; scrollbar-size-vertical: 1; overflow-x: hidden; }
    """
    ALLOW_SELECT: ClassVar[bool] = True

    def __init__(self, *, id: str, fold: bool = True) -> None:  # noqa: A002  # Textual's name
        """Create it empty; without `fold`, long lines are cut as `text-overflow` says."""
        super().__init__(id=id)
        self.auto_links = False
        self._fold = fold
        self._lines: list[Content] = []
        self._wrapped: tuple[int, list[Content]] | None = None
        self._drawn: dict[int, Strip] = {}

    @property
    def plain(self) -> str:
        """The whole text."""
        return "\n".join(line.plain for line in self._lines)

    def show(self, content: Content) -> None:
        """Show this text, keeping the scroll position."""
        before = len(self._rows(self._width)) if self._lines else 0
        self._lines, self._wrapped = content.split("\n", allow_blank=True), None
        self._drawn.clear()
        rows = len(self._rows(self._width))
        set_virtual_size(self, rows)
        self.refresh(layout=rows != before and self.styles.is_auto_height)

    @property
    def _width(self) -> int:
        return self.scrollable_content_region.width

    def _rows(self, width: int) -> list[Content]:
        """Return the lines, wrapped to a width in cells."""
        if self._wrapped is None or self._wrapped[0] != width:
            rows: list[Content] = []
            for line in self._lines:
                whole = not self._fold or line.cell_length <= width or width <= 0
                rows.extend([line] if whole else line.wrap(width))
            self._wrapped = (width, rows)
        return self._wrapped[1]

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Return the number of lines at a width."""
        del container, viewport
        return len(self._rows(width))

    def on_resize(self, _event: events.Resize) -> None:
        """Wrap the lines to the new width."""
        self._drawn.clear()
        set_virtual_size(self, len(self._rows(self._width)))

    def notify_style_update(self) -> None:
        """Redraw in the colours of a new theme."""
        super().notify_style_update()
        self._drawn.clear()

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """Return the text selected with the mouse."""
        return selection.extract("\n".join(row.plain for row in self._rows(self._width))), "\n"

    def selection_updated(self, selection: Selection | None) -> None:
        """Draw the selection."""
        del selection
        self._drawn.clear()
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """Draw one visible line."""
        place, width = self.scroll_offset.y + y, self.size.width
        cached = self._drawn.get(place)
        if cached is None or cached.cell_length != width:
            if len(self._drawn) > _CACHED:
                self._drawn.clear()
            cached = self._drawn[place] = self._line(place, width)
        return cached

    def _line(self, place: int, width: int) -> Strip:
        rows, style = self._rows(self._width), self.visual_style
        if place >= len(rows):
            return Strip.blank(width, style.rich_style)
        row, selection = rows[place], self.text_selection
        marked = None if selection is None else selection.get_span(place)
        if marked is not None:
            start, end = marked
            colours = Style.from_styles(self.screen.get_component_styles("screen--selection"))
            row = row.stylize(colours, start, len(row) if end == -1 else end)
        (strip,) = Visual.to_strips(self, row, width, 1, style, apply_selection=False) or [Strip.blank(width)]
        return strip.adjust_cell_length(width, style.rich_style).apply_offsets(0, place)
