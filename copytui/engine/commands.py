"""What the user can tell the engine; each is carried out on the engine's loop and answered with a sentence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from copytui.domain.filters import Filters
from copytui.domain.orders import ClientId
from copytui.domain.positions import PositionKey


@dataclass(frozen=True, slots=True)
class SetDryRun:
    """Go to dry run, or (asked and confirmed by the caller) live."""

    on: bool


@dataclass(frozen=True, slots=True)
class SetPaused:
    """Pause copying, or go on; what executes meanwhile is missed and listed."""

    on: bool


@dataclass(frozen=True, slots=True)
class SetHalted:
    """Halt everything, or release the halt; it stays over a restart, and while the file STOP is there."""

    on: bool
    because: str = "by hand"


@dataclass(frozen=True, slots=True)
class SetConfirmation:
    """Turn the need for a yes on or off."""

    on: bool


@dataclass(frozen=True, slots=True)
class SetFilters:
    """Replace the filters from the next execution on."""

    filters: Filters


@dataclass(frozen=True, slots=True)
class SetMultiplier:
    """Change the multiplier of all followers that have none of their own, from the next execution on."""

    multiplier: Decimal


@dataclass(frozen=True, slots=True)
class SetFollower:
    """Take a follower out, or in again; neither touches its halt."""

    follower: ClientId
    enabled: bool


@dataclass(frozen=True, slots=True)
class ReleaseHalt:
    """Let a follower take orders again that was halted."""

    follower: ClientId


@dataclass(frozen=True, slots=True)
class ReleaseFollower:
    """Let a follower take entries again whose daily loss has made it close only; where that is not so, its halt."""

    follower: ClientId


@dataclass(frozen=True, slots=True)
class Approve:
    """Say yes to an execution that was asked for; `quantities` overrides followers (0 leaves one out)."""

    execution_id: int
    quantities: Mapping[ClientId, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Decline:
    """Say no to an execution that was asked for."""

    execution_id: int


@dataclass(frozen=True, slots=True)
class CopyMissed:
    """Copy a missed execution after all."""

    execution_id: int


@dataclass(frozen=True, slots=True)
class DismissMissed:
    """Take a missed execution off the list without copying it."""

    execution_id: int


@dataclass(frozen=True, slots=True)
class RetryCopy:
    """Send a failed or rejected copy again, as a new copy with a tag of its own."""

    copy_id: int


@dataclass(frozen=True, slots=True)
class MarkNotPlaced:
    """Note that the user looked and an unknown copy does not exist at the broker."""

    copy_id: int


@dataclass(frozen=True, slots=True)
class DismissCopy:
    """Take a failed or rejected copy off the list of what needs the user."""

    copy_id: int


@dataclass(frozen=True, slots=True)
class CancelAll:
    """Cancel every working order that copying has sent, and drop what is queued, entries and exits alike."""


@dataclass(frozen=True, slots=True)
class Flatten:
    """Close what copying has built: of all followers or one, all positions or one; also while halted."""

    follower: ClientId | None = None
    key: PositionKey | None = None


@dataclass(frozen=True, slots=True)
class DismissOrphan:
    """Take a position that the master has left off the list, until its quantity changes."""

    follower: ClientId
    key: PositionKey


@dataclass(frozen=True, slots=True)
class RefreshAll:
    """Read the master's book and every follower's now, as far as the rate limits let us."""


Command = (
    SetDryRun | SetPaused | SetHalted | SetConfirmation | SetFilters | SetMultiplier | SetFollower | ReleaseHalt
    | ReleaseFollower
    | Approve | Decline | CopyMissed | DismissMissed | RetryCopy | MarkNotPlaced | DismissCopy
    | CancelAll | Flatten | DismissOrphan | RefreshAll
)  # fmt: skip
