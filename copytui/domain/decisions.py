"""Whether an execution is copied, and how much each follower gets (engine.md, "Decide").

`decide` asks the questions in the engine's order; the first "no" wins. It is pure, so that live
copying, dry runs, replays and tests run the same code. The first question, "already decided?", is
answered by the reducer: `copytui.domain.executions.observe` gives each execution once.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from copytui.domain.executions import Execution, Origin
from copytui.domain.filters import Filters, order_type_refusal, symbol_refusal
from copytui.domain.orders import ClientId
from copytui.domain.reasons import Reason
from copytui.domain.sizing import Sizing, size


class Verdict(StrEnum):
    """What becomes of an execution."""

    COPY = "copied"
    SIMULATE = "simulated"
    ASK = "asked"
    SKIP = "skipped"
    MISSED = "missed"


@dataclass(frozen=True, slots=True)
class Standing:
    """A follower as the rules see it. `capital_ratio` is its funds / the master's, None where unknown."""

    client_id: ClientId
    name: str
    sizing: Sizing
    enabled: bool = True
    halted: bool = False
    capital_ratio: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Conditions:
    """The rules in force at the moment of a decision, and the execution's age.

    `age` is None when it cannot be known. `by_hand` is set when the user asks for a missed execution
    to be copied after all: its age then holds it back no more, and no second yes is asked.
    """

    filters: Filters
    max_age: timedelta
    age: timedelta | None
    dry_run: bool
    require_confirmation: bool = False
    paused: bool = False
    halted: bool = False
    copy_open_at_start: bool = True
    token_known: bool = True
    by_hand: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """One follower's part: a quantity in units, or 0 with the reason why there is none."""

    follower: ClientId
    name: str
    quantity: int
    reason: Reason | None = None
    sentence: str = ""


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided of one execution; `plans` is empty where it went to no follower at all."""

    verdict: Verdict
    sentence: str
    reason: Reason | None = None
    plans: tuple[Plan, ...] = ()

    @property
    def copies(self) -> tuple[Plan, ...]:
        """The plans that give an order."""
        return tuple(plan for plan in self.plans if plan.quantity > 0)


def execution_age(execution: Execution, *, broker_now: datetime, last_look: datetime | None) -> timedelta | None:
    """Return how long ago `execution` happened; None when neither the broker nor our last look tells.

    The exchange's time stamp is compared with the broker's own clock, so a wrong clock here does no
    harm. Without a stamp, it happened after `last_look`, the last good look before this one.
    """
    since = execution.executed_at or last_look
    return None if since is None else max(broker_now - since, timedelta())


def decide(execution: Execution, conditions: Conditions, followers: tuple[Standing, ...]) -> Decision:
    """Decide on one execution, question by question."""
    no = _refusal(execution, conditions)
    if no is not None:
        return no
    plans = tuple(_plan(execution, follower) for follower in followers)
    takers = sum(plan.quantity > 0 for plan in plans)
    if not takers:
        reason = plans[0].reason if len({plan.reason for plan in plans}) == 1 else Reason.NO_FOLLOWER
        sentence = "; ".join(f"{plan.name}: {plan.sentence}" for plan in plans[:3]) or "there is no follower"
        return Decision(Verdict.SKIP, sentence, reason, plans)
    whom = f"{takers} follower" + ("s" if takers != 1 else "")
    if conditions.dry_run:
        return Decision(Verdict.SIMULATE, f"dry run: would be copied to {whom}", plans=plans)
    if conditions.require_confirmation and not conditions.by_hand:
        return Decision(Verdict.ASK, f"needs a yes before it is copied to {whom}", plans=plans)
    return Decision(Verdict.COPY, f"copied to {whom}", plans=plans)


def _refusal(execution: Execution, conditions: Conditions) -> Decision | None:
    order = execution.order
    if execution.origin is Origin.OPEN_AT_START and not conditions.copy_open_at_start:
        return Decision(Verdict.SKIP, "it was open when copytui started", Reason.OPEN_AT_START)
    if execution.quantity <= 0:
        return Decision(Verdict.SKIP, "nothing of it has executed", Reason.NOTHING_EXECUTED)
    if not conditions.by_hand:
        if conditions.age is None:
            return Decision(Verdict.MISSED, "nobody can tell when it executed", Reason.TOO_OLD)
        if conditions.age > conditions.max_age:
            text = f"seen {_seconds(conditions.age)} after it executed, more than {_seconds(conditions.max_age)}"
            return Decision(Verdict.MISSED, text, Reason.TOO_OLD)
    if words := symbol_refusal(conditions.filters, order.symbol):
        return Decision(Verdict.SKIP, words, Reason.SYMBOL)
    if words := order_type_refusal(conditions.filters, order.order_type):
        return Decision(Verdict.SKIP, words, Reason.ORDER_TYPE)
    if conditions.halted:
        return Decision(Verdict.MISSED, "copying is halted", Reason.HALTED)
    if conditions.paused:
        return Decision(Verdict.MISSED, "copying is paused", Reason.PAUSED)
    if execution.price <= 0:
        # Without one neither a protected limit nor the order's value can be told.
        return Decision(Verdict.MISSED, "the broker gave no price for it yet", Reason.NO_PRICE)
    if not conditions.token_known:
        return Decision(Verdict.MISSED, "the broker gave no token for this symbol", Reason.NO_TOKEN)
    return None


def _plan(execution: Execution, follower: Standing) -> Plan:
    if not follower.enabled:
        return Plan(follower.client_id, follower.name, 0, Reason.DISABLED, "this follower is taken out")
    if follower.halted:
        return Plan(follower.client_id, follower.name, 0, Reason.HALTED, "this follower is halted")
    sized = size(
        follower.sizing,
        quantity=execution.quantity,
        lot=execution.order.lot_size,
        price=execution.value_price,
        capital_ratio=follower.capital_ratio,
    )
    return Plan(follower.client_id, follower.name, sized.quantity, sized.reason, sized.sentence)


def _seconds(length: timedelta) -> str:
    seconds = length.total_seconds()
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"
