"""The main screen: mode bar, four panes, filters and keys. It shows pictures and knows nothing of how they come."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import ClassVar

from textual import on
from textual.binding import Binding
from textual.events import DescendantBlur, DescendantFocus, Resize
from textual.theme import Theme

from copytui.domain.events import Event
from copytui.domain.orders import ClientId
from copytui.domain.text import IST
from copytui.engine.snapshot import OrderView, Snapshot
from copytui.tui.commands.registry import bindings
from copytui.tui.dialogs.text import follower_of
from copytui.tui.engine_client import EngineClient
from copytui.tui.export import write_csv
from copytui.tui.main.layout import Layout, tabs_line
from copytui.tui.main.panes import Panes, row_json, row_text
from copytui.tui.main.search import Searching
from copytui.tui.present import Attention, stale_seconds
from copytui.tui.widgets.events import CAP, cut_line, event_in_signs
from copytui.tui.widgets.filter_line import SearchField
from copytui.tui.widgets.mode_bar import DisplayClock
from copytui.tui.widgets.table import KeyedTable


class MainScreen(Panes):
    """What the trader looks at. The app calls `show` with each picture, and the other methods for its commands.

    All keys here act with priority, which is when they are read, one after another. Others are first handed from
    widget to widget: what was typed after `/` would be commands, and a dialog's last key one of this screen. Enter
    is bound by the panes, because the field of the search has it, too.
    """

    BINDINGS: ClassVar = [
        *(replace(each, priority=True) for each in bindings(everywhere=False) if each.key != "enter"),
        Binding("escape", "back", show=False, priority=True),
        Binding("tab", "step(1)", show=False, priority=True),
        Binding("shift+tab", "step(-1)", show=False, priority=True),
    ]

    def __init__(self, engine_client: EngineClient, *, ascii_only: bool) -> None:
        """Show nothing yet."""
        super().__init__(engine_client, ascii_only=ascii_only)
        self.snapshot: Snapshot | None = None
        self.arrangement = Layout(self)
        self._attention = Attention()
        self._display_clock = DisplayClock(engine_client)
        self._events: list[Event] = []
        self._drawn: Snapshot | None = None
        self._ended: str | None = None
        self._searching = Searching(self)

    def on_mount(self) -> None:
        """Begin with the orders in focus; the palette and the toasts are plain where this screen is."""
        self.app.set_class(self.has_class("-ascii"), "-ascii")
        self.arrangement.apply()
        self.orders.table.focus()
        self.app.theme_changed_signal.subscribe(self, self._repaint)

    def _repaint(self, _theme: Theme) -> None:
        for table in self.query(KeyedTable):
            table.repaint()
        self.events_pane.list.refresh()

    def on_resize(self, event: Resize) -> None:
        """Choose the layout for the new size."""
        self.arrangement.resized(event.size)
        if self.too_small_now and self._searching.typing:
            self._searching.clear()  # nothing is typed that cannot be seen
        self.call_after_refresh(self._draw, everything=True)

    def wall_clock(self) -> datetime:
        """The time of day that the bar shows."""
        return datetime.now(IST)

    # what the app calls

    def show(self, snapshot: Snapshot | None, events: Sequence[Event], *, ended: str | None) -> None:
        """Show a picture and what happened since the last one; `ended` says that the engine has."""
        self._events = [*self._events, *events][-CAP:]
        self._ended = ended
        if snapshot is not self.snapshot:
            before, self.snapshot = self.snapshot, snapshot
            if snapshot is not None:
                self._display_clock.note_halt(before, snapshot)
        if self.is_mounted:
            self._draw()

    def switching(self, *, on: bool) -> None:
        """Say, or say no more, that the bar is behind what was asked for."""
        if self._display_clock.switching is not on:
            self._display_clock.switching = on
            if self.is_mounted and self.snapshot is not None:
                self._draw()

    def selected_order(self) -> OrderView | None:
        """The order under the cursor."""
        return self.orders.selected

    def selected_follower(self) -> ClientId | None:
        """The follower under the cursor, where the followers are in focus (or nothing else is meant)."""
        return self.followers.selected if self.pane_in_focus() == "followers" else None

    def selected_event(self) -> Event | None:
        """The event under the cursor, where the events are in focus."""
        return self.events_pane.list.current if self.pane_in_focus() == "events" else None

    def slid_just_now(self) -> bool:
        """Whether the order under the cursor came there by itself a moment ago."""
        return self.orders.slid_just_now()

    @property
    def drawn(self) -> Snapshot | None:
        """The picture that the panes show; a frozen screen's is older than `snapshot`."""
        return self._drawn

    @property
    def too_small_now(self) -> bool:
        """Whether the terminal has no room for the panes, and the size needed is shown in their place."""
        return self.arrangement.too_small

    def pane_in_focus(self) -> str:
        """The pane that has the keyboard."""
        return self.arrangement.pane_in_focus()

    def go_to(self, pane: str) -> None:
        """Put the keyboard into a pane; the statistics open in full, and close again."""
        self.arrangement.go_to(pane)
        self._draw(everything=True)

    def zoom(self) -> None:
        """Give the pane in focus the whole screen, or all of them their places."""
        self.arrangement.zoom()
        self._draw(everything=True)

    def search(self) -> None:
        """Take a search for the pane in focus."""
        if not self.too_small_now:
            self._searching.open(self.pane_in_focus())

    def sort(self) -> None:
        """Sort the pane in focus by its next column."""
        pane = self.pane_in_focus()
        if pane == "orders":
            self.orders.sorting.next()
        elif pane == "followers":
            self.followers.sorting.next()
        elif pane == "statistics":
            self.full.sorting.next()
        self._draw(everything=True)

    def freeze(self) -> None:
        """Let the panes stand still, or go on; the mode bar goes on in any case."""
        self._display_clock.freeze()
        self._draw()

    def row_text(self) -> str | None:
        """The row under the cursor as one line of text."""
        return row_text(self, self.pane_in_focus())

    def row_json(self) -> str | None:
        """The row under the cursor as JSON."""
        return row_json(self, self.pane_in_focus(), self.snapshot)

    def export(self) -> str:
        """Write today's copies to a CSV file and say where it is, or why there is none."""
        orders = self.snapshot.orders if self.snapshot is not None else ()
        settings = self.engine_client.settings
        return write_csv(settings.logs_directory, orders, settings.names, self.wall_clock())

    # drawing

    def _draw(self, *, everything: bool = False) -> None:
        """Draw what has changed, or everything anew."""
        self._draw_bars(self.snapshot)
        frozen = self._display_clock.frozen
        if frozen and not everything:
            self._retitle()  # whether it is live, and what is copied, is never of the past
            return
        snapshot = self._drawn if frozen else self.snapshot
        events: list[Event] = []
        if not frozen:
            events, self._events = self._events, []
        with self.app.batch_update():
            self._draw_events(events)
            if snapshot is not None and (everything or snapshot is not self._drawn):
                self._drawn = snapshot
                self.statistics.show(snapshot)
                self.orders.show(snapshot, self._searching.of("orders"))
                if self.full.display:
                    self.full.show(snapshot, self._searching.of("statistics"))
            self._draw_followers()
            self._retitle()

    def _draw_bars(self, snapshot: Snapshot | None) -> None:
        moment = self._display_clock.moment(self.wall_clock(), self._ended)
        self.mode_bar.show(snapshot, moment, len(self._attention.items(snapshot, moment.now)))
        self.set_class(self.mode_bar.has_class("-live"), "-live")
        self.set_class(stale_seconds(snapshot, moment.monotonic) is not None or self._ended is not None, "-stale")
        self.key_bar.show(snapshot)

    def _draw_events(self, events: list[Event]) -> None:
        log = self.events_pane.list
        log.take(events, self._searching.of("events"))
        if log.kept:
            width = self.last_event.content_size.width or self.app.size.width
            self.last_event.say([cut_line(event_in_signs(log.kept[-1], self.signs), width, self.signs.more)])

    def _draw_followers(self) -> None:
        if self._drawn is not None:
            search, now = self._searching.of("followers"), self.engine_client.monotonic()
            self.followers.show(self._drawn, self.selected_order(), search, now)
            self._draw_account()

    def _draw_account(self) -> None:
        """Where the accounts are shown they have the wider share, and below them all of the one under the cursor."""
        selected = self.followers.selected if self.followers.order is None else None
        self.upper.set_class(self.followers.order is None, "-accounts")
        self.account.show(follower_of(self._drawn, selected) if self._drawn is not None and selected else None)

    def _retitle(self) -> None:
        live = self.has_class("-live")
        for pane in (self.orders, self.followers, self.events_pane, self.full):
            pane.retitle(live=live)
        self.statistics.entitle(live=live)
        self.tabs.say([tabs_line(self.pane_in_focus(), self.signs)])
        search = self._searching
        self.filter_line.show(self.snapshot, search.text, search.pane, *search.found())

    # what the user does here

    @on(DescendantFocus)
    @on(DescendantBlur)
    def _focus_moved(self) -> None:
        self._searching.yield_to(self.focused)
        self._retitle()

    @on(KeyedTable.Opened, "#orders-table, #followers-table")
    async def _row_opened(self) -> None:
        await self.run_action("app.do('detail')")

    @on(KeyedTable.Moved, "#orders-table, #followers-table")
    def _row_chosen(self) -> None:
        self._draw_followers()
        self._retitle()

    @on(SearchField.Changed, "#search")
    def _search_typed(self) -> None:
        if self._searching.take():
            self._draw(everything=True)

    def action_search_done(self) -> None:
        """Go back to the pane, narrowed to what was typed up to here."""
        self._searching.leave()
        self._draw(everything=True)

    def action_step(self, by: int) -> None:
        """Go to the next pane, or the one before."""
        if self.too_small_now:
            return
        was = self.full.display
        self.arrangement.step(by)
        self._draw(everything=self.full.display is not was)

    def action_back(self) -> None:
        """Step back: out of the search, the zoom, the selection."""
        if not self._searching.clear() and not self.too_small_now:
            if self.arrangement.zoomed:
                self.arrangement.unzoom()
            else:
                self.orders.table.deselect()
        self._draw(everything=True)
