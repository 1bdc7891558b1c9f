"""The journal: SQLite with WAL and full sync, one connection, one writer thread.

There are two ways to write. `record` returns at once: the changes are written in order, several callers' together in
one transaction, and retried while the disk refuses them. `require` waits until its own changes and all earlier ones
are on disk, or raises: nothing is sent to the broker without it.
"""

from __future__ import annotations

import asyncio
import contextlib
import queue
import sqlite3
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path

from copytui.domain.changes import Change
from copytui.domain.errors import JournalUnreadable, JournalUnwritable
from copytui.domain.orders import ClientId
from copytui.domain.text import clean
from copytui.journal.examination import examine
from copytui.journal.migration import FIRST_VERSION, carry_over, keep_copy
from copytui.journal.recovered_state import RecoveredState, read_recovered_state
from copytui.journal.schema import APPLICATION_ID, DDL, EVENTS_ARE_FINAL, VERSION
from copytui.journal.statements import Statement, statements_of

_RETRY_SECONDS = 1.0
_UNFIT = (
    sqlite3.IntegrityError, sqlite3.DataError, sqlite3.InterfaceError, sqlite3.ProgrammingError,
    OverflowError, ValueError,
)  # fmt: skip
"""Errors of a record that can never be written; it is refused alone."""


@dataclass(frozen=True, slots=True)
class _Job:
    statements: tuple[Statement, ...]
    done: Future[None] | None


class Journal:
    """The open journal. After `read`, only its writer thread uses the connection.

    Other processes may add requests (`copytui.journal.requests`) and write nothing else.

    `on_trouble` is called from the writer thread when writing begins to fail (the reason) and works again (None), and
    when a recorded change does not fit the journal, which is a bug.
    """

    def __init__(self, path: Path, master: ClientId | None = None) -> None:
        """Open or create the journal at `path`, and read the recovered state for `master` before anything is written.

        Raises JournalUnreadable when the file is damaged or of a newer version; no byte of it is changed then. Raises
        JournalUnwritable when it cannot be written.
        """
        self.path = path
        self._master = master
        self._recovered: RecoveredState | None = None
        self.on_trouble: Callable[[str | None], None] = lambda _trouble: None
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._trouble: str | None = None
        self._lost = 0
        if path.exists():
            self._recovered = examine(path, master)
        else:
            _create(path)
        self._connection = _connect(path)
        self._thread = threading.Thread(target=self._work, name="journal", daemon=True)
        self._thread.start()

    @property
    def trouble(self) -> str | None:
        """Why the journal cannot be written right now; None when it can."""
        return self._trouble

    def read(self, master: ClientId) -> RecoveredState:
        """Return the recovered state for this master; called once, before the first write."""
        recovered, self._recovered = self._recovered, None
        if recovered is not None and master == self._master:
            return recovered
        try:
            return read_recovered_state(self._connection, master)
        except (sqlite3.DatabaseError, ValueError, TypeError, KeyError) as error:
            raise _damaged(self.path, error) from error

    def record(self, changes: Sequence[Change]) -> None:
        """Write `changes` soon, in order, without waiting; nothing is lost while the disk is full."""
        self._jobs.put(_Job(statements_of(changes), None))

    async def require(self, changes: Sequence[Change]) -> None:
        """Wait until `changes` and everything before them are on disk; raises JournalUnwritable."""
        done: Future[None] = Future()
        self._jobs.put(_Job(statements_of(changes), done))
        await asyncio.wrap_future(done)

    def close(self) -> int:
        """Write what is pending, if the disk permits, and close; returns how many records could not be written."""
        self._jobs.put(None)
        self._thread.join()
        return self._lost

    def _work(self) -> None:
        """Run the writer thread: take all waiting jobs, write them in one transaction, answer."""
        backlog: list[_Job] = []
        open_ = True
        while open_:
            jobs, open_ = self._take(wait=_RETRY_SECONDS if backlog else None)
            waiting = backlog + jobs
            if not waiting:
                continue
            try:
                answers = _write(self._connection, waiting)
            except sqlite3.Error as error:
                backlog = [job for job in waiting if job.done is None]
                self._fails(f"the journal cannot be written ({error})")
                _answer(waiting, JournalUnwritable(f"the journal cannot be written ({error})"))
            else:
                backlog = []
                self._recovers()
                for job, refused in zip(waiting, answers, strict=True):
                    _answer([job], refused)
                    if refused is not None and job.done is None:
                        self.on_trouble(f"internal error: {refused}")
        self._lost = len(backlog)
        with contextlib.suppress(sqlite3.Error):
            self._connection.close()

    def _take(self, wait: float | None) -> tuple[list[_Job], bool]:
        jobs: list[_Job] = []
        try:
            job = self._jobs.get(timeout=wait)
            while job is not None:
                jobs.append(job)
                job = self._jobs.get_nowait()
        except queue.Empty:
            return jobs, True
        return jobs, False

    def _fails(self, why: str) -> None:
        if self._trouble is None:
            self._trouble = why
            self.on_trouble(f"{why}: nothing is sent until it can be")

    def _recovers(self) -> None:
        if self._trouble is not None:
            self._trouble = None
            self.on_trouble(None)


def _answer(jobs: Sequence[_Job], refused: JournalUnwritable | None) -> None:
    for job in jobs:
        # From here on the waiting task cannot cancel the future, so setting its outcome cannot fail.
        if job.done is None or not job.done.set_running_or_notify_cancel():
            continue
        if refused is None:
            job.done.set_result(None)
        else:
            job.done.set_exception(refused)


def _write(connection: sqlite3.Connection, jobs: Sequence[_Job]) -> list[JournalUnwritable | None]:
    """Write all jobs in one transaction; a job whose compare and set fails is rolled back alone."""
    answers: list[JournalUnwritable | None] = []
    connection.execute("BEGIN IMMEDIATE")
    try:
        for job in jobs:
            connection.execute("SAVEPOINT job")
            refused = _write_job(connection, job)
            if refused is not None:
                connection.execute("ROLLBACK TO job")
            connection.execute("RELEASE job")
            answers.append(refused)
        connection.execute("COMMIT")
    except sqlite3.Error:
        if connection.in_transaction:
            with contextlib.suppress(sqlite3.Error):
                connection.execute("ROLLBACK")
        raise
    return answers


def _write_job(connection: sqlite3.Connection, job: _Job) -> JournalUnwritable | None:
    for statement in job.statements:
        try:
            cursor = connection.execute(statement.sql, statement.values)
        except _UNFIT as error:
            return JournalUnwritable(f"the journal refuses a record ({error})")
        if statement.must_change and cursor.rowcount != 1:
            return JournalUnwritable("the journal has this copy in another state")
    return None


def _connect(path: Path) -> sqlite3.Connection:
    try:
        connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=5.0)
    except sqlite3.OperationalError as error:
        raise JournalUnwritable(f"{path} cannot be opened ({error})") from error
    try:
        _prepare(connection, path)
    except BaseException:
        connection.close()
        raise
    return connection


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    try:
        mode = connection.execute("PRAGMA journal_mode = WAL").fetchone()[0]
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        sync = connection.execute("PRAGMA synchronous").fetchone()[0]
        if mode != "wal" or sync != 2:
            raise JournalUnwritable(f"{path} cannot be stored safely here (journal mode {mode}, synchronous {sync})")
        # Proves at start, before the first order, that the file can be written.
        connection.execute("BEGIN IMMEDIATE")
        is_old = connection.execute("PRAGMA user_version").fetchone()[0] == FIRST_VERSION
        if is_old:
            keep_copy(path)  # nobody else can write to the journal now
            carry_over(connection)
        connection.execute(f"PRAGMA user_version = {VERSION}")
        connection.execute("COMMIT")
        if is_old:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # the whole journal has gone through the log
    except (OSError, sqlite3.OperationalError) as error:
        raise JournalUnwritable(f"{path} cannot be written ({error})") from error
    except (sqlite3.DatabaseError, ValueError, KeyError) as error:
        raise _damaged(path, error) from error


def _create(path: Path) -> None:
    """Create a new journal atomically: an early kill or a full disk leaves no partial file."""
    partial = path.with_name(f"{path.name}.new")
    try:
        for stale in (partial, partial.with_name(f"{partial.name}-journal")):
            stale.unlink(missing_ok=True)
        with contextlib.closing(sqlite3.connect(partial, isolation_level=None)) as connection:
            connection.execute("PRAGMA synchronous = FULL")
            connection.executescript(
                f"BEGIN IMMEDIATE; {DDL} {' '.join(EVENTS_ARE_FINAL)} PRAGMA application_id = {APPLICATION_ID};"
                f" PRAGMA user_version = {VERSION}; COMMIT;"
            )
        partial.replace(path)
    except (OSError, sqlite3.OperationalError) as error:
        raise JournalUnwritable(f"{path} cannot be created ({error})") from error


def _damaged(path: Path, why: object) -> JournalUnreadable:
    return JournalUnreadable(f"{path} is damaged ({clean(str(why))}): restore it from a backup, or move it away")
