"""The life of a copy: one execution for one follower, from the plan to its final state.

The allowed moves are data (`MOVES`), and `move` is the only way from one state to the next
(docs/copying-rules.md, "A copy's states").
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from copytui.domain.day import trading_day
from copytui.domain.errors import IllegalMove
from copytui.domain.orders import ClientId, OrderId, OrderKey, OrderToSend, Tag
from copytui.domain.positions import ExitFraction


class CopyState(StrEnum):
    """The states of a child order, and of a copy."""

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
    # From QUEUED straight to ACCEPTED and beyond: the account's order book already has its tag.
    S.QUEUED: frozenset({S.SENDING, S.FAILED, S.SIMULATED, S.SKIPPED, S.ACCEPTED}) | _AT_THE_BROKER,
    S.SENDING: frozenset({S.ACCEPTED, S.QUEUED, S.FAILED, S.UNKNOWN}) | _AT_THE_BROKER,
    S.UNKNOWN: frozenset({S.ACCEPTED, S.FAILED}) | _AT_THE_BROKER,
    # To FAILED only by the user: no order book shows it, and only he can confirm that it does not exist.
    S.ACCEPTED: frozenset({S.FAILED}) | _AT_THE_BROKER,
    S.OPEN: frozenset({S.PARTIAL, S.FILLED, S.REJECTED, S.CANCELLED}),
    S.PARTIAL: frozenset({S.FILLED, S.CANCELLED, S.REJECTED}),
    # The last fill of a cancelled order may arrive late.
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
"""Followed until they reach a final state."""
TAKEN = frozenset({S.ACCEPTED, S.OPEN, S.PARTIAL, S.FILLED, S.CANCELLED})
"""The broker accepted the order and has not rejected it."""
WENT_WRONG = frozenset({S.FAILED, S.REJECTED})
ON_ITS_WAY = frozenset({S.QUEUED, S.SENDING}) | LIVE_AT_BROKER
"""Planned or sent, and not final at the broker."""
LATE_EXIT = timedelta(seconds=30)
"""After this long an unfilled exit needs attention: the master is out, and the follower is not."""
GIVE_UP_AFTER = 120.0
"""Seconds after which an order that no order book shows is put before the user; look-ups go on."""
FINAL = frozenset(state for state, after in MOVES.items() if not after) | {S.CANCELLED}
LATE_NUMBERS = frozenset({S.FILLED, S.CANCELLED})
"""Final, but the broker may report the last fills or the average price later."""
UNSETTLED = frozenset(S) - FINAL


class Resolution(StrEnum):
    """Why a child order is FAILED: the cases that a retry and the attention list must distinguish."""

    REFUSED = "refused"
    """The broker refused it with a code that proves no order exists."""
    NOT_SENT = "not_sent"
    """It was never sent: it became too old, or its follower or master is no longer in the settings."""
    MISSED = "missed"
    """It was never sent, because its market closed while it waited."""
    NOT_PLACED = "not_placed"
    """The user has confirmed that it does not exist. The order book is authoritative: it may still turn up there."""


@dataclass(frozen=True, slots=True)
class ChildOrder:
    """One order at the broker for one execution and one follower: the whole copy, or one slice of it.

    `order` is the order request, with the tag that identifies it at the broker. `attempts` counts the POSTs begun.
    `needs_clean_book` holds back an order that was queued again until a newer order book has been read that does not
    contain its tag. `queued_at` is when it was first queued. `retry` counts the user's retries; `dismissed` says that
    its failure needs no more attention. `latency_ms` is the time from the first sight of the execution to the broker's
    answer. `exit` is the fraction of the position that it closes, None for an entry. `slice_number` distinguishes the
    orders of one copy; `slices` is how many there are. `cancel_reason` says why the broker was asked to cancel the
    rest, `reprices` counts the limit changes, and `resolution` is set in FAILED. `book_day` is the trading day on which
    it was planned, then the one on which it was sent; None in journals of older versions, where our own clock tells.
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
    book_day: date | None = None

    @property
    def day(self) -> date:
        """The trading day on which it was sent, or planned if it was not: the order book of that day shows it."""
        return self.book_day or trading_day(self.moment)

    @property
    def is_marked_not_placed(self) -> bool:
        """Whether the user ended it as not placed, rather than the broker."""
        return self.state is CopyState.FAILED and self.resolution is Resolution.NOT_PLACED

    @property
    def is_settled(self) -> bool:
        """Whether it can no longer change the position, by what the broker has reported."""
        return self.state in FINAL and (self.state is not CopyState.FILLED or self.filled >= self.order.quantity)

    @property
    def outstanding(self) -> int:
        """The units that it may still fill."""
        return 0 if self.is_settled else max(self.order.quantity - self.filled, 0)

    def is_late_exit(self, now: datetime) -> bool:
        """Whether it is an exit that should have filled by `now`."""
        return self.exit is not None and self.state in ON_ITS_WAY and now - self.created_at > LATE_EXIT

    @property
    def tag(self) -> Tag:
        """The `ordertag` that identifies this order at the broker."""
        return self.order.tag

    @property
    def moment(self) -> datetime:
        """When it was sent, or created if it was not, by our own clock."""
        return self.sent_at or self.created_at

    @property
    def lacks_numbers(self) -> bool:
        """Whether it is filled and the broker has not reported the quantity or the price yet."""
        return self.state is CopyState.FILLED and (self.filled < self.order.quantity or self.average_price <= 0)


@dataclass(frozen=True, slots=True)
class SendIntent:
    """The journal's durable record that an order is about to be sent; only the journal creates one.

    `Account.place` requires it, so no byte of an order leaves before its `sending` record is on disk.
    `urgent` marks an exit, which the user's limit on orders per minute never holds back.
    """

    copy_id: int
    follower: ClientId
    order: OrderToSend
    recorded_at: datetime
    urgent: bool = False


def may_move(copy: ChildOrder, to: CopyState) -> bool:
    """Return whether a copy may move from its state to `to`.

    A copy that the user marked as not placed follows the order book when it turns up there.
    """
    return to in MOVES[copy.state] or (copy.is_marked_not_placed and to in _AT_THE_BROKER)


def move(copy: ChildOrder, to: CopyState, at: datetime, **changes: object) -> ChildOrder:
    """Return `copy` in state `to` with further field `changes`; raises IllegalMove for a move that `MOVES` lacks.

    Staying in a state that is not final is allowed (a further fill, a new error text).
    """
    if to is not copy.state and not may_move(copy, to):
        raise IllegalMove(f"copy {copy.id} cannot go from {copy.state} to {to}")
    if to is copy.state and to in FINAL and to not in LATE_NUMBERS:
        raise IllegalMove(f"copy {copy.id} has ended as {copy.state}")
    if to is CopyState.FAILED and changes.get("resolution") is None:
        raise IllegalMove(f"copy {copy.id} cannot fail without a resolution")
    if to is not CopyState.FAILED:
        changes["resolution"] = None
    return replace(copy, state=to, changed_at=at, **changes)  # type: ignore[arg-type]  # replace checks the names


_ENDED = frozenset({S.FILLED, S.CANCELLED, S.REJECTED, S.FAILED})

AMENDMENTS: dict[str, frozenset[CopyState]] = {
    # A price change that was provably not sent is undone, even when the order has ended meanwhile.
    "order": frozenset({S.QUEUED}) | LIVE_AT_BROKER | _ENDED,
    "order_id": LIVE_AT_BROKER,
    "needs_clean_book": frozenset({S.QUEUED}),
    "cancel_reason": frozenset({S.SENDING, S.UNKNOWN}) | LIVE_AT_BROKER,
    "reprices": LIVE_AT_BROKER | _ENDED,
    "changed_at": LIVE_AT_BROKER,
    "dismissed": WENT_WRONG,
}
"""The fields that may change without a change of state, and the states that allow it."""


def amend(copy: ChildOrder, **changes: object) -> ChildOrder:
    """Return `copy` in its state with other field values; raises IllegalMove for a change not in `AMENDMENTS`."""
    for name in changes:
        if copy.state not in AMENDMENTS.get(name, frozenset()):
            raise IllegalMove(f"copy {copy.id} is {copy.state}: its {name} cannot change")
    return replace(copy, **changes)  # type: ignore[arg-type]  # replace checks the names


_S = CopyState
_BY_ATTENTION = (
    _S.UNKNOWN, _S.SENDING, _S.QUEUED, _S.ASKED, _S.ACCEPTED, _S.OPEN, _S.PARTIAL,
    _S.FAILED, _S.REJECTED, _S.CANCELLED, _S.FILLED, _S.SIMULATED, _S.EXPIRED, _S.SKIPPED,
)  # fmt: skip
"""A copy has the state of the slice that needs most attention; fills of other slices make it partial."""
NOTHING_LEFT = "nothing left to close: its entry has not filled, or the position is closed already"
"""The error of an exit, or a slice of one, that is not sent because there is nothing for it to close."""
NO_LONGER_HELD = "the account no longer holds it: it was closed by hand or by the broker"
"""The same, where copying has built something and the account holds less by the broker's figures."""
_DROPPED = frozenset({_S.SKIPPED, _S.EXPIRED})
_FELL_SHORT = _DROPPED | {_S.FAILED, _S.REJECTED}


class CopyName(NamedTuple):
    """The identity of a copy, whatever number of slices it is sent in."""

    execution_id: int
    follower: ClientId
    closes: bool
    retry: int


def copy_name(copy: ChildOrder) -> CopyName:
    """Return the name of the copy that this child order belongs to."""
    return CopyName(copy.execution_id, copy.follower, copy.exit is not None, copy.retry)


def joined(slices: Sequence[ChildOrder]) -> ChildOrder:
    """Return the slices of one copy as one: quantities summed, prices averaged, the state that needs most attention.

    The id, tag and order id are the first slice's. The quantity is the planned total, also of slices that were dropped,
    but not of an exit's that had nothing left to close. A copy with some slices that fell short has failed, whatever
    became of the others, unless one of them is still to be sent or looked for.
    """
    if len(slices) == 1:
        return slices[0]
    parts = [part for part in slices if not _is_needless(part)] or list(slices)
    first = next((part for part in parts if part.state not in _DROPPED), parts[0])
    filled = sum(part.filled for part in parts)
    value = sum((part.average_price * part.filled for part in parts), Decimal(0))
    states = {part.state for part in parts}
    state = min(states, key=_BY_ATTENTION.index)
    if state in TAKEN and states & _FELL_SHORT:
        state = _S.REJECTED if _S.REJECTED in states and not states & (_FELL_SHORT - {_S.REJECTED}) else _S.FAILED
    elif state in (_S.ACCEPTED, _S.OPEN) and filled:
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


def is_dropped(part: ChildOrder) -> bool:
    """Return whether a slice was not sent although there was something for it to do: no retry makes it good."""
    return part.state in _DROPPED and not _is_needless(part)


def _is_needless(part: ChildOrder) -> bool:
    return part.state is _S.SKIPPED and part.exit is not None and part.error in (NOTHING_LEFT, NO_LONGER_HELD)


_PART = 10_000
"""The parts of an order have slice numbers from here on, so that they show which slice was cut."""


def part_number(slice_number: int, part: int) -> int:
    """Return the slice number of one part (from 0) of a slice that the broker refused for its quantity."""
    return (slice_number + 1) * _PART + part


def cut_from(slice_number: int) -> int | None:
    """Return the slice that a part was cut from; None for what is no part."""
    return slice_number // _PART - 1 if slice_number >= _PART else None


def without_cut(copies: Iterable[ChildOrder]) -> list[ChildOrder]:
    """Return child orders without those that were refused and sent again in parts."""
    found = list(copies)
    cut = {(copy.execution_id, copy.follower, copy.exit, cut_from(copy.slice_number)) for copy in found}
    return [copy for copy in found if (copy.execution_id, copy.follower, copy.exit, copy.slice_number) not in cut]


def by_copy(copies: Iterable[ChildOrder]) -> dict[CopyName, list[ChildOrder]]:
    """Group child orders by copy, in the given order."""
    groups: dict[CopyName, list[ChildOrder]] = {}
    for copy in copies:
        groups.setdefault(copy_name(copy), []).append(copy)
    return groups
