"""A row of the attention dialog: its line, what is known of the item, and the keys that act on it."""

from __future__ import annotations

from dataclasses import dataclass

from textual.content import Content

from copytui.domain.attention import AttentionItem, AttentionKind
from copytui.engine.commands import Command
from copytui.engine.snapshot import Snapshot
from copytui.tui.dialogs.text import BAD, CARE, MUTED, cut, fields, fit

_STYLES = {
    AttentionKind.APPROVAL: CARE,
    AttentionKind.MISSED: CARE,
    AttentionKind.UNREADABLE: CARE,
    AttentionKind.CLOSE_ONLY: CARE,
    AttentionKind.CLOCKS: CARE,
    AttentionKind.UNKNOWN: f"bold {CARE}",
    AttentionKind.UNFILLED: f"bold {CARE}",
    AttentionKind.ORPHANED: f"bold {CARE}",
    AttentionKind.OUT_OF_STEP: f"bold {CARE}",
}
"""How a kind is written; whatever is not here has failed or sends nothing."""


@dataclass(frozen=True, slots=True)
class RowAction:
    """One way to act on an item: its key, its label, the question before it, and the commands.

    A copy that was sent in slices takes a command for each. `question` is empty for what is done at once, `commands`
    for what opens the approvals.
    """

    key: str
    label: str
    question: str = ""
    commands: tuple[Command, ...] = ()


@dataclass(frozen=True, slots=True)
class AttentionRow:
    """One item of the attention list: a line for the list, what is known of it, and what can be done."""

    item: AttentionItem
    line: Content
    known: Content
    actions: tuple[RowAction, ...] = ()

    @property
    def id(self) -> str:
        """Name the row; an item that becomes one of another kind is another row, so that no key falls on it."""
        return f"{self.item.kind} {self.item.id}"


def item_line(item: AttentionItem, words: str, end: str = "") -> Content:
    """Write an item's line: its kind, what it concerns, and since when."""
    style = _STYLES.get(item.kind, BAD)
    return Content.assemble((fit(item.label, 14), style), fit(words, 44), " ", (f"{end:>11}", MUTED))


def known_words(*lines: tuple[str, str]) -> Content:
    """Write what is known of an item; empty lines are left out."""
    return fields([(name, cut(text, 200)) for name, text in lines])


def sends(snapshot: Snapshot) -> str:
    """Say what sending means at this moment."""
    return "DRY RUN: nothing is sent." if snapshot.rules.dry_run else "LIVE: real orders."


def closes(snapshot: Snapshot) -> str:
    """Say what closing a position manually means at this moment: a halt does not stop it."""
    rules = snapshot.rules
    if rules.dry_run:
        return "DRY RUN: it will be refused."
    if rules.paused:
        return "PAUSED: it will be refused; resume first."
    return "LIVE: real orders" + (", also while halted." if rules.halted_because is not None else ".")
