"""One thing that needs the user, as the list shows it, and what can be done about it."""

from __future__ import annotations

from dataclasses import dataclass

from textual.content import Content

from copytui.engine.commands import Command
from copytui.engine.snapshot import Snapshot
from copytui.tui.dialogs.text import MUTED, cut, fields, fit


@dataclass(frozen=True, slots=True)
class Act:
    """One thing to do about an item: its key, its name, the question before it, and the commands.

    A copy that was sent in slices takes a command for each. `question` is empty for what is done at once, `commands`
    for what opens the approvals.
    """

    key: str
    label: str
    question: str = ""
    commands: tuple[Command, ...] = ()


@dataclass(frozen=True, slots=True)
class Need:
    """One thing that needs the user: a line for the list, what is known of it, and what can be done.

    An `is_exit` stands first: the master is out, and somebody may not be.
    """

    id: str
    line: Content
    known: Content
    acts: tuple[Act, ...]
    is_exit: bool = False


def item_line(kind: str, style: str, words: str, end: str) -> Content:
    """Write an item's line: what is the matter, with what, and since when."""
    return Content.assemble((fit(kind, 14), style), fit(words, 44), " ", (f"{end:>11}", MUTED))


def known_words(*lines: tuple[str, str]) -> Content:
    """Write what is known of an item; empty lines are left out."""
    return fields([(name, cut(text, 200)) for name, text in lines])


def kind_words(kind: str, *, is_exit: bool) -> str:
    """Name the kind of an item, and that it is an exit."""
    return f"exit {kind}" if is_exit else kind


def sends(snapshot: Snapshot) -> str:
    """Say what sending means at this moment."""
    return "DRY RUN: nothing is sent." if snapshot.rules.dry_run else "LIVE: real orders."


def closes(snapshot: Snapshot) -> str:
    """Say what closing a position by hand means at this moment: a halt does not hold it back."""
    rules = snapshot.rules
    if rules.dry_run:
        return "DRY RUN: it will be refused."
    if rules.paused:
        return "PAUSED: it will be refused; resume first."
    return "LIVE: real orders" + (", also while halted." if rules.halted_because is not None else ".")
