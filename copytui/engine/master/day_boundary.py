"""The day's first poll: orders from before it are recorded and reported, and never copied.

See docs/copying-rules.md, "From an order to an execution" and "Positions from before copytui watched".
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime
from types import MappingProxyType

from copytui.domain.changes import Change
from copytui.domain.decisions import DecidedExecution, Decision, Verdict
from copytui.domain.events import EventKind, Level
from copytui.domain.executions import Execution, KnownOrder, Observed, Origin, count_early
from copytui.domain.orders import OrderId, Product, Side
from copytui.domain.positions import PositionKey, closing_share, is_over, position_key, signed
from copytui.domain.reasons import Reason
from copytui.domain.text import clean, execution_words
from copytui.engine.calendar import day_of
from copytui.engine.state import EngineState
from copytui.settings.model import OpenAtStart

_BEFORE = frozenset({Origin.BASELINE, Origin.OPEN_AT_START})


def overnight(state: EngineState, seen: Iterable[KnownOrder]) -> tuple[Mapping[PositionKey, int], list[Change]]:
    """Count what filled before the day's first poll into the master's known positions, and report the others.

    Returns the pre-existing positions, in signed units, and the changes of the known ones.
    """
    done = [known for known in seen if known.origin in _BEFORE and known.counted]
    keys = {position_key(known.order) for known in done}
    tracked = {key for key in keys if state.positions.held((state.master_id, key)).quantity}
    before = pre_existing_positions(known for known in done if position_key(known.order) not in tracked)
    _warn_of_pre_existing(state, before)
    return before, [
        state.trade_master(known.order, units)
        for known in done
        if position_key(known.order) in tracked and (units := known.counted - _counted_before(state, known))
    ]


def _counted_before(state: EngineState, known: KnownOrder) -> int:
    """Return what earlier polls counted of an order: after midnight the broker may still show the previous day."""
    before = state.known.get(known.order.key)
    return before.counted if before is not None else 0


def repeat_pre_existing_warning(state: EngineState) -> None:
    """Warn again, when orders begin to be sent, of pre-existing positions that have not traded since."""
    if state.rules.dry_run:
        return
    traded = {
        position_key(decided.execution.order) for decided in state.executions.values() if decided.day == state.day
    }
    _warn_of_pre_existing(state, {key: units for key, units in state.pre_existing.items() if key not in traded})


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


def _warn_of_pre_existing(state: EngineState, left: Mapping[PositionKey, int]) -> None:
    """Warn that what closes such a position opens one for the followers, by the plain multiplier."""
    if not left:
        return
    names = [f"{quantity} {clean(key.symbol)} {key.product}" for key, quantity in left.items()]
    text = (
        f"the master traded before copytui watched: by today's order book he has open {', '.join(names)}."
        " Followers have no copy of it: what closes it opens a NEW position for them."
        " Block its symbol to prevent that (b on the screen, block_symbols in copytui.toml)"
    )
    state.emit(Level.WARN, EventKind.WATCH, "master", text)


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
    """List as missed the partial fills of orders that were still working when a day before `day` ended.

    That counts each unit, so that it is neither copied automatically later nor taken for a trade of `day`. `ended` is
    what the master held, in signed units, of positions that are over and dropped already.
    """
    held = dict(ended)
    left = [known for known in state.known.values() if not known.order.order_status.is_final and day_of(known) < day]
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
    if is_over(key, day):
        held[key] = before + signed(order.side, execution.quantity)
    else:
        traded = state.count_master(execution)
    decision = _decision(state, execution, day_of(seen.known))
    decided = DecidedExecution(
        state.take_execution_id(), state.master_id, day_of(seen.known), execution, decision, state.clock.now(),
        settled=decision.verdict is not Verdict.MISSED,
    )  # fmt: skip
    state.decide(decided, seen.known, traded)
    _report(state, decided)


def _decision(state: EngineState, execution: Execution, of: date) -> Decision:
    ignored = state.settings.master.open_orders_at_start is OpenAtStart.IGNORE and execution.closes is None
    if execution.origin is Origin.OPEN_AT_START and ignored:
        return Decision(Verdict.SKIP, "it was open when copytui started", Reason.OPEN_AT_START)
    return Decision(Verdict.MISSED, f"its order was still working when last seen, on {of:%d %b}", Reason.TOO_OLD)


def _report(state: EngineState, decided: DecidedExecution) -> None:
    execution, missed = decided.execution, decided.decision.verdict is Verdict.MISSED
    name, end = (f"#{decided.id} ", "missed") if missed else ("", "skipped")
    text = f"{name}{execution_words(execution)} {end}: {decided.decision.sentence}"
    level = Level.WARN if missed else Level.INFO
    state.emit(level, EventKind.DECISION, "master", text, execution=execution, execution_id=decided.id)
