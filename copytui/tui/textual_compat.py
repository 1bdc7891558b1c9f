"""Every private name of Textual that copytui uses.

Textual is pinned exactly (`pyproject.toml`), because private names may change in any release. On an upgrade, check
each entry below: its docstring says why it is there and what to look at. No other module of the screen may touch a
private name of Textual; `tests/tui/test_textual_compat.py` holds that.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from io import TextIOWrapper
from typing import Any, cast

from rich.console import RenderableType
from textual._styles_cache import StylesCache
from textual._xterm_parser import XTermParser
from textual.app import App
from textual.driver import Driver
from textual.events import Event
from textual.notifications import Notification, Notify, SeverityLevel
from textual.screen import Screen
from textual.strip import Strip
from textual.widgets import Input

if sys.platform == "win32":
    from textual.drivers.windows_driver import WindowsDriver as PlatformDriver
else:
    from textual.drivers.linux_driver import LinuxDriver as PlatformDriver

KeyParser = XTermParser
"""Turns what a terminal sends into keys. Check: `feed` and `tick`, as `LinuxDriver.run_input_thread` uses them."""

_SHORTEST_TOAST_SECONDS = 0.05


def clear_textual_caches() -> None:
    """Drop what Textual has cached of closed dialogs.

    `StylesCache.get_inner_outer` caches two colours per widget under a key that holds everything the widget has drawn,
    so up to 1,024 closed widgets stay in memory. Check: is the method still an `lru_cache`, with a key that big?
    """
    StylesCache.get_inner_outer.cache_clear()


def screen_lines(screen: Screen[Any]) -> list[Strip]:
    """Return the lines of `screen` as they are drawn.

    Textual's public way gives the whole screen as one long line. Check: `Screen._compositor.render_strips()`.
    """
    return screen._compositor.render_strips()


@dataclass
class Toast(Notification):
    """A notification that never has less than no time left.

    Textual asks which notifications have not expired, and a moment later how long each is to be shown. If one expires
    in between, the answer is negative, and Textual's timers never return from such a wait: the screen takes no key and
    draws nothing any more. Check: `Notification.time_left` and how `Toast` (textual.widgets._toast) uses it.
    """

    @property
    def time_left(self) -> float:
        """Seconds to be shown; always more than 0."""
        return max(super().time_left, _SHORTEST_TOAST_SECONDS)

    @property
    def has_expired(self) -> bool:
        """Whether its time is over."""
        return super().time_left <= 0


class CompatApp(App[None]):
    """An app that fails without showing secrets, and gives public names to what copytui needs of Textual's app."""

    @property
    def active_driver(self) -> Driver | None:
        """The terminal driver; None before the app runs. Check: `App._driver`."""
        return self._driver

    @property
    def has_toasts(self) -> bool:
        """Whether a toast is shown. Check: `App._notifications`."""
        return bool(self._notifications)

    def mount_hidden(self, screen: Screen[Any]) -> None:
        """Mount `screen` without showing it. Check: `App._get_screen`; the public ways also show the screen."""
        self._get_screen(screen)

    def notify(
        self,
        message: str,
        *,
        title: str = "",
        severity: SeverityLevel = "information",
        timeout: float | None = None,
        markup: bool = True,
    ) -> None:
        """Show a toast that cannot stop the screen (see `Toast`); Textual itself calls this, too."""
        seconds = self.NOTIFICATION_TIMEOUT if timeout is None else timeout
        self.post_message(Notify(Toast(message, title, severity, seconds, markup=markup)))

    def failure_text(self, error: Exception | None) -> str:
        """Return the one line that is printed after the screen has failed with `error`."""
        return "the screen failed" if error is None else f"the screen failed: {type(error).__name__}"

    def _handle_exception(self, error: Exception) -> None:
        """Fail, unless the app is already closing.

        Textual takes down even what is still being mounted, and what is being mounted may then raise. Check: that
        `App._handle_exception` is still where errors of handlers arrive, and that `exit()` sets `_exit`.
        """
        if not self._exit:
            super()._handle_exception(error)

    def _fatal_error(self) -> None:
        """End with one line.

        Textual's own report prints local variables, secrets included. Check: that `App._fatal_error` is still the only
        caller of Rich's traceback, and what it sets (`_return_code`, `_exit_renderables`).
        """
        self._return_code = 1
        self._exit_renderables[:] = [self.failure_text(self._exception)]
        self._close_messages_no_wait()

    def panic(self, *renderables: RenderableType) -> None:
        """End with the same line: what Textual wants to show here may be a traceback."""
        self._fatal_error()


class DirectInput(Input):
    """An input that handles keys as soon as the app reads them.

    Textual posts a key to the focused widget, which handles it some turns of the loop later: Enter, a binding, would
    overtake the letters typed before it. Check: that `App.on_event` calls `_forward_event` of the focused widget.
    """

    def take_event(self, event: Event) -> bool:
        """Handle `event` now if it is for this; return whether it was."""
        del event
        return False

    def _forward_event(self, event: Event) -> None:
        if not self.take_event(event):
            super()._forward_event(event)


class CompatDriver(PlatformDriver):
    """Textual's driver for this platform, with public names for what copytui's own driver needs. POSIX only."""

    def write_to(self, file: object) -> None:
        """Write to `file`, which needs only `write`, `flush` and `fileno`. Check: `LinuxDriver._file`."""
        self._file = cast("TextIOWrapper", file)

    def new_parser(self) -> KeyParser:
        """Return a parser for this terminal. Check: `Driver._debug`."""
        return KeyParser(self._debug)

    @property
    def app_title(self) -> str:
        """The app's title. Check: `Driver._app`."""
        return self._app.title

    def _sigcont_application(self, *_: object) -> None:
        """Resume only after Ctrl-Z.

        A closing terminal sends SIGCONT, too, which would start a second set of threads. Check:
        `LinuxDriver._must_signal_resume`.
        """
        if self._must_signal_resume:
            super()._sigcont_application()
