"""The commands of copies and accounts: approvals, attention, retry, refresh, disable, flatten, cancel all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from copytui.domain.attention import FAILURES
from copytui.domain.copies import WENT_WRONG
from copytui.engine.commands import CancelAll, RefreshAll, SetFollower
from copytui.engine.snapshot import Snapshot
from copytui.tui.commands.base import Group, Label, UserCommand
from copytui.tui.commands.confirmed import flatten, send_after_word
from copytui.tui.commands.state import ScreenState
from copytui.tui.dialogs.approvals import ApprovalsScreen
from copytui.tui.dialogs.attention import AttentionScreen
from copytui.tui.dialogs.confirmations import cancelling_all, open_copies

if TYPE_CHECKING:
    from copytui.tui.app import CopytuiApp


class CancelEverything(UserCommand):
    """Cancel every open copy after a typed word."""

    id = "cancel_all"
    group = Group.MODE
    short = "Cancel all"
    title = "Cancel all open copies"
    help = "cancel all open copies and drop those queued, after a typed word; in the palette only"

    def run(self, app: CopytuiApp) -> None:
        """Ask for the word."""
        if open_copies(app.link.snapshot):
            send_after_word(app, cancelling_all, CancelAll())
        else:
            app.say("no copy is open or queued")


class FlattenAll(UserCommand):
    """Close all copied positions after a typed word."""

    id = "flatten"
    group = Group.MODE
    short = "Flatten"
    title = "Close all copied positions"
    help = (
        "close the copied positions of all followers or of one, after a typed word, also while halted; "
        "in the palette only"
    )

    def run(self, app: CopytuiApp) -> None:
        """Ask for the word."""
        flatten(app)


class Approvals(UserCommand):
    """Open the copies that wait for approval."""

    id = "approvals"
    group = Group.COPIES
    keys = ("a",)
    key_name = "a"
    short = "Approve"
    title = "Approvals"
    help = "open the executions that require approval"
    bar_rank = 5

    def bar_word(self, snapshot: Snapshot) -> str:
        """Tell how many wait."""
        return f"{self.short} {len(snapshot.approvals)}" if snapshot.approvals else self.short

    def run(self, app: CopytuiApp) -> None:
        """Open them."""
        if app.link.snapshot.approvals:
            app.push_screen(ApprovalsScreen())
        else:
            app.say("nothing requires approval")


class OpenAttention(UserCommand):
    """Open what needs attention."""

    id = "attention"
    group = Group.COPIES
    keys = ("n",)
    key_name = "n"
    short = "Attention"
    title = "Attention"
    help = (
        "go through what needs attention, exits first: approvals, copies that failed or do not fill, "
        "orphaned positions, followers that take no orders"
    )
    bar_rank = 6

    def run(self, app: CopytuiApp) -> None:
        """Open it."""
        app.push_screen(AttentionScreen())


class Retry(UserCommand):
    """Open what needs attention at the first failed copy."""

    id = "retry"
    group = Group.COPIES
    keys = ("r",)
    key_name = "r"
    short = "Retry"
    title = "Retry failed copies"
    help = "open the failed copies, to retry them one by one"

    def run(self, app: CopytuiApp) -> None:
        """Open it."""
        copies = (copy for order in app.link.snapshot.orders for copy in order.todays)
        if any(copy.state in WENT_WRONG and not copy.dismissed for copy in copies):
            app.push_screen(AttentionScreen(begin_at=FAILURES))
        else:
            app.say("no copy has failed")


class ToggleFollower(UserCommand):
    """Disable the follower under the cursor, or enable it. A halt of a follower is released under attention."""

    id = "follower"
    group = Group.COPIES
    keys = ("x",)
    key_name = "x"
    short = "Disable"
    title = "Disable / enable the follower"
    help = "disable the selected follower, or enable it; a halted one is released under attention (n)"
    is_toggle = True
    once_per_press = True

    def label(self, state: ScreenState) -> Label | None:
        """Name the way it would go; None where no follower is selected."""
        view = state.follower
        if view is None:
            return None
        return Label(
            f"{'Disable' if state.follower_enabled else 'Enable'} {state.short_name(view.name)}", view.client_id
        )

    def is_safer(self, state: ScreenState) -> bool:
        """Return whether it would disable."""
        return state.follower_enabled

    def subject(self, state: ScreenState) -> str | None:
        """Return the follower."""
        return None if state.follower is None else state.follower.client_id

    def run(self, app: CopytuiApp) -> None:
        """Go the other way."""
        state = app.state
        if state.follower is None:
            app.say("select a follower first (2)")
        else:
            app.link.send(SetFollower(state.follower.client_id, enabled=not state.follower_enabled))


class Refresh(UserCommand):
    """Poll the broker now."""

    id = "refresh"
    group = Group.COPIES
    keys = ("R",)
    key_name = "R"
    short = "Poll now"
    title = "Poll the broker now"
    help = "poll the broker now: the order books of the master and of every follower"

    def run(self, app: CopytuiApp) -> None:
        """Poll."""
        app.link.send(RefreshAll())
