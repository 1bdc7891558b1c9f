"""Executions of the master that are held back: their price or fill has not come yet, or an earlier one's has not.

An order book may call an order complete before it has the average price or the filled quantity. Such an order waits for
three further polls, at most ten seconds (docs/copying-rules.md, "A price that is not there yet"). Meanwhile later
executions of the same symbol wait behind it, so that no exit overtakes its entry; other symbols go on. Nothing here is
recorded: the journal has the orders with what they count, and after a restart the wait begins again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from copytui.domain.executions import Awaited, KnownOrder, awaited, count
from copytui.domain.orders import Exchange, OrderId, OrderKey
from copytui.domain.text import clean
from copytui.engine.state import EngineState

_POLLS = 3
_SECONDS = 10.0

Place = tuple[datetime, OrderId]
"""Where an execution stands in the master's sequence: when it happened, and the order id where that is the same."""


@dataclass(slots=True)
class Held:
    """An execution that is held back since `since` (monotonic), after `polls` further polls.

    `place` is its place in the sequence by its first sight, and `last_look` the last poll before that. `needs` is the
    figure that it lacks, None where it only waits for an earlier one. `is_asked` says that a quote is requested.
    `given_up` says that the wait is over: it is taken as its row shows it, at the price `quote` (None: there is none).
    """

    key: OrderKey
    symbol: tuple[Exchange, str]
    place: Place
    last_look: datetime | None
    since: float
    needs: Awaited | None
    polls: int = 0
    is_asked: bool = False
    given_up: bool = False
    quote: Decimal | None = None

    def is_over(self, now: float) -> bool:
        """Return whether the wait for a figure has taken long enough."""
        return self.needs is not None and (self.polls >= _POLLS or now >= self.since + _SECONDS)


def not_counted(state: EngineState) -> list[KnownOrder]:
    """Return the orders of the day that were held back when copytui stopped."""
    copy_on = state.settings.master.copy_on
    return [
        known
        for known in state.known.values()
        if (awaited(known, copy_on) or count(known, seen_at=known.first_seen, copy_on=copy_on).execution)
        and known.day >= state.day
    ]


def held_words(known: KnownOrder, needs: Awaited | None) -> str:
    """Say that an execution is held back, and what it waits for."""
    order = known.order
    why = "an earlier order of its symbol" if needs is None else f"its {needs}"
    words = f"{order.side} {order.quantity} {clean(order.symbol)} (order {clean(order.order_id)})"
    return f"{words} has executed and waits for {why}"


class LateFigures:
    """The executions that are held back, by order; used by the engine's loop only."""

    def __init__(self) -> None:
        """Start empty."""
        self.wake = asyncio.Event()
        self._held: dict[OrderKey, Held] = {}

    def __iter__(self) -> Iterator[Held]:
        """Iterate over what is held back, in the master's sequence."""
        return iter(sorted(self._held.values(), key=lambda held: held.place))

    def get(self, key: OrderKey) -> Held | None:
        """Return an order's record; None where it is not held back."""
        return self._held.get(key)

    def hold(
        self, known: KnownOrder, place: Place, *, last_look: datetime | None, now: float, needs: Awaited | None
    ) -> bool:
        """Hold an execution back, or update what it needs; returns whether that is new."""
        order = known.order
        held = self._held.get(order.key)
        if held is not None:
            if held.needs is None and needs is not None:
                held.since, held.polls, held.is_asked = now, 0, False
            held.needs = needs
            return False
        symbol = (order.exchange, order.symbol)
        self._held[order.key] = Held(order.key, symbol, place, last_look, now, needs)
        self.wake.set()
        return True

    def release(self, key: OrderKey) -> None:
        """Drop an order's record: it is decided, or there is nothing to decide."""
        self._held.pop(key, None)

    def clear(self) -> None:
        """Drop everything: the day is over."""
        self._held.clear()

    def blocks(self, known: KnownOrder, place: Place) -> bool:
        """Return whether an earlier execution of the same symbol is held back."""
        order = known.order
        symbol = (order.exchange, order.symbol)
        return any(
            held.symbol == symbol and held.key != order.key and held.place < place for held in self._held.values()
        )

    def count_poll(self) -> None:
        """Count a further good poll for everything that is held back."""
        for held in self._held.values():
            held.polls += 1

    def take_overdue(self, now: float) -> list[Held]:
        """Return what has waited long enough for its figure, each once."""
        overdue = [held for held in self if held.is_over(now) and not held.is_asked]
        for held in overdue:
            held.is_asked = True
        return overdue

    def next_in(self, now: float) -> float | None:
        """Return the seconds until the next wait is over by time alone; None where nothing waits for a figure."""
        waits = [held.since + _SECONDS - now for held in self._held.values() if held.needs and not held.is_asked]
        return max(min(waits), 0.0) if waits else None
