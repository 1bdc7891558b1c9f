"""Decisions on executions, new ones and those that the user copies late, and what is recorded of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta

from copytui.domain.changes import Change
from copytui.domain.copies import ChildOrder
from copytui.domain.day import DayTrouble
from copytui.domain.decisions import Conditions, DecidedExecution, Decision, Verdict, decide
from copytui.domain.executions import Execution, KnownOrder
from copytui.domain.gates import Moment
from copytui.domain.orders import ClientId
from copytui.engine.master.decision_report import report_decision
from copytui.engine.master.older_positions import count_master
from copytui.engine.master.order_inputs import OrderInputs
from copytui.engine.orders.approvals import Approvals
from copytui.engine.orders.planner import follower_contexts, rounding_left
from copytui.engine.safety.gate_facts import closed, decision_closed
from copytui.engine.state import EngineState
from copytui.settings.model import OpenAtStart


class Decider:
    """Decides on executions, and carries the decisions out; whoever does so holds `lock`, one at a time."""

    def __init__(self, state: EngineState, approvals: Approvals, order_inputs: OrderInputs) -> None:
        """Use `state`; `order_inputs` finds the order inputs that the order book lacks."""
        self.lock = asyncio.Lock()
        self._state = state
        self._approvals = approvals
        self._order_inputs = order_inputs

    def carry_out(
        self,
        decided: DecidedExecution,
        copies: list[ChildOrder],
        known: KnownOrder | None = None,
        traded: Sequence[Change] = (),
    ) -> None:
        """Record a decision with its child orders and position changes, and pass them to the followers or to the user.

        `known` is the order that a new execution counts; the master's position is counted with it.
        """
        state, carried = self._state, rounding_left(self._state, decided)
        counted = [] if known is None else count_master(state, decided)
        state.decide(decided, known, [*counted, *traded, *carried], copies)
        report_decision(state, decided)
        if decided.decision.verdict is Verdict.ASK:
            self._approvals.ask(decided)
        state.wake_dispatcher.set()

    async def decide(
        self,
        execution: Execution,
        conditions: Callable[[], Conditions],
        *,
        missed: int | None = None,
        only: frozenset[ClientId] | None = None,
    ) -> tuple[Decision, str]:
        """Decide, for all followers or for `only` some.

        Where something is to be sent, it is with the symbol's token (missed without one) and circuits.
        After the requests to the broker everything is decided again: the user may have paused meanwhile.
        """
        decision = decide(execution, conditions(), follower_contexts(self._state, execution, missed, only))
        if decision.verdict not in (Verdict.COPY, Verdict.ASK):
            return decision, execution.order.token or ""
        token = await self._order_inputs.gather(execution)
        now = replace(conditions(), token_known=token is not None)
        return decide(execution, now, follower_contexts(self._state, execution, missed, only)), token or ""

    def conditions(
        self, execution: Execution, age: timedelta | None, *, watched: bool, moment: Moment = Moment.DECISION
    ) -> Conditions:
        """Return the rules in force now, for an execution of this `age`; `watched` as in `Conditions`."""
        state, rules, master = self._state, self._state.rules, self._state.settings.master
        return Conditions(
            filters=rules.filters,
            max_age=timedelta(seconds=master.max_order_age_seconds),
            age=age,
            dry_run=rules.dry_run,
            require_confirmation=rules.require_confirmation,
            paused=rules.paused,
            halted_because=rules.halted_because,
            copy_open_at_start=master.open_orders_at_start is OpenAtStart.COPY,
            moment=moment,
            watched=watched,
            closed=decision_closed(state, execution) if moment is Moment.DECISION else closed(state, execution.order),
            closed_hours=state.settings.trading.refusal(state.clock.now()),
            max_positions=state.settings.risk.max_open_positions,
            today=state.today,
            pre_existing=state.settings.positions.pre_existing,
            day_doubt=state.day_doubt if state.dates.trouble is DayTrouble.UNSETTLED else None,
        )
