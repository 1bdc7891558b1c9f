"""The intake: from the master's order book to decisions and the followers' orders."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta

from copytui.domain.decisions import DecidedExecution, Decision, Verdict, execution_age
from copytui.domain.events import EventKind, Level
from copytui.domain.executions import (
    Awaited,
    Execution,
    KnownOrder,
    Observed,
    Origin,
    awaited,
    count,
    count_anyway,
    observe,
    uncounted,
)
from copytui.domain.orders import BookOrder, OrderKey, OrderStatus
from copytui.domain.positions import position_key
from copytui.domain.text import execution_words
from copytui.domain.withheld import is_owed
from copytui.engine.controls import learn_expiry
from copytui.engine.master.day_boundary import overnight, report_baseline, report_missed
from copytui.engine.master.day_watch import DayWatch
from copytui.engine.master.decider import Decider
from copytui.engine.master.late_figures import Held, LateFigures, Place, held_words, not_counted
from copytui.engine.master.older_positions import OlderPositions, fills_before, parts_of, report_older
from copytui.engine.master.order_inputs import OrderInputs
from copytui.engine.orders.approvals import Approvals
from copytui.engine.orders.exits import drop_waiting_entries
from copytui.engine.orders.planner import new_copies
from copytui.engine.state import EngineState

_ASLEEP_SECONDS = 60.0


class Intake:
    """Reduces the master's order book to executions and decides on them."""

    def __init__(
        self,
        state: EngineState,
        approvals: Approvals,
        order_inputs: OrderInputs,
        older: OlderPositions,
        decider: Decider,
    ) -> None:
        """Use `state`; `order_inputs` finds what the order book lacks, `older` what the master had before."""
        self._state = state
        self._older = older
        self._decider = decider
        self._approvals = approvals
        self._order_inputs = order_inputs
        self._last_look: datetime | None = None
        self._looked_at: float | None = None
        self._watched_since: datetime | None = None
        self._tried_at: datetime | None = None
        self._late = LateFigures()
        self._settling: set[asyncio.Task[None]] = set()
        self._resumed = False
        self.day_watch = DayWatch(state)

    def trying(self) -> None:
        """Record that the order book is requested now; after a long gap the computer slept and did not watch."""
        now = self._state.clock.now()
        longest = self._state.settings.master.poll_interval_seconds + _ASLEEP_SECONDS
        if self._tried_at is not None and abs((now - self._tried_at).total_seconds()) > longest:
            self._watched_since = None
        self._tried_at = now

    async def take_order_book(self, orders: tuple[BookOrder, ...], server_time: datetime | None) -> None:
        """Take an order book that was just read; raises JournalUnwritable where a day's first poll is not recorded."""
        state = self._state
        async with self._decider.lock:
            now = state.clock.now()
            self._order_inputs.learn_expiries()  # before the day turns: what has expired leaves the list
            if self.day_watch.note(now, server_time):
                self._late.clear()
            broker_now = self.day_watch.time_of(now, server_time)
            if self.day_watch.is_awaited(orders):
                return
            self._late.count_poll()
            self._resume_late()
            fresh = await self._reduce(orders, now, opening=state.day not in state.looked_at_days)
            for execution in (seen.execution for seen in fresh if seen.execution is not None):
                self._order_inputs.fetch_now(execution)
            keys = {seen.known.order.key for seen in fresh}
            await self._decide_in_sequence(
                [*fresh, *(seen for seen in map(self._counted, self._late) if seen.known.order.key not in keys)],
                now, broker_now,
            )  # fmt: skip
            self._last_look, self._looked_at = broker_now, state.clock.monotonic()
            self._watched_since = self._watched_since or broker_now
            self._late.wake.set()

    async def _decide_in_sequence(self, seen_now: list[Observed], now: datetime, broker_now: datetime) -> None:
        """Decide on executions in the master's sequence; those behind one that is held back are held back too.

        An order book may list the newest first, and a figure may come late.
        """
        state = self._state
        placed = [(self._place(seen.known, now), seen) for seen in seen_now if seen.execution is not None]
        placed.sort(key=lambda each: each[0])
        batch = {seen.known.order.key for _place, seen in placed} | {held.key for held in self._late}
        for place, seen in placed:
            if self._late.blocks(seen.known, place):
                if (waits := uncounted(seen)) != state.known.get(waits.order.key):
                    state.observe([waits])
                self._hold(waits, place, None)
                continue
            held = self._late.get(seen.known.order.key)
            last_look = self._last_look if held is None else held.last_look
            self._late.release(seen.known.order.key)
            wholes = map(self._completed, (*fills_before(state, seen, now, batch), seen))
            for ready in (part for whole in wholes for part in parts_of(state, whole)):
                try:
                    await self._take(ready, broker_now, last_look)
                except Exception as error:  # noqa: BLE001  # one bad order must not hold back all others
                    self._miss_after_error(ready, error)
                await asyncio.sleep(0)  # lets the followers send before the last of many executions
        state.wake_dispatcher.set()

    def _hold(self, known: KnownOrder, place: Place, needs: Awaited | None) -> None:
        """Hold an execution back, and report it once; its order is known, and not counted."""
        state, now = self._state, self._state.clock.monotonic()
        if self._late.hold(known, place, last_look=self._last_look, now=now, needs=needs):
            state.emit(Level.INFO, EventKind.WATCH, "master", held_words(known, needs))

    def _counted(self, held: Held) -> Observed:
        """Return the execution of an order that is held back; without one while its figure is awaited."""
        known, now = self._state.known[held.key], self._state.clock.now()
        if held.given_up:
            return count_anyway(known, seen_at=now, quote=held.quote)
        return count(known, seen_at=now, copy_on=self._state.settings.master.copy_on)

    def _resume_late(self) -> None:
        """After a restart, hold back again what was held back before; the wait begins anew."""
        if not self._resumed:
            self._resumed = True
            for known in not_counted(self._state):
                place = (known.order.updated_at or known.first_seen, known.order.order_id)
                self._hold(known, place, awaited(known, self._state.settings.master.copy_on))

    async def settle_late(self) -> None:
        """Settle executions whose figures do not come in time, without delaying others; runs until cancelled."""
        late, clock = self._late, self._state.clock
        try:
            while True:
                late.wake.clear()
                for held in late.take_overdue(clock.monotonic()):
                    task = asyncio.create_task(self._settle(held))
                    self._settling.add(task)
                    task.add_done_callback(self._settling.discard)
                await clock.wait(late.wake, late.next_in(clock.monotonic()))
        finally:
            for task in self._settling:
                task.cancel()

    async def _settle(self, held: Held) -> None:
        """Take an execution as its row shows it, at the price of a quote, and what has waited behind it."""
        state = self._state
        known = state.known[held.key]
        seen = count_anyway(known, seen_at=state.clock.now())
        quote = None
        if held.needs is Awaited.PRICE and seen.execution is not None:
            try:
                quote = await self._order_inputs.last_price(seen.execution)
            except Exception as error:  # noqa: BLE001  # it must not be held back for ever
                state.emit(Level.ERROR, EventKind.WATCH, "master", f"internal error: {type(error).__name__}: {error}")
        async with self._decider.lock:
            if self._late.get(held.key) is not held:
                return  # its figure has come meanwhile, or the day is over
            held.given_up, held.quote, now = True, quote, state.clock.now()
            waiting = [self._counted(each) for each in self._late if each.symbol == held.symbol]
            await self._decide_in_sequence(waiting, now, self._broker_now(now))

    def _broker_now(self, now: datetime) -> datetime:
        """Return the broker's time, by its clock at the last poll."""
        if self._last_look is None or self._looked_at is None:
            return now
        return self._last_look + timedelta(seconds=self._state.clock.monotonic() - self._looked_at)

    def _place(self, known: KnownOrder, now: datetime) -> Place:
        held = self._late.get(known.order.key)
        return (self._happened(known, now), known.order.order_id) if held is None else held.place

    def _happened(self, known: KnownOrder, now: datetime) -> datetime:
        """Return when an execution happened, by its row; an order that has just ended may have filled earlier."""
        before = self._state.known.get(known.order.key)
        if before is None or self._last_look is None:
            return known.order.updated_at or now
        filled_before = before.order.filled > before.counted or known.order.order_status is OrderStatus.CANCELLED
        return self._last_look if filled_before else known.order.updated_at or now

    async def _reduce(self, orders: tuple[BookOrder, ...], now: datetime, *, opening: bool) -> list[Observed]:
        """Update orders that give no execution; returns the others, which are recorded with their decisions."""
        state, copy_on = self._state, self._state.settings.master.copy_on
        changed: dict[OrderKey, KnownOrder] = {}
        fresh: dict[OrderKey, Observed] = {}
        rows, apart = state.name_orders(orders)
        for text in apart:
            state.emit(Level.WARN, EventKind.WATCH, "master", text)
        for row in rows:
            self._order_inputs.note(row)
            known = changed.get(row.key) or state.known.get(row.key)
            # After a row that gives an execution, a second row of the same order waits for the next poll.
            if row.key in fresh or (known is not None and row is known.order):
                continue
            seen = observe(known, row, seen_at=now, copy_on=copy_on, opening=opening, day=state.day)
            if seen is None:
                continue
            if row.contract is not None:
                learn_expiry(state, row.exchange, row.symbol, row.contract.expiry)
            if seen.execution is not None:
                fresh[row.key] = seen
            else:
                changed[row.key] = seen.known
                self._wait_for_figures(seen.known, now)
        new = [known for known in changed.values() if known.order.key not in state.known]
        if opening:
            found = overnight(state, changed.values())
            older = await self._older.at_first_look(found.before)
            await state.open_day(
                found.known, now, older.units, found.traded, trouble=older.trouble, missed=found.missed
            )
            report_older(state)
            report_missed(state, found.missed)
        else:
            state.observe(changed.values())
        for known in new:
            self._report_own(known)
            self._order_inputs.prefetch(known)
        if opening:
            report_baseline(state, now)
        return list(fresh.values())

    def _wait_for_figures(self, known: KnownOrder, now: datetime) -> None:
        """Hold an order back whose figure is awaited; release one that needs none and gives no execution."""
        needs = awaited(known, self._state.settings.master.copy_on)
        if needs is not None:
            self._hold(known, self._place(known, now), needs)
        else:
            self._late.release(known.order.key)

    def _report_own(self, known: KnownOrder) -> None:
        if known.origin is Origin.OWN:
            text = f"{known.order.side} {known.order.symbol} carries a copytui tag: never copied"
            self._state.emit(Level.INFO, EventKind.WATCH, "master", text)

    def _completed(self, seen: Observed) -> Observed:
        return seen if seen.execution is None else replace(seen, execution=self._order_inputs.completed(seen.execution))

    async def _take(self, seen: Observed, broker_now: datetime, last_look: datetime | None) -> None:
        """Decide on an execution; the order's count and the decision are one transaction."""
        state, execution = self._state, seen.execution
        if execution is None:
            return
        age = execution_age(execution, broker_now=broker_now, last_look=last_look)
        if execution.closes is not None and execution.closes.is_whole:
            state.positions.master_is_out(position_key(execution.order), state.next_execution_id, state.clock.now())
            drop_waiting_entries(state, self._approvals, execution)
        watched = self._has_watched(execution)
        decision, token = await self._decider.decide(
            execution, lambda: self._decider.conditions(execution, age, watched=watched)
        )
        settled = decision.verdict not in (Verdict.ASK, Verdict.MISSED) and not is_owed(decision)
        decided = self._decided(execution, decision, settled=settled)
        copies = new_copies(state, decided, token, self._order_inputs.price_band(execution))
        self._decider.carry_out(decided, copies, seen.known)

    def _decided(self, execution: Execution, decision: Decision, *, settled: bool) -> DecidedExecution:
        state, id_ = self._state, self._state.take_execution_id()
        return DecidedExecution(id_, state.master_id, state.day, execution, decision, state.clock.now(), settled)

    def _miss_after_error(self, seen: Observed, error: Exception) -> None:
        """List an execution as missed when a bug prevents a decision."""
        state, execution = self._state, seen.execution
        if execution is None:
            return
        text = f"{execution_words(execution)}: internal error: {type(error).__name__}: {error}"
        state.emit(Level.ERROR, EventKind.DECISION, "master", text, execution=execution)
        if state.known.get(execution.key) is not seen.known:
            decision = Decision(Verdict.MISSED, f"internal error: {type(error).__name__}")
            decided = self._decided(execution, decision, settled=False)
            self._decider.carry_out(decided, [], seen.known)

    def _has_watched(self, execution: Execution) -> bool:
        """Return whether copytui was watching when an execution happened: a late exit is then its own delay."""
        happened = execution.executed_at or self._last_look
        return happened is not None and self._watched_since is not None and happened >= self._watched_since
