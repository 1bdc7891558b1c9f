"""What the engine tells the world: one value an event, with its sentence ready to be shown."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from copytui.domain.orders import OrderKey


class Level(StrEnum):
    """How much an event wants to be noticed."""

    INFO = "INFO"
    WARN = "WARN"
    ERROR = "ERROR"
    ASK = "ASK"


class EventKind(StrEnum):
    """What an event is about."""

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
    """What an event says, where something else than its reader depends on it."""

    UNKNOWN = "unknown"
    """A child order's outcome has become unknown."""
    FOUND = "found"
    """A child order has been found in its account's order book."""
    NOT_PLACED = "not_placed"
    """The user has marked a child order as not placed."""


@dataclass(frozen=True, slots=True)
class Event:
    """One line of the program's story, without secrets. `who` is 'master', a follower's name or 'copytui'."""

    at: datetime
    level: Level
    kind: EventKind
    who: str
    text: str
    order_key: OrderKey | None = None
    execution_id: int | None = None
    copy_id: int | None = None
    code: EventCode | None = None
