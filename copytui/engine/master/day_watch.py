"""The trading day as the master's answers and our clock show it; the rule itself is `copytui.domain.day`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from copytui.domain.day import observe_date, trading_day
from copytui.domain.orders import BookOrder
from copytui.engine.day_turn import note_dates, turn_day
from copytui.engine.master.day_boundary import miss_part_fills
from copytui.engine.state import EngineState


class DayWatch:
    """Takes the date of each answer, and begins a new trading day when two sources agree on it.

    `once_known` is called once, when the day is confirmed for the first time.
    """

    def __init__(self, state: EngineState) -> None:
        """Turn the day of `state`."""
        self._state = state
        self.once_known: Callable[[], None] | None = None

    def note(self, now: datetime, server_time: datetime | None) -> bool:
        """Take the date of an answer; returns whether a new day has begun."""
        state = self._state
        if server_time is not None:
            state.master.note_clock(server_time - now)
        dates = observe_date(state.dates, broker=server_time, own=now, monotonic=state.clock.monotonic())
        is_new = dates.day != state.day
        if is_new:
            miss_part_fills(state, dates.day)
            turn_day(state, dates.day)
        note_dates(state, dates)
        if dates.is_confirmed and self.once_known is not None:
            self.once_known()
            self.once_known = None
        return is_new

    def time_of(self, now: datetime, server_time: datetime | None) -> datetime:
        """Return the broker's time where it is known; our own where the answer has another date than today's."""
        day = self._state.day
        if server_time is None or (trading_day(server_time) != day and trading_day(now) == day):
            return now
        return server_time

    def is_awaited(self, orders: tuple[BookOrder, ...]) -> bool:
        """Return whether an order book must wait for the next answers: they decide to which day its rows belong.

        At a first start no day is known yet. Later, only rows with a time of a later day wait: an exit of today is not
        held up by a wrong header, and one of tomorrow closes no intraday position of today.
        """
        state = self._state
        if not state.dates.is_known:
            return True
        return state.dates.may_be_over and any(
            row.updated_at is not None and trading_day(row.updated_at) > state.day for row in orders
        )
