"""Fixtures: an open journal that is closed after the test, and a second connection to its file."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from copytui.journal.store import Journal

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
