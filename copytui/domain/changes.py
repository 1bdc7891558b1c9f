"""The typed changes of the engine's state: what each transition did, as a closed set of frozen values.

A transition hands its changes over together. The journal turns them into SQL, in one transaction; the session log,
the console, the metrics and the screen subscribe to the same stream.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from copytui.domain.copies import ChildOrder
from copytui.domain.decisions import DecidedExecution
from copytui.domain.events import Event
from copytui.domain.executions import KnownOrder
from copytui.domain.orders import ClientId
from copytui.domain.positions import Position, PositionKey


@dataclass(frozen=True, slots=True)
class EventEmitted:
    """A line of the program's story."""

    event: Event


@dataclass(frozen=True, slots=True)
class DayOpened:
    """The master's order book has been read on `day`; only a day's first poll counts."""

    master: ClientId
    day: date
    at: datetime


@dataclass(frozen=True, slots=True)
class MasterOrderSeen:
    """A master order is known, or known anew."""

    known: KnownOrder
    master: ClientId
    day: date


@dataclass(frozen=True, slots=True)
class ExecutionDecided:
    """An execution has a decision, a new one or another one (an approval, an expiry)."""

    decided: DecidedExecution


@dataclass(frozen=True, slots=True)
class MissedDismissed:
    """A missed execution is settled by the user, provided that nobody else has settled it."""

    decided: DecidedExecution


@dataclass(frozen=True, slots=True)
class OrderPlanned:
    """A new child order."""

    order: ChildOrder


@dataclass(frozen=True, slots=True)
class OrderAdvanced:
    """A child order has changed; it holds only where the journal still has it in the state of `before`."""

    before: ChildOrder
    after: ChildOrder


@dataclass(frozen=True, slots=True)
class PositionChanged:
    """An account's copied position, or the master's own; a quantity of 0 is no position."""

    account: ClientId
    master: ClientId
    key: PositionKey
    day: date
    position: Position


@dataclass(frozen=True, slots=True)
class FollowerHalted:
    """A follower is halted, and why; None releases it."""

    follower: ClientId
    because: str | None


@dataclass(frozen=True, slots=True)
class FlagChanged:
    """A flag that outlives the program (`copytui.journal.persisted_flags`); None clears it."""

    name: str
    value: str | None


@dataclass(frozen=True, slots=True)
class AccountDayChanged:
    """A fact that holds for one account and one day, such as its first funds figure; None clears it."""

    account: ClientId
    day: date
    name: str
    value: str | None


@dataclass(frozen=True, slots=True)
class RequestTaken:
    """The running program has taken another process' request, provided that it has not been taken back."""

    number: int
    at: datetime


@dataclass(frozen=True, slots=True)
class RequestAnswered:
    """The outcome of a request, in a sentence."""

    number: int
    at: datetime
    text: str


Change = (
    EventEmitted
    | DayOpened
    | MasterOrderSeen
    | ExecutionDecided
    | MissedDismissed
    | OrderPlanned
    | OrderAdvanced
    | PositionChanged
    | FollowerHalted
    | FlagChanged
    | AccountDayChanged
    | RequestTaken
    | RequestAnswered
)
