"""Fixtures: an open journal that is closed after the test, a second connection to its file, and a session log."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from copytui.domain.text import IST
from copytui.journal.session_log import SessionLog
from copytui.journal.store import Journal
from tests.builders import FOLLOWER, MASTER, after

STARTED = datetime(2026, 11, 20, 9, 15, 2, 120_000, tzinfo=IST)

Query = Callable[..., list[tuple[object, ...]]]


def copy_files(journal: Path, to: Path) -> None:
    """Copy an open journal as a kill would leave it: the file and its write-ahead log."""
    for end in ("", "-wal"):
        Path(f"{to}{end}").write_bytes(Path(f"{journal}{end}").read_bytes())


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.sqlite3"


@pytest.fixture
def open_journal(path: Path) -> Iterator[Callable[[], Journal]]:
    """Open the journal at `path`; what a test leaves open is closed."""
    with contextlib.ExitStack() as stack:

        def open_it() -> Journal:
            journal = Journal(path)
            stack.callback(journal.close)
            return journal

        yield open_it


@pytest.fixture
def query(path: Path) -> Query:
    """Query the file through a connection of its own, as another program would."""

    def ask(sql: str, *values: object) -> list[tuple[object, ...]]:
        with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
            return connection.execute(sql, values).fetchall()

    return ask


def a_log(directory: Path, started: datetime = STARTED, **more: Any) -> SessionLog:
    fields: dict[str, Any] = {
        "mode": "live",
        "master": MASTER,
        "followers": {FOLLOWER: "Follower 1"},
        "version": "0.1.0",
    }
    return SessionLog(directory, started=started, **(fields | more))


def read(log: SessionLog) -> dict[str, Any]:
    contents: dict[str, Any] = json.loads(log.path.read_text(encoding="utf-8"))
    return contents


class Session:
    """A log and what its file says in the end."""

    def __init__(self, log: SessionLog) -> None:
        self.log = log

    def end(self) -> dict[str, Any]:
        self.log.close(after(3600))
        return read(self.log)


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    log = a_log(tmp_path)
    yield Session(log)
    log.close(after(3600))
