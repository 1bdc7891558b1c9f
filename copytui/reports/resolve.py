"""`copytui resolve`: settle what `copytui needs` lists, with copytui running or not.

While it runs, the engine is asked through the journal (`copytui.journal.requests`) and does what the screen's key does.
While it does not, what sends nothing is settled right here (`copytui.reports.resolve`).
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from copytui.domain.changes import Change, EventEmitted, MissedDismissed, OrderAdvanced
from copytui.domain.copies import WENT_WRONG, CopyState, Resolution, amend, move
from copytui.domain.decisions import Verdict
from copytui.domain.errors import JournalInUse, SettingsRefused
from copytui.domain.events import Event, EventCode, EventKind, Level
from copytui.domain.orders import ClientId
from copytui.domain.reasons import Reason
from copytui.domain.text import IST, order_words
from copytui.journal.archive import JOURNAL_FILE, Archive, opened_archive
from copytui.journal.lock import journal_lock
from copytui.journal.requests import Ask, Requests, open_requests
from copytui.journal.store import Journal
from copytui.reports.attention_finding import names_of, read_needs
from copytui.reports.attention_model import Act, Kind, Need
from copytui.settings.paths import Paths

_BY_HAND = "by hand (copytui resolve)"


def settle_missed(path: Path, number: int, now: datetime) -> str:
    """Dismiss a missed execution; returns what happened in a sentence, raises JournalUnwritable."""
    with opened_archive(path) as archive:
        (decided,) = archive.executions([number])
    decision = replace(decided.decision, reason=Reason.DISMISSED, sentence=f"{decided.decision.sentence}; dismissed")
    text = f"#{number} dismissed"
    event = Event(
        now, Level.INFO, EventKind.DECISION, "master", f"{text} {_BY_HAND}",
        order_key=decided.execution.key, execution_id=number,
    )  # fmt: skip
    _write(path, [MissedDismissed(replace(decided, decision=decision)), EventEmitted(event)])
    return text


def settle_copy(path: Path, number: int, now: datetime, names: Mapping[ClientId, str], *, not_placed: bool) -> str:
    """End an unknown or missing copy as not placed, or dismiss a failed one; raises JournalUnwritable."""
    with opened_archive(path) as archive:
        found = archive.copies_in({CopyState.UNKNOWN, CopyState.ACCEPTED, *WENT_WRONG})
        (copy,) = (copy for copy in found if copy.id == number)
    if not_placed:
        error = f"marked as not placed {_BY_HAND}"
        after = move(copy, CopyState.FAILED, now, error=error, resolution=Resolution.NOT_PLACED)
        level, text = Level.WARN, f"{order_words(copy.order)} marked as not placed"
    else:
        after = amend(copy, dismissed=True)
        level, text = Level.INFO, f"{order_words(copy.order)} dismissed"
    event = Event(
        now, level, EventKind.COPY, names.get(copy.follower, copy.follower), f"{text} {_BY_HAND}",
        order_key=copy.order_key, execution_id=copy.execution_id, copy_id=number,
        code=EventCode.NOT_PLACED if not_placed else None,
    )  # fmt: skip
    _write(path, [OrderAdvanced(copy, after), EventEmitted(event)])
    return text


def _write(path: Path, statements: list[Change]) -> None:
    journal = Journal(path)
    try:
        asyncio.run(journal.require(statements))
    finally:
        journal.close()


_LOOK_EVERY = 0.1
_NOBODY_TAKES_IT = 15.0
_NO_ANSWER = 30.0
_ID = re.compile(r"([mc#])([1-9][0-9]{0,17})", re.IGNORECASE)
_MISSED = frozenset({Kind.MISSED, Kind.ASKED})
_COPY = frozenset({Kind.UNKNOWN, Kind.FAILED, Kind.REJECTED})
_TAKEN = "copytui has taken the request, and what came of it is not known yet: look at copytui needs"


@dataclass(frozen=True, slots=True)
class Target:
    """What an ID names: a copy, or a missed execution."""

    is_copy: bool
    number: int

    def __str__(self) -> str:
        """Write the ID as `copytui needs` does."""
        return f"{'c' if self.is_copy else 'm'}{self.number}"


@dataclass(frozen=True, slots=True)
class Outcome:
    """Whether it was done, and what there is to say."""

    is_done: bool
    sentence: str


ASKS: Mapping[tuple[bool, Act], Ask] = {
    (False, Act.COPY): Ask.COPY_MISSED,
    (False, Act.DISMISS): Ask.DISMISS_MISSED,
    (True, Act.RETRY): Ask.RETRY_COPY,
    (True, Act.NOT_PLACED): Ask.MARK_NOT_PLACED,
    (True, Act.DISMISS): Ask.DISMISS_COPY,
}
"""What can be asked for, by whether it is for a copy."""


def read_target(text: str) -> Target:
    """Understand `m12` or `#12`, a missed execution, and `c34`, a copy; raises ValueError."""
    found = _ID.fullmatch(text.strip())
    if found is None:
        raise ValueError(
            f"{text!r} is no ID such as m12 (a missed execution) or c34 (a copy); copytui needs lists them"
        )
    return Target(found[1].lower() == "c", int(found[2]))


def run_resolve(paths: Paths, target: Target, act: Act) -> int:
    """Do it and print what came of it; 0 when it was done, else 1. Raises StartRefused and JournalUnwritable."""
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
    """One thing to be settled, in one journal. `patience` is how many seconds nobody may take the request for."""

    journal: Path
    names: Mapping[ClientId, str]
    target: Target
    act: Act
    ask: Ask
    patience: float = _NOBODY_TAKES_IT

    def run(self) -> Outcome:
        """Settle it here where no copytui runs, else have it done."""
        self._need()  # there must be a journal before anything is made beside it
        try:
            with journal_lock(self.journal):
                return self._refusal(self._need()) or self._do_here()
        except JournalInUse:
            before = self._need()
            return self._refusal(before) or self._have_it_done(before)

    def _need(self) -> Need | None:
        """Return what the journal says of the target at this moment, None where it needs nobody."""
        kinds = _COPY if self.target.is_copy else _MISSED
        found = read_needs(self.journal, self.names, datetime.now(IST))
        return next((need for need in found if need.kind in kinds and need.number == self.target.number), None)

    def _refusal(self, need: Need | None) -> Outcome | None:
        if need is None:
            return Outcome(False, f"{self.target} needs nothing; copytui needs lists what does")
        if self.act in need.acts:
            return None
        fitting = " and ".join(f"--{act}" for act in need.acts)
        return Outcome(False, f"{self.target} is {need.kind}: {f'{fitting} can be done' if fitting else need.hint}")

    def _do_here(self) -> Outcome:
        if self.act in (Act.COPY, Act.RETRY):
            words = f"copytui is not running: --{self.act} sends orders, and only the running program does that"
            return Outcome(False, words)
        now = datetime.now(IST)
        if not self.target.is_copy:
            return Outcome(True, settle_missed(self.journal, self.target.number, now))
        not_placed = self.act is Act.NOT_PLACED
        return Outcome(True, settle_copy(self.journal, self.target.number, now, self.names, not_placed=not_placed))

    def _have_it_done(self, before: Need | None) -> Outcome:
        with open_requests(self.journal) as requests:
            number = requests.ask(self.ask, self.target.number, datetime.now(IST))
            try:
                sentence = self._answer(requests, number)
            except KeyboardInterrupt:
                if requests.withdraw(number, datetime.now(IST)):
                    return Outcome(False, "withdrawn: nothing was done")
                return Outcome(False, _TAKEN)
        if sentence is None:
            words = (
                f"nobody took the request within {self.patience:g} s, so it was withdrawn and will not be carried out:"
                " is copytui still logging in, or stopping?"
            )
            return Outcome(False, words)
        return Outcome(self._is_done(before), sentence)

    def _answer(self, requests: Requests, number: int) -> str | None:
        """Wait for the running program's sentence; None when nobody took the request, which is withdrawn then."""
        begun = time.monotonic()
        while (reply := requests.reply(number)).answer is None:
            waited = time.monotonic() - begun
            if not reply.is_taken and waited >= self.patience and requests.withdraw(number, datetime.now(IST)):
                return None
            if waited >= self.patience + _NO_ANSWER:
                return _TAKEN
            time.sleep(_LOOK_EVERY)
        return reply.answer

    def _is_done(self, before: Need | None) -> bool:
        """Tell by the journal, not by the sentence's words, whether what was asked for has happened."""
        after = self._need()
        if before is None or (after is not None and after.kind is before.kind):
            return False
        with opened_archive(self.journal) as archive:
            if self.act is Act.COPY:
                (decided,) = archive.executions([self.target.number])
                return decided.decision.verdict in (Verdict.COPY, Verdict.SIMULATE)
            return self.act is not Act.RETRY or _is_tried_again(archive, self.target.number)


def _is_tried_again(archive: Archive, number: int) -> bool:
    """Tell whether a failed copy has a successor; it can also have been dismissed at this very moment."""
    (old,) = (copy for copy in archive.copies_in(WENT_WRONG) if copy.id == number)
    return any(
        (copy.follower, copy.slice_number, copy.retry) == (old.follower, old.slice_number, old.retry + 1)
        for copy in archive.copies_of([old.execution_id])
    )
