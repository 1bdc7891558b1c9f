"""Copies that work at the broker and are not filled: `orders.unfilled_after_seconds` and `unfilled_action`.

A limit is moved by modifying the order that works (one order, so one copy never has two), in few steps. Each step
is in the journal before its request leaves, and is asked for once: whatever was answered, the order's price in its
account's book tells what came of it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

from copytui.broker.port import Answered, Call, Proof, Quote, RepriceIntent
from copytui.domain.copies import LIVE_AT_BROKER, Copy, CopyState
from copytui.domain.errors import JournalUnwritable
from copytui.domain.events import EventKind, Level
from copytui.domain.positions import position_key
from copytui.domain.pricing import Bounds, Market, UnfilledAction, can_move, is_waiting, next_limit
from copytui.domain.text import clean, money, order_words
from copytui.engine.follower.follower import Lane
from copytui.engine.master.order_inputs import Instruments, tick_bounds
from copytui.engine.master.quotes import Quotes
from copytui.engine.safety.halts import held_back
from copytui.engine.state import Desk
from copytui.journal.statements import move_copy

_TICK_SECONDS = 0.5
_AGAIN_SECONDS = 5.0
_TAKES_EFFECT_SECONDS = 1.0
"""How old an answer to a step must be when a book is asked for that is to tell what came of it."""


class Unfilled:
    """Watches the working copies and does what the settings say of those that work for too long."""

    def __init__(
        self, desk: Desk, quotes: Quotes, instruments: Instruments, withdraw: Callable[[Copy, str], None]
    ) -> None:
        """Work on `desk`; `withdraw` has the rest of a working order cancelled."""
        self._desk = desk
        self._quotes = quotes
        self._instruments = instruments
        self._withdraw = withdraw
        self._next: dict[int, float] = {}
        self._busy: set[int] = set()
        self._left: set[int] = set()
        self._said: set[tuple[int, int]] = set()
        self._answered_at: dict[int, float] = {}

    async def run(self) -> None:
        """Look after working copies until cancelled; each is a task of its own, so that none waits for another."""
        rules = self._desk.settings.orders
        if not rules.unfilled_after_seconds or rules.unfilled_action is UnfilledAction.LEAVE:
            await self._desk.clock.wait(asyncio.Event(), None)
        self._busy.clear()
        async with asyncio.TaskGroup() as tasks:
            while True:
                for lane in self._desk.lanes.values():
                    for id_ in tuple(lane.live_since):
                        self._follow_book(lane, self._desk.copies[id_])
                        if self._is_due(lane, self._desk.copies[id_]):
                            self._busy.add(id_)
                            tasks.create_task(self._act(lane, id_))
                self._forget_ended()
                await self._desk.clock.wait(asyncio.Event(), _TICK_SECONDS)

    def _is_due(self, lane: Lane, copy: Copy) -> bool:
        if copy.id in self._busy or copy.id in self._left or not is_waiting(copy):
            return False
        first = lane.live_since[copy.id] + self._desk.settings.orders.unfilled_after_seconds
        return self._desk.clock.monotonic() >= self._next.get(copy.id, first)

    def _again_in(self, copy: Copy, seconds: float) -> None:
        self._next[copy.id] = self._desk.clock.monotonic() + seconds

    def _forget_ended(self) -> None:
        """Drop what paces copies that do not work any more."""
        live = {id_ for lane in self._desk.lanes.values() for id_ in lane.live_since}
        for id_ in self._next.keys() - live:
            del self._next[id_]
        for id_ in self._answered_at.keys() - live:
            del self._answered_at[id_]
        self._left &= live
        self._said = {said for said in self._said if said[0] in live}

    async def _act(self, lane: Lane, id_: int) -> None:
        try:
            if self._desk.settings.orders.unfilled_action is UnfilledAction.CANCEL:
                self._cancel(lane, self._desk.copies[id_])
            else:
                await self._reprice(lane, self._desk.copies[id_])
        finally:
            self._busy.discard(id_)

    def _cancel(self, lane: Lane, copy: Copy) -> None:
        why = f"not filled within {self._desk.settings.orders.unfilled_after_seconds:g} s"
        self._withdraw(copy, why)
        if copy.exit is not None:
            text = f"{order_words(copy.order)}: an exit is being cancelled ({why}); what it was to close stays open"
            self._desk.tell(Level.ERROR, EventKind.COPY, lane.name, text, copy=copy)

    async def _reprice(self, lane: Lane, copy: Copy) -> None:
        """Move a copy's limit by one step, if it may be moved now and that is of use."""
        desk, rules = self._desk, self._desk.settings.orders
        if not can_move(copy):
            self._left.add(copy.id)  # a market order has no limit
            return
        if copy.reprices >= rules.reprice_steps:
            times = f"{copy.reprices} time{'s' if copy.reprices != 1 else ''}"
            self._leave(lane, copy, f"its limit was moved {times}, as often as orders.reprice_steps allows")
            return
        if self._held(lane, copy) is not None:
            self._again_in(copy, _AGAIN_SECONDS)
            return
        quote = await self._quotes.fresh(copy.order.exchange, copy.order.symbol, copy.order.token)
        copy = desk.copies[copy.id]
        if not can_move(copy):
            return
        if quote is None or copy.order_id is None or self._held(lane, copy) is not None:
            self._again_in(copy, _AGAIN_SECONDS)
            return
        price = self._price(copy, quote)
        if price is None:
            self._again_in(copy, rules.unfilled_after_seconds)
            level = Level.WARN if copy.exit is None else Level.ERROR
            self._say_once(lane, copy, level, "still not filled, and no further limit would help or is allowed")
            return
        self._again_in(copy, rules.unfilled_after_seconds)
        await self._step(lane, copy, price)

    def _held(self, lane: Lane, copy: Copy) -> str | None:
        """Say why a copy's limit may not be moved at this moment: a step is a send."""
        closed = held_back(self._desk, lane, copy)
        if closed is not None:
            return closed
        if copy.exit is None:
            if lane.close_only:
                return f"close only: {lane.close_only}"
            if hours := self._desk.settings.trading.refusal(self._desk.clock.now()):
                return hours
            if self._exits_after(lane, copy):
                return "the exit that waits for it"
        call = Call.WRITE if copy.exit is None else Call.EXIT
        return "the rate limits" if lane.account.ready_in(call) > 0 else None

    def _exits_after(self, lane: Lane, entry: Copy) -> list[Copy]:
        """Return the queued exits of the position that an entry builds: who is about to get out buys no more."""
        working = self._desk.positions.working((lane.client_id, position_key(entry.order)))
        return [copy for copy in working if copy.state is CopyState.QUEUED and copy.exit is not None]

    def _price(self, copy: Copy, quote: Quote) -> Decimal | None:
        order = copy.order
        tick = tick_bounds(self._instruments, order.exchange, order.symbol)
        bounds = Bounds(tick.tick, quote.lower_circuit, quote.upper_circuit)
        master_price = None
        if copy.exit is None:
            decided = self._desk.executions.get(copy.execution_id)
            if decided is None:
                return None
            master_price = decided.execution.price
        market = Market(quote.last_price, bounds)
        return next_limit(order, self._desk.settings.orders, market, master_price=master_price)

    async def _step(self, lane: Lane, before: Copy, price: Decimal) -> None:
        """Journal the step durably, then ask for it once."""
        desk, number = self._desk, before.reprices + 1
        after = replace(before, order=replace(before.order, price=price), reprices=number, changed_at=desk.clock.now())
        # In memory at once: whatever the book tells meanwhile is written after this, on top of it.
        desk.take_copy(after)
        steps = desk.settings.orders.reprice_steps
        text = (
            f"{order_words(before.order)} not filled: its limit is moved to {money(price)} (step {number} of {steps})"
        )
        desk.tell(Level.INFO, EventKind.COPY, lane.name, text, copy=after)
        try:
            await desk.journal.require([move_copy(before, after)])
        except JournalUnwritable as error:
            self._take_back(before, f"not journalled: {error}", lane)
            return
        except asyncio.CancelledError:
            self._take_back(before, "copytui is stopping", lane)
            raise
        now = desk.copies[before.id]
        held = self._held(lane, now)
        if not can_move(now) or now.order_id is None or held is not None:
            self._take_back(before, held or "it is not to be moved any more", lane)
            return
        intent = RepriceIntent(now.id, now.follower, now.order_id, now.order, desk.clock.now())
        try:
            answer = await lane.account.reprice(intent)
        except Exception as error:  # noqa: BLE001  # a bug in an adapter: the request may have left
            answer = Answered(Proof.UNKNOWN, f"internal error: {type(error).__name__}")
        self._answered_at[now.id] = desk.clock.monotonic()
        self._settle(lane, before, answer)

    def _settle(self, lane: Lane, before: Copy, answer: Answered) -> None:
        """Take what the answer proves; all else is told by the book."""
        desk, why = self._desk, clean(answer.text)
        copy = desk.copies[before.id]
        match answer.proof:
            case Proof.ACCEPTED:
                if answer.order_id and answer.order_id != copy.order_id and copy.state in LIVE_AT_BROKER:
                    desk.put_copy(copy, replace(copy, order_id=answer.order_id))
            case Proof.NEVER_LEFT | Proof.SESSION_REFUSED:
                if answer.proof is Proof.SESSION_REFUSED:
                    lane.wake_session.set()
                self._take_back(before, why, lane)
            case Proof.REFUSED | Proof.WRONG_ADDRESS:
                if answer.proof is Proof.WRONG_ADDRESS:
                    desk.halt_follower(lane, why)
                self._has_limit(copy, before.order.price)
                text = f"{order_words(before.order)}: moving its limit was refused ({why})"
                desk.tell(Level.WARN, EventKind.COPY, lane.name, text, copy=copy)
            case Proof.UNKNOWN:
                text = f"{order_words(before.order)}: its limit may have been moved or not ({why}); its book tells"
                desk.tell(Level.WARN, EventKind.COPY, lane.name, text, copy=copy)
        lane.read_soon(desk.clock.monotonic() + _TAKES_EFFECT_SECONDS)

    def _take_back(self, before: Copy, why: str, lane: Lane) -> None:
        """Undo a step whose request provably never left; it is tried again, and counts as none."""
        desk, copy = self._desk, self._desk.copies[before.id]
        self._answered_at.pop(copy.id, None)
        self._again_in(copy, _AGAIN_SECONDS)
        order = replace(copy.order, price=before.order.price)
        desk.put_copy(copy, replace(copy, order=order, reprices=before.reprices))
        self._say_once(lane, copy, Level.INFO, f"its limit was not moved ({why})")

    def _has_limit(self, copy: Copy, price: Decimal) -> Copy:
        """Keep the limit that a copy has at the broker."""
        after = replace(copy, order=replace(copy.order, price=price))
        self._desk.put_copy(copy, after)
        return after

    def _follow_book(self, lane: Lane, copy: Copy) -> None:
        """Let a limit that was moved be what the account's book says, when it was read since."""
        if not copy.reprices or copy.id in self._busy or copy.order_id is None or not can_move(copy):
            return
        answered, read = self._answered_at.get(copy.id), lane.book_asked_at
        if read is None or (answered is not None and read < answered + _TAKES_EFFECT_SECONDS):
            return
        price = lane.book_limits.get(copy.order_id)
        if price is None or price == copy.order.price:
            return
        text = f"{order_words(copy.order)}: its limit stands at {money(price)} in the order book"
        followed = self._has_limit(copy, price)
        self._desk.tell(Level.WARN, EventKind.COPY, lane.name, text, copy=followed)

    def _leave(self, lane: Lane, copy: Copy, why: str) -> None:
        """Leave a copy working, and tell so once."""
        self._left.add(copy.id)
        level = Level.WARN if copy.exit is None else Level.ERROR
        text = f"{order_words(copy.order)} is still not filled, and {why}: it is left working"
        if copy.exit is not None:
            text += ", and what it is to close is open"
        self._desk.tell(level, EventKind.COPY, lane.name, text, copy=copy)

    def _say_once(self, lane: Lane, copy: Copy, level: Level, text: str) -> None:
        """Say something of a copy once a step."""
        if (copy.id, copy.reprices) not in self._said:
            self._said.add((copy.id, copy.reprices))
            self._desk.tell(level, EventKind.COPY, lane.name, f"{order_words(copy.order)}: {text}", copy=copy)
