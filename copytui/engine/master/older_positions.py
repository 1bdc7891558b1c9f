"""What the master had before copytui watched: read from his own positions and holdings at the day's first look.

What an execution reduces of it is not copied by itself (`copytui.domain.pre_existing`). While his positions cannot be
read, nothing that could reduce one is copied without a yes, and reading goes on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from copytui.broker.port import Account
from copytui.domain.changes import Change
from copytui.domain.decisions import DecidedExecution
from copytui.domain.errors import BrokerError
from copytui.domain.events import EventKind, Level
from copytui.domain.executions import Observed, Origin, count_early
from copytui.domain.held import LAG_SECONDS, HeldFigures, share_name
from copytui.domain.orders import Exchange, OrderKey, Product
from copytui.domain.positions import PositionKey, closable, closing_share, position_key
from copytui.domain.pre_existing import PreExisting, split, units_before
from copytui.domain.reasons import Reason
from copytui.domain.text import clean
from copytui.engine.backoff import READ_FIGURE
from copytui.engine.controls import learn_older, reduce_older
from copytui.engine.follower.held_reader import read_figures
from copytui.engine.state import EngineState

_PATIENCE_SECONDS = 10.0
"""The first poll of a day waits so long for the figures: what executes meanwhile is copied a little later."""
_MOST_NAMED = 12


@dataclass(frozen=True, slots=True)
class Older:
    """The master's older positions in signed units; `trouble` says why these are not all."""

    units: Mapping[PositionKey, int]
    trouble: str | None = None


class OlderPositions:
    """Reads the master's positions and holdings, and works out what copytui has not watched him build."""

    def __init__(self, state: EngineState, master: Account) -> None:
        """Read from `master`."""
        self._state = state
        self._master = master
        self._wake = asyncio.Event()

    async def at_first_look(self, by_book: Mapping[PositionKey, int]) -> Older:
        """Return his older positions; `by_book` are those that today's order book shows, and always counts for today.

        Intraday positions were built today, so the order book has all of them.
        """
        today = {key: units for key, units in by_book.items() if key.ends_with_the_day}
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                figures = await read_figures(self._master, self._state.clock.monotonic(), holdings=True)
        except (BrokerError, TimeoutError) as error:
            self._wake.set()
            return Older(by_book, clean(str(error)) or "no answer in time")
        return Older({**self._not_copied(figures), **today})

    async def run(self) -> None:
        """Read again while the figures are missing, when the master has not traded for a while; until cancelled."""
        state, failures = self._state, 0
        while True:
            if state.pre_existing_trouble is None:
                failures = 0
                self._wake.clear()
                await state.clock.wait(self._wake, None)
                continue
            await state.clock.wait(asyncio.Event(), max(READ_FIGURE.after(failures), LAG_SECONDS))
            asked_at = state.clock.monotonic()
            try:
                figures = await read_figures(self._master, asked_at, holdings=True)
            except BrokerError as error:
                failures += 1
                learn_older(state, state.pre_existing, clean(str(error)))
                continue
            traded_at = state.master.traded_at
            if traded_at is not None and asked_at < traded_at + LAG_SECONDS:
                continue  # the figures may lack his last trade
            today = {key: units for key, units in state.pre_existing.items() if key.ends_with_the_day}
            learn_older(state, {**self._not_copied(figures), **today}, None)
            state.emit(Level.INFO, EventKind.WATCH, "master", "his positions can be read again")
            report_older(state)

    def _not_copied(self, figures: HeldFigures) -> dict[PositionKey, int]:
        """Return what he holds beyond what copytui has watched him build, in signed units, without intraday."""
        state = self._state
        watched = {key: held.quantity for (account, key), held in state.positions if account == state.master_id}
        named = {_one_name(key) for key in (*watched, *figures.net)}
        named |= {_share(name) for name in figures.shares or {}}
        found = {}
        for key in named:
            if key.ends_with_the_day:
                continue
            built = sum(units for other, units in watched.items() if _one_name(other) == key)
            units = (figures.units(key) or 0) - built
            if units:
                found[key] = units
        return found


def _one_name(key: PositionKey) -> PositionKey:
    """Return the same key for one share on all exchanges."""
    return _share(share_name(key.symbol)) if key.product is Product.DELIVERY else key


def _share(name: str) -> PositionKey:
    return PositionKey(Exchange.NSE, f"{name}-EQ", Product.DELIVERY)


def fills_before(state: EngineState, seen: Observed, now: datetime, batch: set[OrderKey]) -> list[Observed]:
    """Return the fills of still working orders that an execution closes, and that must have happened before it."""
    execution = seen.execution
    if execution is None or not execution.quantity:
        return []
    order, key = execution.order, position_key(execution.order)
    share = closing_share(state.positions.held((state.master_id, key)).quantity, order.side, execution.quantity)
    rest = execution.quantity - (0 if share is None else share.closing)
    if rest <= closable(units_before(state.pre_existing, key), order.side):
        return []
    others = [
        count_early(known, seen_at=now)
        for known in state.known.values()
        if not known.order.order_status.is_final  # checked first: nearly all of a day's orders have ended
        and known.order.side is not order.side
        and position_key(known.order) == key
        and known.order.key not in batch
        and known.day >= state.day  # fills of an earlier day are not part of today's position
    ]
    return [other for other in others if other is not None]


def parts_of(state: EngineState, seen: Observed) -> tuple[Observed, ...]:
    """Return an execution in parts: what closes a copied position, reduces an older one of the master's, and opens."""
    if seen.execution is None or not seen.execution.quantity:
        return (seen,)
    key = position_key(seen.execution.order)
    before: int | None = units_before(state.pre_existing, key)
    if state.pre_existing_trouble is not None and not key.ends_with_the_day:
        before = None
    return split(seen, state.positions.held((state.master_id, key)).quantity, before)


def count_master(state: EngineState, decided: DecidedExecution) -> list[Change]:
    """Count a new execution into the master's positions, the copied one or the older one; returns the changes."""
    execution = decided.execution
    state.master.has_traded(state.clock.monotonic())
    is_certain = execution.origin is Origin.EARLIER
    traded = reduce_older(state, execution.order, execution.quantity) if is_certain else []
    if execution.is_of_earlier and decided.decision.reason is Reason.PRE_EXISTING:
        return traded  # nobody has a copy of it, and nobody gets one
    return [*traded, *state.count_master(execution)]


def report_older(state: EngineState) -> None:
    """Say what the master had before copytui watched, and what becomes of an order that reduces it."""
    if state.pre_existing_trouble is not None:
        text = (
            f"the master's positions cannot be read ({state.pre_existing_trouble}): an order that may reduce what he"
            " had before copytui watched is listed for your attention and not copied by itself"
        )
        state.emit(Level.WARN, EventKind.WATCH, "master", text)
    held = [f"{units} {clean(key.symbol)} {key.product}" for key, units in state.pre_existing.items() if units]
    if not held:
        return
    more = f" and {len(held) - _MOST_NAMED} more" if len(held) > _MOST_NAMED else ""
    policy = state.settings.positions.pre_existing
    text = (
        f"the master had {', '.join(held[:_MOST_NAMED])}{more} before copytui watched, and nobody has a copy of it:"
        f" what reduces it {_FATE[policy]}"
    )
    state.emit(Level.WARN if policy is PreExisting.COPY else Level.INFO, EventKind.WATCH, "master", text)


_FATE = {
    PreExisting.ASK: "is listed for your attention and not copied by itself",
    PreExisting.SKIP: "is not copied",
    PreExisting.COPY: "OPENS a position for the followers, by the plain multiplier",
}
