"""The app of the full-screen monitor: its start, its snapshots, its commands and its end."""

from __future__ import annotations

import sys
import threading
import traceback
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import ClassVar, Protocol

from textual.binding import Binding
from textual.events import Event, InputEvent, Key
from textual.notifications import SeverityLevel

from copytui.engine.commands import Command
from copytui.engine.snapshot import Snapshot
from copytui.tui.commands.filters import FiltersDialog
from copytui.tui.commands.palette import KeyCommands
from copytui.tui.commands.registry import BY_ID, COMMANDS, bindings
from copytui.tui.commands.state import ScreenState
from copytui.tui.dialogs.demo import Ticket
from copytui.tui.engine_client import EngineClient
from copytui.tui.input_timing import KeyGate
from copytui.tui.link import EngineLink
from copytui.tui.main.screen import MainScreen
from copytui.tui.terminal import driver_class, plain_terminal
from copytui.tui.textual_compat import CompatApp
from copytui.tui.themes import THEMES

_PULL_SECONDS = 0.5
_KEY_FIRST_SECONDS = 0.15
"""Seconds that a snapshot waits after a key press, so that the key is handled first."""
_TIDY_SECONDS = 0.2
"""Seconds from a snapshot to the tidying: by then the changes are drawn."""
_SWITCH_SECONDS = 0.001
_IDLE_SECONDS = 1.0
_TOAST_SECONDS, _LONGEST_TOAST_SECONDS = 4.0, 20.0
_READ_PER_SECOND = 12
"""Characters per second that a user reads who has to look over from elsewhere."""


class Tidy(Protocol):
    """A callback that collects garbage, called twice per second, at moments that disturb nobody."""

    def __call__(self, *, idle_seconds: float, passing: bool) -> None:
        """Take the seconds since the last key, and whether something is open that will be dropped soon."""


def _no_tidying(*, idle_seconds: float, passing: bool) -> None:
    """Leave garbage to Python."""


class CopytuiApp(CompatApp):
    """The full-screen monitor.

    `link` reads the engine and sends commands, `main` shows what it reads, `key_gate` decides which keys count, and
    `user_commands` are what they run. With `ascii_only`, only characters that a plain terminal has are used.
    """

    CSS_PATH = "copytui.tcss"
    TITLE = "copytui"
    ENABLE_COMMAND_PALETTE = False  # Textual's key would open it over every dialog: see the command `Palette`
    COMMANDS: ClassVar = {KeyCommands}
    BINDINGS: ClassVar = [
        *bindings(everywhere=True),
        Binding("ctrl+c", "app.do('quit')", show=False, priority=True),
        Binding("ctrl+q", "app.do('quit')", show=False, priority=True),
    ]

    def __init__(
        self,
        engine_client: EngineClient,
        *,
        ascii_only: bool = False,
        stop: threading.Event | None = None,
        tidy: Tidy = _no_tidying,
    ) -> None:
        """Show what `engine_client` gives, until the user quits or `stop` is set; `tidy` is called twice per second."""
        self._stop = stop or threading.Event()
        super().__init__(driver_class=driver_class(self._stop, self._note_input))
        self.ascii_only = ascii_only
        self.link = EngineLink(engine_client, self)
        self.main = MainScreen(engine_client, ascii_only=ascii_only)
        self.key_gate = KeyGate(engine_client.monotonic)
        self.user_commands = COMMANDS
        self.filters_dialog = FiltersDialog(self)
        self.last_ticket: Ticket | None = None
        self._tidy = tidy
        self._last_input = engine_client.monotonic()
        for theme in THEMES:
            self.register_theme(theme)
        self.theme = THEMES[0].name  # before the first style sheet is read: each theme reads them all

    # what dialogs and commands use

    @property
    def engine_client(self) -> EngineClient:
        """The engine."""
        return self.link.client

    @property
    def latest(self) -> Snapshot | None:
        """The newest snapshot; None before the first one."""
        return self.link.latest

    @property
    def snapshot(self) -> Snapshot:
        """The newest snapshot; raises RuntimeError before the first one."""
        return self.link.snapshot

    @property
    def state(self) -> ScreenState:
        """The state that commands decide by; raises RuntimeError before the first snapshot."""
        snapshot, main = self.link.snapshot, self.main
        selected = main.selected_follower()
        followers = (main.drawn or snapshot).followers
        return ScreenState(
            snapshot=snapshot,
            pending=self.link.pending,
            order=main.selected_order(),
            follower=next((view for view in followers if view.client_id == selected), None),
            ascii_only=self.ascii_only,
        )

    @property
    def known_state(self) -> ScreenState | None:
        """The state that commands decide by; None before the first snapshot."""
        return None if self.link.latest is None else self.state

    @property
    def keys_suppressed(self) -> bool:
        """Whether keys may still be meant for a dialog that has closed by itself."""
        return self.key_gate.suppressed

    def ignore_keys(self, seconds: float) -> None:
        """Run no command but halt and quit until nothing has been typed for that long."""
        self.key_gate.suppress(seconds)

    def send(self, command: Command, then: Callable[[str], None] | None = None) -> None:
        """Hand a command to the engine; its answer is a toast, or goes to `then`."""
        self.link.send(command, then)

    def say(self, text: str, *, severity: SeverityLevel = "information") -> None:
        """Show a toast of plain text; a longer text stays longer."""
        seconds = min(max(_TOAST_SECONDS, len(text) / _READ_PER_SECOND), _LONGEST_TOAST_SECONDS)
        self.notify(text, markup=False, severity=severity, timeout=seconds)

    # keys

    async def on_event(self, event: Event) -> None:
        """Note when the user last used the keys or the mouse."""
        if isinstance(event, InputEvent):
            self._note_input()
        if isinstance(event, Key):
            self.key_gate.note_key(event)
        await super().on_event(event)

    def _note_input(self) -> None:
        """Note that the user has just used the keys or the mouse; any thread may call this."""
        self._last_input = self.engine_client.monotonic()

    def on_key(self, event: Key) -> None:
        """Report Esc and a letter that arrive so close together that they look like one key."""
        if event.key.startswith("alt+") and event.is_printable:
            self.say(f"not taken: Alt+{event.character}, or Esc and {event.character} at once; press it again")

    def action_do(self, id_: str) -> None:
        """Run a command of the registry, unless keys are ignored now."""
        command = BY_ID[id_]
        if not command.is_available(demo=self.engine_client.demo is not None):
            return
        refusal = self.key_gate.refusal(command, self.known_state, too_small=self.main.too_small_now)
        if refusal is None:
            command.run(self)
        elif refusal.text:
            self.say(refusal.text, severity=refusal.severity)

    # what is shown

    def on_mount(self) -> None:
        """Start taking snapshots, twice per second."""
        # The engine's threads and this one take turns; a key should not wait for several turns of the usual 5 ms.
        sys.setswitchinterval(_SWITCH_SECONDS)
        self.push_screen(self.main)
        self.set_interval(_PULL_SECONDS, self._beat)

    def _beat(self) -> None:
        """Take a snapshot and tidy up a moment later, so that no key waits for both."""
        self._after_keys(self.pull)
        self.set_timer(_TIDY_SECONDS, partial(self._after_keys, self.tidy_up))

    def _after_keys(self, work: Callable[[], None]) -> None:
        """Take it now, or a moment after a key that is being handled; steady typing delays it no further."""
        if self.engine_client.monotonic() - self._last_input < _KEY_FIRST_SECONDS:
            self.set_timer(_KEY_FIRST_SECONDS, work)
        else:
            work()

    def pull(self) -> None:
        """Take the newest snapshot and events and show them; exit when told to stop."""
        if self._stop.is_set():
            self.exit()
            return
        if not self.screen_stack:
            return  # closing: there is nothing left to show it on
        events = self.link.take()
        self.show_pending()
        self.main.show(self.link.latest, events, ended=self.link.ended)
        self._name_terminal()

    def show_pending(self) -> None:
        """Show whether the mode bar is behind a command."""
        self.main.switching(on=self.link.pending.switching)

    def tidy_up(self) -> None:
        """Do background work: collect garbage when that disturbs nobody, and build the filters' dialog."""
        if not self.screen_stack:
            return
        idle_seconds = self.engine_client.monotonic() - self._last_input
        self._tidy(idle_seconds=idle_seconds, passing=self.screen is not self.main or self.has_toasts)
        if idle_seconds >= _IDLE_SECONDS:
            self.filters_dialog.prepare()

    def _name_terminal(self) -> None:
        """Show the mode in the terminal's title."""
        mode = "DRY RUN" if self.latest is None or self.latest.rules.dry_run else "LIVE"
        title = f"copytui {mode if self.link.ended is None else 'STOPPED'}"
        if title != self.title:
            self.title = title
            if self.active_driver is not None and not self.is_headless and not plain_terminal():
                self.active_driver.write(f"\x1b]2;{title}\x07")

    # the end

    @property
    def terminal_gone(self) -> bool:
        """Whether the terminal no longer takes output."""
        file = getattr(self.active_driver, "file", None)
        return file is not None and file.gone

    def give_back_terminal(self) -> None:
        """Restore the terminal after a run that was interrupted."""
        driver = self.active_driver
        if driver is not None and not self.is_headless:
            with suppress(Exception):  # half of it may have been done; the program must still end
                driver.stop_application_mode()
            with suppress(Exception):
                driver.close()

    def failure_text(self, error: Exception | None) -> str:
        """Return the last line after a failure: the error's type and place only, as its own text may hold anything."""
        what = f": {type(error).__name__} in {_where(error)}" if error is not None else ""
        return f"copytui: the screen failed{what}; the engine is being shut down gracefully"


def _where(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    return f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "?"
