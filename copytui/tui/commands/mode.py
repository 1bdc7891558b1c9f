"""The commands of the mode: dry run or live, pause, halt, and approval before each copy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from copytui.engine.commands import SetConfirmation, SetDryRun, SetHalted, SetPaused
from copytui.engine.snapshot import Snapshot
from copytui.tui.commands.base import Group, Label, UserCommand, When
from copytui.tui.commands.confirmed import send_after_word
from copytui.tui.commands.state import ScreenState
from copytui.tui.dialogs.confirmations import going_live, releasing_halt
from copytui.tui.dialogs.typed_word import TypedWord

if TYPE_CHECKING:
    from copytui.tui.app import CopytuiApp


class Mode(UserCommand):
    """Go live after a typed word; go to dry run at once."""

    id = "mode"
    group = Group.MODE
    keys = ("d",)
    key_name = "d"
    short = "Go live"
    title = "Go live / dry run"
    help = "go live, after a typed word; go to dry run at once"
    bar_rank = 1
    is_toggle = True
    while_suppressed = When.SAFER
    while_unseen = When.SAFER

    def label(self, state: ScreenState) -> Label:
        """Name the way it would go."""
        return Label("Go live" if state.dry_run else "Go to dry run")

    def bar_word(self, snapshot: Snapshot) -> str:
        """Go by the snapshot, as the mode bar does."""
        return self.short if snapshot.rules.dry_run else "Dry run"

    def is_safer(self, state: ScreenState) -> bool:
        """Return whether it would go to dry run."""
        return not state.dry_run

    def run(self, app: CopytuiApp) -> None:
        """Go the other way."""
        if app.state.dry_run:
            send_after_word(app, lambda snapshot: going_live(app.link.client, snapshot), SetDryRun(on=False))
        else:
            app.link.send(SetDryRun(on=True))


class Pause(UserCommand):
    """Pause or resume copying."""

    id = "pause"
    group = Group.MODE
    keys = ("space",)
    key_name = "space"
    short = "Pause"
    title = "Pause / resume"
    help = "pause copying, or resume it; executions in between are missed and listed"
    bar_rank = 2
    is_toggle = True
    once_per_press = True
    while_unseen = When.SAFER

    def label(self, state: ScreenState) -> Label:
        """Name the way it would go."""
        return Label("Resume" if state.paused else "Pause")

    def bar_word(self, snapshot: Snapshot) -> str:
        """Go by the snapshot, as the mode bar does."""
        return "Resume" if snapshot.rules.paused else self.short

    def is_safer(self, state: ScreenState) -> bool:
        """Return whether it would pause."""
        return not state.paused

    def run(self, app: CopytuiApp) -> None:
        """Go the other way."""
        app.link.send(SetPaused(on=not app.state.paused))


class Halt(UserCommand):
    """Halt everything at once; release the halt after a typed word."""

    id = "halt"
    group = Group.MODE
    keys = ("ctrl+k",)
    key_name = "^k"
    short = "Halt"
    title = "Halt / release"
    help = "halt everything at once, also inside dialogs; release the halt after a typed word"
    bar_rank = 3
    is_toggle = True
    everywhere = True
    while_suppressed = When.ALWAYS
    while_unseen = When.ALWAYS

    def label(self, state: ScreenState) -> Label:
        """Name the way it would go."""
        return Label("Release the halt" if state.halted else "Halt everything")

    def bar_word(self, snapshot: Snapshot) -> str:
        """Go by the snapshot, as the mode bar does."""
        return self.short if snapshot.rules.halted_because is None else "Release"

    def run(self, app: CopytuiApp) -> None:
        """Go the other way; while the file STOP is there, the engine refuses to release."""

        def question(snapshot: Snapshot) -> TypedWord | None:
            return releasing_halt(snapshot) if snapshot.rules.halted_because is not None else None

        if app.state.halted:
            send_after_word(app, question, SetHalted(on=False))
        else:
            app.link.send(SetHalted(on=True))


class Confirmation(UserCommand):
    """Require approval before each copy, or stop requiring it."""

    id = "confirmation"
    group = Group.FILTERS
    keys = ("c",)
    key_name = "c"
    short = "Confirm"
    title = "Confirmation on / off"
    help = "require approval for each execution before it is copied, or not"
    is_toggle = True
    once_per_press = True

    def label(self, state: ScreenState) -> Label:
        """Name the way it would go."""
        return Label(f"Turn confirmation {'off' if state.require_confirmation else 'on'}")

    def is_safer(self, state: ScreenState) -> bool:
        """Return whether it would turn confirmation on."""
        return not state.require_confirmation

    def run(self, app: CopytuiApp) -> None:
        """Go the other way."""
        app.link.send(SetConfirmation(on=not app.state.require_confirmation))
