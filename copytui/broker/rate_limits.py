"""The broker's rate limits, applied on our side as rolling windows (docs/smartapi.md, section 4).

Each window is slightly longer than the broker's, because evenly spaced requests can arrive closer together.
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

    @property
    def reserve(self) -> int:
        """How many of its calls are kept for exits and cancels: a tenth, and more of a window of a few calls."""
        return max(self.count // 10, 2 if self.count > 4 else 0)

    @property
    def for_entries(self) -> Window:
        """What entries may use of it."""
        return Window(self.count - self.reserve, self.seconds)


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
    Call.HOLDINGS: (Window(1, 1.1),),
}


class RollingLimit:
    """Decides when a call may go, by all of its windows. Not thread-safe."""

    def __init__(self, *windows: Window, clock: Clock = time.monotonic) -> None:
        """Start with no call used."""
        self.windows = windows
        self._clock = clock
        self._longest = max(window.seconds for window in windows)
        self._taken: deque[float] = deque()

    def tightened(self, *windows: Window) -> RollingLimit:
        """Return a limit that shares this one's counter and also obeys `windows`.

        No window may be longer than the longest one here.
        """
        tighter = RollingLimit(*self.windows, *windows, clock=self._clock)
        tighter._taken = self._taken
        return tighter

    def ready_in(self) -> float:
        """Return the seconds until a call may go; 0 if it may go now."""
        now = self._now()
        wait = 0.0
        for window in self.windows:
            if len(self._taken) >= window.count:
                wait = max(wait, self._taken[-window.count] + window.seconds - now)
        return wait

    def take(self) -> bool:
        """Use one call and return True, or use none and return False."""
        if self.ready_in() > 0:
            return False
        self._taken.append(self._clock())
        return True

    def used(self, seconds: float) -> int:
        """Return the number of calls in the last `seconds`."""
        after = self._now() - seconds
        return sum(1 for moment in self._taken if moment > after)

    def _now(self) -> float:
        now = self._clock()
        while self._taken and self._taken[0] <= now - self._longest:
            self._taken.popleft()
        return now


class AccountLimits:
    """One account's limits by call.

    Entries leave a reserve of each write limit to exits and cancels (docs/risk.md). `orders_per_minute` may tighten the
    broker's limit per minute further, but not for exits, which therefore need no reserve of it.
    """

    def __init__(self, *, orders_per_minute: int = ORDERS_PER_MINUTE, clock: Clock = time.monotonic) -> None:
        """Start with no call used."""
        self.orders_per_minute = max(1, min(orders_per_minute, ORDERS_PER_MINUTE))
        self._limits = {call: RollingLimit(*windows, clock=clock) for call, windows in LIMITS.items()}
        entries = (*(window.for_entries for window in _WRITES), Window(self.orders_per_minute, _MINUTE))
        self._limits[Call.WRITE] = self._limits[Call.EXIT].tightened(*entries)

    def __getitem__(self, call: Call) -> RollingLimit:
        """Return the limit of one call."""
        return self._limits[call]

    def budget(self) -> Budget:
        """Return the usage of the write limits."""
        writes = self._limits[Call.WRITE]
        return Budget(
            minute_used=writes.used(_MINUTE),
            minute_limit=self.orders_per_minute,
            hour_used=writes.used(_HOUR),
            hour_limit=ORDERS_PER_HOUR,
            minute_reserve=Window(ORDERS_PER_MINUTE, _MINUTE).reserve,
            hour_reserve=Window(ORDERS_PER_HOUR, _HOUR).reserve,
        )
