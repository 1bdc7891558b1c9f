"""The pane of the session's numbers: two lines, and in full a table by follower and charts."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widget import Widget
from textual.widgets import Sparkline

from copytui.domain.statistics import SessionNumbers
from copytui.engine.snapshot import Snapshot
from copytui.tui.present import FOLLOWER_COLUMNS, Piece, Signs, Tone, follower_rows, sparkline, statistics_lines
from copytui.tui.present.numbers import statistics_line
from copytui.tui.present.tables import Sorting, matches
from copytui.tui.widgets.lines import Lines
from copytui.tui.widgets.pane import Pane, TablePane
from copytui.tui.widgets.table import KeyedTable


class StatisticsPane(Pane):
    """The lines that always stand at the top; one line without a border where the screen is `small`."""

    def __init__(self, signs: Signs) -> None:
        """Begin empty."""
        super().__init__(4, "Statistics", signs, id="statistics")
        self.lines = Lines(id="statistics-lines")
        self.small = False

    def compose(self) -> ComposeResult:
        """The lines alone."""
        yield self.lines

    @property
    def focus_target(self) -> Widget:
        """Nothing in here takes the keyboard."""
        return self.lines

    def show(self, snapshot: Snapshot) -> None:
        """Show the numbers of a picture."""
        width = self.lines.size.width or self.app.size.width - 4
        lines = (statistics_line(snapshot, width),) if self.small else statistics_lines(snapshot, self.signs, width)
        self.lines.say(lines)


class FullStatisticsPane(TablePane):
    """The table by follower, with charts of latency and fills beneath it."""

    def __init__(self, signs: Signs) -> None:
        """Begin empty."""
        super().__init__(4, "Statistics", FOLLOWER_COLUMNS, signs, id="full")
        self.sorting = Sorting(FOLLOWER_COLUMNS, "")
        self.found = 0
        self.total = 0
        self.closes = True
        self._plain = signs.bars.isascii()
        self._latency = Lines(id="latency-words")
        self._fills = Lines(id="fills-words")
        self._numbers: SessionNumbers | None = None

    def compose(self) -> ComposeResult:
        """Table above, charts below."""
        yield from super().compose()
        with Horizontal(id="charts"):
            for words, name in ((self._latency, "latency"), (self._fills, "fills")):
                with Vertical(classes="chart"):
                    yield words
                    if not self._plain:
                        yield Sparkline([], id=f"{name}-chart")

    @property
    def focus_target(self) -> KeyedTable:
        """The table."""
        return self.table

    def show(self, snapshot: Snapshot, search: str) -> None:
        """Show the numbers of a picture."""
        rows = follower_rows(snapshot, self.signs)
        self.total = len(rows)
        rows = [row for row in rows if matches(row, search)] if search else rows
        self.found = len(rows)
        self.show_rows(self.sorting.sorted(rows), "No row matches." if self.total else "No follower is configured.")
        if snapshot.numbers != self._numbers:
            self._numbers = snapshot.numbers
            self._chart(snapshot.numbers)

    def _chart(self, numbers: SessionNumbers) -> None:
        recent, fills = numbers.recent_ms, numbers.fills_a_minute
        top = f"{max(recent):.0f}" if recent else "-"
        most = str(max(fills)) if fills else "-"
        for words, text, values in (
            (self._latency, f"copy latency in ms, last {len(recent)}, top {top}", recent),
            (self._fills, f"fills a minute, last hour, top {most}", [float(fill) for fill in fills]),
        ):
            lines = [(Piece(text, Tone.DIM),)]
            if self._plain:
                lines.append((Piece(sparkline(values, 50, self.signs), Tone.ACCENT),))
            words.say(lines)
        if not self._plain:
            self.query_one("#latency-chart", Sparkline).data = list(recent)
            self.query_one("#fills-chart", Sparkline).data = [float(fill) for fill in fills]

    def retitle(self, *, live: bool) -> None:
        """Write the title."""
        right = " ".join(part for part in (self.sorting.words, "4 closes" if self.closes else "") if part)
        self.entitle(live=live, detail=f"{self.signs.between}by follower", right=right)
