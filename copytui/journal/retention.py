"""What of earlier days is still needed: of positions that last over night, while an exit of one waits to be copied."""

from __future__ import annotations

from collections.abc import Container, Iterable
from datetime import date

from copytui.domain.decisions import DecidedExecution
from copytui.domain.positions import PositionKey, position_key


def awaiting_exits(executions: Iterable[DecidedExecution], held: Container[PositionKey]) -> dict[PositionKey, date]:
    """Return the positions that outlast a day, that somebody holds, and of which an exit waits to be copied by hand.

    With each, the day of its first such exit: how much it closes depends on what its position's executions have
    built since.
    """
    waiting: dict[PositionKey, date] = {}
    for decided in executions:
        key = position_key(decided.execution.order)
        if decided.settled or decided.execution.closes is None or key.ends_with_the_day or key not in held:
            continue
        waiting[key] = min(decided.day, waiting.get(key, decided.day))
    return waiting
