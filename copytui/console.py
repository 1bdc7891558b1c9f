"""Headless output: one line an event, the settings at start, a summary at the end; questions on a terminal."""

from __future__ import annotations

import json
import os
import queue
import re
import sys
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TextIO

from rich.console import Console as RichConsole
from rich.text import Text

from copytui.domain.copies import Copy
from copytui.domain.events import Event, EventKind, Level
from copytui.domain.statistics import Statistics
from copytui.domain.times import clock_text, stamp
from copytui.engine.commands import Approve, Command, CopyMissed, Decline, DismissMissed
from copytui.journal.records import DecidedExecution

_STYLES = {Level.INFO: "", Level.WARN: "yellow", Level.ERROR: "bold red", Level.ASK: "bold cyan"}
_ANSWER = re.compile(r"^\s*([a-z]+)(?:\s+#?(\d+))?\s*$", re.IGNORECASE)
_ANSWERS: Mapping[str, Callable[[int], Command]] = {
    "y": Approve, "yes": Approve, "n": Decline, "no": Decline, "c": CopyMissed, "copy": CopyMissed,
    "d": DismissMissed, "dismiss": DismissMissed,
}  # fmt: skip


class EventQueue:
    """Observes the engine and keeps its events for the thread that prints them."""

    def __init__(self) -> None:
        """Begin empty."""
        self._events: queue.SimpleQueue[Event] = queue.SimpleQueue()

    def happened(self, event: Event) -> None:
        """Take an event."""
        self._events.put(event)

    def decided(self, decided: DecidedExecution) -> None:
        """Take a decision: its event says it."""

    def copied(self, copy: Copy) -> None:
        """Take a copy: its events say it."""

    def take(self, wait: float) -> list[Event]:
        """Return what has come, waiting up to `wait` seconds for the first."""
        events: list[Event] = []
        try:
            events.append(self._events.get(timeout=wait))
            while True:
                events.append(self._events.get_nowait())
        except queue.Empty:
            return events


class _Rich(RichConsole):
    """Rich's console, without its habit of ending the program when the reader of a pipe goes away."""

    def on_broken_pipe(self) -> None:
        """Say nothing more; what is running goes on."""
        self.quiet = True


class Console:
    """Writes lines to a stream; a stream that has gone away stops the output and nothing else."""

    def __init__(self, stream: TextIO | None = None, *, as_json: bool = False) -> None:
        """Write to `stream` (standard output), as JSON objects with `as_json`."""
        self._stream = stream or sys.stdout
        self._json = as_json
        # Soft wrap: one event is one line, however wide the terminal is.
        self._rich = _Rich(file=self._stream, highlight=False, markup=False, emoji=False, soft_wrap=True)
        self._gone = False

    def event(self, event: Event) -> None:
        """Write one event."""
        if self._json:
            self._put(_event_json(event))
            return
        line = Text(f"{clock_text(event.at)} ", style="dim")
        line.append(f"{event.level:<5} ", style=_STYLES[event.level])
        line.append(f"{event.who:<10} ", style="bold")
        line.append(event.text, style=_STYLES[event.level])
        self._put(line)

    def lines(self, kind: str, lines: Iterable[str]) -> None:
        """Write plain lines, such as the settings in force; one JSON object named `kind` with `as_json`."""
        if self._json:
            self._put(json.dumps({kind: list(lines)}, ensure_ascii=False))
            return
        for line in lines:
            self._put(Text(line))

    def summary(self, numbers: Statistics, log: str) -> None:
        """Write the session's numbers."""
        executions = f"{numbers.copied} copied, {numbers.skipped} skipped, {numbers.missed} missed"
        copies = f"{numbers.success} good, {numbers.failed} failed, {numbers.unknown} unknown"
        self.lines(
            "summary",
            [
                f"master executions {numbers.master_orders}: {executions}",
                f"copies {numbers.total}: {copies} ({numbers.success_rate} % good)",
                f"log: {log}",
            ],
        )

    def _put(self, line: Text | str) -> None:
        if self._gone:
            return
        try:
            if isinstance(line, Text):
                self._rich.print(line)
            else:
                self._stream.write(line + "\n")
            self._stream.flush()
        except (OSError, ValueError):
            self._rich.quiet = True
        if self._rich.quiet and not self._gone:
            self._gone = True
            self._silence()

    def _silence(self) -> None:
        """Keep Python's own flush at exit from failing on a closed pipe."""
        try:
            os.dup2(os.open(os.devnull, os.O_WRONLY), self._stream.fileno())
        except (OSError, ValueError):
            return


def _event_json(event: Event) -> str:
    row: dict[str, object] = {
        "time": stamp(event.at),
        "level": event.level,
        "kind": event.kind,
        "who": event.who,
        "text": event.text,
        "master_order": event.order_key,
        "execution": event.execution_id,
        "copy": event.copy_id,
    }
    return json.dumps(row, ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the user typed: a command, or what is wrong with the line."""

    command: Command | None
    problem: str = ""


def read_answer(line: str, waiting: list[int]) -> Answer:
    """Understand a typed answer; without a number it means the only execution that waits."""
    found = _ANSWER.match(line)
    make = _ANSWERS.get(found[1].lower()) if found else None
    if found is None or make is None:
        return Answer(None, "type y or n (with its number where several wait), or c / d and the number of a missed one")
    if found[2]:
        return Answer(make(int(found[2])))
    if len(waiting) == 1 and make in (Approve, Decline):
        return Answer(make(waiting[0]))
    return Answer(None, "say which one: y 3" if waiting else "nothing waits for an answer")


class Questions:
    """Reads the user's answers from a terminal, without ever holding up the watching."""

    def __init__(self, submit: Callable[[Command], object], say: Callable[[str], None], stream: TextIO) -> None:
        """Hand understood answers to `submit`; `say` takes what was not understood."""
        self._submit = submit
        self._say = say
        self._stream = stream
        self._waiting: list[int] = []

    def start(self) -> None:
        """Begin to read in a thread that ends with the program."""
        threading.Thread(target=self._read, name="answers", daemon=True).start()

    def see(self, event: Event) -> None:
        """Keep in mind which executions wait."""
        if event.execution_id is None:
            return
        if event.level is Level.ASK:
            self._waiting.append(event.execution_id)
            self._say(f"copy #{event.execution_id}? y / n")
        elif event.kind is EventKind.APPROVAL and event.execution_id in self._waiting:
            self._waiting.remove(event.execution_id)

    def _read(self) -> None:
        for line in self._stream:
            if not line.strip():
                continue
            answer = read_answer(line, list(self._waiting))
            if answer.command is None:
                self._say(answer.problem)
                continue
            try:
                self._submit(answer.command)
            except RuntimeError:
                return  # the engine has ended
