"""Output of replays: one line per order for people, one record per follower for programs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from copytui.domain.decisions import Decision, Plan, Verdict
from copytui.domain.executions import Execution
from copytui.domain.orders import BookOrder, ClientId, OrderToSend, OrderType
from copytui.domain.text import clean, clock_text, execution_words, money, stamp
from copytui.reports.output import Format, Record, aligned, as_csv, as_json, counted
from copytui.reports.replay import Compared, Difference, Replayed
from copytui.reports.saved_book import Seen

Name = Callable[[ClientId], str]

BOOK_COLUMNS = (
    "timestamp", "master_order_id", "symbol", "exchange", "transaction_type", "master_order_type", "product",
    "master_quantity", "master_average_price", "decision", "reason", "code", "follower_name", "follower_client_id",
    "quantity", "order_type", "price",
)  # fmt: skip
DAY_COLUMNS = (
    "timestamp", "execution", "master_order_id", "symbol", "exchange", "transaction_type", "master_quantity",
    "master_average_price", "follower_name", "follower_client_id", "then_decision", "then_reason", "then_code",
    "then_quantity", "now_decision", "now_reason", "now_code", "now_quantity", "difference",
)  # fmt: skip

_GOES_OUT = frozenset({Verdict.COPY, Verdict.SIMULATE, Verdict.ASK})
_INDENT = " " * 12
_SAME, _OTHER = "=", "!"


@dataclass(frozen=True, slots=True)
class BookRow:
    """One order of a saved book, decided; `replayed` is None where there was nothing to decide."""

    order: BookOrder
    decision: Decision
    replayed: Replayed | None


def book_rows(seen: Iterable[Seen], replayed: Iterable[Replayed]) -> list[BookRow]:
    """Pair each order with its decision; `replayed` has one for each execution, in the same order."""
    decided = iter(replayed)
    rows = []
    for each in seen:
        found = next(decided) if each.execution is not None else None
        rows.append(BookRow(each.order, found.decision if found else each.none, found))
    return rows


def book_text(rows: Sequence[BookRow], form: Format) -> str:
    """Write the replay of a saved order book."""
    records = [record for row in rows for record in _book_records(row)]
    match form:
        case Format.JSON:
            return as_json(records)
        case Format.CSV:
            return as_csv(records, BOOK_COLUMNS)
        case Format.TABLE:
            if not rows:
                return "the order book has no orders\n"
            table = [("time", "order", "decision", "followers"), *map(_book_line, rows)]
            return "\n".join([*aligned(table), _book_total(rows)]) + "\n"


def _book_line(row: BookRow) -> tuple[str, ...]:
    order, replayed = row.order, row.replayed
    time = clock_text(order.updated_at) if order.updated_at else "?"
    if replayed is None:
        return time, f"{order.side} {order.quantity} {order.symbol}", "not copied", row.decision.sentence
    words = execution_words(replayed.execution)
    if replayed.sent:
        words += f" ({_as_sent(replayed.sent[0])})"
    return time, words, row.decision.verdict, _parts(row.decision)


def _parts(decision: Decision) -> str:
    """Say what each follower gets, and why some get nothing."""
    if decision.verdict not in _GOES_OUT:
        return decision.sentence
    return " · ".join(_part(plan) for plan in decision.plans)


def _part(plan: Plan) -> str:
    words = f"{clean(plan.name)} {plan.quantity}"
    if plan.exit is not None and plan.quantity:
        words += f" (closes {plan.exit.closing} of {plan.exit.held})"
    return words if plan.quantity else f"{words} ({clean(plan.sentence)})"


def _as_sent(order: OrderToSend) -> str:
    return "market" if order.order_type is OrderType.MARKET else f"limit {money(order.price)}"


def _book_total(rows: Sequence[BookRow]) -> str:
    verdicts = Counter(row.decision.verdict if row.replayed else "not copied" for row in rows)
    parts = ", ".join(f"{count} {verdict}" for verdict, count in verdicts.most_common())
    orders = sum(len(row.replayed.sent) for row in rows if row.replayed and row.decision.verdict in _GOES_OUT)
    return f"{counted(len(rows), 'order')}: {parts}; {counted(orders, 'copy', 'copies')}"


def _book_records(row: BookRow) -> list[Record]:
    order, decision = row.order, row.decision
    execution = row.replayed.execution if row.replayed else None
    common: Record = {
        "timestamp": stamp(order.updated_at) if order.updated_at else None,
        "master_order_id": order.order_id or order.key,
        "symbol": order.symbol,
        "exchange": order.exchange,
        "transaction_type": order.side,
        "master_order_type": order.order_type,
        "product": order.product,
        "master_quantity": execution.quantity if execution else order.filled,
        "master_average_price": float(execution.price if execution else order.average_price),
        "decision": decision.verdict if row.replayed else "not copied",
        "reason": decision.sentence,
        "code": decision.reason,
        "follower_name": None, "follower_client_id": None, "quantity": 0, "order_type": None, "price": None,
    }  # fmt: skip
    sent = iter(row.replayed.sent if row.replayed else ())
    records = [
        common | _plan_record(plan, next(sent) if plan.quantity > 0 else None, decision) for plan in decision.plans
    ]
    return records or [common]


def _plan_record(plan: Plan, order: OrderToSend | None, decision: Decision) -> Record:
    return {
        "decision": decision.verdict if order else Verdict.SKIP,
        "reason": decision.sentence if order else plan.sentence,
        "code": decision.reason if order else plan.reason,
        "follower_name": plan.name,
        "follower_client_id": plan.follower,
        "quantity": plan.quantity,
        "order_type": order.order_type if order else None,
        "price": float(order.price) if order else None,
    }


def day_text(rows: Sequence[Compared], form: Format, name: Name) -> str:
    """Write the replay of a journal's day beside what was done."""
    match form:
        case Format.JSON:
            return as_json(record for row in rows for record in _day_records(row, name))
        case Format.CSV:
            return as_csv([record for row in rows for record in _day_records(row, name)], DAY_COLUMNS)
        case Format.TABLE:
            return "\n".join([*(line for row in rows for line in _day_lines(row, name)), _day_total(rows)]) + "\n"


def _day_lines(row: Compared, name: Name) -> list[str]:
    old, execution = row.before, row.before.execution
    mark = f"{_SAME} same" if row.difference is None else f"{_OTHER} {row.difference}"
    head = f"{mark:<10}  #{old.id}  {_when(execution)}  {clean(execution_words(execution))}"
    then, now = _outcome(old.decision, row.then, name), _outcome(row.after.decision, row.now, name)
    if row.difference is None and then == now:
        return [head, f"{_INDENT}then and now  {then}"]
    return [head, f"{_INDENT}then  {then}", f"{_INDENT}now   {now}"]


def _outcome(decision: Decision, got: Mapping[ClientId, int], name: Name) -> str:
    """Give a verdict with the quantities by follower, and why some get nothing."""
    if decision.verdict not in _GOES_OUT:
        return f"{decision.verdict}: {clean(decision.sentence)}"
    parts = [f"{clean(name(client))} {quantity}" for client, quantity in got.items()]
    parts += [
        f"{clean(name(plan.follower))} 0 ({clean(plan.sentence)})"
        for plan in decision.plans
        if not plan.quantity and plan.follower not in got
    ]
    return f"{decision.verdict}: {' · '.join(parts)}"


def _when(execution: Execution) -> str:
    return clock_text(_moment(execution))


def _moment(execution: Execution) -> datetime:
    return execution.executed_at or execution.seen_at


def _day_total(rows: Sequence[Compared]) -> str:
    found = Counter(row.difference for row in rows if row.difference is not None)
    differences = sum(found.values())
    if not differences:
        return f"{counted(len(rows), 'execution')}: today's settings would do the same"
    parts = ", ".join(f"{found[kind]} in {kind}" for kind in Difference if found[kind])
    verb = "differs" if differences == 1 else "differ"
    return f"{counted(len(rows), 'execution')}: {differences} {verb} under today's settings ({parts})"


def _day_records(row: Compared, name: Name) -> list[Record]:
    old, order = row.before, row.before.execution.order
    common: Record = {
        "timestamp": stamp(_moment(old.execution)),
        "execution": old.id,
        "master_order_id": order.order_id or order.key,
        "symbol": order.symbol,
        "exchange": order.exchange,
        "transaction_type": order.side,
        "master_quantity": old.execution.quantity,
        "master_average_price": float(old.execution.price),
    }
    difference = "same" if row.difference is None else str(row.difference)
    followers: Sequence[ClientId | None] = row.followers or (None,)
    return [
        common
        | {"follower_name": name(client) if client else None, "follower_client_id": client}
        | _side("then", old.decision, client, row.then)
        | _side("now", row.after.decision, client, row.now)
        | {"difference": difference}
        for client in followers
    ]


def _side(when: str, decision: Decision, client: ClientId | None, got: Mapping[ClientId, int]) -> Record:
    quantity = got.get(client, 0) if client else 0
    none = next((plan for plan in decision.plans if plan.follower == client and not plan.quantity), None)
    if quantity or decision.verdict not in _GOES_OUT:
        none = None  # the decision itself is the reason
    return {
        f"{when}_decision": decision.verdict,
        f"{when}_reason": none.sentence if none else decision.sentence,
        f"{when}_code": none.reason if none else decision.reason,
        f"{when}_quantity": quantity,
    }
