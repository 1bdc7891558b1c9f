"""The engine as the screen sees it: snapshots of its state, its events, and a way to send commands."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from typing import Protocol

from copytui.domain.events import Event
from copytui.engine.commands import Command
from copytui.engine.snapshot import Snapshot
from copytui.settings.model import Settings


class DemoHands(Protocol):
    """The demo's controls of the embedded exchange. Calls may take some milliseconds."""

    def symbols(self) -> Sequence[str]:
        """The symbols that can be traded."""

    def lot(self, symbol: str) -> int:
        """The lot size of a symbol."""

    def largest(self, symbol: str) -> int:
        """The largest whole lots that the exchange takes in one order; 0 where there is no limit."""

    def place(self, symbol: str, side: str, quantity: int, order_type: str, price: str) -> str:
        """Place an order of the master; returns its id, raises ValueError with a sentence."""

    def faults(self) -> Sequence[str]:
        """The names of the faults."""

    def let_fail(self, follower: str, fault: str) -> None:
        """Make the next order of a follower (by client code) go wrong."""


class EngineClient(Protocol):
    """A running engine; tests give the screen a scripted one."""

    settings: Settings
    demo: DemoHands | None

    def snapshot(self) -> Snapshot | None:
        """The newest snapshot, at once; None before the first one."""

    def events(self) -> list[Event]:
        """The events since the last call, at once."""

    def submit(self, command: Command) -> Future[str]:
        """Hand a command over; the future returns what happened in a sentence, or raises."""

    def monotonic(self) -> float:
        """The clock of the snapshots' monotonic times."""

    def ended(self) -> str | None:
        """Why the engine has ended, in a sentence ('' for a graceful shutdown); None while it runs."""
