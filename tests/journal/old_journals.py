"""Journals of version 1, as commit 4898cc5 left them when it was killed: see version_1/README.md."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "version_1"
NAMES = ("working", "settled", "waiting", "dry_run", "over_night")


def rebuild(name: str, path: Path) -> Path:
    """Make the journal `name` at `path`."""
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.executescript((FOLDER / f"{name}.sql").read_text(encoding="utf-8"))
    return path


def facts(name: str) -> dict[str, Any]:
    """Return what one of the JSON files says: `working`, `working.books`, `working.after`."""
    found: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return found
