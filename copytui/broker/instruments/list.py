"""The broker's list of all instruments: token, lot size, tick and contract of every symbol.

A look-up on disk takes microseconds. The list is some 50 MB of JSON, rebuilt every day (docs/smartapi.md, section 7).
It is loaded in a thread of its own and stored in the user's cache folder; nothing waits for it. Until there is a list,
every symbol is unknown. If today's list cannot be loaded, the newest one stays in use.
"""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Final, TypeVar

import platformdirs

from copytui.broker.instruments.cache import InstrumentCache
from copytui.broker.instruments.store import InstrumentTrouble, StoredList, StoredRow
from copytui.domain.contracts import Contract, from_row
from copytui.domain.filters import without_series
from copytui.domain.orders import Exchange
from copytui.domain.text import IST

T = TypeVar("T")

_CHECK_SECONDS: Final = 600.0
_RETRY_SECONDS: Final = (60.0, 300.0, 900.0)


@dataclass(frozen=True, slots=True)
class Instrument:
    """One tradable symbol of the list; `lot_size` in units, `tick` in rupees, both above 0.

    `contract` is None for a share.
    """

    exchange: Exchange
    symbol: str
    token: str
    lot_size: int
    tick: Decimal
    contract: Contract | None = None


def _instrument(exchange: Exchange, symbol: str, row: StoredRow) -> Instrument:
    token, lot, tick, name, expiry, strike, kind = row
    contract = from_row(
        exchange, symbol, expiry=expiry, strike=Decimal(strike) if strike else None, instrument_type=kind, name=name
    )
    return Instrument(exchange, symbol, token, lot, Decimal(tick), contract)


def default_folder() -> Path:
    """Return copytui's cache folder for this user; it may not exist yet."""
    return platformdirs.user_cache_path("copytui", appauthor=False)


class InstrumentList:
    """The newest available list. Used from one event loop; `find` may be called at any time.

    `day` is the day of the list in use, or None. `trouble` is a sentence on why it is not today's list, or None. It
    never shows more of the URL than the host.
    """

    def __init__(self, url: str, folder: Path, *, now: Callable[[], datetime] = lambda: datetime.now(IST)) -> None:
        """Set up. Nothing is read before the first `refresh`. With an empty `url` there is never a list."""
        self.day: date | None = None
        self.trouble: str | None = None
        self._now = now
        self._cache = InstrumentCache(url, folder) if url else None
        self._stored: StoredList | None = None
        self._with_derivatives: dict[str, bool] = {}
        self._stop = threading.Event()
        self._refresh_lock = asyncio.Lock()

    @property
    def ready(self) -> bool:
        """Whether there is a list, of today or an earlier day."""
        return self._stored is not None

    def find(self, exchange: Exchange, symbol: str) -> Instrument | None:
        """Return the instrument with that symbol; None if it is not in the list or there is no list.

        It takes a few microseconds.
        """
        if self._stored is None:
            return None
        try:
            row = self._stored.row(exchange.value, symbol)
        except sqlite3.Error as error:
            self._cannot_read(error)
            return None
        return _instrument(exchange, symbol, row) if row else None

    def has_derivatives(self, symbol: str) -> bool | None:
        """Return whether a share has derivatives, on either exchange; None if there is no list."""
        name = without_series(symbol.strip().upper())
        if self._stored is None:
            return None
        if name not in self._with_derivatives:
            try:
                self._with_derivatives[name] = self._stored.has_derivatives(name)
            except sqlite3.Error as error:
                self._cannot_read(error)
                return None
        return self._with_derivatives[name]

    async def refresh(self) -> None:
        """Switch to today's list, from the folder or else from the broker.

        Never raises and never blocks the loop; a failure is reported in `trouble`. Does nothing if today's list is in
        use.
        """
        cache = self._cache
        async with self._refresh_lock:
            today = self._now().astimezone(IST).date()
            if cache is None or self._stop.is_set() or self.day == today:
                return
            try:
                newest = await _in_own_thread(lambda: cache.newest(today))
                if newest is not None:
                    self._use(newest)
                if self.day != today:
                    self._use(await _in_own_thread(lambda: cache.fetch(today, self._stop)))
                self.trouble = None
            except Exception as error:  # noqa: BLE001  # copying continues without the list
                reason = (
                    str(error) if isinstance(error, InstrumentTrouble) else f"internal error {type(error).__name__}"
                )
                instead = f"the list of {self.day:%d-%b-%Y} is used" if self.day else "there is no list"
                self.trouble = f"today's instrument list could not be loaded, {instead}: {reason}"

    async def run(self) -> None:
        """Refresh now, on every new day, and again after a failure, until cancelled."""
        failures = 0
        while True:
            await self.refresh()
            failures = failures + 1 if self.trouble else 0
            pause = _RETRY_SECONDS[min(failures, len(_RETRY_SECONDS)) - 1] if failures else _CHECK_SECONDS
            await asyncio.sleep(pause)

    def close(self) -> None:
        """Stop a download in progress, without waiting for it, and close the file."""
        self._stop.set()
        self._use(None)

    def _cannot_read(self, error: sqlite3.Error) -> None:
        self.trouble = f"the instrument list on disk cannot be read ({type(error).__name__})"
        self._use(None)

    def _use(self, stored: StoredList | None) -> None:
        if self._stop.is_set() and stored is not None:
            stored.close()
            return
        previous, self._stored = self._stored, stored
        self._with_derivatives.clear()
        self.day = stored.day if stored else None
        if previous is not None:
            previous.close()


async def _in_own_thread(work: Callable[[], T]) -> T:
    """Run `work` in a daemon thread, so that a hanging download does not delay the program's end."""
    outcome: Future[T] = Future()
    outcome.set_running_or_notify_cancel()

    def run() -> None:
        try:
            result = work()
        except BaseException as error:  # noqa: BLE001  # raised where the outcome is awaited
            failure: BaseException = error
        else:
            with suppress(RuntimeError):  # the waiting loop is closed
                outcome.set_result(result)
            return
        with suppress(RuntimeError):
            outcome.set_exception(failure)

    threading.Thread(target=run, name="instruments", daemon=True).start()
    try:
        return await asyncio.wrap_future(outcome)
    except asyncio.CancelledError:
        outcome.add_done_callback(_close_unused)
        raise


def _close_unused(outcome: Future[T]) -> None:
    """Close a list that was opened for a cancelled caller."""
    if outcome.exception() is None and isinstance(stored := outcome.result(), StoredList):
        stored.close()
