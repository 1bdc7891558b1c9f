"""Taking out of the market, by hand, what copying has in it: working orders are withdrawn, queued ones dropped."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from copytui.domain.copies import LIVE_AT_BROKER, Copy, CopyState
from copytui.domain.events import EventKind, Level
from copytui.domain.positions import position_key
from copytui.engine.follower.follower import Lane
from copytui.engine.safety.halts import drop_unwanted, is_by_hand
from copytui.engine.state import Desk

Withdraw = Callable[[Copy, str], None]
"""Has the rest of a working copy cancelled, for a reason."""

BY_HAND = "cancelled by hand"
_IN_DOUBT = frozenset({CopyState.SENDING, CopyState.UNKNOWN})


@dataclass(frozen=True, slots=True)
class Swept:
    """How many orders are being cancelled, how many queued ones were dropped, and of how many nobody knows yet.

    Those are cancelled as soon as they turn out to work.
    """

    withdrawn: int = 0
    dropped: int = 0
    in_doubt: int = 0

    @property
    def words(self) -> str:
        """Say it."""
        parts = [
            (self.withdrawn, "working order is being cancelled", "working orders are being cancelled"),
            (self.dropped, "queued order was dropped", "queued orders were dropped"),
            (
                self.in_doubt,
                "without an answer yet is cancelled if it works",
                "without an answer yet are cancelled if they work",
            ),
        ]
        said = [f"{count} {one if count == 1 else many}" for count, one, many in parts if count]
        return ", ".join(said) or "nothing works and nothing waits"


def cancel_all(desk: Desk, withdraw: Withdraw) -> str:
    """Take everything out of the market, entries and exits alike; returns what happened in a sentence."""
    words = sweep(desk, withdraw, list(desk.copies.values()), BY_HAND).words
    desk.tell(Level.WARN, EventKind.RISK, "copytui", f"cancel all: {words}")
    return words


def sweep(desk: Desk, withdraw: Withdraw, copies: Iterable[Copy], why: str) -> Swept:
    """Take `copies` out of the market, as far as they are in it or on their way."""
    withdrawn = dropped = in_doubt = 0
    for copy in copies:
        lane = desk.lanes.get(copy.follower)
        if lane is None:
            continue
        if copy.state in LIVE_AT_BROKER and copy.id in lane.live_since:
            withdraw(copy, why)
            withdrawn += 1
        elif copy.state is CopyState.QUEUED and lane.posting != copy.id:
            lane.unwanted[copy.id] = why
            dropped += 1
        elif copy.state is CopyState.QUEUED:
            lane.unwanted[copy.id] = why  # its intent is being written: the post itself is refused
            in_doubt += 1
        elif copy.state in _IN_DOUBT and (copy.state is CopyState.SENDING or copy.id in lane.unknown_since):
            if copy.withdrawn is None:
                desk.put_copy(copy, replace(copy, withdrawn=why))
            in_doubt += 1
    for lane in desk.lanes.values():
        drop_unwanted(desk, lane)
    desk.wake_sender.set()
    return Swept(withdrawn, dropped, in_doubt)


def found_too_late(desk: Desk, lane: Lane) -> list[Copy]:
    """Return the copies that were to be cancelled before anybody knew that they work."""
    return [copy for id_ in lane.live_since if (copy := desk.copies[id_]).withdrawn is not None]


def waits_for_the_end(desk: Desk, copy: Copy) -> bool:
    """Tell whether what closes a position by hand has to wait for older orders of it: what they fill counts."""
    place = (copy.follower, position_key(copy.order))
    return is_by_hand(desk, copy) and any(
        other.id < copy.id and other.execution_id != copy.execution_id for other in desk.positions.working(place)
    )
