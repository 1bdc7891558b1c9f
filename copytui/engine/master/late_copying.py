"""Copying late: missed executions and withheld exits that the user copies after all."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from copytui.domain.decisions import Conditions, DecidedExecution, Decision, Verdict
from copytui.domain.executions import Execution
from copytui.domain.gates import Moment
from copytui.domain.reasons import Reason
from copytui.domain.withheld import is_owed, joined_with
from copytui.engine.master.decider import Decider
from copytui.engine.master.order_inputs import OrderInputs
from copytui.engine.orders.manual import answer, held_by_master, part_left, price_day, stays_missed
from copytui.engine.orders.planner import new_copies
from copytui.engine.state import EngineState


class LateCopying:
    """Decides again on what was not copied, by what is true now."""

    def __init__(self, state: EngineState, order_inputs: OrderInputs, decider: Decider) -> None:
        """Use `state`."""
        self._state = state
        self._order_inputs = order_inputs
        self._decider = decider

    async def copy_missed(self, decided: DecidedExecution) -> Decision:
        """Decide again on a missed execution that the user wants to copy, and carry it out."""
        decided = replace(decided, execution=await self._priced(decided.execution))
        async with self._decider.lock:
            # The instrument list may have been loaded since.
            decided = replace(decided, execution=self._order_inputs.completed(decided.execution))
            before, execution = self._state.executions.get(decided.id), decided.execution
            decision, token = await self._decider.decide(
                execution, partial(self._manual_conditions, decided), missed=decided.id
            )
            if before is None or before.settled or self._state.executions.get(decided.id) is not before:
                return decision if before is None else self._state.executions[decided.id].decision
            if (stays := stays_missed(self._state, decided, decision)) is not None:
                return stays
            said = answer(self._state, execution, decision)
            again = replace(decided, decision=decision, settled=not is_owed(decision))
            is_new = decided.decision.reason is Reason.PRE_EXISTING and bool(decision.copies)
            traded = self._state.count_master(execution) if is_new else []  # what it opens now is the master's to close
            copies = new_copies(self._state, again, token, self._order_inputs.price_band(execution))
            self._decider.carry_out(again, copies, traded=traded)
            return said

    async def copy_withheld(self, decided: DecidedExecution) -> Decision:
        """Decide again on the exit of the followers that did not get it, and carry it out for those that may now."""
        async with self._decider.lock:
            decided = replace(decided, execution=self._order_inputs.completed(decided.execution))
            before, execution = self._state.executions.get(decided.id), decided.execution
            owed = frozenset(plan.follower for plan in decided.decision.withheld)
            if execution.closes is not None:  # what it opened concerns only who got it then
                execution = replace(execution, quantity=execution.closes.closing)
            conditions = partial(self._manual_conditions, decided)
            decision, token = await self._decider.decide(execution, conditions, missed=decided.id, only=owed)
            if before is None or before.settled or self._state.executions.get(decided.id) is not before:
                return decision if before is None else self._state.executions[decided.id].decision
            if decision.verdict is not Verdict.COPY and (decision.verdict is not Verdict.SKIP or decision.withheld):
                return replace(decision, sentence=f"{decision.sentence}; it stays on the list")
            said = answer(self._state, execution, decision)
            whole = joined_with(decided.decision, decision)
            again = replace(decided, decision=whole, settled=not is_owed(whole))
            part = replace(decided, execution=execution, decision=decision)
            copies = new_copies(self._state, part, token, self._order_inputs.price_band(execution))
            self._decider.carry_out(again, copies)
            return said

    async def _priced(self, execution: Execution) -> Execution:
        """Return a missed execution with the price that came later, or else with that of a quote."""
        known = self._state.known.get(execution.key)
        if known is not None and known.order.average_price > 0:
            order = replace(execution.order, average_price=known.order.average_price)
            return replace(execution, order=order)  # what is copied does not change
        if execution.price > 0 or (price := await self._order_inputs.last_price(execution)) is None:
            return execution
        return replace(execution, order=replace(execution.order, average_price=price), is_quoted=True)

    def _manual_conditions(self, decided: DecidedExecution) -> Conditions:
        """Return the conditions for a missed execution that the user wants to copy; its entry may be too late."""
        state, execution = self._state, decided.execution
        return replace(
            self._decider.conditions(execution, None, watched=False, moment=Moment.COPY_NOW),
            price_day=price_day(decided),
            master_held=held_by_master(state, execution),
            left=part_left(state, decided),
        )
