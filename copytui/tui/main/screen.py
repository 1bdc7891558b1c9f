"""The main screen: mode bar, four panes, filter line and key bar. It shows the snapshots that the app passes in."""

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
from copytui.tui.main.search import PaneSearch
from copytui.tui.present import Attention, stale_seconds
from copytui.tui.widgets.events import CAP, cut_line, event_in_signs
from copytui.tui.widgets.filter_line import SearchField
from copytui.tui.widgets.mode_bar import DisplayClock
from copytui.tui.widgets.table import KeyedTable


class MainScreen(Panes):
    """The trader's view. The app calls `show` with each snapshot, and the other methods for its commands.

    All keys here are priority bindings, which act in the order in which keys are read. Others pass from widget to
    widget first: text typed after `/` would act as commands, and the last key of a dialog as one of this screen.
    The panes bind Enter, because the search field binds it, too.
    """

    BINDINGS: ClassVar = [
        *(replace(each, priority=True) for each in bindings(everywhere=False) if each.key != "enter"),
        Binding("escape", "back", show=False, priority=True),
        Binding("tab", "step(1)", show=False, priority=True),
        Binding("shift+tab", "step(-1)", show=False, priority=True),
    ]

    def __init__(self, engine_client: EngineClient, *, ascii_only: bool) -> None:
        """Start without a snapshot."""
        super().__init__(engine_client, ascii_only=ascii_only)
        self.snapshot: Snapshot | None = None
        self.arrangement = Layout(self)
        self._attention = Attention()
        self._display_clock = DisplayClock(engine_client)
        self._events: list[Event] = []
        self._drawn: Snapshot | None = None
        self._ended: str | None = None
        self._search = PaneSearch(self)

    def on_mount(self) -> None:
        """Focus the orders; let palette and toasts follow the ASCII mode of this screen."""
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
        if self.too_small_now and self._search.typing:
            self._search.clear()  # no typing that cannot be seen
        self.call_after_refresh(self._draw, everything=True)

    def wall_clock(self) -> datetime:
        """Return the time of day for the mode bar."""
        return datetime.now(IST)

    # called by the app

    def show(self, snapshot: Snapshot | None, events: Sequence[Event], *, ended: str | None) -> None:
        """Show a snapshot and the new events; `ended` is the reason for which the engine has ended, if it has."""
        self._events = [*self._events, *events][-CAP:]
        self._ended = ended
        if snapshot is not self.snapshot:
            before, self.snapshot = self.snapshot, snapshot
            if snapshot is not None:
                self._display_clock.note_halt(before, snapshot)
        if self.is_mounted:
            self._draw()

    def switching(self, *, on: bool) -> None:
        """Show whether the engine has yet to confirm a switch."""
        if self._display_clock.switching is not on:
            self._display_clock.switching = on
            if self.is_mounted and self.snapshot is not None:
                self._draw()

    def selected_order(self) -> OrderView | None:
        """Return the order under the cursor."""
        return self.orders.selected

    def selected_follower(self) -> ClientId | None:
        """Return the follower under the cursor if the followers pane is in focus."""
        return self.followers.selected if self.pane_in_focus() == "followers" else None

    def selected_event(self) -> Event | None:
        """Return the event under the cursor if the events pane is in focus."""
        return self.events_pane.list.current if self.pane_in_focus() == "events" else None

    def slid_just_now(self) -> bool:
        """Whether a new snapshot has moved another order under the cursor a moment ago."""
        return self.orders.slid_just_now()

    @property
    def drawn(self) -> Snapshot | None:
        """The snapshot that the panes show, which is older than `snapshot` while frozen."""
        return self._drawn

    @property
    def too_small_now(self) -> bool:
        """Whether the terminal is too small for the panes."""
        return self.arrangement.too_small

    def pane_in_focus(self) -> str:
        """Return the pane in focus."""
        return self.arrangement.pane_in_focus()

    def go_to(self, pane: str) -> None:
        """Focus a pane; the full statistics are toggled."""
        self.arrangement.go_to(pane)
        self._draw(everything=True)

    def zoom(self) -> None:
        """Toggle the zoom of the pane in focus."""
        self.arrangement.zoom()
        self._draw(everything=True)

    def search(self) -> None:
        """Open the search field for the pane in focus."""
        if not self.too_small_now:
            self._search.open(self.pane_in_focus())

    def sort(self) -> None:
        """Sort the pane in focus by its next column."""
        pane = self.pane_in_focus()
        if pane == "orders":
            self.orders.sorting.next()
        elif pane == "followers":
            self.followers.sorting.next()
        elif pane == "statistics":
            self.full_statistics.sorting.next()
        self._draw(everything=True)

    def freeze(self) -> None:
        """Freeze or unfreeze the panes; the mode bar always updates."""
        self._display_clock.freeze()
        self._draw()

    def row_text(self) -> str | None:
        """Return the row under the cursor as one line of text."""
        return row_text(self, self.pane_in_focus())

    def row_json(self) -> str | None:
        """Return the row under the cursor as JSON."""
        return row_json(self, self.pane_in_focus(), self.snapshot)

    def export(self) -> str:
        """Write today's copies to a CSV file; return a sentence with its path or the error."""
        orders = self.snapshot.orders if self.snapshot is not None else ()
        settings = self.engine_client.settings
        return write_csv(settings.logs_directory, orders, settings.names, self.wall_clock())

    # drawing

    def _draw(self, *, everything: bool = False) -> None:
        """Draw what has changed, or everything."""
        self._draw_bars(self.snapshot)
        frozen = self._display_clock.frozen
        if frozen and not everything:
            self._retitle()  # mode and filters are always current
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
                self.orders.show(snapshot, self._search.of("orders"))
                if self.full_statistics.display:
                    self.full_statistics.show(snapshot, self._search.of("statistics"))
            self._draw_followers()
            self._retitle()

    def _draw_bars(self, snapshot: Snapshot | None) -> None:
        moment = self._display_clock.moment(self.wall_clock(), self._ended, snapshot)
        self.mode_bar.show(snapshot, moment, len(self._attention.items(snapshot, moment.now)))
        self.set_class(self.mode_bar.has_class("-live"), "-live")
        self.set_class(stale_seconds(snapshot, moment.monotonic) is not None or self._ended is not None, "-stale")
        self.key_bar.show(snapshot)

    def _draw_events(self, events: list[Event]) -> None:
        log = self.events_pane.list
        log.append(events, self._search.of("events"))
        if log.events:
            width = self.last_event.content_size.width or self.app.size.width
            self.last_event.set_lines([cut_line(event_in_signs(log.events[-1], self.signs), width, self.signs.more)])

    def _draw_followers(self) -> None:
        if self._drawn is not None:
            search, now = self._search.of("followers"), self.engine_client.monotonic()
            self.followers.show(self._drawn, self.selected_order(), search, now)
            self._draw_account()

    def _draw_account(self) -> None:
        """Show the details of the selected account while the followers pane lists accounts, which get more width."""
        selected = self.followers.selected if self.followers.order is None else None
        self.upper.set_class(self.followers.order is None, "-accounts")
        self.account.show(follower_of(self._drawn, selected) if self._drawn is not None and selected else None)

    def _retitle(self) -> None:
        live = self.has_class("-live")
        for pane in (self.orders, self.followers, self.events_pane, self.full_statistics):
            pane.update_title(live=live)
        self.statistics.set_title(live=live)
        self.tabs.set_lines([tabs_line(self.pane_in_focus(), self.signs)])
        search = self._search
        self.filter_line.show(self.snapshot, search.text, search.pane, *search.found())

    # actions of the user

    @on(DescendantFocus)
    @on(DescendantBlur)
    def _focus_moved(self) -> None:
        self._search.yield_to(self.focused)
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
        if self._search.update():
            self._draw(everything=True)

    def action_search_done(self) -> None:
        """Return to the pane, keeping the search."""
        self._search.leave()
        self._draw(everything=True)

    def action_step(self, by: int) -> None:
        """Go to the next or the previous pane."""
        if self.too_small_now:
            return
        was = self.full_statistics.display
        self.arrangement.step(by)
        self._draw(everything=self.full_statistics.display is not was)

    def action_back(self) -> None:
        """Leave the search, the zoom or the selection, in this order."""
        if not self._search.clear() and not self.too_small_now:
            if self.arrangement.zoomed:
                self.arrangement.unzoom()
            else:
                self.orders.table.deselect()
        self._draw(everything=True)
