"""A run on the full screen; the engine is stopped and joined after the screen has closed for any reason."""

from __future__ import annotations

import _thread
import contextlib
import io
import logging
import signal
import sys
import threading
import time
import warnings
from collections.abc import Iterator
from concurrent.futures import Future
from datetime import datetime
from types import FrameType

from copytui.bootstrap import Running, RunOptions, opened
from copytui.cli.console import Console
from copytui.cli.signals import stop_signals
from copytui.domain.errors import CopytuiError
from copytui.domain.events import Event, EventKind, Level
from copytui.domain.text import IST
from copytui.engine.commands import Command
from copytui.engine.snapshot import Snapshot
from copytui.gc_scheduler import GcScheduler
from copytui.settings.model import Settings
from copytui.tui.app import CopytuiApp
from copytui.tui.engine_client import DemoHands
from copytui.tui.terminal import plain_terminal
from copytui.tui.textual_compat import clear_textual_caches


class HostClient:
    """The screen's client of a running engine; every call returns at once."""

    def __init__(self, settings: Settings, running: Running, demo: DemoHands | None) -> None:
        """Wrap `running`."""
        self.settings = settings
        self.demo = demo
        self._running = running
        self._warnings = [
            Event(datetime.now(IST), Level.WARN, EventKind.SETTING, "settings", warning)
            for warning in settings.warnings
        ]

    def snapshot(self) -> Snapshot | None:
        """The newest snapshot of the engine's state."""
        return self._running.host.latest()

    def events(self) -> list[Event]:
        """The events since the last call; the first call also returns the warnings of the settings."""
        warnings, self._warnings = self._warnings, []
        return warnings + self._running.events.take(0)

    def submit(self, command: Command) -> Future[str]:
        """Hand a command over."""
        return self._running.host.submit(command)

    def monotonic(self) -> float:
        """The engine's own clock."""
        return time.monotonic()

    def ended(self) -> str | None:
        """Why the engine has ended; None while it runs."""
        if not self._running.host.ended.is_set():
            return None
        failure = self._running.host.failure
        if failure is None:
            return ""
        return str(failure) if isinstance(failure, CopytuiError) else f"internal error: {type(failure).__name__}"


_STUCK_SECONDS = 15.0
"""The screen has this long to close: it takes tenths of a second, or some seconds on a busy machine."""


def run_screen(
    settings: Settings, options: RunOptions, *, demo: DemoHands | None = None, ascii_only: bool = False
) -> int:
    """Run the engine under the screen until the user quits; returns the exit code, raises CopytuiError."""
    with stop_signals() as stopped, opened(settings, options) as running:
        engine_client, collections = HostClient(settings, running, demo), GcScheduler(clear_textual_caches)
        ascii_only = ascii_only or plain_terminal()
        app = CopytuiApp(engine_client, ascii_only=ascii_only, stop=stopped, tidy=collections.tidy)
        running.host.start()
        with _alarm(options.duration, stopped), collections, contextlib.suppress(OSError):  # the terminal may be gone
            _run_or_interrupt(app, stopped)
        running.host.stop()
        # A terminal that takes no output would block the last lines, and with them the end of the program.
        console = Console(io.StringIO() if app.terminal_gone else None)
        if not running.host.join(timeout=0.5):
            console.lines("stopping", ["shutting down gracefully: orders in flight are finished and recorded …"])
            running.host.join()
        for event in running.events.take(0):
            console.event(event)
    if running.host.failure is not None:
        raise running.host.failure
    console.summary(running.log.statistics(), running.log.statuses(), str(running.log.path))
    return app.return_code or 0


def _run_or_interrupt(app: CopytuiApp, stopped: threading.Event) -> None:
    """Run the app, and interrupt it if it does not close when told to, so that the engine still shuts down gracefully.

    Only an exception from a signal handler gets out of an event loop that is stuck.
    """
    left, stuck = threading.Event(), threading.Event()

    def watch() -> None:
        stopped.wait()
        if not left.wait(_STUCK_SECONDS):
            stuck.set()
            _thread.interrupt_main()

    def interrupted(number: int, frame: FrameType | None) -> None:
        if callable(before):
            before(number, frame)
        if stuck.is_set() and not left.is_set():
            _silence_the_loop()
            raise KeyboardInterrupt

    before = signal.signal(signal.SIGINT, interrupted)
    threading.Thread(target=watch, name="end of the screen", daemon=True).start()
    try:
        app.run()
    except KeyboardInterrupt:
        app.give_back_terminal()
    finally:
        left.set()
        signal.signal(signal.SIGINT, before)


def _silence_the_loop() -> None:
    """Keep reports about an interrupted event loop off the terminal; they show names and variables.

    There are three: asyncio logs the tasks that end with the loop, and Python prints failures and warns of coroutines
    that were never awaited when it frees them, some as late as the end of the process.
    """
    logging.getLogger("asyncio").disabled = True
    sys.unraisablehook = lambda _broken: None
    warnings.simplefilter("ignore")


@contextlib.contextmanager
def _alarm(seconds: float | None, stopped: threading.Event) -> Iterator[None]:
    """Set `stopped` after this many seconds, unless the block ends first."""
    if seconds is None:
        yield
        return
    timer = threading.Timer(seconds, stopped.set)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
