"""The link to the engine: the newest snapshot, and commands with their answers."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, Protocol

from textual.notifications import SeverityLevel

from copytui.domain.events import Event
from copytui.domain.filters import Filters
from copytui.engine.commands import Command
from copytui.engine.snapshot import Snapshot
from copytui.tui.engine_client import EngineClient
from copytui.tui.pending_commands import PendingCommands


class LinkedScreen(Protocol):
    """The app, as the link uses it."""

    def say(self, text: str, *, severity: SeverityLevel = "information") -> None:
        """Show a toast."""

    def call_later(self, callback: Callable[..., Any], *args: Any, **kwargs: Any) -> bool:
        """Call `callback` on the screen's thread; any thread may call this."""

    def show_pending(self) -> None:
        """Show whether the mode bar is behind a command."""

    def pull(self) -> None:
        """Take the newest snapshot and show it."""


class EngineLink:
    """Reads the engine's state and sends it commands.

    `latest` is the newest snapshot, None before the first one. `ended` says why the engine has ended, None while it
    runs.
    """

    def __init__(self, client: EngineClient, screen: LinkedScreen) -> None:
        """Talk to `client`, and report on `screen`."""
        self.client = client
        self.pending = PendingCommands(client.monotonic)
        self.latest: Snapshot | None = None
        self.ended: str | None = None
        self._screen = screen

    @property
    def snapshot(self) -> Snapshot:
        """The newest snapshot; there is one whenever a command that needs it runs."""
        if self.latest is None:
            raise RuntimeError("no snapshot yet")
        return self.latest

    @property
    def filters(self) -> Filters:
        """The filters in force, or those just sent: the next change must not undo the last."""
        return self.pending.filters(self.snapshot.rules.filters)

    def take(self) -> list[Event]:
        """Take the newest snapshot; return the events since the last call."""
        events = self.client.events()
        self.latest = self.client.snapshot() or self.latest
        if self.ended is None:
            self.ended = self.client.ended()
        if self.latest is not None:
            self.pending.update(self.latest)
        if self.pending.late():
            self._screen.say(
                "the engine has not answered yet; the command may still be carried out", severity="warning"
            )
        return events

    def send(self, command: Command, then: Callable[[str], None] | None = None) -> None:
        """Hand a command to the engine; its answer is a toast, or goes to `then`."""
        try:
            answer = self.client.submit(command)
        except RuntimeError:
            self._screen.say("the engine has ended", severity="error")
            return
        self.pending.note(command, answer)
        self._screen.show_pending()
        answer.add_done_callback(lambda done: self._answered(done, then or self._screen.say))

    def _answered(self, answer: Future[str], then: Callable[[str], None]) -> None:
        """Pass an answer from the engine's thread to the screen's."""
        screen, error = self._screen, None if answer.cancelled() else answer.exception()
        try:
            if answer.cancelled():
                unknown = "the engine has stopped: whether that was done is not known"
                screen.call_later(screen.say, unknown, severity="error")
            elif error is not None:
                screen.call_later(screen.say, f"that did not work: {type(error).__name__}", severity="error")
            else:
                screen.call_later(then, answer.result())
                screen.call_later(screen.pull)
        except RuntimeError:
            return  # the screen has closed meanwhile
