"""The life of one copy in sentences: planned, sent, answered, in doubt, filled; what is derived and what was told."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from copytui.domain.copies import Copy, CopyState
from copytui.domain.events import Event
from copytui.domain.executions import Execution
from copytui.domain.statistics import slippage
from copytui.domain.text import fill_words, money, order_words
from copytui.reports.moments import clock_ms, length, time_line

_S = CopyState
_ENDS = {
    _S.ASKED: "It waits for your yes",
    _S.SIMULATED: "It was a dry run: nothing was sent",
    _S.SKIPPED: "It was not sent",
    _S.EXPIRED: "It expired: nobody said yes in time, and it was not sent",
    _S.QUEUED: "It is queued and has not been sent",
    _S.SENDING: "It was being sent, and its outcome is not recorded yet",
    _S.ACCEPTED: "The broker has taken it; nothing more is known of it",
    _S.OPEN: "It is open at the exchange",
    _S.PARTIAL: "A part of it is filled, the rest is open",
    _S.FILLED: "It is filled",
    _S.REJECTED: "The broker took it and then rejected it",
    _S.CANCELLED: "It was cancelled",
    _S.FAILED: "It failed",
    _S.UNKNOWN: "Nobody knows whether it exists at the broker: look at the account. It is never sent again by itself",
}
_WITH_FILLS = frozenset({_S.PARTIAL, _S.FILLED, _S.CANCELLED, _S.REJECTED})


def copy_lines(copy: Copy, execution: Execution, events: Sequence[Event], part: str) -> list[str]:
    """Tell one copy (or slice: `part` says which), with the `events` that were told of it."""
    words = order_words(copy.order)
    lines = [f"Copy {copy.id}{part}: {words}, tag {copy.tag}{_what_for(copy)}"]
    steps = [*_steps(copy), *((event.at, 1, time_line(event, words)) for event in events)]
    lines += [f"  {line}" for _at, _rank, line in sorted(steps, key=lambda step: step[:2])]
    lines += [f"  {sentence}" for sentence in (_doubt(copy, events), _end(copy), _price(copy, execution)) if sentence]
    return lines


def _what_for(copy: Copy) -> str:
    words = ""
    if copy.retry:
        words += f"; sent again by hand, the {_nth(copy.retry)} time"
    if copy.exit is not None:
        words += f"; it closes {copy.exit.closing} of the master's {copy.exit.held}"
    if copy.dry_run:
        words += "; dry run"
    return words


def _steps(copy: Copy) -> list[tuple[datetime, int, str]]:
    """Return the moments that a copy itself keeps; those that the events tell too are left to them."""
    steps = [(copy.created_at, 0, f"{clock_ms(copy.created_at)}  planned")]
    if copy.queued_at is not None:
        steps.append((copy.queued_at, 0, f"{clock_ms(copy.queued_at)}  queued"))
    if copy.sent_at is not None:
        again = f", for the {_nth(copy.attempts)} time" if copy.attempts > 1 else ""
        steps.append((copy.sent_at, 0, f"{clock_ms(copy.sent_at)}  sent to the broker{again}"))
    if copy.answered_at is not None:
        order = f", as order {copy.order_id}" if copy.order_id else ""
        steps.append((copy.answered_at, 0, f"{clock_ms(copy.answered_at)}  the broker answered{order}{_latency(copy)}"))
    return steps


def _latency(copy: Copy) -> str:
    return "" if copy.latency_ms is None else f", {length(copy.latency_ms / 1000)} after the execution was seen"


def _doubt(copy: Copy, events: Sequence[Event]) -> str:
    """Say since when its outcome was unknown, and what ended that."""
    since = next((event for event in events if " unknown: " in event.text), None)
    if since is None or copy.state is CopyState.UNKNOWN:
        return ""
    later = [event for event in events if event.at >= since.at and event is not since]
    found = next((event for event in later if " found at the broker" in event.text), None)
    marked = next((event for event in later if " marked as not placed" in event.text), None)
    if found is not None:
        lasted = length((found.at - since.at).total_seconds())
        return f"Its outcome was unknown for {lasted}, until the account's own order book showed it."
    if marked is not None:
        lasted = length((marked.at - since.at).total_seconds())
        return f"Its outcome was unknown for {lasted}, until you said that it does not exist."
    return f"Its outcome was unknown at first; then it turned out to be {copy.state}."


def _end(copy: Copy) -> str:
    words = _ENDS[copy.state]
    if copy.state in _WITH_FILLS and (copy.filled or copy.state is CopyState.FILLED):
        words += f": {fill_words(copy)}"
    if copy.error:
        words += f": {copy.error.rstrip('.')}"
    if copy.withdrawn:
        words += f"; copytui asked for the rest to be cancelled: {copy.withdrawn}"
    if copy.order_id:
        words += f" (the follower's order {copy.order_id})"
    if copy.dismissed:
        words += "; dismissed, or sent again, by hand"
    return f"{words}."


def _price(copy: Copy, execution: Execution) -> str:
    found = slippage(copy, execution.price)
    if not found.value:
        return ""
    master = money(execution.price)
    if not found.rupees:
        return f"It traded at the master's own price, {master}."
    worse = "worse" if found.rupees > 0 else "better"
    rupees = f"₹{abs(found.rupees):,.2f}"
    return f"That is {abs(found.percent):.2f} % {worse} than the master's {master}: {rupees} in all."


def _nth(number: int) -> str:
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"
