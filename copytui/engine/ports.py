"""The engine state's neighbours: the journal, the subscribers, and the state of watching the master."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Protocol

from copytui.domain.changes import Change
from copytui.domain.day import ANSWERS_NEEDED


class Recorder(Protocol):
    """The journal, as the engine uses it."""

    @property
    def trouble(self) -> str | None:
        """Why it cannot be written right now; None when it can."""

    def record(self, changes: Sequence[Change]) -> None:
        """Write soon, in order, without loss."""

    async def require(self, changes: Sequence[Change]) -> None:
        """Write durably before returning; raises JournalUnwritable."""


class Subscriber(Protocol):
    """A receiver of every change, called on the engine's loop; it must return at once."""

    def on_change(self, change: Change) -> None:
        """Take a change, or ignore it."""


@dataclass(slots=True, eq=False)
class MasterState:
    """The master's session and polls. `looked_at` is the monotonic time of the last good poll.

    `day_funds` is the day's first figure of its available funds, in rupees. `traded_at` is when its last execution was
    counted. `clock_leads` are how far the broker's clock was ahead of ours at its last answers.
    """

    session_text: str = "logging in"
    logged_in: bool = False
    looked_at: float | None = None
    failures: int = 0
    trouble: str | None = None
    day_funds: Decimal | None = None
    traded_at: float | None = None
    clock_leads: tuple[timedelta, ...] = ()
    wake_funds: asyncio.Event = field(default_factory=asyncio.Event)

    def change_session(self, text: str, *, logged_in: bool) -> None:
        """Set the state of the master's login."""
        self.session_text, self.logged_in = text, logged_in

    def has_traded(self, now: float) -> None:
        """Record an execution."""
        self.traded_at = now

    @property
    def broker_ahead(self) -> timedelta:
        """How far the broker's clock is ahead of ours: the least of its last answers, so that no single one counts."""
        return min(self.clock_leads, key=abs, default=timedelta())

    def note_clock(self, ahead: timedelta) -> None:
        """Record how far the broker's clock is ahead of ours by one answer."""
        self.clock_leads = (*self.clock_leads[1 - ANSWERS_NEEDED :], ahead)

    def fail_poll(self, trouble: str) -> int:
        """Count a failed poll; returns the number of consecutive failures."""
        self.failures, self.trouble = self.failures + 1, trouble
        return self.failures

    def succeed_poll(self, now: float) -> None:
        """Record a good poll."""
        self.failures, self.trouble, self.looked_at = 0, None, now
