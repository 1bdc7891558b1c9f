"""The engine as the screen sees it, scripted: pictures that a test sets, and a list of what the user asked for."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from pathlib import Path

from copytui.domain.events import Event
from copytui.domain.orders import ClientId
from copytui.engine.commands import Command
from copytui.engine.snapshot import Snapshot
from copytui.settings.model import Credentials, FollowerSettings, MasterSettings, Secret, Settings
from copytui.tui.engine_client import DemoHands

NAMES = ("Asha", "Ravi", "Meera", "Sara", "Kim")
MONOTONIC = 1000.0
"""Where the held clock begins; the pictures' monotonic times are relative to it."""


def follower_id(number: int) -> ClientId:
    """Return the client code of the follower so numbered, from 0."""
    return ClientId(f"F{10001 + number}")


def follower_name(number: int) -> str:
    """Return the name of the follower so numbered, from 0."""
    return NAMES[number] if number < len(NAMES) else f"Follower {number + 1}"


def _credentials(client_id: ClientId) -> Credentials:
    return Credentials(client_id, Secret("key"), Secret("1234"), Secret("TOTP"))


def settings(folder: Path = Path("/nowhere"), followers: int = 5) -> Settings:
    """Return settings with so many followers whose logs go into `folder`."""
    return Settings(
        folder=folder,
        master=MasterSettings(_credentials(ClientId("M12345"))),
        followers=tuple(
            FollowerSettings(number + 1, follower_name(number), _credentials(follower_id(number)))
            for number in range(followers)
        ),
        logs_directory=folder / "logs",
    )


class FakeDemo:
    """The demo's hands: remembers what it was asked for. `refusal` makes the next placing fail with that sentence."""

    def __init__(self) -> None:
        self.placed: list[tuple[str, str, int, str, str]] = []
        self.failing: list[tuple[str, str]] = []
        self.refusal: str | None = None

    def symbols(self) -> Sequence[str]:
        return ("SBIN-EQ", "INFY-EQ", "NIFTY28NOV2624500CE")

    def lot(self, symbol: str) -> int:
        return 75 if symbol.endswith("CE") else 1

    def largest(self, symbol: str) -> int:
        return 1800 if symbol.endswith("CE") else 0

    def place(self, symbol: str, side: str, quantity: int, order_type: str, price: str) -> str:
        if self.refusal is not None:
            raise ValueError(self.refusal)
        self.placed.append((symbol, side, quantity, order_type, price))
        return f"26112000000{len(self.placed):04}"

    def faults(self) -> Sequence[str]:
        return ("time out", "reject", "refuse the session")

    def let_fail(self, follower: str, fault: str) -> None:
        self.failing.append((follower, fault))


class FakeFront:
    """Implements `copytui.tui.engine_client.EngineClient`.

    Set `snapshot` (or call `show`) for the next pull, `queue` events, move `now` (monotonic), set `end`.
    Commands land in `submitted`; each future is done at once with `answer`, or fails with `failure`.
    """

    def __init__(
        self, snapshot: Snapshot | None = None, *, demo: FakeDemo | None = None, folder: Path = Path("/nowhere")
    ) -> None:
        followers = len(snapshot.followers) if snapshot is not None else len(NAMES)
        self.settings = settings(folder, followers)
        self.hands = demo
        self.demo: DemoHands | None = demo
        self.picture = snapshot
        self.submitted: list[Command] = []
        self.answer = "done"
        self.failure: BaseException | None = None
        self.now = MONOTONIC
        self.end: str | None = None
        self._events: list[Event] = []

    def queue(self, *events: Event) -> None:
        """Let these be the events of the next pull."""
        self._events.extend(events)

    def snapshot(self) -> Snapshot | None:
        return self.picture

    def events(self) -> list[Event]:
        events, self._events = self._events, []
        return events

    def submit(self, command: Command) -> Future[str]:
        if self.end is not None:
            raise RuntimeError("the engine has ended")
        self.submitted.append(command)
        future: Future[str] = Future()
        if self.failure is not None:
            future.set_exception(self.failure)
        else:
            future.set_result(self.answer)
        return future

    def monotonic(self) -> float:
        return self.now

    def ended(self) -> str | None:
        return self.end
