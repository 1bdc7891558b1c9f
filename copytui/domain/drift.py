"""A follower's position by its three figures, how far they are apart, and why.

*Copied* is what copying has built, *held* what the broker reports, *expected* what copying should have built: the
sizing times the part of the master's position that copytui watched (docs/copying-rules.md, "Positions").
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from copytui.domain.copies import FINAL, WENT_WRONG, ChildOrder, CopyState, without_cut
from copytui.domain.decisions import DecidedExecution, Plan, Verdict
from copytui.domain.executions import Origin
from copytui.domain.orders import ClientId, Product
from copytui.domain.positions import (
    NOTHING,
    Position,
    PositionKey,
    closable,
    exit_quantity,
    position_key,
    signed,
)
from copytui.domain.reasons import SIZED_TO_NOTHING, Reason
from copytui.domain.risk import is_orphaned
from copytui.domain.sizing import Sizing, size
from copytui.domain.text import clock_text, order_words

LASTS = timedelta(seconds=10)
"""A difference needs the user once nothing has changed for so long: fills and figures arrive one after the other."""
_COPIED_LATE = timedelta(seconds=15)
"""Child orders made so long after the execution was seen were sent by the user: they count from then on."""
_NO_SIZE = SIZED_TO_NOTHING | {Reason.LOT_UNKNOWN, Reason.NOT_WHOLE_LOTS}
_NEVER_COPIED = frozenset({Reason.BASELINE, Reason.OWN_ORDER, Reason.NOTHING_EXECUTED})
_BY_THE_USER = frozenset({Reason.DISMISSED, Reason.DECLINED})


class Cause(StrEnum):
    """Why a position is not what copying should have built."""

    SKIPPED = "skipped by rule"
    REJECTED = "rejected"
    UNFILLED = "unfilled"
    UNKNOWN = "unknown"
    BY_HAND = "by hand"
    PRE_EXISTING = "pre-existing"
    DETACHED = "detached"


@dataclass(frozen=True, slots=True)
class HeldUnits:
    """The signed units that an account held of a position by the broker's figures that were read at `at`."""

    units: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Detachment:
    """A position that the user gave to its owner: `units` of it at `at`, on the trading day `day`.

    Executions up to number `execution` and child orders up to number `order` belong to what was given away.
    """

    units: int
    day: date
    at: datetime
    execution: int
    order: int


@dataclass(frozen=True, slots=True)
class ComparedPosition:
    """A follower's position in signed units; `held` is None where it is not known.

    `master` is the part of the master's position that copytui watched. `cause` is None where all agree. `since` is the
    last time when something of it changed, None where that was before today. `is_moving` says that an order of ours may
    still change it, `is_settled` that the user has decided to leave it so. `built` is the expected position with its
    rounding carry.
    """

    follower: ClientId
    key: PositionKey
    master: int
    copied: int
    held: int | None
    built: Position
    cause: Cause | None = None
    sentence: str = ""
    since: datetime | None = None
    is_moving: bool = False
    is_settled: bool = False

    @property
    def expected(self) -> int:
        """What copying should have built."""
        return self.built.quantity

    @property
    def difference(self) -> int:
        """How many units more than expected the account has: by the broker's figure, or by our own without one."""
        return (self.copied if self.held is None else self.held) - self.expected

    @property
    def there(self) -> int:
        """What copying has built and the account still holds."""
        if self.held is None:
            return self.copied
        return max(min(self.copied, self.held), 0) if self.copied > 0 else min(max(self.copied, self.held), 0)

    @property
    def mark(self) -> str:
        """What a dismissal remembers: another difference is listed again."""
        return f"{self.there}/{self.expected}"

    def is_out_of_step(self, now: datetime) -> bool:
        """Return whether it needs the user: it has lasted, nothing is on its way, and it is not as he wants it.

        What a rule kept from opening is as the user wants it. A position that the master has left is orphaned.
        """
        if self.is_moving or self.is_settled or self.cause in (None, Cause.DETACHED) or self.there == self.expected:
            return False
        if self.cause is Cause.SKIPPED and abs(self.there) < abs(self.expected):
            return False
        if is_orphaned(self.copied, self.master, on_its_way=False):
            return False
        return self.since is None or now - self.since >= LASTS


@dataclass(frozen=True, slots=True)
class DriftFacts:
    """What is known of one follower's position on `day`; `copied` and `master` in signed units.

    `executions` are the position's, of all days or of those since `carried`, which is how it stood before them.
    `copies` are the follower's child orders of these executions. `sizing` and `capital_ratio` are those of today, for
    what a rule kept from being sized; None where they are not known.
    """

    follower: ClientId
    key: PositionKey
    day: date
    copied: int
    master: int = 0
    held: HeldUnits | None = None
    executions: Sequence[DecidedExecution] = ()
    copies: Sequence[ChildOrder] = ()
    carried: ComparedPosition | None = None
    sizing: Sizing | None = None
    capital_ratio: Decimal | None = None
    detached: Detachment | None = None


def compare(facts: DriftFacts) -> ComparedPosition:
    """Return a follower's position by its three figures, with the cause of the difference."""
    facts = _since_detached(facts)
    copies = [copy for copy in facts.copies if copy.state is not CopyState.SIMULATED]
    held = _held(facts, copies)
    moments = [
        *(decided.execution.seen_at for decided in facts.executions),
        *(copy.changed_at for copy in copies),
        *([facts.held.at] if facts.held is not None and held is not None else []),
    ]
    found = ComparedPosition(
        facts.follower, facts.key, facts.master, facts.copied, held, _expected(facts), since=max(moments, default=None),
        is_moving=any(_is_moving(copy, facts.day) for copy in copies),
    )  # fmt: skip
    cause, sentence, is_settled = _cause(facts, found, copies)
    return replace(found, cause=cause, sentence=sentence, is_settled=is_settled)


def of_position(
    key: PositionKey, day: date, executions: Iterable[DecidedExecution], copies: Iterable[ChildOrder]
) -> tuple[list[DecidedExecution], list[ChildOrder]]:
    """Return the executions of a position, and the child orders of these; an intraday position is of `day` only."""
    mine = [
        decided
        for decided in executions
        if position_key(decided.execution.order) == key and (decided.day == day or not key.ends_with_the_day)
    ]
    numbers = {decided.id for decided in mine}
    return mine, [copy for copy in copies if copy.execution_id in numbers]


def _since_detached(facts: DriftFacts) -> DriftFacts:
    """Leave out what belongs to a position that was given to its owner."""
    gone = facts.detached
    if gone is None:
        return facts
    return replace(
        facts,
        executions=[decided for decided in facts.executions if decided.id > gone.execution],
        copies=[copy for copy in facts.copies if copy.id > gone.order],
        carried=None if gone.day == facts.day else facts.carried,
    )


def _held(facts: DriftFacts, copies: Iterable[ChildOrder]) -> int | None:
    """Return the broker's figure, unless something has filled since it was read."""
    if facts.held is None:
        return None
    filled = max((copy.changed_at for copy in copies if copy.filled), default=None)
    return facts.held.units if filled is None or facts.held.at >= filled else None


def _is_moving(copy: ChildOrder, day: date) -> bool:
    """Return whether a child order may still change the position; one of an earlier day cannot."""
    is_todays = copy.day >= day or copy.state in (CopyState.QUEUED, CopyState.ASKED)
    return is_todays and not copy.is_settled and copy.state not in FINAL - {CopyState.FILLED}


# What copying should have built.


def _expected(facts: DriftFacts) -> Position:
    built = NOTHING if facts.carried is None else facts.carried.built
    for decided in sorted(facts.executions, key=lambda each: (_counts_from(each, facts), each.id)):
        built = _after(built, decided, facts)
    return built


def _counts_from(decided: DecidedExecution, facts: DriftFacts) -> datetime:
    """Return when an execution counts: when it was seen, or when the user had a missed one copied."""
    seen = decided.execution.seen_at
    made = min((copy.created_at for copy in facts.copies if copy.execution_id == decided.id), default=seen)
    return made if made - seen > _COPIED_LATE else seen


def _after(built: Position, decided: DecidedExecution, facts: DriftFacts) -> Position:
    execution = decided.execution
    side = execution.order.side
    plans = _plans(decided, facts.follower)
    if execution.origin is Origin.MANUAL:
        # The user closed it: nothing more is expected of what the master had built until then.
        return NOTHING if plans and closable(built.quantity, side) else built
    if execution.closes is not None and (available := closable(built.quantity, side)):
        found = exit_quantity(available, built.rounding_carry, execution.closes, execution.order.lot_size)
        if found is not None:
            built = replace(built.changed(signed(side, found[0])), rounding_carry=found[1])
            built = built if built.quantity else NOTHING
    return built.changed(signed(side, _entry(decided, plans, facts)))


def _plans(decided: DecidedExecution, follower: ClientId) -> list[Plan]:
    return [plan for plan in decided.decision.plans if plan.follower == follower]


def _entry(decided: DecidedExecution, plans: Sequence[Plan], facts: DriftFacts) -> int:
    """Return what an execution should have opened: what was planned, or what the sizing gives where a rule said no."""
    execution, decision = decided.execution, decided.decision
    if execution.opening <= 0 or decision.verdict is Verdict.SIMULATE or decision.reason in _NEVER_COPIED:
        return 0
    plan = next((plan for plan in plans if plan.exit is None), None)
    if plan is not None and (plan.quantity or plan.reason in _NO_SIZE):
        return plan.quantity
    if execution.is_of_earlier or facts.sizing is None or (decision.plans and not plans):
        return 0  # nobody has a copy of that, or this follower was not there
    order = execution.order
    sizing = replace(
        facts.sizing.for_symbol(order.symbol, order.underlying), max_quantity=0, max_order_value=Decimal(0), rules=()
    )
    sized = size(
        sizing, quantity=execution.opening, lot=order.lot_size, price=execution.value_price,
        capital_ratio=facts.capital_ratio,
    )  # fmt: skip
    return sized.quantity


# Why it is not that.


def _cause(facts: DriftFacts, found: ComparedPosition, copies: Sequence[ChildOrder]) -> tuple[Cause | None, str, bool]:
    """Return the cause of a difference, a sentence, and whether the user has decided to leave it so."""
    is_built = found.copied == found.expected
    gone = facts.detached
    if gone is not None and is_built and gone.day == facts.day:
        return Cause.DETACHED, f"{abs(gone.units)} given to the account's owner at {clock_text(gone.at)}", True
    if found.is_moving and not is_built:
        return _on_its_way(copies, facts.day)
    if found.there != found.copied:
        lost = f"the account holds {found.there} of the {found.copied} that copying built"
        return Cause.BY_HAND, f"{lost}: the rest was closed by hand or by the broker", False
    if not is_built:
        return _trouble(facts, copies)
    if found.held is not None and found.held != found.copied:
        is_own = facts.key.product is Product.DELIVERY
        sentence = f"the account holds {found.held}, and copying built {found.copied} of it"
        return (Cause.PRE_EXISTING if is_own else Cause.BY_HAND), sentence, True
    return None, "", False


def _on_its_way(copies: Iterable[ChildOrder], day: date) -> tuple[Cause, str, bool]:
    moving = [copy for copy in copies if _is_moving(copy, day)]
    unknown = next((copy for copy in moving if copy.state is CopyState.UNKNOWN), None)
    if unknown is not None:
        return Cause.UNKNOWN, f"{order_words(unknown.order)} may exist: {unknown.error or 'no answer'}", False
    return Cause.UNFILLED, _filled_words(moving[0]), False


def _filled_words(copy: ChildOrder) -> str:
    why = f" ({copy.error})" if copy.error else ""
    return f"{order_words(copy.order)} is {copy.state}, {copy.filled} of {copy.order.quantity} filled{why}"


def _trouble(facts: DriftFacts, copies: Sequence[ChildOrder]) -> tuple[Cause, str, bool]:
    """Return what went wrong last: a child order's end, a rule, or what was carried over from an earlier day."""
    for decided in sorted(facts.executions, key=lambda each: each.id, reverse=True):
        mine = [copy for copy in copies if copy.execution_id == decided.id]
        for copy in _latest(mine):
            if (found := _end_of(copy)) is not None:
                return found
        why = _made_smaller(mine, _plans(decided, facts.follower)) if mine else _rule(decided, facts)
        if why is not None:
            return why
    before = facts.carried
    if before is not None and before.cause is not None and before.copied != before.expected:
        return before.cause, before.sentence, before.is_settled
    return Cause.BY_HAND, "the fills that were reported are not those that were planned", False


def _latest(copies: Iterable[ChildOrder]) -> list[ChildOrder]:
    """Return the last attempt at each slice."""
    latest: dict[tuple[int, bool], ChildOrder] = {}
    for copy in sorted(without_cut(copies), key=lambda each: each.retry):
        latest[copy.slice_number, copy.exit is not None] = copy
    return list(latest.values())


def _end_of(copy: ChildOrder) -> tuple[Cause, str, bool] | None:
    if copy.state in WENT_WRONG:
        why = f": {copy.error}" if copy.error else ""
        return Cause.REJECTED, f"{order_words(copy.order)} {copy.state}{why}", copy.dismissed
    if copy.state is CopyState.UNKNOWN:
        return Cause.UNKNOWN, f"{order_words(copy.order)} may exist: {copy.error or 'no answer'}", False
    if copy.state in (CopyState.SKIPPED, CopyState.EXPIRED):
        return Cause.SKIPPED, f"{order_words(copy.order)} not sent: {copy.error or copy.state}", False
    return (Cause.UNFILLED, _filled_words(copy), False) if copy.filled < copy.order.quantity else None


def _made_smaller(copies: Sequence[ChildOrder], plans: Iterable[Plan]) -> tuple[Cause, str, bool] | None:
    """Return that less of an entry was sent than planned, by a changed quantity at the approval or at the broker."""
    latest = _latest(copies)
    sent = sum(copy.order.quantity if copy in latest else copy.filled for copy in copies if copy.exit is None)
    planned = sum(plan.quantity for plan in plans if plan.exit is None)
    if sent >= planned:
        return None
    return Cause.SKIPPED, f"{sent} of the {planned} planned were sent: the quantity was made smaller", True


def _rule(decided: DecidedExecution, facts: DriftFacts) -> tuple[Cause, str, bool] | None:
    """Return why an execution gave this follower no order, where there is a reason."""
    decision, plans = decided.decision, _plans(decided, facts.follower)
    if decided.execution.is_of_earlier:
        return Cause.PRE_EXISTING, decision.sentence, decision.reason in _BY_THE_USER
    refused = next((plan for plan in plans if not plan.quantity and plan.reason not in _NO_SIZE), None)
    if decision.verdict is not Verdict.COPY and (refused is None or decision.reason in _BY_THE_USER):
        return Cause.SKIPPED, decision.sentence, decision.reason in _BY_THE_USER
    if refused is None:
        return None
    # A withheld exit waits for the user; a settled one he has dismissed.
    return Cause.SKIPPED, refused.sentence, decided.settled and refused.withheld > 0
