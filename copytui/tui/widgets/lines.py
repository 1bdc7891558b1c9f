"""The base of widgets that draw lines: a static block that draws only changes, and the height of long lists."""

from __future__ import annotations

from collections.abc import Sequence

from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.widget import Widget
from textual.widgets import Static

from copytui.tui.present import Line
from copytui.tui.present.cells import line_width
from copytui.tui.widgets.paint import content


class Lines(Static):
    """A block of lines, without markup or wrapping."""

    def __init__(self, *, id: str, fluid: bool = False) -> None:  # noqa: A002  # Textual's name
        """Create an empty block; a `fluid` one is as wide as its content."""
        super().__init__("", id=id, markup=False)
        self._fluid = fluid
        self.lines: tuple[Line, ...] = ()

    def set_lines(self, lines: Sequence[Line]) -> None:
        """Show these lines."""
        if tuple(lines) != self.lines:
            before, self.lines = self.lines, tuple(lines)
            resized = len(lines) != len(before) or (self._fluid and _width(before) != _width(self.lines))
            self.update(content(self.lines), layout=resized)

    @property
    def plain(self) -> str:
        """The content as plain text."""
        return "\n".join("".join(piece.text for piece in line) for line in self.lines)


def _width(lines: Sequence[Line]) -> int:
    return max(map(line_width, lines), default=0)


def set_virtual_size(view: ScrollView, height: int) -> None:
    """Set the number of lines of a list; this triggers a layout only if the scroll bar appears or disappears.

    Assigning `virtual_size` lays out the whole screen each time, which costs more than all drawing.
    """
    region = view.scrollable_content_region
    size = Size(region.width, height)
    if size == view.virtual_size:
        return
    overflows = height > region.height
    if overflows != (view.virtual_size.height > region.height) or overflows != view.show_vertical_scrollbar:
        view.virtual_size = size
        return
    view.set_reactive(Widget.virtual_size, size)
    if overflows:
        view.vertical_scrollbar.window_virtual_size = height
    view.scroll_y = view.validate_scroll_y(view.scroll_y)
