"""The day rollover: report what the last day left open, and drop what it finished."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from copytui.domain.changes import FlagChanged, PositionChanged
from copytui.domain.copies import FINAL, ChildOrder
from copytui.domain.day import Dates, DayTrouble, trouble_words
from copytui.domain.events import EventKind, Level
from copytui.domain.positions import NOTHING, position_key
from copytui.domain.text import order_words
from copytui.engine.controls import enable, persist_flags, switch
from copytui.engine.follower.follower import Follower
from copytui.engine.orders.order_rate import OrderRate
from copytui.engine.safety.out_of_step import carry_over
from copytui.engine.state import EngineState
from copytui.journal import persisted_flags
from copytui.journal.retention import awaiting_exits

_AFTER_THE_TURN = 0.1
"""Seconds: the figures that settle left-over orders are requested after the turn, not while it happens."""
_LEVELS = {DayTrouble.UNSETTLED: Level.ERROR, DayTrouble.OWN_CLOCK: Level.WARN, None: Level.INFO}


def turn_day(state: EngineState, day: date) -> None:
    """Begin a trading day: report what the last one left open, and drop what it finished."""
    carry_over(state)
    is_start = not state.dates.is_confirmed
    state.dates = replace(state.dates, day=day, is_known=True)
    _lapse_switches(state)
    _turn_risk(state)
    for follower in state.followers.values():
        for id_ in {id_ for id_, _pace in (*follower.unknown, *follower.live)}:
            report_left(state, follower, state.copies[id_])
            follower.forget(id_)
            state.positions.leave_over(state.copies[id_])
        if state.positions.left_over(follower.client_id):
            follower.want_held(state.clock.monotonic() + _AFTER_THE_TURN)
    flat = [
        PositionChanged(account, state.master_id, key, day, NOTHING) for account, key in state.positions.end_day(day)
    ]
    if flat:
        state.journal.record(flat)
    if not is_start:  # the last day's stay for the user to look at where copytui has just started
        _drop_finished(state, day)


def _drop_finished(state: EngineState, day: date) -> None:
    """Drop the executions that are done."""
    # Orders sent since midnight are in the new day's order book, and a refused one can still be retried.
    needed = {c.execution_id for c in state.copies.values() if c.state not in FINAL or c.day >= day}
    held = {key for (account, key), position in state.positions if position.quantity and account != state.master_id}
    waiting = awaiting_exits(state.executions.values(), held)
    needed |= {d.id for d in state.executions.values() if position_key(d.execution.order) in waiting}
    done = {d.id for d in state.executions.values() if d.settled and d.day != day and d.id not in needed}
    for id_ in done:
        del state.executions[id_]
        for copy_id in state.by_execution.pop(id_, ()):
            state.by_tag.pop(state.copies.pop(copy_id).tag, None)


def note_dates(state: EngineState, dates: Dates) -> None:
    """Take what the clocks say of the trading day; a disagreement is reported when it begins and when it ends."""
    before, state.dates = state.dates, dates
    state.wake_dispatcher.set()
    if dates.is_confirmed:
        state.restored_flags.clear()
    if dates.trouble is before.trouble:
        return
    words, level = trouble_words(dates), _LEVELS[dates.trouble]
    text = words or f"the clocks agree on the date again: it is {dates.day:%d %b}"
    state.journal.record([FlagChanged(persisted_flags.CLOCKS, words or None)])
    state.emit(level, EventKind.RISK, "copytui", text)


def _lapse_switches(state: EngineState) -> None:
    """End the pause and the disabled followers of an earlier day that a start restored before it knew the day."""
    names, state.restored_flags = state.restored_flags, set()
    if persisted_flags.PAUSED in names:
        switch(state, paused=False)
        state.emit(Level.INFO, EventKind.RISK, "copytui", "the pause has ended with its day")
    for follower in state.followers.values():
        if persisted_flags.disabled(follower.client_id) in names:
            enable(state, follower, enabled=follower.settings.enabled)
            state.emit(Level.INFO, EventKind.RISK, follower.name, "no longer disabled: that was for one day")


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
    day = f"{copy.day:%d %b}"
    text = (
        f"{order_words(copy.order)} was {copy.state} when {day} ended, and that day's order book is gone:"
        f" check the account (copy {copy.id})"
    )
    state.emit(Level.ERROR, EventKind.COPY, follower.name, text, copy=copy)
