"""What the user does to a table's rows: sort them, and search them."""

from __future__ import annotations

from collections.abc import Sequence

from copytui.tui.present.cells import Column, Row


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
