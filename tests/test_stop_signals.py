"""A signal is heard whenever it comes, however often it comes, and however busy the program is."""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

if sys.platform == "win32":
    pytest.skip("POSIX timers", allow_module_level=True)

from copytui.cli.signals import stop_signals
from copytui.domain.changes import EventEmitted
from copytui.domain.events import Event, EventKind, Level
from copytui.event_queue import EventQueue
from tests.builders import NOON

WAKE = Event(NOON, Level.INFO, EventKind.PROGRAM, "copytui", "wake up")


def test_a_handler_that_ends_after_the_wait_for_events_does_not_make_it_last_for_ever() -> None:
    """`queue.SimpleQueue.get` then waits until the next event: in a quiet run, for ever."""
    events = EventQueue()
    rescue = threading.Timer(5.0, events.on_change, (EventEmitted(WAKE),))  # so that this fails and does not hang
    rescue.start()
    before = signal.signal(signal.SIGALRM, lambda *_: time.sleep(0.15))
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.1)
        assert events.take(0.2) == []
    finally:
        signal.signal(signal.SIGALRM, before)
        rescue.cancel()


def test_a_second_signal_while_the_first_is_being_noted_stops_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[str] = []

    class Interrupted(threading.Event):
        def set(self) -> None:
            heard.append("set")
            if len(heard) < 3:
                signal.raise_signal(signal.SIGTERM)  # where the lock would be held
            super().set()

    monkeypatch.setattr("copytui.cli.signals.threading.Event", Interrupted)
    with stop_signals() as stopped:
        signal.raise_signal(signal.SIGINT)
        assert stopped.is_set()
        signal.raise_signal(signal.SIGHUP)
    assert heard == ["set"]


@pytest.fixture(autouse=True)
def ctrl_c_as_before() -> Iterator[None]:
    before = signal.getsignal(signal.SIGINT)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
def test_the_old_handlers_come_back(name: str) -> None:
    number: Any = getattr(signal, name)
    before = signal.getsignal(number)
    with stop_signals():
        assert signal.getsignal(number) is not before
    assert signal.getsignal(number) is before


def test_a_ctrl_c_too_many_cannot_cut_the_summary_short() -> None:
    with stop_signals() as stopped:
        signal.raise_signal(signal.SIGINT)
    assert stopped.is_set()
    signal.raise_signal(signal.SIGINT)
