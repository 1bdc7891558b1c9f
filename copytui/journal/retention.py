"""Retention: the earlier days that the journal still needs, for overnight positions with an exit that waits."""

from __future__ import annotations

from collections.abc import Container, Iterable
from datetime import date

from copytui.domain.decisions import DecidedExecution
from copytui.domain.positions import PositionKey, position_key


def awaiting_exits(executions: Iterable[DecidedExecution], held: Container[PositionKey]) -> dict[PositionKey, date]:
    """Return the held overnight positions with an exit that waits for the user, each with the day of the first one.

    How much such an exit closes depends on the executions of the position since that day.
    """
    waiting: dict[PositionKey, date] = {}
    for decided in executions:
        key = position_key(decided.execution.order)
        if decided.settled or decided.execution.closes is None or key.ends_with_the_day or key not in held:
            continue
        waiting[key] = min(decided.day, waiting.get(key, decided.day))
    return waiting
