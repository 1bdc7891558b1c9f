"""How what was found is written: aligned text for people, JSON and CSV for programs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum

from rich.cells import cell_len

from copytui.domain.text import clean
from copytui.export import csv_text, json_text

Record = dict[str, object]


class Format(StrEnum):
    """The forms of the contract."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


def aligned(rows: Iterable[Sequence[str]], *, right: frozenset[int] = frozenset(), indent: int = 0) -> list[str]:
    """Return rows of cells as lines with the columns under each other; the columns in `right` are aligned there.

    Cells are cleaned first: foreign text can neither break a line nor speak to the terminal.
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
    """Return an array of objects, one line end at the end."""
    return json_text([_cleaned(record) for record in records]) + "\n"


def as_csv(records: Sequence[Mapping[str, object]], columns: Sequence[str]) -> str:
    """Return a header and a row a record; `columns` is for when there is none."""
    return csv_text(map(_cleaned, records), list(records[0]) if records else columns)


def counted(number: int, noun: str, plural: str | None = None) -> str:
    """Say a number of things."""
    return f"{number} {noun if number == 1 else plural or noun + 's'}"


def _cleaned(record: Mapping[str, object]) -> Record:
    return {key: clean(value) if isinstance(value, str) else value for key, value in record.items()}
