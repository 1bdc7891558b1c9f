"""Output of the reports: tables, JSON and CSV, to standard output or to a file that is not overwritten unasked."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TextIO

from rich.cells import cell_len

from copytui.domain.errors import CopytuiError, SettingsRefused
from copytui.domain.text import clean
from copytui.export import csv_text, json_text, write_whole


@dataclass(frozen=True, slots=True)
class Output:
    """A file to write to, None for standard output; `force` allows overwriting it."""

    file: Path | None = None
    force: bool = False

    def check(self) -> None:
        """Raise SettingsRefused if the file must not be written, before any work is done."""
        if self.file is None:
            if self.force:
                raise SettingsRefused(("--force needs --output FILE",))
            return
        if self.file.exists() and not self.file.is_file():
            raise SettingsRefused((f"{self.file} is not a regular file, so nothing was written",))
        if self.file.exists() and not self.force:
            raise SettingsRefused((f"{self.file} exists and was left as it is: --force overwrites it",))

    def write(self, text: str, what: str) -> None:
        """Write `text`; `what` names it for the line that says it was written. Raises CopytuiError."""
        if self.file is None:
            say(text)
            return
        self.check()
        try:
            write_whole(self.file.resolve(), text)
        except OSError as error:
            raise CopytuiError(f"{self.file} cannot be written: {error.strerror or type(error).__name__}") from error
        say(f"{what} written to {self.file}\n")


def say(text: str) -> None:
    """Write text to standard output with its line ends unchanged."""
    stream = sys.stdout
    if stream is None:
        return
    if hasattr(stream, "reconfigure"):
        stream.reconfigure(newline="")
    _put(stream, text)


def note(line: str) -> None:
    """Write a remark for the user to standard error, apart from the output proper."""
    if sys.stderr is not None:
        _put(sys.stderr, f"{line}\n")


def _put(stream: TextIO, text: str) -> None:
    try:
        stream.write(text)
        stream.flush()
    except BrokenPipeError:
        # The reader (`head`, a pager) has gone; Python's own flush at exit must not complain either.
        with contextlib.suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


Record = dict[str, object]


class Format(StrEnum):
    """The output formats."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


def aligned(rows: Iterable[Sequence[str]], *, right: frozenset[int] = frozenset(), indent: int = 0) -> list[str]:
    """Return rows of cells as lines with aligned columns; the columns in `right` are right-aligned.

    Cells are cleaned first: foreign text can neither break a line nor control the terminal.
    """
    table = [[clean(cell) for cell in row] for row in rows]
    widths = [max(map(cell_len, column)) for column in zip(*table, strict=True)]
    lines = []
    for row in table:
        cells = []
        for number, (cell, width) in enumerate(zip(row, widths, strict=True)):
            padding = " " * (width - cell_len(cell))
            cells.append(padding + cell if number in right else cell + padding)
        lines.append((" " * indent + "  ".join(cells)).rstrip())
    return lines


def as_json(records: Iterable[Mapping[str, object]]) -> str:
    """Return a JSON array of objects, with a line end."""
    return json_text([_cleaned(record) for record in records]) + "\n"


def as_csv(records: Sequence[Mapping[str, object]], columns: Sequence[str]) -> str:
    """Return a header and a row per record; `columns` is the header if there is no record."""
    return csv_text(map(_cleaned, records), list(records[0]) if records else columns)


def counted(number: int, noun: str, plural: str | None = None) -> str:
    """Write a count with its noun."""
    return f"{number} {noun if number == 1 else plural or noun + 's'}"


def _cleaned(record: Mapping[str, object]) -> Record:
    return {key: clean(value) if isinstance(value, str) else value for key, value in record.items()}
