"""The search of the main screen: its text, its pane, and the number of rows found."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.widget import Widget

from copytui.tui.widgets.filter_line import SearchField

if TYPE_CHECKING:
    from copytui.tui.main.screen import MainScreen


class PaneSearch:
    """A search in one pane at a time; with an empty `text`, everything is shown."""

    def __init__(self, screen: MainScreen) -> None:
        """Start with everything shown."""
        self._screen = screen
        self.text = ""
        self.pane = "orders"

    @property
    def _field(self) -> SearchField:
        return self._screen.filter_line.field

    @property
    def typing(self) -> bool:
        """Whether the search field is open."""
        return self._field.display

    def of(self, pane: str) -> str:
        """Return the search text of a pane."""
        return self.text if pane == self.pane else ""

    def open(self, pane: str) -> None:
        """Open the search field for a pane."""
        if pane != self.pane:
            self.pane, self.text = pane, ""
        self._field.begin(self.text)
        self._screen.set_focus(self._field)  # at once, because the next key may already have been read

    def leave(self) -> None:
        """Return from the field to the pane, keeping the search."""
        self.update()
        self._field.display = False
        self._screen.arrangement.focus(self.pane)

    def update(self) -> bool:
        """Search for the text in the field; return whether it has changed."""
        before, self.text = self.text, self._field.value
        return self.text != before

    def yield_to(self, focused: Widget | None) -> None:
        """Hide the field if another widget has the focus, because keys go there."""
        if self.typing and focused not in (None, self._field):
            self._field.display = False

    def clear(self) -> bool:
        """Show everything again; return whether there was a search."""
        typing = self.typing
        if not typing and not self.text:
            return False
        self.text = self._field.value = ""
        if typing:
            self.leave()
        return True

    def found(self) -> tuple[int, int]:
        """Return the number of rows found and the number of all rows."""
        screen = self._screen
        match self.pane:
            case "followers":
                return screen.followers.found, screen.followers.total
            case "events":
                log = screen.events_pane.list
                return len(log.shown), len(log.events)
            case "statistics":
                return screen.full_statistics.found, screen.full_statistics.total
            case _:
                return screen.orders.found, screen.orders.total
