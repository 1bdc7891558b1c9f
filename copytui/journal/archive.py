"""Read-only access to the journal: past executions, copies and events.

The file is opened with `mode=ro`, so a running copytui keeps writing. Everything from one `opened_archive` belongs to
one moment.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, TypeVar

from copytui.domain.copies import ChildOrder, CopyState
from copytui.domain.decisions import DecidedExecution
from copytui.domain.errors import JournalUnreadable
from copytui.domain.events import Event, EventCode, EventKind, Level
from copytui.domain.executions import Execution, KnownOrder, Origin
from copytui.domain.orders import BookOrder, ClientId, OrderKey
from copytui.domain.positions import ExitFraction
from copytui.domain.text import clean, trading_day
from copytui.journal.codec import decode
from copytui.journal.migration import FIRST_VERSION, carry_over
from copytui.journal.recovered_state import RecoveredPosition, position_from
from copytui.journal.schema import APPLICATION_ID, VERSION
from copytui.journal.statements import decision_from, plans_from

T = TypeVar("T")
_Row = tuple[Any, ...]
"""Plain SQLite values, typed by the schema's STRICT tables."""

JOURNAL_FILE = "journal.sqlite3"
"""The journal's name in the logs folder."""

_EXECUTION = (
    "id, master, day, number, quantity, origin, executed_at, seen_at, row, verdict, reason, sentence, plans, settled"
)
_KNOWN = "origin, first_seen, counted, executions, row, day"
_EVENT = "at, level, kind, who, text, order_key, execution_id, copy_id, code"
_DAY = "coalesce(json_extract(body, '$.book_day'), substr(json_extract(body, '$.created_at'), 1, 10))"
_BATCH = 500
_FIRST_DAY, _LAST_DAY = date(1, 1, 1), date(9999, 12, 31)


@dataclass(frozen=True, slots=True)
class OrderName:
    """The identity of a master order in the journal."""

    master: ClientId
    key: OrderKey


@dataclass(frozen=True, slots=True)
class OrderPast:
    """Everything in the journal about one master order. `known` is None where only its executions are stored."""

    name: OrderName
    known: KnownOrder | None
    executions: tuple[DecidedExecution, ...]
    copies: tuple[ChildOrder, ...]
    events: tuple[Event, ...]


@dataclass(frozen=True, slots=True)
class Coverage:
    """The journal's extent: the days on which the master was polled, and the counts."""

    days: tuple[date, ...]
    orders: int
    executions: int
    copies: int


class Archive:
    """Queries on one journal. Every method raises JournalUnreadable where the file is damaged."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        """Query through `connection`; error messages name `path`."""
        self._connection = connection
        self._path = path
        self._executions_sql = (
            f"SELECT {_EXECUTION}, closing, held FROM executions LEFT JOIN exits ON execution_id = id"  # noqa: S608
        )

    def coverage(self) -> Coverage:
        """Return the journal's extent."""
        days = self._all("SELECT day FROM looks UNION SELECT day FROM executions ORDER BY day")
        counts = [
            self._all(f"SELECT count(*) FROM {table}")[0][0]  # noqa: S608  # names from the next line only
            for table in ("master_orders", "executions", "copies")
        ]
        return Coverage(self._each(lambda row: date.fromisoformat(row[0]), days), *counts)

    def last_day(self) -> date | None:
        """Return the last trading day that copytui knew; None where it never polled."""
        day = self._all("SELECT max(day) FROM looks")[0][0]
        return None if day is None else self._each(lambda row: date.fromisoformat(row[0]), [(day,)])[0]

    def copies(self, since: date | None, until: date | None) -> tuple[ChildOrder, ...]:
        """Return the copies of these trading days (both included, None: no bound), oldest first."""
        first, last = since or _FIRST_DAY, until or _LAST_DAY
        # The date in the text can be a day off where it was written in another time zone.
        rows = self._all(
            f"SELECT body FROM copies WHERE {_DAY} BETWEEN date(?, '-1 day') AND date(?, '+1 day') ORDER BY id",  # noqa: S608
            max(first, date(2, 1, 1)).isoformat(),
            min(last, date(9998, 12, 31)).isoformat(),
        )
        return tuple(
            copy for copy in self._each(_copy, rows) if first <= (copy.book_day or trading_day(copy.created_at)) <= last
        )

    def executions_of_days(self, since: date | None, until: date | None) -> tuple[DecidedExecution, ...]:
        """Return the executions of these trading days (both included, None: no bound), in the order of sight."""
        rows = self._all(
            f"{self._executions_sql} WHERE day BETWEEN ? AND ? ORDER BY id",
            (since or _FIRST_DAY).isoformat(),
            (until or _LAST_DAY).isoformat(),
        )
        return self._each(_execution, rows)

    def executions(self, numbers: Iterable[int]) -> tuple[DecidedExecution, ...]:
        """Return the executions with these numbers."""
        rows = self._in_batches(f"{self._executions_sql} WHERE id IN (%s) ORDER BY id", numbers)
        return self._each(_execution, rows)

    def copies_of(self, executions: Iterable[int]) -> tuple[ChildOrder, ...]:
        """Return every copy of the executions with these numbers, by execution, oldest first."""
        rows = self._in_batches("SELECT body FROM copies WHERE execution_id IN (%s) ORDER BY id", executions)
        return self._each(_copy, rows)

    def unsettled_executions(self) -> tuple[DecidedExecution, ...]:
        """Return the executions that wait for the user (asked or missed), of all days and masters."""
        return self._each(_execution, self._all(f"{self._executions_sql} WHERE settled = 0 ORDER BY id"))

    def copies_in(self, states: Iterable[CopyState]) -> tuple[ChildOrder, ...]:
        """Return the copies that are in one of `states` now, of all days."""
        wanted = tuple(states)
        marks = ",".join("?" * len(wanted))
        return self._each(_copy, self._all(f"SELECT body FROM copies WHERE state IN ({marks}) ORDER BY id", *wanted))  # noqa: S608

    def halted(self) -> dict[ClientId, str]:
        """Return the halted followers, with the reasons."""
        return {ClientId(client): why for client, why in self._all("SELECT client_id, halted_because FROM followers")}

    def switch(self, name: str) -> str | None:
        """Return the value of a persisted flag; None where it is not set."""
        rows = self._all("SELECT value FROM flags WHERE name = ?", name)
        return str(rows[0][0]) if rows else None

    def of_accounts(self, day: date, name: str) -> dict[ClientId, str]:
        """Return a day's value of `name` by account."""
        rows = self._all("SELECT account, value FROM account_days WHERE day = ? AND name = ?", day.isoformat(), name)
        return {ClientId(account): value for account, value in rows}

    def day_values(self, day: date, prefix: str) -> list[tuple[ClientId, str, str]]:
        """Return a day's values with names that begin with `prefix`, as account, name and value."""
        sql = "SELECT account, name, value FROM account_days WHERE day = ? AND substr(name, 1, ?) = ?"
        rows = self._all(sql, day.isoformat(), len(prefix), prefix)
        return [(ClientId(account), name, value) for account, name, value in rows]

    def flags(self, prefix: str) -> dict[str, str]:
        """Return the persisted flags with names that begin with `prefix`."""
        return dict(self._all("SELECT name, value FROM flags WHERE substr(name, 1, ?) = ?", len(prefix), prefix))

    def present_master(self) -> ClientId | None:
        """Return the master that was polled last; None before the first poll."""
        rows = self._all("SELECT master FROM looks ORDER BY day DESC, rowid DESC LIMIT 1")
        return ClientId(rows[0][0]) if rows else None

    def newest_numbers(self) -> tuple[int, int]:
        """Return the numbers of the newest execution and of the newest child order, 0 where there is none."""
        sql = "SELECT (SELECT coalesce(max(id), 0) FROM executions), (SELECT coalesce(max(id), 0) FROM copies)"
        ((execution, order),) = self._all(sql)
        return execution, order

    def executions_in(self, master: ClientId, symbols: Collection[str]) -> tuple[DecidedExecution, ...]:
        """Return all executions of a master in these symbols, in the order of sight."""
        found: list[_Row] = []
        wanted = sorted(symbols)
        for start in range(0, len(wanted), _BATCH):
            batch = wanted[start : start + _BATCH]
            marks = ",".join("?" * len(batch))
            sql = f"{self._executions_sql} WHERE master = ? AND json_extract(row, '$.symbol') IN ({marks}) ORDER BY id"
            found += self._all(sql, master, *batch)
        return self._each(_execution, found)

    def positions(self) -> tuple[tuple[ClientId, RecoveredPosition], ...]:
        """Return the copied positions of all accounts and the masters' own, each with the master it comes from."""
        rows = self._all(
            "SELECT master, account, exchange, symbol, product, day, quantity, rounding_carry FROM positions"
        )
        return self._each(lambda row: (ClientId(row[0]), position_from(row[1:])), rows)

    def last_event(self, who: str, code: EventCode) -> datetime | None:
        """Return when the last event with this code was written; None where there is none."""
        rows = self._all("SELECT at FROM events WHERE who = ? AND code = ? ORDER BY seq DESC LIMIT 1", who, code)
        return self._each(lambda row: datetime.fromisoformat(row[0]), rows)[0] if rows else None

    def follower_names(self) -> dict[ClientId, str]:
        """Return the latest name of every follower that ever appeared in a decision."""
        rows = self._all("SELECT plans FROM executions ORDER BY id")
        found = self._each(lambda row: plans_from(row[0]), rows)
        return {plan.follower: plan.name for plans in found for plan in plans}

    def orders_named(self, name: str) -> tuple[OrderName, ...]:
        """Return the orders with this name: the master's order id or unique id, or a copy's order id or tag."""
        rows = self._all(
            "SELECT master, key FROM master_orders WHERE key = :name OR json_extract(row, '$.order_id') = :name"
            " UNION SELECT master, key FROM executions WHERE key = :name OR json_extract(row, '$.order_id') = :name"
            " UNION SELECT e.master, e.key FROM copies c JOIN executions e ON e.id = c.execution_id"
            " WHERE c.tag = upper(:name) OR json_extract(c.body, '$.order_id') = :name",
            name=name,
        )
        return self._each(_name, rows)

    def order_of_execution(self, number: int) -> OrderName | None:
        """Return the order of execution `number`."""
        rows = self._all("SELECT master, key FROM executions WHERE id = ?", number)
        return _name(rows[0]) if rows else None

    def order_of_copy(self, number: int) -> OrderName | None:
        """Return the master order of copy `number`."""
        sql = "SELECT e.master, e.key FROM copies c JOIN executions e ON e.id = c.execution_id WHERE c.id = ?"
        rows = self._all(sql, number)
        return _name(rows[0]) if rows else None

    def order(self, name: OrderName) -> OrderPast:
        """Return everything stored about one order."""
        sql = f"SELECT {_KNOWN} FROM master_orders WHERE master = ? AND key = ?"  # noqa: S608
        known = self._each(_known, self._all(sql, name.master, name.key))
        sql = f"{self._executions_sql} WHERE master = ? AND key = ? ORDER BY id"
        executions = self._each(_execution, self._all(sql, name.master, name.key))
        ids = [decided.id for decided in executions]
        marks = ",".join("?" * len(ids))
        sql = f"SELECT {_EVENT} FROM events WHERE order_key = ? OR execution_id IN ({marks}) ORDER BY seq"  # noqa: S608
        events = self._each(_event, self._all(sql, name.key, *ids))
        return OrderPast(name, known[0] if known else None, executions, self.copies_of(ids), events)

    def newest_names(self, most: int) -> tuple[str, ...]:
        """Return the order ids of the newest master orders and copies, `most` of each."""
        rows = self._all(
            "SELECT * FROM (SELECT json_extract(row, '$.order_id') FROM master_orders ORDER BY first_seen DESC LIMIT ?)"
            " UNION SELECT * FROM (SELECT json_extract(body, '$.order_id') FROM copies ORDER BY id DESC LIMIT ?)",
            most,
            most,
        )
        return tuple(str(name) for (name,) in rows if name)

    def _all(self, sql: str, *values: object, **named: object) -> list[_Row]:
        return self._connection.execute(sql, named or values).fetchall()

    def _in_batches(self, sql: str, numbers: Iterable[int]) -> list[_Row]:
        """Query many numbers in batches, because SQLite limits the parameters of a statement."""
        wanted = sorted(set(numbers))
        rows: list[_Row] = []
        for start in range(0, len(wanted), _BATCH):
            batch = wanted[start : start + _BATCH]
            rows += self._all(sql % ",".join("?" * len(batch)), *batch)
        return rows

    def _each(self, make: Callable[[_Row], T], rows: Iterable[_Row]) -> tuple[T, ...]:
        try:
            return tuple(make(row) for row in rows)
        except (ValueError, TypeError, KeyError) as error:
            raise _unreadable(self._path, error) from error


@contextlib.contextmanager
def opened_archive(path: Path) -> Iterator[Archive]:
    """Open the journal at `path` for reading; raises JournalUnreadable where it is missing or cannot be read."""
    if not path.exists():
        raise JournalUnreadable(f"there is no journal yet: {path} is written by copytui run")
    try:
        with contextlib.ExitStack() as stack:
            connection = stack.enter_context(contextlib.closing(_connect(path)))
            if _version(connection, path) == FIRST_VERSION:
                memory = stack.enter_context(contextlib.closing(sqlite3.connect(":memory:", isolation_level=None)))
                _carry_over_into(memory, connection, path)
                connection = memory
            connection.execute("BEGIN")
            yield Archive(connection, path)
    except sqlite3.OperationalError as error:
        raise JournalUnreadable(f"{path} cannot be read ({clean(str(error))})") from error
    except sqlite3.DatabaseError as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, why: Exception) -> JournalUnreadable:
    return JournalUnreadable(f"{path} is damaged, or written by a newer copytui ({clean(str(why))})")


def _connect(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, isolation_level=None, timeout=5.0)


def _carry_over_into(memory: sqlite3.Connection, connection: sqlite3.Connection, path: Path) -> None:
    """Copy a journal of version 1 into memory and bring the copy to the present version; the file stays as it is."""
    connection.backup(memory)
    memory.execute("BEGIN")
    try:
        carry_over(memory)
    except (ValueError, KeyError) as error:
        raise _unreadable(path, error) from error
    memory.execute("COMMIT")


def _version(connection: sqlite3.Connection, path: Path) -> int:
    """Return the version of a journal that can be read here; raises JournalUnreadable for any other file."""
    application = connection.execute("PRAGMA application_id").fetchone()[0]
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    if application != APPLICATION_ID or version not in (FIRST_VERSION, VERSION):
        raise JournalUnreadable(f"{path} is not a journal of this version of copytui (version {version})")
    return version


def _name(row: _Row) -> OrderName:
    return OrderName(ClientId(row[0]), OrderKey(row[1]))


def _known(row: _Row) -> KnownOrder:
    origin, first_seen, counted, executions, text, day = row
    return KnownOrder(
        decode(BookOrder, text), Origin(origin), datetime.fromisoformat(first_seen), counted, executions,
        date.fromisoformat(day),
    )  # fmt: skip


def _copy(row: _Row) -> ChildOrder:
    return decode(ChildOrder, row[0])


def _execution(row: _Row) -> DecidedExecution:
    id_, master, day, number, quantity, origin, executed_at, seen_at, text, *decided, settled, closing, held = row
    execution = Execution(
        decode(BookOrder, text),
        Origin(origin),
        number,
        quantity,
        datetime.fromisoformat(executed_at) if executed_at else None,
        datetime.fromisoformat(seen_at),
        None if closing is None else ExitFraction(closing, held),
    )
    # The time of the decision is in the events; this uses the time of sight.
    return DecidedExecution(
        id_, ClientId(master), date.fromisoformat(day), execution, decision_from(*decided), execution.seen_at,
        bool(settled),
    )  # fmt: skip


def _event(row: _Row) -> Event:
    at, level, kind, who, text, key, execution_id, copy_id, code = row
    return Event(
        datetime.fromisoformat(at), Level(level), EventKind(kind), who, text,
        OrderKey(key) if key is not None else None, execution_id, copy_id,
        EventCode(code) if code else None,
    )  # fmt: skip
