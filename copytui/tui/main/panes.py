"""The widgets of the main screen, and the row under its cursor for the clipboard."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.screen import Screen

from copytui.engine.snapshot import Snapshot
from copytui.tui.engine_client import EngineClient
from copytui.tui.export import copy_json, order_json, value_json
from copytui.tui.present import Signs, event_line
from copytui.tui.present.copies import row_copies
from copytui.tui.widgets.events import EventsPane
from copytui.tui.widgets.filter_line import FilterLine
from copytui.tui.widgets.followers import AccountLines, FollowersPane
from copytui.tui.widgets.key_bar import KeyBar
from copytui.tui.widgets.lines import Lines
from copytui.tui.widgets.mode_bar import ModeBar
from copytui.tui.widgets.orders import OrdersPane
from copytui.tui.widgets.statistics import FullStatisticsPane, StatisticsPane


class Panes(Screen[None]):
    """The screen with the mode bar, the panes and the lines below them."""

    def __init__(self, engine_client: EngineClient, *, ascii_only: bool) -> None:
        """Create the widgets; `ascii_only` uses ASCII signs."""
        super().__init__()
        self.engine_client = engine_client
        self.signs = Signs.of(ascii_only=ascii_only)
        self.mode_bar = ModeBar(self.signs)
        self.statistics = StatisticsPane(self.signs)
        self.orders = OrdersPane(
            self.signs, engine_client.settings.master.poll_interval_seconds, engine_client.monotonic
        )
        self.followers = FollowersPane(self.signs, engine_client.settings.risk.daily_loss_limit)
        self.account = AccountLines(self.signs)
        self.upper = Horizontal(id="upper")
        self.events_pane = EventsPane(self.signs)
        self.full_statistics = FullStatisticsPane(self.signs)
        self.filter_line = FilterLine(self.signs, engine_client.settings.sizing)
        self.key_bar = KeyBar(demo=engine_client.demo is not None)
        self.tabs = Lines(id="tabs")
        self.last_event = Lines(id="last-event")
        self.too_small = Lines(id="too-small")
        self.set_class(ascii_only, "-ascii")

    def compose(self) -> ComposeResult:
        """Compose the widgets from top to bottom."""
        yield self.mode_bar
        yield self.too_small
        yield self.statistics
        yield self.tabs
        with Vertical(id="body"):
            with self.upper:
                yield self.orders
                with self.followers:
                    yield self.account
            yield self.events_pane
            yield self.full_statistics
        yield self.last_event
        yield self.filter_line
        yield self.key_bar


def row_text(panes: Panes, pane: str) -> str | None:
    """Return the row under the cursor as one line with untruncated cells, else None."""
    if pane == "events":
        event = panes.events_pane.list.current
        return None if event is None else "".join(piece.text for piece in event_line(event)).rstrip()
    table = {"orders": panes.orders, "followers": panes.followers, "statistics": panes.full_statistics}[pane].table
    return table.selected_row.text if table.selected_row is not None else None


def row_json(panes: Panes, pane: str, snapshot: Snapshot | None) -> str | None:
    """Return the order, copy, account or event under the cursor as JSON, else None."""
    names = panes.engine_client.settings.names
    match pane:
        case "events":
            event = panes.events_pane.list.current
            return None if event is None else value_json(event)
        case "orders":
            order = panes.orders.selected
            return None if order is None else order_json(order, names)
        case "followers" if panes.followers.order is not None:
            view, key = panes.followers.order, panes.followers.table.selected_key
            slices = row_copies(view, key or "")
            return copy_json(view, slices, names) if slices else None
        case _:
            table = panes.followers.table if pane == "followers" else panes.full_statistics.table
            views = snapshot.followers if snapshot is not None else ()
            found = next((view for view in views if view.client_id == table.selected_key), None)
            return None if found is None else value_json(found)
