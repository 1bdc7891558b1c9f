"""What each command of the registry does: one method a command, `do_<id>`."""

from __future__ import annotations

from textual.driver import Driver
from textual.events import Event, Key

from copytui.domain.copies import WENT_WRONG
from copytui.domain.orders import ClientId
from copytui.engine.commands import RefreshAll, SetConfirmation, SetDryRun, SetFollower, SetHalted, SetPaused
from copytui.tui import input_timing
from copytui.tui.commands import risk_actions
from copytui.tui.commands.filter_actions import FilterActions
from copytui.tui.commands.palette_screen import PaletteScreen
from copytui.tui.commands.registry import BY_ID
from copytui.tui.dialogs.account import AccountScreen
from copytui.tui.dialogs.approvals import ApprovalsScreen
from copytui.tui.dialogs.attention import NeedsScreen
from copytui.tui.dialogs.demo import FaultScreen, OrderScreen, Ticket
from copytui.tui.dialogs.event import EventScreen
from copytui.tui.dialogs.help import HelpScreen
from copytui.tui.dialogs.quit import QuitScreen
from copytui.tui.dialogs.story import StoryScreen
from copytui.tui.engine_client import EngineClient
from copytui.tui.themes import THEMES

_SWITCHES = {"pause", "follower", "confirmation", "market", "limit", "stop", "block"}
"""What turns with each press: a held key must not turn it to and fro."""


class Actions(FilterActions):
    """Turns commands of the registry into commands for the engine, dialogs, and changes of what is shown."""

    def __init__(
        self, engine_client: EngineClient, driver: type[Driver] | None = None, *, ascii_only: bool = False
    ) -> None:
        """Act on what `engine_client` gives."""
        super().__init__(engine_client, driver, ascii_only=ascii_only)
        self._placed: Ticket | None = None
        self._switched: tuple[object, float] = (None, 0.0)
        self._said_repeated = False
        self._deaf_until = float("-inf")
        self._deaf_seconds = 0.0
        self._said_deaf = False

    def ignore_keys(self, seconds: float) -> None:
        """Take no commands until nothing was typed for so long, but for the halt and the way out."""
        self._deaf_seconds, self._said_deaf = seconds, False
        self._deaf_until = self.engine_client.monotonic() + seconds

    @property
    def keys_suppressed(self) -> bool:
        """Whether keys are typed on that were meant for a dialog that has closed by itself."""
        return self.engine_client.monotonic() < self._deaf_until

    async def on_event(self, event: Event) -> None:
        """Stay deaf while a word is typed on, be its letters commands or not."""
        if isinstance(event, Key) and event.is_printable and event.key != "space" and self.keys_suppressed:
            self._deaf_until = self.engine_client.monotonic() + self._deaf_seconds
        await super().on_event(event)

    def on_key(self, event: Key) -> None:
        """Say what becomes of an Esc and a letter that come so close together that a terminal makes one key of them."""
        if event.key.startswith("alt+") and event.is_printable:
            self.say(f"not taken: Alt+{event.character}, or Esc and {event.character} at once; press it again")

    def action_do(self, id_: str) -> None:
        """Carry out a command of the registry."""
        command = BY_ID[id_]
        if command.demo and self.engine_client.demo is None:
            return
        to_dry_run = id_ == "mode" and self._is_safer(id_)
        if self.keys_suppressed and id_ not in ("halt", "quit") and not to_dry_run:
            if not self._said_deaf:
                self._said_deaf = True
                self.say(f"{command.shown} not taken: a dialog has just closed by itself")
            return
        if self.latest is None and id_ not in ("quit", "help", "palette", "theme"):
            self.say("the engine is starting")
            return
        if self._is_unseen(id_):
            self.say("not taken: make the terminal larger first", severity="warning")
            return
        if id_ in _SWITCHES and self._is_repeated(id_) and not self._is_safer(id_):
            return
        getattr(self, f"do_{id_}")()

    def _is_unseen(self, id_: str) -> bool:
        """Whether nothing of what the command acts on is in sight; what makes things safer is taken all the same."""
        return self.main.too_small_now and not (
            id_ in ("halt", "quit", "help") or (id_ in ("mode", "pause") and self._is_safer(id_))
        )

    def _is_safer(self, id_: str) -> bool:
        """Whether a switch would now turn the way in which less is sent: that way is never held up."""
        if self.latest is None:
            return False
        rules, on = self.snapshot.rules, self.pending_commands.on
        match id_:
            case "mode":
                return not on(SetDryRun, shown=rules.dry_run)
            case "pause":
                return not on(SetPaused, shown=rules.paused)
            case "confirmation":
                return not on(SetConfirmation, shown=rules.require_confirmation)
            case "follower":
                return self._is_in(self.main.selected_follower())
            case "block":
                order = self.main.selected_order()
                symbols = {pattern.upper() for pattern in self.filters.block_symbols}
                return order is not None and order.known.order.symbol.upper() not in symbols
            case _:
                return False

    def _is_repeated(self, id_: str) -> bool:
        """Whether a switch was pressed, for the same thing, a moment ago: said at the first repetition."""
        order, now = self.main.selected_order() if id_ == "block" else None, self.engine_client.monotonic()
        about = (id_, order and order.known.order.symbol, self.main.selected_follower() if id_ == "follower" else None)
        (before, at), self._switched = self._switched, (about, now)
        if about != before or now - at >= input_timing.REPEAT_SECONDS:
            self._said_repeated = False
            return False
        if not self._said_repeated:
            self._said_repeated = True
            self.say(f"{BY_ID[id_].shown} was pressed a moment ago: taken once")
        return True

    def do_mode(self) -> None:
        """Go to dry run at once; go live after the typed word."""
        if not self.pending_commands.on(SetDryRun, shown=self.snapshot.rules.dry_run):
            self.send(SetDryRun(on=True))
            return
        risk_actions.go_live(self)

    def do_pause(self) -> None:
        """Pause, or go on."""
        self.send(SetPaused(on=not self.pending_commands.on(SetPaused, shown=self.snapshot.rules.paused)))

    def do_halt(self) -> None:
        """Halt at once; release after the typed word."""
        halted = self.snapshot.rules.halted_because is not None
        if not (halted and self.pending_commands.on(SetHalted, shown=halted)):  # nor while a release is on its way
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
        if not self.snapshot.approvals:
            self.say("nothing waits for a yes")
            return
        self.push_screen(ApprovalsScreen())

    def do_needs(self) -> None:
        """Open what needs the user."""
        self.push_screen(NeedsScreen())

    def do_retry(self) -> None:
        """Open the list of what needs the user at the first failed copy."""
        if not any(copy.state in WENT_WRONG and not copy.dismissed for o in self.snapshot.orders for copy in o.todays):
            self.say("no copy has failed")
            return
        self.push_screen(NeedsScreen(begin_at="failed"))

    def do_follower(self) -> None:
        """Take the follower under the cursor out, or in."""
        follower = self.main.selected_follower()
        if follower is None:
            self.say("select a follower first (2)")
            return
        self.send(SetFollower(follower, enabled=not self._is_in(follower)))  # a halt is released where it is asked: n

    def _is_in(self, follower: ClientId | None) -> bool:
        """Whether a follower is in, as it is drawn (a frozen screen shows what was) or was asked for since."""
        drawn = self.main.drawn or self.snapshot
        view = next((view for view in drawn.followers if view.client_id == follower), None)
        return view is not None and self.pending_commands.enabled(view.client_id, shown=view.enabled)

    def do_refresh(self) -> None:
        """Ask the broker for the truth now."""
        self.send(RefreshAll())

    def do_confirmation(self) -> None:
        """Turn the need for a yes on or off."""
        shown = self.snapshot.rules.require_confirmation
        self.send(SetConfirmation(on=not self.pending_commands.on(SetConfirmation, shown=shown)))

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
        """Open the selected event, order's story or account in full."""
        event, order, follower = self.main.selected_event(), self.main.selected_order(), self.main.selected_follower()
        if event is not None:
            self.push_screen(EventScreen(event))
        elif order is not None:
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
        if self.engine_client.demo is not None:
            self.push_screen(OrderScreen(self.engine_client.demo, self._placed), self._keep_placed)

    def _keep_placed(self, placed: Ticket | None) -> None:
        """Remember what was placed last: its other side is suggested next."""
        self._placed = placed or self._placed

    def do_fault(self) -> None:
        """Make a follower's next order go wrong, in the demo."""
        if self.engine_client.demo is not None:
            self.push_screen(FaultScreen(self.engine_client.demo, self.snapshot.followers))

    def do_help(self) -> None:
        """Show every key."""
        if not isinstance(self.screen, HelpScreen):
            self.push_screen(HelpScreen(demo=self.engine_client.demo is not None, pane=self.main.pane_in_focus()))

    def do_palette(self) -> None:
        """Open the command palette, over the main screen only: what it runs would act beneath a dialog."""
        if self.screen is self.main:
            self.push_screen(PaletteScreen(ascii_only=self.ascii_only))

    def do_quit(self) -> None:
        """Leave; ask when live or something is in flight."""
        if self.ended is not None or self.latest is None or not QuitScreen.needed(self.latest):
            self.exit()
            return
        if isinstance(self.screen, QuitScreen):
            self.screen.press_again()
            return

        def answered(leave: bool | None) -> None:
            if leave:
                self.exit()

        self.push_screen(QuitScreen(self.latest), answered)
