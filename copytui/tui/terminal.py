"""The terminal: it may close, stall or send rubbish without holding up or ending the engine under the screen."""

from __future__ import annotations

import io
import os
import select
import sys
import threading
from codecs import getincrementaldecoder
from collections.abc import Callable
from typing import Any

from textual.app import App
from textual.driver import Driver

from copytui.tui.textual_compat import CompatDriver, KeyParser

_LOOK_SECONDS = 0.2
_ESCAPE_SECONDS = 0.1
_READ_BYTES = 4096


def plain_terminal() -> bool:
    """Return whether the terminal shows plain characters only and has no title: the Linux console, and `dumb`."""
    return os.environ.get("TERM", "") in ("dumb", "linux")


class TerminalFile(io.TextIOBase):
    """The file that Textual's output thread writes to. Once the terminal has gone, what is written is dropped.

    The same holds for a terminal that takes nothing while `leaving` is set: a stalled one must not keep the program
    from ending.
    """

    def __init__(self, number: int, leaving: threading.Event) -> None:
        """Write to the terminal open as `number`, never blocking in a system call: that cannot be interrupted."""
        super().__init__()
        self.gone = False
        self._leaving = leaving
        self._number = number
        try:
            # Opened again, because O_NONBLOCK on the shell's own descriptor would stay set after the program ends.
            self._output = os.open(os.ttyname(number), os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY)
        except OSError:
            self._output = os.dup(number)  # a terminal that has no name here, as in some containers

    def fileno(self) -> int:
        """Return the terminal's own descriptor."""
        return self._number

    def write(self, text: str) -> int:
        """Write all of `text`, waiting for the terminal unless the program is leaving."""
        data = memoryview(text.encode("utf-8", "replace"))
        while data and not self.gone:
            try:
                data = data[os.write(self._output, data) :]
            except BlockingIOError:
                _, ready, _ = select.select([], [self._output], [], _LOOK_SECONDS)
                self.gone = not ready and self._leaving.is_set()
            except OSError:
                self.gone = True
                self._leaving.set()
        return len(text)

    def close(self) -> None:
        """Close the descriptor that was opened."""
        if not self.closed:
            os.close(self._output)
        super().close()


class TerminalDriver(CompatDriver):
    """Textual's driver on a `TerminalFile`. Bytes that are no character are ignored."""

    def connect(self, leaving: threading.Event, typed: Callable[[], None]) -> None:
        """Set `leaving` when the terminal closes; call `typed`, on the reading thread, whenever a key comes."""
        self._leaving = leaving
        self._typed = typed
        self.file = TerminalFile(sys.__stderr__.fileno() if sys.__stderr__ else 2, leaving)
        self.write_to(self.file)

    def start_application_mode(self) -> None:
        """Take over the terminal, also after Ctrl-Z; the terminal's own title is saved."""
        super().start_application_mode()  # type: ignore[no-untyped-call]  # Textual does not say that it returns nothing
        if not plain_terminal():
            self.write(f"\x1b[22;2t\x1b]2;{self.app_title}\x07")

    def stop_application_mode(self) -> None:
        """Give the terminal back; a terminal that cannot save titles shows its default one."""
        if not plain_terminal():
            self.write("\x1b]2;\x07\x1b[23;2t")
        super().stop_application_mode()

    def run_input_thread(self) -> None:
        """Read keys until told to stop; `typed` is called as they come.

        Textual reports an Esc a tenth of a second late: it may be the beginning of another key.
        """
        parser, decode = self.new_parser(), getincrementaldecoder("utf-8")("ignore").decode
        try:
            while not self.exit_event.is_set():
                self._take_keys(parser, decode)
            self._take_keys(parser, decode)
        except OSError:
            self._leaving.set()

    def _take_keys(self, parser: KeyParser, decode: Callable[[bytes], str]) -> None:
        """Pass on the keys that have come, or an Esc that nothing has followed for a tenth of a second."""
        ready, _, _ = select.select([self.fileno], [], [], _ESCAPE_SECONDS)
        if ready and (data := os.read(self.fileno, _READ_BYTES)):
            self._typed()
            if text := decode(data):
                for message in parser.feed(text):
                    self.process_message(message)
        elif ready:
            self.exit_event.wait(_ESCAPE_SECONDS)  # a terminal that nobody has open is always ready
        for message in parser.tick():
            self.process_message(message)


def driver_class(leaving: threading.Event, typed: Callable[[], None]) -> type[Driver] | None:
    """Return the driver for an app that closes when `leaving` is set; None on Windows, for Textual's own."""
    return None if sys.platform == "win32" else connected_driver(leaving, typed)


def connected_driver(leaving: threading.Event, typed: Callable[[], None]) -> type[TerminalDriver]:
    """Return a driver class whose instances are connected to `leaving` and `typed`."""

    class ConnectedDriver(TerminalDriver):
        def __init__(self, app: App[Any], **options: Any) -> None:
            super().__init__(app, **options)
            self.connect(leaving, typed)

    return ConnectedDriver
