"""The folder that keeps the instrument lists: one file a day and source, loaded by one program at a time.

Several programs may use one folder. Files are made under another name and moved into their place whole; the lock
dies with its process, and whoever has it takes away what others left half done.
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
from copytui.broker.smartapi.connections import tls_context

_CHUNK: Final = 64 * 1024
_LARGEST: Final = 1024 * 1024 * 1024
_LONGEST_SECONDS: Final = 900.0
_PATIENCE: Final = HttpTimeout(connect=10.0, read=30.0)
_KEPT_OF_OTHERS: Final = timedelta(days=7)


class InstrumentCache:
    """The lists of one source. Its methods block: they are called in a thread."""

    def __init__(self, url: str, folder: Path) -> None:
        """Take the list from `url` (http or https); nothing is created before the first `fetch`."""
        self._url = url
        self._folder = folder
        # Lists of different sources (the demo's exchange, the broker) live side by side.
        self._source = hashlib.sha256(url.encode()).hexdigest()[:12]

    def newest(self, today: date) -> StoredList | None:
        """Open the newest list up to today's that is whole; None where there is none."""
        files = [(day, path) for day, source, path in self._files() if source == self._source and day <= today]
        for day, path in sorted(files, reverse=True):
            with suppress(sqlite3.Error, OSError):
                return StoredList(path, day)
        return None

    def fetch(self, today: date, stop: threading.Event) -> StoredList:
        """Load today's list, or wait for another program that is doing so, and open it.

        Raises InstrumentTrouble; the lists that there were stay as they are then.
        """
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with self._lock(stop):
                return self._fetch(today, stop)
        except HTTPError as error:
            reason = f"{parse_url(self._url).host} gave no whole answer ({type(error).__name__})"
        except (OSError, sqlite3.Error) as error:
            words = os.strerror(error.errno).lower() if isinstance(error, OSError) and error.errno else str(error)
            reason = f"the cache folder {self._folder} cannot be used ({words})"
        raise InstrumentTrouble(reason)

    def _fetch(self, today: date, stop: threading.Event) -> StoredList:
        target = self._folder / f"instruments-{self._source}-{today:%Y%m%d}.sqlite3"
        with suppress(sqlite3.Error):
            return StoredList(target, today)  # made by another program while we waited for the lock
        for left_over in self._folder.glob("*.part"):
            left_over.unlink(missing_ok=True)
        text, made = self._folder / f"{self._source}.json.part", self._folder / f"{self._source}.sqlite3.part"
        try:
            with text.open("w+b") as file:
                self._download(file, stop)
                file.seek(0)
                build(file, made, stop)
            _flush(made)
            StoredList(made, today).close()
            os.replace(made, target)  # noqa: PTH105  # the atomic one, by its own name
        finally:
            for part in (text, made):
                with suppress(OSError):
                    part.unlink(missing_ok=True)
        self._remove_old(today)
        return StoredList(target, today)

    def _download(self, file: BinaryIO, stop: threading.Event) -> None:
        """Write the body to `file` as it comes; raises InstrumentTrouble or urllib3's HTTPError."""
        host = parse_url(self._url).host
        until = time.monotonic() + _LONGEST_SECONDS
        with PoolManager(ssl_context=tls_context(), retries=Retry(0, redirect=3)) as pool:
            response = pool.request(
                "GET",
                self._url,
                headers={"User-Agent": "copytui", "Accept-Encoding": "gzip"},
                timeout=_PATIENCE,
                preload_content=False,
            )
            try:
                if response.status != 200:
                    raise InstrumentTrouble(f"{host} answered HTTP {response.status}")
                size = 0
                for part in response.stream(_CHUNK, decode_content=True):
                    size += file.write(part)
                    if stop.is_set():
                        raise InstrumentTrouble("the program ends")
                    if size > _LARGEST or time.monotonic() > until:
                        raise InstrumentTrouble(f"the answer of {host} is too large or too slow")
            finally:
                response.close()

    def _remove_old(self, today: date) -> None:
        """Remove the lists of earlier days; another source's only when nobody has renewed it for long."""
        for day, source, path in self._files():
            if day < (today if source == self._source else today - _KEPT_OF_OTHERS):
                with suppress(OSError):  # still open in another program, where that hinders: tomorrow, then
                    path.unlink()

    def _files(self) -> list[tuple[date, str, Path]]:
        """Return the lists in the folder: day, source, path."""
        found = []
        for path in self._folder.glob("instruments-*-????????.sqlite3"):
            with suppress(ValueError):
                _, source, day = path.stem.split("-")
                found.append((datetime.strptime(day, "%Y%m%d").date(), source, path))  # noqa: DTZ007  # a date alone
        return found

    def _lock(self, stop: threading.Event) -> AbstractContextManager[object]:
        """Return the folder's lock, held until the end of a `with`; InstrumentTrouble when it is not free in time."""
        lock = FileLock(self._folder / "instruments.lock")
        until = time.monotonic() + _LONGEST_SECONDS
        while time.monotonic() < until and not stop.is_set():
            with suppress(Timeout):
                return lock.acquire(timeout=0.5)
        raise InstrumentTrouble("another program has been loading the list for too long")


def _flush(path: Path) -> None:
    """Have a file's content on the disk before it is moved into its place."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())
