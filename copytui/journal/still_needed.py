"""What of earlier days is still needed: of positions that last over night, while an exit of one waits to be copied."""

from __future__ import annotations

from collections.abc import Iterable

from copytui.domain.positions import PositionKey, position_key
from copytui.journal.records import DecidedExecution


def awaiting_exits(executions: Iterable[DecidedExecution]) -> set[PositionKey]:
    """Return the positions that outlast a day and of which an exit was missed and may still be copied by hand.

    How much such an exit closes depends on what the executions of its position have built since it happened.
    """
    return {
        key
        for decided in executions
        if not decided.settled
        and decided.execution.closes is not None
        and not (key := position_key(decided.execution.order)).ends_with_the_day
    }
