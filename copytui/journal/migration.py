"""Carrying a journal of version 1 over to the present schema, in one transaction.

The names of fields and tables became those of the glossary, events got codes, and child orders say with a
`Resolution` how they ended where version 1 had only a sentence. This is the one place that still reads those sentences.
"""

from __future__ import annotations

import contextlib
import filecmp
import itertools
import json
import re
import sqlite3
from collections.abc import Callable
from pathlib import Path

from copytui.domain.copies import CopyState, Resolution
from copytui.domain.events import EventCode, EventKind
from copytui.journal.schema import EVENTS_ARE_FINAL, VERSION

FIRST_VERSION = 1
_AT_ONCE = 1000

_TABLES_OF_VERSION_1 = (
    """
    CREATE TABLE IF NOT EXISTS requests (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        at TEXT NOT NULL,
        command TEXT NOT NULL,
        argument INTEGER NOT NULL,
        taken_at TEXT,
        answered_at TEXT,
        answer TEXT
    ) STRICT
    """,
    """
    CREATE TABLE IF NOT EXISTS positions (
        account TEXT NOT NULL,
        master TEXT NOT NULL,
        exchange TEXT NOT NULL,
        symbol TEXT NOT NULL,
        product TEXT NOT NULL,
        day TEXT NOT NULL,
        quantity INTEGER NOT NULL,
        owed TEXT NOT NULL,
        PRIMARY KEY (account, master, exchange, symbol, product)
    ) STRICT
    """,
    """
    CREATE TABLE IF NOT EXISTS exits (
        execution_id INTEGER PRIMARY KEY REFERENCES executions (id),
        closing INTEGER NOT NULL,
        held INTEGER NOT NULL
    ) STRICT
    """,
    """
    CREATE TABLE IF NOT EXISTS exit_times (
        execution_id INTEGER PRIMARY KEY REFERENCES executions (id),
        decided_at TEXT NOT NULL
    ) STRICT
    """,
    "CREATE TABLE IF NOT EXISTS switches (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT",
    """
    CREATE TABLE IF NOT EXISTS account_days (
        account TEXT NOT NULL,
        day TEXT NOT NULL,
        name TEXT NOT NULL,
        value TEXT NOT NULL,
        PRIMARY KEY (account, day, name)
    ) STRICT
    """,
)
"""Tables that version 1 added over time: an early journal may lack them."""

_EVENT_CODES = (
    (EventKind.COPY, "% unknown: %; looking it up by its tag", EventCode.UNKNOWN),
    (EventKind.COPY, "% found at the broker: %", EventCode.FOUND),
    (EventKind.COPY, "% marked as not placed", EventCode.NOT_PLACED),
    (EventKind.COPY, "% marked as not placed by hand%", EventCode.NOT_PLACED),
    (EventKind.RISK, "halted: %", EventCode.HALTED),
    (EventKind.SETTING, "halted: %", EventCode.HALTED),
)
_NOT_PLACED = "marked as not placed"
_NEVER_SENT = re.compile(
    r"not sent: |not sent in time: |this follower is not in the settings|\S+ is not the master any"
)


def backup_name(path: Path) -> Path:
    """Return where the journal of version 1 is kept: beside the present one."""
    return path.with_name(f"{path.stem}.version-{FIRST_VERSION}{path.suffix}")


def keep_copy(path: Path) -> None:
    """Copy the journal of version 1 beside itself, whole or not at all.

    A copy of another content that is there already stays, under a name with a number.
    Raises OSError and sqlite3.Error.
    """
    kept = backup_name(path)
    half = kept.with_name(f"{kept.name}.new")
    try:
        half.unlink(missing_ok=True)
        with (
            contextlib.closing(sqlite3.connect(path, timeout=5.0)) as source,
            contextlib.closing(sqlite3.connect(half)) as target,
        ):
            source.backup(target)
        if kept.exists() and not filecmp.cmp(half, kept, shallow=False):
            kept.rename(_free_name(kept))
        half.replace(kept)
    except BaseException:
        with contextlib.suppress(OSError):
            half.unlink(missing_ok=True)
        raise


def _free_name(kept: Path) -> Path:
    names = (kept.with_name(f"{kept.stem}.{number}{kept.suffix}") for number in itertools.count(1))
    return next(name for name in names if not name.exists())


def carry_over(connection: sqlite3.Connection) -> None:
    """Bring a journal of version 1 to the present version; the caller has begun a transaction and commits it.

    Raises sqlite3.Error, and ValueError or KeyError where a record cannot be read.
    """
    for statement in _TABLES_OF_VERSION_1:
        connection.execute(statement)
    connection.execute("ALTER TABLE switches RENAME TO flags")
    connection.execute("UPDATE flags SET name = 'orphaned:' || substr(name, 10) WHERE name LIKE 'stranded:%'")
    connection.execute("ALTER TABLE positions RENAME COLUMN owed TO rounding_carry")
    _rewrite(connection, "master_orders", "row", _order)
    _rewrite(connection, "executions", "row", _order)
    _rewrite(connection, "copies", "body", _child_order)
    _give_codes(connection)
    connection.execute(f"PRAGMA user_version = {VERSION}")


def _rewrite(
    connection: sqlite3.Connection, table: str, column: str, change: Callable[[dict[str, object]], None]
) -> None:
    """Rewrite one JSON column, some rows at a time. The names are this module's own."""
    last = 0
    while True:
        rows = connection.execute(
            f"SELECT rowid, {column} FROM {table} WHERE rowid > ? ORDER BY rowid LIMIT {_AT_ONCE}",  # noqa: S608
            (last,),
        ).fetchall()
        if not rows:
            return
        changed = []
        for rowid, text in rows:
            body = json.loads(text)
            if not isinstance(body, dict):
                raise ValueError(f"row {rowid} of {table} cannot be read")  # noqa: TRY004  # the file is at fault, no code
            change(body)
            changed.append((json.dumps(body, separators=(",", ":"), ensure_ascii=False), rowid))
        connection.executemany(f"UPDATE {table} SET {column} = ? WHERE rowid = ?", changed)  # noqa: S608
        last = rows[-1][0]


def _order(row: dict[str, object]) -> None:
    row["order_status"] = row.pop("stage")


def _child_order(body: dict[str, object]) -> None:
    body["cancel_reason"] = body.pop("withdrawn", None)
    if body["state"] != CopyState.FAILED:
        body["resolution"] = None
        return
    error = str(body.get("error") or "")
    if error.startswith(_NOT_PLACED):
        body["resolution"] = Resolution.NOT_PLACED
    else:
        body["resolution"] = Resolution.NOT_SENT if _NEVER_SENT.match(error) else Resolution.REFUSED


def _give_codes(connection: sqlite3.Connection) -> None:
    """Give the events of version 1 the codes that the story of an order is told by."""
    connection.execute("ALTER TABLE events ADD COLUMN code TEXT")
    for trigger in ("events_are_not_changed", "events_are_not_removed"):
        connection.execute(f"DROP TRIGGER IF EXISTS {trigger}")
    for kind, pattern, code in _EVENT_CODES:
        sql = "UPDATE events SET code = ? WHERE kind = ? AND code IS NULL AND text LIKE ?"
        connection.execute(sql, (code, kind, pattern))
    for statement in EVENTS_ARE_FINAL:
        connection.execute(statement)
