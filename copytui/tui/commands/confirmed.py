"""Commands that are sent only after a typed word."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from copytui.domain.orders import ClientId
from copytui.engine.commands import Command, Flatten, ReleaseFollower
from copytui.engine.snapshot import Snapshot
from copytui.tui.dialogs.confirmations import flattening, holding, in_close_only, releasing_follower
from copytui.tui.dialogs.typed_word import TypedWord, TypedWordScreen

if TYPE_CHECKING:
    from copytui.tui.app import CopytuiApp

Question = Callable[[Snapshot], TypedWord | None]
"""The question for a snapshot; None where there is nothing to ask any more."""


def send_after_word(app: CopytuiApp, question: Question, command: Command) -> bool:
    """Send `command` after its word is typed; return False where there is nothing to ask.

    Only one question is open at a time.
    """
    asked = question(app.link.snapshot)
    if asked is None:
        return False
    open_screen = next((screen for screen in app.screen_stack if isinstance(screen, TypedWordScreen)), None)
    if open_screen is not None:
        if open_screen.question.title != asked.title:
            app.say(f"answer or leave this first: {open_screen.question.title}")
        return True

    def answered(go: bool | None) -> None:
        if go:
            app.link.send(command)

    app.push_screen(TypedWordScreen(asked, question), answered)
    return True


def flatten(app: CopytuiApp, follower: ClientId | None = None) -> None:
    """Close the copied positions of one follower, or of all."""

    def question(snapshot: Snapshot) -> TypedWord | None:
        return flattening(snapshot, follower) if holding(snapshot, follower) else None

    if not send_after_word(app, question, Flatten(follower)):
        app.say("there are no copied positions to close")


def release_follower(app: CopytuiApp, follower: ClientId) -> None:
    """Let a follower in close only take entries again."""

    def question(snapshot: Snapshot) -> TypedWord | None:
        view = in_close_only(snapshot, follower)
        return releasing_follower(view) if view is not None else None

    if not send_after_word(app, question, ReleaseFollower(follower)):
        app.say("this follower already takes entries")
