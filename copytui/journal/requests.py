"""Requests from other processes to the running copytui, through the journal's table `requests`.

A request is submitted, then taken by the running program and answered, or withdrawn by its sender. Taking and
withdrawing exclude each other (both change the row only while it waits), so that a withdrawn request is never carried
out. The sending process writes the request itself; everything else in the journal has one writer.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from copytui.domain.errors import JournalUnwritable
from copytui.domain.text import clean

_LOCKED_SECONDS = 5.0
_WAITS = "id = ? AND taken_at IS NULL AND answered_at IS NULL"


class Ask(StrEnum):
    """The kinds of requests; the argument is the number of a missed execution or of a copy.

    The last three are followed by a colon and a position's ID or an order's id, and their argument is 0.
    """

    COPY_MISSED = "copy_missed"
    DISMISS_MISSED = "dismiss_missed"
    RETRY_COPY = "retry_copy"
    MARK_NOT_PLACED = "mark_not_placed"
    DISMISS_COPY = "dismiss_copy"
    DETACH = "detach"
    DISMISS_POSITION = "dismiss_position"
    DISMISS_ROW = "dismiss_row"


@dataclass(frozen=True, slots=True)
class Request:
    """A pending request; `command` begins with an `Ask`, unless another version of copytui wrote it.

    `at` is None where its time cannot be read.
    """

    id: int
    at: datetime | None
    command: str
    argument: int


@dataclass(frozen=True, slots=True)
class Reply:
    """The state of a request: whether the running program has taken it, and the answer, None until there is one."""

    is_taken: bool
    answer: str | None


class Requests:
    """The sender's side, on its own connection."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        """Use `connection`, on which every statement is a transaction."""
        self._connection = connection

    def ask(self, command: str, argument: int, at: datetime) -> int:
        """Submit a request durably and return its number."""
        sql = "INSERT INTO requests (at, command, argument) VALUES (?, ?, ?) RETURNING id"
        ((number,),) = self._connection.execute(sql, (at.isoformat(), command, argument)).fetchall()
        return int(number)

    def reply(self, number: int) -> Reply:
        """Return the state of a request."""
        sql = "SELECT taken_at, answer FROM requests WHERE id = ?"
        taken_at, answer = self._connection.execute(sql, (number,)).fetchone()
        return Reply(taken_at is not None, answer)

    def withdraw(self, number: int, at: datetime) -> bool:
        """Withdraw a request; returns False when it has been taken or answered already."""
        sql = f"UPDATE requests SET answered_at = ?, answer = 'withdrawn' WHERE {_WAITS}"  # noqa: S608
        return self._connection.execute(sql, (at.isoformat(), number)).rowcount == 1


@contextlib.contextmanager
def open_requests(path: Path) -> Iterator[Requests]:
    """Open the journal at `path` to send requests to the copytui that runs on it; raises JournalUnwritable."""
    try:
        with contextlib.closing(
            sqlite3.connect(
                f"{path.resolve().as_uri()}?mode=rw", uri=True, isolation_level=None, timeout=_LOCKED_SECONDS
            )
        ) as connection:
            connection.execute("PRAGMA synchronous = FULL")
            yield Requests(connection)
    except sqlite3.Error as error:
        raise JournalUnwritable(f"the request could not be written to {path} ({clean(str(error))})") from error


class Waiting:
    """The running program's side: a read-only view of the pending requests, almost free while nothing is written."""

    def __init__(self, path: Path) -> None:
        """Open the journal at `path`; raises sqlite3.Error."""
        self._connection = sqlite3.connect(
            f"{path.resolve().as_uri()}?mode=ro", uri=True, isolation_level=None, timeout=_LOCKED_SECONDS
        )
        self._connection.text_factory = _readable
        self._seen: int | None = None

    def new(self) -> list[Request]:
        """Return the pending requests; none where no connection has written since the last call."""
        version = self._connection.execute("PRAGMA data_version").fetchone()[0]
        if version == self._seen:
            return []
        sql = (
            "SELECT id, at, command, argument FROM requests WHERE taken_at IS NULL AND answered_at IS NULL ORDER BY id"
        )
        found = [Request(id_, _moment(at), *rest) for id_, at, *rest in self._connection.execute(sql)]
        self._seen = version
        return found

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


def _readable(text: bytes) -> str:
    """Decode a text of the table; one that is not UTF-8 must not hide the other rows."""
    return text.decode("utf-8", "replace")


def _moment(text: str) -> datetime | None:
    """Read the time of a request; None where there is none, or none with its zone."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at if at.tzinfo is not None else None
