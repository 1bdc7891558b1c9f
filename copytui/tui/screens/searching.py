"""The search of the main screen: what is typed, of which pane, and how much of it is found there."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from copytui.tui.screens.main import MainScreen


class Searching:
    """Narrows one pane at a time; `text` is empty where everything is shown."""

    def __init__(self, screen: MainScreen) -> None:
        """Begin with everything shown."""
        self._screen = screen
        self.text = ""
        self.pane = "orders"

    def of(self, pane: str) -> str:
        """Return what a pane is searched for."""
        return self.text if pane == self.pane else ""

    def open(self, pane: str) -> None:
        """Take a search for a pane."""
        if pane != self.pane:
            self.pane, self.text = pane, ""
        field = self._screen.filter_line.field
        field.value = self.text
        field.display = True
        field.focus()

    def leave(self) -> None:
        """Go back from the field to the pane, which stays narrowed."""
        self._screen.filter_line.field.display = False
        self._screen.arrangement.focus(self.pane)

    def clear(self) -> bool:
        """Show everything again; tell whether there was a search to step back from."""
        field = self._screen.filter_line.field
        typing = field.display
        if not typing and not self.text:
            return False
        self.text = field.value = ""
        if typing:
            self.leave()
        return True

    def found(self) -> tuple[int, int]:
        """Return how many rows of the pane are shown, and of how many."""
        screen = self._screen
        match self.pane:
            case "followers":
                return screen.followers.found, screen.followers.total
            case "events":
                log = screen.events_pane.list
                return len(log.shown), len(log.kept)
            case "statistics":
                return screen.full.found, screen.full.total
            case _:
                return screen.orders.found, screen.orders.total
