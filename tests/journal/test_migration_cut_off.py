"""A carrying over that is cut off, or refused, leaves a sound journal of version 1."""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from copytui.domain.errors import JournalUnreadable, JournalUnwritable
from copytui.journal import store
from copytui.journal.archive import opened_archive
from copytui.journal.migration import backup_name, carry_over
from copytui.journal.schema import VERSION
from tests.journal.conftest import copy_files
from tests.journal.old_journals import change, content_of, dump, facts, files, opened, rebuild, rows, version_of

# Cut off in the middle.


class Statements:
    """A connection that calls `then` before its statement number `at` of the carrying over."""

    def __init__(self, connection: sqlite3.Connection, at: int, then: Callable[[], None]) -> None:
        self._connection = connection
        self._left = at
        self._then = then
        connection.execute("PRAGMA cache_size = 2")  # pages reach the disk before the transaction's end

    def execute(self, *arguments: Any) -> sqlite3.Cursor:
        self._count()
        return self._connection.execute(*arguments)

    def executemany(self, *arguments: Any) -> sqlite3.Cursor:
        self._count()
        return self._connection.executemany(*arguments)

    def end(self) -> None:
        """Count the end as one more statement."""
        self._count()
        assert self._left < 0, "there were fewer statements than that"

    def _count(self) -> None:
        if not self._left:
            self._then()
        self._left -= 1


LAST = 28
"""So many statements carry a journal over; a cut at this one falls just before the commit."""
POINTS = (0, 7, 11, 16, 20, 25, LAST)
"""At the beginning, between two tables, between reading and writing of one, among the events, at the end."""
Cutter = Callable[[int, Callable[[], None]], None]


@pytest.fixture
def cut(monkeypatch: pytest.MonkeyPatch) -> Cutter:
    """Make the next carrying over call a function before its statement of a number."""

    def cut_at(at: int, then: Callable[[], None]) -> None:
        def carry(connection: sqlite3.Connection) -> None:
            statements = Statements(connection, at, then)
            carry_over(cast("sqlite3.Connection", statements))
            statements.end()

        monkeypatch.setattr(store, "carry_over", carry)

    return cut_at


class Cut(Exception):
    pass


def raise_cut() -> None:
    raise Cut


def raise_full() -> None:
    raise sqlite3.OperationalError("database or disk is full")


@pytest.mark.parametrize("at", POINTS)
def test_a_carrying_over_that_fails_leaves_a_sound_journal_of_version_1(path: Path, cut: Cutter, at: int) -> None:
    before, content = rebuild("settled", path).read_bytes(), dump(path)
    cut(at, raise_cut)
    with pytest.raises(Cut):
        opened(path)
    assert path.read_bytes() == before
    assert dump(path) == content
    cut(-1, raise_cut)
    goes_on_from(path)


def goes_on_from(path: Path) -> None:
    opened(path)
    assert version_of(path) == VERSION
    assert set(files(path.parent)) == {path.name, backup_name(path).name}
    assert len(rows(path, "SELECT * FROM copies")) == facts("settled")["rows"]["copies"]


@pytest.mark.parametrize("at", POINTS)
def test_a_kill_while_it_is_carried_over_leaves_a_sound_journal_of_version_1(
    path: Path, tmp_path: Path, cut: Cutter, at: int
) -> None:
    content = dump(rebuild("settled", path))
    (tmp_path / "killed").mkdir()
    killed = tmp_path / "killed" / path.name
    cut(at, lambda: copy_files(path, killed))
    opened(path)
    assert version_of(path) == VERSION
    cut(-1, raise_cut)
    assert dump(killed) == content
    assert version_of(killed) == 1
    goes_on_from(killed)


KILLED = """
import os, signal, sys
from pathlib import Path
from copytui.journal import store
from tests.journal.test_migration_cut_off import Statements, carry_over

def die():
    os.kill(os.getpid(), signal.SIGKILL)

store.carry_over = lambda connection: carry_over(Statements(connection, int(sys.argv[2]), die))
store.Journal(Path(sys.argv[1]))
"""


def test_a_process_that_is_killed_while_it_carries_over_leaves_a_sound_journal_of_version_1(path: Path) -> None:
    content = dump(rebuild("settled", path))
    ended = subprocess.run([sys.executable, "-c", KILLED, path, "24"], check=False)  # noqa: S603
    assert ended.returncode == -signal.SIGKILL
    assert path.with_name(f"{path.name}-wal").stat().st_size > 0, "it was killed before it had written anything"
    assert dump(path) == content
    goes_on_from(path)


def test_a_disk_that_becomes_full_while_it_is_carried_over_leaves_it_as_it_was(path: Path, cut: Cutter) -> None:
    before = rebuild("settled", path).read_bytes()
    cut(20, raise_full)
    with pytest.raises(JournalUnwritable, match="full"):
        opened(path)
    assert path.read_bytes() == before


# The copy cannot be kept.


@contextlib.contextmanager
def small_files(limit: int) -> Iterator[None]:
    """Let no file of this process grow beyond `limit` bytes, as a full disk does."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_disk_that_is_too_full_for_the_copy_refuses_to_start(path: Path) -> None:
    before = rebuild("waiting", path).read_bytes()
    with small_files(len(before) // 2), pytest.raises(JournalUnwritable, match="cannot be written"):
        opened(path)
    assert files(path.parent) == {path.name: before}


def test_a_copy_that_cannot_be_made_refuses_to_start(path: Path) -> None:
    before = rebuild("waiting", path).read_bytes()
    backup_name(path).with_name(f"{backup_name(path).name}.new").mkdir()
    with pytest.raises(JournalUnwritable, match="cannot be written"):
        opened(path)
    assert files(path.parent) == {path.name: before}


@pytest.mark.skipif(os.geteuid() == 0, reason="to root, no folder is read-only")
def test_a_read_only_folder_refuses_to_start(path: Path) -> None:
    before = rebuild("waiting", path).read_bytes()
    path.parent.chmod(0o555)
    try:
        with pytest.raises(JournalUnwritable):
            opened(path)
        assert files(path.parent) == {path.name: before}
    finally:
        path.parent.chmod(0o755)


def test_a_copy_of_another_content_that_is_there_already_is_not_lost(path: Path) -> None:
    other = rebuild("dry_run", backup_name(path)).read_bytes()
    before = rebuild("settled", path).read_bytes()
    opened(path)
    kept = files(path.parent)
    del kept[path.name]
    assert kept.pop("journal.version-1.1.sqlite3") == other
    assert {name: content_of(data) for name, data in kept.items()} == {"journal.version-1.sqlite3": content_of(before)}


# Not carried over at all.


@pytest.mark.parametrize("version", [0, VERSION + 1])
def test_a_journal_of_another_version_is_refused_and_left_as_it_is(path: Path, version: int) -> None:
    change(rebuild("working", path), f"PRAGMA user_version = {version}")
    before = files(path.parent)
    with pytest.raises(JournalUnreadable, match=f"version {version}"):
        opened(path)
    with pytest.raises(JournalUnreadable, match=f"version {version}"), opened_archive(path):
        pass
    assert files(path.parent) == before


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE copies SET body = '{'",
        "UPDATE copies SET body = 'null'",
        "UPDATE copies SET body = '[]'",
        "UPDATE copies SET body = '{}'",
        "UPDATE executions SET row = '7'",
        "UPDATE master_orders SET row = '{}'",
    ],
)
def test_a_record_that_cannot_be_read_is_refused_in_one_sentence(path: Path, sql: str) -> None:
    change(rebuild("working", path), sql)
    before = path.read_bytes()
    with pytest.raises(JournalUnreadable, match="is damaged") as refused:
        opened(path)
    assert str(refused.value).isprintable()
    assert path.read_bytes() == before
    with pytest.raises(JournalUnreadable, match="is damaged"), opened_archive(path):
        pass
    assert path.read_bytes() == before
