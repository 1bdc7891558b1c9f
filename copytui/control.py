"""The control channel: requests of `copytui resolve` to the running engine, in a table of the journal.

A thread polls the table every half second. A request is taken durably, after which it cannot be withdrawn, handed to
the engine as a command, and answered with the engine's sentence after everything that the engine wrote. A request from
before the start, or one that is too old, is refused: its sender may be gone.
"""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, wait
from datetime import datetime, timedelta
from typing import Protocol

from copytui.domain.changes import RequestAnswered, RequestTaken
from copytui.domain.errors import JournalUnwritable
from copytui.domain.orders import ClientId
from copytui.domain.positions import PositionKey, read_position_id
from copytui.domain.text import IST
from copytui.engine.commands import (
    Command,
    CopyMissed,
    Detach,
    DismissCopy,
    DismissMissed,
    DismissOutOfStep,
    DismissUnreadable,
    MarkNotPlaced,
    RetryCopy,
)
from copytui.journal.requests import Ask, Request, Waiting
from copytui.journal.store import Journal

_POLL_SECONDS = 0.5
_MAX_AGE = timedelta(seconds=20)
_TOO_LATE = "not carried out: the request is too old, or was made before copytui started; try again"
_UNREADABLE = "not carried out: the time of the request cannot be read"

COMMANDS: Mapping[str, Callable[[int], Command]] = {
    Ask.COPY_MISSED: CopyMissed,
    Ask.DISMISS_MISSED: DismissMissed,
    Ask.RETRY_COPY: RetryCopy,
    Ask.MARK_NOT_PLACED: MarkNotPlaced,
    Ask.DISMISS_COPY: DismissCopy,
}


ROW_COMMANDS: Mapping[str, Callable[[str], Command]] = {Ask.DISMISS_ROW: DismissUnreadable}


POSITION_COMMANDS: Mapping[str, Callable[[ClientId, PositionKey], Command]] = {
    Ask.DETACH: Detach,
    Ask.DISMISS_POSITION: DismissOutOfStep,
}


def command_of(request: Request) -> Command | None:
    """Return the engine's command for a request; None where this version does not know it."""
    name, has_id, id_ = request.command.partition(":")
    if not has_id:
        command = COMMANDS.get(name)
        return None if command is None else command(request.argument)
    if (of_row := ROW_COMMANDS.get(name)) is not None:
        return of_row(id_)
    try:
        return POSITION_COMMANDS[name](*read_position_id(id_))
    except (KeyError, ValueError):
        return None


class Host(Protocol):
    """The part of the engine's host that the control channel needs."""

    started: threading.Event
    ended: threading.Event

    def submit(self, command: Command) -> Future[str]:
        """Hand over a command; raises RuntimeError when the engine has ended."""


@contextlib.contextmanager
def serve_requests(
    journal: Journal, host: Host, *, now: Callable[[], datetime] = lambda: datetime.now(IST)
) -> Iterator[None]:
    """Carry out requests while the block runs; `journal` must stay open for longer."""
    server = _RequestServer(journal, host, now)
    thread = threading.Thread(target=server.run, name="control", daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.closing.set()
        thread.join()


class _RequestServer:
    """The work of the thread."""

    def __init__(self, journal: Journal, host: Host, now: Callable[[], datetime]) -> None:
        self._journal = journal
        self._host = host
        self._now = now
        self._started = now()
        self.closing = threading.Event()

    def run(self) -> None:
        """Poll until closing; a journal that cannot be read now is tried again."""
        while not self.closing.is_set():
            with (
                contextlib.suppress(sqlite3.Error, ValueError),
                contextlib.closing(Waiting(self._journal.path)) as waiting,
            ):
                self._watch(waiting)
            self.closing.wait(_POLL_SECONDS)

    def _watch(self, waiting: Waiting) -> None:
        while not self.closing.wait(_POLL_SECONDS):
            if not self._host.started.is_set() or self._host.ended.is_set():
                continue
            for request in waiting.new():
                self._carry_out(request)
                if self.closing.is_set():
                    return

    def _carry_out(self, request: Request) -> None:
        """Take a request and answer it; one that cannot be taken was withdrawn, or the disk is full."""
        try:
            asyncio.run(self._journal.require([RequestTaken(request.id, self._now())]))
        except JournalUnwritable:
            return
        try:
            sentence = self._sentence(request)
        except Exception as error:  # noqa: BLE001  # one request must not end the channel for all others
            sentence = f"that did not work: {type(error).__name__}"
        self._journal.record([RequestAnswered(request.id, self._now(), sentence)])

    def _sentence(self, request: Request) -> str:
        """Return the engine's sentence about the request, or why it was not carried out."""
        if request.at is None:
            return _UNREADABLE
        if request.at < self._started or abs(self._now() - request.at) > _MAX_AGE:
            return _TOO_LATE
        command = command_of(request)
        if command is None:
            return "not carried out: the running copytui is of another version and does not know this request"
        try:
            future = self._host.submit(command)
        except RuntimeError:
            return "not carried out: copytui is stopping"
        while not self.closing.is_set():
            if wait([future], timeout=_POLL_SECONDS).done:
                return _outcome(future)
        return "copytui is stopping, and the outcome is unknown: see copytui attention"


def _outcome(future: Future[str]) -> str:
    """Return the engine's sentence, or that the engine failed or ended."""
    error = None if future.cancelled() else future.exception()
    if future.cancelled() or error is not None:
        return f"that did not work: {type(error).__name__ if error else 'copytui is stopping'}"
    return future.result()
