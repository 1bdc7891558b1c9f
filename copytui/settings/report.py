"""The report of all problems with the settings' files, and the reading of their text."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path

_LONGEST = 60
_LISTED = 5
_PLAIN_NAME = re.compile(r"[A-Za-z0-9_.&-]+(?:\[[0-9]+\](?:\.[A-Za-z0-9_.&-]+)?)?")
"""Dotted names, including those of a table in a list: `sizing.rules[2].multiplier`."""


@dataclass(slots=True)
class Report:
    """Problems prevent the start; warnings are only shown. Each is one sentence and never holds a secret."""

    problems: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def problem(self, sentence: str) -> None:
        """Add a reason not to start."""
        self.problems.append(sentence)

    def warn(self, sentence: str) -> None:
        """Add something that the user should know and that does not prevent the start."""
        self.warnings.append(sentence)


class Unreadable(Exception):
    """An existing file cannot be used; the error's text is a sentence for the user."""


def read_text(path: Path) -> str:
    """Return the file's text (UTF-8, with or without a byte order mark).

    Raises FileNotFoundError when there is no such file, Unreadable for any other failure.
    """
    try:
        return path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise Unreadable(f"{path.name} is not UTF-8 text (line {line}): save it as UTF-8") from None
    except OSError as error:
        raise Unreadable(f"{path.name} cannot be read ({error.strerror}): {path}") from None


def shown(value: object) -> str:
    """Return what was found: short, as TOML writes it, safe for a terminal.

    Text with an `@` may be an address with a password in it, so it is not shown.
    """
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return _quoted(value)
        case int() if abs(value) >= 10**18:
            return "a huge number"
        case dict():
            return "a table"
        case list() | tuple():
            return _listed(value)
        case _:
            return str(value)


def _listed(values: Sequence[object]) -> str:
    if any(isinstance(value, dict | list | tuple) for value in values):
        return "a list"
    words = ", ".join(map(shown, values[:_LISTED])) + (", …" if len(values) > _LISTED else "")
    return f"the list [{words}]" if values else "an empty list"


def shown_name(name: str) -> str:
    """Return a key's name for use in a sentence."""
    return name if _PLAIN_NAME.fullmatch(name) and len(name) <= _LONGEST else _quoted(name)


def _quoted(text: str) -> str:
    if "@" in text:
        return "a text with an @ in it (not shown)"
    cut = text if len(text) <= _LONGEST else text[:_LONGEST] + "…"
    return json.dumps(cut, ensure_ascii=not cut.isprintable())


def likely(name: str, known: Iterable[str]) -> str | None:
    """Return the known name that `name` was probably meant to be, upper and lower case alike."""
    by_lower = {each.lower(): each for each in known}
    found = get_close_matches(name[:_LONGEST].lower(), by_lower, n=1, cutoff=0.75)
    return by_lower[found[0]] if found else None
