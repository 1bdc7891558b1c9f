"""The styles of tones: the one place where the meaning of a text becomes a colour."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

from rich.cells import cell_len
from rich.style import Style
from textual.content import Content

from copytui.tui.present import Column, Line, Signs, Tone
from copytui.tui.present.cells import cut

_STYLES: Mapping[Tone, str] = {
    Tone.PLAIN: "",
    Tone.DIM: "$foreground 60%",
    Tone.STRONG: "bold",
    Tone.GOOD: "$text-success",
    Tone.WARN: "bold $text-warning",
    Tone.BAD: "bold $text-error",
    Tone.ACCENT: "$accent",
    Tone.DRY: "bold $background on $primary",
    Tone.LIVE: "bold white on $error",
    Tone.HELD: "bold black on $warning",
    Tone.DEMO: "bold $background on $accent",
}


def content(lines: Sequence[Line]) -> Content:
    """Return lines as widget content; none of their text is interpreted as markup."""
    parts: list[tuple[str, str]] = []
    for number, line in enumerate(lines):
        if number:
            parts.append(("\n", ""))
        parts.extend((piece.text, _STYLES[piece.tone]) for piece in line)
    return Content.assemble(*parts)


def rich_styles(variables: Mapping[str, str]) -> Mapping[Tone, Style]:
    """Return the styles of the tones for tables and lists, from a theme's `variables`."""
    return _rich_styles(*(variables[name] for name in ("text-success", "text-warning", "text-error", "accent")))


@lru_cache(maxsize=8)
def _rich_styles(good: str, warn: str, bad: str, accent: str) -> dict[Tone, Style]:
    colours = {Tone.GOOD: good, Tone.WARN: warn, Tone.BAD: bad, Tone.ACCENT: accent}
    styles = {tone: Style(color=colour) for tone, colour in colours.items()}
    return styles | {Tone.DIM: Style(dim=True), Tone.STRONG: Style(bold=True)}


@dataclass(frozen=True, slots=True)
class Paint:
    """The styles of a table in its present state and theme."""

    base: Style
    header: Style
    cursor: Style
    tones: Mapping[Tone, Style]


def placed(text: str, column: Column, width: int, signs: Signs, *, tail: int = 0) -> str:
    """Return a cell or heading, truncated to its column and followed by a blank; `tail` as in `cut`."""
    short = cut(text, width - 1, middle=column.middle, dots=signs.dots, tail=tail)
    gap = " " * max(0, width - 1 - cell_len(short))
    return f"{gap}{short} " if column.right else f"{short}{gap} "


@cache
def of_column(number: int) -> Style:
    """Return a style that keeps a cell separate from a neighbour of the same colours."""
    return Style.from_meta({"column": number})
