"""The day's first poll: orders from before it are recorded and reported, and never copied.

See docs/copying-rules.md, "From an order to an execution" and "Positions from before copytui watched".
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from types import MappingProxyType

from copytui.domain.changes import Change
from copytui.domain.decisions import DecidedExecution, Decision, Verdict
from copytui.domain.events import EventCode, EventKind, Level
from copytui.domain.executions import Execution, KnownOrder, Observed, Origin, count_early
from copytui.domain.orders import OrderId, Product, Side
from copytui.domain.positions import PositionKey, closing_share, position_key, signed
from copytui.domain.reasons import Reason
from copytui.domain.text import execution_words
from copytui.engine.state import EngineState
from copytui.settings.model import OpenAtStart

_BEFORE = frozenset({Origin.BASELINE, Origin.OPEN_AT_START})


@dataclass(frozen=True, slots=True)
class Overnight:
    """What the day's first poll shows of the time before it.

    `before` are the positions that the master had open by today's order book, in signed units. `known` are the orders
    with their counts, `traded` the changes of known positions, and `missed` the exits of known ones.
    """

    known: tuple[KnownOrder, ...]
    before: Mapping[PositionKey, int]
    traded: tuple[Change, ...]
    missed: tuple[DecidedExecution, ...]


def overnight(state: EngineState, seen: Iterable[KnownOrder]) -> Overnight:
    """Count what filled before the day's first poll into the master's known positions.

    What reduced one of them, in whole or in part, is a missed exit: the followers still hold their share.
    """
    known = {each.order.key: each for each in seen}
    done = sorted((each for each in known.values() if each.origin in _BEFORE and each.counted), key=_when)
    keys = {position_key(each.order) for each in done}
    tracked = {key for key in keys if state.positions.held((state.master_id, key)).quantity}
    traded: list[Change] = []
    missed: list[DecidedExecution] = []
    for each in done:
        units = each.counted - _counted_before(state, each)
        if position_key(each.order) not in tracked or not units:
            continue
        exit_ = _exit_before(state, each, units)
        traded.append(state.trade_master(each.order, units))
        if exit_ is not None:
            missed.append(exit_)
            known[each.order.key] = replace(each, executions=each.executions + 1)
    before = pre_existing_positions(each for each in done if position_key(each.order) not in tracked)
    return Overnight(tuple(known.values()), before, tuple(traded), tuple(missed))


def _exit_before(state: EngineState, known: KnownOrder, units: int) -> DecidedExecution | None:
    """Return the missed exit of an order that closed some of a known position; None where it closed nothing."""
    order, now = known.order, state.clock.now()
    share = closing_share(state.positions.held((state.master_id, position_key(order))).quantity, order.side, units)
    if share is None:
        return None
    execution = Execution(
        order, Origin.SEEN, known.executions + 1, share.closing, order.updated_at, now, closes=share
    )  # what it opened beyond that is history
    decision = Decision(Verdict.MISSED, "it executed before the day's first poll", Reason.TOO_OLD)
    id_ = state.take_execution_id()
    return DecidedExecution(id_, state.master_id, state.day, execution, decision, now, settled=False)


def report_missed(state: EngineState, missed: Iterable[DecidedExecution]) -> None:
    """Report the exits that the day's first poll found."""
    for decided in missed:
        _report(state, decided)


def _counted_before(state: EngineState, known: KnownOrder) -> int:
    """Return what earlier polls counted of an order: after midnight the broker may still show the previous day."""
    before = state.known.get(known.order.key)
    return before.counted if before is not None else 0


def pre_existing_positions(done: Iterable[KnownOrder]) -> Mapping[PositionKey, int]:
    """Return the positions that orders from before the first poll left open, in signed units: none has been copied.

    Delivery cannot be sold short overnight: a negative quantity was held before and is gone.
    """
    left: defaultdict[PositionKey, int] = defaultdict(int)
    for known in done:
        left[position_key(known.order)] += known.counted if known.order.side is Side.BUY else -known.counted
    return {
        key: quantity
        for key, quantity in left.items()
        if quantity > 0 or (quantity and key.product is not Product.DELIVERY)
    }


def report_baseline(state: EngineState, now: datetime) -> None:
    """Report how many orders the first poll at `now` found, and what happens with the open ones."""
    origins = [known.origin for known in state.known.values() if known.first_seen == now]
    done, open_ = origins.count(Origin.BASELINE), origins.count(Origin.OPEN_AT_START)
    policy = state.settings.master.open_orders_at_start
    after = "copied when they execute" if policy is OpenAtStart.COPY else "ignored"
    text = f"first poll of the day: {done} finished orders recorded and not copied, {open_} open ones {after}"
    state.emit(Level.INFO, EventKind.WATCH, "master", text)


_NONE: Mapping[PositionKey, int] = MappingProxyType({})


def miss_part_fills(state: EngineState, day: date, ended: Mapping[PositionKey, int] = _NONE) -> None:
    """List as missed what has filled and is not counted when a day before `day` ended.

    These are partial fills of orders that were still working, and executions whose price had not come yet.

    That counts each unit, so that it is neither copied automatically later nor taken for a trade of `day`. `ended` is
    what the master held, in signed units, of positions that are over and dropped already.
    """
    held = dict(ended)
    left = [known for known in state.known.values() if known.order.filled > known.counted and known.day < day]
    for known in sorted(left, key=_when):
        seen = count_early(known, seen_at=state.clock.now())
        if seen is not None and seen.execution is not None:
            _miss(state, seen, seen.execution, day, held)


def _when(known: KnownOrder) -> tuple[datetime, OrderId]:
    return known.order.updated_at or known.first_seen, known.order.order_id


def _miss(state: EngineState, seen: Observed, execution: Execution, day: date, held: dict[PositionKey, int]) -> None:
    """Record one such execution: the order's count and the decision are one transaction."""
    order, key = execution.order, position_key(execution.order)
    before = held.get(key, state.positions.held((state.master_id, key)).quantity)
    execution = replace(execution, closes=closing_share(before, order.side, execution.quantity))
    traded: list[Change] = []
    if state.positions.is_over(key, day):
        held[key] = before + signed(order.side, execution.quantity)
    else:
        traded = state.count_master(execution)
    decision = _decision(state, execution, seen.known.day)
    decided = DecidedExecution(
        state.take_execution_id(), state.master_id, seen.known.day, execution, decision, state.clock.now(),
        settled=decision.verdict is not Verdict.MISSED,
    )  # fmt: skip
    state.decide(decided, seen.known, traded)
    _report(state, decided)


def _decision(state: EngineState, execution: Execution, of: date) -> Decision:
    ignored = state.settings.master.open_orders_at_start is OpenAtStart.IGNORE and execution.closes is None
    if execution.origin is Origin.OPEN_AT_START and ignored:
        return Decision(Verdict.SKIP, "it was open when copytui started", Reason.OPEN_AT_START)
    if execution.order.order_status.is_final:
        return Decision(Verdict.MISSED, f"it was not decided when {of:%d %b} ended", Reason.TOO_OLD)
    return Decision(Verdict.MISSED, f"its order was still working when last seen, on {of:%d %b}", Reason.TOO_OLD)


def _report(state: EngineState, decided: DecidedExecution) -> None:
    execution, missed = decided.execution, decided.decision.verdict is Verdict.MISSED
    name, end = (f"#{decided.id} ", "missed") if missed else ("", "skipped")
    text = f"{name}{execution_words(execution)} {end}: {decided.decision.sentence}"
    level = Level.WARN if missed else Level.INFO
    state.emit(
        level, EventKind.DECISION, "master", text,
        execution=execution, execution_id=decided.id, code=EventCode.DECIDED,
    )  # fmt: skip
