"""A bare y or n without a screen: it answers what was asked, never what came in its place."""

from __future__ import annotations

import io
from concurrent.futures import Future

import pytest

from copytui.cli.console_commands import ConsoleCommands
from copytui.domain.events import Event, EventKind, Level
from copytui.engine.commands import Approve, Command, Decline
from tests.builders import NOON


class Terminal:
    """Somebody who types lines, with a held clock."""

    def __init__(self) -> None:
        self.now = 0.0
        self.sent: list[Command] = []
        self.said: list[str] = []
        self.typed = io.StringIO()
        self.questions = ConsoleCommands(self.submit, self.said.append, self.typed, {}, lambda: self.now)

    def submit(self, command: Command) -> Future[str]:
        self.sent.append(command)
        answer: Future[str] = Future()
        answer.set_result("done")
        return answer

    def asked(self, *ids: int) -> None:
        for id_ in ids:
            self.questions.see(Event(NOON, Level.ASK, EventKind.DECISION, "master", "?", execution_id=id_))

    def gone(self, id_: int) -> None:
        self.questions.see(Event(NOON, Level.INFO, EventKind.APPROVAL, "master", "gone", execution_id=id_))

    def types(self, line: str) -> list[Command]:
        """Type a line; return what it sent."""
        self.sent.clear()
        self.said.clear()
        self.typed.seek(0)
        self.typed.truncate()
        self.typed.write(line + "\n")
        self.typed.seek(0)
        self.questions._read()
        return self.sent


@pytest.mark.parametrize("word", ["y", "n", "Yes"])
def test_an_answer_to_one_that_has_just_expired_is_none_to_the_next(word: str) -> None:
    terminal = Terminal()
    terminal.asked(3)
    terminal.now = 60.0
    terminal.gone(3)
    terminal.asked(4)
    terminal.now += 2.9
    assert terminal.types(word) == []
    assert terminal.said == ["say which one: #4 is waiting"]
    assert terminal.types("y 4") == [Approve(4)]


def test_a_moment_later_it_is_clear_again_which_one_is_meant() -> None:
    terminal = Terminal()
    terminal.asked(3)
    terminal.gone(3)
    terminal.asked(4)
    terminal.now += 3.0
    assert terminal.types("y") == [Approve(4)]


def test_one_of_two_that_expires_leaves_the_other_to_its_number() -> None:
    terminal = Terminal()
    terminal.asked(3, 4)
    assert terminal.types("y") == []
    assert terminal.said == ["say which one: #3, #4 are waiting"]
    terminal.gone(3)
    assert terminal.types("n") == []


def test_after_an_answer_of_ones_own_the_next_one_is_answered_at_once() -> None:
    terminal = Terminal()
    terminal.asked(3)
    assert terminal.types("y") == [Approve(3)]
    terminal.gone(3)
    terminal.asked(4, 5)
    assert terminal.types("n 5") == [Decline(5)]
    terminal.gone(5)
    assert terminal.types("n") == [Decline(4)]


def test_an_answer_that_did_not_settle_it_does_not_count_for_ever() -> None:
    terminal = Terminal()
    terminal.asked(3)
    assert terminal.types("y") == [Approve(3)]  # and the engine did not take it
    terminal.now += 20.0
    terminal.gone(3)
    terminal.asked(4)
    assert terminal.types("y") == []
