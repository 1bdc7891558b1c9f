"""The user's commands to the engine; each runs on the engine's loop and returns a sentence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from copytui.domain.filters import Filters
from copytui.domain.orders import ClientId
from copytui.domain.positions import PositionKey


@dataclass(frozen=True, slots=True)
class SetDryRun:
    """Switch to dry run, or to live; the caller has confirmed a switch to live."""

    on: bool


@dataclass(frozen=True, slots=True)
class SetPaused:
    """Pause or resume copying; what executes while paused is missed and listed."""

    on: bool


@dataclass(frozen=True, slots=True)
class SetHalted:
    """Halt everything, or release the halt; it survives a restart and cannot be released while the STOP file exists."""

    on: bool
    because: str = "by the user"


@dataclass(frozen=True, slots=True)
class SetConfirmation:
    """Require approval of each copy, or stop requiring it."""

    on: bool


@dataclass(frozen=True, slots=True)
class SetFilters:
    """Replace the filters, from the next execution on."""

    filters: Filters


@dataclass(frozen=True, slots=True)
class SetMultiplier:
    """Change the multiplier of all followers without their own, from the next execution on."""

    multiplier: Decimal


@dataclass(frozen=True, slots=True)
class SetFollower:
    """Disable or enable a follower; its halt stays as it is."""

    follower: ClientId
    enabled: bool


@dataclass(frozen=True, slots=True)
class ReleaseHalt:
    """Release a halted follower."""

    follower: ClientId


@dataclass(frozen=True, slots=True)
class ReleaseFollower:
    """Release a follower from close only after its daily loss; where it is not close only, release its halt."""

    follower: ClientId


@dataclass(frozen=True, slots=True)
class Approve:
    """Approve an execution that waits for approval; `quantities` overrides by follower (0 leaves one out)."""

    execution_id: int
    quantities: Mapping[ClientId, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Decline:
    """Decline an execution that waits for approval."""

    execution_id: int


@dataclass(frozen=True, slots=True)
class CopyMissed:
    """Copy a missed execution now, or its exit for the followers that did not get it."""

    execution_id: int


@dataclass(frozen=True, slots=True)
class DismissMissed:
    """Dismiss a missed execution without copying it."""

    execution_id: int


@dataclass(frozen=True, slots=True)
class RetryCopy:
    """Retry a failed or rejected copy, as a new child order with its own tag."""

    copy_id: int


@dataclass(frozen=True, slots=True)
class MarkNotPlaced:
    """Record that the user checked the account and an unknown copy does not exist at the broker."""

    copy_id: int


@dataclass(frozen=True, slots=True)
class DismissCopy:
    """Take a failed or rejected copy off the attention list."""

    copy_id: int


@dataclass(frozen=True, slots=True)
class CancelAll:
    """Cancel every working order that copytui sent, and drop everything queued, entries and exits alike."""


@dataclass(frozen=True, slots=True)
class Flatten:
    """Close the positions that copying built: for one follower or all, one position or all; also while halted."""

    follower: ClientId | None = None
    key: PositionKey | None = None


@dataclass(frozen=True, slots=True)
class DismissOrphan:
    """Take an orphaned position off the attention list until its quantity changes."""

    follower: ClientId
    key: PositionKey


@dataclass(frozen=True, slots=True)
class DismissOutOfStep:
    """Take a position that is out of step off the attention list until its figures change."""

    follower: ClientId
    key: PositionKey


@dataclass(frozen=True, slots=True)
class Detach:
    """Give a position that copying built to the account's owner: no exit of it is sent any more."""

    follower: ClientId
    key: PositionKey


@dataclass(frozen=True, slots=True)
class DismissUnreadable:
    """Take an order that could not be read off the attention list."""

    order_id: str


@dataclass(frozen=True, slots=True)
class RefreshAll:
    """Read the order books of the master and all followers now, within the rate limits."""


Command = (
    SetDryRun | SetPaused | SetHalted | SetConfirmation | SetFilters | SetMultiplier | SetFollower | ReleaseHalt
    | ReleaseFollower
    | Approve | Decline | CopyMissed | DismissMissed | RetryCopy | MarkNotPlaced | DismissCopy
    | CancelAll | Flatten | DismissOrphan | DismissOutOfStep | Detach | DismissUnreadable | RefreshAll
)  # fmt: skip
