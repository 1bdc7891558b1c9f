"""The decision: whether an execution is copied, and how much each follower gets.

`decide` asks the questions of `copytui.domain.gates` and sizes what they let through. It is pure: live copying, dry
runs, replays and tests run the same code. Duplicates never get here: the reducer,
`copytui.domain.executions.observe`, returns each execution once.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from copytui.domain.executions import Execution, Origin
from copytui.domain.filter_rules import subject_of
from copytui.domain.filters import Filters
from copytui.domain.gates import GateFacts, Moment, Scope, first_no
from copytui.domain.orders import BookOrder, ClientId, Product, Side
from copytui.domain.positions import NOTHING, ExitFraction, Position, closable, exit_quantity, still_wanted
from copytui.domain.pre_existing import PreExisting, is_skipped_by, refusal
from copytui.domain.reasons import Reason
from copytui.domain.sessions import Closed
from copytui.domain.sizing import Sizing, size
from copytui.domain.text import money


class Verdict(StrEnum):
    """What becomes of an execution."""

    COPY = "copied"
    SIMULATE = "simulated"
    ASK = "asked"
    SKIP = "skipped"
    MISSED = "missed"


@dataclass(frozen=True, slots=True)
class FollowerContext:
    """A follower as the rules see it, for one execution.

    `capital_ratio` is its funds divided by the master's, None where unknown. `position` is what copying has built of
    the execution's position, with everything in flight, and `at_most` the same without the exits that are still queued
    (None: there are none); `other_positions` counts those of other symbols and products. `halted_because`,
    `close_only` (it takes exits only) and `ip_mismatch` say why something holds it back, None when nothing does;
    `session` says, in a dry run, why it could not be sent the order: nothing waits for its login then.
    `funds` is what it can still use, in rupees, None where no fresh figure is known. `prior_fills` and
    `prior_fills_planned` are the master's units of the same order that were sized before (`copy_on = "fill"`) and what
    the follower got for them. Two that compare equal are planned alike: the name plays no part.
    """

    client_id: ClientId = field(compare=False)
    name: str = field(compare=False)
    sizing: Sizing
    enabled: bool = True
    halted_because: str | None = None
    capital_ratio: Decimal | None = None
    position: Position = NOTHING
    at_most: int | None = None
    other_positions: int = 0
    close_only: str | None = None
    ip_mismatch: str | None = None
    session: str | None = None
    funds: Decimal | None = None
    prior_fills: int = 0
    prior_fills_planned: int = 0


@dataclass(frozen=True, slots=True)
class Conditions:
    """The rules in force at the moment of a decision, and the execution's age.

    `age` is None when it is unknown. `watched` says that copytui was watching when it happened: a late exit is then its
    own delay. `moment` is COPY_NOW when the user has a missed execution copied after all: its age no longer matters,
    and no approval is required. `closed` says why the order cannot trade now, and `closed_hours` why entries are not
    copied at this hour; `max_positions` 0 is no limit. `pre_existing` is for what reduces the master's older positions,
    and `day_doubt` says why it is uncertain which day it is. `today` is the trading day. The rest is for COPY_NOW: the
    day of the execution's price, the units of its position that the master holds now, and the part of what it opened
    that he still holds.
    """

    filters: Filters
    max_age: timedelta
    age: timedelta | None
    dry_run: bool
    require_confirmation: bool = False
    paused: bool = False
    halted_because: str | None = None
    copy_open_at_start: bool = True
    token_known: bool = True
    moment: Moment = Moment.DECISION
    watched: bool = False
    closed: Closed | None = None
    closed_hours: str | None = None
    max_positions: int = 0
    pre_existing: PreExisting = PreExisting.ASK
    day_doubt: str | None = None
    today: date = date.min
    price_day: date = date.max
    master_held: int | None = None
    left: Fraction = Fraction(1)


@dataclass(frozen=True, slots=True)
class Plan:
    """One follower's part: a quantity in units, or 0 with the reason why there is none.

    A follower has two where an execution turns the position over: `exit` is set in the one that closes.
    `rounding_carry` is what rounding leaves to the next exit, None where nothing changes. `withheld` are the units that
    an exit would have closed if the follower had not been halted or disabled: it is owed them.
    """

    follower: ClientId
    name: str
    quantity: int
    reason: Reason | None = None
    sentence: str = ""
    exit: ExitFraction | None = None
    rounding_carry: Fraction | None = None
    withheld: int = 0


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided for one execution; `plans` is empty where no follower was considered."""

    verdict: Verdict
    sentence: str
    reason: Reason | None = None
    plans: tuple[Plan, ...] = ()

    @property
    def copies(self) -> tuple[Plan, ...]:
        """The plans that lead to an order."""
        return tuple(plan for plan in self.plans if plan.quantity > 0)

    @property
    def withheld(self) -> tuple[Plan, ...]:
        """The plans of exits that a halt or a disabled follower held back."""
        return tuple(plan for plan in self.plans if plan.withheld > 0)


_SKIPS = frozenset({Reason.OPEN_AT_START, Reason.NOTHING_EXECUTED, Reason.SYMBOL, Reason.ORDER_TYPE})
"""The refusals that settle an execution; after the others it is missed, and waits for the user."""


def execution_age(execution: Execution, *, broker_now: datetime, last_look: datetime | None) -> timedelta | None:
    """Return how long ago `execution` happened; None when it is unknown.

    The exchange's time stamp is compared with the broker's clock, so a wrong local clock does no harm. Without a
    stamp, it happened after `last_look`, the last successful poll before this one.
    """
    since = execution.executed_at or last_look
    return None if since is None else max(broker_now - since, timedelta())


def decide(execution: Execution, conditions: Conditions, followers: tuple[FollowerContext, ...]) -> Decision:
    """Decide on one execution, question by question."""
    decision = _decide(execution, conditions, followers)
    if not execution.is_quoted:
        return decision
    priced = f"priced by the quote {money(execution.price)}, as the broker gave no average price"
    return replace(decision, sentence=f"{decision.sentence} ({priced})")


def _decide(execution: Execution, conditions: Conditions, followers: tuple[FollowerContext, ...]) -> Decision:
    facts = _facts(execution, conditions)
    # What refuses entries only is asked of the part that opens, follower by follower, where another part closes.
    asked = facts._replace(is_exit=execution.closes is not None)
    no = first_no(asked, conditions.moment, Scope.EXECUTION)
    if no is not None:
        is_skipped = no.code in _SKIPS or (
            no.code is Reason.PRE_EXISTING and is_skipped_by(execution, conditions.pre_existing)
        )
        return Decision(Verdict.SKIP if is_skipped else Verdict.MISSED, no.sentence, no.reason)
    plans = tuple(_all_plans(execution, conditions, facts, followers))
    takers = len({plan.follower for plan in plans if plan.quantity > 0})
    if not takers:
        reason = plans[0].reason if len({plan.reason for plan in plans}) == 1 else Reason.NO_FOLLOWER
        verdict = Verdict.MISSED if any(plan.withheld for plan in plans) else Verdict.SKIP
        return Decision(verdict, _why_nobody(plans), reason, plans)
    whom = f"{takers} follower" + ("s" if takers != 1 else "")
    if conditions.dry_run:
        return Decision(Verdict.SIMULATE, f"dry run: would be copied to {whom}", plans=plans)
    if conditions.require_confirmation and conditions.moment is Moment.DECISION:
        return Decision(Verdict.ASK, f"approval required before it is copied to {whom}", plans=plans)
    return Decision(Verdict.COPY, f"copied to {whom}", plans=plans)


def _why_nobody(plans: tuple[Plan, ...]) -> str:
    """Say why no follower gets anything; a reason that they all share is said once."""
    sentences = {plan.sentence for plan in plans}
    if len(plans) > 1 and len(sentences) == 1:
        return f"{sentences.pop()} (all followers)"
    return "; ".join(f"{plan.name}: {plan.sentence}" for plan in plans[:3]) or "there is no follower"


def _facts(execution: Execution, conditions: Conditions) -> GateFacts:
    """Return the facts that are the same for all followers."""
    order = execution.order
    return GateFacts(
        paused=conditions.paused,
        halted_because=conditions.halted_because,
        open_at_start=execution.origin is Origin.OPEN_AT_START and not conditions.copy_open_at_start,
        executed=execution.quantity,
        age=conditions.age,
        max_age=conditions.max_age,
        closed=conditions.closed,
        day_doubt=conditions.day_doubt,
        entry_doubt=conditions.day_doubt if execution.closes is None else None,
        is_own_delay=execution.closes is not None and conditions.watched,
        subject=subject_of(order, conditions.today),
        filters=conditions.filters,
        price=execution.price,
        token_known=conditions.token_known,
        closed_hours=conditions.closed_hours,
        older_position=refusal(execution, conditions.pre_existing),
        max_positions=conditions.max_positions,
        price_day=conditions.price_day,
        today=conditions.today,
        side=order.side,
        master_held=conditions.master_held,
        left=conditions.left,
    )


def _all_plans(
    execution: Execution, conditions: Conditions, facts: GateFacts, followers: tuple[FollowerContext, ...]
) -> Iterator[Plan]:
    """Yield all followers' plans; the rules are asked once for followers that are alike."""
    known: dict[FollowerContext, list[Plan]] = {}
    for follower in followers:
        plans = known.get(follower)
        if plans is None:
            plans = known[follower] = _plans(execution, conditions, facts, follower)
        for each in plans:
            yield Plan(
                follower.client_id, follower.name, each.quantity, each.reason, each.sentence, each.exit,
                each.rounding_carry, each.withheld,
            )  # fmt: skip


def _plans(execution: Execution, conditions: Conditions, facts: GateFacts, follower: FollowerContext) -> list[Plan]:
    """Plan one follower's part: first what it closes, then what it opens."""
    facts = facts._replace(
        enabled=follower.enabled,
        follower_halted=follower.halted_because,
        ip_mismatch=follower.ip_mismatch,
        session=follower.session,
        close_only=follower.close_only,
        other_positions=follower.other_positions,
        held=follower.position.quantity,
        funds=follower.funds,
    )
    no = first_no(facts._replace(is_exit=True), conditions.moment, Scope.FOLLOWER)
    exits = [] if execution.closes is None else [_exit(execution, execution.closes, follower)]
    if no is not None:  # what refuses an exit refuses an entry too
        refused = Plan(follower.client_id, follower.name, 0, no.reason, no.sentence)
        owed = [replace(refused, exit=plan.exit, withheld=plan.quantity) if plan.quantity else plan for plan in exits]
        return [*owed, refused] if execution.opening > 0 else owed
    return [*exits, _entry(execution, conditions, facts, follower)] if execution.opening > 0 else exits


def _exit(execution: Execution, share: ExitFraction, follower: FollowerContext) -> Plan:
    """Close the same share of what copying built; caps, loss limits and hours do not apply."""

    def none(reason: Reason, sentence: str, rounding_carry: Fraction | None = None) -> Plan:
        return Plan(follower.client_id, follower.name, 0, reason, sentence, share, rounding_carry)

    order, position = execution.order, follower.position
    # The exits in the queue go first and may close less than planned; a whole exit must close what they leave.
    most = position.quantity if follower.at_most is None or not share.is_whole else follower.at_most
    available = closable(most, order.side)
    if not available:
        return none(Reason.NOTHING_TO_CLOSE, "copying has built nothing here to close")
    found = exit_quantity(available, position.rounding_carry, share, order.lot_size)
    if found is None:
        return none(
            Reason.LOT_UNKNOWN, "the broker did not give the lot size, so only the whole position can be closed"
        )
    quantity, rounding_carry = found
    if not quantity:
        words = (
            f"the master closed {share.closing} of {share.held}: that share of {available} units is below one lot of"
            f" {order.lot_size}"
        )
        return none(Reason.BELOW_ONE_LOT, words, rounding_carry)
    return Plan(follower.client_id, follower.name, quantity, exit=share, rounding_carry=rounding_carry)


def _entry(execution: Execution, conditions: Conditions, facts: GateFacts, follower: FollowerContext) -> Plan:
    """Size the part that opens a position, unless something refuses entries."""
    order = execution.order

    def none(reason: Reason | None, sentence: str) -> Plan:
        return Plan(follower.client_id, follower.name, 0, reason, sentence)

    if (no := first_no(facts, conditions.moment, Scope.FOLLOWER)) is not None:
        return none(no.reason, no.sentence)
    sized = size(
        follower.sizing.for_symbol(order.symbol, order.underlying),
        quantity=follower.prior_fills + execution.opening,
        lot=order.lot_size,
        price=execution.value_price,
        capital_ratio=follower.capital_ratio,
    )
    if not sized.quantity:
        return none(sized.reason, sized.sentence)
    quantity = sized.quantity - follower.prior_fills_planned
    if quantity <= 0:
        return none(Reason.PIECE_DONE, f"its {follower.prior_fills_planned} units for this order are planned already")
    quantity = still_wanted(quantity, conditions.left, order.lot_size)
    value = quantity * execution.value_price if _is_paid_in_full(order) else None
    if (no := first_no(facts._replace(wanted=quantity, value=value), conditions.moment, Scope.QUANTITY)) is not None:
        return none(no.reason, no.sentence)
    return Plan(follower.client_id, follower.name, quantity)


def _is_paid_in_full(order: BookOrder) -> bool:
    """Tell whether the whole value must be paid: for bought options, and for shares bought for delivery."""
    return order.side is Side.BUY and (order.is_option or order.product is Product.DELIVERY)


@dataclass(frozen=True, slots=True)
class DecidedExecution:
    """An execution with its decision.

    `settled` is false while it waits for the user: asked, missed, or copied without some follower that is owed an exit.
    """

    id: int
    master: ClientId
    day: date
    execution: Execution
    decision: Decision
    decided_at: datetime
    settled: bool = True
