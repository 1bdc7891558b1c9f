"""Going on from the journal: what was sending is unknown, what was queued waits for a clean book."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from copytui.domain.copies import LIVE_AT_BROKER, UNSETTLED, Copy, CopyState
from copytui.domain.decisions import Verdict
from copytui.domain.events import EventKind, Level
from copytui.domain.wording import order_words
from copytui.engine.approvals import Approvals
from copytui.engine.desk import Desk
from copytui.journal.memory import Memory


def recover(desk: Desk, memory: Memory, approvals: Approvals) -> None:
    """Take the journal's memory into `desk` and bring every unfinished copy onto the one path."""
    desk.looked_at_days = set(memory.looked_at)
    desk.known = {known.order.key: known for known in memory.known}
    desk.changed_orders.update(desk.known)
    desk.executions = {decided.id: decided for decided in memory.executions}
    desk.next_execution_id, desk.next_copy_id = memory.next_execution_id, memory.next_copy_id
    for client, because in memory.halted:
        if client in desk.lanes:
            desk.lanes[client].halted_because = because
    unfinished = []
    for copy in memory.copies:
        desk.copies[copy.id] = copy
        desk.by_tag[copy.tag] = copy.id
        desk.by_execution.setdefault(copy.execution_id, []).append(copy.id)
        if copy.state in UNSETTLED:
            unfinished.append(copy)
    for decided in memory.executions:
        if not decided.settled or any(copy.execution_id == decided.id for copy in unfinished):
            for observer in desk.observers:
                observer.decided(decided)
    for copy in unfinished:
        _go_on(desk, copy)
    _ask_again(desk, approvals)
    if unfinished:
        desk.tell(Level.WARN, EventKind.PROGRAM, "copytui", f"going on with {len(unfinished)} unfinished copies")
    _name_missed(desk)


def _go_on(desk: Desk, copy: Copy) -> None:
    """Bring one unfinished copy to where it can be gone on with."""
    lane = desk.lanes.get(copy.follower)
    words = order_words(copy.order)
    if lane is None:
        gone = "not sent: this follower is not in the settings any more"
        if copy.state is CopyState.QUEUED:
            desk.advance(copy, CopyState.FAILED, error=gone)
        elif copy.state is CopyState.ASKED:
            desk.advance(copy, CopyState.SKIPPED, error=gone)
        else:
            for observer in desk.observers:
                observer.copied(copy)
        text = f"{words}: {copy.state}, and {copy.follower} is not in the settings any more; look at that account"
        desk.tell(Level.ERROR, EventKind.COPY, copy.follower, text, copy=copy)
        return
    now = desk.clock.monotonic()
    match copy.state:
        case CopyState.SENDING:
            text = "copytui stopped while it was being sent"
            unknown = desk.advance(copy, CopyState.UNKNOWN, error=text)
            desk.tell(
                Level.WARN,
                EventKind.COPY,
                lane.name,
                f"{words} unknown: {text}; looking it up by its tag",
                copy=unknown,
            )
        case CopyState.QUEUED:
            lane.clean_book_after[copy.id] = now
            desk.put_copy(copy, replace(copy, needs_clean_book=True))
        case state if state is CopyState.UNKNOWN or state in LIVE_AT_BROKER or state is CopyState.ASKED:
            desk.take_copy(copy)
        case _:
            pass


def _ask_again(desk: Desk, approvals: Approvals) -> None:
    """Ask again what was asked just before the stop; what is older has expired."""
    patience = timedelta(seconds=desk.settings.confirmation_timeout_seconds)
    for decided in list(desk.executions.values()):
        if decided.settled or decided.decision.verdict is not Verdict.ASK:
            continue
        if desk.clock.now() - decided.execution.seen_at < patience:
            approvals.ask(decided)
        else:
            approvals.expire_now(decided.id)


def _name_missed(desk: Desk) -> None:
    missed = [d for d in desk.executions.values() if not d.settled and d.decision.verdict is Verdict.MISSED]
    if missed:
        text = f"{len(missed)} missed executions from before wait for a decision"
        desk.tell(Level.WARN, EventKind.DECISION, "master", text)
