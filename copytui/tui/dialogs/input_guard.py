"""The guard against keys that come too soon: a key must mean what was visible when it was pressed."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from copytui.tui import input_timing

_NEXT_SECONDS = 0.25
"""The maximum gap between repetitions of a key that is held down."""


class InputGuard:
    """Holds keys until what they would answer has been visible for a moment, and again when the selection slides.

    Until the dialog is painted, all keys are held. Each repetition of a held-down key restarts the wait, so it never
    gets through.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        """Start holding all keys. `clock` is monotonic."""
        self._clock = clock
        self._turn = 0
        self._painted_at: float | None = None
        self._slid_at: float | None = None
        self._refused_at = float("-inf")
        self._reported = False

    def begin(self) -> int:
        """Hold until the next paint; return the turn to pass to `painted`."""
        self._turn += 1
        self._painted_at, self._reported = None, False
        return self._turn

    def painted(self, turn: int) -> None:
        """Start the viewing time, unless something newer is being drawn."""
        if turn == self._turn:
            self._painted_at = self._clock()

    def slide(self) -> None:
        """Hold for a while, because another row has moved under the cursor."""
        self._slid_at, self._reported = self._clock(), False

    @property
    def holds(self) -> bool:
        """Whether a key would be held now."""
        now = self._clock()
        if self._painted_at is None or now - self._painted_at < input_timing.SETTLE_SECONDS:
            return True
        return self._slid_at is not None and now - self._slid_at < input_timing.SLID_SECONDS

    def refuses(self) -> bool:
        """Take a key; return whether it is held."""
        if not self.holds:
            return False
        now = self._clock()
        is_repeated, self._refused_at = now - self._refused_at < _NEXT_SECONDS, now
        if is_repeated and self._slid_at is not None and now - self._slid_at < input_timing.SLID_SECONDS:
            self._slid_at = now
        return True

    def first_refusal(self) -> bool:
        """Return whether this is the first refusal since the content changed, so that it is reported once."""
        reported, self._reported = self._reported, True
        return not reported


class Sightings:
    """The time since which each row of a list has been visible."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """Start without rows; `clock` is monotonic."""
        self._clock = clock
        self._seen_at: dict[int, float] = {}

    def paint(self, rows: Iterable[int]) -> None:
        """Record the rows that are visible now and forget the others."""
        now = self._clock()
        self._seen_at = {row: self._seen_at.get(row, now) for row in rows}

    def fresh(self, row: int) -> bool:
        """Whether a row has not been visible long enough to have been read."""
        return self._clock() - self._seen_at.get(row, self._clock()) < input_timing.SLID_SECONDS
