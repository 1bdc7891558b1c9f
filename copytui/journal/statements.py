"""What the journal keeps, as values, and the statements that write them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime

from copytui.domain.copies import ChildOrder, CopyState
from copytui.domain.decisions import Decision, Plan, Verdict
from copytui.domain.events import Event
from copytui.domain.executions import Execution, KnownOrder
from copytui.domain.orders import ClientId
from copytui.domain.positions import ExitFraction, Position, PositionKey
from copytui.domain.reasons import Reason
from copytui.journal.codec import encode


@dataclass(frozen=True, slots=True)
class DecidedExecution:
    """An execution and what was decided of it; `settled` is false while it waits for the user (asked, missed)."""

    id: int
    master: ClientId
    day: date
    execution: Execution
    decision: Decision
    decided_at: datetime
    settled: bool = True


@dataclass(frozen=True, slots=True)
class Statement:
    """One SQL statement; `must_change` makes it fail unless it changes exactly one row (compare and set)."""

    sql: str
    values: tuple[object, ...]
    must_change: bool = False


def save_look(master: ClientId, day: date, at: datetime) -> Statement:
    """Note that the master's book has been looked at on `day`; only the first time counts."""
    return Statement("INSERT OR IGNORE INTO looks VALUES (?, ?, ?)", (master, day.isoformat(), at.isoformat()))


def save_known(known: KnownOrder, master: ClientId, day: date) -> Statement:
    """Write what is known of an order of `master`'s."""
    return Statement(
        "INSERT INTO master_orders VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (master, key) DO UPDATE SET"
        " origin = excluded.origin, counted = excluded.counted, executions = excluded.executions, row = excluded.row",
        (
            master, known.order.key, day.isoformat(), known.origin, known.first_seen.isoformat(),
            known.counted, known.executions, encode(known.order),
        ),
    )  # fmt: skip


def save_execution(decided: DecidedExecution) -> Statement:
    """Write an execution with its decision; a later decision on the same one (a yes, a no) replaces it."""
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


def dismiss_missed(decided: DecidedExecution) -> Statement:
    """Settle a missed execution with the decision that it now has, provided that nobody has settled it."""
    return Statement(
        "UPDATE executions SET reason = ?, sentence = ?, settled = 1 WHERE id = ? AND settled = 0 AND verdict = ?",
        (decided.decision.reason, decided.decision.sentence, decided.id, Verdict.MISSED),
        must_change=True,
    )


def save_copy(copy: ChildOrder) -> Statement:
    """Write a new copy."""
    return Statement(
        "INSERT INTO copies VALUES (?, ?, ?, ?, ?, ?)",
        (copy.id, copy.execution_id, copy.follower, copy.tag, copy.state, encode(copy)),
    )


def save_share(decided: DecidedExecution) -> list[Statement]:
    """Write which share of the master's position an execution closed, if it did, and when that was decided."""
    share = decided.execution.closes
    if share is None:
        return []
    return [
        Statement("INSERT OR IGNORE INTO exits VALUES (?, ?, ?)", (decided.id, share.closing, share.held)),
        Statement("INSERT OR IGNORE INTO exit_times VALUES (?, ?)", (decided.id, decided.decided_at.isoformat())),
    ]


def save_position(account: ClientId, master: ClientId, key: PositionKey, day: date, position: Position) -> Statement:
    """Write what `account` holds of a position that copying `master` built; nothing held is no row."""
    place = (account, master, key.exchange, key.symbol, key.product)
    if not position.quantity:
        return Statement(
            "DELETE FROM positions WHERE account = ? AND master = ? AND exchange = ? AND symbol = ? AND product = ?",
            place,
        )
    return Statement(
        "INSERT OR REPLACE INTO positions VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (*place, day.isoformat(), position.quantity, str(position.rounding_carry)),
    )


def save_flag(name: str, value: str | None) -> Statement:
    """Note something that must survive a restart, such as a halt and why; None forgets it."""
    if value is None:
        return Statement("DELETE FROM switches WHERE name = ?", (name,))
    return Statement("INSERT OR REPLACE INTO switches VALUES (?, ?)", (name, value))


def save_account_day(account: ClientId, day: date, name: str, value: str | None) -> Statement:
    """Note something that holds for one account and one day, such as its funds at the day's start; None forgets it."""
    if value is None:
        return Statement(
            "DELETE FROM account_days WHERE account = ? AND day = ? AND name = ?", (account, day.isoformat(), name)
        )
    return Statement("INSERT OR REPLACE INTO account_days VALUES (?, ?, ?, ?)", (account, day.isoformat(), name, value))


def move_copy(before: ChildOrder, after: ChildOrder) -> Statement:
    """Write a copy's next state, provided that the journal still has it in the state it was read in."""
    return Statement(
        "UPDATE copies SET state = ?, body = ? WHERE id = ? AND state = ?",
        (after.state, encode(after), before.id, before.state),
        must_change=True,
    )


def save_halt(follower: ClientId, because: str | None) -> Statement:
    """Note that a follower is halted and why; None releases it."""
    if because is None:
        return Statement("DELETE FROM followers WHERE client_id = ?", (follower,))
    return Statement("INSERT OR REPLACE INTO followers VALUES (?, ?)", (follower, because))


def save_event(event: Event) -> Statement:
    """Append an event."""
    return Statement(
        "INSERT INTO events (at, level, kind, who, text, order_key, execution_id, copy_id)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            event.at.isoformat(), event.level, event.kind, event.who, event.text,
            event.order_key, event.execution_id, event.copy_id,
        ),
    )  # fmt: skip


def plans_text(plans: tuple[Plan, ...]) -> str:
    """Write a decision's plans as JSON text."""
    rows = [
        [
            plan.follower, plan.name, plan.quantity, plan.reason, plan.sentence,
            [plan.exit.closing, plan.exit.held] if plan.exit else None,
        ]
        for plan in plans
    ]  # fmt: skip
    return json.dumps(rows, separators=(",", ":"), ensure_ascii=False)


def plans_from(text: str) -> tuple[Plan, ...]:
    """Read what `plans_text` wrote."""
    return tuple(
        Plan(
            ClientId(follower),
            name,
            quantity,
            Reason(reason) if reason else None,
            sentence,
            ExitFraction(*more[0]) if more and more[0] else None,
        )
        for follower, name, quantity, reason, sentence, *more in json.loads(text)
    )


def decision_from(verdict: str, reason: str | None, sentence: str, plans: str) -> Decision:
    """Read a decision back from its columns."""
    return Decision(Verdict(verdict), sentence, Reason(reason) if reason else None, plans_from(plans))


__all__ = [
    "CopyState",
    "DecidedExecution",
    "Statement",
    "decision_from",
    "dismiss_missed",
    "move_copy",
    "plans_from",
    "plans_text",
    "save_account_day",
    "save_copy",
    "save_event",
    "save_execution",
    "save_flag",
    "save_halt",
    "save_known",
    "save_look",
    "save_position",
    "save_share",
]  # fmt: skip
