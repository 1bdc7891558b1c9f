"""A journal of version 1 is carried over whole or not at all, and a copy of it is kept beside it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from copytui.cli.main import main
from copytui.domain.changes import EventEmitted
from copytui.domain.copies import ChildOrder, Resolution
from copytui.domain.events import Event, EventCode, EventKind, Level
from copytui.domain.orders import ClientId
from copytui.domain.positions import ExitFraction, PositionKey
from copytui.journal.archive import opened_archive
from copytui.journal.codec import encode
from copytui.journal.migration import backup_name
from copytui.journal.recovered_state import RecoveredPosition, RecoveredState
from copytui.journal.schema import VERSION
from copytui.journal.store import Journal
from tests.builders import NOON
from tests.journal.conftest import copy_files
from tests.journal.old_journals import NAMES, change, content_of, dump, facts, files, opened, rebuild, rows, version_of
from tests.settings.folders import Folder

MASTER = ClientId("M1")
JSON_COLUMNS = {("master_orders", "row"), ("executions", "row"), ("copies", "body")}

every_journal = pytest.mark.parametrize("name", NAMES)


def tables(path: Path) -> dict[str, list[dict[str, Any]]]:
    """Return every row of every table."""
    names = rows(path, "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.row_factory = sqlite3.Row
        return {
            name: [dict(row) for row in connection.execute(f"SELECT * FROM {name} ORDER BY rowid")]  # noqa: S608
            for (name,) in names
        }


# What is carried over.


@every_journal
def test_the_journal_is_carried_over_and_the_copy_is_the_old_file(name: str, path: Path) -> None:
    before, content = rebuild(name, path).read_bytes(), dump(path)
    opened(path)
    assert version_of(path) == VERSION
    kept = path.with_name("journal.version-1.sqlite3")
    assert set(files(path.parent)) == {path.name, kept.name}
    assert content_of(kept.read_bytes()) == content_of(before)
    assert dump(kept) == content
    assert version_of(kept) == 1


def in_new_words(name: str, row: dict[str, Any]) -> dict[str, Any]:
    """Return what a row of table `name` of version 1 ought to have become, but for resolutions and codes."""
    row = dict(row)
    for column in ("row", "body"):
        if (name, column) in JSON_COLUMNS:
            row[column] = json.loads(row[column])
    match name:
        case "master_orders" | "executions":
            row["row"]["order_status"] = row["row"].pop("stage")
        case "copies":
            row["body"]["cancel_reason"] = row["body"].pop("withdrawn")
        case "switches":
            row["name"] = row["name"].replace("stranded:", "orphaned:")
        case "positions":
            row["rounding_carry"] = row.pop("owed")
        case _:
            pass
    return row


@every_journal
def test_every_row_of_every_table_is_there(name: str, path: Path) -> None:
    old = tables(rebuild(name, path))
    opened(path)
    new = tables(path)
    for row in new["copies"]:
        row["body"] = json.loads(row["body"])
        row["body"].pop("resolution")
    for row in [*new["master_orders"], *new["executions"]]:
        row["row"] = json.loads(row["row"])
    for row in new["events"]:
        row.pop("code")
    new["switches"] = new.pop("flags")
    assert new == {table: [in_new_words(table, row) for row in each] for table, each in old.items()}
    assert {table: len(each) for table, each in new.items()} == facts(name)["rows"]


@every_journal
def test_its_tables_are_those_of_a_new_journal(name: str, path: Path) -> None:
    rebuild(name, path)
    fresh = path.with_name("fresh.sqlite3")
    for each in (path, fresh):
        opened(each)
    assert shape(path) == shape(fresh)


def shape(path: Path) -> dict[str, Any]:
    names = rows(path, "SELECT type, name, tbl_name FROM sqlite_master WHERE name NOT LIKE 'sqlite_%' ORDER BY 1, 2")
    strict = rows(path, "SELECT name, strict FROM pragma_table_list WHERE schema = 'main' ORDER BY name")
    return {
        "names": names,
        "strict": strict,
        "columns": {table: rows(path, f"PRAGMA table_xinfo({table})") for _, table, _ in names},
        "foreign": {table: rows(path, f"PRAGMA foreign_key_list({table})") for _, table, _ in names},
        "triggers": rows(path, "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' ORDER BY name"),
    }


# What is read of it.


@every_journal
def test_what_is_read_is_what_version_1_read(name: str, path: Path) -> None:
    journal = Journal(rebuild(name, path))
    recovered = journal.read(MASTER)
    journal.close()
    expected = facts(name)
    del expected["rows"]
    expected["flags"] = {
        key.replace("stranded:", "orphaned:"): value for key, value in expected.pop("switches").items()
    }
    for known in expected["known"].values():
        known["order_status"] = known.pop("stage")
    for copy in expected["copies"].values():
        copy["cancel_reason"], copy["book_day"] = copy.pop("withdrawn"), None
        copy["order"]["contract"] = None
    for position in [*expected["positions"], *expected["orphans"]]:
        position["rounding_carry"] = position.pop("owed")
    found = json.loads(json.dumps(as_facts(recovered)))
    for part, value in expected.items():
        assert found[part] == value, part
    assert found.keys() == expected.keys()


def as_facts(recovered: RecoveredState) -> dict[str, Any]:
    """Return what was read as the JSON files have it, under the new names."""
    return {
        "master": MASTER,
        "looked_at": sorted(day.isoformat() for day in recovered.looked_at),
        "next_execution_id": recovered.next_execution_id,
        "next_copy_id": recovered.next_copy_id,
        "known_count": len(recovered.known),
        "known": {
            known.order.key: {
                "origin": known.origin, "symbol": known.order.symbol, "order_status": known.order.order_status,
                "filled": known.order.filled, "counted": known.counted, "executions": known.executions,
            }
            for known in recovered.known
        },
        "executions": {
            str(decided.id): {
                "master": decided.master, "day": decided.day.isoformat(), "key": decided.execution.key,
                "number": decided.execution.number,
                "symbol": decided.execution.order.symbol, "side": decided.execution.order.side,
                "quantity": decided.execution.quantity, "origin": decided.execution.origin,
                "closes": fraction(decided.execution.closes),
                "verdict": decided.decision.verdict, "reason": decided.decision.reason,
                "sentence": decided.decision.sentence, "settled": decided.settled,
                "plans": [
                    [plan.follower, plan.quantity, plan.reason, fraction(plan.exit)] for plan in decided.decision.plans
                ],
                "decided_at": decided.decided_at.isoformat(),
            }
            for decided in recovered.executions
        },
        "copies": {str(copy.id): copy_facts(copy) for copy in recovered.copies},
        "halted": dict(recovered.halted),
        "flags": recovered.flags,
        "account_days": sorted(
            [account, day.isoformat(), name, value] for (account, day, name), value in recovered.account_days.items()
        ),
        "positions": sorted(map(position_facts, recovered.positions), key=lambda each: (each["account"], each["key"])),
        "orphans": [{"master": master, **position_facts(position)} for master, position in recovered.orphans],
    }  # fmt: skip


def copy_facts(copy: ChildOrder) -> dict[str, Any]:
    plain = json.loads(encode(copy))
    order = plain.pop("order")
    for name in ("id", "resolution"):
        plain.pop(name)
    return {
        **plain,
        "exit": fraction(copy.exit),
        "is_marked_not_placed": copy.is_marked_not_placed,
        **{name: order.pop(name) for name in ("symbol", "side", "quantity", "price", "tag")},
        "order": order,
    }


def fraction(exit_: ExitFraction | None) -> list[int] | None:
    return [exit_.closing, exit_.held] if exit_ else None


def words(key: PositionKey) -> str:
    return f"{key.exchange} {key.symbol} {key.product}"


def position_facts(each: RecoveredPosition) -> dict[str, Any]:
    return {
        "account": each.account, "key": words(each.key), "day": each.day.isoformat(),
        "quantity": each.position.quantity, "rounding_carry": str(each.position.rounding_carry),
    }  # fmt: skip


# What is new in it.

RESOLUTIONS = {
    "settled": {5: "refused", 9: "refused", 11: "not_placed", 12: "refused", 13: "refused", 14: "not_placed",
                18: "not_placed"},
    "waiting": {10: "refused", 12: "refused"},
    "over_night": {7: "refused", 12: "refused"},
}  # fmt: skip
CODES = {
    "settled": {8: "unknown", 16: "unknown", 21: "unknown", 23: "not_placed", 27: "unknown", 28: "not_placed",
                37: "unknown", 38: "unknown", 39: "not_placed"},
    "waiting": {19: "halted"},
    "over_night": {25: "unknown", 45: "halted"},
}  # fmt: skip


@every_journal
def test_failed_child_orders_have_their_resolution_and_events_their_code(name: str, path: Path) -> None:
    opened(rebuild(name, path))
    bodies = rows(path, "SELECT id, state, json_extract(body, '$.resolution') FROM copies")
    assert {id_: found for id_, _state, found in bodies if found} == RESOLUTIONS.get(name, {})
    assert all((state == "failed") == (found is not None) for _id, state, found in bodies)
    assert dict(rows(path, "SELECT seq, code FROM events WHERE code IS NOT NULL")) == CODES.get(name, {})


@pytest.mark.parametrize(
    ("error", "resolution"),
    [
        ("marked as not placed by hand", Resolution.NOT_PLACED),
        ("marked as not placed by hand (copytui resolve)", Resolution.NOT_PLACED),
        ("not sent: 3 orders of it in 60 s", Resolution.NOT_SENT),
        ("not sent in time: its session was refused", Resolution.NOT_SENT),
        ("this follower is not in the settings any more", Resolution.NOT_SENT),
        ("not sent: this follower is not in the settings any more", Resolution.NOT_SENT),
        ("M0 is not the master any more", Resolution.NOT_SENT),
        ("the session was refused again after a new log-in: AG8002: token expired", Resolution.REFUSED),
        ("AB1013: marked as not placed", Resolution.REFUSED),
        (None, Resolution.REFUSED),
    ],
)
def test_the_sentence_of_a_failed_child_order_gives_its_resolution(
    path: Path, error: str | None, resolution: Resolution
) -> None:
    rebuild("settled", path)
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("UPDATE copies SET body = json_set(body, '$.error', ?) WHERE id = 9", (error,))
    journal = Journal(path)
    (copy,) = (copy for copy in journal.read(MASTER).copies if copy.id == 9)
    journal.close()
    assert (copy.resolution, copy.error) == (resolution, error)
    assert copy.is_marked_not_placed == (resolution is Resolution.NOT_PLACED)


SAID = "INSERT INTO events (at, level, kind, who, text) VALUES ('2026-11-20T12:05:00+05:30', 'INFO', ?, 'F', ?)"


@pytest.mark.parametrize(
    ("kind", "text", "code"),
    [
        ("copy", "BUY 50 X limit 1.00 unknown: HTTP 502; looking it up by its tag", EventCode.UNKNOWN),
        (
            "copy",
            "BUY 50 X limit 1.00 unknown: copytui stopped while it was being sent; looking it up by its tag",
            EventCode.UNKNOWN,
        ),
        ("copy", "BUY 50 X limit 1.00 found at the broker: F1-3", EventCode.FOUND),
        ("copy", "BUY 50 X limit 1.00 marked as not placed", EventCode.NOT_PLACED),
        ("copy", "BUY 50 X limit 1.00 marked as not placed by hand (copytui resolve)", EventCode.NOT_PLACED),
        (
            "copy",
            "BUY 50 X limit 1.00 was marked as not placed, and stands at the broker after all: F1-3 (copy 18)",
            None,
        ),
        ("copy", "BUY 50 X limit 1.00 failed (copy 3): AB1: unknown: token", None),
        ("copy", "BUY 50 X limit 1.00 dismissed", None),
        ("session", "login unknown: HTTP 502; looking it up by its tag", None),
        ("risk", "halted: 5 copies in a row went wrong", EventCode.HALTED),
        ("risk", "still halted from before: by hand", None),
    ],
)
def test_the_text_of_an_event_gives_its_code(path: Path, kind: str, text: str, code: EventCode | None) -> None:
    rebuild("dry_run", path)
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute(SAID, (kind, text))
    opened(path)
    assert rows(path, "SELECT text, code FROM events ORDER BY seq DESC LIMIT 1") == [(text, code)]


@every_journal
def test_events_keep_their_text_and_order_and_are_still_only_appended_to(name: str, path: Path) -> None:
    before = rows(rebuild(name, path), "SELECT seq, at, level, kind, who, text FROM events ORDER BY seq")
    journal = Journal(path)
    event = Event(NOON, Level.INFO, EventKind.PROGRAM, "copytui", "further")
    asyncio.run(journal.require([EventEmitted(event)]))
    journal.close()
    after = rows(path, "SELECT seq, at, level, kind, who, text FROM events ORDER BY seq")
    assert after[:-1] == before
    assert after[-1][0] == before[-1][0] + 1
    for statement in ("UPDATE events SET text = ''", "UPDATE events SET code = NULL", "DELETE FROM events"):
        with pytest.raises(sqlite3.IntegrityError, match="never"):
            change(path, statement)


def test_an_early_journal_without_the_later_tables_is_carried_over(path: Path) -> None:
    rebuild("settled", path)
    missing = ("requests", "positions", "exits", "exit_times", "switches", "account_days")
    change(path, *(f"DROP TABLE {table}" for table in missing))
    change(path, "UPDATE copies SET body = json_remove(body, '$.withdrawn', '$.reprices', '$.slices')")
    journal = Journal(path)
    recovered = journal.read(MASTER)
    journal.close()
    assert (recovered.positions, recovered.flags, recovered.account_days) == ((), {}, {})
    assert {copy.id for copy in recovered.copies} == set(map(int, facts("settled")["copies"]))
    fresh = path.with_name("fresh.sqlite3")
    opened(fresh)
    assert shape(path) == shape(fresh)


@every_journal
def test_opening_it_again_changes_nothing(name: str, path: Path) -> None:
    opened(rebuild(name, path))
    before = files(path.parent)
    opened(path)
    after = files(path.parent)
    assert dump(path)
    assert after.keys() == before.keys()
    assert after[backup_name(path).name] == before[backup_name(path).name]
    with contextlib.closing(sqlite3.connect(":memory:")) as memory:
        memory.deserialize(writable(before[path.name]))
        assert list(memory.iterdump()) == dump(path)


def writable(data: bytes) -> bytes:
    """Return a database file as one without a write-ahead log, which can be read in memory."""
    return data[:18] + b"\x01\x01" + data[20:]


def test_what_a_killed_version_1_left_in_its_write_ahead_log_is_read_carried_over_and_kept(
    path: Path, tmp_path: Path
) -> None:
    rebuild("settled", path)
    (tmp_path / "killed").mkdir()
    killed = tmp_path / "killed" / path.name
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("UPDATE copies SET body = json_set(body, '$.error', 'the last word') WHERE id = 9")
        copy_files(path, killed)
    log = killed.with_name(f"{killed.name}-wal")
    before = [killed.read_bytes(), log.read_bytes()]
    assert before[1]
    with opened_archive(killed) as archive:
        assert "the last word" in [copy.error for copy in archive.copies(None, None)]
    assert [killed.read_bytes(), log.read_bytes()] == before
    opened(killed)
    for each in (killed, backup_name(killed)):
        assert rows(each, "SELECT json_extract(body, '$.error') FROM copies WHERE id = 9") == [("the last word",)]


# Only read.


def said(capture: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(arguments) == 0
    return capture.readouterr().out


@pytest.mark.parametrize("name", ["settled", "over_night"])
def test_commands_that_only_read_say_the_same_of_it_and_write_no_byte(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Folder(tmp_path).env()
    (tmp_path / "logs").mkdir()
    path = rebuild(name, tmp_path / "logs" / "journal.sqlite3")
    before = files(path.parent)
    questions = [
        ("history",),
        ("history", "--format", "json"),
        *(("why", f"#{id_}") for id_ in facts(name)["executions"]),
    ]
    first = [said(capsys, *question) for question in questions]
    assert files(path.parent) == before
    opened(path)
    assert [said(capsys, *question) for question in questions] == first
    assert "unknown" in first[0]
