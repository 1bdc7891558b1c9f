"""Rows of an order book that cannot be read: each order is named once, and listed with attention."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from copytui.broker.port import BookReading, RowProblem
from copytui.domain.events import EventKind, Level
from copytui.domain.orders import ClientId, Side
from copytui.domain.positions import closable
from copytui.domain.tags import is_own_tag
from copytui.domain.text import clean
from copytui.domain.unreadable import UnreadableOrder, unreadable_words
from copytui.engine.controls import forget_unreadable, list_unreadable
from copytui.engine.follower.follower import Follower
from copytui.engine.state import EngineState


def report_master_rows(state: EngineState, reading: BookReading, reported: set[str], *, opening: bool) -> None:
    """Report the master's orders that cannot be read, and list those of which something may have to be copied.

    `reported` has the ids of those that were named already. What had ended before the day's first poll (`opening`) is
    history, as every order of that poll is: it is not listed. Neither is what ended with nothing filled.
    """
    _forget_readable(state, state.master_id, reading)
    for problem in reading.problems:
        if problem.order_id not in reported:
            reported.add(problem.order_id)
            text = f"{_words(problem)} cannot be read and is not copied: {clean(problem.sentence)}"
            state.emit(Level.WARN, EventKind.WATCH, "master", text)
        if problem.is_unfilled:
            forget_unreadable(state, problem.order_id)
        elif problem.order_id not in state.unreadable:
            found = _listed(state, problem, state.master_id, "master", closes=_may_close(state, problem))
            list_unreadable(state, replace(found, is_dismissed=opening and problem.is_over))


def report_follower_rows(state: EngineState, follower: Follower, reading: BookReading) -> None:
    """Report a follower's orders that cannot be read, and list those that carry our tag: their fills are unknown."""
    _forget_readable(state, follower.client_id, reading)
    for problem in reading.problems:
        if not follower.report_row(f"unreadable {problem.order_id}"):
            continue
        text = f"{_words(problem)} in its order book cannot be read: {clean(problem.sentence)}"
        state.emit(Level.WARN, EventKind.WATCH, follower.name, text)
        if is_own_tag(problem.tag):
            copy = state.copies.get(state.by_tag.get(problem.tag, 0))
            closes = copy is not None and copy.exit is not None
            list_unreadable(state, _listed(state, problem, follower.client_id, follower.name, closes=closes))


def _forget_readable(state: EngineState, account: ClientId, reading: BookReading) -> None:
    """Drop the orders from the list that can be read by now."""
    listed = {id_ for id_, found in state.unreadable.items() if found.account == account}
    if listed:
        for id_ in listed & {str(name) for row in reading.orders for name in (row.order_id, row.key)}:
            forget_unreadable(state, id_)


def _may_close(state: EngineState, problem: RowProblem) -> bool:
    """Tell whether an order may reduce a position of the master's that was copied, whatever product it is of."""
    if not problem.side:
        return False
    held = _held_by_master(state, problem.symbol)
    return any(closable(units, Side(problem.side)) for units in held)


def _held_by_master(state: EngineState, symbol: str) -> Iterable[int]:
    return [
        position.quantity
        for (account, key), position in state.positions
        if account == state.master_id and key.symbol == symbol
    ]


def _words(problem: RowProblem) -> str:
    return clean(unreadable_words(problem.order_id, problem.side, problem.symbol))


def _listed(
    state: EngineState, problem: RowProblem, account: ClientId, who: str, *, closes: bool
) -> UnreadableOrder:  # fmt: skip
    return UnreadableOrder(
        problem.order_id, account, who, problem.side, clean(problem.symbol), clean(problem.sentence),
        state.clock.now(), state.day, is_exit=closes,
    )  # fmt: skip
