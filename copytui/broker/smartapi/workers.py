"""One account's threads for blocking calls: orders, cancels and modifies, the order book, and two for other reads.

No order waits behind a read, no cancel behind a slow order, and no hanging call delays the order book. A thread starts
with its first call.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from typing import Any, TypeVar

from copytui.domain.errors import BrokerUnreachable

T = TypeVar("T")


class Workers:
    """The threads of one account, used from one event loop. `closed` is true once `close` has started."""

    def __init__(self, name: str) -> None:
        """Set up without starting a thread; `name` becomes part of the threads' names."""
        self.closed = False
        self.orders = ThreadPoolExecutor(1, thread_name_prefix=f"orders-{name}")
        self.changes = ThreadPoolExecutor(1, thread_name_prefix=f"changes-{name}")
        self.books = ThreadPoolExecutor(1, thread_name_prefix=f"books-{name}")
        self._reads = ThreadPoolExecutor(2, thread_name_prefix=f"reads-{name}")
        self._in_flight: set[asyncio.Future[Any]] = set()

    async def read(self, work: Callable[[], T], executor: Executor | None = None) -> T:
        """Run `work` in `executor`, by default in the threads for other reads.

        If the caller is cancelled, the work continues and `close` waits for it. Raises BrokerUnreachable once the
        account is closed.
        """
        if self.closed:
            raise BrokerUnreachable("the account is closed")
        return await asyncio.shield(self._start(executor or self._reads, work))

    async def write(self, executor: Executor, work: Callable[[], T]) -> T:
        """Run `work` and return its outcome even if the caller is cancelled; the cancellation follows right after.

        Raises RuntimeError if no thread could start: the work stays in the queue and may still run.
        """
        future = self._start(executor, work)
        cancelled = False
        while not future.done():
            try:
                await asyncio.shield(future)
            except asyncio.CancelledError:
                cancelled = True
        if cancelled and (task := asyncio.current_task()) is not None:
            task.uncancel()
            task.cancel()
        return future.result()

    async def close(self) -> None:
        """Accept no new work, wait for the calls in flight and end the threads."""
        self.closed = True
        while self._in_flight:
            await asyncio.wait(set(self._in_flight))
        for executor in (self.orders, self.changes, self.books, self._reads):
            executor.shutdown()

    def _start(self, executor: Executor, work: Callable[[], T]) -> asyncio.Future[T]:
        future = asyncio.get_running_loop().run_in_executor(executor, work)
        self._in_flight.add(future)
        future.add_done_callback(self._ended)
        return future

    def _ended(self, future: asyncio.Future[Any]) -> None:
        self._in_flight.discard(future)
        if not future.cancelled():
            future.exception()  # retrieved, in case the waiting caller was cancelled
