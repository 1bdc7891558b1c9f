"""Toasts that cannot stop the screen."""

from __future__ import annotations

from dataclasses import dataclass

from textual.notifications import Notification

_SHORTEST_SECONDS = 0.05


@dataclass
class Toasted(Notification):
    """What a toast says. One that is put on a screen in its last moment still has a moment.

    Textual asks which toasts have not expired, and a little later for how long each is to be shown. Where a toast's
    time ends in between, that is less than nothing, and Textual's timers (8.2) never return from waiting so long:
    no key is taken and nothing is drawn any more.
    """

    @property
    def time_left(self) -> float:
        """For how many seconds it is to be shown; more than none."""
        return max(super().time_left, _SHORTEST_SECONDS)

    @property
    def has_expired(self) -> bool:
        """Whether its time has ended."""
        return super().time_left <= 0
