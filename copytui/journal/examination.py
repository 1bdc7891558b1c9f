"""Examining a journal before it is opened, so that one that cannot be read stays as it is, to the byte.

Even a read-only connection changes files: it recovers the write-ahead log and writes an index of it. So a journal
without a write-ahead log is opened as immutable, and of one that a kill left with one a copy is examined.
"""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path

from copytui.domain.errors import JournalUnreadable, JournalUnwritable
from copytui.domain.orders import ClientId
from copytui.domain.text import clean
from copytui.journal.migration import FIRST_VERSION, carry_over
from copytui.journal.recovered_state import RecoveredState, read_recovered_state
from copytui.journal.schema import APPLICATION_ID, VERSION

_UNREADABLE = (sqlite3.DatabaseError, ValueError, TypeError, KeyError)


def examine(path: Path, master: ClientId | None) -> RecoveredState | None:
    """Check for a sound journal of this version; returns the recovered state for `master`, if one is given.

    Raises JournalUnreadable when it is damaged or of another version, and JournalUnwritable when it cannot be opened.
    """
    try:
        if path.stat().st_size == 0:
            raise unreadable(path, "it is empty")
        with contextlib.ExitStack() as stack:
            connection = stack.enter_context(_untouched(path))
            if _version(connection, path) == FIRST_VERSION:
                connection = stack.enter_context(_carried_over(connection))
            return None if master is None else read_recovered_state(connection, master)
    except (OSError, sqlite3.OperationalError) as error:
        if _is_damage(error):
            raise unreadable(path, error) from error
        raise JournalUnwritable(f"{path} cannot be opened ({error})") from error
    except _UNREADABLE as error:
        raise unreadable(path, error) from error


def unreadable(path: Path, why: object) -> JournalUnreadable:
    """Return the error of a journal that was examined and left alone."""
    return JournalUnreadable(
        f"{path} is damaged ({clean(str(why))}). It was not changed: move it away to start with an empty journal,"
        " and check the followers' order books yourself for what it recorded"
    )


def _is_damage(error: Exception) -> bool:
    """Tell whether a table or column is missing; every other operational error is the disk's or the system's."""
    return getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_ERROR


@contextlib.contextmanager
def _untouched(path: Path) -> Iterator[sqlite3.Connection]:
    """Connect to a journal, or to a copy of it, without changing a byte of its files."""
    wal = path.with_name(f"{path.name}-wal")
    with contextlib.ExitStack() as stack:
        if wal.exists() and wal.stat().st_size:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="copytui-")))
            for file in (path, wal):
                shutil.copyfile(file, folder / file.name)
            uri = (folder / path.name).as_uri()
        else:
            uri = f"{path.resolve().as_uri()}?mode=ro&immutable=1"
        yield stack.enter_context(contextlib.closing(sqlite3.connect(uri, uri=True, isolation_level=None)))


def _version(connection: sqlite3.Connection, path: Path) -> int:
    """Return the version of a sound journal that this copytui can go on with; raises JournalUnreadable."""
    application = connection.execute("PRAGMA application_id").fetchone()[0]
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    found = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    if found != "ok":
        raise unreadable(path, found)
    if application != APPLICATION_ID or version not in (FIRST_VERSION, VERSION):
        raise JournalUnreadable(
            f"{path} is not a journal of this version of copytui (version {version}); it was not changed"
        )
    return version


@contextlib.contextmanager
def _carried_over(connection: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """Carry a journal of version 1 over in memory, which proves that the file can be."""
    with contextlib.closing(sqlite3.connect(":memory:", isolation_level=None)) as memory:
        connection.backup(memory)
        memory.execute("BEGIN")
        carry_over(memory)
        memory.execute("COMMIT")
        yield memory
