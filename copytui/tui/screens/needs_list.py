"""Everything that needs the user, as one list with what can be done about each: from a picture, without a screen."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import ceil

from textual.content import Content

from copytui.domain.copies import Copy
from copytui.domain.orders import OrderKey
from copytui.domain.times import clock_text
from copytui.domain.wording import clean, execution_words, fill_words, order_words
from copytui.engine.commands import (
    Command,
    CopyMissed,
    DismissCopy,
    DismissMissed,
    MarkNotPlaced,
    RetryCopy,
    SetFollower,
)
from copytui.engine.snapshot import FollowerView, OrderView, Snapshot
from copytui.journal.records import DecidedExecution
from copytui.tui.present.cells import plural
from copytui.tui.present.modebar import failed_copies
from copytui.tui.screens.asked import Asked, all_asked
from copytui.tui.screens.words import BAD, CARE, MUTED, age, cut, fields, fit, name_of


@dataclass(frozen=True, slots=True)
class Act:
    """One thing to do about an item: its key, its name, the question before it, and the command.

    `command` is None for what opens the approvals.
    """

    key: str
    label: str
    question: str = ""
    command: Command | None = None


@dataclass(frozen=True, slots=True)
class Need:
    """One thing that needs the user: a line for the list, what is known of it, and what can be done."""

    id: str
    line: Content
    known: Content
    acts: tuple[Act, ...]


class FailedCopies:
    """Finds failed copies without looking again at orders that did not change."""

    def __init__(self) -> None:
        """Begin with nothing looked at."""
        self._found: dict[OrderKey, tuple[OrderView, tuple[Copy, ...]]] = {}

    def of(self, picture: Snapshot) -> list[Copy]:
        """Return the failed and rejected copies that are not dismissed, newest first."""
        copies: list[Copy] = []
        for view in picture.orders:
            key = view.known.order.key
            seen = self._found.get(key)
            if seen is None or seen[0] is not view:
                seen = (view, tuple(failed_copies(view)))
                self._found[key] = seen
            copies += seen[1]
        return sorted(copies, key=lambda copy: copy.id, reverse=True)


def needs(picture: Snapshot, failed: list[Copy], now: float) -> list[Need]:
    """Return what needs the user: approvals, missed, unknown, failed, halted followers."""
    return [
        *(_approval(asked, now) for asked in all_asked(picture)),
        *(_missed(decided, picture) for decided in picture.missed),
        *(_unknown(copy, picture) for copy in picture.unknown),
        *(_failed(copy, picture) for copy in failed),
        *_halted(picture),
    ]


def _line(kind: str, style: str, words: str, end: str) -> Content:
    return Content.assemble((fit(kind, 10), style), fit(words, 48), " ", (f"{end:>11}", MUTED))


def _known(*lines: tuple[str, str]) -> Content:
    return fields([(name, cut(text, 200)) for name, text in lines])


def _sends(picture: Snapshot) -> str:
    """Say what sending means at this moment."""
    if picture.rules.dry_run:
        return "DRY RUN: nothing is sent."
    return "LIVE: real orders."


def _approval(asked: Asked, now: float) -> Need:
    left = max(0, ceil(asked.deadline - now))
    words = execution_words(asked.execution)
    known = _known(
        ("What", words),
        ("For", plural(len(asked.copies), "follower")),
        ("Then", f"with no answer it expires in {left} s and is not copied"),
    )
    return Need(f"asked {asked.id}", _line("approve", CARE, words, f"{left} s left"), known, (Act("a", "approvals"),))


def _missed(decided: DecidedExecution, picture: Snapshot) -> Need:
    words, at = execution_words(decided.execution), decided.execution.executed_at or decided.execution.seen_at
    known = _known(
        ("What", words),
        ("Why", decided.decision.sentence),
        ("When", f"executed {clock_text(at)} {age(at)}"),
        ("Then", "it stays here; the market may have moved since"),
    )
    short = cut(words, 60)
    acts = (
        Act("c", "copy now", f"Copy {short} now, at today's rules? {_sends(picture)}", CopyMissed(decided.id)),
        Act("d", "dismiss", f"Dismiss {short} without copying it?", DismissMissed(decided.id)),
    )
    return Need(f"missed {decided.id}", _line("missed", CARE, words, age(at)), known, acts)


def _unknown(copy: Copy, picture: Snapshot) -> Need:
    name, words = name_of(picture, copy.follower), order_words(copy.order)
    at = copy.sent_at or copy.changed_at
    known = _known(
        ("What", f"{name}: {words}"),
        ("Broker", copy.error or "no answer"),
        ("When", f"sent {clock_text(at)} {age(at)}"),
        ("Tag", copy.tag),
        ("Then", f"it may exist; it is looked up by its tag. Look into {name}'s order book before you mark it"),
    )
    question = f"You looked into {cut(name, 16)}'s order book, and {cut(words, 50)} is NOT there?"
    acts = (Act("m", "mark as not placed", question, MarkNotPlaced(copy.id)),)
    return Need(f"unknown {copy.id}", _line("unknown", f"bold {CARE}", f"{name}: {words}", age(at)), known, acts)


def _failed(copy: Copy, picture: Snapshot) -> Need:
    name, words = name_of(picture, copy.follower), order_words(copy.order)
    filled = fill_words(copy) if copy.filled else ""
    known = _known(
        ("What", f"{name}: {words}"),
        ("Broker", copy.error or f"{copy.state}, without a word"),
        ("When", f"{copy.state} {clock_text(copy.changed_at)} {age(copy.changed_at)}"),
        ("Order", copy.order_id or ""),
        ("Filled", filled),
    )
    short = f"{cut(words, 50)} for {cut(name, 16)}"
    rest = copy.order.quantity - copy.filled
    again = cut(order_words(replace(copy.order, quantity=rest)), 50)
    retry = Act("r", "retry", f"Send {again} for {cut(name, 16)} again? {_sends(picture)}", RetryCopy(copy.id))
    dismiss = Act("d", "dismiss", f"Dismiss {short}? It is not sent again.", DismissCopy(copy.id))
    acts = (retry, dismiss) if rest > 0 else (dismiss,)
    line = _line(str(copy.state), BAD, f"{name}: {words}", age(copy.changed_at))
    return Need(f"failed {copy.id}", line, known, acts)


def _halted(picture: Snapshot) -> Iterator[Need]:
    for view in picture.followers:
        if view.halted_because is not None:
            yield _halted_follower(view, view.halted_because, picture)


def _halted_follower(view: FollowerView, because: str, picture: Snapshot) -> Need:
    known = _known(
        ("Who", f"{view.name} {view.client_id}"),
        ("Why", because),
        ("Last error", view.last_error),
        ("Waiting", f"{view.queued} queued, {view.live} open, {view.unknown} unknown"),
    )
    question = f"Release {cut(view.name, 16)}? It gets orders again. {_sends(picture)}"
    acts = (Act("x", "release", question, SetFollower(view.client_id, enabled=True)),)
    words = f"{view.name}: {clean(because)}"
    return Need(f"halted {view.client_id}", _line("halted", BAD, words, ""), known, acts)
