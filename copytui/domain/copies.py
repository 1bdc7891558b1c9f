"""The life of a copy: one execution for one follower, from the plan to its end.

The allowed moves are data (`MOVES`); `move` is the only way from one state to the next. The picture
in engine.md, "Send", is this table drawn.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from copytui.domain.errors import IllegalMove
from copytui.domain.orders import ClientId, OrderId, OrderKey, OrderToSend, Tag
from copytui.domain.positions import ExitFraction


class CopyState(StrEnum):
    """Where a copy is in its life."""

    ASKED = "asked"
    SIMULATED = "simulated"
    SKIPPED = "skipped"
    EXPIRED = "expired"
    QUEUED = "queued"
    SENDING = "sending"
    ACCEPTED = "accepted"
    OPEN = "open"
    PARTIAL = "partial"
    FILLED = "filled"
    REJECTED = "rejected"
    CANCELLED = "cancelled"
    FAILED = "failed"
    UNKNOWN = "unknown"


S = CopyState
_AT_THE_BROKER = frozenset({S.OPEN, S.PARTIAL, S.FILLED, S.REJECTED, S.CANCELLED})

MOVES: dict[CopyState, frozenset[CopyState]] = {
    S.ASKED: frozenset({S.QUEUED, S.SKIPPED, S.EXPIRED, S.SIMULATED}),
    # ACCEPTED and beyond straight from QUEUED: its tag already stands in the account's book.
    S.QUEUED: frozenset({S.SENDING, S.FAILED, S.SIMULATED, S.SKIPPED, S.ACCEPTED}) | _AT_THE_BROKER,
    S.SENDING: frozenset({S.ACCEPTED, S.QUEUED, S.FAILED, S.UNKNOWN}) | _AT_THE_BROKER,
    S.UNKNOWN: frozenset({S.ACCEPTED, S.FAILED}) | _AT_THE_BROKER,
    # FAILED by the user's hand alone: no book shows it, and only he can see that it does not exist.
    S.ACCEPTED: frozenset({S.FAILED}) | _AT_THE_BROKER,
    S.OPEN: frozenset({S.PARTIAL, S.FILLED, S.REJECTED, S.CANCELLED}),
    S.PARTIAL: frozenset({S.FILLED, S.CANCELLED, S.REJECTED}),
    # A cancelled order whose last fill arrives late is still the same order.
    S.CANCELLED: frozenset({S.FILLED}),
    S.FILLED: frozenset(),
    S.REJECTED: frozenset(),
    S.SIMULATED: frozenset(),
    S.SKIPPED: frozenset(),
    S.EXPIRED: frozenset(),
    S.FAILED: frozenset(),
}

WAITING = frozenset({S.ASKED, S.QUEUED})
LIVE_AT_BROKER = frozenset({S.ACCEPTED, S.OPEN, S.PARTIAL})
"""Followed until they end."""
TAKEN = frozenset({S.ACCEPTED, S.OPEN, S.PARTIAL, S.FILLED, S.CANCELLED})
"""The broker took the order and has not rejected it."""
WENT_WRONG = frozenset({S.FAILED, S.REJECTED})
ON_ITS_WAY = frozenset({S.QUEUED, S.SENDING}) | LIVE_AT_BROKER
"""Planned or sent, and the broker has not told its end."""
LATE_EXIT = timedelta(seconds=30)
"""An exit that is on its way for longer needs the user: the master is out, and the follower is not."""
FINAL = frozenset(state for state, after in MOVES.items() if not after) | {S.CANCELLED}
LATE_NUMBERS = frozenset({S.FILLED, S.CANCELLED})
"""Ended, but the broker may tell the last fills or the average price later."""
UNSETTLED = frozenset(S) - FINAL


class Resolution(StrEnum):
    """How a child order came to be FAILED: three cases that a retry must tell apart."""

    REFUSED = "refused"
    """The broker refused it with a code that proves that no order exists."""
    NOT_SENT = "not_sent"
    """It never left: it became too old, or its follower or master is gone from the settings."""
    NOT_PLACED = "not_placed"
    """The user has seen that it does not exist. The order book has the last word: it may turn up after all."""


@dataclass(frozen=True, slots=True)
class ChildOrder:
    """One execution for one follower.

    `order` is what is (to be) sent, with the tag that names it at the broker. `attempts` counts the
    POSTs that were begun. `needs_clean_book` holds back a copy that was queued again: it goes out only
    after a clean order book, read since, that does not have its tag. It was first queued at `queued_at`.
    `retry` counts the times the user had it sent again; `dismissed` says that a failure needs him no more.
    `latency_ms` is the time from our first sight of the execution to the broker's answer.
    `exit` is the share of the position that it closes, None for an entry. `slice_number` tells the orders of one
    execution and follower apart; `slices` is how many orders the copy is sent in. `cancel_reason` says why we asked the
    broker to cancel the rest of it, and `reprices` counts how often its limit was moved. `resolution` is set in FAILED.
    """

    id: int
    execution_id: int
    order_key: OrderKey
    follower: ClientId
    order: OrderToSend
    state: CopyState
    created_at: datetime
    changed_at: datetime
    dry_run: bool = False
    attempts: int = 0
    order_id: OrderId | None = None
    filled: int = 0
    average_price: Decimal = Decimal(0)
    latency_ms: float | None = None
    error: str | None = None
    needs_clean_book: bool = False
    sent_at: datetime | None = None
    answered_at: datetime | None = None
    queued_at: datetime | None = None
    retry: int = 0
    dismissed: bool = False
    exit: ExitFraction | None = None
    slice_number: int = 0
    slices: int = 1
    cancel_reason: str | None = None
    reprices: int = 0
    resolution: Resolution | None = None

    @property
    def is_marked_not_placed(self) -> bool:
        """Whether it ended because the user said that it does not exist, and not by what the broker told."""
        return self.state is CopyState.FAILED and self.resolution is Resolution.NOT_PLACED

    @property
    def is_settled(self) -> bool:
        """Whether it cannot change the position any more, as far as the broker has told."""
        return self.state in FINAL and (self.state is not CopyState.FILLED or self.filled >= self.order.quantity)

    @property
    def outstanding(self) -> int:
        """How many units it may still fill, should everything go well."""
        return 0 if self.is_settled else max(self.order.quantity - self.filled, 0)

    def is_late_exit(self, now: datetime) -> bool:
        """Whether it is an exit that should have filled long before `now`."""
        return self.exit is not None and self.state in ON_ITS_WAY and now - self.created_at > LATE_EXIT

    @property
    def tag(self) -> Tag:
        """The `ordertag` that names this copy at the broker."""
        return self.order.tag

    @property
    def moment(self) -> datetime:
        """When it was sent, or made if it was not: that day's order book is the one that tells of it."""
        return self.sent_at or self.created_at

    @property
    def lacks_numbers(self) -> bool:
        """Whether it is filled and the broker has not told how much or at what price yet."""
        return self.state is CopyState.FILLED and (self.filled < self.order.quantity or self.average_price <= 0)


@dataclass(frozen=True, slots=True)
class SendIntent:
    """The journal's durable record that a copy is about to be sent; only the journal makes one.

    `Account.place` demands it, so no byte of an order leaves before its `sending` record is on disk
    (invariant 10). `urgent`: an exit, which the user's own cap on orders a minute never holds back.
    """

    copy_id: int
    follower: ClientId
    order: OrderToSend
    recorded_at: datetime
    urgent: bool = False


def may_move(copy: ChildOrder, to: CopyState) -> bool:
    """Tell whether the life of a copy has a step from its state to another, `to`.

    One that was marked as not placed by hand and stands in the book after all goes where the book says.
    """
    return to in MOVES[copy.state] or (copy.is_marked_not_placed and to in _AT_THE_BROKER)


def move(copy: ChildOrder, to: CopyState, at: datetime, **changes: object) -> ChildOrder:
    """Return `copy` in state `to` with further field `changes`; raises IllegalMove where the life has no such step.

    Staying in the same state is allowed (a further fill, a new error text) except in a final one.
    """
    if to is not copy.state and not may_move(copy, to):
        raise IllegalMove(f"copy {copy.id} cannot go from {copy.state} to {to}")
    if to is copy.state and to in FINAL and to not in LATE_NUMBERS:
        raise IllegalMove(f"copy {copy.id} has ended as {copy.state}")
    if to is CopyState.FAILED and changes.get("resolution") is None:
        raise IllegalMove(f"copy {copy.id} cannot fail without a resolution")
    if to is not CopyState.FAILED:
        changes["resolution"] = None
    return replace(copy, state=to, changed_at=at, **changes)  # type: ignore[arg-type]  # names are checked by replace itself


_ENDED_AT_BROKER = frozenset({S.FILLED, S.CANCELLED, S.REJECTED})

AMENDMENTS: dict[str, frozenset[CopyState]] = {
    # A step that provably never left is taken back, also where the order has ended meanwhile.
    "order": frozenset({S.QUEUED}) | LIVE_AT_BROKER | _ENDED_AT_BROKER,
    "order_id": LIVE_AT_BROKER,
    "needs_clean_book": frozenset({S.QUEUED}),
    "cancel_reason": frozenset({S.SENDING, S.UNKNOWN}) | LIVE_AT_BROKER,
    "reprices": LIVE_AT_BROKER | _ENDED_AT_BROKER,
    "changed_at": LIVE_AT_BROKER,
    "dismissed": WENT_WRONG,
}
"""What may change of a child order that stays in its state, and in which states."""


def amend(copy: ChildOrder, **changes: object) -> ChildOrder:
    """Return `copy` in its state with other field values; raises IllegalMove for a change that `AMENDMENTS` lacks."""
    for name in changes:
        if copy.state not in AMENDMENTS.get(name, frozenset()):
            raise IllegalMove(f"copy {copy.id} is {copy.state}: its {name} is settled")
    return replace(copy, **changes)  # type: ignore[arg-type]  # names are checked by replace itself


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


def copy_name(copy: ChildOrder) -> CopyName:
    """Return the name of the copy that `copy` is, or is a slice of."""
    return CopyName(copy.execution_id, copy.follower, copy.exit is not None, copy.retry)


def joined(slices: Sequence[ChildOrder]) -> ChildOrder:
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


def by_copy(copies: Iterable[ChildOrder]) -> dict[CopyName, list[ChildOrder]]:
    """Group slices by the copy that they are parts of, in the given order."""
    groups: dict[CopyName, list[ChildOrder]] = {}
    for copy in copies:
        groups.setdefault(copy_name(copy), []).append(copy)
    return groups


class Joiner:
    """Follows slices one by one, and tells of the copies that they are parts of."""

    def __init__(self) -> None:
        """Begin with none."""
        self._parts: dict[CopyName, dict[int, ChildOrder]] = {}

    def take(self, copy: ChildOrder) -> ChildOrder:
        """Return the whole copy that `copy`, new or changed, is a slice of; it has the id of its first slice."""
        if copy.slices == 1:
            return copy
        parts = self._parts.setdefault(copy_name(copy), {})
        parts[copy.id] = copy
        return replace(joined([part for _id, part in sorted(parts.items())]), id=min(parts))


def whole_copies(copies: Iterable[ChildOrder]) -> list[ChildOrder]:
    """Return copies with their slices joined, in the given order."""
    return [joined(slices) for slices in by_copy(copies).values()]
