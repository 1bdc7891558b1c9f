"""Slices: one copy that an exchange takes in several orders only, seen as the one copy that it is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import NamedTuple

from copytui.domain.copies import Copy, CopyState
from copytui.domain.orders import ClientId

_S = CopyState
_MOST_TELLING = (
    _S.UNKNOWN, _S.SENDING, _S.QUEUED, _S.ASKED, _S.ACCEPTED, _S.OPEN, _S.PARTIAL,
    _S.FAILED, _S.REJECTED, _S.CANCELLED, _S.FILLED, _S.SIMULATED, _S.EXPIRED, _S.SKIPPED,
)  # fmt: skip
"""The state of the whole is that of the slice that needs most attention; fills of others make it partial."""


class CopyName(NamedTuple):
    """Names a copy, however many slices it is sent in."""

    execution_id: int
    follower: ClientId
    closes: bool
    retry: int


def copy_name(copy: Copy) -> CopyName:
    """Return the name of the copy that `copy` is, or is a slice of."""
    return CopyName(copy.execution_id, copy.follower, copy.exit is not None, copy.retry)


def joined(slices: Sequence[Copy]) -> Copy:
    """Return the slices of one copy as one: quantities summed, the price averaged, the state of the neediest.

    Identity (id, tag, order id) is the first slice's. Slices that were left out count only when all were.
    """
    if len(slices) == 1:
        return slices[0]
    parts = [part for part in slices if part.state is not _S.SKIPPED] or list(slices)
    first = parts[0]
    filled = sum(part.filled for part in parts)
    value = sum((part.average_price * part.filled for part in parts), Decimal(0))
    state = min((part.state for part in parts), key=_MOST_TELLING.index)
    if state in (_S.ACCEPTED, _S.OPEN) and filled:
        state = _S.PARTIAL
    latencies = [part.latency_ms for part in parts if part.latency_ms is not None]
    errors = dict.fromkeys(part.error for part in parts if part.error)
    return replace(
        first,
        order=replace(first.order, quantity=sum(part.order.quantity for part in parts)),
        state=state,
        changed_at=max(part.changed_at for part in parts),
        attempts=max(part.attempts for part in parts),
        filled=filled,
        average_price=round(value / filled, 4) if filled else Decimal(0),
        latency_ms=max(latencies, default=None),
        error="; ".join(errors) or None,
        dismissed=all(part.dismissed for part in parts),
    )


def by_copy(copies: Iterable[Copy]) -> dict[CopyName, list[Copy]]:
    """Group slices by the copy that they are parts of, in the given order."""
    groups: dict[CopyName, list[Copy]] = {}
    for copy in copies:
        groups.setdefault(copy_name(copy), []).append(copy)
    return groups


class Joiner:
    """Follows slices one by one, and tells of the copies that they are parts of."""

    def __init__(self) -> None:
        """Begin with none."""
        self._parts: dict[CopyName, dict[int, Copy]] = {}

    def take(self, copy: Copy) -> Copy:
        """Return the whole copy that `copy`, new or changed, is a slice of; it has the id of its first slice."""
        if copy.slices == 1:
            return copy
        parts = self._parts.setdefault(copy_name(copy), {})
        parts[copy.id] = copy
        return replace(joined([part for _id, part in sorted(parts.items())]), id=min(parts))


def whole_copies(copies: Iterable[Copy]) -> list[Copy]:
    """Return copies with their slices joined, in the given order."""
    return [joined(slices) for slices in by_copy(copies).values()]
