"""A terminal that may go away, stall or send rubbish, without holding up or ending what runs under the screen."""

from __future__ import annotations

import io
import os
import select
import sys
import threading
from codecs import getincrementaldecoder
from collections.abc import Callable
from typing import Any

from textual._xterm_parser import XTermParser
from textual.app import App
from textual.drivers.linux_driver import LinuxDriver

from copytui.tui.terminal_caps import plain_terminal

_LOOK_SECONDS = 0.2
_ESCAPE_SECONDS = 0.1
_READ_BYTES = 4096


class TerminalFile(io.TextIOBase):
    """Where Textual's output thread writes. A terminal that has gone takes everything and shows nothing.

    So does one that takes nothing while `leaving` is set: a stalled terminal must not keep the program from ending.
    """

    def __init__(self, number: int, leaving: threading.Event) -> None:
        """Write to the terminal open as `number`, never waiting in the system: that cannot be called off."""
        super().__init__()
        self.gone = False
        self._leaving = leaving
        self._number = number
        try:
            # Opened anew, because O_NONBLOCK on the shell's own would stay after the end.
            self._output = os.open(os.ttyname(number), os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY)
        except OSError:
            self._output = os.dup(number)  # a terminal without a name here, as in some containers

    def fileno(self) -> int:
        """Return the terminal's own number."""
        return self._number

    def write(self, text: str) -> int:
        """Write all of a text, waiting for the terminal unless it is time to leave."""
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
        """Close what was opened."""
        if not self.closed:
            os.close(self._output)
        super().close()


class TerminalDriver(LinuxDriver):
    """Textual's driver, on a `TerminalFile`; bytes that are no character are keys that nobody pressed."""

    def on(self, leaving: threading.Event, typed: Callable[[], None]) -> None:
        """Let the terminal's end set `leaving`, and call `typed`, on the thread that reads, when a key comes."""
        self._leaving = leaving
        self._typed = typed
        self.file = TerminalFile(sys.__stderr__.fileno() if sys.__stderr__ else 2, leaving)
        self._file = self.file  # type: ignore[assignment]  # all that Textual does with it is write, flush and fileno

    def start_application_mode(self) -> None:
        """Take the terminal over, also after Ctrl-Z; its own title is kept aside."""
        super().start_application_mode()  # type: ignore[no-untyped-call]  # Textual does not say that it returns nothing
        if not plain_terminal():
            self.write(f"\x1b[22;2t\x1b]2;{self._app.title}\x07")

    def stop_application_mode(self) -> None:
        """Give the terminal back; one that keeps no titles aside shows its own again."""
        if not plain_terminal():
            self.write("\x1b]2;\x07\x1b[23;2t")
        super().stop_application_mode()

    def _sigcont_application(self, *_: object) -> None:
        """Go on after Ctrl-Z only: a closing terminal sends SIGCONT too, and must not start a second set of threads."""
        if self._must_signal_resume:
            super()._sigcont_application()

    def run_input_thread(self) -> None:
        """Read keys until told to stop; `typed` is called as they come.

        Of an Esc, Textual tells a tenth of a second later: it may have been the beginning of another key.
        """
        parser, decode = XTermParser(self._debug), getincrementaldecoder("utf-8")("ignore").decode
        try:
            while not self.exit_event.is_set():
                self._take_keys(parser, decode)
            self._take_keys(parser, decode)
        except OSError:
            self._leaving.set()

    def _take_keys(self, parser: XTermParser, decode: Callable[[bytes], str]) -> None:
        """Hand on the keys that have come, or after a tenth of a second an Esc that nothing has followed."""
        ready, _, _ = select.select([self.fileno], [], [], _ESCAPE_SECONDS)
        if ready and (data := os.read(self.fileno, _READ_BYTES)):
            self._typed()
            if text := decode(data):
                for message in parser.feed(text):
                    self.process_message(message)
        elif ready:
            self.exit_event.wait(_ESCAPE_SECONDS)  # a terminal without anybody at its other end is always ready
        for message in parser.tick():
            self.process_message(message)


def driver_on(leaving: threading.Event, typed: Callable[[], None]) -> type[TerminalDriver]:
    """Return the driver for an app that closes when `leaving` is set, as the terminal's end does."""

    class Driver(TerminalDriver):
        def __init__(self, app: App[Any], **options: Any) -> None:
            super().__init__(app, **options)
            self.on(leaving, typed)

    return Driver
