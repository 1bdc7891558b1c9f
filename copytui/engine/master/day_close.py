"""What a day left unfinished: units that filled of orders whose end nobody saw (engine.md, invariant 2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from types import MappingProxyType

from copytui.domain.decisions import Decision, Verdict
from copytui.domain.events import EventKind, Level
from copytui.domain.executions import Execution, KnownOrder, Observed, Origin, count_early
from copytui.domain.orders import OrderId
from copytui.domain.positions import PositionKey, closing_share, is_over, position_key, signed
from copytui.domain.reasons import Reason
from copytui.domain.text import execution_words
from copytui.engine.calendar import day_of
from copytui.engine.state import Desk
from copytui.journal.statements import DecidedExecution, Statement, save_known, save_share
from copytui.settings.model import OpenAtStart

_NONE: Mapping[PositionKey, int] = MappingProxyType({})


def miss_part_fills(desk: Desk, day: date, ended: Mapping[PositionKey, int] = _NONE) -> None:
    """List as missed what had filled of orders that still worked when a day before `day` ended.

    Each unit is counted with that, so that it is never copied by itself afterwards, nor taken for a trade of `day`.
    `ended` is what the master held, in signed units, of positions that are over and forgotten already.
    """
    held = dict(ended)
    left = [known for known in desk.known.values() if not known.order.stage.is_final and day_of(known) < day]
    for known in sorted(left, key=_when):
        seen = count_early(known, seen_at=desk.clock.now())
        if seen is not None and seen.execution is not None:
            _miss(desk, seen, seen.execution, day, held)


def _when(known: KnownOrder) -> tuple[datetime, OrderId]:
    return known.order.updated_at or known.first_seen, known.order.order_id


def _miss(desk: Desk, seen: Observed, execution: Execution, day: date, held: dict[PositionKey, int]) -> None:
    """Keep one such execution; that its order counts it and what was decided are one transaction."""
    order, key = execution.order, position_key(execution.order)
    before = held.get(key, desk.positions.held((desk.master_id, key)).quantity)
    execution = replace(execution, closes=closing_share(before, order.side, execution.quantity))
    traded: list[Statement] = []
    if is_over(key, day):
        held[key] = before + signed(order.side, execution.quantity)
    else:
        traded = desk.trade_of_master(execution)
    decision = _decision(desk, execution, day_of(seen.known))
    decided = DecidedExecution(
        desk.next_execution_id, desk.master_id, day_of(seen.known), execution, decision, desk.clock.now(),
        settled=decision.verdict is not Verdict.MISSED,
    )  # fmt: skip
    desk.next_execution_id += 1
    desk.known[order.key] = seen.known
    known = save_known(seen.known, desk.master_id, decided.day)
    desk.settle_execution(decided, [*save_share(decided), known, *traded])
    _tell(desk, decided)


def _decision(desk: Desk, execution: Execution, of: date) -> Decision:
    if execution.origin is Origin.OPEN_AT_START and desk.settings.master.open_orders_at_start is OpenAtStart.IGNORE:
        return Decision(Verdict.SKIP, "it was open when copytui started", Reason.OPEN_AT_START)
    return Decision(Verdict.MISSED, f"its order still worked when it was last seen, on {of:%d %b}", Reason.TOO_OLD)


def _tell(desk: Desk, decided: DecidedExecution) -> None:
    execution, missed = decided.execution, decided.decision.verdict is Verdict.MISSED
    name, end = (f"#{decided.id} ", "missed") if missed else ("", "skipped")
    text = f"{name}{execution_words(execution)} {end}: {decided.decision.sentence}"
    level = Level.WARN if missed else Level.INFO
    desk.tell(level, EventKind.DECISION, "master", text, execution=execution, execution_id=decided.id)
