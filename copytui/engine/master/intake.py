"""The intake: from the master's order book to decisions and the followers' orders."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from copytui.domain.copies import ChildOrder
from copytui.domain.decisions import Conditions, DecidedExecution, Decision, Verdict, decide, execution_age
from copytui.domain.events import EventKind, Level
from copytui.domain.executions import Execution, KnownOrder, Observed, Origin, count_early, observe
from copytui.domain.gates import Moment
from copytui.domain.orders import BookOrder, ClientId, OrderKey, OrderStatus
from copytui.domain.positions import closing_share, position_key
from copytui.domain.text import execution_words, money, trading_day
from copytui.domain.withheld import is_owed, joined_with
from copytui.engine.calendar import DayKeeper, day_of
from copytui.engine.day_turn import turn_day
from copytui.engine.master.day_boundary import miss_part_fills, overnight, report_baseline
from copytui.engine.master.order_inputs import OrderInputs
from copytui.engine.orders.approvals import Approvals
from copytui.engine.orders.exits import drop_waiting_entries
from copytui.engine.orders.manual import answer, part_left, price_day, stays_missed
from copytui.engine.orders.planner import follower_contexts, new_copies, rounding_left
from copytui.engine.state import EngineState
from copytui.settings.model import OpenAtStart

_ASLEEP_SECONDS = 60.0


class Intake:
    """Reduces the master's order book to executions and decides on them."""

    def __init__(self, state: EngineState, approvals: Approvals, order_inputs: OrderInputs) -> None:
        """Use `state`; `order_inputs` finds the order inputs that the order book lacks."""
        self._state = state
        self._approvals = approvals
        self._order_inputs = order_inputs
        self._lock = asyncio.Lock()
        self._last_look: datetime | None = None
        self._watched_since: datetime | None = None
        self._tried_at: datetime | None = None
        self._days = DayKeeper()

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
        async with self._lock:
            now = state.clock.now()
            broker_now = server_time or now
            fresh = await self._reduce(orders, now, opening=self._turn_day(now, server_time))
            # An order book may list the newest first; the followers get the executions in their true sequence.
            fresh.sort(key=lambda seen: (self._happened(seen.known, now), seen.known.order.order_id))
            for execution in (seen.execution for seen in fresh if seen.execution is not None):
                self._order_inputs.fetch_now(execution)
            batch = {seen.known.order.key for seen in fresh}
            all_ = (each for seen in fresh for each in (*self._closed_by(seen, now, batch), seen))
            for seen in map(self._with_exit_fraction, map(self._completed, all_)):
                try:
                    await self._take(seen, broker_now)
                except Exception as error:  # noqa: BLE001  # one bad order must not hold back all others
                    self._miss_after_error(seen, error)
                await asyncio.sleep(0)  # lets the followers send before the last of many executions
            self._last_look = broker_now
            self._watched_since = self._watched_since or broker_now

    def _happened(self, known: KnownOrder, now: datetime) -> datetime:
        """Return when an execution happened, by its row; an order that has just ended may have filled earlier."""
        before = self._state.known.get(known.order.key)
        if before is None or self._last_look is None:
            return known.order.updated_at or now
        filled_before = before.order.filled > before.counted or known.order.order_status is OrderStatus.CANCELLED
        return self._last_look if filled_before else known.order.updated_at or now

    def _closed_by(self, seen: Observed, now: datetime, batch: set[OrderKey]) -> list[Observed]:
        """Return the fills of still working orders that an execution closes, and that must have happened before it."""
        state, execution = self._state, seen.execution
        if execution is None:
            return []
        order, key = execution.order, position_key(execution.order)
        share = closing_share(state.positions.held((state.master_id, key)).quantity, order.side, execution.quantity)
        if share is not None and share.closing == execution.quantity:
            return []
        others = [
            count_early(known, seen_at=now)
            for known in state.known.values()
            if not known.order.order_status.is_final  # checked first: nearly all of a day's orders have ended
            and known.order.side is not order.side
            and position_key(known.order) == key
            and known.order.key not in batch
            and day_of(known) >= state.day  # fills of an earlier day are not part of today's position
        ]
        return [other for other in others if other is not None]

    def _turn_day(self, now: datetime, server_time: datetime | None) -> bool:
        """Begin a new trading day when the date has changed; returns whether this is the day's first poll."""
        state = self._state
        day = self._days.today(state.day, now=now, server_time=server_time, monotonic=state.clock.monotonic())
        if day != state.day:
            miss_part_fills(state, day)
            turn_day(state, day)
        if server_time is not None:
            state.confirm_date(trading_day(now))
        return state.day not in state.looked_at_days

    async def _reduce(self, orders: tuple[BookOrder, ...], now: datetime, *, opening: bool) -> list[Observed]:
        """Update orders that give no execution; returns the others, which are recorded with their decisions."""
        state = self._state
        changed: dict[OrderKey, KnownOrder] = {}
        fresh: dict[OrderKey, Observed] = {}
        for row in map(self._with_known_key, orders):
            self._order_inputs.note(row)
            known = changed.get(row.key) or state.known.get(row.key)
            # After a row that gives an execution, a second row of the same order waits for the next poll.
            if row.key in fresh or (known is not None and row is known.order):
                continue
            seen = observe(known, row, seen_at=now, copy_on=state.settings.master.copy_on, opening=opening)
            if seen is None:
                continue
            if seen.execution is not None:
                fresh[row.key] = seen
            else:
                changed[row.key] = seen.known
        new = [known for known in changed.values() if known.order.key not in state.known]
        if opening:
            before, traded = overnight(state, changed.values())
            await state.open_day(changed.values(), now, before, traded)
        else:
            state.observe(changed.values())
        for known in new:
            self._report_own(known)
            self._order_inputs.prefetch(known)
        if opening:
            report_baseline(state, now)
        return list(fresh.values())

    def _with_known_key(self, row: BookOrder) -> BookOrder:
        """Return the row under the key of its known order: a row may lack the unique id, or get it late."""
        if row.key in self._state.known or not row.order_id:
            return row
        key = self._state.name_order(row.order_id, row.key)
        return row if key == row.key else replace(row, key=key)

    def _report_own(self, known: KnownOrder) -> None:
        if known.origin is Origin.OWN:
            text = f"{known.order.side} {known.order.symbol} carries a copytui tag: never copied"
            self._state.emit(Level.INFO, EventKind.WATCH, "master", text)

    def _completed(self, seen: Observed) -> Observed:
        return seen if seen.execution is None else replace(seen, execution=self._order_inputs.completed(seen.execution))

    def _with_exit_fraction(self, seen: Observed) -> Observed:
        """Return an execution with the fraction of the master's position that it closes."""
        if seen.execution is None:
            return seen
        order = seen.execution.order
        held = self._state.positions.held((self._state.master_id, position_key(order))).quantity
        share = closing_share(held, order.side, seen.execution.quantity)
        return replace(seen, execution=replace(seen.execution, closes=share))

    async def _take(self, seen: Observed, broker_now: datetime) -> None:
        """Decide on an execution; the order's count and the decision are one transaction."""
        state, execution = self._state, seen.execution
        if execution is None:
            return
        age = execution_age(execution, broker_now=broker_now, last_look=self._last_look)
        if execution.closes is not None and execution.closes.is_whole:
            state.positions.master_is_out(position_key(execution.order), state.next_execution_id, state.clock.now())
            drop_waiting_entries(state, self._approvals, execution)
        decision, token = await self._decide(execution, lambda: self._conditions(age, execution=execution))
        settled = decision.verdict not in (Verdict.ASK, Verdict.MISSED) and not is_owed(decision)
        decided = self._decided(execution, decision, settled=settled)
        copies = new_copies(state, decided, token, self._order_inputs.price_band(execution))
        self._carry_out(decided, copies, seen.known)

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
            self._carry_out(decided, [], seen.known)

    def _carry_out(
        self,
        decided: DecidedExecution,
        copies: list[ChildOrder],
        known: KnownOrder | None = None,
    ) -> None:
        """Record a decision with its child orders, and pass them to the followers or to the user.

        `known` is the order that a new execution counts; the master's position is counted with it.
        """
        state, carried = self._state, rounding_left(self._state, decided)
        traded = [] if known is None else state.count_master(decided.execution)
        state.decide(decided, known, [*traded, *carried], copies)
        self._report(decided)
        if decided.decision.verdict is Verdict.ASK:
            self._approvals.ask(decided)
        state.wake_dispatcher.set()

    async def _decide(
        self,
        execution: Execution,
        conditions: Callable[[], Conditions],
        *,
        missed: int | None = None,
        only: frozenset[ClientId] | None = None,
    ) -> tuple[Decision, str]:
        """Decide, for all followers or for `only` some.

        Where something is to be sent, it is with the symbol's token (missed without one) and circuits.
        After the requests to the broker everything is decided again: the user may have paused meanwhile.
        """
        decision = decide(execution, conditions(), follower_contexts(self._state, execution, missed, only))
        if decision.verdict not in (Verdict.COPY, Verdict.ASK):
            return decision, execution.order.token or ""
        token = await self._order_inputs.gather(execution)
        now = replace(conditions(), token_known=token is not None)
        return decide(execution, now, follower_contexts(self._state, execution, missed, only)), token or ""

    def _conditions(
        self, age: timedelta | None, *, execution: Execution, moment: Moment = Moment.DECISION
    ) -> Conditions:
        state, rules, master = self._state, self._state.rules, self._state.settings.master
        happened = execution.executed_at or self._last_look
        return Conditions(
            filters=rules.filters,
            max_age=timedelta(seconds=master.max_order_age_seconds),
            age=age,
            dry_run=rules.dry_run,
            require_confirmation=rules.require_confirmation,
            paused=rules.paused,
            halted_because=rules.halted_because,
            copy_open_at_start=master.open_orders_at_start is OpenAtStart.COPY,
            moment=moment,
            watched=happened is not None and self._watched_since is not None and happened >= self._watched_since,
            closed_hours=state.settings.trading.refusal(state.clock.now()),
            max_positions=state.settings.risk.max_open_positions,
        )

    async def copy_missed(self, decided: DecidedExecution) -> Decision:
        """Decide again on a missed execution that the user wants to copy, and carry it out."""
        async with self._lock:
            known = self._state.known.get(decided.execution.key)
            if known is not None and known.order.average_price > 0:
                # The order book may have shown the price only later; what is copied does not change.
                order = replace(decided.execution.order, average_price=known.order.average_price)
                decided = replace(decided, execution=replace(decided.execution, order=order))
            # The instrument list may have been loaded since.
            decided = replace(decided, execution=self._order_inputs.completed(decided.execution))
            before, execution = self._state.executions.get(decided.id), decided.execution
            decision, token = await self._decide(execution, lambda: self._by_hand(decided), missed=decided.id)
            if before is None or before.settled or self._state.executions.get(decided.id) is not before:
                return decision if before is None else self._state.executions[decided.id].decision
            if (stays := stays_missed(self._state, decided, decision)) is not None:
                return stays
            said = answer(self._state, execution, decision)
            again = replace(decided, decision=decision, settled=not is_owed(decision))
            self._carry_out(again, new_copies(self._state, again, token, self._order_inputs.price_band(execution)))
            return said

    async def copy_withheld(self, decided: DecidedExecution) -> Decision:
        """Decide again on the exit of the followers that did not get it, and carry it out for those that may now."""
        async with self._lock:
            decided = replace(decided, execution=self._order_inputs.completed(decided.execution))
            before, execution = self._state.executions.get(decided.id), decided.execution
            owed = frozenset(plan.follower for plan in decided.decision.withheld)
            if execution.closes is not None:  # what it opened concerns only who got it then
                execution = replace(execution, quantity=execution.closes.closing)
            conditions = partial(self._by_hand, decided)
            decision, token = await self._decide(execution, conditions, missed=decided.id, only=owed)
            if before is None or before.settled or self._state.executions.get(decided.id) is not before:
                return decision if before is None else self._state.executions[decided.id].decision
            if decision.verdict is not Verdict.COPY and (decision.verdict is not Verdict.SKIP or decision.withheld):
                return replace(decision, sentence=f"{decision.sentence}; it stays on the list")
            said = answer(self._state, execution, decision)
            whole = joined_with(decided.decision, decision)
            again = replace(decided, decision=whole, settled=not is_owed(whole))
            part = replace(decided, execution=execution, decision=decision)
            self._carry_out(again, new_copies(self._state, part, token, self._order_inputs.price_band(execution)))
            return said

    def _by_hand(self, decided: DecidedExecution) -> Conditions:
        """Return the conditions for a missed execution that the user wants to copy; its entry may be too late."""
        state, execution = self._state, decided.execution
        return replace(
            self._conditions(None, execution=execution, moment=Moment.COPY_NOW),
            price_day=price_day(decided),
            today=state.today,
            master_held=state.positions.held((state.master_id, position_key(execution.order))).quantity,
            left=part_left(state, decided),
        )

    def _question(self, decided: DecidedExecution) -> str:
        """Return the approval question: what an approval would send, and the time limit."""
        copies = self._state.copies_of(decided.id)
        parts = ", ".join(f"{self._state.followers[copy.follower].name} {copy.order.quantity}" for copy in copies[:8])
        more = f" and {len(copies) - 8} more" if len(copies) > 8 else ""
        price = f" at limit {money(copies[0].order.price)}" if copies and copies[0].order.price else " at market"
        patience = self._state.settings.confirmation_timeout_seconds
        return f"approval required within {patience:g} s: {parts}{more}{price}"

    def _report(self, decided: DecidedExecution) -> None:
        state, decision, execution = self._state, decided.decision, decided.execution
        words = execution_words(execution)
        level, text = {
            Verdict.COPY: (Level.INFO, f"{words} {decision.sentence}"),
            Verdict.SIMULATE: (Level.INFO, f"{words} {decision.sentence}"),
            Verdict.ASK: (Level.ASK, f"#{decided.id} {words} {self._question(decided)}"),
            Verdict.SKIP: (Level.INFO, f"{words} skipped: {decision.sentence}"),
            Verdict.MISSED: (Level.WARN, f"#{decided.id} {words} missed: {decision.sentence}"),
        }[decision.verdict]
        state.emit(level, EventKind.DECISION, "master", text, execution=execution, execution_id=decided.id)
        if decision.verdict is Verdict.SKIP:
            return
        for plan in decision.plans:
            if not plan.quantity:
                level, text = Level.INFO, f"{words} skipped: {plan.sentence}"
                if plan.withheld:
                    level, stays = Level.WARN, f"{plan.withheld} units stay open"
                    text = f"#{decided.id} {words} missed: {plan.sentence}; {stays}"
                state.emit(level, EventKind.DECISION, plan.name, text, execution=execution, execution_id=decided.id)
