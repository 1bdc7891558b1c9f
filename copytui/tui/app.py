"""The app: takes pictures from the engine, gives them to the main screen, and turns keys into commands."""

from __future__ import annotations

import os
import sys
import threading
import traceback
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from typing import ClassVar, Protocol

from rich.console import RenderableType
from textual.app import App
from textual.binding import Binding
from textual.driver import Driver
from textual.events import Event, InputEvent

from copytui.domain.copies import WENT_WRONG
from copytui.domain.filters import Filters
from copytui.engine.commands import (
    Command,
    RefreshAll,
    SetConfirmation,
    SetDryRun,
    SetFilters,
    SetFollower,
    SetHalted,
    SetMultiplier,
    SetPaused,
)
from copytui.engine.snapshot import Snapshot
from copytui.tui import risk_actions
from copytui.tui.front import Front
from copytui.tui.keys import BY_ID, bindings
from copytui.tui.palette import KeyCommands
from copytui.tui.screens.account import AccountScreen
from copytui.tui.screens.approvals import ApprovalsScreen
from copytui.tui.screens.fault import FaultScreen
from copytui.tui.screens.filters import Edited, FiltersScreen
from copytui.tui.screens.help import HelpScreen
from copytui.tui.screens.main import MainScreen
from copytui.tui.screens.needs import NeedsScreen
from copytui.tui.screens.order import OrderScreen, Ticket
from copytui.tui.screens.quit import QuitScreen
from copytui.tui.screens.sizes import sizes_at
from copytui.tui.screens.story import StoryScreen
from copytui.tui.screens.typed_word import TypedWordScreen, going_live
from copytui.tui.themes import THEMES

_PULL_SECONDS = 0.5
_SAID_SECONDS = 4.0
_READ_A_SECOND = 12
"""Characters that are read in a second, with the eyes elsewhere."""
_TURN_SECONDS = 0.001
_SCREENS_AT_REST = 2
"""Textual's own, and the main screen."""
_CLOSING_SECONDS = 0.3
"""So long after a key a dialog may still be on its way out."""
_SHOWN_SECONDS = 3
"""So long a change of filters may take to be in the picture; one that was refused never is."""


class Tidy(Protocol):
    """What is called now and then, to collect garbage when that disturbs nobody."""

    def __call__(self, *, calm: bool, idle_seconds: float) -> None:
        """Take whether nothing is shown that goes again soon, and how long nobody has been at the keys."""


def _leave_it(*, calm: bool, idle_seconds: float) -> None:
    """Leave garbage to Python."""


class CopytuiApp(App[None]):
    """The full-screen monitor. `ascii_only` shows no sign that a plain terminal lacks."""

    CSS_PATH = "copytui.tcss"
    TITLE = "copytui"
    ENABLE_COMMAND_PALETTE = True
    COMMANDS: ClassVar = {KeyCommands}
    BINDINGS: ClassVar = [
        *bindings(everywhere=True),
        Binding("ctrl+c", "app.do('quit')", show=False, priority=True),
        Binding("ctrl+q", "app.do('quit')", show=False, priority=True),
    ]

    def __init__(
        self, front: Front, *, ascii_only: bool = False, stop: threading.Event | None = None, tidy: Tidy = _leave_it
    ) -> None:
        """Show what `front` gives, until the user leaves or `stop` is set; `tidy` is called twice a second."""
        self._stop = stop or threading.Event()
        super().__init__(driver_class=_driver_class(self._stop))
        self.front = front
        self.ascii_only = ascii_only
        self.snapshot: Snapshot | None = None
        self.main = MainScreen(front, ascii_only=ascii_only)
        self._tidy = tidy
        self._last_input = self.front.monotonic()
        self._ended: str | None = None
        self._placed: Ticket | None = None
        self._asked_filters: tuple[Filters, float] | None = None

    def on_mount(self) -> None:
        """Begin to pull pictures, twice a second: nothing changed, nothing drawn."""
        for theme in THEMES:
            self.register_theme(theme)
        self.theme = THEMES[0].name
        # The engine's threads and this one take turns; a key should not wait for several turns of the usual 5 ms.
        sys.setswitchinterval(_TURN_SECONDS)
        self.push_screen(self.main)
        self.set_interval(_PULL_SECONDS, self.pull)

    def pull(self) -> None:
        """Take the newest picture and events and show them."""
        if self._stop.is_set():
            self.exit()
            return
        events = self.front.events()
        self.snapshot = self.front.snapshot() or self.snapshot
        if self._ended is None:
            self._ended = self.front.ended()
        self._name_terminal()
        self.main.show(self.snapshot, events, ended=self._ended)
        idle = self.front.monotonic() - self._last_input
        self._tidy(calm=self._is_calm() and idle > _CLOSING_SECONDS, idle_seconds=idle)

    def _name_terminal(self) -> None:
        """Keep the terminal's title saying whether it is live."""
        mode = "DRY RUN" if self.snapshot is None or self.snapshot.rules.dry_run else "LIVE"
        self.title = f"copytui {mode}"

    def send(self, command: Command, then: Callable[[str], None] | None = None) -> None:
        """Hand a command to the engine; its answer is a toast, or goes to `then`."""
        try:
            answer = self.front.submit(command)
        except RuntimeError:
            self.say("the engine has ended", severity="error")
            return
        answer.add_done_callback(lambda done: self._answered(done, then or self.say))

    def _answered(self, answer: Future[str], then: Callable[[str], None]) -> None:
        """Take an answer, on the engine's thread, to the screen's."""
        error = answer.exception()
        try:
            if error is not None:
                self.call_later(self.say, f"that did not work: {type(error).__name__}", severity="error")
            else:
                self.call_later(then, answer.result())
                self.call_later(self.pull)
        except RuntimeError:
            return  # the screen has closed meanwhile

    def say(self, text: str, *, severity: str = "information") -> None:
        """Answer something that the user has just done; never markup. A long sentence stays until it can be read."""
        seconds = max(_SAID_SECONDS, len(text) / _READ_A_SECOND)
        self.notify(text, markup=False, severity=severity, timeout=seconds)  # type: ignore[arg-type]  # one of Textual's words

    # keys: one method a command of the registry

    def action_do(self, id_: str) -> None:
        """Carry out a command of the registry."""
        command = BY_ID[id_]
        if command.demo and self.front.demo is None:
            return
        if self.snapshot is None and id_ not in ("quit", "help", "palette", "theme"):
            self.say("the engine is starting")
            return
        getattr(self, f"do_{id_}")()

    @property
    def picture(self) -> Snapshot:
        """The newest picture; there is one whenever a command that needs it runs."""
        if self.snapshot is None:
            raise RuntimeError("no picture yet")
        return self.snapshot

    def do_mode(self) -> None:
        """Go to dry run at once; go live after the typed word."""
        if not self.picture.rules.dry_run:
            self.main.switching()
            self.send(SetDryRun(on=True))
            return

        def answered(go: bool | None) -> None:
            if go:
                self.main.switching()
                self.send(SetDryRun(on=False))

        self.push_screen(TypedWordScreen(going_live(self.front, self.picture)), answered)

    def do_pause(self) -> None:
        """Pause, or go on."""
        self.send(SetPaused(on=not self.picture.rules.paused))

    def do_halt(self) -> None:
        """Halt at once; release after the typed word."""
        if self.picture.rules.halted_because is None:
            self.send(SetHalted(on=True))
            return
        risk_actions.release_halt(self)

    def do_cancel_all(self) -> None:
        """Take out of the market what copying has in it, after the typed word."""
        risk_actions.cancel_all(self)

    def do_flatten(self) -> None:
        """Close what copying has built, after the typed word."""
        risk_actions.flatten(self)

    def do_approvals(self) -> None:
        """Open the copies that wait for a yes."""
        if not self.picture.approvals:
            self.say("nothing waits for a yes")
            return
        self.push_screen(ApprovalsScreen())

    def do_needs(self) -> None:
        """Open what needs the user."""
        self.push_screen(NeedsScreen())

    def do_retry(self) -> None:
        """Open the failed copies, which stand in the list of what needs the user."""
        if not any(copy.state in WENT_WRONG and not copy.dismissed for o in self.picture.orders for copy in o.copies):
            self.say("no copy has failed")
            return
        self.push_screen(NeedsScreen())

    def do_follower(self) -> None:
        """Take the follower under the cursor out, or in."""
        follower = self.main.selected_follower()
        if follower is None:
            self.say("select a follower first (2)")
            return
        view = next((view for view in self.picture.followers if view.client_id == follower), None)
        if view is not None:
            self.send(SetFollower(follower, enabled=not view.enabled or view.halted_because is not None))

    def do_refresh(self) -> None:
        """Ask the broker for the truth now."""
        self.send(RefreshAll())

    @property
    def filters(self) -> Filters:
        """The filters in force, or those that were asked for a moment ago: the next change must not undo the last."""
        shown = self.picture.rules.filters
        if self._asked_filters is not None:
            asked, at = self._asked_filters
            if asked != shown and self.front.monotonic() - at < _SHOWN_SECONDS:
                return asked
            self._asked_filters = None
        return shown

    def do_filters(self) -> None:
        """Open the filters."""
        before, sizes = self.filters, sizes_at(self.front.settings, self.picture.rules.multiplier)

        def answered(edited: Edited | None) -> None:
            if edited is not None and edited.filters != before:
                self._filter(edited.filters)
            if edited is not None and edited.multiplier is not None:
                self.send(SetMultiplier(edited.multiplier))

        self.push_screen(FiltersScreen(before, self.picture.orders, sizes), answered)

    def do_market(self) -> None:
        """Turn market orders on or off."""
        filters = self.filters
        self._filter(replace(filters, market_orders=not filters.market_orders))

    def do_limit(self) -> None:
        """Turn limit orders on or off."""
        filters = self.filters
        self._filter(replace(filters, limit_orders=not filters.limit_orders))

    def do_stop(self) -> None:
        """Turn stop orders on or off."""
        filters = self.filters
        self._filter(replace(filters, stop_orders=not filters.stop_orders))

    def do_block(self) -> None:
        """Block the selected order's symbol, or unblock it."""
        order = self.main.selected_order()
        if order is None:
            self.say("select an order first (1)")
            return
        symbol, filters = order.known.order.symbol.upper(), self.filters
        blocked = tuple(pattern for pattern in filters.block_symbols if pattern.upper() != symbol)
        if len(blocked) == len(filters.block_symbols):
            blocked = (*blocked, symbol)
        self._filter(replace(filters, block_symbols=blocked))

    def _filter(self, filters: Filters) -> None:
        self._asked_filters = (filters, self.front.monotonic())
        self.send(SetFilters(filters))

    def do_confirmation(self) -> None:
        """Turn the need for a yes on or off."""
        self.send(SetConfirmation(on=not self.picture.rules.require_confirmation))

    def do_orders_pane(self) -> None:
        """Go to the master orders."""
        self.main.go_to("orders")

    def do_followers_pane(self) -> None:
        """Go to the followers."""
        self.main.go_to("followers")

    def do_events_pane(self) -> None:
        """Go to the events."""
        self.main.go_to("events")

    def do_statistics_pane(self) -> None:
        """Open the statistics in full, or close them."""
        self.main.go_to("statistics")

    def do_detail(self) -> None:
        """Open the selected order's story, or, where the accounts are shown, the selected one in full."""
        order, follower = self.main.selected_order(), self.main.selected_follower()
        if order is not None:
            self.push_screen(StoryScreen(order.known.order.key))
        elif follower is not None:
            self.push_screen(AccountScreen(follower))
        else:
            self.say("select an order (1) or an account (2) first")

    def do_search(self) -> None:
        """Narrow what is shown."""
        self.main.search()

    def do_sort(self) -> None:
        """Sort the pane in focus by its next column."""
        self.main.sort()

    def do_freeze(self) -> None:
        """Freeze the display, or go on."""
        self.main.freeze()

    def do_zoom(self) -> None:
        """Zoom the pane in focus, or go back."""
        self.main.zoom()

    def do_copy_row(self) -> None:
        """Copy the row to the clipboard."""
        self._copy(self.main.row_text())

    def do_copy_json(self) -> None:
        """Copy the row to the clipboard as JSON."""
        self._copy(self.main.row_json())

    def _copy(self, text: str | None) -> None:
        if not text:
            self.say("there is no row to copy")
            return
        self.copy_to_clipboard(text)
        self.say("copied")

    def do_export(self) -> None:
        """Write today's copies to a CSV file."""
        self.say(self.main.export())

    def do_theme(self) -> None:
        """Go to the next theme."""
        names = [theme.name for theme in THEMES]
        self.theme = names[(names.index(self.theme) + 1) % len(names)]

    def do_order(self) -> None:
        """Place an order as the demo's master."""
        if self.front.demo is not None:
            self.push_screen(OrderScreen(self.front.demo, self._placed), self._keep_placed)

    def _keep_placed(self, placed: Ticket | None) -> None:
        """Remember what was placed last: its other side is suggested next."""
        self._placed = placed or self._placed

    def do_fault(self) -> None:
        """Make a follower's next order go wrong, in the demo."""
        if self.front.demo is not None:
            self.push_screen(FaultScreen(self.front.demo, self.picture.followers))

    def do_help(self) -> None:
        """Show every key."""
        if not isinstance(self.screen, HelpScreen):
            self.push_screen(HelpScreen(demo=self.front.demo is not None, pane=self.main.pane_in_focus()))

    def do_palette(self) -> None:
        """Open the command palette."""
        self.action_command_palette()

    def do_quit(self) -> None:
        """Leave; ask when live or something is in flight."""
        if self._ended is not None or self.snapshot is None or not QuitScreen.needed(self.snapshot):
            self.exit()
            return
        if isinstance(self.screen, QuitScreen):
            self.exit()  # the second Ctrl-C
            return

        def answered(leave: bool | None) -> None:
            if leave:
                self.exit()

        self.push_screen(QuitScreen(self.snapshot), answered)

    async def on_event(self, event: Event) -> None:
        """Note when the user was last at the keys or the mouse."""
        if isinstance(event, InputEvent):
            self._last_input = self.front.monotonic()
        await super().on_event(event)

    def _is_calm(self) -> bool:
        """Whether nothing is shown that goes again soon: no dialog, no toast."""
        return len(self._screen_stack) <= _SCREENS_AT_REST and not self._notifications

    @property
    def terminal_gone(self) -> bool:
        """Whether the terminal takes nothing any more."""
        file = getattr(self._driver, "file", None)
        return file is not None and file.gone

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


def _driver_class(leaving: threading.Event) -> type[Driver] | None:
    if sys.platform == "win32":
        return None  # Textual's own
    from copytui.tui.terminal import driver_on  # noqa: PLC0415  # POSIX only

    return driver_on(leaving)


def plain_terminal() -> bool:
    """Whether the environment asks for no more than plain characters."""
    return os.environ.get("TERM", "") in ("dumb", "linux")
