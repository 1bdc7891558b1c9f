"""What is done only after a typed word: going live, releasing, cancelling all, closing what copying has built."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from copytui.domain.orders import ClientId
from copytui.engine.commands import CancelAll, Command, Flatten, ReleaseFollower, SetDryRun, SetHalted
from copytui.engine.snapshot import Snapshot
from copytui.tui.dialogs.confirmations import (
    cancelling_all,
    flattening,
    going_live,
    holding,
    in_close_only,
    open_copies,
    releasing_follower,
    releasing_halt,
)
from copytui.tui.dialogs.typed_word import TypedWord, TypedWordScreen

if TYPE_CHECKING:
    from copytui.tui.link import LinkedApp


def go_live(app: LinkedApp) -> None:
    """Send real orders from the next execution on."""
    _ask(app, lambda snapshot: going_live(app.engine_client, snapshot), SetDryRun(on=False))


def release_halt(app: LinkedApp) -> None:
    """Release the halt; while the file STOP is there the engine refuses with a sentence."""

    def question(snapshot: Snapshot) -> TypedWord | None:
        return releasing_halt(snapshot) if snapshot.rules.halted_because is not None else None

    _ask(app, question, SetHalted(on=False))


def cancel_all(app: LinkedApp) -> None:
    """Take out of the market what copying has in it."""
    if not open_copies(app.snapshot):
        app.say("nothing works and nothing waits")
        return
    _ask(app, cancelling_all, CancelAll())


def flatten(app: LinkedApp, follower: ClientId | None = None) -> None:
    """Close what copying has built, of all followers or one."""

    def question(snapshot: Snapshot) -> TypedWord | None:
        return flattening(snapshot, follower) if holding(snapshot, follower) else None

    if not _ask(app, question, Flatten(follower)):
        app.say("copying holds nothing that could be closed")


def release_follower(app: LinkedApp, follower: ClientId) -> None:
    """Let a follower take entries again that has lost its limit of the day."""

    def question(snapshot: Snapshot) -> TypedWord | None:
        view = in_close_only(snapshot, follower)
        return releasing_follower(view) if view is not None else None

    if not _ask(app, question, ReleaseFollower(follower)):
        app.say("this follower takes entries already")


def _ask(app: LinkedApp, again: Callable[[Snapshot], TypedWord | None], command: Command) -> bool:
    """Send a command after its word; False where there is nothing to ask. One question is open at a time."""
    question = again(app.snapshot)
    if question is None:
        return False
    asked = next((screen for screen in app.screen_stack if isinstance(screen, TypedWordScreen)), None)
    if asked is not None:
        if asked.question.title != question.title:
            app.say(f"answer or leave this first: {asked.question.title}")
        return True

    def answered(go: bool | None) -> None:
        if go:
            app.send(command)

    app.push_screen(TypedWordScreen(question, again), answered)
    return True
