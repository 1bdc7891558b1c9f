"""Where a table's cursor stands when other rows come: with its own row, and never by chance on another one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from copytui.tui.present import Row

Owner = Callable[[str], str]
"""Tells whose row a key names; the cursor stays with him, where the row itself has gone."""


@dataclass(frozen=True, slots=True)
class Change:
    """How the rows that are shown next come about.

    `newest_on_top`: the first row is the newest, and a cursor on it follows the newest. `narrowed`: the user has just
    searched, and looks at what that leaves. `afresh`: they are rows of something else, shown from the top.
    """

    newest_on_top: bool = False
    narrowed: bool = False
    afresh: bool = False
    owner: Owner = str


@dataclass(frozen=True, slots=True)
class _Chosen:
    key: str
    owner: str


class Cursor:
    """`place` is the row that the cursor is on, and `on` whether that row is chosen.

    A row that goes by itself leaves nothing chosen, and the cursor `waits`: until the row is back, or the user moves.
    One that a search hides gives way to what the search has found, until the search is over.
    """

    def __init__(self) -> None:
        """Begin at the top."""
        self.place = 0
        self.on = True
        self.waits = False
        self._rows: Sequence[Row] = ()
        self._places: Mapping[str, int] = {}
        self._owner: Owner = str
        self._chosen: _Chosen | None = None
        self._left: _Chosen | None = None

    def put(self, place: int) -> None:
        """Choose a row, as the user does."""
        self.place, self.on, self.waits, self._left = place, True, False, None
        self._choose()

    def take_away(self) -> None:
        """Choose nothing until the cursor is put somewhere."""
        self.on = self.waits = False

    def follows(self, change: Change) -> bool:
        """Tell whether it stays at the top of rows that came about so."""
        return change.newest_on_top and self.place == 0 and self._left is None

    def go_on(self, rows: Sequence[Row], change: Change, *, follow: bool) -> bool:
        """Go on among other rows, at their top with `follow`; tell whether a row is chosen that was gone."""
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
        self._choose()
        return back is not None

    def _stay(self, change: Change) -> None:
        """Stay with the row; where it has gone, choose nothing, or what a search has found instead."""
        here = self._find(self._chosen)
        if here is None and self._chosen is not None and not self.waits:
            self._left = self._left if change.narrowed and self._left is not None else self._chosen
            if not change.narrowed and self.on:
                self.on, self.waits = False, True
        instead = 0 if change.afresh else self.place
        self.place = here if here is not None else max(0, min(instead, len(self._rows) - 1))

    def _find(self, chosen: _Chosen | None) -> int | None:
        """Return where a row is, or else another one of the same owner."""
        if chosen is None or chosen.key in self._places:
            return None if chosen is None else self._places[chosen.key]
        return next((place for key, place in self._places.items() if self._owner(key) == chosen.owner), None)

    def _choose(self) -> None:
        key = self._rows[self.place].key if self.place < len(self._rows) and not self.waits else None
        self._chosen = None if key is None else _Chosen(key, self._owner(key))
