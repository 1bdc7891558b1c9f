"""Where the running program finds what `copytui resolve` asks of it: the journal's table of requests.

A thread of its own looks every half second. A request is taken (durably, so that it cannot be withdrawn any more),
handed to the engine as one of its commands, and answered with the engine's sentence, behind everything that the engine
wrote. What was asked before the program began, or too long ago, is answered with a no: who asked may be gone.
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

from copytui.domain.errors import JournalUnwritable
from copytui.domain.text import IST
from copytui.engine.commands import Command, CopyMissed, DismissCopy, DismissMissed, MarkNotPlaced, RetryCopy
from copytui.journal.requests import Ask, Request, Waiting, answer, take
from copytui.journal.store import Journal

_LOOK_EVERY = 0.5
_OLDEST = timedelta(seconds=20)
_TOO_LATE = "not carried out: it was asked too long ago, or before copytui was up; ask again"

COMMANDS: Mapping[str, Callable[[int], Command]] = {
    Ask.COPY_MISSED: CopyMissed,
    Ask.DISMISS_MISSED: DismissMissed,
    Ask.RETRY_COPY: RetryCopy,
    Ask.MARK_NOT_PLACED: MarkNotPlaced,
    Ask.DISMISS_COPY: DismissCopy,
}


class Host(Protocol):
    """The engine's host, as far as the letterbox needs it."""

    started: threading.Event
    ended: threading.Event

    def submit(self, command: Command) -> Future[str]:
        """Hand over a command; raises RuntimeError when the engine has ended."""


@contextlib.contextmanager
def serve_requests(
    journal: Journal, host: Host, *, now: Callable[[], datetime] = lambda: datetime.now(IST)
) -> Iterator[None]:
    """Carry out requests for as long as the block lasts; `journal` must be open for longer."""
    box = _RequestServer(journal, host, now)
    thread = threading.Thread(target=box.run, name="letterbox", daemon=True)
    thread.start()
    try:
        yield
    finally:
        box.closing.set()
        thread.join()


class _RequestServer:
    """The thread's work."""

    def __init__(self, journal: Journal, host: Host, now: Callable[[], datetime]) -> None:
        self._journal = journal
        self._host = host
        self._now = now
        self._begun = now()
        self.closing = threading.Event()

    def run(self) -> None:
        """Look until closing; a journal that cannot be read at one moment is looked into again the next."""
        while not self.closing.is_set():
            with (
                contextlib.suppress(sqlite3.Error, ValueError),
                contextlib.closing(Waiting(self._journal.path)) as waiting,
            ):
                self._watch(waiting)
            self.closing.wait(_LOOK_EVERY)

    def _watch(self, waiting: Waiting) -> None:
        while not self.closing.wait(_LOOK_EVERY):
            if not self._host.started.is_set() or self._host.ended.is_set():
                continue
            for request in waiting.new():
                self._carry_out(request)
                if self.closing.is_set():
                    return

    def _carry_out(self, request: Request) -> None:
        """Take a request and answer it; one that cannot be taken has been withdrawn, or the disk is full."""
        try:
            asyncio.run(self._journal.require([take(request, self._now())]))
        except JournalUnwritable:
            return
        self._journal.record([answer(request, self._sentence(request), self._now())])

    def _sentence(self, request: Request) -> str:
        """Have it done where it is not too late; returns what came of it."""
        if request.at < self._begun or abs(self._now() - request.at) > _OLDEST:
            return _TOO_LATE
        command = COMMANDS.get(request.command)
        if command is None:
            return "not carried out: the running copytui is of another version and does not know this request"
        try:
            future = self._host.submit(command(request.argument))
        except RuntimeError:
            return "not carried out: copytui is stopping"
        while not self.closing.is_set():
            if wait([future], timeout=_LOOK_EVERY).done:
                return _outcome(future)
        return "copytui is stopping, and what came of it is not known: see copytui attention"


def _outcome(future: Future[str]) -> str:
    """Return the engine's sentence; who asked is told of the engine's own trouble, or its end, too."""
    error = None if future.cancelled() else future.exception()
    if future.cancelled() or error is not None:
        return f"that did not work: {type(error).__name__ if error else 'copytui is stopping'}"
    return future.result()
