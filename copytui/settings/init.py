"""`copytui init`: writes `.env` and `copytui.toml` to fill in, and never overwrites."""

from __future__ import annotations

import os
from importlib.resources import files
from pathlib import Path

from copytui.domain.errors import StartRefused

_ENV = ("env.template", ".env", 0o600)
_TOML = ("copytui.toml.template", "copytui.toml", 0o644)


def template(name: str) -> bytes:
    """Return a template that ships with copytui."""
    return files("copytui.settings").joinpath("templates", name).read_bytes()


def write_templates(folder: Path) -> list[str]:
    """Write both files where they are not there yet; returns a line on each. Raises StartRefused if that fails."""
    lines = []
    for source, name, mode in (_ENV, _TOML):
        path = folder / name
        try:
            _create(path, template(source), mode)
        except FileExistsError:
            lines.append(f"{name} is there already and was left alone")
        except OSError as error:
            raise StartRefused(f"{path} cannot be written: {error.strerror}") from error
        else:
            rights = " (readable by you only)" if name == ".env" and os.name == "posix" else ""
            lines.append(f"{name} was written{rights}: fill it in" if name == ".env" else f"{name} was written")
    return lines


def _create(path: Path, content: bytes, mode: int) -> None:
    """Create the file with its mode from the first byte; a file or link that is there is never touched."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    descriptor = os.open(path, flags, mode)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
    except OSError:
        path.unlink(missing_ok=True)
        raise
