"""The typed changes of the engine's state, as a closed set of frozen values.

A transition emits its changes together. The journal writes them in one transaction; the session log, the console,
the metrics and the screen subscribe to the same stream.
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
    """A new line of the event log."""

    event: Event


@dataclass(frozen=True, slots=True)
class DayOpened:
    """The first poll of the master's order book on `day`."""

    master: ClientId
    day: date
    at: datetime


@dataclass(frozen=True, slots=True)
class MasterOrderSeen:
    """A master order is new or has changed, as seen at `at` (None: its row tells)."""

    known: KnownOrder
    master: ClientId
    day: date
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ExecutionDecided:
    """An execution has a decision: its first one, or a later one (an approval, an expiry).

    It was made at `at`; None: when the execution was first decided.
    """

    decided: DecidedExecution
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class MissedDismissed:
    """The user dismissed an execution, missed by all or some; it fails when the execution is settled already."""

    decided: DecidedExecution


@dataclass(frozen=True, slots=True)
class OrderPlanned:
    """A new child order."""

    order: ChildOrder


@dataclass(frozen=True, slots=True)
class OrderAdvanced:
    """A child order has changed; it fails unless the journal still has the order in the state of `before`."""

    before: ChildOrder
    after: ChildOrder


@dataclass(frozen=True, slots=True)
class PositionChanged:
    """An account's copied position, or the master's own; a quantity of 0 means no position."""

    account: ClientId
    master: ClientId
    key: PositionKey
    day: date
    position: Position


@dataclass(frozen=True, slots=True)
class FollowerHalted:
    """A follower is halted for the reason `because`; None releases it."""

    follower: ClientId
    because: str | None


@dataclass(frozen=True, slots=True)
class FlagChanged:
    """A flag that is restored after a restart (`copytui.journal.persisted_flags`); None clears it."""

    name: str
    value: str | None


@dataclass(frozen=True, slots=True)
class AccountDayChanged:
    """A value for one account and one day, such as its first funds figure; None clears it."""

    account: ClientId
    day: date
    name: str
    value: str | None


@dataclass(frozen=True, slots=True)
class RequestTaken:
    """The running program has taken another process's request; it fails when the request was withdrawn."""

    number: int
    at: datetime


@dataclass(frozen=True, slots=True)
class RequestAnswered:
    """The outcome of a request, as a sentence."""

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
