"""A clock that moves only when the test moves it."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from tests.builders import NOON

_QUIET_ROUNDS = 3
_MOST_ROUNDS = 20_000
_REAL_PAUSE = 0.0005


class HeldClock:
    """Implements the engine's `Clock`; `busy` tells whether a thread still owes the loop an answer."""

    def __init__(self, start: datetime = NOON, busy: Callable[[], bool] = lambda: False) -> None:
        self.busy = busy
        self._start = start
        self._seconds = 0.0
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._numbers = count()

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self._seconds)

    def monotonic(self) -> float:
        return self._seconds

    async def wait(self, event: asyncio.Event, seconds: float | None) -> None:
        if event.is_set():
            return
        if seconds is None:
            await event.wait()
            return
        timer: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._seconds + seconds, next(self._numbers), timer))
        waiter = asyncio.ensure_future(event.wait())
        either: set[asyncio.Future[Any]] = {timer, waiter}
        try:
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        finally:
            waiter.cancel()
            timer.cancel()

    async def sleep(self, seconds: float) -> None:
        await self.wait(asyncio.Event(), seconds)

    async def advance(self, seconds: float) -> None:
        """Let `seconds` pass, waking who waits in the order of time, with the loop quiet before each step."""
        until = self._seconds + seconds
        await self.quiet()
        while self._sleepers and self._sleepers[0][0] <= until:
            self._seconds = max(self._seconds, self._sleepers[0][0])
            await self.quiet()
        self._seconds = until
        await self.quiet()

    def sleep_through(self, seconds: float) -> None:
        """Let the computer sleep: the clock on the wall goes on, the monotonic one of Linux and macOS stands still."""
        self._start += timedelta(seconds=seconds)

    def jump(self, seconds: float) -> None:
        """Move the time without waking anybody in between, as a laptop that slept does."""
        self._seconds += seconds

    async def quiet(self) -> None:
        """Let every task run until all of them wait for time or for the test."""
        rounds = 0
        for _ in range(_MOST_ROUNDS):
            self._fire()
            await asyncio.sleep(_REAL_PAUSE if self.busy() else 0)
            ready = asyncio.get_running_loop()._ready  # type: ignore[attr-defined]  # nothing public tells
            rounds = 0 if ready or self.busy() or self._due() else rounds + 1
            if rounds == _QUIET_ROUNDS:
                return
        raise AssertionError("the loop does not come to rest: some task goes round without waiting")

    def _due(self) -> bool:
        while self._sleepers and self._sleepers[0][2].done():
            heapq.heappop(self._sleepers)
        return bool(self._sleepers) and self._sleepers[0][0] <= self._seconds

    def _fire(self) -> None:
        while self._due():
            heapq.heappop(self._sleepers)[2].set_result(None)
