"""What stands on the main screen, and where."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.screen import Screen

from copytui.tui.engine_client import EngineClient
from copytui.tui.present import Signs
from copytui.tui.widgets.account_lines import AccountLines
from copytui.tui.widgets.events import EventsPane
from copytui.tui.widgets.filter_line import FilterLine
from copytui.tui.widgets.followers import FollowersPane
from copytui.tui.widgets.key_bar import KeyBar
from copytui.tui.widgets.lines import Lines
from copytui.tui.widgets.mode_bar import ModeBar
from copytui.tui.widgets.orders import OrdersPane
from copytui.tui.widgets.statistics import FullStatisticsPane, StatisticsPane


class Panes(Screen[None]):
    """The mode bar, the panes and the lines beneath them, empty."""

    def __init__(self, engine_client: EngineClient, *, ascii_only: bool) -> None:
        """Make them; `ascii_only` shows no sign that a plain terminal lacks."""
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
        self.full = FullStatisticsPane(self.signs)
        self.filter_line = FilterLine(self.signs, engine_client.settings.sizing)
        self.key_bar = KeyBar(demo=engine_client.demo is not None)
        self.tabs = Lines(id="tabs")
        self.last_event = Lines(id="last-event")
        self.too_small = Lines(id="too-small")
        self.set_class(ascii_only, "-ascii")

    def compose(self) -> ComposeResult:
        """From top to bottom, as in the picture of screens.md."""
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
            yield self.full
        yield self.last_event
        yield self.filter_line
        yield self.key_bar
