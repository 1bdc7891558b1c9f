"""Reading the journal never changes it, and works beside a writer and on whatever stands at its place."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from pathlib import Path

import pytest

from copytui.domain.changes import ExecutionDecided, OrderAdvanced
from copytui.domain.copies import CopyState, move
from copytui.domain.errors import JournalUnreadable
from copytui.domain.positions import ExitFraction
from copytui.journal.archive import opened_archive
from tests.builders import NOON, a_decided, an_execution
from tests.reports.conftest import Shell
from tests.reports.made import ASHA, a_fill, copy_of, past


def test_it_reads_beside_a_running_program_and_holds_nothing_up(shell: Shell) -> None:
    queued = {"state": CopyState.QUEUED}
    with shell.open_journal(past(1, copies={ASHA: queued})) as journal:
        assert "pending" in shell.out("history")
        with opened_archive(shell.journal) as archive:
            (before,) = archive.copies(None, None)
            asyncio.run(journal.require([OrderAdvanced(before, move(before, CopyState.SENDING, NOON))]))
            assert archive.copies(None, None) == (before,), "one moment, whatever is written meanwhile"
        assert "sending" in shell.out("history")
        assert journal.trouble is None


def test_it_changes_no_byte(shell: Shell) -> None:
    shell.keep(*past(1))
    before = shell.journal.read_bytes()
    shell.out("history")
    shell.out("why", "#1")
    assert shell.journal.read_bytes() == before
    with opened_archive(shell.journal) as archive, pytest.raises(sqlite3.OperationalError, match="readonly"):
        archive._connection.execute("DELETE FROM copies")


def test_after_a_kill_what_stands_in_the_write_ahead_log_is_read(shell: Shell, tmp_path: Path) -> None:
    killed = tmp_path / "killed"
    killed.mkdir()
    with shell.open_journal(past(1)):
        for end in ("", "-wal"):
            (killed / f"journal.sqlite3{end}").write_bytes(Path(f"{shell.journal}{end}").read_bytes())
    with opened_archive(killed / "journal.sqlite3") as archive:
        assert len(archive.copies(None, None)) == 1


def test_the_share_that_an_execution_closed_is_remembered(shell: Shell) -> None:
    decided = a_decided(execution=an_execution(closes=ExitFraction(20, 50)))
    shell.keep(ExecutionDecided(decided))
    with opened_archive(shell.journal) as archive:
        assert [each.execution.closes for each in archive.executions([1])] == [ExitFraction(20, 50)]


@pytest.mark.parametrize(
    "content",
    [b"", b"no database at all", b"SQLite format 3\x00" + bytes(range(256)) * 64],
    ids=["empty", "text", "junk"],
)
@pytest.mark.parametrize("command", [["history"], ["why", "#1"], ["replay", "--journal", "today"]])
def test_what_is_no_journal_is_said_in_a_sentence_and_kept(shell: Shell, content: bytes, command: list[str]) -> None:
    shell.journal.parent.mkdir()
    shell.journal.write_bytes(content)
    assert str(shell.journal) in shell.refused(*command, code=1)
    assert shell.journal.read_bytes() == content


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE copies SET body = '{}'",
        "UPDATE copies SET body = '{\"id\":1}'",
        "UPDATE copies SET body = json_set(body, '$.state', 'dancing')",
        "UPDATE copies SET body = json_set(body, '$.from_tomorrow', 1)",
        "UPDATE executions SET row = 'x'",
        "UPDATE executions SET verdict = 'dancing'",
        "UPDATE executions SET plans = '[[1]]'",
    ],
)
def test_a_row_that_makes_no_sense_is_no_traceback(shell: Shell, sql: str) -> None:
    shell.keep(*past(1))
    with contextlib.closing(sqlite3.connect(shell.journal)) as connection, connection:
        connection.execute(sql)
    for command in (["history"], ["why", "261120000000001"], ["why", "#1"]):
        code, _out, err = shell(*command)
        assert code in (0, 1)
        assert err.count("\n") <= 1
        assert "internal error" not in err
    assert shell("why", "#1")[0] == 1


def test_many_numbers_are_asked_for_in_parts(shell: Shell) -> None:
    shell.keep(*(statement for number in range(1, 1203) for statement in past(number, copies={})))
    with opened_archive(shell.journal) as archive:
        assert [each.id for each in archive.executions(range(1, 1203))] == list(range(1, 1203))
        assert archive.coverage().executions == 1202


def test_a_missing_journal_is_unreadable(tmp_path: Path) -> None:
    with pytest.raises(JournalUnreadable, match="no journal yet"), opened_archive(tmp_path / "none"):
        pass


def test_copies_are_found_by_the_day_they_were_made(shell: Shell) -> None:
    shell.keep(*past(1))
    with opened_archive(shell.journal) as archive:
        assert archive.copies(NOON.date(), NOON.date()) == (copy_of(1, 0, ASHA, a_fill()),)
