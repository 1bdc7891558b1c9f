"""Exports of the screen: today's copies as a CSV file, one row as JSON. Safe to call from any thread."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from pathlib import Path

from copytui.domain.copies import ChildOrder, CopyName, copy_name
from copytui.domain.copy_ledger import CopyEntry, CopyLedger
from copytui.domain.decisions import DecidedExecution
from copytui.domain.events import Event
from copytui.domain.orders import ClientId
from copytui.domain.statistics import NOT_IN_RECORDS
from copytui.engine.snapshot import FollowerView, OrderView
from copytui.export import csv_text as as_csv
from copytui.export import json_text, write_whole
from copytui.journal.session_records import copy_record
from copytui.tui.present.whole_copies import Copy, join_slices


def write_csv(directory: Path, orders: Iterable[OrderView], names: Mapping[ClientId, str], now: datetime) -> str:
    """Write the copies of `orders`, the whole file or nothing; return where it is, or why there is none."""
    text, count = csv_text(orders, names)
    target = directory / f"copies_{now:%Y%m%d_%H%M%S}.csv"
    try:
        directory.mkdir(parents=True, exist_ok=True)
        write_whole(target, text)
    except OSError as error:
        return f"the CSV file could not be written: {error.strerror or type(error).__name__}"
    return f"{count} {'copy' if count == 1 else 'copies'} written to {target}"


def csv_text(orders: Iterable[OrderView], names: Mapping[ClientId, str]) -> tuple[str, int]:
    """Return the file's text and how many copies it has; the columns are those of the JSON session log."""
    rows = [
        record for view in sorted(orders, key=lambda view: view.known.first_seen) for record in _records(view, names)
    ]
    return as_csv(rows, list(rows[0]) if rows else ["timestamp"]), len(rows)


def _records(view: OrderView, names: Mapping[ClientId, str]) -> list[dict[str, object]]:
    decided = {execution.id: execution for execution in view.executions}
    entries = _entries(view)
    return [
        _record(whole, entries[copy_name(whole.joined)], decided.get(whole.joined.execution_id), names)
        for whole in join_slices(view.copies)
        if whole.joined.state not in NOT_IN_RECORDS
    ]


def _entries(view: OrderView) -> Mapping[CopyName, CopyEntry]:
    """Return the copies of an order as they count: a retry that succeeded stands in the place of what failed."""
    ledger = CopyLedger()
    for copy in view.copies:
        ledger.take(copy)
    return ledger.entries()


def _record(
    whole: Copy, entry: CopyEntry, decided: DecidedExecution | None, names: Mapping[ClientId, str]
) -> dict[str, object]:
    """Return a copy's record; one sent in slices has the ids and tags of all its orders, separated by blanks."""
    copy, parts = whole.joined, whole.slices
    record = copy_record(replace(entry, copy=copy), decided, names.get(copy.follower, copy.follower))
    if len(parts) > 1:
        record["follower_order_id"] = " ".join(part.order_id for part in parts if part.order_id) or None
        record["order_tag"] = " ".join(part.tag for part in parts)
    return record


def order_json(view: OrderView, names: Mapping[ClientId, str]) -> str:
    """Return a master order with its decisions and copies."""
    return json_text({
        "order": asdict(view.known.order),
        "origin": view.known.origin,
        "decisions": [{"quantity": d.execution.quantity, **asdict(d.decision)} for d in view.executions],
        "copies": _records(view, names),
    })  # fmt: skip


def copy_json(view: OrderView, slices: Sequence[ChildOrder], names: Mapping[ClientId, str]) -> str:
    """Return one copy with its slices joined, as in the JSON session log."""
    [whole] = join_slices(slices)
    decided = next((execution for execution in view.executions if execution.id == whole.joined.execution_id), None)
    return json_text(_record(whole, _entries(view)[copy_name(whole.joined)], decided, names))


def value_json(value: FollowerView | Event) -> str:
    """Return an account or an event."""
    return json_text(asdict(value))
