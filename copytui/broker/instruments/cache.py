"""The cache folder of the instrument lists: one file per day and source, loaded by one process at a time.

Several processes may share the folder. A file is built under a temporary name and moved into place when complete. The
lock ends with its process, and its holder removes unfinished files.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
import threading
import time
from contextlib import AbstractContextManager, suppress
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import BinaryIO, Final

from filelock import FileLock, Timeout
from urllib3 import PoolManager
from urllib3 import Timeout as HttpTimeout
from urllib3.exceptions import HTTPError
from urllib3.util import Retry, parse_url

from copytui.broker.instruments.store import InstrumentTrouble, StoredList, build
from copytui.broker.smartapi.dialing import tls_context

_CHUNK: Final = 64 * 1024
_MAX_BYTES: Final = 1024 * 1024 * 1024
_MAX_SECONDS: Final = 900.0
_TIMEOUT: Final = HttpTimeout(connect=10.0, read=30.0)
_KEEP_OTHER_SOURCES: Final = timedelta(days=7)


class InstrumentCache:
    """The lists of one source. Its methods block and run in a thread."""

    def __init__(self, url: str, folder: Path) -> None:
        """Use the list at `url` (http or https). Nothing is created before the first `fetch`."""
        self._url = url
        self._folder = folder
        # Lists of different sources (the demo's exchange, the broker) are stored side by side.
        self._source = hashlib.sha256(url.encode()).hexdigest()[:12]

    def newest(self, today: date) -> StoredList | None:
        """Open the newest complete list up to today's; None if there is none."""
        files = [(day, path) for day, source, path in self._files() if source == self._source and day <= today]
        for day, path in sorted(files, reverse=True):
            with suppress(sqlite3.Error, OSError):
                return StoredList(path, day)
        return None

    def fetch(self, today: date, stop: threading.Event) -> StoredList:
        """Load today's list, or wait for another process that is loading it, and open it.

        Raises InstrumentTrouble; existing lists are then left as they are.
        """
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with self._lock(stop):
                return self._fetch(today, stop)
        except HTTPError as error:
            reason = f"{parse_url(self._url).host} gave no complete answer ({type(error).__name__})"
        except (OSError, sqlite3.Error) as error:
            words = os.strerror(error.errno).lower() if isinstance(error, OSError) and error.errno else str(error)
            reason = f"the cache folder {self._folder} cannot be used ({words})"
        raise InstrumentTrouble(reason)

    def _fetch(self, today: date, stop: threading.Event) -> StoredList:
        target = self._folder / f"instruments-{self._source}-{today:%Y%m%d}.sqlite3"
        with suppress(sqlite3.Error):
            return StoredList(target, today)  # loaded by another process while we waited for the lock
        for left_over in self._folder.glob("*.part"):
            left_over.unlink(missing_ok=True)
        source, built = self._folder / f"{self._source}.json.part", self._folder / f"{self._source}.sqlite3.part"
        try:
            with source.open("w+b") as file:
                self._download(file, stop)
                file.seek(0)
                build(file, built, stop)
            _flush(built)
            StoredList(built, today).close()
            os.replace(built, target)  # noqa: PTH105  # the atomic rename, by its own name
        finally:
            for part in (source, built):
                with suppress(OSError):
                    part.unlink(missing_ok=True)
        self._remove_old(today)
        return StoredList(target, today)

    def _download(self, file: BinaryIO, stop: threading.Event) -> None:
        """Stream the body to `file`; raises InstrumentTrouble or urllib3's HTTPError."""
        host = parse_url(self._url).host
        deadline = time.monotonic() + _MAX_SECONDS
        with PoolManager(ssl_context=tls_context(), retries=Retry(0, redirect=3)) as pool:
            response = pool.request(
                "GET",
                self._url,
                headers={"User-Agent": "copytui", "Accept-Encoding": "gzip"},
                timeout=_TIMEOUT,
                preload_content=False,
            )
            try:
                if response.status != 200:
                    raise InstrumentTrouble(f"{host} answered HTTP {response.status}")
                size = 0
                for part in response.stream(_CHUNK, decode_content=True):
                    size += file.write(part)
                    if stop.is_set():
                        raise InstrumentTrouble("the program is stopping")
                    if size > _MAX_BYTES or time.monotonic() > deadline:
                        raise InstrumentTrouble(f"the answer of {host} is too large or too slow")
            finally:
                response.close()

    def _remove_old(self, today: date) -> None:
        """Remove the lists of earlier days, those of other sources only after a week."""
        for day, source, path in self._files():
            if day < (today if source == self._source else today - _KEEP_OTHER_SOURCES):
                with suppress(OSError):  # still open in another process: removed another day
                    path.unlink()

    def _files(self) -> list[tuple[date, str, Path]]:
        """Return the lists in the folder as day, source and path."""
        found = []
        for path in self._folder.glob("instruments-*-????????.sqlite3"):
            with suppress(ValueError):
                _, source, day = path.stem.split("-")
                found.append((datetime.strptime(day, "%Y%m%d").date(), source, path))  # noqa: DTZ007  # a date without time
        return found

    def _lock(self, stop: threading.Event) -> AbstractContextManager[object]:
        """Return the folder's lock, for use in a `with`; raises InstrumentTrouble if it is not free in time."""
        lock = FileLock(self._folder / "instruments.lock")
        deadline = time.monotonic() + _MAX_SECONDS
        while time.monotonic() < deadline and not stop.is_set():
            with suppress(Timeout):
                return lock.acquire(timeout=0.5)
        raise InstrumentTrouble("another process has been loading the list for too long")


def _flush(path: Path) -> None:
    """Write a file's content to disk before it is moved into place."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())
