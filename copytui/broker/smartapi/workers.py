"""One account's threads for blocking calls: one each for orders, for cancels and modifies, and for the order book.

Two are for all other reads. So no order waits behind a read, no cancel behind an order whose answer is slow, and
nothing that hangs holds up the order book. A thread starts with its first call.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from typing import Any, TypeVar

from copytui.domain.errors import BrokerUnreachable

T = TypeVar("T")


class Workers:
    """The threads of one account, used from one event loop; `closed` after `close` began."""

    def __init__(self, name: str) -> None:
        """Start none yet; `name` goes into the threads' names."""
        self.closed = False
        self.orders = ThreadPoolExecutor(1, thread_name_prefix=f"orders-{name}")
        self.changes = ThreadPoolExecutor(1, thread_name_prefix=f"changes-{name}")
        self.books = ThreadPoolExecutor(1, thread_name_prefix=f"books-{name}")
        self._reads = ThreadPoolExecutor(2, thread_name_prefix=f"reads-{name}")
        self._in_flight: set[asyncio.Future[Any]] = set()

    async def read(self, work: Callable[[], T], executor: Executor | None = None) -> T:
        """Run `work`, where no `executor` is named with the other reads.

        A cancelled caller leaves it to end by itself, and `close` waits for it.
        Raises BrokerUnreachable once the account is closed.
        """
        if self.closed:
            raise BrokerUnreachable("the account is closed")
        return await asyncio.shield(self._start(executor or self._reads, work))

    async def write(self, executor: Executor, work: Callable[[], T]) -> T:
        """Run `work` and return its outcome even when the caller is cancelled: the cancellation comes right after.

        Raises RuntimeError where no thread could be started: the work waits in the queue and may yet be done.
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
        """Begin nothing new, wait for what is in flight, and end the threads."""
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
            future.exception()  # looked at, for the case that who waited for it was cancelled
