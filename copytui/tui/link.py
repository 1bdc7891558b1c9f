"""The app's link to the engine: the newest picture, commands with their answers, and toasts."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future

from textual.app import App
from textual.driver import Driver
from textual.notifications import Notify, SeverityLevel

from copytui.engine.commands import Command
from copytui.engine.snapshot import Snapshot
from copytui.tui.engine_client import EngineClient
from copytui.tui.main.screen import MainScreen
from copytui.tui.pending_commands import PendingCommands
from copytui.tui.toasts import Toasted

_SAID_SECONDS, _SAID_AT_MOST = 4.0, 20.0
_READ_A_SECOND = 12
"""Characters that are read in a second, with the eyes elsewhere."""


class LinkedApp(App[None]):
    """Knows an engine through its client; `latest` is the newest snapshot, `ended` says why the engine has ended."""

    def __init__(
        self, engine_client: EngineClient, driver: type[Driver] | None = None, *, ascii_only: bool = False
    ) -> None:
        """Speak to `engine_client`; nothing is shown yet."""
        super().__init__(driver_class=driver)
        self.engine_client = engine_client
        self.ascii_only = ascii_only
        self.latest: Snapshot | None = None
        self.ended: str | None = None
        self.main = MainScreen(engine_client, ascii_only=ascii_only)
        self.pending_commands = PendingCommands(engine_client.monotonic)

    def pull(self) -> None:
        """Take the newest picture and events and show them."""
        events = self.engine_client.events()
        self.latest = self.engine_client.snapshot() or self.latest
        if self.ended is None:
            self.ended = self.engine_client.ended()
        if self.latest is not None:
            self.pending_commands.see(self.latest)
        if self.pending_commands.late():
            self.say("the engine has not answered yet; what was asked may still be done", severity="warning")
        self.main.switching(on=self.pending_commands.switching)
        self.main.show(self.latest, events, ended=self.ended)

    @property
    def snapshot(self) -> Snapshot:
        """The newest picture; there is one whenever a command that needs it runs."""
        if self.latest is None:
            raise RuntimeError("no picture yet")
        return self.latest

    def send(self, command: Command, then: Callable[[str], None] | None = None) -> None:
        """Hand a command to the engine; its answer is a toast, or goes to `then`."""
        try:
            answer = self.engine_client.submit(command)
        except RuntimeError:
            self.say("the engine has ended", severity="error")
            return
        self.pending_commands.note(command, answer)
        self.main.switching(on=self.pending_commands.switching)
        answer.add_done_callback(lambda done: self._answered(done, then or self.say))

    def _answered(self, answer: Future[str], then: Callable[[str], None]) -> None:
        """Take an answer, on the engine's thread, to the screen's."""
        error = None if answer.cancelled() else answer.exception()
        try:
            if answer.cancelled():
                unknown = "the engine has stopped: it is not known whether that was done"
                self.call_later(self.say, unknown, severity="error")
            elif error is not None:
                self.call_later(self.say, f"that did not work: {type(error).__name__}", severity="error")
            else:
                self.call_later(then, answer.result())
                self.call_later(self.pull)
        except RuntimeError:
            return  # the screen has closed meanwhile

    def say(self, text: str, *, severity: str = "information") -> None:
        """Answer something that the user has just done; never markup. A long sentence stays until it can be read."""
        seconds = min(max(_SAID_SECONDS, len(text) / _READ_A_SECOND), _SAID_AT_MOST)
        self.notify(text, markup=False, severity=severity, timeout=seconds)  # type: ignore[arg-type]  # one of Textual's words

    def notify(
        self,
        message: str,
        *,
        title: str = "",
        severity: SeverityLevel = "information",
        timeout: float | None = None,
        markup: bool = True,
    ) -> None:
        """Show a toast, as Textual does, of the kind that cannot stop the screen; Textual calls this, too."""
        seconds = self.NOTIFICATION_TIMEOUT if timeout is None else timeout
        self.post_message(Notify(Toasted(message, title, severity, seconds, markup=markup)))
