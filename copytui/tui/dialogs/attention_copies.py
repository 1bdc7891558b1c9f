"""Rows of executions and copies: approvals, missed, unknown and failed ones, and exits that do not fill."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from math import ceil

from copytui.domain.attention import Act, AttentionItem, AttentionKind
from copytui.domain.attention_facts import CopyInTrouble, OpenExecution, WithheldExits
from copytui.domain.copies import ChildOrder
from copytui.domain.positions import position_key
from copytui.domain.text import clock_text, fill_words, order_words
from copytui.domain.unreadable import UnreadableOrder
from copytui.engine.commands import (
    CopyMissed,
    DismissCopy,
    DismissMissed,
    DismissUnreadable,
    Flatten,
    MarkNotPlaced,
    RetryCopy,
)
from copytui.engine.snapshot import Snapshot
from copytui.tui.dialogs.approval_view import ApprovalView
from copytui.tui.dialogs.attention_row import AttentionRow, RowAction, closes, item_line, known_words, sends
from copytui.tui.dialogs.text import age, cut, follower_of
from copytui.tui.present.cells import plural
from copytui.tui.present.whole_copies import closing_words


def approval_row(item: AttentionItem, asked: ApprovalView, now: float) -> AttentionRow:
    """Make the row of an execution that requires approval."""
    left = max(0, ceil(asked.deadline - now))
    known = known_words(
        ("What", item.what),
        ("Exit", closing_words(asked.execution)),
        ("For", plural(len(asked.followers), "follower")),
        ("Then", f"unless it is approved within {left} s, it expires and is not copied"),
    )
    return AttentionRow(item, item_line(item, item.what, f"{left} s left"), known, (RowAction("a", "approvals"),))


def missed_row(item: AttentionItem, about: OpenExecution, snapshot: Snapshot) -> AttentionRow:
    """Make the row of a missed execution."""
    execution = about.execution
    at = execution.executed_at or execution.seen_at
    known = known_words(
        ("What", item.what),
        ("Exit", closing_words(execution)),
        ("Why", item.why),
        ("When", f"executed {clock_text(at)} {age(at)}"),
        ("Then", "it stays listed; the market may have moved since"),
    )
    short = cut(item.what, 60)
    copy_now = f"Copy {short} now, with today's settings? {sends(snapshot)}"
    dismiss = f"Dismiss {short} without copying it?" if item.is_exit else ""
    actions = {
        Act.COPY: RowAction("c", "copy now", copy_now, (CopyMissed(item.number),)),
        Act.DISMISS: RowAction("d", "dismiss", dismiss, (DismissMissed(item.number),)),
    }
    line = item_line(item, item.what, age(at))
    return AttentionRow(item, line, known, tuple(actions[act] for act in item.acts if act in actions))


def withheld_row(item: AttentionItem, about: WithheldExits, snapshot: Snapshot) -> AttentionRow:
    """Make the row of an exit that some followers did not get."""
    at = about[0].since
    known = known_words(
        ("What", item.what),
        ("Why", item.why),
        ("When", f"executed {clock_text(at)} {age(at)}"),
        ("Then", f"it stays open and listed; {item.hint}, then copy it"),
    )
    short = cut(item.what, 60)
    copy_now = f"Send the exit {short} now? {sends(snapshot)}"
    keep = f"Dismiss the exit {short}? The position stays open."
    actions = (
        RowAction("c", "copy now", copy_now, (CopyMissed(item.number),)),
        RowAction("d", "dismiss", keep, (DismissMissed(item.number),)),
    )
    return AttentionRow(item, item_line(item, item.what, age(at)), known, actions)


def unreadable_row(item: AttentionItem, about: UnreadableOrder) -> AttentionRow:
    """Make the row of an order that an order book shows and that cannot be read."""
    words = f"{item.who}: {item.what}"
    known = known_words(
        ("What", words),
        ("Why", f"it cannot be read: {item.why}"),
        ("When", f"seen {clock_text(about.seen_at)} {age(about.seen_at)}"),
        ("Then", _capital(item.hint)),
    )
    dismiss = f"Dismiss {cut(item.what, 60)}? It is not copied." if item.is_exit else ""
    action = RowAction("d", "dismiss", dismiss, (DismissUnreadable(about.id),))
    return AttentionRow(item, item_line(item, words, age(about.seen_at)), known, (action,))


def copy_row(item: AttentionItem, about: CopyInTrouble, snapshot: Snapshot) -> AttentionRow:
    """Make the row of a copy whose outcome is unknown, that failed, or that is an exit and does not fill."""
    copy = about.copy
    words = f"{item.who}: {item.what}"
    line = item_line(item, words, age(item.since) if item.since else "")
    match item.kind:
        case AttentionKind.UNKNOWN:
            more, actions = _unknown(item, about)
        case AttentionKind.UNFILLED:
            more, actions = _unfilled(copy), _closing(item, copy, snapshot)
        case _:
            more, actions = _failed(item, about, snapshot)
    known = known_words(("What", words), ("Slices", _slices(about)), *more)
    return AttentionRow(item, line, known, actions)


_Known = tuple[tuple[str, str], ...]


def _unknown(item: AttentionItem, about: CopyInTrouble) -> tuple[_Known, tuple[RowAction, ...]]:
    at = about.copy.sent_at or about.copy.changed_at
    known = (
        ("Why", item.why),
        ("When", f"sent {clock_text(at)} {age(at)}"),
        ("Tag", _each(part.tag for part in about.slices)),
        ("Then", f"it may exist; copytui looks for it by its tag. {_capital(item.hint)}"),
    )
    if Act.NOT_PLACED not in item.acts:
        return known, ()
    question = f"You checked {cut(item.who, 16)}'s order book, and {cut(item.what, 50)} is NOT there?"
    marks = tuple(MarkNotPlaced(part.id) for part in about.slices)
    return known, (RowAction("m", "mark as not placed", question, marks),)


def _failed(item: AttentionItem, about: CopyInTrouble, snapshot: Snapshot) -> tuple[_Known, tuple[RowAction, ...]]:
    copy, name = about.copy, cut(item.who, 16)
    known = (
        ("Why", item.why),
        ("When", f"{item.kind} {clock_text(copy.changed_at)} {age(copy.changed_at)}"),
        ("Order", _each(part.order_id for part in about.slices)),
        ("Filled", fill_words(copy) if copy.filled else ""),
    )
    rest = replace(copy.order, quantity=copy.order.quantity - copy.filled)
    left = tuple(RetryCopy(part.id) for part in about.slices if part.order.quantity > part.filled)
    again = f"Send {cut(order_words(rest), 50)} for {name} again? {sends(snapshot)}"
    dismiss = f"Dismiss {cut(item.what, 50)} for {name}? It is not sent again." if item.is_exit else ""
    actions = {
        Act.RETRY: RowAction("r", "retry", again, left),
        Act.DISMISS: RowAction("d", "dismiss", dismiss, tuple(DismissCopy(part.id) for part in about.slices)),
    }
    return known, tuple(actions[act] for act in item.acts if act in actions)


def _unfilled(copy: ChildOrder) -> _Known:
    at = copy.created_at
    return (
        ("Filled", f"{copy.filled} of {copy.order.quantity} so far; {copy.state}"),
        ("Broker", copy.error or ""),
        ("Cancelling", copy.cancel_reason or ""),
        ("When", f"decided {clock_text(at)} {age(at)}"),
        ("Then", "copytui keeps working it; closing the position cancels it first"),
    )


def _closing(item: AttentionItem, copy: ChildOrder, snapshot: Snapshot) -> tuple[RowAction, ...]:
    """Offer to close the whole position of an exit at a fresh price, where copying still holds something of it."""
    key, view = position_key(copy.order), follower_of(snapshot, copy.follower)
    if view is None or Act.FLATTEN not in item.acts:
        return ()
    held = dict(view.positions).get(key, 0)
    what = f"all {abs(held)} {cut(key.symbol, 30)} of {cut(view.name, 16)}"
    question = f"Cancel it and close {what} at the market price now? {closes(snapshot)}"
    return (RowAction("f", "flatten", question, (Flatten(copy.follower, key),)),)


def _slices(about: CopyInTrouble) -> str:
    """Say how many slices an item stands for; nothing where the copy is one order."""
    if about.copy.slices <= 1:
        return ""
    return f"{len(about.slices)} of the {about.copy.slices} that it was sent in"


def _each(ids: Iterable[str | None]) -> str:
    return " ".join(id_ for id_ in ids if id_)


def _capital(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]
