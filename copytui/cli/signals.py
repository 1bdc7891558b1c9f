"""The signals that stop a run, as one event."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from types import FrameType


@contextlib.contextmanager
def stop_signals() -> Iterator[threading.Event]:
    """Turn Ctrl-C, SIGTERM, SIGHUP and Windows' Ctrl-Break into one event until the run has ended.

    After that Ctrl-C is ignored, because only the summary is left: pressed once too often, it must neither cut the
    summary short nor change the exit code. The other signals get their old handlers back.
    """
    stopped = threading.Event()
    heard = False

    def stop(_number: int, _frame: FrameType | None) -> None:
        nonlocal heard
        if heard:
            return  # a second signal can arrive while `set` holds its lock for the first, in the same thread
        heard = True
        stopped.set()

    names = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")
    numbers = [getattr(signal, name) for name in names if hasattr(signal, name)]
    before = {number: signal.signal(number, stop) for number in numbers}
    if hasattr(signal, "SIGTTIN"):
        # In the background of a shell, reading the keyboard must not stop the whole program.
        before[signal.SIGTTIN] = signal.signal(signal.SIGTTIN, signal.SIG_IGN)
    try:
        yield stopped
    finally:
        for number, handler in before.items():
            signal.signal(number, signal.SIG_IGN if number == signal.SIGINT else handler)
