"""How many of one account's calls run at once: one order, one cancel or modify, one order book, two other reads.

No order waits behind a read, no cancel behind a slow order, and no hanging call delays the order book.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

from copytui.domain.errors import BrokerUnreachable

T = TypeVar("T")
Lane = asyncio.Lock | asyncio.Semaphore


class Lanes:
    """The calls of one account, used from one event loop. `closed` is true once `close` has started."""

    def __init__(self) -> None:
        """Set up with nothing in flight."""
        self.closed = False
        self.orders: Lane = asyncio.Lock()
        self.changes: Lane = asyncio.Lock()
        self.books: Lane = asyncio.Lock()
        self._reads: Lane = asyncio.Semaphore(2)
        self._in_flight: set[asyncio.Task[Any]] = set()

    async def read(self, work: Callable[[], Awaitable[T]], lane: Lane | None = None) -> T:
        """Make a call in `lane`, by default in that of other reads; it ends if the caller is cancelled.

        Raises BrokerUnreachable once the account is closed.
        """
        if self.closed:
            raise BrokerUnreachable("the account is closed")
        async with lane or self._reads:
            return await work()

    async def write(self, work: Callable[[], Coroutine[Any, Any, T]], lane: Lane) -> T:
        """Make a call and return its outcome even if the caller is cancelled; the cancellation follows right after."""
        task = asyncio.get_running_loop().create_task(self._in_lane(work, lane))
        self._in_flight.add(task)
        task.add_done_callback(self._in_flight.discard)
        cancelled = False
        while not task.done():
            try:
                await asyncio.shield(task)
            except asyncio.CancelledError:
                cancelled = True
        if cancelled and (caller := asyncio.current_task()) is not None:
            caller.uncancel()
            caller.cancel()
        return task.result()

    async def close(self) -> None:
        """Accept no new call and wait for the writes in flight."""
        self.closed = True
        while self._in_flight:
            await asyncio.wait(set(self._in_flight))

    @staticmethod
    async def _in_lane(work: Callable[[], Coroutine[Any, Any, T]], lane: Lane) -> T:
        async with lane:
            return await work()
