"""The engine's state and its transitions, the only code that changes it.

The state is used on the engine's loop only. A transition changes it in memory and hands its typed changes
(`copytui.domain.changes`) to the journal and the subscribers in one synchronous step, so that no task sees a partial
change. All other code only reads: `tests/engine/test_one_writer.py` enforces that.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from fractions import Fraction

from copytui.domain.changes import (
    AccountDayChanged,
    Change,
    DayOpened,
    EventEmitted,
    ExecutionDecided,
    MasterOrderSeen,
    OrderAdvanced,
    OrderPlanned,
    PositionChanged,
)
from copytui.domain.copies import ChildOrder, CopyState, Resolution, amend, move
from copytui.domain.day import Dates
from copytui.domain.decisions import DecidedExecution
from copytui.domain.events import Event, EventCode, EventKind, Level
from copytui.domain.executions import Execution, KnownOrder
from copytui.domain.order_keys import OrderKeys
from copytui.domain.orders import BookOrder, ClientId, OrderKey
from copytui.domain.positions import PositionKey, position_key, signed
from copytui.domain.text import trading_day
from copytui.domain.unreadable import UnreadableOrder
from copytui.engine.calendar import Clock
from copytui.engine.follower.follower import Follower
from copytui.engine.metrics import Metrics
from copytui.engine.orders.order_rate import OrderRate
from copytui.engine.ports import MasterState, Recorder, Subscriber
from copytui.engine.positions import PositionRef, Positions
from copytui.engine.rules import Rules
from copytui.journal import persisted_flags
from copytui.journal.recovered_state import RecoveredState
from copytui.settings.model import Settings

_MOST_GROUPED = 16  # executions whose child orders are at hand by follower: those that are being sent


@dataclass(slots=True, eq=False)
class EngineState:
    """All of the engine's state: readable everywhere, changed only by the methods below "Transitions"."""

    settings: Settings
    clock: Clock
    journal: Recorder
    rules: Rules
    followers: dict[ClientId, Follower]
    dates: Dates
    subscribers: list[Subscriber] = field(default_factory=list)
    master: MasterState = field(default_factory=MasterState)
    known: dict[OrderKey, KnownOrder] = field(default_factory=dict)
    keys: OrderKeys = field(default_factory=OrderKeys)
    executions: dict[int, DecidedExecution] = field(default_factory=dict)
    copies: dict[int, ChildOrder] = field(default_factory=dict)
    by_tag: dict[str, int] = field(default_factory=dict)
    by_execution: dict[int, list[int]] = field(default_factory=dict)
    grouped: dict[int, tuple[int, dict[ClientId, list[int]]]] = field(default_factory=dict)
    looked_at_days: set[date] = field(default_factory=set)
    next_execution_id: int = 1
    next_copy_id: int = 1
    first_new_copy: int = 1
    restored_flags: set[str] = field(default_factory=set)
    stopping: bool = False
    paused_since: float | None = None
    metrics: Metrics = field(default_factory=Metrics)
    positions: Positions = field(default_factory=Positions)
    order_rate: OrderRate = field(default_factory=OrderRate)
    dismissed: dict[PositionRef, int] = field(default_factory=dict)
    dismissed_marks: dict[PositionRef, str] = field(default_factory=dict)
    pre_existing: dict[PositionKey, int] = field(default_factory=dict)
    pre_existing_trouble: str | None = None
    unreadable: dict[str, UnreadableOrder] = field(default_factory=dict)
    version: int = 0
    wake_dispatcher: asyncio.Event = field(default_factory=asyncio.Event)
    wake_orphans: asyncio.Event = field(default_factory=asyncio.Event)
    changed_orders: set[OrderKey] = field(default_factory=set)
    has_derivatives: Callable[[str], bool | None] = lambda _symbol: None  # by the instrument list, None without one

    @property
    def day(self) -> date:
        """The trading day: of orders, tags, positions, budgets and statistics alike."""
        return self.dates.day

    @property
    def between_days(self) -> bool:
        """Whether our clock shows a later date than `day`, which the master's next good polls confirm or deny."""
        answered = date.min if self.dates.own is None or self.dates.unsettled else self.dates.own
        return trading_day(self.clock.now()) > max(self.day, answered)

    @property
    def day_doubt(self) -> str | None:
        """Why no entry may be sent: the broker's last answer and our clock disagree about the trading day."""
        return f"the date is uncertain: {self.dates.doubt}" if self.dates.unsettled else None

    @property
    def today(self) -> date:
        """The trading day, or the date by our clock while it is not known whether `day` is over."""
        return trading_day(self.clock.now()) if self.between_days else self.day

    @property
    def master_id(self) -> ClientId:
        """The master's client code."""
        return self.settings.master.client_id

    def copies_of(self, execution_id: int) -> list[ChildOrder]:
        """Return the child orders of one execution, in the order of the followers."""
        return [self.copies[id_] for id_ in self.by_execution.get(execution_id, ())]

    def copies_for(self, execution_id: int, follower: ClientId) -> list[ChildOrder]:
        """Return one follower's child orders of an execution."""
        ids = self.by_execution.get(execution_id, [])
        count, by_follower = self.grouped.get(execution_id, (0, {}))
        if count != len(ids):
            by_follower = {}
            for id_ in ids:
                by_follower.setdefault(self.copies[id_].follower, []).append(id_)
            if len(self.grouped) >= _MOST_GROUPED:
                self.grouped.clear()
            self.grouped[execution_id] = len(ids), by_follower
        return [self.copies[id_] for id_ in by_follower.get(follower, ())]

    # Transitions.

    def emit(
        self, level: Level, kind: EventKind, who: str, text: str, *, execution: Execution | None = None,
        execution_id: int | None = None, copy: ChildOrder | None = None, code: EventCode | None = None,
    ) -> None:  # fmt: skip
        """Append an event to the event log."""
        key = execution.key if execution else copy.order_key if copy else None
        event = Event(
            self.clock.now(), level, kind, who, text,
            order_key=key, execution_id=copy.execution_id if copy else execution_id, copy_id=copy.id if copy else None,
            code=code,
        )  # fmt: skip
        for follower in self.followers.values():
            if level is Level.ERROR and follower.name == who:
                follower.last_error = text
        self._hand_over([EventEmitted(event)])

    def observe(self, seen: Iterable[KnownOrder]) -> None:
        """Update master orders that gave no execution."""
        changes = [MasterOrderSeen(known, self.master_id, self.day, self.clock.now()) for known in seen]
        if changes:
            self.journal.record(changes)
            self._publish([each for each in changes if each.known.ended_unfilled])
        self._know(each.known for each in changes)

    async def open_day(
        self, seen: Iterable[KnownOrder], at: datetime, before: Mapping[PositionKey, int], traded: Sequence[Change],
        *, trouble: str | None = None, missed: Sequence[DecidedExecution] = (),
    ) -> None:  # fmt: skip
        """Take a day's first poll: its orders, and the positions that the master had `before` copytui watched.

        `trouble` says why these are not all: his positions cannot be read. `missed` are exits from before it.
        It is on disk before any execution of the day, which a restart must not mistake for history. Raises
        JournalUnwritable.
        """
        orders = list(seen)
        self.pre_existing, self.pre_existing_trouble = dict(before), trouble
        await self.journal.require(
            [
                DayOpened(self.master_id, self.day, at),
                *(MasterOrderSeen(known, self.master_id, self.day) for known in orders),
                *(
                    AccountDayChanged(self.master_id, self.day, persisted_flags.before(key), str(units))
                    for key, units in before.items()
                ),
                AccountDayChanged(self.master_id, self.day, persisted_flags.BEFORE_TROUBLE, trouble or ""),
                *traded,
                *map(ExecutionDecided, missed),
            ]
        )
        self.looked_at_days.add(self.day)
        self._know(orders)
        self.executions |= {decided.id: decided for decided in missed}
        self._publish([ExecutionDecided(decided, at) for decided in missed])

    def name_orders(self, rows: Sequence[BookOrder]) -> tuple[list[BookOrder], list[str]]:
        """Return rows under the keys of their orders, and a sentence for each new order that shares another's id."""
        return self.keys.name(rows, self.known)

    def take_execution_id(self) -> int:
        """Return the id of a new execution."""
        self.next_execution_id += 1
        return self.next_execution_id - 1

    def take_copy_id(self) -> int:
        """Return the id of a new child order."""
        self.next_copy_id += 1
        return self.next_copy_id - 1

    def decide(
        self, decided: DecidedExecution, known: KnownOrder | None = None, also: Sequence[Change] = (),
        orders: Sequence[ChildOrder] = (),
    ) -> None:  # fmt: skip
        """Record a decision with its master order, position changes and child orders, in one transaction."""
        self.executions[decided.id] = decided
        if known is not None:
            self._know([known])
        seen = [] if known is None else [MasterOrderSeen(known, self.master_id, decided.day)]
        for order in orders:
            self._add(order)
        changes = [ExecutionDecided(decided, self.clock.now()), *seen, *also, *map(OrderPlanned, orders)]
        self._hand_over(changes, touched=decided.execution.key)

    def settle(self, decided: DecidedExecution, answered: Sequence[tuple[ChildOrder, ChildOrder]]) -> None:
        """Record the answer to an approval: the execution and its changed child orders, in one transaction."""
        self.executions[decided.id] = decided
        for _before, after in answered:
            self._replace(after)
        changes = [OrderAdvanced(before, after) for before, after in answered]
        self._hand_over([ExecutionDecided(decided, self.clock.now()), *changes], touched=decided.execution.key)

    def plan(self, *orders: ChildOrder, clean_book_after: float, instead_of: ChildOrder | None = None) -> None:
        """Add orders to an execution decided before, `instead_of` a failed one, to be sent after a clean order book."""
        for order in orders:
            self._add(order)
            self.followers[order.follower].track(order.id).await_clean_book(clean_book_after)
        changes: list[Change] = [*map(OrderPlanned, orders)]
        if instead_of is not None:
            gone = amend(instead_of, dismissed=True)
            self._replace(gone)
            changes.append(OrderAdvanced(instead_of, gone))
        self._hand_over(changes, touched=orders[0].order_key)

    async def intend(self, claims: Sequence[ChildOrder]) -> list[ChildOrder]:
        """Record the intents to send `claims` durably, in one transaction, then move them to SENDING.

        Raises JournalUnwritable and then changes nothing.
        """
        now = self.clock.now()
        sent: dict[str, object] = {"sent_at": now, "book_day": self.today}
        moved = [move(copy, CopyState.SENDING, now, attempts=copy.attempts + 1, **sent) for copy in claims]
        changes = [OrderAdvanced(copy, after) for copy, after in zip(claims, moved, strict=True)]
        for copy in claims:
            self.followers[copy.follower].begin_post(copy.id)
        try:
            await self.journal.require(changes)
        except BaseException:
            for copy in claims:
                self.followers[copy.follower].end_post()
            raise
        for change in changes:
            self._replace(change.after)
            self.followers[change.after.follower].has_sent(self.clock.monotonic())
            self._publish([change], touched=change.after.order_key)
        return moved

    def advance(self, copy: ChildOrder, to: CopyState, **changes: object) -> ChildOrder:
        """Move a child order to another state; raises IllegalMove."""
        after = move(copy, to, self.clock.now(), **changes)
        self.update(copy, after)
        return after

    def fail(self, copy: ChildOrder, resolution: Resolution, error: str, **changes: object) -> ChildOrder:
        """End a child order as FAILED."""
        return self.advance(copy, CopyState.FAILED, resolution=resolution, error=error, **changes)

    def amend(self, copy: ChildOrder, **changes: object) -> ChildOrder:
        """Change a child order that stays in its state; raises IllegalMove for a field that may not change."""
        after = amend(copy, **changes)
        self.update(copy, after)
        return after

    def update(self, before: ChildOrder, after: ChildOrder) -> None:
        """Replace a child order by its newer version from `reconcile`, `move` or `amend`."""
        filled = self._count_fills(before, after)
        self._replace(after)
        self._hand_over([OrderAdvanced(before, after), *filled], touched=after.order_key)

    def apply(self, after: ChildOrder) -> None:
        """Replace a child order in memory only: the journal has this version already, or the caller writes it."""
        before = self.copies.get(after.id, after)
        self._replace(after)
        self._publish([OrderAdvanced(before, after)], touched=after.order_key)

    def count_master(self, execution: Execution) -> list[Change]:
        """Count an execution into the master's position; returns the changes to record with its decision.

        An intraday execution of an earlier day does not count: its position has ended.
        """
        at = execution.executed_at
        if at is not None and trading_day(at) < self.day and position_key(execution.order).ends_with_the_day:
            return []
        return [self.trade_master(execution.order, execution.quantity)]

    def trade_master(self, order: BookOrder, units: int) -> Change:
        """Count `units` of an order into the master's position; returns the change to record."""
        key = position_key(order)
        self.positions.change((self.master_id, key), signed(order.side, units))
        return self._position_changed((self.master_id, key))

    def carry_rounding(self, ref: PositionRef, rounding_carry: Fraction) -> list[Change]:
        """Set the rounding carry of a follower's position; returns the changes to record."""
        if not self.positions.held(ref).quantity:
            return []
        self.positions.carry_rounding(ref, rounding_carry)
        return [self._position_changed(ref)]

    def _count_fills(self, before: ChildOrder, after: ChildOrder) -> list[Change]:
        if not self.positions.count_fills(before, after, self.day):
            return []
        if (follower := self.followers.get(after.follower)) is not None:
            follower.has_filled(self.clock.monotonic())
        self.positions.note_fill((after.follower, position_key(after.order)), self.clock.monotonic())
        return [self._position_changed((after.follower, position_key(after.order)))]

    def _position_changed(self, ref: PositionRef) -> PositionChanged:
        return PositionChanged(ref[0], self.master_id, ref[1], self.day, self.positions.held(ref))

    def begin_stopping(self) -> None:
        """Stop sending: the engine is about to end."""
        self.stopping = True
        self.wake_dispatcher.set()

    def touch(self) -> None:
        """Record that something on the screen has changed."""
        self.version += 1

    def take_changed_orders(self, *, all_known: bool = False) -> set[OrderKey]:
        """Return the master orders that changed since the last call, or all, and reset the set."""
        changed, self.changed_orders = set(self.known) if all_known else self.changed_orders, set()
        return changed

    def restore(self, recovered: RecoveredState) -> None:
        """Restore orders and executions from the journal; `restore_copy` restores the child orders."""
        self.looked_at_days = set(recovered.looked_at)
        self._know(recovered.known)
        self.executions = {decided.id: decided for decided in recovered.executions}
        self.next_execution_id, self.next_copy_id = recovered.next_execution_id, recovered.next_copy_id
        self.first_new_copy = recovered.next_copy_id

    def restore_copy(self, copy: ChildOrder) -> None:
        """Restore a child order from the journal, without acting on it."""
        self.copies[copy.id] = copy
        self.by_tag[copy.tag] = copy.id
        self.by_execution.setdefault(copy.execution_id, []).append(copy.id)

    def republish(self, changes: Sequence[Change]) -> None:
        """Publish changes again: a session log that ended with a kill may lack them."""
        self._publish(changes)

    def _know(self, orders: Iterable[KnownOrder]) -> None:
        for known in orders:
            self.known[known.order.key] = known
            self.keys.know(known.order)
            self.changed_orders.add(known.order.key)
            self.touch()

    def _add(self, order: ChildOrder) -> None:
        self.restore_copy(order)
        self._follow(None, order)
        if order.state is CopyState.QUEUED:
            self.followers[order.follower].enqueue(order.id)

    def _replace(self, after: ChildOrder) -> None:
        before = self.copies.get(after.id)
        self.copies[after.id] = after
        self._follow(before, after)
        if (follower := self.followers.get(after.follower)) is not None:
            follower.keep_track(after, self.clock.monotonic(), is_in_book=after.day >= self.day)
            self.wake_dispatcher.set()

    def _follow(self, before: ChildOrder | None, after: ChildOrder) -> None:
        """Update the orders that may still fill; those of an earlier day cannot."""
        if after.day >= self.day:
            self.positions.follow(after)
        if after.state is CopyState.SIMULATED and (before is None or before.state is not CopyState.SIMULATED):
            self.positions.simulate(after)

    def _hand_over(self, changes: Sequence[Change], *, touched: OrderKey | None = None) -> None:
        """Record changes in the journal, in one transaction, and publish them to the subscribers."""
        self.journal.record(changes)
        self._publish(changes, touched=touched)

    def _publish(self, changes: Sequence[Change], *, touched: OrderKey | None = None) -> None:
        """Publish changes to every subscriber; a bug in one must not interrupt a transition."""
        self.touch()
        if touched is not None:
            self.changed_orders.add(touched)
            self.wake_orphans.set()
        for subscriber in self.subscribers:
            for change in changes:
                try:
                    subscriber.on_change(change)
                except Exception as error:  # noqa: BLE001  # recorded in the journal, as the subscribers may be broken
                    text = f"internal error in a subscriber: {type(error).__name__}: {error}"
                    event = Event(self.clock.now(), Level.ERROR, EventKind.PROGRAM, "copytui", text)
                    self.journal.record([EventEmitted(event)])
