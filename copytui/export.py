"""What leaves copytui for other programs: CSV that a spreadsheet may open, JSON, and files that are never half."""

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
    """Return `rows` as CSV after RFC 4180, with a header; a text that looks like a formula gets a quote before it."""
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, fieldnames=columns)
    writer.writeheader()
    writer.writerows({key: _harmless(value) for key, value in row.items()} for row in rows)
    return out.getvalue()


def json_text(value: object) -> str:
    """Return `value` as JSON for people and programs; what JSON does not know is written as text."""
    return json.dumps(value, ensure_ascii=False, default=str, indent=2)


def write_whole(target: Path, text: str) -> None:
    """Write a file so that a reader, or a crash, finds all of `text` or what was there before; raises OSError."""
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
    """Keep a spreadsheet from taking the broker's text for a formula; numbers stay numbers."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
