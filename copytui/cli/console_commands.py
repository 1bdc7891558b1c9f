"""The commands that can be typed in a headless run: approvals, safety, and settling what failed."""

from __future__ import annotations

import contextlib
import math
import re
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from typing import TextIO

from copytui.domain.events import Event, EventKind, Level
from copytui.domain.orders import ClientId
from copytui.engine.commands import (
    Approve,
    CancelAll,
    Command,
    CopyMissed,
    Decline,
    DismissCopy,
    DismissMissed,
    Flatten,
    MarkNotPlaced,
    ReleaseFollower,
    RetryCopy,
    SetFollower,
    SetHalted,
    SetPaused,
)

_LINE = re.compile(r"^\s*([a-z]+)(?:\s+(?:#?(\d+)|(all)))?\s*$", re.IGNORECASE)
_ANSWERS: Mapping[str, Callable[[int], Command]] = {"y": Approve, "yes": Approve, "n": Decline, "no": Decline}
_WITH_A_NUMBER: Mapping[str, Callable[[int], Command]] = {
    "c": CopyMissed,
    "d": DismissMissed,
    "retry": RetryCopy,
    "gone": MarkNotPlaced,
    "drop": DismissCopy,
}
_OF_A_FOLLOWER: Mapping[str, Callable[[ClientId], Command]] = {
    "in": lambda client: SetFollower(client, enabled=True),
    "out": lambda client: SetFollower(client, enabled=False),
    "release": ReleaseFollower,
    "flatten": Flatten,
}
_ALONE: Mapping[str, Command] = {
    "pause": SetPaused(on=True),
    "go": SetPaused(on=False),
    "resume": SetPaused(on=False),
    "halt": SetHalted(on=True),
    "release": SetHalted(on=False),
}
_ALL: Mapping[str, Command] = {"cancel": CancelAll(), "flatten": Flatten()}
"""Words that cancel or close everything: they need "all", so that a slip of the finger does nothing."""

_UNSURE_SECONDS = 3.0
"""For this long after an approval has expired, a bare y or n may have been meant for it."""

HELP = (
    "y 3 / n 3: approve or decline execution 3 · c 5 / d 5: copy or dismiss missed 5 · pause / resume (or go)",
    "halt / release: stop everything, or allow orders again · cancel all: cancel every working and queued order",
    "flatten 2 / flatten all: close the copied positions of follower 2 or of all followers",
    "retry 12 / drop 12: send failed copy 12 again, or dismiss it · gone 12: unknown copy 12 is not at the broker",
    "in 2 / out 2: enable or disable follower 2 · release 2: allow its orders again after a loss limit or a halt",
)


@dataclass(frozen=True, slots=True)
class Answer:
    """A typed line: its command, or the reply to show."""

    command: Command | None
    say: tuple[str, ...] = ()


def read_answer(line: str, waiting: list[int], followers: Mapping[int, ClientId], *, sure: bool = True) -> Answer:
    """Parse a typed line; a bare y or n means the only execution that waits. `followers` are by number.

    `sure` is false where that y or n may have been meant for an approval that has just expired.
    """
    found = _LINE.match(line)
    if found is None:
        return Answer(None, HELP)
    word, number = found[1].lower(), int(found[2]) if found[2] else None
    if found[3]:
        return Answer(_ALL[word]) if word in _ALL else Answer(None, HELP)
    if number is None:
        if word in _ALONE:
            return Answer(_ALONE[word])
        if word in _ANSWERS and len(waiting) == 1 and sure:
            return Answer(_ANSWERS[word](waiting[0]))
        if word in _ANSWERS:
            return Answer(None, (_which(waiting),))
        return Answer(None, HELP)
    if word in _OF_A_FOLLOWER:
        if number not in followers:
            return Answer(None, (f"there is no follower {number}",))
        return Answer(_OF_A_FOLLOWER[word](followers[number]))
    make = _ANSWERS.get(word) or _WITH_A_NUMBER.get(word)
    return Answer(make(number)) if make is not None else Answer(None, HELP)


def _which(waiting: list[int]) -> str:
    if not waiting:
        return "nothing waits for approval"
    return f"say which one: {', '.join(f'#{id_}' for id_ in waiting)} {'is' if len(waiting) == 1 else 'are'} waiting"


class ConsoleCommands:
    """Reads lines from a terminal in a thread of its own, so that typing never delays copying."""

    def __init__(
        self,
        submit: Callable[[Command], Future[str]],
        say: Callable[[str], None],
        stream: TextIO,
        followers: Mapping[int, ClientId],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Hand parsed commands to `submit`; `say` takes the replies."""
        self._submit = submit
        self._say = say
        self._stream = stream
        self._followers = followers
        self._monotonic = monotonic
        self._waiting: list[int] = []
        self._answered_at: dict[int, float] = {}
        self._unsure_until = -math.inf

    def start(self) -> None:
        """Start reading; the thread ends with the program."""
        threading.Thread(target=self._read, name="answers", daemon=True).start()

    def see(self, event: Event) -> None:
        """Track which executions wait for approval."""
        if event.execution_id is None:
            return
        if event.level is Level.ASK:
            self._waiting.append(event.execution_id)
            self._say(f"copy #{event.execution_id}? y / n")
        elif event.kind is EventKind.APPROVAL and event.execution_id in self._waiting:
            now = self._monotonic()
            if now - self._answered_at.pop(event.execution_id, -math.inf) >= _UNSURE_SECONDS:  # it expired
                self._unsure_until = now + _UNSURE_SECONDS  # set before the other thread sees it gone
            self._waiting.remove(event.execution_id)

    def _read(self) -> None:
        with contextlib.suppress(OSError, ValueError):  # the terminal is gone, or belongs to another program
            for line in self._stream:
                if line.strip():
                    waiting = list(self._waiting)  # read before the clock: see `see`
                    sure = self._monotonic() >= self._unsure_until
                    self._take(read_answer(line, waiting, self._followers, sure=sure))

    def _take(self, answer: Answer) -> None:
        for text in answer.say:
            self._say(text)
        if answer.command is None:
            return
        if isinstance(answer.command, Approve | Decline):
            self._answered_at[answer.command.execution_id] = self._monotonic()
        with contextlib.suppress(RuntimeError):  # the engine has ended
            self._submit(answer.command).add_done_callback(self._answered)

    def _answered(self, future: Future[str]) -> None:
        error = None if future.cancelled() else future.exception()
        if future.cancelled() or error is not None:
            self._say(f"that did not work: {type(error).__name__}")
        else:
            self._say(future.result())
