"""The session log's decisions, events, switches and retries: each once, with the time of its own making."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from copytui.domain.changes import EventEmitted, ExecutionDecided, MasterOrderSeen, OrderAdvanced, OrderPlanned
from copytui.domain.copies import CopyState, Resolution
from copytui.domain.decisions import Verdict
from copytui.domain.events import Event, EventCode, EventKind, Level
from copytui.domain.executions import Origin
from copytui.domain.orders import OrderStatus, Tag
from copytui.domain.reasons import Reason
from copytui.domain.text import stamp
from tests.builders import MASTER, NOON, TODAY, a_copy, a_decided, a_decision, a_known, a_plan, after, an_order

from .conftest import Session

S = CopyState


def emit(session: Session, kind: EventKind, text: str, **more: Any) -> None:
    level = more.pop("level", Level.INFO)
    session.log.on_change(EventEmitted(Event(more.pop("at", NOON), level, kind, "copytui", text, **more)))


def test_a_session_that_changes_its_mode_is_mixed_and_has_the_time_of_each_switch(session: Session) -> None:
    emit(session, EventKind.SETTING, "LIVE", code=EventCode.LIVE)  # it is live already
    emit(session, EventKind.SETTING, "dry run", code=EventCode.DRY_RUN, at=after(1))
    emit(session, EventKind.SETTING, "LIVE", code=EventCode.LIVE, at=after(2))
    written = session.end()["session"]
    assert (written["mode"], written["switches"]) == (
        "mixed", [{"time": stamp(after(1)), "mode": "dry_run"}, {"time": stamp(after(2)), "mode": "live"}],
    )  # fmt: skip


def test_a_session_of_one_mode_has_no_switches(session: Session) -> None:
    emit(session, EventKind.SETTING, "filters: block SBIN")
    assert (session.end()["session"] | {"ended": None})["switches"] == []


@pytest.mark.parametrize(
    ("kind", "level"),
    [
        (EventKind.SETTING, Level.INFO), (EventKind.RISK, Level.INFO), (EventKind.WATCH, Level.WARN),
        (EventKind.SESSION, Level.ERROR), (EventKind.JOURNAL, Level.ERROR), (EventKind.PROGRAM, Level.WARN),
    ],
)  # fmt: skip
def test_changes_of_rules_and_what_goes_wrong_beside_the_orders_are_lines_of_kind_event(
    session: Session, kind: EventKind, level: Level
) -> None:
    emit(session, kind, "poll failed (1 in a row)", level=level)
    (line,) = session.end()["decisions"]
    assert line == {
        "timestamp": stamp(NOON), "kind": "event", "master_order_id": None, "symbol": None, "decision": kind,
        "reason": "poll failed (1 in a row)", "code": None, "level": level, "who": "copytui",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "level"),
    [
        (EventKind.COPY, Level.ERROR), (EventKind.DECISION, Level.WARN), (EventKind.APPROVAL, Level.INFO),
        (EventKind.WATCH, Level.INFO), (EventKind.SESSION, Level.INFO),
    ],
)  # fmt: skip
def test_what_the_records_tell_already_and_the_usual_course_have_no_line(
    session: Session, kind: EventKind, level: Level
) -> None:
    emit(session, kind, "hello", level=level)
    assert session.end()["decisions"] == []


def test_each_decision_on_an_execution_has_the_time_at_which_it_was_made(session: Session) -> None:
    asked = a_decided(decision=a_decision(verdict=Verdict.ASK, sentence="approval required"), settled=False)
    session.log.on_change(ExecutionDecided(asked, after(1)))
    session.log.on_change(ExecutionDecided(a_decided(), after(9)))
    lines = session.end()["decisions"]
    assert [(line["decision"], line["timestamp"]) for line in lines] == [
        ("asked", stamp(after(1))), ("copied", stamp(after(9))),
    ]  # fmt: skip


def test_a_decision_that_a_restart_tells_again_is_one_line(session: Session) -> None:
    for at in (after(1), None, after(2)):
        session.log.on_change(ExecutionDecided(a_decided(), at))
    assert [line["timestamp"] for line in session.end()["decisions"]] == [stamp(after(1))]


def test_a_follower_that_is_left_out_is_written_once_whatever_is_decided_later(session: Session) -> None:
    out = a_plan(name="Second", quantity=0, reason=Reason.HALTED, sentence="this follower is halted")
    for verdict in (Verdict.ASK, Verdict.COPY):
        decision = a_decision(verdict=verdict, sentence=str(verdict), plans=(a_plan(), out))
        session.log.on_change(ExecutionDecided(a_decided(decision=decision)))
    lines = session.end()["decisions"]
    assert [(line["decision"], line.get("follower_name")) for line in lines] == [
        ("asked", None), ("skipped", "Second"), ("copied", None),
    ]  # fmt: skip


def test_a_follower_that_the_user_leaves_out_of_an_approval_has_a_line(session: Session) -> None:
    session.log.on_change(ExecutionDecided(a_decided()))
    out = a_copy(state=S.SKIPPED, error="left out by the user", changed_at=after(5))
    session.log.on_change(OrderAdvanced(a_copy(state=S.ASKED), out))
    line = session.end()["decisions"][-1]
    assert (line["reason"], line["follower_name"], line["timestamp"]) == (
        "left out by the user", "Follower 1", stamp(after(5)),
    )  # fmt: skip


@pytest.mark.parametrize("status", [OrderStatus.CANCELLED, OrderStatus.REJECTED])
def test_an_order_that_ended_with_nothing_executed_has_one_line_and_is_not_counted(
    session: Session, status: OrderStatus
) -> None:
    known = a_known(order=an_order(order_status=status, filled=0), origin=Origin.SEEN)
    for _ in range(2):
        session.log.on_change(MasterOrderSeen(known, MASTER, TODAY, after(3)))
    written = session.end()
    (line,) = written["decisions"]
    assert (line["decision"], line["code"], line["timestamp"]) == ("skipped", "nothing_executed", stamp(after(3)))
    assert (written["statistics"]["master_orders"], written["statistics"]["skipped"]) == (0, 0)


def test_a_successful_retry_links_to_the_record_that_it_replaces_and_counts_instead(session: Session) -> None:
    session.log.on_change(ExecutionDecided(a_decided()))
    failed = a_copy(state=S.FAILED, resolution=Resolution.REFUSED, error="no funds")
    session.log.on_change(OrderPlanned(failed))
    again = a_copy(id=2, retry=1, state=S.FILLED, order=replace(failed.order, tag=Tag("CTAGAIN")))
    session.log.on_change(OrderPlanned(again))
    written = session.end()
    first, second = written["copy_records"]
    assert (first["replaces"], first["replaced_by"]) == (None, "CTAGAIN")
    assert (second["replaces"], second["replaced_by"]) == (first["order_tag"], None)
    assert written["failed_copies"] == [first]
    numbers = written["statistics"]
    assert (numbers["total"], numbers["success"], numbers["failed"], numbers["success_rate"]) == (1, 1, 0, 100.0)
    assert numbers["by_follower"]["Follower 1"]["success"] == 1
