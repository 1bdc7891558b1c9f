"""Approvals: executions that wait for the user, who approves or declines them by command, or that expire."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from fractions import Fraction

from copytui.domain.copies import ChildOrder, CopyState, move
from copytui.domain.decisions import DecidedExecution, Verdict
from copytui.domain.events import EventCode, EventKind, Level
from copytui.domain.gates import Moment
from copytui.domain.orders import ClientId, largest_order
from copytui.domain.positions import still_wanted
from copytui.domain.reasons import Reason
from copytui.domain.sizing import PlannedPart, changed_quantity_refusal
from copytui.domain.text import execution_words, order_words
from copytui.domain.withheld import is_owed
from copytui.engine.master.decision_report import report_simulated
from copytui.engine.orders.manual import part_left
from copytui.engine.safety.gate_facts import approval_refusal, session_refusal
from copytui.engine.state import EngineState

_CLOCKS_DIFFER = timedelta(seconds=5)
"""The wall clock may run this much ahead, by corrections, before it means that the computer slept."""
_LOOK_SECONDS = 5.0
"""How often the wall clock is checked while an approval waits."""


class Approvals:
    """The executions that wait for the user, each with its deadline in monotonic seconds."""

    def __init__(self, state: EngineState) -> None:
        """Use `state`."""
        self._state = state
        self._deadlines: dict[int, float] = {}
        self._asked_at: dict[int, datetime] = {}
        self._asked_on: dict[int, date] = {}
        self._parts_left: dict[int, tuple[int, Fraction]] = {}
        self._wake = asyncio.Event()
        self.asked = asyncio.Event()

    @property
    def waiting(self) -> Mapping[int, float]:
        """The ids of the executions that wait, with their deadlines."""
        return self._deadlines

    @property
    def reduced(self) -> Mapping[int, Fraction]:
        """The fraction that the master still holds, by waiting execution; only where he has closed some of it."""
        return {id_: left for id_ in self._deadlines if (left := self._left(id_)) < 1}

    def ask(self, decided: DecidedExecution) -> None:
        """Start waiting for an answer."""
        self._deadlines[decided.id] = self._state.clock.monotonic() + self._state.settings.confirmation_timeout_seconds
        self._asked_at[decided.id], self._asked_on[decided.id] = self._state.clock.now(), decided.day
        self._wake.set()
        self.asked.set()

    async def expire(self) -> None:
        """Expire approvals without an answer in time; runs until cancelled."""
        while True:
            now = self._state.clock.monotonic()
            for id_ in [id_ for id_, deadline in self._deadlines.items() if deadline <= now or self._slept_over(id_)]:
                self._expire(id_)
            self._wake.clear()
            soonest = min(self._deadlines.values(), default=None)
            wait = None if soonest is None else min(max(soonest - now, 0.0), _LOOK_SECONDS)
            await self._state.clock.wait(self._wake, wait)

    def _expire(self, id_: int, why: str = "no answer in time") -> None:
        exit_ = self._state.executions[id_].execution.closes is not None
        more = "; this was an exit: the followers' position stays open" if exit_ else ""
        text = f"{why}: expired, not copied{more}"
        if exit_:  # nobody has said no, and the master is out
            self._close(id_, CopyState.EXPIRED, Reason.NO_ANSWER, text, level=Level.WARN, verdict=Verdict.MISSED)
        else:
            self._close(id_, CopyState.EXPIRED, Reason.NO_ANSWER, text)

    def _slept_over(self, id_: int) -> bool:
        """Return whether the time is over by the wall clock: a sleeping computer stops the monotonic one."""
        asked_at, now = self._asked_at[id_], self._state.clock.now()
        patience = timedelta(seconds=self._state.settings.confirmation_timeout_seconds)
        return now - asked_at > patience + _CLOCKS_DIFFER or self._asked_on[id_] != self._state.today

    def approve(self, id_: int, quantities: Mapping[ClientId, int]) -> str:
        """Approve an execution, with other quantities where given; returns the outcome as a sentence."""
        state = self._state
        if id_ not in self._deadlines:
            return f"#{id_} is not waiting for an answer"
        if self._slept_over(id_):
            self._expire(id_)
            return f"#{id_} has expired: it waited too long"
        decided = state.executions[id_]
        asked = self._asked(id_)
        order = decided.execution.order
        if (no := session_refusal(state, order, Moment.APPROVAL)) is not None:
            self._close(id_, CopyState.EXPIRED, no.reason, f"{no.sentence}: not copied", verdict=Verdict.MISSED)
            return f"not sent: {no.sentence}; it is listed as missed"
        wrong = [words for client, units in quantities.items() if (words := self._refusal(decided, client, units))]
        if wrong:
            return wrong[0]
        left = self._left(id_)
        given = {
            part: units for client, total in quantities.items() for part, units in self._parts(id_, client, total, left)
        }
        answered = [(copy, self._let_go(copy, given.get(copy.id), left)) for copy in asked]
        sent = len({after.follower for _copy, after in answered if after.state is not CopyState.SKIPPED})
        verdict = Verdict.SIMULATE if state.rules.dry_run else Verdict.COPY
        text = f"approved for {sent} follower{'s' if sent != 1 else ''}"
        if not sent:
            text = "nothing sent: " + "; ".join(dict.fromkeys(after.error or "" for _copy, after in answered))
        self._settle(decided, verdict if sent else Verdict.SKIP, None if sent else Reason.DECLINED, text, answered)
        report_simulated(state, [after for _copy, after in answered])
        return text

    def _asked(self, id_: int) -> list[ChildOrder]:
        return [copy for copy in self._state.copies_of(id_) if copy.state is CopyState.ASKED]

    def _refusal(self, decided: DecidedExecution, client: ClientId, units: int) -> str | None:
        """Return why a changed quantity cannot be sent: whole lots and the follower's caps apply to it too."""
        slices = [copy for copy in self._asked(decided.id) if copy.follower == client]
        follower, order = self._state.followers.get(client), decided.execution.order
        if not slices:
            return None
        if follower is None:
            return "its follower is no longer in the settings"
        part = PlannedPart(
            planned=sum(copy.order.quantity for copy in slices),
            slices=len(slices),
            lot=order.lot_size,
            price=decided.execution.value_price,
            sizing=follower.settings.sizing.for_symbol(order.symbol, order.underlying),
            is_exit=slices[0].exit is not None,
            turns_over=len({copy.exit is None for copy in slices}) > 1,
            largest=self._largest(decided),
        )
        no = changed_quantity_refusal(units, part)
        return None if no is None else f"{follower.name}: {no}"

    def _largest(self, decided: DecidedExecution) -> int | None:
        order = decided.execution.order
        return largest_order(order.underlying, order.exchange, order.lot_size, self._state.settings.freeze_quantities)

    def _parts(self, id_: int, client: ClientId, total: int, left: Fraction) -> Iterator[tuple[int, int]]:
        """Distribute a follower's quantity over its slices, filling the first ones first."""
        slices = [copy for copy in self._asked(id_) if copy.follower == client]
        for number, copy in enumerate(slices):
            last = number == len(slices) - 1
            units = total if last else min(total, self._most(copy, left))
            total -= units
            yield copy.id, units

    def _left(self, id_: int) -> Fraction:
        """Return the fraction that the master still holds of what an execution opened.

        This is called several times per second, so each newer execution is processed once per waiting execution.
        """
        executions = self._state.executions
        seen, left = self._parts_left.get(id_, (id_, Fraction(1)))
        newest = max(seen, next(reversed(executions), seen))
        if newest > seen:
            left *= part_left(self._state, executions[id_], after=seen)
            self._parts_left[id_] = newest, left
        return left

    def _most(self, copy: ChildOrder, left: Fraction) -> int:
        """Return the most units of a planned order that are wanted when the master holds the fraction `left`."""
        lot = self._state.executions[copy.execution_id].execution.order.lot_size
        return copy.order.quantity if copy.exit is not None else still_wanted(copy.order.quantity, left, lot)

    def _let_go(self, copy: ChildOrder, quantity: int | None, left: Fraction) -> ChildOrder:
        """Return the copy after an approval; an entry gets no more than the fraction that the master has `left`."""
        state, now = self._state, self._state.clock.now()
        if quantity == 0:
            return move(copy, CopyState.SKIPPED, now, error="left out by the user")
        units = copy.order.quantity if quantity is None else quantity
        if copy.exit is None and left < 1:
            units = min(units, self._most(copy, left))
        if (no := approval_refusal(state, copy, left, units)) is not None:
            if no.code is not Reason.MASTER_OUT:
                text = f"{order_words(copy.order)} not sent: {no.sentence}"
                state.emit(Level.WARN, EventKind.COPY, state.followers[copy.follower].name, text, copy=copy)
            return move(copy, CopyState.SKIPPED, now, error=no.sentence)
        order = replace(copy.order, quantity=units)
        if state.rules.dry_run:
            return move(copy, CopyState.SIMULATED, now, order=order, dry_run=True)
        return move(copy, CopyState.QUEUED, now, order=order, queued_at=now)

    def decline(self, id_: int) -> str:
        """Decline an execution that waits; returns the outcome as a sentence."""
        if id_ not in self._deadlines:
            return f"#{id_} is not waiting for an answer"
        self._close(id_, CopyState.SKIPPED, Reason.DECLINED, "declined: not copied")
        return "declined"

    def close(self, id_: int, reason: Reason, text: str) -> None:
        """Close an approval for another reason than the user's answer."""
        self._close(id_, CopyState.SKIPPED, reason, text)

    def expire_now(self, id_: int) -> None:
        """Expire an approval from before a restart."""
        self._expire(id_, "no answer before copytui stopped")

    def _close(
        self,
        id_: int,
        to: CopyState,
        reason: Reason,
        text: str,
        *,
        level: Level = Level.INFO,
        verdict: Verdict = Verdict.SKIP,
    ) -> None:
        now = self._state.clock.now()
        closed = [(copy, move(copy, to, now, error=text)) for copy in self._asked(id_)]
        self._settle(self._state.executions[id_], verdict, reason, text, closed, level=level)

    def _settle(
        self,
        decided: DecidedExecution,
        verdict: Verdict,
        reason: Reason | None,
        text: str,
        answered: Sequence[tuple[ChildOrder, ChildOrder]],
        *,
        level: Level = Level.INFO,
    ) -> None:
        """Record the answer: the execution and all of its copies are one transaction."""
        self._deadlines.pop(decided.id, None)
        self._asked_at.pop(decided.id, None)
        self._parts_left.pop(decided.id, None)
        decision = replace(decided.decision, verdict=verdict, reason=reason, sentence=text)
        waits = verdict is Verdict.MISSED or is_owed(decision)
        self._state.settle(replace(decided, decision=decision, settled=not waits), answered)
        words = f"#{decided.id} {execution_words(decided.execution)} {text}"
        self._state.emit(
            level, EventKind.APPROVAL, "master", words,
            execution=decided.execution, execution_id=decided.id, code=EventCode.DECIDED,
        )  # fmt: skip
