"""Whether an execution is copied, and how much each follower gets (engine.md, "Decide").

`decide` asks the questions in the engine's order; the first "no" wins. It is pure, so that live
copying, dry runs, replays and tests run the same code. The first question, "already decided?", is
answered by the reducer: `copytui.domain.executions.observe` gives each execution once.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from copytui.domain.executions import Execution, Origin
from copytui.domain.filters import Filters, order_type_refusal, symbol_refusal
from copytui.domain.orders import ClientId, Product, Side
from copytui.domain.positions import NOTHING, ExitFraction, Position, closable, exit_quantity, still_wanted
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
class FollowerContext:
    """A follower as the rules see it, for one execution.

    `capital_ratio` is its funds / the master's, None where unknown. `position` is what copying has built of the
    execution's position, with everything in flight, and `at_most` the same without the exits that still wait (None:
    there are none); `other_positions` counts those of other symbols and products.
    `close_only` says why it takes exits only, `ip_mismatch` that its orders would
    leave from the wrong address, '' when nothing is wrong. `funds` is what it can still use, in rupees,
    None where no fresh figure is at hand. `prior_fills` and `prior_fills_planned` are the master's units of the same
    order that were sized before (`copy_on = "fill"`) and what the follower got for them.
    """

    client_id: ClientId
    name: str
    sizing: Sizing
    enabled: bool = True
    halted: bool = False
    capital_ratio: Decimal | None = None
    position: Position = NOTHING
    at_most: int | None = None
    other_positions: int = 0
    close_only: str = ""
    ip_mismatch: str = ""
    funds: Decimal | None = None
    prior_fills: int = 0
    prior_fills_planned: int = 0


@dataclass(frozen=True, slots=True)
class Conditions:
    """The rules in force at the moment of a decision, and the execution's age.

    `age` is None when it cannot be known. `watched` says that copytui was watching when it happened, so that a
    late exit is our own delay. `by_hand` is set when the user asks for a missed execution to be copied after all:
    its age then holds it back no more, and no second yes is asked. `closed_hours` says why it is no time for
    entries; `max_positions` 0 is no limit. `entry_too_late` says why what a missed execution opens is not opened any
    more, and `left` is the part of it that the master still holds.
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
    watched: bool = False
    closed_hours: str = ""
    max_positions: int = 0
    entry_too_late: str = ""
    left: Fraction = Fraction(1)


@dataclass(frozen=True, slots=True)
class Plan:
    """One follower's part: a quantity in units, or 0 with the reason why there is none.

    A follower has two where an execution turns the position over: `exit` is set in the one that closes.
    `rounding_carry` is what rounding leaves to the next exit, None where nothing changes.
    """

    follower: ClientId
    name: str
    quantity: int
    reason: Reason | None = None
    sentence: str = ""
    exit: ExitFraction | None = None
    rounding_carry: Fraction | None = None


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


def decide(execution: Execution, conditions: Conditions, followers: tuple[FollowerContext, ...]) -> Decision:
    """Decide on one execution, question by question."""
    no = _refusal(execution, conditions)
    if no is not None:
        return no
    plans = tuple(plan for follower in followers for plan in _plans(execution, conditions, follower))
    takers = len({plan.follower for plan in plans if plan.quantity > 0})
    if not takers:
        reason = plans[0].reason if len({plan.reason for plan in plans}) == 1 else Reason.NO_FOLLOWER
        sentence = _why_nobody(plans)
        return Decision(Verdict.SKIP, sentence, reason, plans)
    whom = f"{takers} follower" + ("s" if takers != 1 else "")
    if conditions.dry_run:
        return Decision(Verdict.SIMULATE, f"dry run: would be copied to {whom}", plans=plans)
    if conditions.require_confirmation and not conditions.by_hand:
        return Decision(Verdict.ASK, f"needs a yes before it is copied to {whom}", plans=plans)
    return Decision(Verdict.COPY, f"copied to {whom}", plans=plans)


def _why_nobody(plans: tuple[Plan, ...]) -> str:
    """Say why no follower gets anything; what is the same for all of them once."""
    sentences = {plan.sentence for plan in plans}
    if len(plans) > 1 and len(sentences) == 1:
        return f"for every follower: {sentences.pop()}"
    return "; ".join(f"{plan.name}: {plan.sentence}" for plan in plans[:3]) or "there is no follower"


def _refusal(execution: Execution, conditions: Conditions) -> Decision | None:
    order = execution.order
    if execution.origin is Origin.OPEN_AT_START and not conditions.copy_open_at_start:
        return Decision(Verdict.SKIP, "it was open when copytui started", Reason.OPEN_AT_START)
    if execution.quantity <= 0:
        return Decision(Verdict.SKIP, "nothing of it has executed", Reason.NOTHING_EXECUTED)
    # A delay on our side never makes an exit too old.
    if not (execution.closes and conditions.watched) and (old := _too_old(conditions)):
        return Decision(Verdict.MISSED, old, Reason.TOO_OLD)
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


def _too_old(conditions: Conditions) -> str:
    if conditions.by_hand:
        return ""
    if conditions.age is None:
        return "nobody can tell when it executed"
    if conditions.age > conditions.max_age:
        return f"seen {_seconds(conditions.age)} after it executed, more than {_seconds(conditions.max_age)}"
    return ""


def _plans(execution: Execution, conditions: Conditions, follower: FollowerContext) -> list[Plan]:
    """Plan one follower's part: what it closes, and then what it opens."""
    out = (Reason.DISABLED, "this follower is taken out") if not follower.enabled else None
    if follower.halted:
        out = out or (Reason.HALTED, "this follower is halted")
    if out is not None:
        return [Plan(follower.client_id, follower.name, 0, *out)]
    exits = [] if execution.closes is None else [_exit(execution, execution.closes, follower)]
    return [*exits, _entry(execution, conditions, follower)] if execution.opening > 0 else exits


def _exit(execution: Execution, share: ExitFraction, follower: FollowerContext) -> Plan:
    """Close the same share of what copying built; no cap, loss limit or hour holds it back."""

    def none(reason: Reason, sentence: str, rounding_carry: Fraction | None = None) -> Plan:
        return Plan(follower.client_id, follower.name, 0, reason, sentence, share, rounding_carry)

    order, position = execution.order, follower.position
    # The exits that wait go first and may find less to close: who gets out whole leaves nothing to that.
    most = position.quantity if follower.at_most is None or not share.is_whole else follower.at_most
    available = closable(most, order.side)
    if not available:
        return none(Reason.NOTHING_TO_CLOSE, "copying has built nothing here that could be closed")
    found = exit_quantity(available, position.rounding_carry, share, order.lot_size)
    if found is None:
        return none(Reason.LOT_UNKNOWN, "the broker did not tell the lot size, so only the whole can be closed")
    quantity, rounding_carry = found
    if not quantity:
        words = (
            f"the master closed {share.closing} of {share.held}: of {available} units that is below a lot of"
            f" {order.lot_size}"
        )
        return none(Reason.BELOW_ONE_LOT, words, rounding_carry)
    return Plan(follower.client_id, follower.name, quantity, exit=share, rounding_carry=rounding_carry)


def _entry(execution: Execution, conditions: Conditions, follower: FollowerContext) -> Plan:
    """Size the part that opens a position, unless something forbids entries."""
    order = execution.order

    def none(reason: Reason, sentence: str) -> Plan:
        return Plan(follower.client_id, follower.name, 0, reason, sentence)

    if words := conditions.entry_too_late or (_too_old(conditions) if execution.closes else ""):
        return none(Reason.TOO_OLD, words)
    if follower.ip_mismatch:
        return none(Reason.WRONG_ADDRESS, follower.ip_mismatch)
    limit = entry_refusal(
        close_only=follower.close_only,
        closed_hours=conditions.closed_hours,
        others=follower.other_positions,
        most=conditions.max_positions,
        held=follower.position.quantity,
    )
    if limit is not None:
        return none(*limit)
    sized = size(
        follower.sizing.for_symbol(order.symbol),
        quantity=follower.prior_fills + execution.opening,
        lot=order.lot_size,
        price=execution.value_price,
        capital_ratio=follower.capital_ratio,
    )
    quantity = sized.quantity - follower.prior_fills_planned
    if sized.quantity and quantity <= 0:
        return none(Reason.PIECE_DONE, f"its {follower.prior_fills_planned} units for this order are planned already")
    if quantity > 0 and not (quantity := still_wanted(quantity, conditions.left, order.lot_size)):
        return none(Reason.MASTER_OUT, "the master has closed all but less than a lot of it since")
    if sized.quantity and (words := _short_of_funds(execution, quantity, follower)):
        return none(Reason.SHORT_OF_FUNDS, words)
    return Plan(follower.client_id, follower.name, max(quantity, 0), sized.reason, sized.sentence)


def entry_refusal(
    *, close_only: str, closed_hours: str, others: int, most: int, held: int
) -> tuple[Reason, str] | None:
    """Say which limit keeps entries from a follower; None when they may go. `most` 0 is no limit.

    `others` are its positions in other symbols and products, `held` is what it holds of this one.
    """
    if close_only:
        return Reason.LOSS_LIMIT, f"close only: {close_only}"
    if closed_hours:
        return Reason.OUTSIDE_HOURS, closed_hours
    if most and others >= most and not held:
        return Reason.TOO_MANY_POSITIONS, f"{others} positions are open, and max_open_positions is {most}"
    return None


def _short_of_funds(execution: Execution, quantity: int, follower: FollowerContext) -> str:
    """Say what is missing, where the whole value must be paid: bought options, and shares bought for delivery."""
    order = execution.order
    paid_whole = order.is_option or order.product is Product.DELIVERY
    if follower.funds is None or order.side is not Side.BUY or not paid_whole:
        return ""
    value = quantity * execution.value_price
    return f"₹{value:,.2f} needed and ₹{follower.funds:,.2f} available" if value > follower.funds else ""


def _seconds(length: timedelta) -> str:
    seconds = length.total_seconds()
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"


@dataclass(frozen=True, slots=True)
class DecidedExecution:
    """An execution with its decision; `settled` is false while it waits for the user (asked, missed)."""

    id: int
    master: ClientId
    day: date
    execution: Execution
    decision: Decision
    decided_at: datetime
    settled: bool = True
