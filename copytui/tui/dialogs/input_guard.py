"""A key means what was in sight when the finger moved: how dialogs hold back the keys that come too soon."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from copytui.tui import input_timing

_NEXT_SECONDS = 0.25
"""So soon after the one before a key is the repetition of one that is held down."""


class InputGuard:
    """Holds keys until what they would answer has been in sight for a moment, and after it slid away from beneath them.

    What is not painted yet is held without end. A key held down begins the wait anew with each repetition, so that
    it never gets through.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        """Hold everything: nothing is painted yet. `clock` is monotonic."""
        self._clock = clock
        self._turn = 0
        self._painted_at: float | None = None
        self._slid_at: float | None = None
        self._refused_at = float("-inf")
        self._told = False

    def begin(self) -> int:
        """Hold until what is drawn now has been painted; returns what `painted` is to be called with then."""
        self._turn += 1
        self._painted_at, self._told = None, False
        return self._turn

    def painted(self, turn: int) -> None:
        """Begin the moment in which it is looked at, unless something newer is being drawn."""
        if turn == self._turn:
            self._painted_at = self._clock()

    def slide(self) -> None:
        """Hold for a while: something else has come beneath the cursor."""
        self._slid_at, self._told = self._clock(), False

    @property
    def holds(self) -> bool:
        """Whether a key would be held back now."""
        now = self._clock()
        if self._painted_at is None or now - self._painted_at < input_timing.SETTLE_SECONDS:
            return True
        return self._slid_at is not None and now - self._slid_at < input_timing.SLID_SECONDS

    def refuses(self) -> bool:
        """Take a key: whether it is held back."""
        if not self.holds:
            return False
        now = self._clock()
        is_repeated, self._refused_at = now - self._refused_at < _NEXT_SECONDS, now
        if is_repeated and self._slid_at is not None and now - self._slid_at < input_timing.SLID_SECONDS:
            self._slid_at = now
        return True

    def tells(self) -> bool:
        """Whether it is still to be said that keys are held back: true once for each thing to look at."""
        told, self._told = self._told, True
        return not told


class Sightings:
    """Since when each row of a list has been in sight."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """Begin with none; `clock` is monotonic."""
        self._clock = clock
        self._since: dict[int, float] = {}

    def paint(self, rows: Iterable[int]) -> None:
        """Take the rows that stand on the screen now, and forget those that do not."""
        now = self._clock()
        self._since = {row: self._since.get(row, now) for row in rows}

    def fresh(self, row: int) -> bool:
        """Whether a row has not been in sight for long enough to have been read."""
        return self._clock() - self._since.get(row, self._clock()) < input_timing.SLID_SECONDS
