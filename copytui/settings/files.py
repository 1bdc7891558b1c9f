"""Text out of a settings file, or one sentence that says why not."""

from __future__ import annotations

from pathlib import Path


class Unreadable(Exception):
    """A file that is there and cannot be used; its text is a sentence fit for the user."""


def read_text(path: Path) -> str:
    """Return the file's text (UTF-8, with or without a byte order mark).

    Raises FileNotFoundError when there is no such file, Unreadable for any other trouble.
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
