"""The cursor of a table, which stays with its row when the rows change and never lands on another by chance."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from copytui.tui.present import Row

Owner = Callable[[str], str]
"""Maps a row key to the owner of the row; if the row is gone, the cursor stays with its owner."""


@dataclass(frozen=True, slots=True)
class Change:
    """How the new rows differ from the previous ones.

    `newest_on_top`: the first row is the newest, and a cursor on it follows the newest. `narrowed`: the search has
    changed. `replaced`: the rows belong to another subject and are shown from the top.
    """

    newest_on_top: bool = False
    narrowed: bool = False
    replaced: bool = False
    owner: Owner = str


@dataclass(frozen=True, slots=True)
class _Selection:
    key: str
    owner: str


class Cursor:
    """The cursor: `place` is its row, and `on` whether that row is selected.

    If the selected row disappears, nothing is selected and the cursor `waits` until the row is back or the user moves.
    A row hidden by a search is replaced by a row that the search has found, until the search ends.
    """

    def __init__(self) -> None:
        """Start at the top."""
        self.place = 0
        self.on = True
        self.waits = False
        self._rows: Sequence[Row] = ()
        self._places: Mapping[str, int] = {}
        self._owner: Owner = str
        self._selected: _Selection | None = None
        self._left: _Selection | None = None

    def put(self, place: int) -> None:
        """Select a row, on the user's behalf."""
        self.place, self.on, self.waits, self._left = place, True, False, None
        self._select()

    def deselect(self) -> None:
        """Select nothing until the cursor is moved."""
        self.on = self.waits = False

    def follows(self, change: Change) -> bool:
        """Return whether the cursor follows the newest row, given the last change."""
        return change.newest_on_top and self.place == 0 and self._left is None

    def update(self, rows: Sequence[Row], change: Change, *, follow: bool) -> bool:
        """Take new rows; with `follow`, go to the top. Return whether a row that had disappeared is selected again."""
        self._rows, self._owner = rows, change.owner
        self._places = {row.key: place for place, row in enumerate(rows)}
        back = self._find(self._left) if self.waits or change.narrowed else None
        if follow:
            self.place = 0
        elif back is not None:
            self.place, self._left = back, None
            self.on, self.waits = self.on or self.waits, False
        else:
            self._stay(change)
        self._select()
        return back is not None

    def _stay(self, change: Change) -> None:
        """Stay with the row; if it is gone, select nothing, or a row that the search has found."""
        here = self._find(self._selected)
        if here is None and self._selected is not None and not self.waits:
            self._left = self._left if change.narrowed and self._left is not None else self._selected
            if not change.narrowed and self.on:
                self.on, self.waits = False, True
        instead = 0 if change.replaced else self.place
        self.place = here if here is not None else max(0, min(instead, len(self._rows) - 1))

    def _find(self, selected: _Selection | None) -> int | None:
        """Return the place of a row, or of another row of the same owner."""
        if selected is None or selected.key in self._places:
            return None if selected is None else self._places[selected.key]
        return next((place for key, place in self._places.items() if self._owner(key) == selected.owner), None)

    def _select(self) -> None:
        key = self._rows[self.place].key if self.place < len(self._rows) and not self.waits else None
        self._selected = None if key is None else _Selection(key, self._owner(key))
