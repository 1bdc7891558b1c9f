"""The engine's state, and the only ways to change it.

Everything here is touched by the engine's loop alone. A change is made in memory, handed to the
journal and told to the observers in one synchronous step, so that no task ever sees half of it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Protocol

from copytui.domain.copies import FINAL, LIVE_AT_BROKER, ChildOrder, CopyState, move
from copytui.domain.events import Event, EventKind, Level
from copytui.domain.executions import Execution, KnownOrder
from copytui.domain.filters import Filters
from copytui.domain.orders import BookOrder, ClientId, OrderId, OrderKey
from copytui.domain.positions import NOTHING, PositionKey, position_key, signed
from copytui.domain.text import order_words, trading_day
from copytui.engine.calendar import Clock
from copytui.engine.follower.follower import Follower
from copytui.engine.metrics import Metrics
from copytui.engine.orders.order_rate import OrderRate
from copytui.engine.positions import PositionRef, Positions
from copytui.journal import persisted_flags
from copytui.journal.retention import awaiting_exits
from copytui.journal.statements import (
    DecidedExecution,
    Statement,
    move_copy,
    save_event,
    save_execution,
    save_flag,
    save_halt,
    save_position,
)
from copytui.settings.model import Settings


@dataclass(frozen=True, slots=True)
class Rules:
    """What the user can change while the engine runs; `multiplier` is the one for all, None as in the settings."""

    dry_run: bool
    require_confirmation: bool
    filters: Filters
    multiplier: Decimal | None = None
    paused: bool = False
    halted_because: str | None = None


class Recorder(Protocol):
    """The journal, as the engine uses it."""

    @property
    def trouble(self) -> str | None:
        """Why it cannot be written at present; None when it can."""

    def record(self, statements: Sequence[Statement]) -> None:
        """Write soon, in order, and never lose."""

    async def require(self, statements: Sequence[Statement]) -> None:
        """Write durably before returning; raises JournalUnwritable."""


class Observer(Protocol):
    """Somebody who is told of every change, on the engine's loop: must return at once."""

    def happened(self, event: Event) -> None:
        """Take an event."""

    def decided(self, decided: DecidedExecution) -> None:
        """Take a decision, new or changed."""

    def copied(self, copy: ChildOrder) -> None:
        """Take a copy, new or changed."""


@dataclass(slots=True, eq=False)
class MasterState:
    """How watching the master goes. `looked_at` is the monotonic time of the last good poll.

    `day_funds` is what it could use when the day's first figure was read, in rupees.
    """

    session_text: str = "logging in"
    logged_in: bool = False
    looked_at: float | None = None
    failures: int = 0
    trouble: str | None = None
    day_funds: Decimal | None = None
    wake_funds: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass(slots=True, eq=False)
class EngineState:
    """All of the engine's state."""

    settings: Settings
    clock: Clock
    journal: Recorder
    rules: Rules
    followers: dict[ClientId, Follower]
    day: date
    observers: list[Observer] = field(default_factory=list)
    master: MasterState = field(default_factory=MasterState)
    known: dict[OrderKey, KnownOrder] = field(default_factory=dict)
    keys: dict[OrderId, OrderKey] = field(default_factory=dict)
    executions: dict[int, DecidedExecution] = field(default_factory=dict)
    copies: dict[int, ChildOrder] = field(default_factory=dict)
    by_tag: dict[str, int] = field(default_factory=dict)
    by_execution: dict[int, list[int]] = field(default_factory=dict)
    looked_at_days: set[date] = field(default_factory=set)
    confirmed_on: date = date.min
    next_execution_id: int = 1
    next_copy_id: int = 1
    stopping: bool = False
    paused_since: float | None = None
    metrics: Metrics = field(default_factory=Metrics)
    positions: Positions = field(default_factory=Positions)
    order_rate: OrderRate = field(default_factory=OrderRate)
    dismissed: dict[PositionRef, int] = field(default_factory=dict)
    pre_existing: dict[PositionKey, int] = field(default_factory=dict)
    version: int = 0
    wake_dispatcher: asyncio.Event = field(default_factory=asyncio.Event)
    wake_orphans: asyncio.Event = field(default_factory=asyncio.Event)
    changed_orders: set[OrderKey] = field(default_factory=set)

    @property
    def between_days(self) -> bool:
        """Whether our clock shows a later date than `day`, and the broker's has not been heard of on that date.

        The master's next good look tells whether the day is over, or our clock was wrong (`confirmed_on` is our
        date when the broker's clock was last heard of). Until then the followers' lanes may be at work already.
        """
        return trading_day(self.clock.now()) > max(self.day, self.confirmed_on)

    @property
    def today(self) -> date:
        """The trading day, or the date by our clock where it is not known yet whether `day` is over."""
        return trading_day(self.clock.now()) if self.between_days else self.day

    @property
    def master_id(self) -> ClientId:
        """The master's client code."""
        return self.settings.master.client_id

    def emit(
        self,
        level: Level,
        kind: EventKind,
        who: str,
        text: str,
        *,
        execution: Execution | None = None,
        execution_id: int | None = None,
        copy: ChildOrder | None = None,
    ) -> None:
        """Append an event to the journal and tell the observers."""
        key = execution.key if execution else copy.order_key if copy else None
        event = Event(
            self.clock.now(), level, kind, who, text,
            order_key=key, execution_id=copy.execution_id if copy else execution_id, copy_id=copy.id if copy else None,
        )  # fmt: skip
        self.journal.record([save_event(event)])
        self.version += 1
        if level is Level.ERROR:
            for follower in self.followers.values():
                if follower.name == who:
                    follower.last_error = text
        self._notify(lambda observer: observer.happened(event))

    def settle_execution(self, decided: DecidedExecution, statements: Iterable[Statement] = ()) -> None:
        """Keep a decision, new or changed, with further statements of the same transaction."""
        self.executions[decided.id] = decided
        self.journal.record([save_execution(decided), *statements])
        self._touched(decided.execution.key)
        self._notify(lambda observer: observer.decided(decided))

    def add_copy(self, copy: ChildOrder) -> None:
        """Take a new copy into memory; the caller has handed it to the journal with its execution."""
        self.copies[copy.id] = copy
        self.by_tag[copy.tag] = copy.id
        self.by_execution.setdefault(copy.execution_id, []).append(copy.id)
        self._follow(None, copy)
        if copy.state is CopyState.QUEUED:
            self.followers[copy.follower].queue.append(copy.id)
        self._touched(copy.order_key)
        self._notify(lambda observer: observer.copied(copy))

    def advance(self, copy: ChildOrder, to: CopyState, **changes: object) -> ChildOrder:
        """Move a copy along its life, in memory and journal at once; raises IllegalMove."""
        after = move(copy, to, self.clock.now(), **changes)
        self.update(copy, after)
        return after

    def update(self, before: ChildOrder, after: ChildOrder) -> None:
        """Replace a copy by its next state and record it."""
        self.journal.record([move_copy(before, after), *self._filled(before, after)])
        self.apply(after)

    def _filled(self, before: ChildOrder, after: ChildOrder) -> list[Statement]:
        """Count further fills of a copy into what copying has built; what ended with its day counts no more."""
        units, key = after.filled - before.filled, position_key(after.order)
        if not units or (key.ends_with_the_day and trading_day(after.moment) != self.day):
            return []
        if (follower := self.followers.get(after.follower)) is not None:
            follower.has_filled(self.clock.monotonic())
        position = self.positions.change((after.follower, key), signed(after.order.side, units))
        return [save_position(after.follower, self.master_id, key, self.day, position)]

    def trade_of_master(self, execution: Execution) -> list[Statement]:
        """Count an execution into the master's position; returns what the journal is to write with it.

        What executed on an earlier day has ended with it, unless the position stays over days.
        """
        at = execution.executed_at
        if at is not None and trading_day(at) < self.day and position_key(execution.order).ends_with_the_day:
            return []
        return self.master_traded(execution.order, execution.quantity)

    def master_traded(self, order: BookOrder, units: int) -> list[Statement]:
        """Count `units` of an order into the master's position; returns what the journal is to write."""
        key = position_key(order)
        position = self.positions.change((self.master_id, key), signed(order.side, units))
        return [save_position(self.master_id, self.master_id, key, self.day, position)]

    def carry_rounding(self, follower: ClientId, key: PositionKey, rounding_carry: Fraction) -> list[Statement]:
        """Note what rounding leaves of a follower's position to the next exit."""
        if not self.positions.held((follower, key)).quantity:
            return []
        position = self.positions.owe((follower, key), rounding_carry)
        return [save_position(follower, self.master_id, key, self.day, position)]

    def apply(self, after: ChildOrder) -> None:
        """Replace a copy in memory, where the journal has its new state already."""
        before = self.copies.get(after.id)
        self.copies[after.id] = after
        self._follow(before, after)
        self._pace(after)
        self._touched(after.order_key)
        self._notify(lambda observer: observer.copied(after))

    def _follow(self, before: ChildOrder | None, after: ChildOrder) -> None:
        """Keep what is on its way into positions in step; what was sent on an earlier day is not any more."""
        if trading_day(after.moment) == self.day:
            self.positions.follow(after)
        if after.state is CopyState.SIMULATED and (before is None or before.state is not CopyState.SIMULATED):
            self.positions.simulate(after)

    def _pace(self, copy: ChildOrder) -> None:
        """Keep the lane's queue, look-ups and following in step with a copy's state."""
        follower, now = self.followers.get(copy.follower), self.clock.monotonic()
        if follower is None:
            return
        # What was sent on an earlier day is shown, and looked for no more: that day's book is gone.
        in_book = trading_day(copy.moment) == self.day
        if copy.state is not CopyState.QUEUED and copy.id in follower.queue:
            follower.queue.remove(copy.id)
        if copy.state is CopyState.QUEUED and copy.id not in follower.queue:
            follower.queue.append(copy.id)
            follower.queue.sort()  # ids grow in the master's order
        if copy.state is not CopyState.UNKNOWN or not in_book:
            follower.unknown_since.pop(copy.id, None)
        elif copy.id not in follower.unknown_since:
            follower.unknown_since[copy.id] = now
        if not in_book or (copy.state not in LIVE_AT_BROKER and not copy.lacks_numbers):
            follower.live_since.pop(copy.id, None)
        elif copy.id not in follower.live_since:
            follower.live_since[copy.id] = now
        if (
            copy.state not in (CopyState.QUEUED, CopyState.SENDING, CopyState.UNKNOWN)
            and copy.state not in LIVE_AT_BROKER
            and not copy.lacks_numbers
        ):
            follower.forget(copy.id)
        follower.wake_book_reader.set()
        self.wake_dispatcher.set()

    def turn_day(self, day: date) -> None:
        """Begin a trading day: tell what the last one left open, and forget what it finished."""
        self.day = day
        self._turn_risk()
        for follower in self.followers.values():
            for id_ in {*follower.unknown_since, *follower.live_since}:
                self.tell_left(follower, self.copies[id_])
                follower.forget(id_)
        flat = [
            save_position(account, self.master_id, key, day, NOTHING) for account, key in self.positions.end_day(day)
        ]
        if flat:
            self.journal.record(flat)
        # What was sent since midnight is in the new day's book, and a refusal can still be tried again.
        kept = {c.execution_id for c in self.copies.values() if c.state not in FINAL or trading_day(c.moment) == day}
        held = {key for (account, key), position in self.positions if position.quantity and account != self.master_id}
        waiting = awaiting_exits(self.executions.values(), held)
        kept |= {d.id for d in self.executions.values() if position_key(d.execution.order) in waiting}
        done = {d.id for d in self.executions.values() if d.settled and d.day != day and d.id not in kept}
        for id_ in done:
            del self.executions[id_]
            for copy_id in self.by_execution.pop(id_, ()):
                self.by_tag.pop(self.copies.pop(copy_id).tag, None)

    def _turn_risk(self) -> None:
        """End what holds for a day only: first figures and loss limits. What the user switched goes on."""
        self.order_rate = OrderRate()
        self.master.day_funds = None
        self.master.wake_funds.set()
        for follower in self.followers.values():
            if follower.close_only is not None:
                self.emit(Level.INFO, EventKind.RISK, follower.name, "takes entries again: the daily loss begins anew")
            follower.begin_day()
        self.persist_flags()

    def persist_flags(self) -> None:
        """Write what the user switched for today, so that a restart of the same day finds it."""
        day = self.day.isoformat()
        outs = {
            persisted_flags.out(follower.client_id): day if follower.out_by_hand else None
            for follower in self.followers.values()
        }
        kept = outs | {
            persisted_flags.PAUSED: day if self.rules.paused else None,
            persisted_flags.HALTED: self.rules.halted_because,
        }
        self.journal.record([save_flag(name, value) for name, value in kept.items()])

    def tell_left(self, follower: Follower, copy: ChildOrder) -> None:
        """Tell of a copy whose day has ended before its end was known."""
        day = f"{trading_day(copy.moment):%d %b}"
        text = (
            f"{order_words(copy.order)} was {copy.state} when {day} ended, and that day's order book is gone:"
            f" look at the account (copy {copy.id})"
        )
        self.emit(Level.ERROR, EventKind.COPY, follower.name, text, copy=copy)

    def halt_follower(self, follower: Follower, because: str) -> None:
        """Stop sending to one follower until the user releases it; survives a restart."""
        if follower.halted_because is not None:
            return
        follower.halted_because = because
        self.journal.record([save_halt(follower.client_id, because)])
        self.emit(Level.ERROR, EventKind.RISK, follower.name, f"halted: {because}")

    def release_follower(self, follower: Follower) -> None:
        """Let a halted follower take orders again."""
        follower.halted_because = None
        follower.failures_in_a_row = 0
        self.journal.record([save_halt(follower.client_id, None)])
        self.wake_dispatcher.set()

    def change_rules(self, **changes: object) -> None:
        """Replace rules; they hold from the next decision and the next send on. A halt and a pause are kept."""
        self.rules = replace(self.rules, **changes)  # type: ignore[arg-type]  # names are checked by replace itself
        if changes.get("dry_run") is False:
            self.positions.forget_simulated()
        if "paused" in changes:
            self.paused_since = self.clock.monotonic() if self.rules.paused else None
        if "halted_because" in changes:
            self.order_rate.begin_anew()
        self.persist_flags()
        self.version += 1
        self.wake_dispatcher.set()

    def copies_of(self, execution_id: int) -> list[ChildOrder]:
        """Return the copies of one execution, in the order of the followers."""
        return [self.copies[id_] for id_ in self.by_execution.get(execution_id, ())]

    def _notify(self, emit: Callable[[Observer], None]) -> None:
        """Tell every observer; a bug in one must not leave a change half made."""
        for observer in self.observers:
            try:
                emit(observer)
            except Exception as error:  # noqa: BLE001  # shown in the journal: the observers may be what is broken
                text = f"internal error in an observer: {type(error).__name__}: {error}"
                event = Event(self.clock.now(), Level.ERROR, EventKind.PROGRAM, "copytui", text)
                self.journal.record([save_event(event)])

    def _touched(self, key: OrderKey) -> None:
        self.version += 1
        self.changed_orders.add(key)
        self.wake_orphans.set()
