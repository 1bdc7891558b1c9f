"""Headless output: the settings at the start, one line per event, a summary at the end."""

from __future__ import annotations

import io
import json
import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import TextIO

from rich.console import Console as RichConsole
from rich.text import Text

from copytui.domain.copies import CopyState
from copytui.domain.events import Event, Level
from copytui.domain.statistics import CopyCounts, Statistics
from copytui.domain.text import clock_text, stamp

_STYLES = {Level.INFO: "", Level.WARN: "yellow", Level.ERROR: "bold red", Level.ASK: "bold cyan"}


class _Rich(RichConsole):
    """Rich's console, but a closed pipe does not end the program."""

    def on_broken_pipe(self) -> None:
        """Stop the output; the run continues."""
        self.quiet = True


class Console:
    """Writes lines to a stream; a closed stream stops the output and nothing else."""

    def __init__(self, stream: TextIO | None = None, *, as_json: bool = False) -> None:
        """Write to `stream` (default: standard output), as JSON objects with `as_json`."""
        # Without a standard output the lines go nowhere, and the run continues.
        self._stream = stream or sys.stdout or io.StringIO()
        self._json = as_json
        # Soft wrap: one event is one line at any width of the terminal.
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

    def summary(self, numbers: Statistics, states: Mapping[str, int], log: str) -> None:
        """Write the session's numbers; `states` counts the copies by status."""
        if self._json:
            row = {"summary": numbers.record(), "copies": dict(states), "log": log}
            self._put(json.dumps(row, ensure_ascii=False))
            return
        self.lines("summary", [*_summary_lines(numbers, states), f"log: {log}"])

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


def _summary_lines(numbers: Statistics, states: Mapping[str, int]) -> Iterator[str]:
    decided = numbers.copied + numbers.skipped + numbers.missed
    would = f" and {numbers.would_copy} would have been (dry run)" if numbers.would_copy else ""
    executions = f"{numbers.copied - numbers.would_copy} copied{would}, {numbers.skipped} skipped"
    executions += f", {numbers.missed} missed"
    if waiting := numbers.master_orders - decided:
        executions += f", {waiting} still waiting for approval"
    yield f"master executions {numbers.master_orders}: {executions}"
    copies = ", ".join(f"{count} {state}" for state, count in states.items() if state != CopyState.SIMULATED)
    yield f"copies {numbers.copies.total}{': ' if copies else ''}{copies}{_simulated(numbers.copies)}"
    for name, counts in numbers.by_follower.items():
        more = f", {counts.unknown} unknown" if counts.unknown else ""
        yield f"  {name}: {counts.success} succeeded, {counts.failed} failed{more}{_simulated(counts)}"
    if numbers.earlier_orders or numbers.earlier_copies:
        yield (
            f"of these, {_counted(numbers.earlier_orders, 'execution', 'executions')} and"
            f" {_counted(numbers.earlier_copies, 'copy', 'copies')} are from before this start: unfinished then, or"
            " perhaps missing in the last log"
        )


def _counted(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


def _simulated(counts: CopyCounts) -> str:
    return f"; {counts.simulated} simulated (dry run)" if counts.simulated else ""


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
