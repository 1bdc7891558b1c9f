"""`copytui.local.toml`: live changes from the screen, laid over the user's own file, which is never rewritten."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

import tomli_w

from copytui.domain.errors import SettingsRefused
from copytui.settings.report import Report, Unreadable, read_text
from copytui.settings.toml import check_document, parse_toml

LOCAL_FILE = "copytui.local.toml"

_HEAD = """\
# Written by copytui when settings change on its screen. Overrides copytui.toml.
# Delete this file to go back to copytui.toml.

"""


def save_local(folder: Path, changes: Mapping[str, object]) -> None:
    """Merge changes by dotted key (`filters.block_symbols`) into the file, atomically.

    `dry_run = false` is never written: the key is removed instead. Raises SettingsRefused for a change that could not
    be read back or a damaged file, OSError when the file cannot be written.
    """
    path = folder / LOCAL_FILE
    document = _read(path)
    for dotted, value in changes.items():
        _put(document, dotted.split("."), value)
    if document.get("dry_run") is False:
        del document["dry_run"]
    report = Report()
    check_document(document, LOCAL_FILE, report)
    if report.problems:
        raise SettingsRefused(tuple(report.problems))
    _replace(path, _HEAD + tomli_w.dumps(document))


def _read(path: Path) -> dict[str, object]:
    try:
        return parse_toml(read_text(path), path.name)
    except FileNotFoundError:
        return {}
    except Unreadable as error:
        raise SettingsRefused((str(error),)) from None


def _put(document: dict[str, object], keys: list[str], value: object) -> None:
    *sections, name = keys
    table = document
    for section in sections:
        inner = table.get(section)
        if not isinstance(inner, dict):
            inner = table[section] = {}
        table = inner
    table[name] = value


def _replace(path: Path, text: str) -> None:
    """Write a temporary file and move it over the old one, so that a reader finds the old text or the new."""
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(text.encode())
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
