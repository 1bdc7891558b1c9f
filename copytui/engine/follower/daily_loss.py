"""The daily loss limit of a follower: reached, only exits go to it until the day ends or the user releases it."""

from __future__ import annotations

from copytui.broker.port import Profit
from copytui.domain.events import EventKind, Level
from copytui.domain.orders import ClientId
from copytui.domain.risk import allowed_after_release, loss_reached, rupees
from copytui.engine.follower.follower import Lane
from copytui.engine.safety.halts import close_only, drop_unwanted
from copytui.engine.state import Desk


def watch_loss(desk: Desk, lane: Lane, profit: Profit) -> None:
    """Let only exits go to a follower whose profit of today has come down to the limit; told once."""
    limit = desk.settings.risk.daily_loss_limit
    allowed = limit if lane.loss_allowed is None else lane.loss_allowed
    total = profit.realised + profit.unrealised
    if limit <= 0 or lane.close_only is not None or not loss_reached(total, allowed):
        return
    parts = f"realised {rupees(profit.realised)}, unrealised {rupees(profit.unrealised)}"
    because = f"today's loss of {rupees(-total)} ({parts}) has reached {_named(lane)} {rupees(allowed)}"
    close_only(desk, lane, because)
    again = rupees(allowed_after_release(total, allowed, limit))
    text = (
        f"close only: {because}. No more entries go to it today, exits do;"
        f" released by hand, it takes entries until the loss reaches {again}"
    )
    desk.tell(Level.ERROR, EventKind.RISK, lane.name, text)
    drop_unwanted(desk, lane)


def _named(lane: Lane) -> str:
    return "the daily loss limit of" if lane.loss_allowed is None else "what was allowed after the release,"


def release_from_loss(desk: Desk, client: ClientId) -> str:
    """Let entries go to a follower again whose loss was too large; returns what happened in a sentence."""
    lane = desk.lanes.get(client)
    if lane is None:
        return "there is no such follower"
    if lane.close_only is None:
        return f"{lane.name} is not close only"
    limit = desk.settings.risk.daily_loss_limit
    total = None if lane.profit is None else lane.profit.realised + lane.profit.unrealised
    allowed = allowed_after_release(total, limit if lane.loss_allowed is None else lane.loss_allowed, limit)
    close_only(desk, lane, None, allowed=allowed)
    words = f"takes entries again; close only once more when today's loss reaches {rupees(allowed)}"
    desk.tell(Level.WARN, EventKind.RISK, lane.name, words)
    return f"{lane.name} {words}"
