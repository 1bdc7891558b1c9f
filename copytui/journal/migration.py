"""Carrying a journal of version 1 over to the present schema, in one transaction.

The names of fields and tables became those of the glossary, events got codes, and child orders say with a
`Resolution` how they ended where version 1 had only a sentence. This is the one place that still reads those sentences.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Callable
from pathlib import Path

from copytui.domain.copies import CopyState, Resolution
from copytui.domain.events import EventCode
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
    ("% unknown: %", EventCode.UNKNOWN),
    ("% found at the broker: %", EventCode.FOUND),
    ("% marked as not placed%", EventCode.NOT_PLACED),
)
_NOT_PLACED = "marked as not placed"
_NEVER_SENT = ("not sent", "this follower is not in the settings", "not in the settings")


def backup_name(path: Path) -> Path:
    """Return where the journal of version 1 is kept: beside the present one."""
    return path.with_name(f"{path.stem}.version-{FIRST_VERSION}{path.suffix}")


def keep_copy(path: Path) -> None:
    """Copy the journal of version 1 beside itself, whole or not at all; an older copy stays.

    Raises OSError and sqlite3.Error.
    """
    kept = backup_name(path)
    if kept.exists():
        return
    half = kept.with_name(f"{kept.name}.new")
    half.unlink(missing_ok=True)
    with (
        contextlib.closing(sqlite3.connect(path, timeout=5.0)) as source,
        contextlib.closing(sqlite3.connect(half)) as target,
    ):
        source.backup(target)
    half.replace(kept)


def carry_over(connection: sqlite3.Connection) -> None:
    """Bring a journal of version 1 to the present version; the caller has begun a transaction and commits it."""
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
        body["resolution"] = Resolution.NOT_SENT if error.startswith(_NEVER_SENT) else Resolution.REFUSED


def _give_codes(connection: sqlite3.Connection) -> None:
    """Give the events of version 1 the codes that the story of an order is told by."""
    connection.execute("ALTER TABLE events ADD COLUMN code TEXT")
    for trigger in ("events_are_not_changed", "events_are_not_removed"):
        connection.execute(f"DROP TRIGGER {trigger}")
    for pattern, code in _EVENT_CODES:
        connection.execute(
            "UPDATE events SET code = ? WHERE kind = 'copy' AND code IS NULL AND text LIKE ?", (code, pattern)
        )
    for statement in EVENTS_ARE_FINAL.strip().split("END;"):
        if statement.strip():
            connection.execute(f"{statement} END;")
