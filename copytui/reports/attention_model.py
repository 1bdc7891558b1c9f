"""One thing that needs the user, and what can be done about it without the screen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Act(StrEnum):
    """What `copytui resolve` can be asked to do; the words are its options."""

    COPY = "copy"
    RETRY = "retry"
    NOT_PLACED = "not-placed"
    DISMISS = "dismiss"


class Kind(StrEnum):
    """Why something needs the user."""

    MISSED = "missed"
    UNKNOWN = "unknown"
    FAILED = "failed"
    REJECTED = "rejected"
    ASKED = "asked"
    HALTED = "halted"
    CLOSE_ONLY = "close only"
    UNFILLED = "unfilled"
    STRANDED = "stranded"


@dataclass(frozen=True, slots=True)
class Need:
    """One thing that needs the user.

    `id` is what `copytui resolve` takes, or what names it elsewhere. `number` is the execution's or the copy's, 0 for
    all else. `who` is a name, `client` the follower's client code ('' where it is about no follower). `at` is when it
    executed, was sent or went wrong, None where nobody wrote that down. `hint` says what can be done beside `acts`.
    """

    id: str
    kind: Kind
    number: int
    at: datetime | None
    who: str
    what: str
    why: str
    acts: tuple[Act, ...] = ()
    hint: str = ""
    is_exit: bool = False
    client: str = ""
