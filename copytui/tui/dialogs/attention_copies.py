"""Executions and copies that need the user: approvals, missed, unknown, failed, and exits that do not fill."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from math import ceil

from copytui.domain.copies import ChildOrder, CopyState
from copytui.domain.positions import position_key
from copytui.domain.text import clock_text, execution_words, fill_words, order_words
from copytui.engine.commands import CopyMissed, DismissCopy, DismissMissed, Flatten, MarkNotPlaced, RetryCopy
from copytui.engine.snapshot import Snapshot
from copytui.journal.statements import DecidedExecution
from copytui.tui.dialogs.approval_view import ApprovalView
from copytui.tui.dialogs.attention_item import Act, Need, closes, item_line, kind_words, known_words, sends
from copytui.tui.dialogs.text import BAD, CARE, age, cut, follower_of, name_of
from copytui.tui.present.cells import plural
from copytui.tui.present.whole_copies import Copy, closing_words

_STAYING = "Missed exits and positions are not among them: they stay."


def approval(asked: ApprovalView, now: float) -> Need:
    """Make the item of an execution that waits for a yes."""
    left = max(0, ceil(asked.deadline - now))
    words, is_exit = execution_words(asked.execution), asked.execution.closes is not None
    known = known_words(
        ("What", words),
        ("Exit", closing_words(asked.execution)),
        ("For", plural(len(asked.followers), "follower")),
        ("Then", f"with no answer it expires in {left} s and is not copied"),
    )
    line = item_line(kind_words("approve", is_exit=is_exit), CARE, words, f"{left} s left")
    return Need(f"asked {asked.id}", line, known, (Act("a", "approvals"),), is_exit)


def missed(decided: DecidedExecution, snapshot: Snapshot) -> Need:
    """Make the item of a missed execution."""
    execution = decided.execution
    words, at = execution_words(execution), execution.executed_at or execution.seen_at
    is_exit = execution.closes is not None
    known = known_words(
        ("What", words),
        ("Exit", closing_words(execution)),
        ("Why", decided.decision.sentence),
        ("When", f"executed {clock_text(at)} {age(at)}"),
        ("Then", "it stays here; the market may have moved since"),
    )
    short = cut(words, 60)
    acts = (
        Act("c", "copy now", f"Copy {short} now, at today's rules? {sends(snapshot)}", (CopyMissed(decided.id),)),
        Act("d", "dismiss", f"Dismiss {short} without copying it?" if is_exit else "", (DismissMissed(decided.id),)),
    )
    line = item_line(kind_words("missed", is_exit=is_exit), CARE, words, age(at))
    return Need(f"missed {decided.id}", line, known, acts, is_exit)


def missed_entries(listed: Iterable[Need]) -> Act | None:
    """Offer to dismiss all missed entries of a list at once; None where there is none. No exit is ever among them."""
    commands = tuple(
        command
        for need in listed
        if not need.is_exit
        for act in need.acts
        for command in act.commands
        if isinstance(command, DismissMissed)
    )
    if not commands:
        return None
    question = f"Dismiss {plural(len(commands), 'missed entry', 'missed entries')} without copying? {_STAYING}"
    return Act("D", f"dismiss all missed entries ({len(commands)})", question, commands)


def unknown(whole: Copy, snapshot: Snapshot) -> Need:
    """Make the item of a copy of which nobody knows whether it exists, as far as its slices are unknown."""
    copy, is_exit = whole.joined, whole.joined.exit is not None
    name, words = name_of(snapshot, copy.follower), order_words(copy.order)
    at = copy.sent_at or copy.changed_at
    known = known_words(
        ("What", f"{name}: {words}"),
        ("Slices", _slices(whole)),
        ("Broker", copy.error or _without_a_word(copy)),
        ("When", f"sent {clock_text(at)} {age(at)}"),
        ("Tag", _each(part.tag for part in whole.slices)),
        ("Then", f"it may exist; it is looked up by its tag. Look into {name}'s order book before you mark it"),
    )
    question = f"You looked into {cut(name, 16)}'s order book, and {cut(words, 50)} is NOT there?"
    marks = tuple(MarkNotPlaced(part.id) for part in whole.slices)
    line = item_line(kind_words("unknown", is_exit=is_exit), f"bold {CARE}", f"{name}: {words}", age(at))
    return Need(f"unknown {whole.id}", line, known, (Act("m", "mark as not placed", question, marks),), is_exit)


def _without_a_word(copy: ChildOrder) -> str:
    """Say what is odd about a copy that no error tells of."""
    return "no answer" if copy.state is CopyState.UNKNOWN else f"it took the order ({copy.order_id}); no book has it"


def failed(whole: Copy, snapshot: Snapshot) -> Need:
    """Make the item of a copy that failed or was rejected, as far as its slices were."""
    copy, is_exit = whole.joined, whole.joined.exit is not None
    name, words = name_of(snapshot, copy.follower), order_words(copy.order)
    known = known_words(
        ("What", f"{name}: {words}"),
        ("Slices", _slices(whole)),
        ("Broker", copy.error or f"{copy.state}, without a word"),
        ("When", f"{copy.state} {clock_text(copy.changed_at)} {age(copy.changed_at)}"),
        ("Order", _each(part.order_id for part in whole.slices)),
        ("Filled", fill_words(copy) if copy.filled else ""),
    )
    short = f"{cut(words, 50)} for {cut(name, 16)}"
    rest = copy.order.quantity - copy.filled
    again = cut(order_words(replace(copy.order, quantity=rest)), 50)
    left = tuple(RetryCopy(part.id) for part in whole.slices if part.order.quantity > part.filled)
    retry = Act("r", "retry", f"Send {again} for {cut(name, 16)} again? {sends(snapshot)}", left)
    dropped = tuple(DismissCopy(part.id) for part in whole.slices)
    dismiss = Act("d", "dismiss", f"Dismiss {short}? It is not sent again." if is_exit else "", dropped)
    line = item_line(kind_words(str(copy.state), is_exit=is_exit), BAD, f"{name}: {words}", age(copy.changed_at))
    return Need(f"failed {whole.id}", line, known, (retry, dismiss) if left else (dismiss,), is_exit)


def late_exit(whole: Copy, snapshot: Snapshot) -> Need:
    """Make the item of an exit that works, or waits for its turn, while the master is out."""
    copy = whole.joined
    name, words = name_of(snapshot, copy.follower), order_words(copy.order)
    known = known_words(
        ("What", f"{name}: {words}"),
        ("Slices", _slices(whole)),
        ("Filled", f"{copy.filled} of {copy.order.quantity} so far; {copy.state}"),
        ("Broker", copy.error or ""),
        ("Withdrawn", copy.cancel_reason or ""),
        ("When", f"decided {clock_text(copy.created_at)} {age(copy.created_at)}"),
        ("Then", "it goes on working; closing the position withdraws it first"),
    )
    line = item_line("exit unfilled", f"bold {CARE}", f"{name}: {words}", age(copy.created_at))
    return Need(f"late {whole.id}", line, known, _closing(copy, snapshot), is_exit=True)


def _closing(copy: ChildOrder, snapshot: Snapshot) -> tuple[Act, ...]:
    """Offer to close the whole position of an exit at a fresh price, where copying still holds something of it."""
    key, view = position_key(copy.order), follower_of(snapshot, copy.follower)
    held = dict(view.positions).get(key, 0) if view is not None else 0
    if view is None or not held:
        return ()
    what = f"all {abs(held)} {cut(key.symbol, 30)} of {cut(view.name, 16)}"
    question = f"Withdraw it and close {what} at the market's price now? {closes(snapshot)}"
    return (Act("f", "flatten", question, (Flatten(copy.follower, key),)),)


def _slices(whole: Copy) -> str:
    """Say of how many slices an item speaks; nothing where the copy is one order."""
    if whole.joined.slices <= 1:
        return ""
    return f"{len(whole.slices)} of the {whole.joined.slices} that it was sent in"


def _each(ids: Iterable[str | None]) -> str:
    return " ".join(id_ for id_ in ids if id_)
