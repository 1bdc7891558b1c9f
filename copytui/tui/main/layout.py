"""The layout of the main screen: all panes, one zoomed, one at a time, or a message if the terminal is too small."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.geometry import Size

from copytui.tui.present import Line, Piece, Signs, Tone

if TYPE_CHECKING:
    from copytui.tui.main.screen import MainScreen
    from copytui.tui.widgets.pane import Pane
    from copytui.tui.widgets.table import KeyedTable

WIDE = Size(100, 30)
SMALLEST = Size(80, 20)
_TABS = {"orders": "1 Orders", "followers": "2 Followers", "events": "3 Events", "statistics": "4 Statistics"}


def tabs_line(here: str, signs: Signs) -> Line:
    """Return the tabs of the narrow layout, which shows one pane at a time."""
    return tuple(
        Piece(f" {signs.pointer if name == here else ' '}{title} ", Tone.DRY if name == here else Tone.DIM)
        for name, title in _TABS.items()
    )


class Layout:
    """The visibility and focus of the panes of a main screen."""

    def __init__(self, screen: MainScreen) -> None:
        """Start with all panes visible."""
        self._screen = screen
        self._last = "orders"
        self._narrow = False
        self.too_small = False
        self._only: str | None = None

    @property
    def zoomed(self) -> bool:
        """Whether the user has zoomed one pane."""
        return self._only is not None

    def _panes(self) -> dict[str, Pane]:
        screen = self._screen
        return {
            "orders": screen.orders, "followers": screen.followers, "events": screen.events_pane,
            "statistics": screen.full_statistics,
        }  # fmt: skip

    def pane_in_focus(self) -> str:
        """Return the pane in focus, or the last one that was."""
        focused = self._screen.focused
        for name, pane in self._panes().items():
            if focused is not None and pane in focused.ancestors and pane.display:
                self._last = name
        return self._last

    def resized(self, size: Size) -> None:
        """Choose the layout for this terminal size."""
        self.too_small = size.width < SMALLEST.width or size.height < SMALLEST.height
        self._narrow = size.width < WIDE.width or size.height < WIDE.height
        screen = self._screen
        screen.statistics.small = self._narrow
        screen.full_statistics.closes = not self._narrow
        screen.set_class(self._narrow, "-narrow")
        screen.set_class(self.too_small, "-too-small")
        words = f"copytui needs {SMALLEST.width} x {SMALLEST.height}; this is {size.width} x {size.height}."
        screen.too_small.set_lines([(Piece(words, Tone.STRONG),), (Piece("The engine is still running."),)])
        self.apply()
        if not self.too_small and self._screen.focused is None:
            self._screen.call_after_refresh(self.focus, self._last)

    def apply(self, going_to: str | None = None) -> None:
        """Show the panes of the current layout."""
        only = self._only or ((going_to or self.pane_in_focus()) if self._narrow else None)
        for name, pane in self._panes().items():
            pane.display = name == only or (only is None and name != "statistics")
        self._screen.upper.display = only in (None, "orders", "followers")
        self._screen.upper.set_class(only is not None, "-alone")

    def focus(self, name: str) -> None:
        """Focus a pane."""
        self.apply(name)
        self._last = name
        self._screen.set_focus(self._panes()[name].focus_target, scroll_visible=False)

    def go_to(self, name: str) -> None:
        """Go to a pane; the full statistics are toggled."""
        if name in ("orders", "followers"):
            table: KeyedTable = getattr(self._screen, name).table
            if not table.waits or self.pane_in_focus() == name:  # no other row is selected unseen
                table.reselect()
        if name == "statistics" and self._panes()[name].display and not self._narrow:
            name, self._only = "orders", None
            self.focus(name)
        else:
            self._put_in_front(name)

    def _put_in_front(self, name: str) -> None:
        """Go to a pane, zoomed if the last one was; the full statistics always fill the screen."""
        if name == "statistics":
            self._only = None if self._narrow else name
        elif self._only is not None:
            self._only = None if self._only == "statistics" else name
        self.focus(name)

    def step(self, by: int) -> None:
        """Go to the next or the previous pane; the statistics are among them only in the narrow layout."""
        names = list(_TABS) if self._narrow else [name for name in _TABS if name != "statistics"]
        here = self.pane_in_focus()
        if here in names:
            self._put_in_front(names[(names.index(here) + by) % len(names)])
        else:  # from the full statistics
            self._put_in_front(names[0 if by > 0 else -1])

    def zoom(self) -> None:
        """Toggle the zoom of the pane in focus."""
        self._only = None if self._only is not None else self.pane_in_focus()
        self.focus("orders" if self._only is None and self._last == "statistics" else self.pane_in_focus())

    def unzoom(self) -> None:
        """Show all panes again."""
        if self.zoomed:
            self.zoom()
