"""The exchange's time: events at exact moments, run in order, however late somebody asks.

Moments are seconds since the exchange began. While an event runs, `now` is the moment it was planned for and not
the moment it got its turn: what the seed decides never depends on how busy the machine is.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable


class Scheduler:
    """A queue of events in the order of their moments."""

    def __init__(self) -> None:
        self.now = 0.0
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._planned = 0
        self._running = False

    def after(self, seconds: float, event: Callable[[], None]) -> None:
        """Plan `event` for `seconds` from now."""
        self._planned += 1
        heapq.heappush(self._events, (self.now + seconds, self._planned, event))

    def advance(self, until: float) -> None:
        """Run all that is due by `until`; asked by an event that is running itself, do nothing."""
        if self._running:
            return
        self._running = True
        try:
            while self._events and self._events[0][0] <= until:
                moment, _, event = heapq.heappop(self._events)
                self.now = max(self.now, moment)
                event()
            self.now = max(self.now, until)
        finally:
            self._running = False
