"""The values of the presentation: table cells, rows and columns, pieces of lines, and text helpers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum

from rich.cells import cell_len, set_cell_size


class Tone(StrEnum):
    """The meaning of a piece of text. The words carry the same meaning; themes map each tone to colours."""

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
    """One table cell, untruncated. It sorts by `value` if set, otherwise by its text.

    The last `tail` characters are one word that is not to be cut in the middle.
    """

    text: str
    tone: Tone = Tone.PLAIN
    value: float | None = None
    tail: int = 0

    @property
    def rank(self) -> tuple[int, float, str]:
        """The sort key: numbers before words."""
        return (0, self.value, "") if self.value is not None else (1, 0.0, self.text.casefold())


@dataclass(frozen=True, slots=True)
class Row:
    """One table row: its key and one cell per column."""

    key: str
    cells: tuple[Cell, ...]

    @property
    def text(self) -> str:
        """The row as text, for search and clipboard."""
        return "\t".join(cell.text for cell in self.cells)


@dataclass(frozen=True, slots=True)
class Column:
    """One table column. Widths include the trailing blank.

    When space is short, the column with the highest `optional` is dropped first; 0 is never dropped.
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
    """A part of a line, in one tone."""

    text: str
    tone: Tone = Tone.PLAIN


Line = tuple[Piece, ...]


def line_width(line: Line) -> int:
    """Return the width of a line in terminal cells."""
    return sum(cell_len(piece.text) for piece in line)


def cut(text: str, width: int, *, middle: bool = False, dots: str = "…", tail: int = 0) -> str:
    """Shorten `text` to `width` terminal cells; with `middle`, keep both ends.

    `tail` is the length of the strike at the end, which is not cut: half a strike reads as a different contract.
    """
    if cell_len(text) <= width:
        return text
    if width <= cell_len(dots):
        return set_cell_size(text, max(width, 0))
    if middle and text.isascii():
        room = width - len(dots)
        tail = tail if 0 < tail < room else min(room // 2 + 1, room)
        return text[: room - tail] + dots + text[-tail:]
    return set_cell_size(text, width - cell_len(dots)).rstrip() + dots


def length(seconds: float) -> str:
    """Return a duration in words: `45 s`, `12 min`, `3 h 05 min`."""
    whole = max(0, int(seconds))
    if whole < 120:
        return f"{whole} s"
    return f"{whole // 60} min" if whole < 7200 else f"{whole // 3600} h {whole % 3600 // 60:02} min"


def brief_length(seconds: float) -> str:
    """Return a duration in its shortest form: `45s`, `12m`, `3h05`."""
    whole = max(0, int(seconds))
    if whole < 120:
        return f"{whole}s"
    return f"{whole // 60}m" if whole < 7200 else f"{whole // 3600}h{whole % 3600 // 60:02}"


def uptime(seconds: float) -> str:
    """Return a running time as `HH:MM`."""
    minutes = int(timedelta(seconds=max(0, seconds)).total_seconds() // 60)
    return f"{minutes // 60:02}:{minutes % 60:02}"


def rupees(amount: Decimal) -> str:
    """Return whole rupees with Indian digit grouping: `12,34,567`."""
    digits = f"{abs(amount):.0f}"
    sign = "-" if amount < 0 and digits != "0" else ""
    head, tail = digits[:-3], digits[-3:]
    groups = []
    while head:
        groups.append(head[-2:])
        head = head[:-2]
    return sign + ",".join([*reversed(groups), tail])


def plural(count: int, one: str, many: str = "") -> str:
    """Return a count with its noun: `1 follower`, `2 followers`."""
    return f"{count} {one if count == 1 else many or one + 's'}"
