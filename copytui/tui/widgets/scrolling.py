"""What the lists that draw only the lines in sight have in common."""

from __future__ import annotations

from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.widget import Widget


def set_virtual_size(view: ScrollView, height: int) -> None:
    """Say how many lines there are; the screen is laid out anew only where a scroll bar comes or goes for it.

    Setting `virtual_size` alone lays out the whole screen each time, which costs more than all drawing.
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
