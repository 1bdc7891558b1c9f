"""The queue that carries the engine's events to the thread of the screen or of the console."""

from __future__ import annotations

import queue

from copytui.domain.changes import Change, EventEmitted
from copytui.domain.events import Event


class EventQueue:
    """The engine's events, queued for the thread that shows or prints them."""

    def __init__(self) -> None:
        """Start empty."""
        # Not SimpleQueue: a signal at the last moment of its `get` makes that wait forever (CPython 3.11).
        self._events: queue.Queue[Event] = queue.Queue()

    def on_change(self, change: Change) -> None:
        """Queue an event; other changes are dropped."""
        if isinstance(change, EventEmitted):
            self._events.put(change.event)

    def take(self, wait: float) -> list[Event]:
        """Return the queued events, waiting up to `wait` seconds for the first."""
        events: list[Event] = []
        try:
            events.append(self._events.get(timeout=wait))
            while True:
                events.append(self._events.get_nowait())
        except queue.Empty:
            return events
