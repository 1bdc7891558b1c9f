"""The journal's lock: one copytui per journal. It ends with the process, however that ends."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock, Timeout

from copytui.domain.errors import JournalInUse, StartRefused

_LOCK_FILE = "journal.lock"
_PATIENCE_SECONDS = 0.5
"""Longer than `copytui resolve` holds the lock, so that neither a start nor another `resolve` fails because of it."""


@contextlib.contextmanager
def journal_lock(journal: Path) -> Iterator[None]:
    """Hold the lock of `journal`; raises JournalInUse while another copytui has it, StartRefused when that fails."""
    lock = FileLock(journal.parent / _LOCK_FILE)
    try:
        lock.acquire(timeout=_PATIENCE_SECONDS)
    except Timeout as error:
        raise JournalInUse(f"another copytui is running on {journal}") from error
    except OSError as error:
        raise StartRefused(f"{journal.parent} cannot be written: {error.strerror or error}") from error
    try:
        yield
    finally:
        lock.release()
