"""The commands of the view: panes, details, search, sort, freeze, zoom, copying and exporting rows, theme."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from copytui.tui.commands.base import Group, UserCommand
from copytui.tui.dialogs.account import AccountScreen
from copytui.tui.dialogs.event import EventScreen
from copytui.tui.dialogs.story import StoryScreen
from copytui.tui.themes import THEMES

if TYPE_CHECKING:
    from copytui.tui.app import CopytuiApp


class _Pane(UserCommand):
    """Move the focus to a pane."""

    group = Group.VIEW
    pane: ClassVar[str]

    def run(self, app: CopytuiApp) -> None:
        """Move the focus."""
        app.main.go_to(self.pane)


class OrdersPane(_Pane):
    """Go to the master orders."""

    id = "orders_pane"
    pane = "orders"
    keys = ("1",)
    key_name = "1"
    short = "Orders"
    title = "Master orders"
    help = "go to the master orders"


class FollowersPane(_Pane):
    """Go to the followers."""

    id = "followers_pane"
    pane = "followers"
    keys = ("2",)
    key_name = "2"
    short = "Followers"
    title = "Followers"
    help = "go to the followers"


class EventsPane(_Pane):
    """Go to the events."""

    id = "events_pane"
    pane = "events"
    keys = ("3",)
    key_name = "3"
    short = "Events"
    title = "Events"
    help = "go to the events"


class StatisticsPane(_Pane):
    """Open the statistics in full, or close them."""

    id = "statistics_pane"
    pane = "statistics"
    keys = ("4",)
    key_name = "4"
    short = "Statistics"
    title = "Statistics"
    help = "open the statistics in full, or close them"


class Detail(UserCommand):
    """Open the selected event, order or account in full."""

    id = "detail"
    group = Group.VIEW
    keys = ("enter",)
    key_name = "enter"
    short = "Detail"
    title = "Details"
    help = (
        "the selected order's whole story; an event's full text, and from there its order's story; "
        "with no order selected (esc), the selected account in full"
    )
    bar_rank = 7

    def run(self, app: CopytuiApp) -> None:
        """Open its dialog."""
        main = app.main
        event, order, follower = main.selected_event(), main.selected_order(), main.selected_follower()
        if event is not None:
            app.push_screen(EventScreen(event))
        elif order is not None:
            app.push_screen(StoryScreen(order.known.order.key))
        elif follower is not None:
            app.push_screen(AccountScreen(follower))
        else:
            app.say("select an order (1) or an account (2) first")


class Search(UserCommand):
    """Search the pane in focus."""

    id = "search"
    group = Group.VIEW
    keys = ("slash",)
    key_name = "/"
    short = "Search"
    title = "Search"
    help = "narrow what is shown (filters decide what is copied)"
    bar_rank = 8

    def run(self, app: CopytuiApp) -> None:
        """Open the search field."""
        app.main.search()


class Sort(UserCommand):
    """Sort the pane in focus by its next column."""

    id = "sort"
    group = Group.VIEW
    keys = ("s",)
    key_name = "s"
    short = "Sort"
    title = "Sort"
    help = "sort the pane in focus by the next column"

    def run(self, app: CopytuiApp) -> None:
        """Sort by the next column."""
        app.main.sort()


class Freeze(UserCommand):
    """Freeze the display, or unfreeze it."""

    id = "freeze"
    group = Group.VIEW
    keys = ("z",)
    key_name = "z"
    short = "Freeze"
    title = "Freeze / unfreeze the display"
    help = "freeze the display, or unfreeze it; copying continues"

    def run(self, app: CopytuiApp) -> None:
        """Freeze or unfreeze."""
        app.main.freeze()


class Zoom(UserCommand):
    """Show the pane in focus alone, or all panes again."""

    id = "zoom"
    group = Group.VIEW
    keys = ("plus",)
    key_name = "+"
    short = "Zoom"
    title = "Zoom"
    help = "show the pane in focus on the whole screen, or all panes again"

    def run(self, app: CopytuiApp) -> None:
        """Zoom in or out."""
        app.main.zoom()


class CopyRow(UserCommand):
    """Copy the row to the clipboard."""

    id = "copy_row"
    group = Group.VIEW
    keys = ("y",)
    key_name = "y"
    short = "Copy row"
    title = "Copy the row"
    help = "copy the row to the clipboard"

    def run(self, app: CopytuiApp) -> None:
        """Copy the text."""
        _to_clipboard(app, app.main.row_text())


class CopyJson(UserCommand):
    """Copy the row to the clipboard as JSON."""

    id = "copy_json"
    group = Group.VIEW
    keys = ("Y",)
    key_name = "Y"
    short = "Copy JSON"
    title = "Copy the row as JSON"
    help = "copy the row to the clipboard as JSON"

    def run(self, app: CopytuiApp) -> None:
        """Copy the JSON."""
        _to_clipboard(app, app.main.row_json())


def _to_clipboard(app: CopytuiApp, text: str | None) -> None:
    if text:
        app.copy_to_clipboard(text)
        app.say("copied")
    else:
        app.say("there is no row to copy")


class Export(UserCommand):
    """Write today's copies to a CSV file."""

    id = "export"
    group = Group.VIEW
    keys = ("e",)
    key_name = "e"
    short = "Export"
    title = "Export as CSV"
    help = "write today's copies to a CSV file in the logs folder"

    def run(self, app: CopytuiApp) -> None:
        """Write the file and show its path."""
        app.say(app.main.export())


class NextTheme(UserCommand):
    """Go to the next theme."""

    id = "theme"
    group = Group.VIEW
    keys = ("t",)
    key_name = "t"
    short = "Theme"
    title = "Next theme"
    help = "go to the next theme: dark, light, high contrast"
    before_start = True

    def run(self, app: CopytuiApp) -> None:
        """Change the theme."""
        names = [theme.name for theme in THEMES]
        app.theme = names[(names.index(app.theme) + 1) % len(names)]
