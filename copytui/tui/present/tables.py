"""Table columns that share a width, and the sorting and searching of rows."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from rich.cells import cell_len

from copytui.tui.present.cells import Column, Row


def fit(columns: Sequence[Column], width: int) -> list[tuple[Column, int]]:
    """Share `width` among the columns: minimum widths first, optional columns only if there is room."""
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
    """Return the columns, with those in `keys` wide enough for their longest text: a truncated figure is wrong."""
    return tuple(
        column if column.key not in keys else _as_wide(column, [len(row.cells[place].text) for row in rows])
        for place, column in enumerate(columns)
    )


def _as_wide(column: Column, lengths: Sequence[int]) -> Column:
    least = max(column.least, max(lengths, default=0) + 1)
    return replace(column, least=least, most=max(column.most, least))


def named(columns: Sequence[Column], rows: Sequence[Row]) -> tuple[Column, ...]:
    """Return the columns, with the first no wider than its longest name; the others get the spare width."""
    first, *others = columns
    longest = max((cell_len(text) for text in (first.title, *(row.cells[0].text for row in rows))), default=0)
    wide = min(longest + 1, first.most)
    return (replace(first, least=wide, most=wide), *others)


class Sorting:
    """The column that a table is sorted by; none at first."""

    def __init__(self, columns: Sequence[Column], natural: str) -> None:
        """Start in the rows' own order, described by `natural`."""
        self.columns = tuple(columns)
        self.natural = natural
        self.place: int | None = None

    @property
    def words(self) -> str:
        """The sort order in words."""
        return self.natural if self.place is None else f"by {self.columns[self.place].title}"

    def next(self) -> None:
        """Move to the next column; after the last one, return to the rows' own order."""
        place = 0 if self.place is None else self.place + 1
        self.place = place if place < len(self.columns) else None

    def sorted(self, rows: list[Row]) -> list[Row]:
        """Return the rows sorted; the sort is stable."""
        place = self.place
        return rows if place is None else sorted(rows, key=lambda row: row.cells[place].rank)


def matches(row: Row, search: str) -> bool:
    """Return whether a row contains all words of a search."""
    return contains(row.text, search)


def contains(text: str, search: str) -> bool:
    """Return whether a text contains all words of a search, ignoring case."""
    folded = text.casefold()
    return all(word in folded for word in search.casefold().split())
