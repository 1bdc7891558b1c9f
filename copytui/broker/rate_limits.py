"""The broker's rate limits, kept on our side: rolling windows over a clock that the caller gives.

The numbers are SmartAPI's, each with a little headroom in time: what left us evenly can arrive closer together.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from copytui.broker.port import Budget, Call

Clock = Callable[[], float]

ORDERS_PER_MINUTE = 500
ORDERS_PER_HOUR = 1000
_MINUTE, _HOUR = 61.0, 3610.0


@dataclass(frozen=True, slots=True)
class Window:
    """At most `count` calls in any `seconds`."""

    count: int
    seconds: float


_WRITES = (Window(9, 1.05), Window(ORDERS_PER_MINUTE, _MINUTE), Window(ORDERS_PER_HOUR, _HOUR))
LIMITS: dict[Call, tuple[Window, ...]] = {
    Call.BOOK: (Window(1, 1.1),),
    Call.WRITE: _WRITES,
    Call.EXIT: _WRITES,
    Call.FUNDS: (Window(2, 1.1),),
    Call.PROFILE: (Window(3, 1.1), Window(1000, _HOUR)),
    Call.LOG_IN: (Window(1, 1.1),),
    Call.SEARCH: (Window(1, 1.1),),
    Call.QUOTE: (Window(10, 1.1), Window(500, _MINUTE), Window(5000, _HOUR)),
    Call.POSITIONS: (Window(1, 1.1),),
}


class RollingLimit:
    """Says when a call may go, by every one of its windows; not thread-safe: one thread asks."""

    def __init__(self, *windows: Window, clock: Clock = time.monotonic) -> None:
        """Start with nothing used."""
        self.windows = windows
        self._clock = clock
        self._longest = max(window.seconds for window in windows)
        self._taken: deque[float] = deque()

    def tightened(self, *windows: Window) -> RollingLimit:
        """Return a limit that counts the very same calls and keeps to `windows`, too.

        None of them may be longer than the longest that there is.
        """
        tighter = RollingLimit(*self.windows, *windows, clock=self._clock)
        tighter._taken = self._taken
        return tighter

    def ready_in(self) -> float:
        """Seconds until a call may go; 0 when it may go now."""
        now = self._now()
        wait = 0.0
        for window in self.windows:
            if len(self._taken) >= window.count:
                wait = max(wait, self._taken[-window.count] + window.seconds - now)
        return wait

    def take(self) -> bool:
        """Use one call now and return True, or use nothing and return False."""
        if self.ready_in() > 0:
            return False
        self._taken.append(self._clock())
        return True

    def used(self, seconds: float) -> int:
        """How many calls went in the last `seconds`."""
        after = self._now() - seconds
        return sum(1 for moment in self._taken if moment > after)

    def _now(self) -> float:
        now = self._clock()
        while self._taken and self._taken[0] <= now - self._longest:
            self._taken.popleft()
        return now


class AccountLimits:
    """One account's limits, by call; `orders_per_minute` may tighten the broker's own number, but not for exits."""

    def __init__(self, *, orders_per_minute: int = ORDERS_PER_MINUTE, clock: Clock = time.monotonic) -> None:
        """Start with nothing used."""
        self.orders_per_minute = max(1, min(orders_per_minute, ORDERS_PER_MINUTE))
        self._limits = {call: RollingLimit(*windows, clock=clock) for call, windows in LIMITS.items()}
        self._limits[Call.WRITE] = self._limits[Call.EXIT].tightened(Window(self.orders_per_minute, _MINUTE))

    def __getitem__(self, call: Call) -> RollingLimit:
        """Return the limit of one call."""
        return self._limits[call]

    def budget(self) -> Budget:
        """How much of the write limits is used."""
        writes = self._limits[Call.WRITE]
        return Budget(
            minute_used=writes.used(_MINUTE),
            minute_limit=self.orders_per_minute,
            hour_used=writes.used(_HOUR),
            hour_limit=ORDERS_PER_HOUR,
        )
