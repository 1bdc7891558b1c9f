"""`copytui history`: past copies from the journal, chosen by the user's options, as a table, JSON or CSV."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from copytui.domain.copies import ChildOrder
from copytui.domain.copy_ledger import CopyLedger
from copytui.domain.decisions import DecidedExecution
from copytui.domain.filters import symbol_matches
from copytui.domain.orders import ClientId
from copytui.domain.statistics import NOT_IN_RECORDS
from copytui.domain.text import IST, money, order_words
from copytui.journal.session_records import copy_record
from copytui.reports.output import Format, Record, aligned, as_csv, as_json, counted

STATUSES = (
    "simulated", "pending", "sending", "accepted", "open", "partial", "filled", "rejected", "cancelled", "failed",
    "unknown", "expired",
)  # fmt: skip
"""The statuses of the session log."""

COLUMNS = (
    "timestamp", "master_order_id", "symbol", "exchange", "transaction_type", "order_type", "product",
    "master_quantity", "quantity", "price", "follower_name", "follower_client_id", "dry_run", "success", "status",
    "follower_order_id", "filled_quantity", "average_price", "latency_ms", "attempts", "error", "order_tag",
    "master_order_type", "master_average_price", "replaces", "replaced_by",
)  # fmt: skip
"""The fields of the session log's record, for the CSV header where no copy is found."""

_HEADS = ("time", "follower", "copy", "order", "status", "filled", "average", "ms", "master's order", "error")


@dataclass(frozen=True, slots=True)
class Wanted:
    """The copies that are asked for; an empty field means all. `symbols` are patterns as in the filters."""

    symbols: tuple[str, ...] = ()
    followers: frozenset[ClientId] | None = None
    statuses: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Past:
    """One past copy with its slices joined, and its record as in the session log."""

    copy: ChildOrder
    record: Record


def past_copies(
    copies: Iterable[ChildOrder],
    executions: Sequence[DecidedExecution],
    name: Callable[[ClientId], str],
    wanted: Wanted,
) -> list[Past]:
    """Return the wanted copies, slices joined, the newest last; a declined one is not a copy."""
    decided = {each.id: each for each in executions}
    ledger = CopyLedger()
    for order in copies:
        ledger.take(order)
    found = [
        Past(entry.copy, copy_record(entry, decided.get(entry.copy.execution_id), name(entry.copy.follower)))
        for entry in sorted(ledger.entries().values(), key=lambda each: (each.copy.created_at, each.copy.id))
        if entry.copy.state not in NOT_IN_RECORDS and _fits(entry.copy, wanted)
    ]
    return [past for past in found if not wanted.statuses or past.record["status"] in wanted.statuses]


def _fits(copy: ChildOrder, wanted: Wanted) -> bool:
    if wanted.followers is not None and copy.follower not in wanted.followers:
        return False
    order = copy.order
    return not wanted.symbols or any(symbol_matches(p, order.symbol, order.underlying) for p in wanted.symbols)


def written(past: Sequence[Past], form: Format) -> str:
    """Return the copies in one of the output formats."""
    records = [each.record for each in past]
    match form:
        case Format.JSON:
            return as_json(records)
        case Format.CSV:
            return as_csv(records, COLUMNS)
        case Format.TABLE:
            return "\n".join([*aligned([_HEADS, *map(_row, past)], right=frozenset({5, 6, 7})), _total(past)]) + "\n"


def _row(past: Past) -> tuple[str, ...]:
    copy, record = past.copy, past.record
    return (
        _moment(copy.created_at),
        str(record["follower_name"]),
        str(copy.id),
        order_words(copy.order),
        str(record["status"]),
        f"{copy.filled}/{copy.order.quantity}",
        money(copy.average_price) if copy.average_price > Decimal(0) else "",
        "" if copy.latency_ms is None else f"{copy.latency_ms:.0f}",
        str(record["master_order_id"]),
        copy.error or "",
    )


def _total(past: Sequence[Past]) -> str:
    statuses = Counter(str(each.record["status"]) for each in past)
    parts = ", ".join(f"{count} {status}" for status, count in _in_order(statuses).items())
    followers = counted(len({each.copy.follower for each in past}), "follower")
    return f"{counted(len(past), 'copy', 'copies')} for {followers}: {parts}"


def _in_order(statuses: Mapping[str, int]) -> dict[str, int]:
    known = [status for status in STATUSES if status in statuses]
    return {status: statuses[status] for status in (*known, *(each for each in statuses if each not in STATUSES))}


def _moment(at: datetime) -> str:
    return f"{at.astimezone(IST):%Y-%m-%d %H:%M:%S}"
