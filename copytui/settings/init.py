"""`copytui init`: writes `.env`, `copytui.toml` and its JSON Schema, and never overwrites a file.

The schema lies beside `copytui.toml`, so that the file's first line is right on every machine and the editor needs no
network. A path into the installed package would change with every environment.
"""

from __future__ import annotations

import os
from pathlib import Path

from copytui.domain.errors import StartRefused
from copytui.settings.example import SCHEMA_FILE, example_env, example_toml
from copytui.settings.json_schema import json_schema


def write_templates(folder: Path) -> list[str]:
    """Write each file that does not exist yet; returns a line about each. Raises StartRefused if writing fails."""
    lines = []
    for name, text, mode in (
        (".env", example_env(), 0o600),
        ("copytui.toml", example_toml(), 0o644),
        (SCHEMA_FILE, json_schema(), 0o644),
    ):
        path = folder / name
        try:
            _create(path, text.encode(), mode)
        except FileExistsError:
            lines.append(f"{name} is there already and was left alone")
        except OSError as error:
            raise StartRefused(f"{path} cannot be written: {error.strerror}") from error
        else:
            lines.append(_written(name))
    return lines


def _written(name: str) -> str:
    if name == ".env":
        return f"{name} was written{' (readable by you only)' if os.name == 'posix' else ''}: fill it in"
    if name == SCHEMA_FILE:
        return f"{name} was written: editors check copytui.toml with it"
    return f"{name} was written"


def _create(path: Path, content: bytes, mode: int) -> None:
    """Create the file with its mode from the first byte; an existing file or link is never touched."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    descriptor = os.open(path, flags, mode)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
    except OSError:
        path.unlink(missing_ok=True)
        raise
