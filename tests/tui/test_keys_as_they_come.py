"""Keys from a terminal to the app: noted when they come, passed on when it is known which they are."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import AsyncIterator

import pytest

if sys.platform == "win32":
    pytest.skip("POSIX terminals", allow_module_level=True)

from textual import constants
from textual.events import Key
from textual.message import Message

from copytui.tui.app import CopytuiApp
from copytui.tui.terminal import TerminalDriver, connected_driver
from tests.tui import snapshots
from tests.tui.fake import FakeFront

TYPED, WAITS = "typed", "waits"


class Waits(threading.Event):
    """Records that somebody has waited for it."""

    def __init__(self, told: list[str]) -> None:
        super().__init__()
        self._told = told

    def wait(self, timeout: float | None = None) -> bool:
        if WAITS not in self._told:
            self._told.append(WAITS)
        return super().wait(timeout)


class Keyboard:
    """Types to a driver, and records what the driver reports."""

    def __init__(self) -> None:
        self.told: list[str] = []
        app = CopytuiApp(FakeFront(snapshots.busy()))
        self.driver: TerminalDriver = connected_driver(threading.Event(), lambda: self.told.append(TYPED))(app)
        self.driver.exit_event = Waits(self.told)
        self.driver.fileno, self._end = os.pipe()
        self.driver.process_message = self._note  # type: ignore[method-assign]
        self._reader = threading.Thread(target=self.driver.run_input_thread)
        self._reader.start()

    def _note(self, message: Message) -> None:
        if isinstance(message, Key):
            self.told.append(message.key)

    def type(self, data: bytes) -> None:
        os.write(self._end, data)

    def hang_up(self) -> None:
        os.close(self._end)
        self._end = -1

    def wait_for(self, *told: str) -> None:
        deadline = time.monotonic() + 5
        while self.told != list(told):
            assert time.monotonic() < deadline, f"{self.told} is not {told}"
            time.sleep(0.005)

    def close(self) -> None:
        self.driver.exit_event.set()
        self._reader.join(5)
        assert not self._reader.is_alive()
        os.close(self.driver.fileno)
        if self._end >= 0:
            os.close(self._end)
        self.driver.file.close()


@pytest.fixture
async def keyboard() -> AsyncIterator[Keyboard]:
    handled = {number: signal.getsignal(number) for number in (signal.SIGTSTP, signal.SIGCONT)}
    keyboard = Keyboard()
    yield keyboard
    keyboard.close()
    for number, handler in handled.items():
        signal.signal(number, handler)


async def test_an_esc_is_noted_before_it_is_passed_on(keyboard: Keyboard) -> None:
    keyboard.type(b"\x1b")
    keyboard.wait_for(TYPED, "escape")


async def test_a_sequence_that_begins_with_esc_is_one_key(keyboard: Keyboard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "ESCAPE_DELAY", 60.0)  # however long this test is kept waiting
    keyboard.type(b"\x1b")
    keyboard.wait_for(TYPED)
    keyboard.type(b"[A")
    keyboard.wait_for(TYPED, TYPED, "up")


async def test_a_character_may_come_in_parts_and_other_bytes_are_ignored(keyboard: Keyboard) -> None:
    keyboard.type(b"\xff\xc3")
    keyboard.wait_for(TYPED)
    keyboard.type(b"\xa9")
    keyboard.wait_for(TYPED, TYPED, "é")
    keyboard.type(b"\xc3j")
    keyboard.wait_for(TYPED, TYPED, "é", TYPED, "j")


async def test_a_closed_terminal_is_not_read_in_a_busy_loop(keyboard: Keyboard) -> None:
    keyboard.hang_up()
    keyboard.wait_for(WAITS)
