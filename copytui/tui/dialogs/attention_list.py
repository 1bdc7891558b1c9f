"""The attention list as rows of the dialog: each item with what the screen knows of it, and the keys that act on it."""

from __future__ import annotations

from collections.abc import Iterable

from copytui.domain.attention import AttentionItem, AttentionKind
from copytui.domain.attention_facts import CopyInTrouble, FollowerFacts, OpenExecution
from copytui.domain.decisions import Verdict
from copytui.domain.drift import ComparedPosition
from copytui.domain.risk import OrphanedPosition
from copytui.domain.unreadable import UnreadableOrder
from copytui.engine.commands import DismissMissed
from copytui.engine.snapshot import Snapshot
from copytui.tui.dialogs.approval_view import waiting_approvals
from copytui.tui.dialogs.attention_accounts import clocks_row, follower_row, halt_row, orphan_row, out_of_step_row
from copytui.tui.dialogs.attention_copies import approval_row, copy_row, missed_row, unreadable_row, withheld_row
from copytui.tui.dialogs.attention_row import AttentionRow, RowAction
from copytui.tui.present.cells import plural


def attention_rows(items: Iterable[AttentionItem], snapshot: Snapshot, now: float) -> list[AttentionRow]:
    """Return a row for each item, in their order; `now` is monotonic."""
    asked = {view.id: view for view in waiting_approvals(snapshot)}
    rows = []
    for item in items:
        match item.about:
            case OpenExecution(verdict=Verdict.ASK):
                rows.append(approval_row(item, asked[item.number], now))
            case OpenExecution() as about:
                rows.append(missed_row(item, about, snapshot))
            case tuple() as about:
                rows.append(withheld_row(item, about, snapshot))
            case CopyInTrouble() as about:
                rows.append(copy_row(item, about, snapshot))
            case UnreadableOrder() as about:
                rows.append(unreadable_row(item, about))
            case OrphanedPosition() as about:
                rows.append(orphan_row(item, about, snapshot))
            case ComparedPosition() as about:
                rows.append(out_of_step_row(item, about, snapshot))
            case FollowerFacts():
                rows.append(follower_row(item, snapshot))
            case None:
                is_clocks = item.kind is AttentionKind.CLOCKS
                rows.append(clocks_row(item) if is_clocks else halt_row(item))
    return rows


def missed_entries(rows: Iterable[AttentionRow]) -> RowAction | None:
    """Offer to dismiss all missed entries of a list at once; None if there are none. It never includes an exit."""
    commands = tuple(
        command
        for row in rows
        if not row.item.is_exit
        for action in row.actions
        for command in action.commands
        if isinstance(command, DismissMissed)
    )
    if not commands:
        return None
    question = f"Dismiss {plural(len(commands), 'missed entry', 'missed entries')} without copying? {_NOT_INCLUDED}"
    return RowAction("D", f"dismiss all missed entries ({len(commands)})", question, commands)


_NOT_INCLUDED = "Missed exits and positions are not included."
