"""A file that is not a sound journal is refused in one sentence, and not a byte of it changes."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from copytui.domain.changes import DayOpened, ExecutionDecided, MasterOrderSeen, OrderPlanned
from copytui.domain.errors import JournalUnreadable, JournalUnwritable
from copytui.journal.schema import VERSION
from copytui.journal.store import Journal
from tests.builders import MASTER, NOON, TODAY, a_copy, a_decided, a_known

from .conftest import copy_files

Open = Callable[[], Journal]


def contents(path: Path) -> dict[str, bytes]:
    """Return the names and bytes of the file and of all that stands beside it."""
    return {file.name: file.read_bytes() for file in path.parent.glob(f"{path.name}*")}


def refusal(path: Path) -> str:
    """Open, expect a refusal in one sentence that names the file, and nothing changed by it; return the sentence."""
    before = contents(path)
    with pytest.raises((JournalUnreadable, JournalUnwritable)) as refused:
        Journal(path).close()
    assert contents(path) == before
    sentence = str(refused.value)
    assert str(path) in sentence
    assert "\n" not in sentence
    assert sentence.isprintable()
    return sentence


def a_file_with(path: Path, *statements: str) -> None:
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)


@pytest.fixture
def filled(path: Path, open_journal: Open) -> Path:
    """Return a closed journal that holds something."""
    journal = open_journal()
    journal.record(
        [DayOpened(MASTER, TODAY, NOON), MasterOrderSeen(a_known(), MASTER, TODAY), ExecutionDecided(a_decided())]
    )
    journal.record([OrderPlanned(a_copy(id=number)) for number in range(1, 60)])
    journal.close()
    return path


def test_a_new_journal_is_created_and_empty(open_journal: Open) -> None:
    recovered = open_journal().read(MASTER)
    assert (recovered.known, recovered.executions, recovered.copies, recovered.halted) == ((), (), (), ())
    assert (recovered.next_execution_id, recovered.next_copy_id, recovered.looked_at) == (1, 1, frozenset())


def test_a_start_that_was_killed_while_it_made_the_journal_leaves_nothing_in_the_way(
    path: Path, open_journal: Open
) -> None:
    half = path.with_name(f"{path.name}.new")
    half.write_bytes(b"SQLite format 3\x00 and no more")
    half.with_name(f"{half.name}-journal").write_bytes(b"junk")
    assert open_journal().read(MASTER).copies == ()
    assert not list(path.parent.glob("*.new*"))


def test_text_in_the_place_of_a_journal_is_refused(path: Path) -> None:
    path.write_text("these are my notes\n" * 100)
    assert "is damaged" in refusal(path)


def test_an_empty_file_is_refused_for_it_may_have_been_a_journal(path: Path) -> None:
    path.touch()
    assert "it is empty" in refusal(path)


def test_a_foreign_database_is_refused(path: Path) -> None:
    a_file_with(path, "CREATE TABLE notes (text)", "INSERT INTO notes VALUES ('mine')")
    assert "is not a journal" in refusal(path)


@pytest.mark.parametrize("mark", ["application_id = 77", "user_version = 3"])
def test_a_foreign_database_without_tables_is_refused(path: Path, mark: str) -> None:
    a_file_with(path, f"PRAGMA {mark}", "CREATE TABLE gone (x)", "DROP TABLE gone")
    assert "is not a journal" in refusal(path)


@pytest.mark.parametrize("version", [VERSION + 1, 0])
def test_a_journal_of_another_version_is_refused(filled: Path, version: int) -> None:
    a_file_with(filled, f"PRAGMA user_version = {version}")
    assert f"(version {version})" in refusal(filled)


def test_a_newer_journal_that_was_killed_keeps_its_write_ahead_log(filled: Path, tmp_path: Path) -> None:
    killed = tmp_path / "killed.sqlite3"
    with contextlib.closing(sqlite3.connect(filled, isolation_level=None)) as connection:
        connection.execute(f"PRAGMA user_version = {VERSION + 1}")
        copy_files(filled, killed)
    assert set(contents(killed)) == {"killed.sqlite3", "killed.sqlite3-wal"}
    assert f"(version {VERSION + 1})" in refusal(killed)


def damage(path: Path, start: int) -> None:
    data = bytearray(path.read_bytes())
    data[start : start + 600] = b"\xa5" * 600
    path.write_bytes(data)


@pytest.mark.parametrize("start", [0, 16, 60])
def test_a_journal_with_a_damaged_head_is_refused(filled: Path, start: int) -> None:
    damage(filled, start)
    refusal(filled)


@pytest.mark.parametrize("is_killed", [False, True])
@pytest.mark.parametrize("eighth", range(1, 8))
def test_a_journal_damaged_anywhere_is_refused_and_left_to_the_byte_or_read_whole(
    filled: Path, tmp_path: Path, eighth: int, is_killed: bool
) -> None:
    intact = Journal(filled)
    recovered = intact.read(MASTER)
    damaged = filled
    if is_killed:
        (tmp_path / "killed").mkdir()
        damaged = tmp_path / "killed" / "journal.sqlite3"
        copy_files(filled, damaged)
    intact.close()
    damage(damaged, damaged.stat().st_size * eighth // 8)
    before = every_file(damaged.parent)
    try:
        journal = Journal(damaged, MASTER)
    except JournalUnreadable as error:
        refused = str(error)
    else:
        assert journal.read(MASTER) == recovered
        journal.close()
        return
    assert refused.isprintable()
    assert every_file(damaged.parent) == before


def test_a_journal_cut_in_half_is_refused(filled: Path) -> None:
    filled.write_bytes(filled.read_bytes()[: filled.stat().st_size // 8192 * 4096])
    refusal(filled)


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE copies SET body = '{'",
        "UPDATE copies SET body = '[]'",
        "UPDATE copies SET body = replace(body, '\"102\"', '\"much\"')",
        "UPDATE copies SET body = replace(body, 'queued', 'queuing')",
        "UPDATE executions SET plans = '[[1]]'",
        "UPDATE executions SET plans = '7'",
        "UPDATE executions SET verdict = 'perhaps'",
        "UPDATE executions SET seen_at = 'noon'",
        "UPDATE master_orders SET row = 'null'",
        "UPDATE looks SET day = 'today'",
        "DROP TABLE master_orders",
    ],
)
@pytest.mark.parametrize("is_killed", [False, True])
def test_a_record_that_cannot_be_read_is_refused_before_a_byte_changes(
    filled: Path, tmp_path: Path, sql: str, is_killed: bool
) -> None:
    damaged = filled
    if is_killed:  # what is damaged stands in the write-ahead log only
        damaged = tmp_path / "killed" / "journal.sqlite3"
        damaged.parent.mkdir()
        with contextlib.closing(sqlite3.connect(filled, isolation_level=None)) as connection:
            connection.execute(sql)
            copy_files(filled, damaged)
    else:
        a_file_with(filled, sql)
    before = every_file(damaged.parent)
    with pytest.raises(JournalUnreadable, match="It was not changed"):
        Journal(damaged, MASTER).close()
    assert every_file(damaged.parent) == before


def every_file(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir() if file.is_file()}


def test_a_journal_is_read_before_it_is_opened_for_writing(filled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    intact = Journal(filled)
    expected = intact.read(MASTER)
    intact.close()
    monkeypatch.setattr("copytui.journal.store.read_recovered_state", None)  # not read again
    journal = Journal(filled, MASTER)
    assert journal.read(MASTER) == expected
    journal.close()


def test_the_state_of_a_killed_run_is_read_from_its_write_ahead_log(filled: Path, tmp_path: Path) -> None:
    running = Journal(filled)
    asyncio.run(running.require([OrderPlanned(a_copy(id=99))]))
    (tmp_path / "killed").mkdir()
    killed = tmp_path / "killed" / "journal.sqlite3"
    copy_files(filled, killed)
    running.close()
    journal = Journal(killed, MASTER)
    assert journal.read(MASTER).next_copy_id == 100
    journal.close()


def test_a_directory_in_the_place_of_a_journal_is_refused(path: Path) -> None:
    path.mkdir()
    with pytest.raises(JournalUnwritable, match="cannot be opened"):
        Journal(path).close()
    assert list(path.iterdir()) == []


def test_a_journal_in_a_directory_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    with pytest.raises(JournalUnwritable, match="cannot be created"):
        Journal(tmp_path / "nowhere" / "journal.sqlite3").close()


def test_a_journal_that_another_program_writes_to_all_the_time_is_refused(
    filled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", lambda *args, **named: connect(*args, **(named | {"timeout": 0.05})))
    with contextlib.closing(connect(filled, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(JournalUnwritable, match="locked"):
            Journal(filled).close()


def test_a_journal_in_an_odd_place_is_opened_again(tmp_path: Path) -> None:
    place = tmp_path / "my logs #1 100%?"
    place.mkdir()
    for _ in range(2):
        journal = Journal(place / "journal.sqlite3")
        asyncio.run(journal.require([DayOpened(MASTER, TODAY, NOON)]))
        assert (place / "journal.sqlite3").exists()
        journal.close()
