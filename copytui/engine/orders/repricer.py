"""The repricer: working copies that do not fill (`orders.unfilled_after_seconds` and `unfilled_action`).

A limit is moved by modifying the working order, so that a copy never has two orders, in a few steps. Each step is in
the journal before its request leaves, and is requested once: whatever the answer, the price in the account's order
book shows the outcome.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

from copytui.broker.port import Call, ChangeResult, Quote, RepriceIntent, WriteOutcome
from copytui.domain.changes import OrderAdvanced
from copytui.domain.copies import LIVE_AT_BROKER, ChildOrder, CopyState, amend
from copytui.domain.errors import JournalUnwritable
from copytui.domain.events import EventKind, Level
from copytui.domain.gates import Moment
from copytui.domain.positions import position_key
from copytui.domain.pricing import Market, PriceBand, UnfilledAction, can_move, is_waiting, next_limit
from copytui.domain.text import clean, money, order_words
from copytui.engine.controls import halt_follower
from copytui.engine.follower.follower import Follower
from copytui.engine.master.order_inputs import Instruments, tick_band
from copytui.engine.master.quotes import Quotes
from copytui.engine.orders.tracking import OrderTracking
from copytui.engine.safety.gate_facts import send_refusal
from copytui.engine.state import EngineState

_TICK_SECONDS = 0.5
_AGAIN_SECONDS = 5.0
_TAKES_EFFECT_SECONDS = 1.0
"""The time after an answer to a step before an order book can show its outcome."""


class Repricer:
    """Watches the working copies, and cancels or reprices those that work for too long."""

    def __init__(
        self,
        state: EngineState,
        quotes: Quotes,
        instruments: Instruments,
        request_cancel: Callable[[ChildOrder, str], None],
    ) -> None:
        """Use `state`; `request_cancel` requests a cancel of the rest of a working order."""
        self._state = state
        self._quotes = quotes
        self._instruments = instruments
        self._request_cancel = request_cancel

    async def run(self) -> None:
        """Watch the working copies until cancelled; each action is its own task, so that none waits for another."""
        rules = self._state.settings.orders
        if not rules.unfilled_after_seconds or rules.unfilled_action is UnfilledAction.LEAVE:
            await self._state.clock.wait(asyncio.Event(), None)
        for follower in self._state.followers.values():
            for _id, tracking in follower.live:
                tracking.end_reprice()
        async with asyncio.TaskGroup() as tasks:
            while True:
                for follower in self._state.followers.values():
                    for id_, tracking in follower.live:
                        self._follow_book(follower, self._state.copies[id_])
                        if self._is_due(tracking, self._state.copies[id_]):
                            tracking.begin_reprice()
                            tasks.create_task(self._act(follower, id_, tracking))
                await self._state.clock.wait(asyncio.Event(), _TICK_SECONDS)

    def _is_due(self, tracking: OrderTracking, copy: ChildOrder) -> bool:
        if tracking.is_repricing or tracking.is_left_working or tracking.live_since is None or not is_waiting(copy):
            return False
        first = tracking.live_since + self._state.settings.orders.unfilled_after_seconds
        return self._state.clock.monotonic() >= (first if tracking.reprice_due is None else tracking.reprice_due)

    def _again_in(self, follower: Follower, copy: ChildOrder, seconds: float) -> None:
        if (tracking := follower.tracking.get(copy.id)) is not None:
            tracking.reprice_again(self._state.clock.monotonic() + seconds)

    async def _act(self, follower: Follower, id_: int, tracking: OrderTracking) -> None:
        try:
            if self._state.settings.orders.unfilled_action is UnfilledAction.CANCEL:
                self._cancel(follower, self._state.copies[id_])
            else:
                await self._reprice(follower, self._state.copies[id_])
        finally:
            tracking.end_reprice()

    def _cancel(self, follower: Follower, copy: ChildOrder) -> None:
        why = f"not filled within {self._state.settings.orders.unfilled_after_seconds:g} s"
        self._request_cancel(copy, why)
        if copy.exit is not None:
            text = f"{order_words(copy.order)}: an exit is being cancelled ({why}); the position stays open"
            self._state.emit(Level.ERROR, EventKind.COPY, follower.name, text, copy=copy)

    async def _reprice(self, follower: Follower, copy: ChildOrder) -> None:
        """Move a copy's limit by one step, if that is allowed and useful now."""
        state, rules = self._state, self._state.settings.orders
        if not can_move(copy):
            if (tracking := follower.tracking.get(copy.id)) is not None:
                tracking.leave_working()  # a market order has no limit
            return
        if copy.reprices >= rules.reprice_steps:
            times = f"{copy.reprices} time{'s' if copy.reprices != 1 else ''}"
            self._leave(follower, copy, f"its limit was moved {times}, as often as orders.reprice_steps allows")
            return
        if self._held(follower, copy) is not None:
            self._again_in(follower, copy, _AGAIN_SECONDS)
            return
        quote = await self._quotes.fresh(copy.order.exchange, copy.order.symbol, copy.order.token)
        copy = state.copies[copy.id]
        if not can_move(copy):
            return
        if quote is None or copy.order_id is None or self._held(follower, copy) is not None:
            self._again_in(follower, copy, _AGAIN_SECONDS)
            return
        price = self._price(copy, quote)
        if price is None:
            self._again_in(follower, copy, rules.unfilled_after_seconds)
            level = Level.WARN if copy.exit is None else Level.ERROR
            self._report_once(follower, copy, level, "still not filled, and no further limit would help or is allowed")
            return
        self._again_in(follower, copy, rules.unfilled_after_seconds)
        await self._step(follower, copy, price)

    def _held(self, follower: Follower, copy: ChildOrder) -> str | None:
        """Return why a copy's limit may not be moved now; a step is subject to the same checks as an order."""
        no = send_refusal(self._state, follower, copy, Moment.REPRICE)
        if no is not None:
            return no.sentence
        if copy.exit is None and self._exits_after(follower, copy):
            return "an exit is waiting for it"
        call = Call.WRITE if copy.exit is None else Call.EXIT
        return "the rate limits" if follower.account.ready_in(call) > 0 else None

    def _exits_after(self, follower: Follower, entry: ChildOrder) -> list[ChildOrder]:
        """Return the queued exits of an entry's position: an entry that is about to be closed is not repriced."""
        working = self._state.positions.working((follower.client_id, position_key(entry.order)))
        return [copy for copy in working if copy.state is CopyState.QUEUED and copy.exit is not None]

    def _price(self, copy: ChildOrder, quote: Quote) -> Decimal | None:
        order = copy.order
        tick = tick_band(self._instruments, order.exchange, order.symbol)
        price_band = PriceBand(tick.tick, quote.lower_circuit, quote.upper_circuit)
        master_price = None
        if copy.exit is None:
            decided = self._state.executions.get(copy.execution_id)
            if decided is None:
                return None
            master_price = decided.execution.price
        market = Market(quote.last_price, price_band)
        return next_limit(order, self._state.settings.orders, market, master_price=master_price)

    async def _step(self, follower: Follower, before: ChildOrder, price: Decimal) -> None:
        """Record the step durably, then request it once."""
        state, number = self._state, before.reprices + 1
        order = replace(before.order, price=price)
        after = amend(before, order=order, reprices=number, changed_at=state.clock.now())
        # In memory at once, so that updates from the order book meanwhile are written after this one.
        state.apply(after)
        steps = state.settings.orders.reprice_steps
        text = f"{order_words(before.order)} not filled: moving its limit to {money(price)} (step {number} of {steps})"
        state.emit(Level.INFO, EventKind.COPY, follower.name, text, copy=after)
        try:
            await state.journal.require([OrderAdvanced(before, after)])
        except JournalUnwritable as error:
            self._undo_step(before, f"not journalled: {error}", follower)
            return
        except asyncio.CancelledError:
            self._undo_step(before, "copytui is stopping", follower)
            raise
        now = state.copies[before.id]
        held = self._held(follower, now)
        if not can_move(now) or now.order_id is None or held is not None:
            self._undo_step(before, held or "it can no longer be moved", follower)
            return
        intent = RepriceIntent(now.id, now.follower, now.order_id, now.order, state.clock.now())
        try:
            answer = await follower.account.reprice(intent)
        except Exception as error:  # noqa: BLE001  # a bug in an adapter: the request may have left
            answer = ChangeResult(WriteOutcome.UNKNOWN, f"internal error: {type(error).__name__}")
        if (tracking := follower.tracking.get(now.id)) is not None:
            tracking.answer_reprice(state.clock.monotonic())
        self._settle(follower, before, answer)

    def _settle(self, follower: Follower, before: ChildOrder, answer: ChangeResult) -> None:
        """Apply what the answer proves; the order book shows the rest."""
        state, why = self._state, clean(answer.text)
        copy = state.copies[before.id]
        match answer.outcome:
            case WriteOutcome.ACCEPTED:
                if answer.order_id and answer.order_id != copy.order_id and copy.state in LIVE_AT_BROKER:
                    state.amend(copy, order_id=answer.order_id)
            case WriteOutcome.NOT_SENT | WriteOutcome.SESSION_REFUSED:
                if answer.outcome is WriteOutcome.SESSION_REFUSED:
                    follower.wake_session.set()
                self._undo_step(before, why, follower)
            case WriteOutcome.REFUSED | WriteOutcome.WRONG_ADDRESS:
                if answer.outcome is WriteOutcome.WRONG_ADDRESS:
                    halt_follower(state, follower, why)
                self._has_limit(copy, before.order.price)
                text = f"{order_words(before.order)}: moving its limit was refused ({why})"
                state.emit(Level.WARN, EventKind.COPY, follower.name, text, copy=copy)
            case WriteOutcome.UNKNOWN:
                text = (
                    f"{order_words(before.order)}: its limit may have been moved ({why}); the order book will show it"
                )
                state.emit(Level.WARN, EventKind.COPY, follower.name, text, copy=copy)
        follower.read_soon(state.clock.monotonic() + _TAKES_EFFECT_SECONDS)

    def _undo_step(self, before: ChildOrder, why: str, follower: Follower) -> None:
        """Undo a step whose request was provably not sent; it is retried, and does not count."""
        state, copy = self._state, self._state.copies[before.id]
        if (tracking := follower.tracking.get(copy.id)) is not None:
            tracking.answer_reprice(None)
        self._again_in(follower, copy, _AGAIN_SECONDS)
        order = replace(copy.order, price=before.order.price)
        state.amend(copy, order=order, reprices=before.reprices)
        self._report_once(follower, copy, Level.INFO, f"its limit was not moved ({why})")

    def _has_limit(self, copy: ChildOrder, price: Decimal) -> ChildOrder:
        """Set a copy's limit to the one at the broker."""
        return self._state.amend(copy, order=replace(copy.order, price=price))

    def _follow_book(self, follower: Follower, copy: ChildOrder) -> None:
        """Set a moved limit to the price in the account's order book, once that was read after the step."""
        tracking, book = follower.tracking_of(copy.id), follower.book
        if not copy.reprices or tracking.is_repricing or copy.order_id is None or not can_move(copy) or book is None:
            return
        answered = tracking.repriced_at
        if answered is not None and book.asked_at < answered + _TAKES_EFFECT_SECONDS:
            return
        price = book.limits.get(copy.order_id)
        if price is None or price == copy.order.price:
            return
        text = f"{order_words(copy.order)}: its limit is {money(price)} in the order book"
        followed = self._has_limit(copy, price)
        self._state.emit(Level.WARN, EventKind.COPY, follower.name, text, copy=followed)

    def _leave(self, follower: Follower, copy: ChildOrder, why: str) -> None:
        """Leave a copy working, and report that once."""
        if (tracking := follower.tracking.get(copy.id)) is not None:
            tracking.leave_working()
        level = Level.WARN if copy.exit is None else Level.ERROR
        text = f"{order_words(copy.order)} is still not filled, and {why}: it is left working"
        if copy.exit is not None:
            text += ", and the position is still open"
        self._state.emit(level, EventKind.COPY, follower.name, text, copy=copy)

    def _report_once(self, follower: Follower, copy: ChildOrder, level: Level, text: str) -> None:
        """Report something about a copy once per step."""
        tracking = follower.tracking.get(copy.id)
        if tracking is None or tracking.report_step(copy.reprices):
            self._state.emit(level, EventKind.COPY, follower.name, f"{order_words(copy.order)}: {text}", copy=copy)
