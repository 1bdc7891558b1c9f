"""What a new session log repeats of the sessions before it: what is unfinished, and what the last one may lack."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from copytui.domain.copies import UNSETTLED, ChildOrder, copy_name
from copytui.domain.decisions import DecidedExecution
from copytui.journal.recovered_state import RecoveredState


@dataclass(frozen=True, slots=True)
class Backlog:
    """The part of earlier sessions that a new log begins with.

    `executions` and `copies` are repeated; `known` are all child orders of the journal, of which some may change now,
    and `decided` their executions. `decided_at` is when an execution had its last decision.
    """

    executions: tuple[DecidedExecution, ...] = ()
    copies: tuple[ChildOrder, ...] = ()
    known: tuple[ChildOrder, ...] = ()
    decided: tuple[DecidedExecution, ...] = ()
    decided_at: Mapping[int, datetime] = field(default_factory=dict)


def backlog(recovered: RecoveredState, logged_until: datetime | None) -> Backlog:
    """Return what the next log begins with; what changed after `logged_until` may be in no log yet (None: all is).

    A copy is repeated with all of its slices, however long ago some of them ended.
    """
    latest = max(recovered.looked_at, default=None)
    wanted = {
        copy_name(copy)
        for copy in recovered.copies
        if copy.state in UNSETTLED
        or (copy.lacks_numbers and (latest is None or copy.day >= latest))
        or (logged_until is not None and copy.changed_at >= logged_until)
    }
    copies = tuple(copy for copy in recovered.copies if copy_name(copy) in wanted)
    needed = {copy.execution_id for copy in copies}
    executions = tuple(
        decided
        for decided in recovered.executions
        if not decided.settled
        or decided.id in needed
        or (logged_until is not None and recovered.decided_at.get(decided.id, decided.decided_at) >= logged_until)
    )
    return Backlog(executions, copies, recovered.copies, recovered.executions, recovered.decided_at)
