"""Columns that share a table's width, and the sorting and searching of its rows."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from rich.cells import cell_len

from copytui.tui.present.cells import Column, Row


def fit(columns: Sequence[Column], width: int) -> list[tuple[Column, int]]:
    """Share `width` among the columns: everyone's least first, optional ones only if there is room for all."""
    chosen = list(columns)
    while sum(column.least for column in chosen) > width and any(column.optional for column in chosen):
        chosen.remove(max(chosen, key=lambda column: column.optional))
    widths = {column.key: column.least for column in chosen}
    spare = width - sum(widths.values())
    for column in chosen:
        more = max(0, min(spare, column.most - column.least))
        widths[column.key] += more
        spare -= more
    return [(column, widths[column.key]) for column in chosen]


def widened(columns: Sequence[Column], rows: Sequence[Row], keys: Collection[str]) -> tuple[Column, ...]:
    """Return the columns, those of `keys` at least as wide as their longest text: half a figure is a wrong one."""
    return tuple(
        column if column.key not in keys else _as_wide(column, [len(row.cells[place].text) for row in rows])
        for place, column in enumerate(columns)
    )


def _as_wide(column: Column, lengths: Sequence[int]) -> Column:
    least = max(column.least, max(lengths, default=0) + 1)
    return replace(column, least=least, most=max(column.most, least))


def named(columns: Sequence[Column], rows: Sequence[Row]) -> tuple[Column, ...]:
    """Return the columns, the first one no wider than its longest name: what is spare goes to those that say more."""
    first, *others = columns
    longest = max((cell_len(text) for text in (first.title, *(row.cells[0].text for row in rows))), default=0)
    wide = min(longest + 1, first.most)
    return (replace(first, least=wide, most=wide), *others)


class Sorting:
    """By which column a table is sorted; none at first."""

    def __init__(self, columns: Sequence[Column], natural: str) -> None:
        """Begin in the rows' own order, which `natural` names."""
        self.columns = tuple(columns)
        self.natural = natural
        self.place: int | None = None

    @property
    def words(self) -> str:
        """How it is sorted."""
        return self.natural if self.place is None else f"by {self.columns[self.place].title}"

    def next(self) -> None:
        """Go on to the next column, and after the last one back to the rows' own order."""
        place = 0 if self.place is None else self.place + 1
        self.place = place if place < len(self.columns) else None

    def sorted(self, rows: list[Row]) -> list[Row]:
        """Return the rows sorted; equal ones stay in their own order."""
        place = self.place
        return rows if place is None else sorted(rows, key=lambda row: row.cells[place].rank)


def matches(row: Row, search: str) -> bool:
    """Tell whether a row has all the words of a search."""
    return contains(row.text, search)


def contains(text: str, search: str) -> bool:
    """Tell whether a text has all the words of a search, upper and lower case alike."""
    folded = text.casefold()
    return all(word in folded for word in search.casefold().split())
