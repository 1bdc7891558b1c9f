"""JSON in bytes, piece by piece: a long array of lines is never put together as a whole."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence

PIECE = 200
"""So many lines are worked on at one go."""


def json_line(value: Mapping[str, object]) -> bytes:
    """Write a value as JSON in one line; half characters, which no file can hold, are escaped."""
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "backslashreplace")


def json_array(lines: Sequence[bytes]) -> Iterator[bytes]:
    """Give a JSON array, some lines at a time."""
    for start in range(0, len(lines), PIECE):
        yield (b",\n  " if start else b"[\n  ") + b",\n  ".join(lines[start : start + PIECE])
    yield b"]" if lines else b"[]"
