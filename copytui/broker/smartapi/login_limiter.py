"""Spaces the logins of all accounts: one line per address that they leave from, the master first.

The broker counts logins by address, so accounts behind different proxies need not wait for each other.
"""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from enum import IntEnum

Sleep = Callable[[float], Awaitable[None]]
Clock = Callable[[], float]


class Urgency(IntEnum):
    """Whose login goes first: without the master nothing is copied, and an open position may need its exit."""

    MASTER = 0
    HAS_POSITIONS = 1
    OTHER = 2


@dataclass(slots=True)
class _Line:
    """Who waits for a login from one address, and when the next one may go, in monotonic seconds."""

    next_at: float
    waiting: set[tuple[int, int]] = field(default_factory=set)
    moved: asyncio.Event = field(default_factory=asyncio.Event)


class LoginLimiter:
    """Allows one login at a time per egress; all accounts of the process share one limiter."""

    def __init__(self, spacing_seconds: float, *, clock: Clock = time.monotonic, sleep: Sleep = asyncio.sleep) -> None:
        """Allow one login every `spacing_seconds` from each egress."""
        self._spacing = spacing_seconds
        self._clock = clock
        self._sleep = sleep
        self._lines: dict[str, _Line] = {}
        self._numbers = itertools.count()

    async def wait(self, egress: str = "", urgency: Urgency = Urgency.OTHER) -> None:
        """Wait for this login's turn; `egress` is the proxy or the source address that it leaves from."""
        line = self._lines.setdefault(egress, _Line(self._clock()))
        mine = (int(urgency), next(self._numbers))
        line.waiting.add(mine)
        try:
            while True:
                pause = line.next_at - self._clock()
                if mine > min(line.waiting):
                    line.moved.clear()
                    await line.moved.wait()
                elif pause > 0:
                    await self._sleep(pause)  # a more urgent one may come meanwhile
                else:
                    line.next_at = self._clock() + self._spacing
                    return
        finally:
            line.waiting.discard(mine)
            line.moved.set()
