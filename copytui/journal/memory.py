"""What the journal remembers at start: the state that the engine goes on from."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from fractions import Fraction

from copytui.domain.copies import UNSETTLED, Copy
from copytui.domain.executions import Execution, KnownOrder, Origin
from copytui.domain.orders import BookOrder, ClientId, Exchange, Product
from copytui.domain.positions import Holding, PositionKey, Share
from copytui.journal.codec import decode
from copytui.journal.records import DecidedExecution, decision_from

_DAYS_KNOWN = 7
"""Orders of older days cannot stand in any book any more."""


@dataclass(frozen=True, slots=True)
class KeptPosition:
    """What an account held when it was last written, on `day`."""

    account: ClientId
    key: PositionKey
    day: date
    holding: Holding


@dataclass(frozen=True, slots=True)
class Memory:
    """Everything that matters for going on.

    `looked_at` and `known` are the present master's; copies that another master's orders gave are there as long as
    they are unsettled. `executions` are those that wait for the user and those of unsettled copies; `copies` the
    unsettled ones and those of the last looked-at day, whose tags may still be asked for. `positions` are those that
    copying this master built, and the master's own; `orphans` those that copying other masters built, with the master.
    `account_days` are by account, day and name.
    """

    looked_at: frozenset[date]
    known: tuple[KnownOrder, ...]
    executions: tuple[DecidedExecution, ...]
    copies: tuple[Copy, ...]
    halted: tuple[tuple[ClientId, str], ...]
    next_execution_id: int
    next_copy_id: int
    positions: tuple[KeptPosition, ...] = ()
    orphans: tuple[tuple[ClientId, KeptPosition], ...] = ()
    switches: Mapping[str, str] = field(default_factory=dict)
    account_days: Mapping[tuple[ClientId, date, str], str] = field(default_factory=dict)


def read_memory(connection: sqlite3.Connection, master: ClientId) -> Memory:
    """Read the journal's memory; raises sqlite3.DatabaseError or ValueError where it is damaged."""
    looks = connection.execute("SELECT day FROM looks WHERE master = ? ORDER BY day", (master,))
    days = [date.fromisoformat(day) for (day,) in looks]
    since = days[-_DAYS_KNOWN:][0].isoformat() if days else ""
    latest = days[-1].isoformat() if days else ""
    marks = ",".join("?" * len(UNSETTLED))
    copies = connection.execute(
        f"SELECT body FROM copies WHERE state IN ({marks})"  # noqa: S608  # only question marks are put in
        " OR execution_id IN (SELECT id FROM executions WHERE master = ? AND day = ?) ORDER BY id",
        (*UNSETTLED, master, latest),
    )
    executions = connection.execute(
        "SELECT * FROM executions WHERE (master = ? AND (day = ? OR settled = 0))"  # noqa: S608  # only question marks are put in
        f" OR id IN (SELECT execution_id FROM copies WHERE state IN ({marks})) ORDER BY id",
        (master, latest, *UNSETTLED),
    )
    shares = {
        id_: Share(closing, held)
        for id_, closing, held in connection.execute("SELECT execution_id, closing, held FROM exits")
    }
    positions = connection.execute(
        "SELECT account, exchange, symbol, product, day, quantity, owed FROM positions WHERE master = ?", (master,)
    )
    others = connection.execute(
        "SELECT master, account, exchange, symbol, product, day, quantity, owed FROM positions"
        " WHERE master != ? AND account != master ORDER BY master, account, symbol",
        (master,),
    )
    days_of = connection.execute("SELECT account, day, name, value FROM account_days WHERE day >= ?", (since,))
    known = connection.execute("SELECT * FROM master_orders WHERE master = ? AND day >= ?", (master, since))
    return Memory(
        looked_at=frozenset(days),
        known=tuple(_known(row) for row in known),
        executions=tuple(_execution(row, shares.get(row[0])) for row in executions),
        copies=tuple(decode(Copy, body) for (body,) in copies),
        halted=tuple((ClientId(client), why) for client, why in connection.execute("SELECT * FROM followers")),
        next_execution_id=1 + connection.execute("SELECT coalesce(max(id), 0) FROM executions").fetchone()[0],
        next_copy_id=1 + connection.execute("SELECT coalesce(max(id), 0) FROM copies").fetchone()[0],
        positions=tuple(position_from(row) for row in positions),
        orphans=tuple((ClientId(whose), position_from(tuple(row))) for whose, *row in others),
        switches=dict(connection.execute("SELECT name, value FROM switches").fetchall()),
        account_days={
            (ClientId(account), date.fromisoformat(day), name): value for account, day, name, value in days_of
        },
    )


def position_from(row: tuple[str, str, str, str, str, int, str]) -> KeptPosition:
    """Read a row of positions without its master."""
    account, exchange, symbol, product, day, quantity, owed = row
    key = PositionKey(Exchange(exchange), symbol, Product(product))
    return KeptPosition(ClientId(account), key, date.fromisoformat(day), Holding(quantity, Fraction(owed)))


def _known(row: tuple[str, str, str, str, str, int, int, str]) -> KnownOrder:
    _master, _key, _day, origin, first_seen, counted, executions, text = row
    return KnownOrder(decode(BookOrder, text), Origin(origin), datetime.fromisoformat(first_seen), counted, executions)


def _execution(
    row: tuple[int, str, str, str, int, int, str, str | None, str, str, str, str | None, str, str, int],
    share: Share | None,
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
        id_, ClientId(master), date.fromisoformat(day), execution, decision, execution.seen_at, bool(settled)
    )
