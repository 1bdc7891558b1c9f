"""The statistics pane: two lines, or in full a table by follower and charts."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widget import Widget

from copytui.engine.snapshot import Snapshot
from copytui.tui.present import FOLLOWER_COLUMNS, Signs, follower_rows, statistics_lines
from copytui.tui.present.statistics import statistics_line
from copytui.tui.present.tables import Sorting, matches
from copytui.tui.widgets.cursor import Change
from copytui.tui.widgets.lines import Lines
from copytui.tui.widgets.pane import Pane, TablePane
from copytui.tui.widgets.statistics_chart import DayChart, fills_chart, latency_chart
from copytui.tui.widgets.table import KeyedTable


class StatisticsPane(Pane):
    """The pane with the lines at the top; a single line without a border if the screen is `small`."""

    def __init__(self, signs: Signs) -> None:
        """Create an empty pane."""
        super().__init__(4, "Statistics", signs, id="statistics")
        self.lines = Lines(id="statistics-lines")
        self.small = False

    def compose(self) -> ComposeResult:
        """Compose the lines."""
        yield self.lines

    @property
    def focus_target(self) -> Widget:
        """The lines, which never take the focus."""
        return self.lines

    def show(self, snapshot: Snapshot) -> None:
        """Show the statistics of a snapshot."""
        width = self.lines.size.width or self.app.size.width - 4
        lines = (statistics_line(snapshot, width),) if self.small else statistics_lines(snapshot, self.signs, width)
        self.lines.set_lines(lines)


class FullStatisticsPane(TablePane):
    """The table by follower, with charts of latency and fills over the day beneath it."""

    def __init__(self, signs: Signs) -> None:
        """Create an empty pane."""
        super().__init__(4, "Statistics", FOLLOWER_COLUMNS, signs, id="full-statistics")
        self.sorting = Sorting(FOLLOWER_COLUMNS, "")
        self.found = 0
        self.total = 0
        self.closes = True
        self._search = ""
        self._charts = (
            DayChart(latency_chart, signs, id="latency-chart"),
            DayChart(fills_chart, signs, id="fills-chart"),
        )

    def compose(self) -> ComposeResult:
        """Compose the table and the charts below it."""
        yield from super().compose()
        with Horizontal(id="charts"):
            yield from self._charts

    @property
    def focus_target(self) -> KeyedTable:
        """The table."""
        return self.table

    def show(self, snapshot: Snapshot, search: str) -> None:
        """Show the statistics of a snapshot."""
        rows = follower_rows(snapshot, self.signs)
        self.total = len(rows)
        rows = [row for row in rows if matches(row, search)] if search else rows
        self.found = len(rows)
        empty = "No row matches." if self.total else "No follower is configured."
        self.show_rows(self.sorting.sorted(rows), empty, Change(narrowed=search != self._search))
        self._search = search
        for chart in self._charts:
            chart.show(snapshot.metrics.timeline)

    def update_title(self, *, live: bool) -> None:
        """Update the title."""
        right = " ".join(part for part in (self.sorting.words, "4 closes" if self.closes else "") if part)
        self.set_title(live=live, detail=f"{self.signs.between}by follower", right=right)
