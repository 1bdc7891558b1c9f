"""The engine's neighbours as the state sees them: the journal, the subscribers, and how watching the master goes."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Protocol

from copytui.domain.changes import Change


class Recorder(Protocol):
    """The journal, as the engine uses it."""

    @property
    def trouble(self) -> str | None:
        """Why it cannot be written at present; None when it can."""

    def record(self, changes: Sequence[Change]) -> None:
        """Write soon, in order, and never lose."""

    async def require(self, changes: Sequence[Change]) -> None:
        """Write durably before returning; raises JournalUnwritable."""


class Subscriber(Protocol):
    """Somebody who is told of every change, on the engine's loop: must return at once."""

    def on_change(self, change: Change) -> None:
        """Take a change; those of no interest are ignored."""


@dataclass(slots=True, eq=False)
class MasterState:
    """How watching the master goes. `looked_at` is the monotonic time of the last good poll.

    `day_funds` is what it could use when the day's first figure was read, in rupees.
    """

    session_text: str = "logging in"
    logged_in: bool = False
    looked_at: float | None = None
    failures: int = 0
    trouble: str | None = None
    day_funds: Decimal | None = None
    wake_funds: asyncio.Event = field(default_factory=asyncio.Event)

    def change_session(self, text: str, *, logged_in: bool) -> None:
        """Note how the master's log-in stands."""
        self.session_text, self.logged_in = text, logged_in

    def fail_poll(self, trouble: str) -> int:
        """Count a failed poll; returns how many failed in a row."""
        self.failures, self.trouble = self.failures + 1, trouble
        return self.failures

    def succeed_poll(self, now: float) -> None:
        """Note a good poll."""
        self.failures, self.trouble, self.looked_at = 0, None, now
