"""What is done only after a typed word: releasing, cancelling all, closing what copying has built."""

from __future__ import annotations

from typing import TYPE_CHECKING

from copytui.domain.orders import ClientId
from copytui.engine.commands import CancelAll, Command, Flatten, ReleaseFollower, SetHalted
from copytui.tui.screens.last_resorts import (
    cancelling_all,
    flattening,
    holding,
    in_close_only,
    open_copies,
    releasing_follower,
)
from copytui.tui.screens.typed_word import TypedWord, TypedWordScreen, releasing_halt

if TYPE_CHECKING:
    from copytui.tui.linked import LinkedApp


def release_halt(app: LinkedApp) -> None:
    """Release the halt; while the file STOP is there the engine refuses with a sentence."""
    _ask(app, releasing_halt(app.picture), SetHalted(on=False))


def cancel_all(app: LinkedApp) -> None:
    """Take out of the market what copying has in it."""
    if not open_copies(app.picture):
        app.say("nothing works and nothing waits")
        return
    _ask(app, cancelling_all(app.picture), CancelAll())


def flatten(app: LinkedApp, follower: ClientId | None = None) -> None:
    """Close what copying has built, of all followers or one."""
    if not holding(app.picture, follower):
        app.say("copying holds nothing that could be closed")
        return
    _ask(app, flattening(app.picture, follower), Flatten(follower))


def release_follower(app: LinkedApp, follower: ClientId) -> None:
    """Let a follower take entries again that has lost its limit of the day."""
    view = in_close_only(app.picture, follower)
    if view is None:
        app.say("this follower takes entries already")
        return
    _ask(app, releasing_follower(view), ReleaseFollower(follower))


def _ask(app: LinkedApp, question: TypedWord, command: Command) -> None:
    """Send a command after its word; asking twice asks once."""
    if isinstance(app.screen, TypedWordScreen):
        return

    def answered(go: bool | None) -> None:
        if go:
            app.send(command)

    app.push_screen(TypedWordScreen(question), answered)
