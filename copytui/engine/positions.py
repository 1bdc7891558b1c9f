"""The positions that copying built in each account: reported fills, and orders that may still fill."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date, datetime
from fractions import Fraction

from copytui.domain.contracts import is_past_by_text
from copytui.domain.copies import ChildOrder, CopyState
from copytui.domain.drift import ComparedPosition, Detachment, HeldUnits
from copytui.domain.held import HeldFigures, proven_units
from copytui.domain.orders import CASH, ClientId, Exchange
from copytui.domain.positions import NOTHING, Position, PositionKey, closable, is_over, position_key, signed
from copytui.engine.by_account import ByAccount
from copytui.engine.by_account import PositionRef as PositionRef  # noqa: PLC0414  # the same

_NOT_ON_ITS_WAY = frozenset({CopyState.ASKED, CopyState.SIMULATED})


class Positions:
    """The positions of the master and the followers; used by the engine's loop only.

    Simulated copies change a second set of positions, which is added to the real one in a dry run, so that a dry run
    shows exits as they would be.
    """

    def __init__(self) -> None:
        """Start empty."""
        self._held: ByAccount[Position] = ByAccount()
        self._simulated: ByAccount[Position] = ByAccount()
        self._working: ByAccount[dict[int, ChildOrder]] = ByAccount()
        self._out: dict[PositionKey, tuple[int, datetime]] = {}
        self._figures: dict[ClientId, HeldFigures] = {}
        self._filled_at: dict[PositionRef, float] = {}
        self._caught_up: set[PositionRef] = set()
        self._noted: dict[PositionRef, HeldUnits] = {}
        self._carried: dict[PositionRef, ComparedPosition] = {}
        self._detached: dict[PositionRef, Detachment] = {}
        self._left_over: dict[PositionRef, set[int]] = {}
        self._expiries: dict[tuple[Exchange, str], date] = {}

    def learn_expiry(self, exchange: Exchange, symbol: str, expiry: date) -> bool:
        """Take a contract's expiry from a row, the instrument list or the journal; returns whether it is news."""
        is_news = self._expiries.get((exchange, symbol)) != expiry
        self._expiries[exchange, symbol] = expiry
        return is_news

    def without_expiry(self) -> set[tuple[Exchange, str]]:
        """Return the contracts that an account holds and whose expiry is unknown."""
        held = {(key.exchange, key.symbol) for _owner, key in self._held if key.exchange not in CASH}
        return held - self._expiries.keys()

    def is_over(self, key: PositionKey, day: date, *, of_today: bool = False) -> bool:
        """Tell whether a position is gone by `day`, by the expiry that is known; see the rule of the same name."""
        return is_over(key, day, self._expiries.get((key.exchange, key.symbol)), of_today=of_today)

    def master_is_out(self, key: PositionKey, execution_id: int, at: datetime) -> None:
        """Record which execution closed the master's position, and when."""
        self._out[key] = (execution_id, at)

    def came_too_late(self, copy: ChildOrder) -> bool:
        """Return whether the master has closed the position since this entry was planned: no exit would follow."""
        out = self._out.get(position_key(copy.order))
        return copy.exit is None and out is not None and copy.execution_id < out[0] and copy.created_at <= out[1]

    def restore(self, ref: PositionRef, position: Position) -> None:
        """Restore a position from the journal."""
        self._held[ref] = position

    def held(self, ref: PositionRef) -> Position:
        """Return the position by the fills that the broker has reported."""
        return self._held.find(ref, NOTHING)

    def change(self, ref: PositionRef, units: int) -> Position:
        """Add `units` (below 0: sold) to a position and return it."""
        after = self.held(ref).changed(units)
        self._keep(self._held, ref, after)
        return after

    def leave_over(self, copy: ChildOrder) -> None:
        """Record an order whose day has ended before its final state was known, where its position goes on."""
        key = position_key(copy.order)
        if not key.ends_with_the_day:
            self._left_over.setdefault((copy.follower, key), set()).add(copy.id)

    def settle_left_over(self, copy: ChildOrder) -> None:
        """Record that it is known what became of a left-over order."""
        ref = (copy.follower, position_key(copy.order))
        ids = self._left_over.get(ref, set())
        ids.discard(copy.id)
        if not ids:
            self._left_over.pop(ref, None)

    def left_over(self, account: ClientId) -> dict[PositionKey, frozenset[int]]:
        """Return the ids of an account's left-over orders by position."""
        return {key: frozenset(ids) for (owner, key), ids in self._left_over.items() if owner == account}

    def is_left_over(self, copy: ChildOrder) -> bool:
        """Return whether the position of an order has orders that are left over from an earlier day."""
        return (copy.follower, position_key(copy.order)) in self._left_over

    def take_figures(self, account: ClientId, figures: HeldFigures) -> None:
        """Take what the broker says that an account holds."""
        self._figures[account] = figures
        for key, position in self.of(account).items():
            units = figures.units(key)
            if units is not None and units * position.quantity > 0 and abs(units) >= abs(position.quantity):
                self._caught_up.add((account, key))

    def note_fill(self, ref: PositionRef, now: float) -> None:
        """Record that something of a position has just filled: the broker's figures may lack it for a while."""
        self._filled_at[ref] = now
        self._caught_up.discard(ref)
        self._noted.pop(ref, None)

    def proven(self, copy: ChildOrder) -> int | None:
        """Return the signed units that the account certainly holds of an order's position; None where nothing is sure.

        While another exit of the position works, nobody knows how much of it the figures include.
        """
        ref = (copy.follower, position_key(copy.order))
        if any(o.exit is not None and o.id != copy.id and o.state is not CopyState.QUEUED for o in self.working(ref)):
            return None
        return self._proven(ref)

    def figures_to_note(self, account: ClientId, others: Iterable[PositionKey]) -> Iterator[tuple[PositionKey, int]]:
        """Yield what the broker certainly says of an account's positions and of `others`, where that is news."""
        keys = {*self.of(account), *others, *(key for owner, key in self._noted if owner == account)}
        for key in sorted(keys):
            ref = (account, key)
            units = None if self.working(ref) else self._proven(ref)
            if units is not None and (ref not in self._noted or self._noted[ref].units != units):
                yield key, units

    def note_held(self, ref: PositionRef, figure: HeldUnits) -> None:
        """Record what the broker says of a position."""
        self._noted[ref] = figure

    def noted(self, ref: PositionRef) -> HeldUnits | None:
        """Return what the broker says of a position; None where nothing is known since the last fill."""
        return self._noted.get(ref)

    def carry(self, compared: Iterable[ComparedPosition]) -> None:
        """Record how the positions stood when the day began."""
        self._carried = {(each.follower, each.key): each for each in compared}

    def carried(self, ref: PositionRef) -> ComparedPosition | None:
        """Return how a position stood when the day began; None where there was none."""
        return self._carried.get(ref)

    def detach(self, ref: PositionRef, gone: Detachment) -> None:
        """Forget a position that is its owner's from now on, and every later figure of its orders."""
        self._detached[ref] = gone
        self._keep(self._held, ref, NOTHING)
        self._noted.pop(ref, None)

    def restore_detached(self, ref: PositionRef, gone: Detachment) -> None:
        """Restore from the journal that a position was given to its owner."""
        self._detached[ref] = gone

    def detached(self, ref: PositionRef) -> Detachment | None:
        """Return when a position was last given to its owner, and how much of it."""
        return self._detached.get(ref)

    def compared_refs(self, master: ClientId, accounts: Iterable[ClientId], day: date) -> list[PositionRef]:
        """Return the positions that copying has to do with, account by account."""
        masters = self.of(master)
        known: dict[ClientId, set[PositionKey]] = {account: set(masters) for account in accounts}
        gone = [ref for ref, detachment in self._detached.items() if detachment.day == day]
        held = [ref for ref, position in self._held.items() if position.quantity]
        for account, key in (*held, *self._noted, *self._carried, *gone):
            if account in known:
                known[account].add(key)
        return [(account, key) for account, keys in known.items() for key in sorted(keys)]

    def _proven(self, ref: PositionRef) -> int | None:
        account, key = ref
        caught_up = {key} if ref in self._caught_up else frozenset[PositionKey]()
        return proven_units(self._figures.get(account), key, filled_at=self._filled_at.get(ref), caught_up=caught_up)

    def count_fills(self, before: ChildOrder, after: ChildOrder, day: date) -> bool:
        """Count new fills of a child order; False where there are none, or the position ended with its day."""
        units, key = after.filled - before.filled, position_key(after.order)
        if not units or (key.ends_with_the_day and after.day < day):
            return False
        gone = self._detached.get((after.follower, key))
        if gone is not None and after.id <= gone.order:
            return False
        self.change((after.follower, key), signed(after.order.side, units))
        return True

    def carry_rounding(self, ref: PositionRef, rounding_carry: Fraction) -> Position:
        """Set the rounding carry for the next exit, and return the position."""
        after = replace(self.held(ref), rounding_carry=rounding_carry)
        self._keep(self._held, ref, after)
        return after

    def simulate(self, copy: ChildOrder) -> None:
        """Count a simulated copy as if it had filled."""
        ref = (copy.follower, position_key(copy.order))
        before = self._simulated.find(ref, NOTHING)
        after = before.changed(signed(copy.order.side, copy.order.quantity))
        self._keep(self._simulated, ref, after)

    def forget_simulated(self) -> None:
        """Drop the simulated positions: the next orders are real."""
        self._simulated.clear()

    def follow(self, copy: ChildOrder) -> None:
        """Update the orders that may still fill with a copy's state."""
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
        """Return a position's copies that may still fill, oldest first."""
        return tuple(copy for _id, copy in sorted(self._working.find(ref, {}).items()))

    def expected(self, ref: PositionRef, *, dry_run: bool) -> Position:
        """Return what will be held when everything that is on its way has filled."""
        on_its_way = sum(signed(copy.order.side, copy.outstanding) for copy in self.working(ref))
        position = self.held(ref)
        simulated = self._simulated.find(ref, NOTHING).quantity if dry_run else 0
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
        """Return an account's positions that are not flat."""
        return {key: held for key, held in self._held.of(account).items() if held.quantity}

    def open_in(self, account: ClientId) -> set[PositionKey]:
        """Return the positions that an account holds or may soon hold."""
        held = (key for key, position in self._held.of(account).items() if position.quantity)
        return {*held, *self._working.of(account)}

    def count_beside(self, account: ClientId, key: PositionKey, day: date) -> int:
        """Count an account's positions other than `key`, for the limit on open positions.

        A contract that has expired is none. For this count, and for nothing else, the symbol's text is enough where the
        expiry is unknown: at worst one more position is opened, and the one left out is still closed by its exit.
        """
        return sum(
            1
            for other in self.open_in(account) - {key}
            if self._working.get((account, other)) or not self._has_expired(other, day)
        )

    def _has_expired(self, key: PositionKey, day: date) -> bool:
        expiry = self._expiries.get((key.exchange, key.symbol))
        return is_past_by_text(key.exchange, key.symbol, day) if expiry is None else expiry < day

    def orders_before(self, copy: ChildOrder) -> tuple[ChildOrder, ...]:
        """Return the orders that an exit waits for: older ones whose fills it is to close."""
        ref = (copy.follower, position_key(copy.order))
        return tuple(
            other
            for other in self.working(ref)
            if other.id < copy.id and (other.exit is None or other.order.side is not copy.order.side)
        )

    def free_to_close(self, copy: ChildOrder, there: int | None = None) -> int:
        """Return how many units of the position no other exit is about to close.

        `there` is what the account really holds, below 0 when short; None where that is unknown.
        """
        ref = (copy.follower, position_key(copy.order))
        held = closable(self.held(ref).quantity, copy.order.side)
        held = held if there is None else min(held, closable(there, copy.order.side))
        reserved = sum(other.outstanding for other in self.working(ref) if _precedes(other, copy))
        return max(held - reserved, 0)

    def end_day(self, day: date) -> list[PositionRef]:
        """Drop the positions that end before `day`, and return them. Orders of the day before cannot fill any more."""
        self._simulated.clear()
        self._working.clear()
        self._out.clear()
        self._figures.clear()
        self._caught_up.clear()
        self._noted.clear()
        ended = [ref for ref in self._held if self.is_over(ref[1], day)]
        for ref in ended:
            del self._held[ref]
        return ended

    def __iter__(self) -> Iterator[tuple[PositionRef, Position]]:
        """Iterate over the positions that are not flat or have a rounding carry."""
        return iter(self._held.items())

    @staticmethod
    def _keep(holdings: ByAccount[Position], ref: PositionRef, position: Position) -> None:
        if position.quantity or position.rounding_carry:
            holdings[ref] = position
        else:
            holdings.pop(ref, None)


def _precedes(other: ChildOrder, copy: ChildOrder) -> bool:
    """Return whether another exit takes its units before `copy`: it is older, or has been sent."""
    return (
        other.exit is not None
        and other.order.side is copy.order.side
        and other.id != copy.id
        and (other.id < copy.id or other.state is not CopyState.QUEUED)
    )


def siblings(copies: Iterable[ChildOrder], copy: ChildOrder) -> list[ChildOrder]:
    """Return the other slices of the same exit."""
    return [
        other
        for other in copies
        if other.id != copy.id
        and other.follower == copy.follower
        and other.exit == copy.exit
        and other.retry == copy.retry
    ]
