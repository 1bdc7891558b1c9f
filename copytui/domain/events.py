"""The engine's events: one value per event, with its sentence ready to show."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from copytui.domain.orders import OrderKey


class Level(StrEnum):
    """The severity of an event."""

    INFO = "INFO"
    WARN = "WARN"
    ERROR = "ERROR"
    ASK = "ASK"


class EventKind(StrEnum):
    """The subject of an event."""

    PROGRAM = "program"
    SESSION = "session"
    WATCH = "watch"
    DECISION = "decision"
    COPY = "copy"
    APPROVAL = "approval"
    SETTING = "setting"
    RISK = "risk"
    JOURNAL = "journal"


class EventCode(StrEnum):
    """The meaning of an event, for events that code depends on."""

    UNKNOWN = "unknown"
    """A child order's outcome has become unknown."""
    FOUND = "found"
    """A child order has been found in its account's order book."""
    NOT_PLACED = "not_placed"
    """The user has marked a child order as not placed."""
    HALTED = "halted"
    """Everything, or one follower, has been halted."""
    DECIDED = "decided"
    """An execution has been decided, for the first time or again."""
    LIVE = "live"
    """The session has gone live."""
    DRY_RUN = "dry_run"
    """The session has gone back to dry run."""


@dataclass(frozen=True, slots=True)
class Event:
    """One line of the event log, without secrets. `who` is 'master', a follower's name or 'copytui'."""

    at: datetime
    level: Level
    kind: EventKind
    who: str
    text: str
    order_key: OrderKey | None = None
    execution_id: int | None = None
    copy_id: int | None = None
    code: EventCode | None = None
