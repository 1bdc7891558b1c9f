"""The session's JSON log: documented records, and valid JSON at any moment."""

from __future__ import annotations

import json
import queue
import re
import shutil
import threading
import time
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from copytui.domain.changes import ExecutionDecided, OrderPlanned
from copytui.domain.copies import CopyState
from copytui.domain.decisions import Verdict
from copytui.domain.orders import Exchange, OrderId, OrderKey, OrderType
from copytui.domain.reasons import Reason
from copytui.domain.text import IST, stamp
from tests.builders import (
    NOON,
    a_copy,
    a_decided,
    a_decision,
    a_plan,
    after,
    an_execution,
    an_order,
    an_order_to_send,
)

from .conftest import Session, a_log, read

SEEN = datetime(2026, 11, 20, 10, 30, 45, 123_456, tzinfo=IST)
S = CopyState

# The contract's sample, letter by letter.
SAMPLE = json.loads("""
{"session": {"started": "2026-11-20T09:15:02.120+05:30", "ended": null, "mode": "live", "switches": [], "master": "M12345", "followers": ["Follower 1"], "version": "0.1.0"},
 "copy_records": [{
    "timestamp": "2026-11-20T10:30:45.123+05:30", "master_order_id": "261120000012345", "symbol": "NIFTY23FEB18000CE", "exchange": "NFO",
    "transaction_type": "BUY", "order_type": "MARKET", "product": "INTRADAY", "master_quantity": 50, "quantity": 50, "price": 0.0,
    "follower_name": "Follower 1", "follower_client_id": "F12345", "dry_run": false, "success": true, "status": "filled",
    "follower_order_id": "261120000098765", "filled_quantity": 50, "average_price": 101.5, "latency_ms": 84.0, "attempts": 1, "error": null}],
 "failed_copies": [],
 "decisions": [{"timestamp": "…", "master_order_id": "…", "symbol": "…", "decision": "skipped", "reason": "symbol blocked by NIFTY*"}],
 "statistics": {"master_orders": 1, "copied": 1, "skipped": 0, "missed": 0, "total": 1, "success": 1, "failed": 0, "unknown": 0, "success_rate": 100.0}}
""")  # noqa: E501
STATUSES = {
    "simulated", "pending", "sending", "accepted", "open", "partial", "filled", "rejected", "cancelled", "failed",
    "unknown", "expired",
}  # fmt: skip
ADDED_TO_RECORDS = ["order_tag", "master_order_type", "master_average_price", "replaces", "replaced_by"]
ADDED_TO_STATISTICS = ["simulated", "earlier", "by_follower"]

THE_ORDER = an_order(symbol="NIFTY23FEB18000CE", order_type=OrderType.MARKET, price=Decimal(0))
THE_EXECUTION = a_decided(execution=an_execution(order=THE_ORDER))
THE_COPY = a_copy(
    state=S.FILLED, created_at=SEEN, order_id=OrderId("261120000098765"), filled=50, average_price=Decimal("101.5"),
    latency_ms=84.0, attempts=1,
    order=an_order_to_send(symbol="NIFTY23FEB18000CE", order_type=OrderType.MARKET, price=Decimal(0)),
)  # fmt: skip


def test_the_contracts_sample_is_written_key_by_key_and_value_by_value(session: Session) -> None:
    session.log.on_change(ExecutionDecided(THE_EXECUTION))
    session.log.on_change(OrderPlanned(THE_COPY))
    written = session.end()
    assert list(written) == list(SAMPLE)
    assert written["session"] == SAMPLE["session"] | {"ended": "2026-11-20T13:00:00.000+05:30"}
    assert written["statistics"].items() >= SAMPLE["statistics"].items()
    assert list(written["session"]) == list(SAMPLE["session"])
    assert list(written["statistics"]) == [*SAMPLE["statistics"], *ADDED_TO_STATISTICS]
    assert written["statistics"]["by_follower"] == {
        "Follower 1": {"total": 1, "success": 1, "failed": 0, "unknown": 0, "success_rate": 100.0, "simulated": 0}
    }
    (record,), (sample,) = written["copy_records"], SAMPLE["copy_records"]
    assert list(record) == [*sample, *ADDED_TO_RECORDS]
    assert {key: (record[key], type(record[key])) for key in sample} == {
        key: (value, type(value)) for key, value in sample.items()
    }
    assert (record["order_tag"], record["master_order_type"], record["master_average_price"]) == (
        THE_COPY.tag, "MARKET", 101.5,
    )  # fmt: skip
    assert written["failed_copies"] == []


def test_a_skipped_execution_is_a_decision_with_the_contracts_keys(session: Session) -> None:
    decision = a_decision(
        verdict=Verdict.SKIP, sentence="symbol blocked by NIFTY*", reason=Reason.SYMBOL, plans=()
    )  # fmt: skip
    session.log.on_change(ExecutionDecided(replace(THE_EXECUTION, decision=decision, decided_at=SEEN)))
    written = session.end()
    assert written["decisions"] == [
        {
            "timestamp": "2026-11-20T10:30:45.123+05:30",
            "kind": "decision",
            "master_order_id": "261120000012345",
            "symbol": "NIFTY23FEB18000CE",
            "decision": "skipped",
            "reason": "symbol blocked by NIFTY*",
            "code": "symbol",
        }
    ]
    assert sorted(written["decisions"][0]) == sorted([*SAMPLE["decisions"][0], "kind", "code"])
    assert written["statistics"]["skipped"] == 1


def test_a_follower_that_gets_nothing_of_a_copied_execution_has_a_line_of_its_own(session: Session) -> None:
    out = a_plan(name="Second", quantity=0, reason=Reason.HALTED, sentence="this follower is halted")
    session.log.on_change(ExecutionDecided(a_decided(decision=a_decision(plans=(a_plan(), out)))))
    lines = session.end()["decisions"]
    assert [(line["decision"], line["reason"], line.get("follower_name")) for line in lines] == [
        ("copied", "copied to 1 follower", None), ("skipped", "this follower is halted", "Second"),
    ]  # fmt: skip


@pytest.mark.parametrize("state", sorted(set(CopyState) - {S.SKIPPED}))
def test_every_status_is_a_word_of_the_contract(session: Session, state: CopyState) -> None:
    session.log.on_change(ExecutionDecided(a_decided()))
    session.log.on_change(OrderPlanned(a_copy(state=state)))
    (record,) = session.end()["copy_records"]
    assert record["status"] == ("pending" if state in {S.ASKED, S.QUEUED} else state.value)
    assert record["status"] in STATUSES
    assert record["success"] is (
        state in {S.SIMULATED, S.ACCEPTED, S.OPEN, S.PARTIAL, S.FILLED, S.CANCELLED}
    )  # fmt: skip


def test_failed_copies_repeat_the_records_that_failed_or_were_rejected(session: Session) -> None:
    session.log.on_change(ExecutionDecided(a_decided()))
    for number, state in enumerate([S.FILLED, S.FAILED, S.UNKNOWN, S.REJECTED, S.CANCELLED], start=1):
        error = "why" if state is S.FAILED else None
        session.log.on_change(OrderPlanned(a_copy(id=number, execution_id=number, state=state, error=error)))
    written = session.end()
    assert [record["status"] for record in written["failed_copies"]] == ["failed", "rejected"]
    assert all(record in written["copy_records"] for record in written["failed_copies"])
    assert written["failed_copies"][0]["error"] == "why"
    assert written["statistics"].items() >= {
        "master_orders": 1, "copied": 1, "skipped": 0, "missed": 0,
        "total": 5, "success": 2, "failed": 2, "unknown": 1, "success_rate": 40.0,
    }.items()  # fmt: skip


def test_a_declined_copy_stands_in_no_record_and_is_not_counted(session: Session) -> None:
    session.log.on_change(ExecutionDecided(a_decided(decision=a_decision(verdict=Verdict.SKIP))))
    session.log.on_change(OrderPlanned(a_copy(state=S.ASKED)))
    session.log.on_change(OrderPlanned(a_copy(state=S.SKIPPED)))
    written = session.end()
    assert written["copy_records"] == []
    assert written["statistics"]["total"] == 0


def test_a_copy_that_was_dropped_from_the_queue_is_a_decision_however_many_slices_it_has(session: Session) -> None:
    session.log.on_change(ExecutionDecided(a_decided()))
    for number in (1, 2):
        queued = a_copy(id=number, state=CopyState.QUEUED, queued_at=NOON, slices=2, slice_number=number - 1)
        session.log.on_change(OrderPlanned(queued))
        session.log.on_change(
            OrderPlanned(replace(queued, state=CopyState.SKIPPED, changed_at=after(5), error="cancelled by hand"))
        )
    told = session.end()
    (line,) = [line for line in told["decisions"] if "follower_name" in line]
    assert (line["decision"], line["reason"], line["code"]) == ("skipped", "cancelled by hand", None)
    assert (line["symbol"], line["timestamp"]) == (told["decisions"][0]["symbol"], stamp(after(5)))
    assert told["copy_records"] == []


def test_a_copy_has_one_record_that_follows_its_life(session: Session) -> None:
    session.log.on_change(ExecutionDecided(a_decided()))
    for state in (S.SENDING, S.ACCEPTED, S.FILLED):
        session.log.on_change(OrderPlanned(a_copy(state=state)))
        deadline = time.monotonic() + 10
        while [record["status"] for record in read(session.log)["copy_records"]] != [state]:
            assert time.monotonic() < deadline
            time.sleep(0.01)
    assert [record["status"] for record in session.end()["copy_records"]] == ["filled"]


def test_a_decision_that_changed_counts_once_as_it_is_now(session: Session) -> None:
    session.log.on_change(ExecutionDecided(a_decided(decision=a_decision(verdict=Verdict.MISSED), settled=False)))
    session.log.on_change(ExecutionDecided(a_decided()))
    numbers = session.log.statistics()
    assert (numbers.master_orders, numbers.copied, numbers.missed) == (1, 1, 0)
    written = session.end()
    assert [line["decision"] for line in written["decisions"]] == ["missed", "copied"]
    assert written["statistics"]["master_orders"] == 1


def test_the_statistics_asked_for_are_those_of_the_file(session: Session) -> None:
    session.log.on_change(ExecutionDecided(a_decided()))
    session.log.on_change(ExecutionDecided(a_decided(id=2, decision=a_decision(verdict=Verdict.MISSED))))
    for number, state in enumerate(CopyState, start=1):
        session.log.on_change(OrderPlanned(a_copy(id=number, execution_id=number, state=state)))
    numbers = session.log.statistics()
    assert session.end()["statistics"] == numbers.record()


def test_a_copy_whose_execution_is_of_an_earlier_session_has_a_record_too(session: Session) -> None:
    session.log.on_change(OrderPlanned(a_copy(order_key=OrderKey("U7"))))
    (record,) = session.end()["copy_records"]
    assert (record["master_order_id"], record["master_quantity"]) == ("U7", None)


def test_times_of_other_zones_are_written_in_indian_time(session: Session) -> None:
    session.log.on_change(ExecutionDecided(a_decided()))
    session.log.on_change(OrderPlanned(a_copy(created_at=SEEN.astimezone(UTC))))
    assert session.end()["copy_records"][0]["timestamp"] == "2026-11-20T10:30:45.123+05:30"


def test_foreign_letters_quotes_and_broken_text_keep_the_file_valid(session: Session) -> None:
    nasty = 'RMS: "₹5" \\ \n\t\x00 \ud800 [bold]</x>'
    session.log.on_change(ExecutionDecided(a_decided()))
    session.log.on_change(OrderPlanned(a_copy(state=S.REJECTED, error=nasty)))
    other = a_copy(id=2, execution_id=2, order=an_order_to_send(symbol='A"B', exchange=Exchange.BSE))
    session.log.on_change(OrderPlanned(other))
    written = session.end()
    assert [record["error"] for record in written["copy_records"]] == [nasty, None]
    assert written["copy_records"][1]["symbol"] == 'A"B'


def test_the_file_is_there_and_whole_from_the_start(session: Session) -> None:
    assert session.log.path.name == "copy_trading_20261120_091502.json"
    written = read(session.log)
    assert list(written) == list(SAMPLE)
    assert (written["copy_records"], written["session"]["ended"]) == ([], None)
    assert written["statistics"]["success_rate"] == 0.0


def test_two_sessions_in_one_second_have_two_files(tmp_path: Path) -> None:
    logs = [a_log(tmp_path) for _ in range(3)]
    for number, log in enumerate(logs):
        log.on_change(OrderPlanned(a_copy(id=number)))
        log.close(NOON)
    assert len({log.path for log in logs}) == 3
    assert all(re.fullmatch(r"copy_trading_20261120_091502(_\d)?\.json", log.path.name) for log in logs)
    assert [len(read(log)["copy_records"]) for log in logs] == [1, 1, 1]
    assert {each.name for each in tmp_path.iterdir()} == {log.path.name for log in logs}


def test_a_reader_finds_valid_json_at_every_moment(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("copytui.journal.session_log._PAUSE_SECONDS", 0.0)
    monkeypatch.setattr("copytui.journal.session_log._SHARE_OF_TIME", 0)
    done = threading.Event()

    def write() -> None:
        for number in range(1, 1500):
            session.log.on_change(ExecutionDecided(a_decided(id=number)))
            session.log.on_change(OrderPlanned(a_copy(id=number, execution_id=number, state=S.FAILED, error="x" * 100)))
        done.set()

    writer = threading.Thread(target=write)
    seen = [len(read(session.log)["copy_records"])]
    writer.start()
    while not done.is_set() or len(set(seen)) < 2:
        written = read(session.log)
        assert written["statistics"]["total"] == len(written["copy_records"]) == len(written["failed_copies"])
        assert written["statistics"]["master_orders"] >= written["statistics"]["total"]
        seen.append(len(written["copy_records"]))
    writer.join()
    assert seen == sorted(seen)
    assert len(session.end()["copy_records"]) == 1499


def test_the_files_time_is_when_its_contents_were_taken(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    began: list[float] = []

    def slow(_number: int) -> None:
        began.append(time.time())
        time.sleep(0.3)

    monkeypatch.setattr("copytui.journal.session_log.os.fsync", slow)
    session.log.on_change(OrderPlanned(a_copy(id=1)))
    session.end()
    assert session.log.path.stat().st_mtime <= began[-1]


@pytest.mark.parametrize("place", ["missing", "file"])
def test_a_place_that_cannot_be_written_to_is_an_error_at_the_start(tmp_path: Path, place: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match=place):
        a_log(tmp_path / place)


def test_a_folder_that_vanishes_is_reported_once_and_the_log_is_whole_again_when_it_is_back(tmp_path: Path) -> None:
    folder = tmp_path / "logs"
    folder.mkdir()
    log = a_log(folder)
    told: queue.SimpleQueue[str | None] = queue.SimpleQueue()
    log.on_trouble = told.put
    shutil.rmtree(folder)
    log.on_change(ExecutionDecided(a_decided()))
    log.on_change(OrderPlanned(a_copy(id=1)))
    trouble = told.get(timeout=10)
    folder.mkdir()  # and nothing new happens: it tries again by itself
    recovered = told.get(timeout=10)
    log.close(NOON)
    assert trouble is not None
    assert trouble.startswith("the session's log cannot be written: ")
    assert recovered is None
    assert told.empty()
    assert len(read(log)["copy_records"]) == 1


def test_closing_without_a_folder_ends_and_is_reported(tmp_path: Path) -> None:
    folder = tmp_path / "logs"
    folder.mkdir()
    log = a_log(folder)
    told: queue.SimpleQueue[str | None] = queue.SimpleQueue()
    log.on_trouble = told.put
    shutil.rmtree(folder)
    log.close(NOON)
    assert told.get(timeout=10) is not None


def test_closing_twice_is_closing_once(session: Session) -> None:
    first = session.end()
    assert session.end() == first
