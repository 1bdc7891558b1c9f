"""Data for other programs: CSV that is safe to open in a spreadsheet, JSON, and files that are written completely."""

from __future__ import annotations

import csv
import io
import json
import os
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def csv_text(rows: Iterable[Mapping[str, object]], columns: Sequence[str]) -> str:
    """Return `rows` as CSV (RFC 4180) with a header; text that looks like a formula gets a quote before it."""
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, fieldnames=columns)
    writer.writeheader()
    writer.writerows({key: _harmless(value) for key, value in row.items()} for row in rows)
    return out.getvalue()


def json_text(value: object) -> str:
    """Return `value` as indented JSON; types that JSON does not have are written as text."""
    return json.dumps(value, ensure_ascii=False, default=str, indent=2)


def write_whole(target: Path, text: str) -> None:
    """Write a file atomically: a reader, or a crash, sees all of `text` or the old contents; raises OSError."""
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _harmless(value: object) -> object:
    """Keep a spreadsheet from reading the broker's text as a formula; numbers stay numbers."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
