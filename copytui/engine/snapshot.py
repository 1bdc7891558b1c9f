"""What a screen shows: one immutable, versioned picture of the engine's state.

Views of orders are made anew only for orders that changed, so a picture of thousands of orders costs
next to nothing while nothing happens.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction

from copytui.broker.port import Budget, Funds, Profit
from copytui.domain.copies import FINAL, Copy
from copytui.domain.decisions import Verdict
from copytui.domain.executions import KnownOrder
from copytui.domain.orders import ClientId, OrderKey
from copytui.domain.positions import PositionKey
from copytui.domain.risk import Stranded
from copytui.domain.statistics import SessionNumbers
from copytui.domain.text import trading_day
from copytui.engine.calendar import day_of
from copytui.engine.follower.follower import Lane, SessionState
from copytui.engine.orders.approvals import Approvals
from copytui.engine.orders.planner import capital_ratio
from copytui.engine.state import Desk, Rules
from copytui.journal.statements import DecidedExecution


@dataclass(frozen=True, slots=True)
class OrderView:
    """One master order, what was decided of it, and its copies, as they stood on `day` (None where that is all one)."""

    known: KnownOrder
    executions: tuple[DecidedExecution, ...]
    copies: tuple[Copy, ...]
    day: date | None = None

    @property
    def todays(self) -> tuple[Copy, ...]:
        """The copies that the day's order books tell of: nothing sends an older one again, or waits for its fill."""
        return tuple(copy for copy in self.copies if self.day is None or trading_day(copy.moment) == self.day)


@dataclass(frozen=True, slots=True)
class FollowerView:
    """One follower's account and lane.

    `profit` is the account's whole day; `close_only` says with figures why only exits go to it. `positions` are those
    that copying built, below 0 when short. `day_funds` is the day's first figure in rupees, `capital_ratio` that
    over the master's. `funds_at` and `profit_at` are monotonic, None when the figure lacks what was sent since.
    `failing` says which figures cannot be read at present and why, '' when all can. Its requests leave from `address`
    ('' where nobody asks), and `misrouted` says why that is the wrong one.
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
    address: str = ""
    misrouted: str | None = None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The engine's state at one moment. `looked_at` is the monotonic time of the last good poll, None before it.

    `paused_since` is monotonic too.

    `approvals` maps the ids of executions that wait for a yes to their monotonic deadlines; `prices` holds what the
    symbols of their orders trade at now, in rupees, as far as that is known, and `reduced` which part the master still
    holds of those that he has begun to close since: a yes sends no more than that part. `stranded` positions were
    built by copying and left by the master. `master_funds` is the master's first figure of the day in rupees.
    `watching_since` is the monotonic time of the first picture with the master logged in: polls are due from then on.
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
    numbers: SessionNumbers
    approvals: tuple[tuple[int, float], ...]
    missed: tuple[DecidedExecution, ...]
    unknown: tuple[Copy, ...]
    prices: Mapping[OrderKey, Decimal] = field(default_factory=dict)
    reduced: Mapping[int, Fraction] = field(default_factory=dict)
    stranded: tuple[Stranded, ...] = ()
    master_funds: Decimal | None = None
    watching_since: float | None = None


class SnapshotMaker:
    """Makes snapshots of a desk, keeping the views that did not change."""

    def __init__(
        self,
        desk: Desk,
        approvals: Approvals,
        prices: Callable[[], Mapping[OrderKey, Decimal]] = dict,
        stranded: Callable[[], tuple[Stranded, ...]] = tuple,
    ) -> None:
        """Picture `desk`; `prices` tells the prices now of what waits for a yes, `stranded` what the master left."""
        self._desk = desk
        self._stranded = stranded
        self._prices = prices
        self._approvals = approvals
        self._views: dict[OrderKey, OrderView] = {}
        self._orders: tuple[OrderView, ...] = ()
        self._missed: tuple[DecidedExecution, ...] = ()
        self._of_order: dict[OrderKey, set[int]] = {}
        self._seen_execution = self._counted = 0
        self._day = desk.day
        self._watching_since: float | None = None
        desk.changed_orders.update(desk.known)

    def make(self) -> Snapshot:
        """Return the present state."""
        desk = self._desk
        if self._day != desk.day:
            self._day, self._seen_execution = desk.day, 0
            self._views.clear()
            self._of_order.clear()
            desk.changed_orders.update(desk.known)
        if desk.changed_orders or len(desk.executions) != self._counted:
            self._look_again()
        if self._watching_since is None and desk.master.logged_in:
            self._watching_since = desk.clock.monotonic()
        held: dict[ClientId, list[tuple[PositionKey, int]]] = {}
        for (client, key), holding in desk.positions:
            if holding.quantity:
                held.setdefault(client, []).append((key, holding.quantity))
        return Snapshot(
            version=desk.version,
            rules=desk.rules,
            master_text=desk.master.session_text,
            master_logged_in=desk.master.logged_in,
            paused_since=desk.paused_since,
            looked_at=desk.master.looked_at,
            poll_failures=desk.master.failures,
            poll_trouble=desk.master.trouble,
            journal_trouble=desk.journal.trouble,
            orders=self._orders,
            followers=tuple(_follower(desk, lane, held.get(lane.client_id, [])) for lane in desk.lanes.values()),
            numbers=desk.numbers.take(),
            approvals=tuple(self._approvals.waiting.items()),
            missed=self._missed,
            unknown=(*desk.numbers.unknown(), *_missing(desk)),
            prices=self._prices(),
            reduced=self._approvals.reduced,
            stranded=self._stranded(),
            master_funds=desk.master.day_funds,
            watching_since=self._watching_since,
        )

    def _look_again(self) -> None:
        """Make the views of the orders that changed; an execution that is new or changed has changed its order."""
        desk = self._desk
        for id_, decided in desk.executions.items():
            if id_ > self._seen_execution:
                self._of_order.setdefault(decided.execution.key, set()).add(id_)
        self._seen_execution, self._counted = max(desk.executions, default=0), len(desk.executions)
        for key in desk.changed_orders & desk.known.keys():
            view = self._view(key)
            if _still_matters(view, desk.day):
                self._views[key] = view
            else:
                self._views.pop(key, None)
        desk.changed_orders.clear()
        self._orders = tuple(self._views.values())
        self._missed = tuple(
            d for d in desk.executions.values() if not d.settled and d.decision.verdict is Verdict.MISSED
        )

    def _view(self, key: OrderKey) -> OrderView:
        ids = sorted(id_ for id_ in self._of_order.get(key, ()) if id_ in self._desk.executions)
        copies = tuple(copy for id_ in ids for copy in self._desk.copies_of(id_))
        executions = tuple(self._desk.executions[id_] for id_ in ids)
        return OrderView(self._desk.known[key], executions, copies, self._desk.day)


def _still_matters(view: OrderView, day: date) -> bool:
    """Tell whether an order is to be seen on `day`: what an earlier one finished is told by the history."""
    if day_of(view.known) >= day or not view.known.order.stage.is_final or view.todays:
        return True
    waits = any(not decided.settled or decided.day == day for decided in view.executions)
    return waits or any(copy.state not in FINAL for copy in view.copies)


def _missing(desk: Desk) -> Iterator[Copy]:
    """Give the copies that the broker took and that its books, though read, have not shown for long."""
    for lane in desk.lanes.values():
        for id_ in lane.live_since:
            if lane.is_missing(desk.copies[id_]):
                yield desk.copies[id_]


def _follower(desk: Desk, lane: Lane, held: list[tuple[PositionKey, int]]) -> FollowerView:
    return FollowerView(
        client_id=lane.client_id,
        name=lane.name,
        session=lane.session,
        session_text=lane.session_text,
        enabled=lane.enabled,
        armed=lane.armed,
        halted_because=lane.halted_because,
        queued=len(lane.queue),
        unknown=len(lane.unknown_since),
        live=len(lane.live_since),
        last_error=lane.last_error,
        funds=lane.funds,
        budget=lane.account.budget(),
        profit=lane.profit,
        close_only=lane.close_only,
        positions=tuple(sorted(held)),
        day_funds=lane.day_funds,
        capital_ratio=capital_ratio(desk, lane),
        funds_at=lane.funds_at,
        profit_at=lane.profit_at,
        failing="; ".join(lane.failing.values()),
        address=lane.address,
        misrouted=lane.misrouted,
    )
