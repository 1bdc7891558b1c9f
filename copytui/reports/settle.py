"""Settling by hand while no copytui runs: what sends nothing is written into the journal, with the event that tells it.

The caller holds the journal's lock. Each change is made only if the journal still has what was looked at.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from copytui.domain.copies import NOT_PLACED, WENT_WRONG, CopyState, move
from copytui.domain.events import Event, EventKind, Level
from copytui.domain.orders import ClientId
from copytui.domain.reasons import Reason
from copytui.domain.text import order_words
from copytui.journal.archive import opened_archive
from copytui.journal.statements import Statement, dismiss_missed, move_copy, save_event
from copytui.journal.store import Journal

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
    _write(path, [dismiss_missed(replace(decided, decision=decision)), save_event(event)])
    return text


def settle_copy(path: Path, number: int, now: datetime, names: Mapping[ClientId, str], *, not_placed: bool) -> str:
    """End an unknown or missing copy as not placed, or dismiss a failed one; raises JournalUnwritable."""
    with opened_archive(path) as archive:
        found = archive.copies_in({CopyState.UNKNOWN, CopyState.ACCEPTED, *WENT_WRONG})
        (copy,) = (copy for copy in found if copy.id == number)
    if not_placed:
        after = move(copy, CopyState.FAILED, now, error=f"{NOT_PLACED} {_BY_HAND}")
        level, text = Level.WARN, f"{order_words(copy.order)} marked as not placed"
    else:
        after = replace(copy, dismissed=True)
        level, text = Level.INFO, f"{order_words(copy.order)} dismissed"
    event = Event(
        now, level, EventKind.COPY, names.get(copy.follower, copy.follower), f"{text} {_BY_HAND}",
        order_key=copy.order_key, execution_id=copy.execution_id, copy_id=number,
    )  # fmt: skip
    _write(path, [move_copy(copy, after), save_event(event)])
    return text


def _write(path: Path, statements: list[Statement]) -> None:
    journal = Journal(path)
    try:
        asyncio.run(journal.require(statements))
    finally:
        journal.close()
