"""One day's instrument list as a small SQLite file, built once from the broker's JSON and then only read.

The JSON is read as a stream, so memory use stays small whatever the list's size.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import date
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import BinaryIO, Final

import ijson

_VERSION: Final = 2
"""Version 1 had no contracts; a file of another version is loaded anew."""
_BATCH: Final = 500
_BUFFER: Final = 64 * 1024
_EXCHANGES: Final = frozenset({"NSE", "BSE", "NFO", "BFO", "MCX", "CDS", "NCDEX", "NCO"})
_PAISE: Final = Decimal(100)
_CURRENCY_UNITS: Final = Decimal(10_000_000)
_MAX_LOT: Final = 10**9

_TABLE: Final = """
    CREATE TABLE instruments (
        exchange TEXT NOT NULL, symbol TEXT NOT NULL, token TEXT NOT NULL, lot INTEGER NOT NULL, tick TEXT NOT NULL,
        name TEXT NOT NULL, expiry TEXT NOT NULL, strike TEXT NOT NULL, kind TEXT NOT NULL,
        PRIMARY KEY (exchange, symbol)
    ) WITHOUT ROWID
"""
# Two different rows for one symbol are ambiguous: the empty token marks the symbol, and no look-up finds it.
_INSERT: Final = """
    INSERT INTO instruments VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET token = ''
    WHERE (token, lot, tick, name, expiry, strike, kind)
    IS NOT (excluded.token, excluded.lot, excluded.tick, excluded.name, excluded.expiry, excluded.strike, excluded.kind)
"""

StoredRow = tuple[str, int, str, str, str, str, str]
"""Token, lot in units, tick in rupees, name, expiry and strike (in rupees, '' for none), instrument type."""

ListRow = tuple[str, str, str, int, str, str, str, str, str]
"""The exchange and symbol, then as in `StoredRow`."""


class InstrumentTrouble(Exception):
    """A day's list is not available; the text is a sentence for the user."""


class StoredList:
    """A day's list on disk, open for reading. Any thread may use it, one at a time."""

    def __init__(self, path: Path, day: date) -> None:
        """Open the list; raises sqlite3.Error if it is not a complete list."""
        self.day = day
        # Immutable: a list is replaced by another file and never changed, so it needs no lock.
        uri = f"{path.resolve().as_uri()}?mode=ro&immutable=1"
        self._connection = sqlite3.connect(uri, uri=True, check_same_thread=False)
        try:
            _check_complete(self._connection)
        except BaseException:
            self._connection.close()
            raise

    def row(self, exchange: str, symbol: str) -> StoredRow | None:
        """Return a symbol's row, ignoring case; raises sqlite3.Error."""
        query = (
            "SELECT token, lot, tick, name, expiry, strike, kind FROM instruments"
            " WHERE exchange = ? AND symbol = ? AND token <> ''"
        )
        row: StoredRow | None = self._connection.execute(query, (exchange, symbol.upper())).fetchone()
        return row

    def has_derivatives(self, name: str) -> bool:
        """Return whether the list has a contract on the share with this name; raises sqlite3.Error."""
        # A contract's symbol begins with the name, so that the key leads to it.
        query = (
            "SELECT 1 FROM instruments WHERE exchange = ? AND symbol > ? AND symbol < ? AND name = ? AND expiry <> ''"
            " LIMIT 1"
        )
        name = name.upper()
        found = (self._connection.execute(query, (at, name, f"{name}\uffff", name)) for at in ("NFO", "BFO"))
        return any(rows.fetchone() is not None for rows in found)

    def close(self) -> None:
        """Close the file."""
        self._connection.close()


def _check_complete(connection: sqlite3.Connection) -> None:
    """Raise sqlite3.Error unless `build` finished the file and it is undamaged."""
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version != _VERSION or connection.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
        raise sqlite3.DatabaseError("not a complete instrument list")


def build(source: BinaryIO, target: Path, stop: threading.Event) -> int:
    """Write the JSON list in `source` to the new file `target`; return the number of readable rows.

    Raises InstrumentTrouble for an incomplete or malformed list, sqlite3.Error or OSError for disk failures.
    """
    count = 0
    rows = _rows(source)
    with closing(sqlite3.connect(target)) as connection:
        # An incomplete file is never used, so nothing needs to be safe against a crash.
        connection.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -8000;")
        connection.execute(_TABLE)
        try:
            while batch := list(islice(rows, _BATCH)):
                if stop.is_set():
                    raise InstrumentTrouble("the program is stopping")
                connection.executemany(_INSERT, batch)
                count += len(batch)
        except (ijson.JSONError, ValueError):
            count = -1
        if count <= 0:
            raise InstrumentTrouble("the data is cut off or not a list" if count else "the list contains no instrument")
        connection.commit()
        connection.execute(f"PRAGMA user_version = {_VERSION}")
    return count


def _rows(source: BinaryIO) -> Iterator[ListRow]:
    for row in ijson.items(source, "item", buf_size=_BUFFER):
        if isinstance(row, dict) and (read := read_row(row)) is not None:
            yield read


def read_row(row: Mapping[str, object]) -> ListRow | None:
    """Return a row of the broker's file.

    None for an untradable row (an index has no lot or tick), an unknown segment, or a format that could be misread.
    `tick_size` and `strike` are in paise; in CDS in ten-millionths of a rupee.
    """
    exchange, symbol, token = (row.get(name) for name in ("exch_seg", "symbol", "token"))
    if not isinstance(exchange, str) or exchange not in _EXCHANGES:
        return None
    if not isinstance(symbol, str) or not isinstance(token, str) or not symbol.strip() or not token.strip():
        return None
    lot, tick = _number(row.get("lotsize")), _number(row.get("tick_size"))
    if lot is None or tick is None or lot != lot.to_integral_value() or lot > _MAX_LOT:
        return None
    units = _CURRENCY_UNITS if exchange == "CDS" else _PAISE
    strike = _number(row.get("strike"))
    return (
        exchange, symbol.strip().upper(), token.strip(), int(lot), _rupees(tick / units), _word(row, "name"),
        _word(row, "expiry"), "" if strike is None else _rupees(strike / units), _word(row, "instrumenttype"),
    )  # fmt: skip


def _rupees(amount: Decimal) -> str:
    return format(amount.normalize(), "f")


def _word(row: Mapping[str, object], name: str) -> str:
    value = row.get(name)
    return value.strip().upper() if isinstance(value, str) else ""


def _number(value: object) -> Decimal | None:
    """Return a number above 0, sent as text; None for anything else."""
    if not isinstance(value, str) or not value.isascii() or not value.replace(".", "", 1).isdigit() or len(value) > 20:
        return None
    number = Decimal(value)
    return number if number > 0 else None
