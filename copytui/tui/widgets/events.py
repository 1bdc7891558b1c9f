"""The events pane: newest at the end, following unless the user has scrolled up."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import ClassVar

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual import events as messages
from textual.app import ComposeResult
from textual.binding import Binding
from textual.scroll_view import ScrollView
from textual.strip import Strip

from copytui.domain.events import Event
from copytui.tui.present import Line, Piece, Signs, event_line
from copytui.tui.present.cells import line_width
from copytui.tui.present.glyphs import in_signs
from copytui.tui.present.tables import contains
from copytui.tui.widgets.lines import set_virtual_size
from copytui.tui.widgets.paint import rich_styles
from copytui.tui.widgets.pane import Pane

CAP = 1000


class EventList(ScrollView, can_focus=True):
    """A virtual list of events; only visible lines are drawn.

    `cursor` is None while the list follows the newest event, which is then the current one.
    """

    BINDINGS: ClassVar = [
        Binding("enter", "app.do('detail')", show=False, priority=True),
        Binding("up,k", "go(-1)", show=False, priority=True),
        Binding("down,j", "go(1)", show=False, priority=True),
        Binding("pageup", "page(-1)", show=False, priority=True),
        Binding("pagedown", "page(1)", show=False, priority=True),
        Binding("home,g", "first", show=False, priority=True),
        Binding("end,G", "follow", show=False, priority=True),
    ]

    def __init__(self, signs: Signs, *, id: str) -> None:  # noqa: A002  # Textual's name
        """Create an empty list."""
        super().__init__(id=id)
        self._signs = signs
        self.events: deque[Event] = deque(maxlen=CAP)
        self.shown: list[Event] = []
        self.search = ""
        self.cursor: int | None = None
        self._lines: dict[int, Line] = {}

    @property
    def following(self) -> bool:
        """Whether the list follows the newest event."""
        return self.cursor is None

    @property
    def current(self) -> Event | None:
        """The event under the cursor, or the newest."""
        return self.shown[self._marked] if self.shown else None

    def append(self, events: Iterable[Event], search: str) -> None:
        """Append events, and show those that match the search."""
        new = list(events)
        if not new and search == self.search:
            return
        at = self.current if self.cursor is not None else None
        self.events.extend(new)
        self.search = search
        self.shown = [event for event in self.events if _matches(event, search)] if search else list(self.events)
        if at is not None:
            self.cursor = next((place for place, event in enumerate(self.shown) if event is at), None)
        self._lines.clear()
        set_virtual_size(self, len(self.shown))
        self._scroll_to_cursor()
        self.refresh()

    def _scroll_to_cursor(self) -> None:
        """Scroll to the cursor, or to the newest line."""
        height = max(1, self.scrollable_content_region.height)
        last = max(0, len(self.shown) - height)
        cursor = len(self.shown) if self.cursor is None else self.cursor
        top = min(max(int(self.scroll_y), cursor - height + 1), cursor, last)
        if top != int(self.scroll_y):
            self.set_reactive(ScrollView.scroll_target_y, float(top))
            self.scroll_to(y=top, animate=False, force=True, immediate=True)

    def on_resize(self, _event: messages.Resize) -> None:
        """Keep the cursor visible."""
        set_virtual_size(self, len(self.shown))
        self._scroll_to_cursor()

    def render_line(self, y: int) -> Strip:
        """Draw one line."""
        place, width = int(self.scroll_y) + y, self.scrollable_content_region.width
        base = self.rich_style
        if not self.shown and y == 1:
            words = "No event matches the search." if self.events else "No events yet."
            return Strip([Segment(f"  {words}", base + Style(dim=True))]).adjust_cell_length(width, base)
        if place >= len(self.shown):
            return Strip.blank(width, base)
        line = self._lines.get(place)
        if line is None:
            line = self._lines[place] = event_in_signs(self.shown[place], self._signs)
        styles = rich_styles(self.app.theme_variables)
        if self.has_focus and place == self._marked:
            base += Style(reverse=True)
        elif place == self.cursor:
            base += Style(underline=True)
        short = cut_line(line, width, self._signs.more)
        strip = Strip([Segment(piece.text, styles.get(piece.tone, Style.null())) for piece in short])
        return strip.adjust_cell_length(width).apply_style(base)

    @property
    def _marked(self) -> int:
        return len(self.shown) - 1 if self.cursor is None else self.cursor

    def action_go(self, by: int) -> None:
        """Go up or down; at the end, follow again."""
        last = len(self.shown) - 1
        place = (last if self.cursor is None else self.cursor) + by
        self.cursor = None if place >= last else max(0, place)
        self._scroll_to_cursor()
        self.refresh()

    def action_page(self, by: int) -> None:
        """Go a page up or down."""
        self.action_go(by * max(1, self.scrollable_content_region.height - 1))

    def action_first(self) -> None:
        """Go to the oldest line."""
        self.action_go(-len(self.shown))

    def action_follow(self) -> None:
        """Follow the newest again."""
        self.action_go(len(self.shown))

    async def on_click(self, event: messages.Click) -> None:
        """Select an event, or open it if it is selected already."""
        place = int(self.scroll_y) + event.y
        if place >= len(self.shown):
            return
        event.stop()
        again = place == self._marked
        self.action_go(place - self._marked)
        if again:
            await self.run_action("app.do('detail')")

    def on_mouse_scroll_up(self, event: messages.MouseScrollUp) -> None:
        """Scroll up, which stops following."""
        event.stop()
        self.action_go(-3)

    def on_mouse_scroll_down(self, event: messages.MouseScrollDown) -> None:
        """Scroll down."""
        event.stop()
        self.action_go(3)


def event_in_signs(event: Event, signs: Signs) -> Line:
    """Return an event as one line in this terminal's signs."""
    return tuple(Piece(in_signs(piece.text, signs), piece.tone) for piece in event_line(event))


def cut_line(line: Line, width: int, dots: str) -> Line:
    """Truncate a line to `width` terminal cells, with `dots` at the end."""
    if line_width(line) <= width:
        return line
    left, kept = width - cell_len(dots), list[Piece]()
    for piece in line:
        wide = cell_len(piece.text)
        if wide > left:
            return (*kept, Piece(set_cell_size(piece.text, max(0, left)).rstrip() + dots, piece.tone))
        kept.append(piece)
        left -= wide
    return tuple(kept)


def _matches(event: Event, search: str) -> bool:
    return contains("".join(piece.text for piece in event_line(event)), search)


class EventsPane(Pane):
    """The pane with the list of events."""

    def __init__(self, signs: Signs) -> None:
        """Create an empty list."""
        super().__init__(3, "Events", signs, id="events")
        self.list = EventList(signs, id="events-list")

    def compose(self) -> ComposeResult:
        """Compose the list."""
        yield self.list

    @property
    def focus_target(self) -> EventList:
        """The list."""
        return self.list

    def update_title(self, *, live: bool) -> None:
        """Update the title."""
        total, found = len(self.list.events), len(self.list.shown)
        count = f" ({found} of {total})" if found != total else f" ({total})"
        right = "following" if self.list.following else "not following: G goes to the newest"
        self.set_title(live=live, detail=count, right=right)
