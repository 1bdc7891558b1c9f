"""What the attention list is made from: the facts of a snapshot, or those of the journal."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from copytui.domain.copies import ChildOrder
from copytui.domain.decisions import Verdict
from copytui.domain.drift import ComparedPosition
from copytui.domain.executions import Execution
from copytui.domain.orders import ClientId
from copytui.domain.positions import PositionKey
from copytui.domain.risk import OrphanedPosition
from copytui.domain.unreadable import UnreadableOrder
from copytui.domain.withheld import WithheldExit


@dataclass(frozen=True, slots=True)
class OpenExecution:
    """An execution that is not settled: it was missed, or it requires approval (`verdict` says which)."""

    number: int
    execution: Execution
    verdict: Verdict
    sentence: str


WithheldExits = tuple[WithheldExit, ...]
"""What several followers did not get of one exit."""


@dataclass(frozen=True, slots=True)
class CopyInTrouble:
    """A copy, joined from those of its child orders that are in the same trouble."""

    copy: ChildOrder
    slices: tuple[ChildOrder, ...]


@dataclass(frozen=True, slots=True)
class FollowerFacts:
    """What keeps orders from a follower, None for nothing, and the positions that copying has built in it.

    `halted_since` is None where nobody wrote it down. A position's units are below 0 when short.
    """

    client_id: ClientId
    name: str
    enabled: bool = True
    halted_because: str | None = None
    halted_since: datetime | None = None
    ip_mismatch: str | None = None
    close_only: str | None = None
    positions: tuple[tuple[PositionKey, int], ...] = ()


@dataclass(frozen=True, slots=True)
class AttentionFacts:
    """What the attention list is made from.

    `copies` may hold any child orders, also those that need nobody, and one of them twice. `missing` are the ids of
    those that the broker has accepted and that its order book has not shown for long, `limited` those of exits that the
    order limits have held back for long (known to the running program only). `withheld` are the exits that some
    followers did not get, and `unreadable` the orders that could not be read and that nobody has dismissed. Positions
    `out_of_step` are not listed where another item is about them. Failures and working exits count on trading day `day`
    only (None: on any day). `clocks` says how the clocks disagree about the date, '' for not at all. `followers` stand
    in the order of the settings. `is_running` says that the facts come from the running program, which settles what it
    is sending.
    """

    executions: Sequence[OpenExecution] = ()
    copies: Sequence[ChildOrder] = ()
    missing: Collection[int] = ()
    limited: Collection[int] = ()
    withheld: Sequence[WithheldExit] = ()
    orphans: Sequence[OrphanedPosition] = ()
    out_of_step: Sequence[ComparedPosition] = ()
    unreadable: Sequence[UnreadableOrder] = ()
    followers: Sequence[FollowerFacts] = ()
    halted_because: str | None = None
    halted_since: datetime | None = None
    clocks: str = ""
    day: date | None = None
    is_running: bool = False


About = (
    OpenExecution | WithheldExits | CopyInTrouble | UnreadableOrder | OrphanedPosition | ComparedPosition
    | FollowerFacts
)  # fmt: skip
"""The facts behind an item."""
