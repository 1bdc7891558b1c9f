"""Immutable, versioned snapshots of the engine's state for the screen.

Only the views of orders that changed are rebuilt, so a snapshot of thousands of orders costs next to nothing while
nothing happens.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction

from copytui.broker.port import Budget, Funds, Profit
from copytui.domain.copies import FINAL, ChildOrder
from copytui.domain.day import trouble_words
from copytui.domain.decisions import DecidedExecution, Verdict
from copytui.domain.drift import ComparedPosition
from copytui.domain.executions import KnownOrder
from copytui.domain.orders import ClientId, OrderKey
from copytui.domain.positions import PositionKey
from copytui.domain.risk import OrphanedPosition
from copytui.domain.statistics import SessionMetrics
from copytui.domain.unreadable import UnreadableOrder
from copytui.domain.withheld import WithheldExit, is_owed, withheld_exits
from copytui.engine.follower.follower import Follower, SessionState
from copytui.engine.orders.approvals import Approvals
from copytui.engine.orders.exits import limited_exits
from copytui.engine.orders.planner import capital_ratio
from copytui.engine.rules import Rules
from copytui.engine.state import EngineState


@dataclass(frozen=True, slots=True)
class OrderView:
    """One master order with its executions and copies, as of `day` (None where the day does not matter)."""

    known: KnownOrder
    executions: tuple[DecidedExecution, ...]
    copies: tuple[ChildOrder, ...]
    day: date | None = None

    @property
    def todays(self) -> tuple[ChildOrder, ...]:
        """The copies in the order books of `day`: an older one is neither retried nor waited for."""
        return tuple(copy for copy in self.copies if self.day is None or copy.day >= self.day)


@dataclass(frozen=True, slots=True)
class FollowerView:
    """One follower.

    `profit` is the account's profit of the whole day; `close_only` is the reason, with figures, why it takes exits
    only. `positions` are those that copying built, below 0 when short. `day_funds` is the day's first figure in rupees,
    `capital_ratio` that divided by the master's. `funds_at` and `profit_at` are monotonic, None when an order has been
    sent since. `failing` lists the figures that cannot be read right now, with the reason, '' when all can. Its
    requests leave from `egress_ip` ('' where that is not checked), and `ip_mismatch` says why that is the wrong one.
    """

    client_id: ClientId
    name: str
    session: SessionState
    session_text: str
    enabled: bool
    armed: bool
    halted_because: str | None
    queued: int
    unknown: int
    live: int
    last_error: str
    funds: Funds | None
    budget: Budget
    profit: Profit | None = None
    close_only: str | None = None
    positions: tuple[tuple[PositionKey, int], ...] = ()
    day_funds: Decimal | None = None
    capital_ratio: Decimal | None = None
    funds_at: float | None = None
    profit_at: float | None = None
    failing: str = ""
    egress_ip: str = ""
    ip_mismatch: str | None = None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The engine's state at one moment. `looked_at` is the monotonic time of the last good poll, None before it.

    `paused_since` is monotonic too. `approvals` are the ids of executions that wait for approval with their monotonic
    deadlines. `prices` are the current prices, in rupees, of their orders, where known. `reduced` is the fraction that
    the master still holds of executions that he has begun to close since: an approval sends no more than that.
    `orphaned` positions were built by copying and left by the master, those `out_of_step` differ from what copying
    should have built. `limited` are the ids of exits that the order limits have held back for long. `withheld` are the
    exits that some followers did not get, `unreadable` the orders that cannot be read and that nobody has dismissed.
    `master_funds` is the master's first figure of the day in rupees.
    `watching_since` is the monotonic time of the first snapshot with the master logged in: polls are due from then on.
    `day` is the trading day, and `day_trouble` says how the clocks disagree about it, '' for not at all.
    """

    version: int
    rules: Rules
    master_text: str
    master_logged_in: bool
    paused_since: float | None
    looked_at: float | None
    poll_failures: int
    poll_trouble: str | None
    journal_trouble: str | None
    orders: tuple[OrderView, ...]
    followers: tuple[FollowerView, ...]
    metrics: SessionMetrics
    approvals: tuple[tuple[int, float], ...]
    missed: tuple[DecidedExecution, ...]
    unknown: tuple[ChildOrder, ...]
    prices: Mapping[OrderKey, Decimal] = field(default_factory=dict)
    reduced: Mapping[int, Fraction] = field(default_factory=dict)
    orphaned: tuple[OrphanedPosition, ...] = ()
    out_of_step: tuple[ComparedPosition, ...] = ()
    limited: frozenset[int] = frozenset()
    withheld: tuple[WithheldExit, ...] = ()
    unreadable: tuple[UnreadableOrder, ...] = ()
    master_funds: Decimal | None = None
    watching_since: float | None = None
    day: date | None = None
    day_trouble: str = ""


class SnapshotMaker:
    """Makes snapshots of the engine state, reusing the views that did not change."""

    def __init__(
        self,
        state: EngineState,
        approvals: Approvals,
        prices: Callable[[], Mapping[OrderKey, Decimal]] = dict,
        orphaned: Callable[[], tuple[OrphanedPosition, ...]] = tuple,
        out_of_step: Callable[[], tuple[ComparedPosition, ...]] = tuple,
    ) -> None:
        """Use `state`; `prices` returns current prices for waiting approvals, the others the positions to list."""
        self._state = state
        self._orphaned = orphaned
        self._out_of_step = out_of_step
        self._prices = prices
        self._approvals = approvals
        self._views: dict[OrderKey, OrderView] = {}
        self._orders: tuple[OrderView, ...] = ()
        self._missed: tuple[DecidedExecution, ...] = ()
        self._owed: tuple[DecidedExecution, ...] = ()
        self._of_order: dict[OrderKey, set[int]] = {}
        self._seen_execution = self._counted = 0
        self._day = state.day
        self._watching_since: float | None = None
        self._all_changed = True

    def make(self) -> Snapshot:
        """Return a snapshot of the current state."""
        state = self._state
        if self._day != state.day:
            self._day, self._seen_execution = state.day, 0
            self._views.clear()
            self._of_order.clear()
            self._all_changed = True
        if self._all_changed or state.changed_orders or len(state.executions) != self._counted:
            self._refresh_views()
        if self._watching_since is None and state.master.logged_in:
            self._watching_since = state.clock.monotonic()
        held: dict[ClientId, list[tuple[PositionKey, int]]] = {}
        for (client, key), position in state.positions:
            if position.quantity:
                held.setdefault(client, []).append((key, position.quantity))
        return Snapshot(
            version=state.version,
            rules=state.rules,
            master_text=state.master.session_text,
            master_logged_in=state.master.logged_in,
            paused_since=state.paused_since,
            looked_at=state.master.looked_at,
            poll_failures=state.master.failures,
            poll_trouble=state.master.trouble,
            journal_trouble=state.journal.trouble,
            orders=self._orders,
            followers=tuple(
                _follower(state, follower, held.get(follower.client_id, [])) for follower in state.followers.values()
            ),
            metrics=state.metrics.take(),
            approvals=tuple(self._approvals.waiting.items()),
            missed=self._missed,
            unknown=(*state.metrics.unknown(), *_missing(state)),
            prices=self._prices(),
            reduced=self._approvals.reduced,
            orphaned=self._orphaned(),
            out_of_step=self._out_of_step(),
            limited=limited_exits(state),
            withheld=self._withheld(),
            unreadable=tuple(found for found in state.unreadable.values() if not found.is_dismissed),
            master_funds=state.master.day_funds,
            watching_since=self._watching_since,
            day=state.day,
            day_trouble=trouble_words(state.dates),
        )

    def _refresh_views(self) -> None:
        """Rebuild the views of the orders that changed; a change of an execution counts as one of its order."""
        state = self._state
        for id_, decided in state.executions.items():
            if id_ > self._seen_execution:
                self._of_order.setdefault(decided.execution.key, set()).add(id_)
        self._seen_execution, self._counted = max(state.executions, default=0), len(state.executions)
        changed = state.take_changed_orders(all_known=self._all_changed)
        self._all_changed = False
        for key in changed & state.known.keys():
            view = self._view(key)
            if _is_shown(view, state.day):
                self._views[key] = view
            else:
                self._views.pop(key, None)
        self._orders = tuple(self._views.values())
        self._owed = tuple(d for d in state.executions.values() if not d.settled and is_owed(d.decision))
        self._missed = tuple(
            d for d in state.executions.values() if not d.settled and d.decision.verdict is Verdict.MISSED
        )

    def _withheld(self) -> tuple[WithheldExit, ...]:
        """Return the exits that some followers did not get, by what they hold now."""
        if not self._owed:
            return ()
        return withheld_exits(self._owed, {ref: position.quantity for ref, position in self._state.positions})

    def _view(self, key: OrderKey) -> OrderView:
        ids = sorted(id_ for id_ in self._of_order.get(key, ()) if id_ in self._state.executions)
        copies = tuple(copy for id_ in ids for copy in self._state.copies_of(id_))
        executions = tuple(self._state.executions[id_] for id_ in ids)
        return OrderView(self._state.known[key], executions, copies, self._state.day)


def _is_shown(view: OrderView, day: date) -> bool:
    """Return whether an order is shown on `day`: `copytui history` has what was finished earlier."""
    if view.known.day >= day or not view.known.order.order_status.is_final or view.todays:
        return True
    waits = any(not decided.settled or decided.day == day for decided in view.executions)
    return waits or any(copy.state not in FINAL for copy in view.copies)


def _missing(state: EngineState) -> Iterator[ChildOrder]:
    """Yield the copies that the broker accepted but whose order book, though read, has not shown them for long."""
    for follower in state.followers.values():
        for id_, _pace in follower.live:
            if follower.is_missing(state.copies[id_]):
                yield state.copies[id_]


def _follower(state: EngineState, follower: Follower, held: list[tuple[PositionKey, int]]) -> FollowerView:
    return FollowerView(
        client_id=follower.client_id,
        name=follower.name,
        session=follower.session,
        session_text=follower.session_text,
        enabled=follower.enabled,
        armed=follower.armed,
        halted_because=follower.halted_because,
        queued=len(follower.queue),
        unknown=len(follower.unknown),
        live=len(follower.live),
        last_error=follower.last_error,
        funds=follower.funds,
        budget=follower.account.budget(),
        profit=follower.profit,
        close_only=follower.close_only,
        positions=tuple(sorted(held)),
        day_funds=follower.day_funds,
        capital_ratio=capital_ratio(state, follower),
        funds_at=follower.funds_at,
        profit_at=follower.profit_at,
        failing="; ".join(follower.failing.values()),
        egress_ip=follower.egress_ip,
        ip_mismatch=follower.ip_mismatch,
    )
