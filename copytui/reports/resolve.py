"""`copytui resolve`: settle one item of the attention list, whether copytui runs or not.

While copytui runs, the engine is asked through the journal (`copytui.journal.requests`) and does what the screen's key
does. While it does not, whatever sends nothing is settled here, in the journal.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from copytui.domain.attention import (
    FAILURES,
    Act,
    AttentionItem,
    AttentionKind,
)
from copytui.domain.attention_facts import CopyInTrouble
from copytui.domain.changes import Change, EventEmitted, MissedDismissed, OrderAdvanced
from copytui.domain.copies import WENT_WRONG, CopyState, Resolution, amend, move
from copytui.domain.decisions import Verdict
from copytui.domain.errors import JournalInUse, SettingsRefused
from copytui.domain.events import Event, EventCode, EventKind, Level
from copytui.domain.orders import ClientId
from copytui.domain.text import IST, order_words
from copytui.domain.withheld import dismissed
from copytui.journal.archive import JOURNAL_FILE, Archive, opened_archive
from copytui.journal.lock import journal_lock
from copytui.journal.requests import Ask, Requests, open_requests
from copytui.journal.store import Journal
from copytui.reports.attention_cli import names_of, read_attention
from copytui.settings.paths import Paths

BY_USER = "by the user (copytui resolve)"


def settle_missed(path: Path, number: int, now: datetime) -> str:
    """Dismiss a missed execution; returns what happened in a sentence, raises JournalUnwritable."""
    with opened_archive(path) as archive:
        (decided,) = archive.executions([number])
    text = f"#{number} dismissed"
    event = Event(
        now, Level.INFO, EventKind.DECISION, "master", f"{text} {BY_USER}",
        order_key=decided.execution.key, execution_id=number, code=EventCode.DECIDED,
    )  # fmt: skip
    write_changes(path, [MissedDismissed(dismissed(decided)), EventEmitted(event)])
    return text


def settle_copies(
    path: Path, numbers: Sequence[int], now: datetime, names: Mapping[ClientId, str], *, not_placed: bool
) -> str:
    """End unknown or missing child orders as not placed, or dismiss failed ones; raises JournalUnwritable."""
    with opened_archive(path) as archive:
        copies = {copy.id: copy for copy in archive.copies_in({CopyState.UNKNOWN, CopyState.ACCEPTED, *WENT_WRONG})}
    changes: list[Change] = []
    texts: list[str] = []
    for copy in (copies[number] for number in numbers):
        if not_placed:
            error = f"marked as not placed {BY_USER}"
            after = move(copy, CopyState.FAILED, now, error=error, resolution=Resolution.NOT_PLACED)
            level, text = Level.WARN, f"{order_words(copy.order)} marked as not placed"
        else:
            after = amend(copy, dismissed=True)
            level, text = Level.INFO, f"{order_words(copy.order)} dismissed"
        event = Event(
            now, level, EventKind.COPY, names.get(copy.follower, copy.follower), f"{text} {BY_USER}",
            order_key=copy.order_key, execution_id=copy.execution_id, copy_id=copy.id,
            code=EventCode.NOT_PLACED if not_placed else None,
        )  # fmt: skip
        changes += [OrderAdvanced(copy, after), EventEmitted(event)]
        texts.append(text)
    write_changes(path, changes)
    return _joined(texts)


def write_changes(path: Path, statements: list[Change]) -> None:
    """Write changes to a journal that no copytui has open; raises JournalUnwritable."""
    journal = Journal(path)
    try:
        asyncio.run(journal.require(statements))
    finally:
        journal.close()


def _joined(sentences: Iterable[str]) -> str:
    """Join sentences; those of several slices are mostly the same."""
    return "; ".join(dict.fromkeys(sentences))


_LOOK_EVERY = 0.1
PATIENCE = 15.0
_NO_ANSWER = 30.0
_ID = re.compile(r"([mc#])([1-9][0-9]{0,17})", re.IGNORECASE)
_EXECUTION_KINDS = frozenset({AttentionKind.MISSED, AttentionKind.APPROVAL})
_COPY_KINDS = frozenset({AttentionKind.UNKNOWN, AttentionKind.MISSED}) | FAILURES
_TAKEN = "copytui has taken the request, but its result is not known yet: see copytui attention"


@dataclass(frozen=True, slots=True)
class Target:
    """What an ID names: a copy, or a missed execution."""

    is_copy: bool
    number: int

    def __str__(self) -> str:
        """Write the ID as `copytui attention` does."""
        return f"{'c' if self.is_copy else 'm'}{self.number}"


@dataclass(frozen=True, slots=True)
class Outcome:
    """Whether it was done, and the sentence for the user."""

    is_done: bool
    sentence: str


def ask_running(requests: Requests, command: str, argument: int, patience: float) -> Outcome:
    """Ask the running program, and return its sentence; not done where nobody took the request within `patience` s."""
    request = requests.ask(command, argument, datetime.now(IST))
    try:
        sentence = _answer(requests, request, patience)
    except KeyboardInterrupt:
        is_withdrawn = requests.withdraw(request, datetime.now(IST))
        return Outcome(False, "withdrawn: nothing was done" if is_withdrawn else _TAKEN)
    if sentence is None:
        words = (
            f"nobody took the request within {patience:g} s, so it was withdrawn and will not be carried out:"
            " is copytui still logging in, or stopping?"
        )
        return Outcome(False, words)
    return Outcome(True, sentence)


def _answer(requests: Requests, request: int, patience: float) -> str | None:
    """Wait for the running program's sentence; None when nobody took the request, which is withdrawn then."""
    begun = time.monotonic()
    while (reply := requests.reply(request)).answer is None:
        waited = time.monotonic() - begun
        if not reply.is_taken and waited >= patience and requests.withdraw(request, datetime.now(IST)):
            return None
        if waited >= patience + _NO_ANSWER:
            return _TAKEN
        time.sleep(_LOOK_EVERY)
    return reply.answer


ASKS: Mapping[tuple[bool, Act], Ask] = {
    (False, Act.COPY): Ask.COPY_MISSED,
    (False, Act.DISMISS): Ask.DISMISS_MISSED,
    (True, Act.RETRY): Ask.RETRY_COPY,
    (True, Act.NOT_PLACED): Ask.MARK_NOT_PLACED,
    (True, Act.DISMISS): Ask.DISMISS_COPY,
}
"""The request for each act, by whether it is for a copy."""


def read_target(text: str) -> Target:
    """Read `m12` or `#12`, a missed execution, and `c34`, a copy; raises ValueError."""
    found = _ID.fullmatch(text.strip())
    if found is None:
        raise ValueError(
            f"{text!r} is no ID such as m12 (a missed execution) or c34 (a copy); copytui attention lists them"
        )
    return Target(found[1].lower() == "c", int(found[2]))


def run_resolve(paths: Paths, target: Target, act: Act) -> int:
    """Settle it and print the result; returns 0 when it was done, else 1. Raises StartRefused and JournalUnwritable."""
    ask = ASKS.get((target.is_copy, act))
    if ask is None:
        fitting = " and ".join(f"--{each}" for is_copy, each in ASKS if is_copy == target.is_copy)
        what = "a copy" if target.is_copy else "a missed execution"
        raise SettingsRefused((f"{target} is {what}: {fitting} go with it, --{act} does not",))
    outcome = Resolving(paths.logs_directory / JOURNAL_FILE, names_of(paths), target, act, ask).run()
    print(outcome.sentence)  # noqa: T201
    return 0 if outcome.is_done else 1


@dataclass(frozen=True, slots=True)
class Resolving:
    """One item to settle, in one journal. `patience` is how many seconds a request may wait to be taken.

    The ID that `copytui attention` lists stands for all slices of a copy that are in the same trouble; the ID of
    another slice stands for that slice alone.
    """

    journal: Path
    names: Mapping[ClientId, str]
    target: Target
    act: Act
    ask: Ask
    patience: float = PATIENCE

    def run(self) -> Outcome:
        """Settle it here if no copytui runs, else through the running one."""
        self._item()  # there must be a journal before a lock is made beside it
        try:
            with journal_lock(self.journal):
                return self._settle(self._item(), is_running=False)
        except JournalInUse:
            return self._settle(self._item(), is_running=True)

    def _item(self) -> AttentionItem | None:
        """Return the target's item by the journal as it is now, None where it needs nothing."""
        found = read_attention(self.journal, self.names, datetime.now(IST))
        item = next(filter(self._fits, found), None)
        return self._slice(self.target.number) if item is None and self.target.is_copy else item

    def _fits(self, item: AttentionItem) -> bool:
        """Tell whether an item is the target's: a copy and an execution may have the same number."""
        is_copy = isinstance(item.about, CopyInTrouble)
        kinds = _COPY_KINDS if is_copy else _EXECUTION_KINDS
        return (is_copy, item.number) == (self.target.is_copy, self.target.number) and item.kind in kinds

    def _slice(self, number: int) -> AttentionItem | None:
        """Return the item of one child order alone."""
        found = read_attention(self.journal, self.names, datetime.now(IST), only_copy=number)
        return next(filter(self._fits, found), None)

    def _settle(self, item: AttentionItem | None, *, is_running: bool) -> Outcome:
        if item is None:
            return Outcome(False, f"{self.target} needs nothing; copytui attention lists what does")
        if self.act not in item.settling:
            fitting = " or ".join(f"--{act}" for act in item.settling)
            return Outcome(
                False, f"{self.target} is {_STATES[item.kind]}: {f'use {fitting}' if fitting else item.hint}"
            )
        numbers = self._numbers(item)
        return self._have_it_done(item, numbers) if is_running else self._do_here(numbers)

    def _numbers(self, item: AttentionItem) -> tuple[int, ...]:
        """Return the execution's number, or those of the child orders that the act is for."""
        if not isinstance(item.about, CopyInTrouble):
            return (item.number,)
        is_retry = self.act is Act.RETRY
        return tuple(part.id for part in item.about.slices if not is_retry or part.order.quantity > part.filled)

    def _do_here(self, numbers: Sequence[int]) -> Outcome:
        if self.act in (Act.COPY, Act.RETRY):
            words = f"copytui is not running: --{self.act} sends orders, and only the running program does that"
            return Outcome(False, words)
        now = datetime.now(IST)
        if not self.target.is_copy:
            return Outcome(True, settle_missed(self.journal, self.target.number, now))
        not_placed = self.act is Act.NOT_PLACED
        return Outcome(True, settle_copies(self.journal, numbers, now, self.names, not_placed=not_placed))

    def _have_it_done(self, before: AttentionItem, numbers: Sequence[int]) -> Outcome:
        """Ask the running program, slice by slice; the first request that nobody takes ends it."""
        sentences: list[str] = []
        with open_requests(self.journal) as requests:
            for number in numbers:
                answered = ask_running(requests, self.ask, number, self.patience)
                sentences.append(answered.sentence)
                if not answered.is_done:
                    return Outcome(False, _joined(sentences))
        return Outcome(all(self._is_done(before, number) for number in numbers), _joined(sentences))

    def _is_done(self, before: AttentionItem, number: int) -> bool:
        """Tell by the journal, not by the sentence's words, whether what was asked for has happened."""
        after = self._slice(number) if self.target.is_copy else self._item()
        if after is not None and (after.kind in FAILURES) == (before.kind in FAILURES):
            return False
        with opened_archive(self.journal) as archive:
            if self.act is Act.COPY:
                (decided,) = archive.executions([number])
                return decided.decision.verdict in (Verdict.COPY, Verdict.SIMULATE)
            return self.act is not Act.RETRY or _is_retried(archive, number)


_STATES = {kind: str(kind) for kind in AttentionKind} | {AttentionKind.APPROVAL: "waiting for approval"}
"""What an item is, to stand after `is`."""


def _is_retried(archive: Archive, number: int) -> bool:
    """Tell whether a failed copy has a successor; it can also have been dismissed at this very moment."""
    (old,) = (copy for copy in archive.copies_in(WENT_WRONG) if copy.id == number)
    return any(
        (copy.follower, copy.slice_number, copy.retry) == (old.follower, old.slice_number, old.retry + 1)
        for copy in archive.copies_of([old.execution_id])
    )
