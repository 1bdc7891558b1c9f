"""Executions by position and child orders by account and position: what comparing a position needs, at hand.

A day may have thousands of each, so what runs for the whole day keeps its records up to date from the state's changes
instead of going through everything again.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Generic, TypeVar

from copytui.domain.changes import Change, ExecutionDecided, OrderAdvanced, OrderPlanned
from copytui.domain.copies import ChildOrder, CopyState
from copytui.domain.decisions import DecidedExecution
from copytui.domain.drift import of_position
from copytui.domain.positions import PositionKey, position_key
from copytui.engine.positions import PositionRef

Item = TypeVar("Item")


@dataclass(slots=True)
class _Part(Generic[Item]):
    """The records of one position by their ids; `version` counts their changes, `at` is the time of the last."""

    records: dict[int, Item] = field(default_factory=dict)
    version: int = 0
    at: datetime | None = None

    def put(self, id_: int, record: Item, at: datetime) -> None:
        self.records[id_] = record
        self.version += 1
        self.at = at if self.at is None else max(self.at, at)

    def drop(self, id_: int) -> None:
        self.version += self.records.pop(id_, None) is not None


class PositionRecords:
    """The records of all positions; simulated child orders are left out, as they build nothing."""

    def __init__(self, executions: Iterable[DecidedExecution], copies: Iterable[ChildOrder]) -> None:
        """Start with what there is."""
        self._executions: dict[PositionKey, _Part[DecidedExecution]] = {}
        self._copies: dict[PositionRef, _Part[ChildOrder]] = {}
        for decided in executions:
            self._take_execution(decided)
        for copy in copies:
            self._take_copy(copy)

    def on_change(self, change: Change) -> None:
        """Take a new or changed execution or child order."""
        match change:
            case ExecutionDecided(decided):
                self._take_execution(decided)
            case OrderPlanned(order) | OrderAdvanced(_, order):
                self._take_copy(order)
            case _:
                pass

    def of(self, ref: PositionRef, day: date) -> tuple[list[DecidedExecution], list[ChildOrder]]:
        """Return the executions and child orders that count for a position on `day`."""
        executions, copies = self._executions.get(ref[1]), self._copies.get(ref)
        return of_position(
            ref[1], day, () if executions is None else executions.records.values(),
            () if copies is None else copies.records.values(),
        )  # fmt: skip

    def changed_at(self, ref: PositionRef) -> datetime | None:
        """Return when something of a position last changed."""
        return max(
            (part.at for part in (self._executions.get(ref[1]), self._copies.get(ref)) if part and part.at),
            default=None,
        )

    def version(self, ref: PositionRef) -> tuple[int, int]:
        """Return a mark that changes with the records of a position."""
        executions, copies = self._executions.get(ref[1]), self._copies.get(ref)
        return 0 if executions is None else executions.version, 0 if copies is None else copies.version

    @property
    def keys(self) -> list[PositionKey]:
        """All positions with an execution."""
        return list(self._executions)

    def _take_execution(self, decided: DecidedExecution) -> None:
        key = position_key(decided.execution.order)
        self._executions.setdefault(key, _Part()).put(decided.id, decided, decided.execution.seen_at)

    def _take_copy(self, copy: ChildOrder) -> None:
        ref = (copy.follower, position_key(copy.order))
        if copy.state is not CopyState.SIMULATED:
            self._copies.setdefault(ref, _Part()).put(copy.id, copy, copy.changed_at)
        elif (part := self._copies.get(ref)) is not None:
            part.drop(copy.id)
