"""The charts of latency and fills over the day: bars with a time axis, and their widget."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.cells import cell_len
from textual.widgets import Static

from copytui.domain.statistics import Timeline
from copytui.domain.text import clock_text
from copytui.tui.present import Line, Piece, Signs, Tone
from copytui.tui.present.cells import cut, line_width
from copytui.tui.widgets.paint import content

_WIDEST_BAR = 12
"""The maximum width of a bar; early in the day there are few."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One time bucket as drawn: a bar up to `value`, and a line above it up to `worst`."""

    value: float
    worst: float = 0.0


@dataclass(frozen=True, slots=True)
class Room:
    """The space of a chart: width, height, and the signs of the terminal."""

    width: int
    height: int
    signs: Signs

    def words(self, text: str) -> Line:
        """Return a line of text, truncated to the width."""
        return (Piece(cut(text, self.width, dots=self.signs.dots), Tone.DIM),)

    @property
    def wick(self) -> str:
        """The line above a bar."""
        return "|" if self.signs.bars.isascii() else "│"


Chart = Callable[[Timeline, Room], list[Line]]


def latency_chart(timeline: Timeline, room: Room) -> list[Line]:
    """Draw the mean latency of each bucket, and the worst above it."""
    day = timeline.at_most(max(1, room.width))
    bars = [Bar(bucket.mean_ms, bucket.worst_ms) for bucket in day.buckets]
    mean, worst = max((bar.value for bar in bars), default=0.0), max((bar.worst for bar in bars), default=0.0)
    if not worst:
        return [room.words("copy latency over the day: none yet")]
    # One late answer must not flatten the whole day: its line ends at the top, and the caption has its figure.
    top = min(worst, 2 * mean)
    return [_latency_words(day.minutes, mean, worst, room), *_drawn(bars, top, day, room)]


def fills_chart(timeline: Timeline, room: Room) -> list[Line]:
    """Draw the number of copies filled in each bucket."""
    day = timeline.at_most(max(1, room.width))
    fills = [bucket.fills for bucket in day.buckets]
    if not any(fills):
        return [room.words("fills over the day: none yet")]
    bars = [Bar(float(count)) for count in fills]
    words = room.words(f"fills by {day.minutes} min: max {max(fills)}, total {sum(fills)}")
    return [words, *_drawn(bars, float(max(fills)), day, room)]


def _latency_words(minutes: int, mean: float, worst: float, room: Room) -> Line:
    """Return the longest caption that fits, with the scale of the chart."""
    bar, wick = Piece(room.signs.bars[-1], Tone.ACCENT), Piece(room.wick)
    lines: Iterator[Line] = (
        (Piece(f"{name} {minutes} min: ", Tone.DIM), bar, Piece(f" {of}{mean:.0f} ", Tone.DIM),
         wick, Piece(f" worst {worst:.0f}", Tone.DIM))
        for name, of in (("copy latency ms by", "mean, top "), ("latency ms by", "mean "), ("latency,", ""))
    )  # fmt: skip
    return next((line for line in lines if line_width(line) <= room.width), ())


def _drawn(bars: Sequence[Bar], top: float, day: Timeline, room: Room) -> list[Line]:
    """Draw the bars and the axis in all rows below the caption."""
    rows, each = room.height - 2, max(1, min(_WIDEST_BAR, room.width // len(bars)))
    if rows < 1:
        return []
    levels = [(_level(bar.value, top, rows), _level(bar.worst, top, rows)) for bar in bars]
    drawn = [_row(levels, row, each, room) for row in reversed(range(rows))]
    return [*drawn, (Piece(_axis(day, each, room.width), Tone.DIM),)]


def _level(value: float, top: float, rows: int) -> int:
    """Return the height of a value in eighths of a row, at least 1 if it is positive."""
    return max(1, min(8 * rows, round(8 * rows * value / top))) if value > 0 else 0


def _row(levels: Sequence[tuple[int, int]], row: int, each: int, room: Room) -> Line:
    pieces: list[Piece] = []
    body = each - 1 if each > 2 else each  # a gap separates wide bars
    for value, worst in levels:
        eighths = min(8, value - 8 * row)
        if eighths > 0:
            pieces.append(Piece((room.signs.bars[eighths - 1] * body).ljust(each), Tone.ACCENT))
        elif worst > 8 * row:
            pieces.append(Piece(room.wick.center(body).ljust(each)))
        else:
            pieces.append(Piece(" " * each))
    return tuple(pieces)


def _axis(day: Timeline, each: int, width: int) -> str:
    """Return the axis with the times of the first, the middle and the last bar, as far as they fit."""
    last = len(day.buckets) - 1
    axis = ""
    for place in sorted({0, last // 2, last}):
        begin = day.begin_of(place)
        at = min(place * each, width - 5)
        if begin is None or at < 0 or (axis and at <= cell_len(axis)):
            continue
        axis = axis.ljust(at) + clock_text(begin)[:5]
    return axis


class DayChart(Static):
    """A chart of the day, drawn only when the timeline or the size changes."""

    DEFAULT_CSS: ClassVar[str] = """
    DayChart { height: 100%; text-wrap: nowrap; text-overflow: clip; }
    """

    def __init__(self, chart: Chart, signs: Signs, *, id: str) -> None:  # noqa: A002  # Textual's name
        """Start with an empty day."""
        super().__init__("", id=id, classes="chart", markup=False)
        self._chart = chart
        self._signs = signs
        self._timeline = Timeline()

    def show(self, timeline: Timeline) -> None:
        """Show a day; an unchanged one costs nothing."""
        if timeline is not self._timeline:
            self._timeline = timeline
            self._draw()

    def on_resize(self) -> None:
        """Redraw in the new size."""
        self._draw()

    def _draw(self) -> None:
        width, height = self.content_size
        if width and height:
            self.update(content(self._chart(self._timeline, Room(width, height, self._signs))), layout=False)
