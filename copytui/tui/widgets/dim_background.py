"""The dimmed screen behind a dialog."""

from __future__ import annotations

from functools import lru_cache

from rich.segment import Segment
from rich.style import Style as RichStyle
from textual.color import Color
from textual.css.styles import RulesMap
from textual.renderables.background_screen import BackgroundScreen
from textual.strip import Strip
from textual.style import Style
from textual.visual import RenderOptions, Visual

from copytui.tui.textual_compat import screen_lines

_STYLES = 4096
"""The maximum number of cached styles; a full screen has some hundreds."""


class DimBackground(Visual):
    """The same picture as Textual's `BackgroundScreen`, in a third of the time.

    Textual joins the screen into one long line, splits it again, and blends the colours of each piece; a dialog over
    a busy screen is drawn often.
    """

    def __init__(self, background: BackgroundScreen) -> None:
        """Replace `background`."""
        self._screen = background.screen
        self._colour = background.color

    def render_strips(self, width: int, height: int | None, style: Style, options: RenderOptions) -> list[Strip]:
        """Return the screen's lines, dimmed."""
        del style, options
        colour = self._colour
        strips = [
            Strip([Segment(text, dimmed(of, colour), control) for text, of, control in line], line.cell_length)
            for line in screen_lines(self._screen)[:height]
        ]
        return [strip if strip.cell_length <= width else strip.crop(0, width) for strip in strips]

    def get_optimal_width(self, rules: RulesMap, container_width: int) -> int:
        """Return the full width."""
        del rules
        return container_width

    def get_height(self, rules: RulesMap, width: int) -> int:
        """Return the full height."""
        del rules, width
        return self._screen.size.height


@lru_cache(maxsize=_STYLES)
def dimmed(style: RichStyle | None, colour: Color) -> RichStyle | None:
    """Return a style as Textual dims it behind a dialog with the background `colour`."""
    (segment,) = BackgroundScreen.process_segments([Segment(" ", style)], colour)
    return segment.style
