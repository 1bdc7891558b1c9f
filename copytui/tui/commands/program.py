"""The commands of the program: help, palette, quit, and what the demo can do to its exchange."""

from __future__ import annotations

from typing import TYPE_CHECKING

from copytui.tui.commands.base import HELD, LAST, Group, UserCommand, When
from copytui.tui.commands.palette_screen import PaletteScreen
from copytui.tui.dialogs.demo import FaultScreen, OrderScreen, Ticket
from copytui.tui.dialogs.help import HelpScreen
from copytui.tui.dialogs.quit import QuitScreen

if TYPE_CHECKING:
    from copytui.tui.app import CopytuiApp


class MasterOrder(UserCommand):
    """Place an order as the demo's master."""

    id = "order"
    group = Group.PROGRAM
    keys = ("o",)
    key_name = "o"
    short = "Order"
    title = "Place a master order (demo)"
    help = "demo: place an order as the master, and watch it being copied"
    bar_rank = 9
    demo_only = True

    def run(self, app: CopytuiApp) -> None:
        """Open the ticket; the other side of the last one is suggested."""

        def keep(placed: Ticket | None) -> None:
            app.last_ticket = placed or app.last_ticket

        if app.link.client.demo is not None:
            app.push_screen(OrderScreen(app.link.client.demo, app.last_ticket), keep)


class InjectFault(UserCommand):
    """Make a follower's next order go wrong, in the demo."""

    id = "fault"
    group = Group.PROGRAM
    keys = ("O",)
    key_name = "O"
    short = "Fault"
    title = "Make an order go wrong (demo)"
    help = "demo: make a follower's next order go wrong"
    demo_only = True

    def run(self, app: CopytuiApp) -> None:
        """Open the list of faults."""
        if app.link.client.demo is not None:
            app.push_screen(FaultScreen(app.link.client.demo, app.link.snapshot.followers))


class Help(UserCommand):
    """Show every key."""

    id = "help"
    group = Group.PROGRAM
    keys = ("question_mark", "f1")
    key_name = "?"
    short = "Help"
    title = "Help"
    help = "show every key"
    bar_rank = HELD
    everywhere = True
    before_start = True
    while_unseen = When.ALWAYS

    def run(self, app: CopytuiApp) -> None:
        """Show them, unless they are shown."""
        if not isinstance(app.screen, HelpScreen):
            demo = app.link.client.demo is not None
            app.push_screen(HelpScreen(app.user_commands, demo=demo, pane=app.main.pane_in_focus()))


class Palette(UserCommand):
    """Open the command palette, over the main screen only: what it runs would act beneath a dialog."""

    id = "palette"
    group = Group.PROGRAM
    keys = ("ctrl+p", "colon")
    key_name = "^p"
    short = "more"
    title = "Command palette"
    help = "every command by name"
    bar_rank = LAST
    before_start = True

    def run(self, app: CopytuiApp) -> None:
        """Open it."""
        if app.screen is app.main:
            app.push_screen(PaletteScreen(ascii_only=app.ascii_only))


class Quit(UserCommand):
    """Quit; ask first when live or when orders are in flight."""

    id = "quit"
    group = Group.PROGRAM
    keys = ("q",)
    key_name = "q"
    short = "Quit"
    title = "Quit"
    help = "shut down gracefully; asks first when live or when orders are in flight"
    bar_rank = HELD
    before_start = True
    while_suppressed = When.ALWAYS
    while_unseen = When.ALWAYS

    def run(self, app: CopytuiApp) -> None:
        """Quit, or ask; pressed again, answer the question."""
        latest = app.link.latest
        if app.link.ended is not None or latest is None or not QuitScreen.needed(latest):
            app.exit()
        elif isinstance(app.screen, QuitScreen):
            app.screen.press_again()
        else:
            app.push_screen(QuitScreen(latest), lambda leave: app.exit() if leave else None)
