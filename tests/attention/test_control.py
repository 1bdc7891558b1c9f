"""The running program's side of a request: it is taken once, in time, and answered after what the engine wrote."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from copytui.control import COMMANDS, POSITION_COMMANDS, ROW_COMMANDS, serve_requests
from copytui.domain.changes import RequestTaken
from copytui.domain.errors import JournalUnwritable
from copytui.domain.orders import ClientId, Exchange, Product
from copytui.domain.positions import PositionKey
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
from copytui.journal.requests import Ask, Reply, Request, Requests, Waiting, open_requests
from copytui.journal.store import Journal

from .test_resolve import FakeHost


@pytest.fixture
def journal(path: Path) -> Iterator[Journal]:
    opened = Journal(path)
    yield opened
    opened.close()


@pytest.fixture
def asking(journal: Journal) -> Iterator[Requests]:
    with open_requests(journal.path) as requests:
        yield requests


def now() -> datetime:
    return datetime.now(IST)


def reply(requests: Requests, number: int) -> str:
    end = time.monotonic() + 10
    while (found := requests.reply(number)).answer is None:
        assert time.monotonic() < end, "no answer"
        time.sleep(0.02)
    return found.answer


@pytest.mark.parametrize(
    ("ask", "command"),
    [
        (Ask.COPY_MISSED, CopyMissed(7)), (Ask.DISMISS_MISSED, DismissMissed(7)), (Ask.RETRY_COPY, RetryCopy(7)),
        (Ask.MARK_NOT_PLACED, MarkNotPlaced(7)), (Ask.DISMISS_COPY, DismissCopy(7)),
    ],
)  # fmt: skip
def test_each_request_becomes_the_command_of_its_name(
    journal: Journal, asking: Requests, ask: Ask, command: Command
) -> None:
    host = FakeHost(lambda _command: "the engine's sentence")
    with serve_requests(journal, host):
        assert reply(asking, asking.ask(ask, 7, now())) == "the engine's sentence"
    assert host.commands == [command]
    assert {*COMMANDS, *POSITION_COMMANDS, *ROW_COMMANDS} == set(Ask)


@pytest.mark.parametrize(("ask", "command"), [(Ask.DETACH, Detach), (Ask.DISMISS_POSITION, DismissOutOfStep)])
def test_a_request_about_a_position_names_it(
    journal: Journal, asking: Requests, ask: Ask, command: Callable[[ClientId, PositionKey], Command]
) -> None:
    host = FakeHost(lambda _command: "the engine's sentence")
    with serve_requests(journal, host):
        assert reply(asking, asking.ask(f"{ask}:F1:NSE:M&M-EQ:DELIVERY", 0, now())) == "the engine's sentence"
        assert "does not know this request" in reply(asking, asking.ask(f"{ask}:F1:NSE", 0, now()))
    assert host.commands == [command(ClientId("F1"), PositionKey(Exchange.NSE, "M&M-EQ", Product.DELIVERY))]


def test_a_request_about_an_unreadable_order_names_it(journal: Journal, asking: Requests) -> None:
    host = FakeHost(lambda _command: "dismissed")
    with serve_requests(journal, host):
        assert reply(asking, asking.ask(f"{Ask.DISMISS_ROW}:without an id (BUY A:B)", 0, now())) == "dismissed"
    assert host.commands == [DismissUnreadable("without an id (BUY A:B)")]


def test_several_requests_are_carried_out_in_their_order_and_once_each(journal: Journal, asking: Requests) -> None:
    host = FakeHost(str)
    numbers = [asking.ask(Ask.RETRY_COPY, number, now() + timedelta(seconds=1)) for number in range(1, 6)]
    with serve_requests(journal, host):
        for number in numbers:
            reply(asking, number)
        time.sleep(0.7)
    assert host.commands == [RetryCopy(number) for number in range(1, 6)]


def test_a_request_from_before_the_start_is_never_carried_out(journal: Journal, asking: Requests) -> None:
    number = asking.ask(Ask.RETRY_COPY, 1, now())
    host = FakeHost(lambda _command: "done")
    with serve_requests(journal, host):
        assert reply(asking, number).startswith("not carried out: the request is too old")
    assert host.commands == []


@pytest.mark.parametrize("seconds", [-21, 21])
def test_a_request_that_is_too_old_or_from_the_future_is_never_carried_out(
    journal: Journal, asking: Requests, seconds: float
) -> None:
    clock = now()
    host = FakeHost(lambda _command: "done")
    host.started.clear()
    times = [clock - timedelta(minutes=5)]  # when it began
    with serve_requests(journal, host, now=lambda: times.pop() if times else clock):
        number = asking.ask(Ask.RETRY_COPY, 1, clock + timedelta(seconds=seconds))
        host.started.set()
        assert reply(asking, number).startswith("not carried out")
    assert host.commands == []


def test_a_request_of_another_version_is_answered(journal: Journal, asking: Requests, path: Path) -> None:
    host = FakeHost(lambda _command: "done")
    with serve_requests(journal, host):
        number = asking.ask(Ask.RETRY_COPY, 1, now() - timedelta(seconds=30))
        with contextlib.closing(sqlite3.connect(path, isolation_level=None, timeout=5)) as connection:
            sql = "INSERT INTO requests (at, command, argument) VALUES (?, 'sell_all', 1) RETURNING id"
            ((odd,),) = connection.execute(sql, (now().isoformat(),)).fetchall()
        assert "does not know this request" in reply(asking, odd)
        reply(asking, number)
    assert host.commands == []


@pytest.mark.parametrize(
    ("at", "command"),
    [
        ("'noon'", "'retry_copy'"), ("''", "'retry_copy'"), ("'2026-11-20T10:00:00'", "'retry_copy'"),
        ("'0000-99-99'", "x'ff' || 'sell'"), ("CAST(x'ff00' AS TEXT)", "CAST(x'c328' AS TEXT)"),
    ],
)  # fmt: skip
def test_a_malformed_request_is_answered_and_blocks_no_other(
    journal: Journal, asking: Requests, path: Path, at: str, command: str
) -> None:
    host = FakeHost(lambda _command: "done")
    with contextlib.closing(sqlite3.connect(path, isolation_level=None, timeout=5)) as connection:
        sql = f"INSERT INTO requests (at, command, argument) VALUES ({at}, {command}, 1) RETURNING id"  # noqa: S608  # the test's own
        ((odd,),) = connection.execute(sql).fetchall()
    with serve_requests(journal, host):
        assert reply(asking, asking.ask(Ask.RETRY_COPY, 1, now() + timedelta(seconds=1))) == "done"
        assert reply(asking, odd).startswith("not carried out: the time of the request cannot be read")
    assert host.commands == [RetryCopy(1)]


def test_an_error_in_the_engine_and_its_end_are_answered(journal: Journal, asking: Requests) -> None:
    def trouble(_command: Command) -> str:
        raise ZeroDivisionError

    with serve_requests(journal, FakeHost(trouble)):
        assert reply(asking, asking.ask(Ask.RETRY_COPY, 1, now())) == "that did not work: ZeroDivisionError"

    class Ended(FakeHost):
        def submit(self, command: Command) -> Future[str]:
            raise RuntimeError("the engine has ended")

    with serve_requests(journal, Ended(str)):
        assert "copytui is stopping" in reply(asking, asking.ask(Ask.RETRY_COPY, 1, now()))


def test_an_engine_that_never_answers_does_not_delay_the_end(journal: Journal, asking: Requests) -> None:
    class Silent(FakeHost):
        def submit(self, command: Command) -> Future[str]:
            self.commands.append(command)
            return Future()

    host = Silent(str)
    with serve_requests(journal, host):
        number = asking.ask(Ask.RETRY_COPY, 1, now())
        while not host.commands:
            time.sleep(0.02)
        assert asking.reply(number) == Reply(True, None)
        assert not asking.withdraw(number, now())
    assert "the outcome is unknown" in reply(asking, number)


def test_a_request_is_either_taken_or_withdrawn(journal: Journal, asking: Requests) -> None:
    """Take and withdraw at the same moment, a hundred times: one of them wins."""
    import asyncio

    won: list[str] = []

    def try_to_take(request: Request) -> None:
        with contextlib.suppress(JournalUnwritable):
            asyncio.run(journal.require([RequestTaken(request.id, now())]))
            won.append("taken")

    for round_ in range(100):
        number = asking.ask(Ask.RETRY_COPY, round_, now())
        thread = threading.Thread(target=try_to_take, args=(Request(number, now(), Ask.RETRY_COPY, round_),))
        thread.start()
        if asking.withdraw(number, now()):
            won.append("withdrawn")
        thread.join()
        assert len(won) == round_ + 1


def test_an_unchanged_journal_is_not_queried_for_requests(journal: Journal, asking: Requests, path: Path) -> None:
    statements: list[str] = []
    with contextlib.closing(Waiting(path)) as waiting:
        waiting._connection.set_trace_callback(statements.append)
        assert waiting.new() == []
        statements.clear()
        assert waiting.new() == waiting.new() == []
        assert not any("SELECT" in statement for statement in statements)
        number = asking.ask(Ask.RETRY_COPY, 5, now())
        (request,) = waiting.new()
        assert (request.id, request.command, request.argument) == (number, "retry_copy", 5)
    assert journal.trouble is None
