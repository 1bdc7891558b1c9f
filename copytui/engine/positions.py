"""What copying has built up in each account: fills as they are told, and what is still on its way."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date, datetime
from fractions import Fraction

from copytui.domain.copies import ChildOrder, CopyState
from copytui.domain.orders import ClientId
from copytui.domain.positions import NOTHING, Position, PositionKey, closable, is_over, position_key, signed
from copytui.domain.text import trading_day

PositionRef = tuple[ClientId, PositionKey]

_NOT_ON_ITS_WAY = frozenset({CopyState.ASKED, CopyState.SIMULATED})


class Positions:
    """Every holding, of the master and of the followers; only the engine's loop touches it.

    Simulated copies change a second set of holdings that is laid over the true one in a dry run, so that a dry run
    shows exits as they would be.
    """

    def __init__(self) -> None:
        """Begin with nothing."""
        self._held: dict[PositionRef, Position] = {}
        self._simulated: dict[PositionRef, Position] = {}
        self._working: dict[PositionRef, dict[int, ChildOrder]] = {}
        self._out: dict[PositionKey, tuple[int, datetime]] = {}

    def master_is_out(self, key: PositionKey, execution_id: int, at: datetime) -> None:
        """Note which execution took the master out of a position, and when."""
        self._out[key] = (execution_id, at)

    def came_too_late(self, copy: ChildOrder) -> bool:
        """Tell whether the master was out of a position after an entry was planned: nobody would close it."""
        out = self._out.get(position_key(copy.order))
        return copy.exit is None and out is not None and copy.execution_id < out[0] and copy.created_at <= out[1]

    def restore(self, ref: PositionRef, position: Position) -> None:
        """Take a holding from the journal's memory."""
        self._held[ref] = position

    def held(self, ref: PositionRef) -> Position:
        """Return what has been filled, as far as the broker has told."""
        return self._held.get(ref, NOTHING)

    def change(self, ref: PositionRef, units: int) -> Position:
        """Add `units` (below 0: sold) to a holding and return it."""
        after = self.held(ref).changed(units)
        self._keep(self._held, ref, after)
        return after

    def count_fills(self, before: ChildOrder, after: ChildOrder, day: date) -> bool:
        """Count further fills of a child order; False where there are none, or they ended with their day."""
        units, key = after.filled - before.filled, position_key(after.order)
        if not units or (key.ends_with_the_day and trading_day(after.moment) != day):
            return False
        self.change((after.follower, key), signed(after.order.side, units))
        return True

    def owe(self, ref: PositionRef, rounding_carry: Fraction) -> Position:
        """Note what rounding leaves to the next exit, and return the holding."""
        after = replace(self.held(ref), rounding_carry=rounding_carry)
        self._keep(self._held, ref, after)
        return after

    def simulate(self, copy: ChildOrder) -> None:
        """Count a simulated copy as if it had filled."""
        ref = (copy.follower, position_key(copy.order))
        before = self._simulated.get(ref, NOTHING)
        after = before.changed(signed(copy.order.side, copy.order.quantity))
        self._keep(self._simulated, ref, after)

    def forget_simulated(self) -> None:
        """Forget what a dry run has built: the next orders are real."""
        self._simulated.clear()

    def follow(self, copy: ChildOrder) -> None:
        """Keep what is on its way in step with a copy's state."""
        ref = (copy.follower, position_key(copy.order))
        if copy.is_settled or copy.state in _NOT_ON_ITS_WAY:
            working = self._working.get(ref)
            if working is not None:
                working.pop(copy.id, None)
                if not working:
                    del self._working[ref]
        else:
            self._working.setdefault(ref, {})[copy.id] = copy

    def working(self, ref: PositionRef) -> tuple[ChildOrder, ...]:
        """Return the copies of a position that may still fill, oldest first."""
        return tuple(copy for _id, copy in sorted(self._working.get(ref, {}).items()))

    def expected(self, ref: PositionRef, *, dry_run: bool) -> Position:
        """Return what will be held when everything that is on its way has filled."""
        on_its_way = sum(signed(copy.order.side, copy.outstanding) for copy in self.working(ref))
        position = self.held(ref)
        simulated = self._simulated.get(ref, NOTHING).quantity if dry_run else 0
        return position.changed(on_its_way + simulated) if on_its_way + simulated else position

    def at_most(self, ref: PositionRef, *, dry_run: bool) -> int:
        """Return what will be held when no exit that still waits takes anything: they may close less than planned."""
        waiting = sum(
            signed(copy.order.side, copy.outstanding)
            for copy in self.working(ref)
            if copy.exit is not None and copy.state is CopyState.QUEUED
        )
        return self.expected(ref, dry_run=dry_run).quantity - waiting

    def of(self, account: ClientId) -> dict[PositionKey, Position]:
        """Return an account's holdings that are not flat."""
        return {key: held for (owner, key), held in self._held.items() if owner == account and held.quantity}

    def open_in(self, account: ClientId) -> set[PositionKey]:
        """Return the positions that an account holds or is about to."""
        working = {key for (owner, key), copies in self._working.items() if owner == account and copies}
        return {*self.of(account), *working}

    def goes_before(self, copy: ChildOrder) -> tuple[ChildOrder, ...]:
        """Return what an exit has to wait for: older orders whose fills are what it closes."""
        ref = (copy.follower, position_key(copy.order))
        return tuple(
            other
            for other in self.working(ref)
            if other.id < copy.id and (other.exit is None or other.order.side is not copy.order.side)
        )

    def free_to_close(self, copy: ChildOrder, there: int | None = None) -> int:
        """Return how many units of the position no other exit is about to close.

        `there` is what the account truly holds, below 0 when short; None where that is not known.
        """
        ref = (copy.follower, position_key(copy.order))
        held = closable(self.held(ref).quantity, copy.order.side)
        held = held if there is None else min(held, closable(there, copy.order.side))
        reserved = sum(other.outstanding for other in self.working(ref) if _goes_before(other, copy))
        return max(held - reserved, 0)

    def end_day(self, day: date) -> list[PositionRef]:
        """Forget what ends before `day` begins; returns what was forgotten. Nothing of the day before is on its way."""
        self._simulated.clear()
        self._working.clear()
        self._out.clear()
        ended = [ref for ref in self._held if is_over(ref[1], day)]
        for ref in ended:
            del self._held[ref]
        return ended

    def __iter__(self) -> Iterator[tuple[PositionRef, Position]]:
        """Give every holding that is not flat."""
        return iter(self._held.items())

    @staticmethod
    def _keep(holdings: dict[PositionRef, Position], ref: PositionRef, position: Position) -> None:
        if position.quantity or position.rounding_carry:
            holdings[ref] = position
        else:
            holdings.pop(ref, None)


def _goes_before(other: ChildOrder, copy: ChildOrder) -> bool:
    """Whether another exit takes its units before `copy` does: it is older, or has left already."""
    return (
        other.exit is not None
        and other.order.side is copy.order.side
        and other.id != copy.id
        and (other.id < copy.id or other.state is not CopyState.QUEUED)
    )


def siblings(copies: Iterable[ChildOrder], copy: ChildOrder) -> list[ChildOrder]:
    """Return the other slices of the exit that `copy` is a slice of."""
    return [
        other
        for other in copies
        if other.id != copy.id
        and other.follower == copy.follower
        and other.exit == copy.exit
        and other.retry == copy.retry
    ]
