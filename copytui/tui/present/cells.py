"""The values that presentation is made of: cells and rows of tables, pieces of lines, and how columns share a width."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum

from rich.cells import cell_len, set_cell_size

from copytui.domain.orders import strike_words


class Tone(StrEnum):
    """How a piece of text is meant; the words beside it say the same. Themes give each tone its colours."""

    PLAIN = "plain"
    DIM = "dim"
    STRONG = "strong"
    GOOD = "good"
    WARN = "warn"
    BAD = "bad"
    ACCENT = "accent"
    DRY = "dry"
    LIVE = "live"
    HELD = "held"
    DEMO = "demo"


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of a table, uncut. `value` is what it sorts by where that is not its text."""

    text: str
    tone: Tone = Tone.PLAIN
    value: float | None = None

    @property
    def rank(self) -> tuple[int, float, str]:
        """What sorting compares: numbers before words."""
        return (0, self.value, "") if self.value is not None else (1, 0.0, self.text.casefold())


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table: its key and one cell a column."""

    key: str
    cells: tuple[Cell, ...]

    @property
    def text(self) -> str:
        """The row as it is searched and copied."""
        return "\t".join(cell.text for cell in self.cells)


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table. Widths include the blank after it.

    Where space is short the most `optional` one goes first; 0 stays.
    """

    key: str
    title: str
    least: int
    most: int
    right: bool = False
    middle: bool = False
    optional: int = 0


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a line."""

    text: str
    tone: Tone = Tone.PLAIN


Line = tuple[Piece, ...]


def line_width(line: Line) -> int:
    """Return how many terminal cells a line takes."""
    return sum(cell_len(piece.text) for piece in line)


def cut(text: str, width: int, *, middle: bool = False, dots: str = "…") -> str:
    """Shorten `text` to `width` terminal cells; in the `middle` where both its ends tell something.

    Of a derivative's symbol the strike stays whole: part of it, or with the end of the date before it, is another one.
    """
    if cell_len(text) <= width:
        return text
    if width <= cell_len(dots):
        return set_cell_size(text, max(width, 0))
    if middle and text.isascii():
        room = width - len(dots)
        strike = len(strike_words(text))
        tail = strike if 0 < strike < room else min(room // 2 + 1, room)
        return text[: room - tail] + dots + text[-tail:]
    return set_cell_size(text, width - cell_len(dots)).rstrip() + dots


def length(seconds: float) -> str:
    """Say how long something has lasted."""
    whole = max(0, int(seconds))
    if whole < 120:
        return f"{whole} s"
    return f"{whole // 60} min" if whole < 7200 else f"{whole // 3600} h {whole % 3600 // 60:02} min"


def brief_length(seconds: float) -> str:
    """Say how long something has lasted where every column counts."""
    whole = max(0, int(seconds))
    if whole < 120:
        return f"{whole}s"
    return f"{whole // 60}m" if whole < 7200 else f"{whole // 3600}h{whole % 3600 // 60:02}"


def uptime(seconds: float) -> str:
    """Write how long the program has run: hours and minutes."""
    minutes = int(timedelta(seconds=max(0, seconds)).total_seconds() // 60)
    return f"{minutes // 60:02}:{minutes % 60:02}"


def rupees(amount: Decimal) -> str:
    """Write whole rupees as Indians group them: 12,34,567."""
    digits = f"{abs(amount):.0f}"
    sign = "-" if amount < 0 and digits != "0" else ""
    head, tail = digits[:-3], digits[-3:]
    groups = []
    while head:
        groups.append(head[-2:])
        head = head[:-2]
    return sign + ",".join([*reversed(groups), tail])


def plural(count: int, one: str, many: str = "") -> str:
    """Say how many: `1 follower`, `2 followers`."""
    return f"{count} {one if count == 1 else many or one + 's'}"
