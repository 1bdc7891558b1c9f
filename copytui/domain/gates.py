"""The gate: one ordered list of questions that says whether an order may leave, and why not.

`GATES` is the list. Each question has a code and a sentence, and is asked at certain moments of an order's life; the
first refusal wins. The decision path, the approval dialog, a retry, the dispatcher and the reports all ask this list,
so one refusal has the same words everywhere. The caller fills in the facts that its moment needs; a fact that is left
out refuses nothing.

Three things are not here because their result is a number or an action: how much a follower gets
(`copytui.domain.sizing`, `copytui.domain.positions`), the pace (rate limits and the sequence within a symbol), and the
runaway guard, which halts everything (`copytui.domain.risk`). `docs/architecture.md` lists all that can stop an order.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from functools import cache
from typing import NamedTuple

from copytui.domain.filter_rules import FilterSubject
from copytui.domain.filters import Filters, order_type_refusal, symbol_refusal
from copytui.domain.orders import Side
from copytui.domain.positions import signed
from copytui.domain.reasons import Reason
from copytui.domain.sessions import Closed


class Moment(StrEnum):
    """A moment at which the list is asked."""

    DECISION = "decision"
    """An execution of the master is being decided."""
    COPY_NOW = "copy_now"
    """The user has a missed execution copied."""
    APPROVAL = "approval"
    """The user approves a copy."""
    RETRY = "retry"
    """The user has a failed order sent again."""
    FLATTEN = "flatten"
    """The user closes positions."""
    QUEUE = "queue"
    """An order waits in its follower's queue: a refusal ends it."""
    CLAIM = "claim"
    """An order is next in its queue, and its intent is about to be written: a refusal makes it wait."""
    SEND = "send"
    """The intent is on disk, and the request is about to leave: a refusal puts the order back into the queue."""
    REPRICE = "reprice"
    """The limit of a working order is about to be moved."""


class Block(StrEnum):
    """The codes of refusals that no decision records; all others are a `Reason`."""

    STOPPING = "stopping"
    DRY_RUN = "dry_run"
    JOURNAL = "journal"
    NEW_DAY = "new_day"
    SESSION = "session"
    CANCELLED = "cancelled"
    TAG_IN_BOOK = "tag_in_book"
    EARLIER_ATTEMPT = "earlier_attempt"


class Scope(StrEnum):
    """What a question is about; it is asked once per item of that kind."""

    EXECUTION = "execution"
    """The execution or the whole program: one answer for all followers."""
    FOLLOWER = "follower"
    """One follower's part."""
    QUANTITY = "quantity"
    """One follower's part, when its quantity is known."""


class GateFacts(NamedTuple):
    """The facts that the questions are answered from. Times and prices are the execution's; texts give reasons.

    `is_exit` is a part that closes a position, or an execution that has one; `is_manual` closes one because the user
    said so, not the master. `is_own_delay` says that copytui was watching, so that an exit is late through its own
    fault. `open_at_start` is an order that the settings leave out because it was open when copytui started.
    `day_pending` says that the order belongs to a day that is over by our clock, while the master's new one is not
    confirmed. `older_position` says that the execution reduces what the master had before copytui watched, where that
    is not copied by itself. `day_doubt` says why it is uncertain which day it is, and `entry_doubt` the same where an
    execution closes nothing. `closed` says why the order cannot trade now, and `session` why the account cannot be
    used. `other_positions` counts the follower's positions in other symbols and products, `held` is what it holds of
    this one in units; `max_positions` 0 is no limit. `price_day` is the day of the order's price. `master_held` is what
    the master holds now of the position that an order of `side` opens (None: not asked), and `left` the part of what he
    opened that he still holds. `wanted` units are left of the plan with that; `value` rupees must be paid for them in
    full (None: they need not be), with `funds` (None: unknown) at hand. `attempt_found` says that an earlier attempt at
    the same order has reached the broker.
    """

    is_exit: bool = False
    is_manual: bool = False
    stopping: bool = False
    dry_run: bool = False
    paused: bool = False
    halted_because: str | None = None
    journal_trouble: str | None = None
    day_pending: bool = False
    day_doubt: str | None = None
    entry_doubt: str | None = None
    closed: Closed | None = None
    open_at_start: bool = False
    executed: int = 1
    older_position: str | None = None
    age: timedelta | None = timedelta(0)
    max_age: timedelta = timedelta.max
    is_own_delay: bool = False
    subject: FilterSubject = FilterSubject()
    filters: Filters = Filters()
    price: Decimal = Decimal(1)
    token_known: bool = True
    cancel_reason: str | None = None
    enabled: bool = True
    follower_halted: str | None = None
    ip_mismatch: str | None = None
    session: str | None = None
    close_only: str | None = None
    closed_hours: str | None = None
    other_positions: int = 0
    max_positions: int = 0
    held: int = 0
    price_day: date = date.max
    today: date = date.min
    side: Side = Side.BUY
    master_held: int | None = None
    left: Fraction = Fraction(1)
    wanted: int = 1
    value: Decimal | None = None
    funds: Decimal | None = None
    tag_in_book: bool = False
    attempt_found: bool = False


class GateAnswer(NamedTuple):
    """A refusal: its code, and a sentence for the user."""

    code: Reason | Block
    sentence: str

    @property
    def reason(self) -> Reason:
        """The code as a decision records it; raises ValueError for one that no decision has."""
        return Reason(self.code)


@dataclass(frozen=True, slots=True)
class Gate:
    """One question: `refusal` returns the sentence of a refusal, '' or None otherwise.

    It is asked at `moments`. With `entries_only` it never refuses an exit; with `spares_manual` it never refuses an
    order with which the user closes a position.
    """

    code: Reason | Block
    refusal: Callable[[GateFacts], str | None]
    moments: frozenset[Moment]
    scope: Scope = Scope.EXECUTION
    entries_only: bool = False
    spares_manual: bool = False

    def concerns(self, *, is_exit: bool, is_manual: bool) -> bool:
        """Return whether the question is asked about such an order."""
        return not (self.entries_only and is_exit) and not (self.spares_manual and is_manual)


MASTER_CLOSED = "the master has closed the position since"
ATTEMPT_FOUND = "an earlier attempt has reached the broker after all"


def _stopping(facts: GateFacts) -> str | None:
    return "copytui is stopping" if facts.stopping else None


def _open_at_start(facts: GateFacts) -> str | None:
    return "it was open when copytui started" if facts.open_at_start else None


def _nothing_executed(facts: GateFacts) -> str | None:
    return "nothing of it has executed" if facts.executed <= 0 else None


def _older_position(facts: GateFacts) -> str | None:
    return facts.older_position


def _dry_run(facts: GateFacts) -> str | None:
    return "dry run is on" if facts.dry_run else None


def _too_old(facts: GateFacts) -> str | None:
    # A delay of our own never makes an exit too old.
    return None if facts.is_own_delay else _opens_too_late(facts)


def _opens_too_late(facts: GateFacts) -> str | None:
    if facts.age is None:
        return "its age is unknown"
    if facts.age > facts.max_age:
        return f"seen {_seconds(facts.age)} after it executed, more than {_seconds(facts.max_age)}"
    return None


def _symbol(facts: GateFacts) -> str | None:
    return symbol_refusal(facts.filters, facts.subject)


def _order_type(facts: GateFacts) -> str | None:
    return order_type_refusal(facts.filters, facts.subject.order_type)


def _in_auction(facts: GateFacts) -> str | None:
    return facts.closed.sentence if facts.closed is not None and facts.closed.reason is Reason.AUCTION else None


def _market_closed(facts: GateFacts) -> str | None:
    return None if facts.closed is None else facts.closed.sentence


def _cancelled(facts: GateFacts) -> str | None:
    return facts.cancel_reason


def _halted(facts: GateFacts) -> str | None:
    return None if facts.halted_because is None else f"copying is halted: {facts.halted_because}"


def _paused(facts: GateFacts) -> str | None:
    return "copying is paused" if facts.paused else None


def _no_price(facts: GateFacts) -> str | None:
    # Without one, neither a protected limit nor the order's value is known.
    return "the broker gave no price for it yet" if facts.price <= 0 else None


def _no_token(facts: GateFacts) -> str | None:
    return None if facts.token_known else "the broker gave no token for this symbol"


def _journal(facts: GateFacts) -> str | None:
    return facts.journal_trouble


def _new_day(facts: GateFacts) -> str | None:
    return "the day's first poll of the master is still to come" if facts.day_pending else None


def _day_in_doubt(facts: GateFacts) -> str | None:
    return facts.day_doubt


def _entry_of_an_uncertain_day(facts: GateFacts) -> str | None:
    return facts.entry_doubt


def _disabled(facts: GateFacts) -> str | None:
    return None if facts.enabled else "this follower is disabled"


def _follower_halted(facts: GateFacts) -> str | None:
    return None if facts.follower_halted is None else f"this follower is halted: {facts.follower_halted}"


def _price_of_another_day(facts: GateFacts) -> str | None:
    return f"its price is from {facts.price_day:%d %b}" if facts.price_day < facts.today else None


def _nothing_would_close(facts: GateFacts) -> str | None:
    if facts.master_held is None or signed(facts.side, facts.master_held) > 0:
        return None
    holds = f"holds {facts.master_held} now" if facts.master_held else "no longer holds the position"
    return f"the master {holds}, so nothing would close what this opens"


def _master_closed(facts: GateFacts) -> str | None:
    return None if facts.left else MASTER_CLOSED


def _ip_mismatch(facts: GateFacts) -> str | None:
    return facts.ip_mismatch


def _session(facts: GateFacts) -> str | None:
    return facts.session


def _loss_limit(facts: GateFacts) -> str | None:
    return f"close only: {facts.close_only}" if facts.close_only else None


def _outside_hours(facts: GateFacts) -> str | None:
    return facts.closed_hours


def _too_many_positions(facts: GateFacts) -> str | None:
    if not facts.max_positions or facts.other_positions < facts.max_positions or facts.held:
        return None
    return f"{facts.other_positions} positions are open, and max_open_positions is {facts.max_positions}"


def _too_little_left(facts: GateFacts) -> str | None:
    if facts.wanted > 0:
        return None
    return "the master has closed all but less than one lot of it since" if facts.left else MASTER_CLOSED


def _short_of_funds(facts: GateFacts) -> str | None:
    if facts.funds is None or facts.value is None or facts.value <= facts.funds:
        return None
    return f"₹{facts.value:,.2f} needed and ₹{facts.funds:,.2f} available"


def _tag_in_book(facts: GateFacts) -> str | None:
    return "an order with its tag is in the account's order book" if facts.tag_in_book else None


def _attempt_found(facts: GateFacts) -> str | None:
    return ATTEMPT_FOUND if facts.attempt_found else None


def _seconds(length: timedelta) -> str:
    seconds = length.total_seconds()
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"


def _at(*moments: Moment) -> frozenset[Moment]:
    return frozenset(moments)


_M = Moment
_DECIDES = _at(_M.DECISION, _M.COPY_NOW)
_SENDS = _at(_M.CLAIM, _M.SEND, _M.REPRICE)
_LIMITS = _DECIDES | _at(_M.APPROVAL, _M.RETRY)
_TRADES = _LIMITS | _SENDS | _at(_M.FLATTEN, _M.QUEUE)
_EACH = Scope.FOLLOWER

GATES: tuple[Gate, ...] = (
    Gate(Block.STOPPING, _stopping, _SENDS),
    Gate(Reason.OPEN_AT_START, _open_at_start, _DECIDES, entries_only=True),
    Gate(Reason.NOTHING_EXECUTED, _nothing_executed, _DECIDES),
    Gate(Reason.PRE_EXISTING, _older_position, _at(_M.DECISION)),
    Gate(Block.DRY_RUN, _dry_run, _SENDS | _at(_M.RETRY, _M.FLATTEN)),
    Gate(Reason.TOO_OLD, _too_old, _at(_M.DECISION)),
    Gate(Reason.SYMBOL, _symbol, _DECIDES, entries_only=True),
    Gate(Reason.ORDER_TYPE, _order_type, _DECIDES, entries_only=True),
    Gate(Reason.AUCTION, _in_auction, _TRADES),
    Gate(Reason.MARKET_CLOSED, _market_closed, _TRADES),
    Gate(Block.CANCELLED, _cancelled, _SENDS | _at(_M.QUEUE), _EACH),
    Gate(Reason.HALTED, _halted, _DECIDES | _SENDS, spares_manual=True),
    Gate(Reason.PAUSED, _paused, _DECIDES | _SENDS | _at(_M.FLATTEN)),
    Gate(Reason.NO_PRICE, _no_price, _DECIDES),
    Gate(Reason.NO_TOKEN, _no_token, _DECIDES),
    Gate(Reason.DATE_UNCERTAIN, _entry_of_an_uncertain_day, _DECIDES),
    Gate(Block.JOURNAL, _journal, _SENDS),
    Gate(Block.NEW_DAY, _new_day, _SENDS, _EACH),
    Gate(Reason.DATE_UNCERTAIN, _day_in_doubt, _LIMITS | _SENDS, _EACH, entries_only=True),
    Gate(Reason.OPEN_AT_START, _open_at_start, _DECIDES, _EACH, entries_only=True),
    Gate(Reason.SYMBOL, _symbol, _DECIDES, _EACH, entries_only=True),
    Gate(Reason.ORDER_TYPE, _order_type, _DECIDES, _EACH, entries_only=True),
    Gate(Reason.DISABLED, _disabled, _DECIDES | _SENDS, _EACH, spares_manual=True),
    Gate(Reason.HALTED, _follower_halted, _DECIDES | _SENDS, _EACH, spares_manual=True),
    Gate(Reason.TOO_OLD, _opens_too_late, _at(_M.DECISION), _EACH, entries_only=True),
    Gate(Reason.TOO_OLD, _price_of_another_day, _at(_M.COPY_NOW), _EACH, entries_only=True),
    Gate(Reason.TOO_OLD, _price_of_another_day, _at(_M.RETRY), _EACH),
    Gate(Reason.TOO_OLD, _nothing_would_close, _at(_M.COPY_NOW, _M.RETRY), _EACH, entries_only=True),
    Gate(Reason.TOO_OLD, _master_closed, _at(_M.COPY_NOW), _EACH, entries_only=True),
    Gate(Reason.WRONG_ADDRESS, _ip_mismatch, _DECIDES, _EACH, entries_only=True),
    Gate(Reason.WRONG_ADDRESS, _ip_mismatch, _SENDS, _EACH),
    Gate(Reason.NO_SESSION, _session, _DECIDES, _EACH),
    Gate(Block.SESSION, _session, _SENDS, _EACH),
    Gate(Reason.LOSS_LIMIT, _loss_limit, _LIMITS | _at(_M.QUEUE, _M.REPRICE), _EACH, entries_only=True),
    Gate(Reason.OUTSIDE_HOURS, _outside_hours, _LIMITS | _at(_M.REPRICE), _EACH, entries_only=True),
    Gate(Reason.TOO_MANY_POSITIONS, _too_many_positions, _LIMITS, _EACH, entries_only=True),
    Gate(Reason.MASTER_OUT, _too_little_left, _LIMITS, Scope.QUANTITY, entries_only=True),
    Gate(Reason.SHORT_OF_FUNDS, _short_of_funds, _DECIDES, Scope.QUANTITY, entries_only=True),
    Gate(Block.TAG_IN_BOOK, _tag_in_book, _at(_M.SEND), _EACH),
    Gate(Block.EARLIER_ATTEMPT, _attempt_found, _at(_M.SEND), _EACH),
)
"""Every question in order. One with two rows concerns exits at some moments only, or is asked again of what opens."""


@cache  # the dispatcher asks for every queued order, several times per second
def _asked(moment: Moment, scope: Scope | None, is_exit: bool, is_manual: bool) -> tuple[Gate, ...]:
    kind = {"is_exit": is_exit, "is_manual": is_manual}
    return tuple(g for g in GATES if moment in g.moments and scope in (None, g.scope) and g.concerns(**kind))


def first_no(facts: GateFacts, moment: Moment, scope: Scope | None = None) -> GateAnswer | None:
    """Return the first refusal at `moment`, of the questions of one `scope` or of all; None when nothing refuses."""
    for gate in _asked(moment, scope, facts.is_exit, facts.is_manual):
        if sentence := gate.refusal(facts):
            return GateAnswer(gate.code, sentence)
    return None
