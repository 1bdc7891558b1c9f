"""Journals of version 1, as commit 4898cc5 left them when it was killed: see version_1/README.md."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from pathlib import Path
from typing import Any, cast

from copytui.journal.store import Journal

FOLDER = Path(__file__).parent / "version_1"
NAMES = ("working", "settled", "waiting", "dry_run", "over_night")


def rebuild(name: str, path: Path) -> Path:
    """Make the journal `name` at `path`."""
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.executescript((FOLDER / f"{name}.sql").read_text(encoding="utf-8"))
    return path


def facts(name: str) -> dict[str, Any]:
    """Return what one of the JSON files says: `working`, `working.books`, `working.after`."""
    found: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return found


def opened(path: Path) -> None:
    Journal(path).close()


def rows(path: Path, sql: str) -> list[tuple[Any, ...]]:
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        return connection.execute(sql).fetchall()


def change(path: Path, *statements: str) -> None:
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)


def version_of(path: Path) -> int:
    return cast("int", rows(path, "PRAGMA user_version")[0][0])


def dump(path: Path) -> list[str]:
    assert rows(path, "PRAGMA integrity_check") == [("ok",)]
    with contextlib.closing(sqlite3.connect(path)) as connection:
        return list(connection.iterdump())


def files(folder: Path) -> dict[str, bytes]:
    """Return all files, but for the empty write-ahead log and its index that SQLite leaves where it only reads."""
    found = {file.name: file.read_bytes() for file in folder.iterdir() if file.is_file()}
    if not any(data for name, data in found.items() if name.endswith("-wal")):
        found = {name: data for name, data in found.items() if not name.endswith(("-wal", "-shm"))}
    return found


def content_of(data: bytes) -> bytes:
    """Return a database file without the counters of its header, which each copying moves on."""
    return data[:24] + data[28:40] + data[44:92] + data[96:]
