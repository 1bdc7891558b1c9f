"""A program on a terminal of its own (a pty), and the screen that one would see there. POSIX only."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import pyte

_POLL_SECONDS = 0.02
_ANSWERED_SECONDS = 1.5
"""How long a dialog may take to close before its answer is typed again; a held key repeats sooner."""
_BECOME_THE_TERMINALS = (
    "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); os.execv(sys.argv[1], sys.argv[1:])"
)
"""The terminal controls the program, so that hanging up sends it SIGHUP."""


class Terminal:
    """Runs `command` on a pty. `chunks` is all that it wrote, each part with the monotonic time of its coming.

    With `emulate` off nothing is drawn, which costs next to nothing: `replayed` draws afterwards.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        cwd: Path,
        env: Mapping[str, str],
        columns: int = 120,
        lines: int = 36,
        emulate: bool = True,
    ) -> None:
        self.size = (columns, lines)
        self.chunks: list[tuple[float, bytes]] = []
        self.paused = threading.Event()
        self._screen = pyte.Screen(columns, lines)
        self._stream = pyte.ByteStream(self._screen) if emulate else None
        self._lock = threading.Lock()
        self._hang_up = threading.Event()
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        self.process = subprocess.Popen(  # noqa: S603
            [sys.executable, "-c", _BECOME_THE_TERMINALS, *command],
            cwd=cwd, stdin=slave, stdout=slave, stderr=slave, env={**env, "TERM": "xterm-256color"},
            start_new_session=True,
        )  # fmt: skip
        os.close(slave)
        self._reader = threading.Thread(target=self._read, name="terminal", daemon=True)
        self._reader.start()

    def _read(self) -> None:
        """Take what the program writes until it ends or the terminal is closed."""
        try:
            while not self._hang_up.is_set():
                if self.paused.is_set():
                    time.sleep(_POLL_SECONDS)
                    continue
                ready, _, _ = select.select([self._master], [], [], _POLL_SECONDS)
                if ready:
                    data = os.read(self._master, 65536)
                    if not data:
                        return
                    with self._lock:
                        self.chunks.append((time.monotonic(), data))
                        if self._stream is not None:
                            self._stream.feed(data)
        except OSError:
            return  # Linux' word for: nobody has the other end open
        finally:
            os.close(self._master)

    @property
    def written(self) -> bytes:
        """All that the program has written."""
        with self._lock:
            return b"".join(data for _, data in self.chunks)

    @property
    def text(self) -> str:
        """What stands on the screen now."""
        with self._lock:
            return "\n".join(self._screen.display)

    def press(self, keys: str | bytes) -> float:
        """Type something; return the moment."""
        data = keys.encode() if isinstance(keys, str) else keys
        moment = time.monotonic()
        os.write(self._master, data)
        return moment

    def wait_for(self, text: str, deadline: float = 30.0, *, gone: bool = False) -> None:
        """Wait until a text stands on the screen, or no longer does."""
        end = time.monotonic() + deadline
        while (text in self.text) is gone:
            assert self.process.poll() is None, f"ended with {self.process.returncode}:\n{self.text}"
            assert time.monotonic() < end, f"waited {deadline} s in vain for {text!r} (gone: {gone}):\n{self.text}"
            time.sleep(_POLL_SECONDS)

    def answer(self, dialog: str, keys: str, deadline: float = 30.0) -> None:
        """Wait for a dialog and type the answer until it has closed: keys that come too soon are refused."""
        self.wait_for(dialog)
        end = time.monotonic() + deadline
        while dialog in self.text and self.process.poll() is None:
            assert time.monotonic() < end, f"{keys!r} was refused for {deadline} s:\n{self.text}"
            self.press(keys)
            again = time.monotonic() + _ANSWERED_SECONDS
            while dialog in self.text and self.process.poll() is None and time.monotonic() < again:
                time.sleep(_POLL_SECONDS)

    def send(self, number: signal.Signals) -> None:
        """Send the program a signal."""
        self.process.send_signal(number)

    def close(self) -> None:
        """Close the terminal's window."""
        self._hang_up.set()
        self._reader.join()

    def ended(self, deadline: float = 30.0) -> int:
        """Wait for the program's end and all its output; return its exit code."""
        code = self.process.wait(deadline)
        self._reader.join(5.0)
        return code

    def dispose(self) -> None:
        """End whatever still runs."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.close()
