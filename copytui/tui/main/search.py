"""The search of the main screen: what is typed, of which pane, and how much of it is found there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.widget import Widget

from copytui.tui.widgets.filter_line import SearchField

if TYPE_CHECKING:
    from copytui.tui.main.screen import MainScreen


class Searching:
    """Narrows one pane at a time; `text` is empty where everything is shown."""

    def __init__(self, screen: MainScreen) -> None:
        """Begin with everything shown."""
        self._screen = screen
        self.text = ""
        self.pane = "orders"

    @property
    def _field(self) -> SearchField:
        return self._screen.filter_line.field

    @property
    def typing(self) -> bool:
        """Whether the field is open."""
        return self._field.display

    def of(self, pane: str) -> str:
        """Return what a pane is searched for."""
        return self.text if pane == self.pane else ""

    def open(self, pane: str) -> None:
        """Take a search for a pane."""
        if pane != self.pane:
            self.pane, self.text = pane, ""
        self._field.begin(self.text)
        self._screen.set_focus(self._field)  # at once: the next key may have been read already

    def leave(self) -> None:
        """Go back from the field to the pane, which stays narrowed."""
        self.take()
        self._field.display = False
        self._screen.arrangement.focus(self.pane)

    def take(self) -> bool:
        """Search for what stands in the field; tell whether that is something else than before."""
        before, self.text = self.text, self._field.value
        return self.text != before

    def yield_to(self, focused: Widget | None) -> None:
        """Hide the field where another widget has the keyboard: what is typed goes there."""
        if self.typing and focused not in (None, self._field):
            self._field.display = False

    def clear(self) -> bool:
        """Show everything again; tell whether there was a search to step back from."""
        typing = self.typing
        if not typing and not self.text:
            return False
        self.text = self._field.value = ""
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
