"""The journal's guarantees: ordered, durable when required, compare and set, whatever the disk does."""

from __future__ import annotations

import asyncio
import queue
import sqlite3
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path

import pytest

from copytui.domain.changes import Change, DayOpened, EventEmitted, ExecutionDecided, OrderAdvanced, OrderPlanned
from copytui.domain.copies import CopyState, move
from copytui.domain.errors import JournalUnwritable
from copytui.domain.events import Event, EventKind, Level
from copytui.journal.statements import Statement, statements_of
from copytui.journal.store import Journal, _Job
from tests.builders import MASTER, NOON, TODAY, a_copy, a_decided, after

from .conftest import Query, copy_files

Open = Callable[[], Journal]
QUEUED = a_copy()
SENDING = move(QUEUED, CopyState.SENDING, after(1), attempts=1)
PLANNED: list[Change] = [ExecutionDecided(a_decided()), OrderPlanned(QUEUED)]


def an_event(text: str) -> Change:
    return EventEmitted(Event(NOON, Level.INFO, EventKind.PROGRAM, "copytui", text))


def texts(query: Query) -> list[object]:
    return [text for (text,) in query("SELECT text FROM events ORDER BY seq")]


def trouble_of(journal: Journal) -> str | None:
    return journal.trouble


async def require_sql(journal: Journal, *statements: Statement) -> None:
    """Have the writer thread write statements that no change makes."""
    done: Future[None] = Future()
    journal._jobs.put(_Job(statements, done))
    async with asyncio.timeout(10):
        await asyncio.wrap_future(done)


async def require(journal: Journal, *changes: Change) -> None:
    async with asyncio.timeout(10):
        await journal.require(changes)


class Pragma:
    """Changes and reads the journal's own connection, between two writes."""

    def __init__(self, journal: Journal) -> None:
        self._connection = journal._connection

    def __call__(self, sql: str) -> object:
        return self._connection.execute(f"PRAGMA {sql}").fetchone()[0]

    def fill_the_disk(self) -> None:
        self(f"max_page_count = {self('page_count')}")

    def make_room(self) -> None:
        self("max_page_count = 1000000")


BIG = "x" * 50_000


class Troubles:
    """Collects the troubles that the journal reports."""

    def __init__(self, journal: Journal) -> None:
        self.told: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        journal.on_trouble = self.told.put

    def next(self) -> str | None:
        return self.told.get(timeout=10)

    def is_silent(self) -> bool:
        return self.told.empty()


async def test_records_are_kept_in_order_and_survive_a_reopening(open_journal: Open, query: Query) -> None:
    journal = open_journal()
    for number in range(200):
        journal.record([an_event(str(number))])
    journal.close()
    again = open_journal()
    again.record([an_event("after")])
    again.close()
    assert texts(query) == [*map(str, range(200)), "after"]


async def test_what_is_required_and_all_before_it_stands_in_the_file_when_it_returns(
    open_journal: Open, query: Query
) -> None:
    journal = open_journal()
    journal.record(PLANNED)
    await require(journal, OrderAdvanced(QUEUED, SENDING))
    assert query("SELECT state FROM copies") == [("sending",)]


async def test_the_file_is_in_wal_mode_with_full_sync(open_journal: Open) -> None:
    pragma = Pragma(open_journal())
    assert [pragma("journal_mode"), pragma("synchronous"), pragma("foreign_keys")] == ["wal", 2, 1]


async def test_a_copy_in_another_state_than_it_was_read_in_is_not_moved(open_journal: Open, query: Query) -> None:
    journal = open_journal()
    await require(journal, *PLANNED, OrderAdvanced(QUEUED, SENDING))
    with pytest.raises(JournalUnwritable, match="in another state"):
        await require(journal, an_event("undone"), OrderAdvanced(QUEUED, SENDING))
    assert texts(query) == []
    assert query("SELECT state FROM copies") == [("sending",)]
    assert journal.trouble is None


async def test_a_copy_that_the_journal_does_not_have_is_not_moved(open_journal: Open) -> None:
    with pytest.raises(JournalUnwritable, match="in another state"):
        await require(open_journal(), OrderAdvanced(QUEUED, SENDING))


async def test_a_recorded_change_that_does_not_fit_is_reported_and_undone_alone(
    open_journal: Open, query: Query
) -> None:
    journal = open_journal()
    troubles = Troubles(journal)
    journal.record([an_event("before")])
    journal.record([an_event("undone"), OrderAdvanced(QUEUED, SENDING)])
    await require(journal, an_event("behind"))
    assert troubles.next() == "internal error: the journal has this copy in another state"
    assert texts(query) == ["before", "behind"]


@pytest.mark.parametrize(
    "bad",
    [
        *statements_of([OrderPlanned(replace(QUEUED, execution_id=99))]),
        Statement("INSERT INTO looks VALUES (?, ?, ?)", ("M", "2026-01-01")),
        Statement("INSERT INTO looks VALUES (?, ?, ?)", ("M", "2026-01-01", object())),
        Statement("INSERT INTO followers VALUES (?, ?)", ("F1", "lone \ud800 half")),
        Statement("INSERT INTO events (at, level, kind, who, text, copy_id) VALUES ('', '', '', '', '', ?)", (2**63,)),
        Statement("INSERT INTO events (at, level, kind, who, text, copy_id) VALUES ('', '', '', '', '', 'x')", ()),
    ],
    ids=["no execution", "too few values", "no sql value", "lone surrogate", "too large", "wrong type"],
)
async def test_a_record_that_can_never_be_written_harms_no_other(
    open_journal: Open, query: Query, bad: Statement
) -> None:
    journal = open_journal()
    troubles = Troubles(journal)
    journal.record([an_event("before")])
    journal._jobs.put(_Job((bad,), None))
    with pytest.raises(JournalUnwritable):
        await require_sql(journal, *statements_of([an_event("undone")]), bad)
    await require(journal, an_event("behind"))
    assert (troubles.next() or "").startswith("internal error: the journal refuses a record")
    assert journal.trouble is None
    assert texts(query) == ["before", "behind"]


async def test_a_tag_stands_in_the_journal_once(open_journal: Open, query: Query) -> None:
    journal = open_journal()
    await require(journal, *PLANNED)
    with pytest.raises(JournalUnwritable, match="UNIQUE"):
        await require(journal, OrderPlanned(replace(QUEUED, id=2)))
    assert query("SELECT count(*) FROM copies") == [(1,)]


@pytest.mark.parametrize("sql", ["UPDATE events SET text = 'other'", "DELETE FROM events"])
async def test_events_are_never_changed_or_removed(open_journal: Open, query: Query, sql: str) -> None:
    journal = open_journal()
    await require(journal, an_event("as it was"))
    with pytest.raises(sqlite3.IntegrityError, match="never"):
        query(sql)
    with pytest.raises(JournalUnwritable, match="never"):
        await require_sql(journal, Statement(sql, ()))
    assert texts(query) == ["as it was"]


async def test_what_waits_together_is_written_in_one_transaction(open_journal: Open, path: Path) -> None:
    journal = open_journal()
    begun: list[str] = []
    journal._connection.set_trace_callback(begun.append)
    held = sqlite3.connect(path, isolation_level=None)
    held.execute("BEGIN IMMEDIATE")  # the writer waits for the lock, and everything else for the writer
    try:
        journal.record([DayOpened(MASTER, TODAY, NOON)])
        waiting = [asyncio.ensure_future(require(journal, an_event(str(number)))) for number in range(50)]
        await asyncio.sleep(0)  # lets each of them hand its statements over
        held.execute("ROLLBACK")
        await asyncio.gather(*waiting)
    finally:
        held.close()
    assert begun.count("COMMIT") <= 2
    assert sum(line.startswith("INSERT INTO events") for line in begun) == 50


async def test_a_full_disk_refuses_what_is_required_and_keeps_what_is_recorded(
    open_journal: Open, query: Query
) -> None:
    journal = open_journal()
    await require(journal, *PLANNED)
    pragma, troubles = Pragma(journal), Troubles(journal)
    pragma.fill_the_disk()

    journal.record([an_event(BIG)])
    with pytest.raises(JournalUnwritable, match="full"):
        await require(journal, OrderAdvanced(QUEUED, SENDING))
    journal.record([an_event("later")])
    with pytest.raises(JournalUnwritable, match="full"):
        await require(journal, OrderAdvanced(QUEUED, SENDING))
    told = troubles.next()
    assert told is not None
    assert "full" in told
    assert "nothing is sent until it can be" in told
    assert journal.trouble is not None
    assert troubles.is_silent()
    assert texts(query) == []
    assert query("SELECT state FROM copies") == [("queued",)]

    pragma.make_room()
    assert await asyncio.to_thread(troubles.next) is None  # tries again by itself
    assert trouble_of(journal) is None
    assert texts(query) == [BIG, "later"]
    await require(journal, OrderAdvanced(QUEUED, SENDING))
    assert query("SELECT state FROM copies") == [("sending",)]
    assert troubles.is_silent()


async def test_a_second_full_disk_is_reported_again(open_journal: Open) -> None:
    journal = open_journal()
    await require(journal, *PLANNED)
    pragma, troubles = Pragma(journal), Troubles(journal)
    for _ in range(2):
        pragma.fill_the_disk()
        with pytest.raises(JournalUnwritable):
            await require(journal, an_event(BIG))
        assert await asyncio.to_thread(troubles.next) is not None
        pragma.make_room()
        await require(journal, an_event("room"))
        assert await asyncio.to_thread(troubles.next) is None


async def test_closing_writes_what_is_left(open_journal: Open, query: Query) -> None:
    journal = open_journal()
    for number in range(50):
        journal.record([an_event(str(number))])
    journal.close()
    assert len(texts(query)) == 50


async def test_closing_on_a_full_disk_ends_and_leaves_what_was_written(open_journal: Open, query: Query) -> None:
    journal = open_journal()
    await require(journal, *PLANNED)
    Pragma(journal).fill_the_disk()
    journal.record([an_event(BIG)])
    await asyncio.wait_for(asyncio.to_thread(journal.close), 10)
    assert texts(query) == []
    assert query("SELECT state FROM copies") == [("queued",)]


async def test_a_waiting_task_that_is_cancelled_does_not_stop_the_writer(open_journal: Open, query: Query) -> None:
    journal = open_journal()
    for _ in range(300):
        waiting = asyncio.ensure_future(journal.require([DayOpened(MASTER, TODAY, NOON)]))
        await asyncio.sleep(0)
        waiting.cancel()
    await require(journal, an_event("still there"))
    assert texts(query) == ["still there"]


async def test_a_task_that_is_cancelled_at_the_very_moment_of_the_answer_does_not_stop_the_writer(
    open_journal: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    class CancelledWhenAsked(Future[None]):
        def cancelled(self) -> bool:
            answer = super().cancelled()
            self.cancel()
            return answer

    journal = open_journal()
    with monkeypatch.context() as patched:
        patched.setattr("copytui.journal.store.Future", CancelledWhenAsked)
        await require(journal, DayOpened(MASTER, TODAY, NOON))
    await require(journal, an_event("still there"))


async def test_a_transaction_that_was_never_committed_is_gone_after_a_kill(
    open_journal: Open, path: Path, tmp_path: Path
) -> None:
    journal = open_journal()
    await require(journal, an_event("committed"))
    journal._connection.execute("BEGIN IMMEDIATE")
    journal._connection.execute("INSERT INTO looks VALUES ('M', '2026-11-20', '')")
    killed = tmp_path / "killed.sqlite3"
    copy_files(path, killed)
    journal._connection.execute("ROLLBACK")
    again = Journal(killed)
    try:
        assert again._connection.execute("SELECT text FROM events").fetchall() == [("committed",)]
        assert again.read(MASTER).looked_at == frozenset()
    finally:
        again.close()
