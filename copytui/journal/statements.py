"""The SQL statements of every typed change."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

from copytui.domain.changes import (
    AccountDayChanged,
    Change,
    DayOpened,
    EventEmitted,
    ExecutionDecided,
    FlagChanged,
    FollowerHalted,
    MasterOrderSeen,
    MissedDismissed,
    OrderAdvanced,
    OrderPlanned,
    PositionChanged,
    RequestAnswered,
    RequestTaken,
)
from copytui.domain.decisions import DecidedExecution, Decision, Plan, Verdict
from copytui.domain.events import Event
from copytui.domain.orders import ClientId
from copytui.domain.positions import ExitFraction
from copytui.domain.reasons import Reason
from copytui.journal.codec import encode


@dataclass(frozen=True, slots=True)
class Statement:
    """One SQL statement; `must_change` makes it fail unless it changes exactly one row (compare and set)."""

    sql: str
    values: tuple[object, ...]
    must_change: bool = False


def statements_of(changes: Iterable[Change]) -> tuple[Statement, ...]:
    """Return the statements that write `changes`, in order."""
    return tuple(statement for change in changes for statement in _statements(change))


def _statements(change: Change) -> list[Statement]:
    match change:
        case EventEmitted(event):
            return [_append(event)]
        case OrderAdvanced():
            return [_advance(change)]
        case OrderPlanned(order):
            values = (order.id, order.execution_id, order.follower, order.tag, order.state, encode(order))
            return [Statement("INSERT INTO copies VALUES (?, ?, ?, ?, ?, ?)", values)]
        case ExecutionDecided(decided):
            return [_decide(decided), *_exit(decided)]
        case MasterOrderSeen():
            return [_know(change)]
        case PositionChanged():
            return [_position(change)]
        case _:
            return [_other(change)]


def _other(change: Change) -> Statement:
    match change:
        case DayOpened(master, day, at):
            values = (master, day.isoformat(), at.isoformat())
            return Statement("INSERT OR IGNORE INTO looks VALUES (?, ?, ?)", values)
        case MissedDismissed(decided):
            return Statement(
                "UPDATE executions SET reason = ?, sentence = ?, settled = 1"
                " WHERE id = ? AND settled = 0 AND verdict IN (?, ?)",
                (decided.decision.reason, decided.decision.sentence, decided.id, Verdict.MISSED, Verdict.COPY),
                must_change=True,
            )
        case FollowerHalted(follower, because):
            return _put_or_delete("followers", ("client_id",), (follower,), because)
        case FlagChanged(name, value):
            return _put_or_delete("flags", ("name",), (name,), value)
        case AccountDayChanged(account, day, name, value):
            return _put_or_delete("account_days", ("account", "day", "name"), (account, day.isoformat(), name), value)
        case RequestTaken(number, at):
            sql = "UPDATE requests SET taken_at = ? WHERE id = ? AND taken_at IS NULL AND answered_at IS NULL"
            return Statement(sql, (at.isoformat(), number), must_change=True)
        case RequestAnswered(number, at, text):
            sql = "UPDATE requests SET answered_at = ?, answer = ? WHERE id = ?"
            return Statement(sql, (at.isoformat(), text, number))
        case _:
            raise TypeError(f"no statement writes a {type(change).__name__}")


def _put_or_delete(table: str, columns: tuple[str, ...], key: tuple[str, ...], value: str | None) -> Statement:
    """Write a key's value; None deletes its row. The table and column names come from this module only."""
    if value is None:
        where = " AND ".join(f"{column} = ?" for column in columns)
        return Statement(f"DELETE FROM {table} WHERE {where}", key)  # noqa: S608
    marks = ", ".join("?" * (len(key) + 1))
    return Statement(f"INSERT OR REPLACE INTO {table} VALUES ({marks})", (*key, value))  # noqa: S608


def _know(change: MasterOrderSeen) -> Statement:
    known = change.known
    return Statement(
        "INSERT INTO master_orders VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (master, key) DO UPDATE SET"
        " origin = excluded.origin, counted = excluded.counted, executions = excluded.executions, row = excluded.row",
        (
            change.master, known.order.key, change.day.isoformat(), known.origin, known.first_seen.isoformat(),
            known.counted, known.executions, encode(known.order),
        ),
    )  # fmt: skip


def _decide(decided: DecidedExecution) -> Statement:
    """Write an execution with its decision; a later decision (an approval, an expiry) replaces the first."""
    execution, decision = decided.execution, decided.decision
    return Statement(
        "INSERT INTO executions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET"
        " verdict = excluded.verdict, reason = excluded.reason, sentence = excluded.sentence,"
        " plans = excluded.plans, settled = excluded.settled",
        (
            decided.id, decided.master, decided.day.isoformat(), execution.key, execution.number, execution.quantity,
            execution.origin,
            execution.executed_at.isoformat() if execution.executed_at else None, execution.seen_at.isoformat(),
            encode(execution.order), decision.verdict, decision.reason, decision.sentence,
            plans_text(decision.plans), int(decided.settled),
        ),
    )  # fmt: skip


def _exit(decided: DecidedExecution) -> list[Statement]:
    """Write the fraction of the master's position that an execution closed, if any, and when it was decided."""
    fraction = decided.execution.closes
    if fraction is None:
        return []
    return [
        Statement("INSERT OR IGNORE INTO exits VALUES (?, ?, ?)", (decided.id, fraction.closing, fraction.held)),
        Statement("INSERT OR IGNORE INTO exit_times VALUES (?, ?)", (decided.id, decided.decided_at.isoformat())),
    ]


def _position(change: PositionChanged) -> Statement:
    key, position = change.key, change.position
    ref = (change.account, change.master, key.exchange, key.symbol, key.product)
    if not position.quantity:
        return Statement(
            "DELETE FROM positions WHERE account = ? AND master = ? AND exchange = ? AND symbol = ? AND product = ?",
            ref,
        )
    return Statement(
        "INSERT OR REPLACE INTO positions VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (*ref, change.day.isoformat(), position.quantity, str(position.rounding_carry)),
    )


def _advance(change: OrderAdvanced) -> Statement:
    """Write a child order's next state, provided that the journal still has it in the previous one."""
    before, after = change.before, change.after
    return Statement(
        "UPDATE copies SET state = ?, body = ? WHERE id = ? AND state = ?",
        (after.state, encode(after), before.id, before.state),
        must_change=True,
    )


def _append(event: Event) -> Statement:
    return Statement(
        "INSERT INTO events (at, level, kind, who, text, order_key, execution_id, copy_id, code)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            event.at.isoformat(), event.level, event.kind, event.who, event.text,
            event.order_key, event.execution_id, event.copy_id, event.code,
        ),
    )  # fmt: skip


def plans_text(plans: tuple[Plan, ...]) -> str:
    """Return a decision's plans as JSON text."""
    rows = [
        [
            plan.follower, plan.name, plan.quantity, plan.reason, plan.sentence,
            [plan.exit.closing, plan.exit.held] if plan.exit else None,
            *([plan.withheld] if plan.withheld else []),
        ]
        for plan in plans
    ]  # fmt: skip
    return json.dumps(rows, separators=(",", ":"), ensure_ascii=False)


def plans_from(text: str) -> tuple[Plan, ...]:
    """Decode the output of `plans_text`."""
    return tuple(
        Plan(
            ClientId(follower),
            name,
            quantity,
            Reason(reason) if reason else None,
            sentence,
            ExitFraction(*more[0]) if more and more[0] else None,
            withheld=more[1] if len(more) > 1 else 0,
        )
        for follower, name, quantity, reason, sentence, *more in json.loads(text)
    )


def decision_from(verdict: str, reason: str | None, sentence: str, plans: str) -> Decision:
    """Decode a decision from its columns."""
    return Decision(Verdict(verdict), sentence, Reason(reason) if reason else None, plans_from(plans))
