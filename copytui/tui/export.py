"""What leaves the screen: today's copies as a CSV file, one row as JSON. Safe to call from any thread."""

from __future__ import annotations

import csv
import io
import json
import os
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

from copytui.domain.copies import Copy
from copytui.domain.events import Event
from copytui.domain.orders import ClientId
from copytui.domain.statistics import NOT_IN_RECORDS
from copytui.engine.snapshot import FollowerView, OrderView
from copytui.journal.session_log import copy_record

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def write_csv(directory: Path, orders: Iterable[OrderView], names: Mapping[ClientId, str], now: datetime) -> str:
    """Write the copies of `orders`, whole or not at all, and say where; or say why it could not be done."""
    text, count = csv_text(orders, names)
    target = directory / f"copies_{now:%Y%m%d_%H%M%S}.csv"
    try:
        directory.mkdir(parents=True, exist_ok=True)
        _replace(target, text)
    except OSError as error:
        return f"the CSV file could not be written: {error.strerror or type(error).__name__}"
    return f"{count} {'copy' if count == 1 else 'copies'} written to {target}"


def csv_text(orders: Iterable[OrderView], names: Mapping[ClientId, str]) -> tuple[str, int]:
    """Return the file's text and how many copies it has; the columns are those of the contract's JSON log."""
    rows = [
        {key: _harmless(value) for key, value in record.items()}
        for view in sorted(orders, key=lambda view: view.known.first_seen)
        for record in _records(view, names)
    ]
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, fieldnames=list(rows[0]) if rows else ["timestamp"])
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue(), len(rows)


def _records(view: OrderView, names: Mapping[ClientId, str]) -> list[dict[str, object]]:
    decided = {execution.id: execution for execution in view.executions}
    return [
        copy_record(copy, decided.get(copy.execution_id), names.get(copy.follower, copy.follower))
        for copy in view.copies
        if copy.state not in NOT_IN_RECORDS
    ]


def _harmless(value: object) -> object:
    """Keep a spreadsheet from taking the broker's text for a formula."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def _replace(target: Path, text: str) -> None:
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def order_json(view: OrderView, names: Mapping[ClientId, str]) -> str:
    """Return a master order with its decisions and copies."""
    return _json({
        "order": asdict(view.known.order),
        "origin": view.known.origin,
        "decisions": [{"quantity": d.execution.quantity, **asdict(d.decision)} for d in view.executions],
        "copies": _records(view, names),
    })  # fmt: skip


def copy_json(view: OrderView, copy: Copy, names: Mapping[ClientId, str]) -> str:
    """Return one copy, as the contract's log has it."""
    decided = next((execution for execution in view.executions if execution.id == copy.execution_id), None)
    return _json(copy_record(copy, decided, names.get(copy.follower, copy.follower)))


def value_json(value: FollowerView | Event) -> str:
    """Return an account or an event."""
    return _json(asdict(value))


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, default=str, indent=2)
