"""The state that the engine recovers from the journal at start."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from fractions import Fraction

from copytui.domain.copies import UNSETTLED, ChildOrder
from copytui.domain.decisions import DecidedExecution
from copytui.domain.events import EventCode
from copytui.domain.executions import Execution, KnownOrder, Origin
from copytui.domain.orders import BookOrder, ClientId, Exchange, Product
from copytui.domain.positions import ExitFraction, Position, PositionKey, position_key
from copytui.journal.codec import decode
from copytui.journal.retention import awaiting_exits
from copytui.journal.statements import decision_from

_DAYS_KNOWN = 7
"""Orders of older days cannot be in any order book."""
_NEWEST_EVENTS = 200_000
"""More than a day has; reading the events of months would hold up the start."""
_AT_ONCE = 900
"""SQLite before 2020 takes at most 999 values in a query."""


@dataclass(frozen=True, slots=True)
class RecoveredPosition:
    """An account's position as last recorded, on `day`."""

    account: ClientId
    key: PositionKey
    day: date
    position: Position


@dataclass(frozen=True, slots=True)
class RecoveredState:
    """Everything needed to resume.

    `looked_at` (the days polled) and `known` belong to the current master; copies from another master are included
    while they are unsettled. `executions` are those of the last polled day, those that wait for the user, those of
    `copies`, and those of positions with a waiting exit. `copies` are theirs, the unsettled ones, and those sent on the
    last polled day, whose tags may still be looked up. `positions` were built by copying this master, or are the
    master's own; `orphans` were built by copying other masters, and come with the master. `account_days` are by
    account, day and name. `earlier` are all executions of the overnight positions, with `earlier_copies`. `decided_at`
    is when an execution had its last decision, where the events tell.
    """

    looked_at: frozenset[date]
    known: tuple[KnownOrder, ...]
    executions: tuple[DecidedExecution, ...]
    copies: tuple[ChildOrder, ...]
    halted: tuple[tuple[ClientId, str], ...]
    next_execution_id: int
    next_copy_id: int
    positions: tuple[RecoveredPosition, ...] = ()
    orphans: tuple[tuple[ClientId, RecoveredPosition], ...] = ()
    flags: Mapping[str, str] = field(default_factory=dict)
    account_days: Mapping[tuple[ClientId, date, str], str] = field(default_factory=dict)
    earlier: tuple[DecidedExecution, ...] = ()
    earlier_copies: tuple[ChildOrder, ...] = ()
    decided_at: Mapping[int, datetime] = field(default_factory=dict)


def read_recovered_state(connection: sqlite3.Connection, master: ClientId) -> RecoveredState:
    """Read the recovered state; raises sqlite3.DatabaseError or ValueError where the journal is damaged."""
    looks = connection.execute("SELECT day FROM looks WHERE master = ? ORDER BY day", (master,))
    days = [date.fromisoformat(day) for (day,) in looks]
    since = days[-_DAYS_KNOWN:][0].isoformat() if days else ""
    latest = days[-1].isoformat() if days else ""
    executions = _executions(connection, master, latest)
    copies = _copies(connection, master, latest, executions)
    positions = connection.execute(
        "SELECT account, exchange, symbol, product, day, quantity, rounding_carry FROM positions WHERE master = ?",
        (master,),
    )
    others = connection.execute(
        "SELECT master, account, exchange, symbol, product, day, quantity, rounding_carry FROM positions"
        " WHERE master != ? AND account != master ORDER BY master, account, symbol",
        (master,),
    )
    rows = tuple(position_from(row) for row in positions)
    earlier = _of_overnight(connection, master, {row.key.symbol for row in rows if not row.key.ends_with_the_day})
    days_of = connection.execute("SELECT account, day, name, value FROM account_days WHERE day >= ?", (since,))
    known = connection.execute("SELECT * FROM master_orders WHERE master = ? AND day >= ?", (master, since))
    return RecoveredState(
        looked_at=frozenset(days),
        known=tuple(_known(row) for row in known),
        executions=executions,
        copies=copies,
        halted=tuple((ClientId(client), why) for client, why in connection.execute("SELECT * FROM followers")),
        next_execution_id=1 + connection.execute("SELECT coalesce(max(id), 0) FROM executions").fetchone()[0],
        next_copy_id=1 + connection.execute("SELECT coalesce(max(id), 0) FROM copies").fetchone()[0],
        positions=rows,
        orphans=tuple((ClientId(whose), position_from(tuple(row))) for whose, *row in others),
        flags=dict(connection.execute("SELECT name, value FROM flags").fetchall()),
        account_days={
            (ClientId(account), date.fromisoformat(day), name): value for account, day, name, value in days_of
        },
        earlier=earlier,
        earlier_copies=_copies_of(connection, [decided.id for decided in earlier]),
        decided_at=_decided_at(connection, executions),
    )


def _exits(connection: sqlite3.Connection) -> dict[int, tuple[ExitFraction, datetime | None]]:
    """Return the fraction of the master's position that each exit closed, and when it was decided."""
    return {
        id_: (ExitFraction(closing, held), decided_at and datetime.fromisoformat(decided_at))
        for id_, closing, held, decided_at in connection.execute(
            "SELECT execution_id, closing, held, decided_at FROM exits LEFT JOIN exit_times USING (execution_id)"
        )
    }


def _executions(connection: sqlite3.Connection, master: ClientId, latest: str) -> tuple[DecidedExecution, ...]:
    exits = _exits(connection)
    marks = ",".join("?" * len(UNSETTLED))
    rows = connection.execute(
        "SELECT * FROM executions WHERE (master = ? AND (day = ? OR settled = 0))"  # noqa: S608  # only placeholders are inserted
        f" OR id IN (SELECT execution_id FROM copies WHERE state IN ({marks}))",
        (master, latest, *UNSETTLED),
    ).fetchall()
    for id_ in _sent_on(connection, master, latest):
        rows += connection.execute("SELECT * FROM executions WHERE id = ?", (id_,)).fetchall()
    found = {row[0]: _execution(row, *exits.get(row[0], (None, None))) for row in rows}
    for key, since in awaiting_exits(found.values(), _held(connection, master)).items():
        # The rows are searched as text first, because decoding months of JSON takes many seconds.
        name = json.dumps(key.symbol, ensure_ascii=False)
        for row in connection.execute(
            "SELECT * FROM executions WHERE master = ? AND day >= ? AND instr(row, ?)",
            (master, since.isoformat(), name),
        ):
            if row[0] not in found:
                decided = _execution(row, *exits.get(row[0], (None, None)))
                if position_key(decided.execution.order) == key:
                    found[decided.id] = decided
    return tuple(found[id_] for id_ in sorted(found))


def _of_overnight(connection: sqlite3.Connection, master: ClientId, symbols: set[str]) -> tuple[DecidedExecution, ...]:
    """Return all executions in these symbols: what copying should have built of a position depends on them."""
    found, exits = [], _exits(connection) if symbols else {}
    for start in range(0, len(symbols), _AT_ONCE):
        some = sorted(symbols)[start : start + _AT_ONCE]
        marks = ",".join("?" * len(some))
        sql = f"SELECT * FROM executions WHERE master = ? AND json_extract(row, '$.symbol') IN ({marks}) ORDER BY id"  # noqa: S608
        found += [_execution(row, *exits.get(row[0], (None, None))) for row in connection.execute(sql, (master, *some))]
    return tuple(decided for decided in found if not position_key(decided.execution.order).ends_with_the_day)


def _copies_of(connection: sqlite3.Connection, executions: Sequence[int]) -> tuple[ChildOrder, ...]:
    found: list[ChildOrder] = []
    for start in range(0, len(executions), _AT_ONCE):
        some = executions[start : start + _AT_ONCE]
        marks = ",".join("?" * len(some))
        sql = f"SELECT body FROM copies WHERE execution_id IN ({marks}) ORDER BY id"  # noqa: S608  # only placeholders
        found += [decode(ChildOrder, body) for (body,) in connection.execute(sql, some)]
    return tuple(found)


def _decided_at(connection: sqlite3.Connection, executions: Iterable[DecidedExecution]) -> dict[int, datetime]:
    """Return when these executions had their last decision, where the newest events tell."""
    wanted = {decided.id for decided in executions}
    rows = connection.execute(
        "SELECT execution_id, at FROM events WHERE seq > (SELECT max(seq) FROM events) - ? AND code = ? ORDER BY seq",
        (_NEWEST_EVENTS, EventCode.DECIDED),
    )
    return {id_: datetime.fromisoformat(at) for id_, at in rows if id_ in wanted}


def _held(connection: sqlite3.Connection, master: ClientId) -> set[PositionKey]:
    rows = connection.execute(
        "SELECT exchange, symbol, product FROM positions WHERE master = ? AND account != master AND quantity != 0",
        (master,),
    )
    return {PositionKey(Exchange(exchange), symbol, Product(product)) for exchange, symbol, product in rows}


def _sent_on(connection: sqlite3.Connection, master: ClientId, day: str) -> set[int]:
    """Return the executions of earlier days with copies created or sent on `day`, by a manual action."""
    found: set[int] = set()
    if not day:
        return found
    for execution_id, body in connection.execute(
        "SELECT copies.execution_id, copies.body FROM copies CROSS JOIN executions"
        " WHERE executions.id = copies.execution_id AND executions.master = ? AND executions.day < ?"
        " ORDER BY copies.id DESC",
        (master, day),
    ):
        copy = decode(ChildOrder, body)
        if copy.day.isoformat() < day:
            break
        found.add(execution_id)
    return found


def _copies(
    connection: sqlite3.Connection, master: ClientId, latest: str, executions: Sequence[DecidedExecution]
) -> tuple[ChildOrder, ...]:
    marks = ",".join("?" * len(UNSETTLED))
    rows = connection.execute(
        f"SELECT id, body FROM copies WHERE state IN ({marks})"  # noqa: S608  # only placeholders are inserted
        " OR execution_id IN (SELECT id FROM executions WHERE master = ? AND day = ?)",
        (*UNSETTLED, master, latest),
    ).fetchall()
    older = [decided.id for decided in executions if decided.day.isoformat() != latest]
    for start in range(0, len(older), _AT_ONCE):  # each query scans the table
        ids = older[start : start + _AT_ONCE]
        marks = ",".join("?" * len(ids))
        query = f"SELECT id, body FROM copies WHERE execution_id IN ({marks})"  # noqa: S608  # placeholders
        rows += connection.execute(query, ids).fetchall()
    found = dict(rows)
    return tuple(decode(ChildOrder, found[id_]) for id_ in sorted(found))


def position_from(row: tuple[str, str, str, str, str, int, str]) -> RecoveredPosition:
    """Decode a row of `positions` without its master."""
    account, exchange, symbol, product, day, quantity, rounding_carry = row
    key = PositionKey(Exchange(exchange), symbol, Product(product))
    return RecoveredPosition(
        ClientId(account), key, date.fromisoformat(day), Position(quantity, Fraction(rounding_carry))
    )


def _known(row: tuple[str, str, str, str, str, int, int, str]) -> KnownOrder:
    _master, _key, day, origin, first_seen, counted, executions, text = row
    return KnownOrder(
        decode(BookOrder, text), Origin(origin), datetime.fromisoformat(first_seen), counted, executions,
        date.fromisoformat(day),
    )  # fmt: skip


def _execution(
    row: tuple[int, str, str, str, int, int, str, str | None, str, str, str, str | None, str, str, int],
    share: ExitFraction | None,
    decided_at: datetime | None,
) -> DecidedExecution:
    id_, master, day, _key, number, quantity, origin, executed_at, seen_at, text = row[:10]
    verdict, reason, sentence, plans, settled = row[10:]
    execution = Execution(
        decode(BookOrder, text),
        Origin(origin),
        number,
        quantity,
        datetime.fromisoformat(executed_at) if executed_at else None,
        datetime.fromisoformat(seen_at),
        share,
    )
    decision = decision_from(verdict, reason, sentence, plans)
    return DecidedExecution(
        id_, ClientId(master), date.fromisoformat(day), execution, decision, decided_at or execution.seen_at,
        bool(settled),
    )  # fmt: skip
