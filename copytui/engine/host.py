"""The engine's thread and its controls. Everything here can be called from other threads."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

from copytui.engine.commands import Command
from copytui.engine.engine import Engine
from copytui.engine.snapshot import Snapshot

T = TypeVar("T")

_MOST_HELPERS = 4
"""Threads for what blocks for a moment: looking up names, reading files, parsing large answers."""


class EngineHost:
    """Runs an engine in a thread with its own event loop."""

    def __init__(self, make_engine: Callable[[], Engine]) -> None:
        """Prepare; `make_engine` is called on the engine's own loop."""
        self._make_engine = make_engine
        self._thread = threading.Thread(target=self._run, name="engine")
        self._loop: asyncio.AbstractEventLoop | None = None
        self._engine: Engine | None = None
        self._ready = threading.Event()
        self.started = threading.Event()
        self.ended = threading.Event()
        self.failure: BaseException | None = None

    def start(self) -> None:
        """Start the thread and return once the engine takes commands; logins continue meanwhile."""
        self._thread.start()
        self._ready.wait()

    def _run(self) -> None:
        try:
            asyncio.run(self._main())
        except BaseException as error:  # noqa: BLE001  # handed to the caller that waits for the engine
            self.failure = error
        finally:
            self._ready.set()
            self.ended.set()

    async def _main(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._loop.set_default_executor(ThreadPoolExecutor(_MOST_HELPERS, thread_name_prefix="helper"))
        self._engine = self._make_engine()
        self._ready.set()
        await self._engine.run(self.started.set)

    def submit(self, command: Command) -> Future[str]:
        """Submit a command; the future returns the outcome as a sentence."""
        return self._on_loop(lambda engine: engine.handle(command))

    def latest(self) -> Snapshot | None:
        """Return the newest snapshot at once; None before the first, or when the engine publishes none."""
        return self._engine.latest if self._engine is not None else None

    def _on_loop(self, call: Callable[[Engine], Coroutine[Any, Any, T]]) -> Future[T]:
        engine, loop = self._engine, self._loop
        if engine is None or loop is None or self.ended.is_set():
            raise RuntimeError("the engine has ended")
        coroutine = call(engine)
        try:
            return asyncio.run_coroutine_threadsafe(coroutine, loop)
        except RuntimeError:
            coroutine.close()
            raise

    def stop(self) -> None:
        """Request a graceful stop; returns at once."""
        if self._engine is not None and self._loop is not None and not self.ended.is_set():
            try:
                self._loop.call_soon_threadsafe(self._engine.stop)
            except RuntimeError:
                return  # it has just ended

    def join(self, timeout: float | None = None) -> bool:
        """Wait for the engine's end; returns whether it has ended."""
        if self._thread.ident is not None:
            self._thread.join(timeout)
        return not self._thread.is_alive()
