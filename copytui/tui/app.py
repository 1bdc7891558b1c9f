"""The app: what it shows when, how it begins and how it ends."""

from __future__ import annotations

import sys
import threading
import traceback
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import ClassVar, Protocol

from rich.console import RenderableType
from textual.binding import Binding
from textual.driver import Driver
from textual.events import Event, InputEvent

from copytui.tui.commands.actions import Actions
from copytui.tui.commands.palette import KeyCommands
from copytui.tui.commands.registry import bindings
from copytui.tui.engine_client import EngineClient
from copytui.tui.terminal_caps import plain_terminal
from copytui.tui.themes import THEMES

_PULL_SECONDS = 0.5
_PRESS_FIRST_SECONDS = 0.15
"""How long the picture waits after a press, so that the press is answered first."""
_TIDY_SECONDS = 0.2
"""How long after a picture it is tidied up: what has changed is drawn by then."""
_TURN_SECONDS = 0.001
_QUIET_SECONDS = 1.0


class Tidy(Protocol):
    """What is called now and then, to collect garbage when that disturbs nobody."""

    def __call__(self, *, idle_seconds: float, passing: bool) -> None:
        """Take how long nobody has been at the keys, and whether something is open that will be dropped soon."""


def _leave_it(*, idle_seconds: float, passing: bool) -> None:
    """Leave garbage to Python."""


class CopytuiApp(Actions):
    """The full-screen monitor. `ascii_only` shows no sign that a plain terminal lacks."""

    CSS_PATH = "copytui.tcss"
    TITLE = "copytui"
    ENABLE_COMMAND_PALETTE = False  # Textual's key for it would open it over every dialog: see `do_palette`
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
        tidy: Tidy = _leave_it,
    ) -> None:
        """Show what `engine_client` gives, until the user leaves or `stop` is set; `tidy` is called twice a second."""
        self._stop = stop or threading.Event()
        super().__init__(engine_client, _driver_class(self._stop, self._note_press), ascii_only=ascii_only)
        self._tidy = tidy
        self._last_input = self.engine_client.monotonic()
        for theme in THEMES:
            self.register_theme(theme)
        self.theme = THEMES[0].name  # before the first style sheet is read: each theme reads them all

    def on_mount(self) -> None:
        """Begin to pull pictures, twice a second: nothing changed, nothing drawn."""
        # The engine's threads and this one take turns; a key should not wait for several turns of the usual 5 ms.
        sys.setswitchinterval(_TURN_SECONDS)
        self.push_screen(self.main)
        self.set_interval(_PULL_SECONDS, self._beat)

    def _beat(self) -> None:
        """Take a picture, and then tidy up: apart, so that a press need not wait for both."""
        self._when_answered(self.pull)
        self.set_timer(_TIDY_SECONDS, partial(self._when_answered, self.tidy_up))

    def _when_answered(self, work: Callable[[], None]) -> None:
        """Do it now, or a moment after a press that is being answered; under steady typing no beat is left out."""
        if self.engine_client.monotonic() - self._last_input < _PRESS_FIRST_SECONDS:
            self.set_timer(_PRESS_FIRST_SECONDS, work)
        else:
            work()

    def pull(self) -> None:
        """Take the newest picture and events and show them; leave when it is time to."""
        if self._stop.is_set():
            self.exit()
            return
        if not self.screen_stack:
            return  # closing: nothing is left to show it on
        super().pull()
        self._name_terminal()

    def tidy_up(self) -> None:
        """Do what nobody waits for: collect garbage when that disturbs nobody, and make the filters beforehand."""
        if not self.screen_stack:
            return
        idle_seconds = self.engine_client.monotonic() - self._last_input
        passing = self.screen is not self.main or bool(self._notifications)
        self._tidy(idle_seconds=idle_seconds, passing=passing)
        if idle_seconds >= _QUIET_SECONDS:
            self.make_filters()

    def _name_terminal(self) -> None:
        """Keep the terminal's title saying whether it is live."""
        mode = "DRY RUN" if self.latest is None or self.latest.rules.dry_run else "LIVE"
        title = f"copytui {mode if self.ended is None else 'STOPPED'}"
        if title != self.title:
            self.title = title
            if self._driver is not None and not self.is_headless and not plain_terminal():
                self._driver.write(f"\x1b]2;{title}\x07")

    async def on_event(self, event: Event) -> None:
        """Note when the user was last at the keys or the mouse."""
        if isinstance(event, InputEvent):
            self._note_press()
        await super().on_event(event)

    def _note_press(self) -> None:
        """Note that the user was at the keys or the mouse just now; any thread may call it."""
        self._last_input = self.engine_client.monotonic()

    @property
    def terminal_gone(self) -> bool:
        """Whether the terminal takes nothing any more."""
        file = getattr(self._driver, "file", None)
        return file is not None and file.gone

    def give_back_terminal(self) -> None:
        """Leave the terminal as it was found, after a run that was broken off."""
        driver = self._driver
        if driver is not None and not self.is_headless:
            with suppress(Exception):  # half of it may have been done; the program's end must go on
                driver.stop_application_mode()
            with suppress(Exception):
                driver.close()

    def _handle_exception(self, error: Exception) -> None:
        """End with an error, unless the end has begun: Textual takes apart even what is still being mounted."""
        if not self._exit:
            super()._handle_exception(error)

    def _fatal_error(self) -> None:
        """End with one sentence: Textual's own report prints local variables, secrets included."""
        self._return_code = 1
        error = self._exception
        what = f": {type(error).__name__} in {_where(error)}" if error is not None else ""
        self._exit_renderables[:] = [f"copytui: the screen failed{what}; the engine is being stopped in order"]
        self._close_messages_no_wait()

    def panic(self, *renderables: RenderableType) -> None:
        """End with the same sentence: what Textual wants to show here may be a traceback."""
        self._fatal_error()


def _where(error: BaseException) -> str:
    """Name the line that failed; an error's own text may hold anything."""
    frames = traceback.extract_tb(error.__traceback__)
    return f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "?"


def _driver_class(leaving: threading.Event, typed: Callable[[], None]) -> type[Driver] | None:
    if sys.platform == "win32":
        return None  # Textual's own
    from copytui.tui.terminal import driver_on  # noqa: PLC0415  # POSIX only

    return driver_on(leaving, typed)
