"""Encoding of frozen domain values as JSON text and back, for the journal's columns and the session log."""

from __future__ import annotations

import json
import types
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import is_dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from enum import Enum
from functools import cache
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

import msgspec

T = TypeVar("T")

_ENCODER = msgspec.json.Encoder(decimal_format="string")


def encode(value: object) -> str:
    """Return a frozen dataclass as JSON text."""
    try:
        return _ENCODER.encode(value).decode()
    except UnicodeEncodeError:  # a lone surrogate, which is escaped
        return json.dumps(msgspec.to_builtins(value), separators=(",", ":"))


def decode(kind: type[T], text: str) -> T:
    """Decode the output of `encode`; raises ValueError, TypeError or KeyError when the text is not of that kind."""
    try:
        return cast("T", _build(kind, json.loads(text)))
    except (AttributeError, InvalidOperation) as error:
        raise ValueError(f"not a {kind.__name__}: {error}") from error


@cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


def _build(kind: Any, plain: Any) -> object:  # a type hint has no common type
    if get_origin(kind) in (Union, types.UnionType):
        if plain is None:
            return None
        kind = next(arm for arm in get_args(kind) if arm is not types.NoneType)
    kind = getattr(kind, "__supertype__", kind)  # a NewType is its base at run time
    if is_dataclass(kind):
        hints = _hints(cast("type", kind))
        # A field added by a newer version gets its default.
        return cast("type", kind)(**{name: _build(hints[name], value) for name, value in plain.items()})
    if kind is datetime:
        return datetime.fromisoformat(plain)
    if kind is date:
        return date.fromisoformat(plain)
    if kind is Decimal or (isinstance(kind, type) and issubclass(kind, Enum)):
        return kind(plain)
    if kind is float:
        return float(plain)
    if not isinstance(plain, kind):
        raise TypeError(f"expected {kind.__name__}, found {type(plain).__name__}")
    return cast("object", plain)


CHUNK = 200
"""Lines per chunk."""


def json_line(value: Mapping[str, object]) -> bytes:
    """Return a value as one line of JSON; lone surrogates, which UTF-8 cannot encode, are escaped."""
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "backslashreplace")


def json_array(lines: Sequence[bytes]) -> Iterator[bytes]:
    """Yield a JSON array in chunks."""
    for start in range(0, len(lines), CHUNK):
        yield (b",\n  " if start else b"[\n  ") + b",\n  ".join(lines[start : start + CHUNK])
    yield b"]" if lines else b"[]"
