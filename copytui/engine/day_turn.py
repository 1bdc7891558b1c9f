"""The day rollover: report what the last day left open, and drop what it finished."""

from __future__ import annotations

from datetime import date

from copytui.domain.changes import PositionChanged
from copytui.domain.copies import FINAL, ChildOrder
from copytui.domain.events import EventKind, Level
from copytui.domain.positions import NOTHING, position_key
from copytui.domain.text import order_words, trading_day
from copytui.engine.controls import persist_flags
from copytui.engine.follower.follower import Follower
from copytui.engine.orders.order_rate import OrderRate
from copytui.engine.safety.out_of_step import carry_over
from copytui.engine.state import EngineState
from copytui.journal.retention import awaiting_exits


def turn_day(state: EngineState, day: date) -> None:
    """Begin a trading day: report what the last one left open, and drop what it finished."""
    carry_over(state)
    state.day = day
    _turn_risk(state)
    for follower in state.followers.values():
        for id_ in {id_ for id_, _pace in (*follower.unknown, *follower.live)}:
            report_left(state, follower, state.copies[id_])
            follower.forget(id_)
    flat = [
        PositionChanged(account, state.master_id, key, day, NOTHING) for account, key in state.positions.end_day(day)
    ]
    if flat:
        state.journal.record(flat)
    # Orders sent since midnight are in the new day's order book, and a refused one can still be retried.
    needed = {c.execution_id for c in state.copies.values() if c.state not in FINAL or trading_day(c.moment) == day}
    held = {key for (account, key), position in state.positions if position.quantity and account != state.master_id}
    waiting = awaiting_exits(state.executions.values(), held)
    needed |= {d.id for d in state.executions.values() if position_key(d.execution.order) in waiting}
    done = {d.id for d in state.executions.values() if d.settled and d.day != day and d.id not in needed}
    for id_ in done:
        del state.executions[id_]
        for copy_id in state.by_execution.pop(id_, ()):
            state.by_tag.pop(state.copies.pop(copy_id).tag, None)


def _turn_risk(state: EngineState) -> None:
    """Reset what holds for one day: first figures and loss limits. The user's switches stay."""
    state.order_rate = OrderRate()
    state.master.day_funds = None
    state.master.wake_funds.set()
    for follower in state.followers.values():
        if follower.close_only is not None:
            state.emit(
                Level.INFO, EventKind.RISK, follower.name, "takes entries again: the daily loss limit starts over"
            )
        follower.begin_day()
    persist_flags(state)


def report_left(state: EngineState, follower: Follower, copy: ChildOrder) -> None:
    """Report a child order whose day ended before its final state was known."""
    day = f"{trading_day(copy.moment):%d %b}"
    text = (
        f"{order_words(copy.order)} was {copy.state} when {day} ended, and that day's order book is gone:"
        f" check the account (copy {copy.id})"
    )
    state.emit(Level.ERROR, EventKind.COPY, follower.name, text, copy=copy)
