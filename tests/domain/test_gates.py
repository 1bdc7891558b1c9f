"""The gate's table: what each question refuses, at which moments, in which order, and what it lets through."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import combinations
from typing import Any

import pytest

from copytui.domain import gates
from copytui.domain.filter_rules import FilterSubject
from copytui.domain.filters import Filters
from copytui.domain.gates import GATES, Block, Gate, GateFacts, Moment, Scope, first_no
from copytui.domain.orders import Side
from copytui.domain.reasons import Reason
from copytui.domain.sessions import Closed

FINE = GateFacts(subject=FilterSubject("NIFTY28NOV2624000CE"), side=Side.BUY, master_held=50)
M = Moment
DECIDES = {M.DECISION, M.COPY_NOW}
SENDS = {M.CLAIM, M.SEND, M.REPRICE}
LIMITS = DECIDES | {M.APPROVAL, M.RETRY}

# Every question by its function: the facts that it alone refuses, and its sentence.
REFUSED: dict[Any, tuple[dict[str, Any], str]] = {
    gates._stopping: ({"stopping": True}, "copytui is stopping"),
    gates._open_at_start: ({"open_at_start": True}, "it was open when copytui started"),
    gates._nothing_executed: ({"executed": 0}, "nothing of it has executed"),
    gates._older_position: ({"older_position": "he had it before"}, "he had it before"),
    gates._dry_run: ({"dry_run": True}, "dry run is on"),
    gates._too_old: (
        {"age": timedelta(seconds=61), "max_age": timedelta(seconds=60)},
        "seen 61 s after it executed, more than 60 s",
    ),
    gates._opens_too_late: ({"age": None, "is_own_delay": True}, "its age is unknown"),
    gates._symbol: ({"filters": Filters(block_symbols=("NIFTY",))}, "symbol blocked by NIFTY"),
    gates._order_type: ({"filters": Filters(limit_orders=False)}, "limit orders are off"),
    gates._in_auction: ({"closed": Closed(Reason.AUCTION, "an auction is on")}, "an auction is on"),
    gates._market_closed: ({"closed": Closed(Reason.MARKET_CLOSED, "it is Sunday")}, "it is Sunday"),
    gates._cancelled: ({"cancel_reason": "cancelled by the user"}, "cancelled by the user"),
    gates._halted: ({"halted_because": "5 failures"}, "copying is halted: 5 failures"),
    gates._paused: ({"paused": True}, "copying is paused"),
    gates._no_price: ({"price": Decimal(0)}, "the broker gave no price for it yet"),
    gates._no_token: ({"token_known": False}, "the broker gave no token for this symbol"),
    gates._journal: ({"journal_trouble": "the disk is full"}, "the disk is full"),
    gates._new_day: ({"day_pending": True}, "the day's first poll of the master is still to come"),
    gates._entry_of_an_uncertain_day: ({"entry_doubt": "two dates"}, "two dates"),
    gates._day_in_doubt: ({"day_doubt": "two dates"}, "two dates"),
    gates._disabled: ({"enabled": False}, "this follower is disabled"),
    gates._follower_halted: ({"follower_halted": "5 failures"}, "this follower is halted: 5 failures"),
    gates._price_of_another_day: (
        {"price_day": date(2026, 11, 20), "today": date(2026, 11, 21)},
        "its price is from 20 Nov",
    ),
    gates._nothing_would_close: (
        {"master_held": 0},
        "the master no longer holds the position, so nothing would close what this opens",
    ),
    gates._master_closed: ({"left": Fraction(0)}, "the master has closed the position since"),
    gates._ip_mismatch: ({"ip_mismatch": "its requests leave from 1.2.3.4"}, "its requests leave from 1.2.3.4"),
    gates._session: ({"session": "logging in"}, "logging in"),
    gates._loss_limit: ({"close_only": "it has lost ₹1,000"}, "close only: it has lost ₹1,000"),
    gates._outside_hours: ({"closed_hours": "after trading.end 12:05"}, "after trading.end 12:05"),
    gates._too_many_positions: (
        {"other_positions": 3, "max_positions": 3},
        "3 positions are open, and max_open_positions is 3",
    ),
    gates._too_little_left: ({"wanted": 0}, "the master has closed all but less than one lot of it since"),
    gates._short_of_funds: (
        {"value": Decimal(5075), "funds": Decimal(5000)},
        "₹5,075.00 needed and ₹5,000.00 available",
    ),
    gates._tag_in_book: ({"tag_in_book": True}, "an order with its tag is in the account's order book"),
    gates._attempt_found: ({"attempt_found": True}, "an earlier attempt has reached the broker after all"),
}

# At which moments each code is asked for, and whether of exits too: written out here, not taken from the table.
MOMENTS_OF_EXITS: dict[Reason | Block, set[Moment]] = {
    Block.STOPPING: SENDS,
    Reason.NOTHING_EXECUTED: DECIDES,
    Reason.PRE_EXISTING: {M.DECISION},
    Block.DRY_RUN: SENDS | {M.RETRY, M.FLATTEN},
    Reason.TOO_OLD: {M.DECISION, M.RETRY},
    Reason.AUCTION: LIMITS | SENDS | {M.QUEUE, M.FLATTEN},
    Reason.MARKET_CLOSED: LIMITS | SENDS | {M.QUEUE, M.FLATTEN},
    Block.CANCELLED: SENDS | {M.QUEUE},
    Reason.HALTED: DECIDES | SENDS,
    Reason.PAUSED: DECIDES | SENDS | {M.FLATTEN},
    Reason.NO_PRICE: DECIDES,
    Reason.NO_TOKEN: DECIDES,
    Block.JOURNAL: SENDS,
    Block.NEW_DAY: SENDS,
    Reason.DATE_UNCERTAIN: DECIDES,
    Reason.DISABLED: DECIDES | SENDS,
    Reason.WRONG_ADDRESS: SENDS,
    Reason.NO_SESSION: DECIDES,
    Block.SESSION: SENDS,
    Block.TAG_IN_BOOK: {M.SEND},
    Block.EARLIER_ATTEMPT: {M.SEND},
}
MOMENTS_OF_ENTRIES: dict[Reason | Block, set[Moment]] = {
    Reason.DATE_UNCERTAIN: LIMITS | SENDS,
    Reason.OPEN_AT_START: DECIDES,
    Reason.SYMBOL: DECIDES,
    Reason.ORDER_TYPE: DECIDES,
    Reason.TOO_OLD: {M.DECISION, M.COPY_NOW, M.RETRY},
    Reason.WRONG_ADDRESS: DECIDES,
    Reason.LOSS_LIMIT: LIMITS | {M.QUEUE, M.REPRICE},
    Reason.OUTSIDE_HOURS: LIMITS | {M.REPRICE},
    Reason.TOO_MANY_POSITIONS: LIMITS,
    Reason.MASTER_OUT: LIMITS,
    Reason.SHORT_OF_FUNDS: DECIDES,
}


def refused_by(gate: Gate, **more: Any) -> GateFacts:
    """Return facts that `gate` refuses, and nothing else."""
    return FINE._replace(**(REFUSED[gate.refusal][0] | more))


def name(value: object) -> str:
    return value.refusal.__name__.lstrip("_") if isinstance(value, Gate) else str(value)


ROWS = [(gate, moment) for gate in GATES for moment in sorted(gate.moments)]


@pytest.mark.parametrize("moment", Moment)
def test_where_nothing_is_wrong_nothing_refuses(moment: Moment) -> None:
    assert first_no(FINE, moment) is None
    assert first_no(GateFacts(), moment) is None


@pytest.mark.parametrize(("gate", "moment"), ROWS, ids=name)
def test_each_question_alone_refuses_with_its_code_and_sentence_at_each_of_its_moments(
    gate: Gate, moment: Moment
) -> None:
    answer = first_no(refused_by(gate), moment)
    assert answer == (gate.code, REFUSED[gate.refusal][1])


@pytest.mark.parametrize(
    ("gate", "moment"),
    [(gate, moment) for gate in GATES for moment in Moment if moment not in gate.moments],
    ids=name,
)
def test_a_question_is_not_asked_at_any_other_moment(gate: Gate, moment: Moment) -> None:
    has_another_row = any(moment in other.moments for other in GATES if other.refusal is gate.refusal)
    assert has_another_row or first_no(refused_by(gate), moment) is None


@pytest.mark.parametrize(("earlier", "later"), list(combinations(GATES, 2)), ids=name)
def test_the_first_of_two_refusals_wins(earlier: Gate, later: Gate) -> None:
    facts = FINE._replace(**(REFUSED[later.refusal][0] | REFUSED[earlier.refusal][0]))
    for moment in earlier.moments & later.moments:
        # A question with two rows is answered by its first one.
        first = [gate for gate in GATES if moment in gate.moments and gate.refusal in (earlier.refusal, later.refusal)]
        if first[0] is earlier and (sentence := earlier.refusal(facts)):
            assert first_no(facts, moment) == (earlier.code, sentence)


def test_the_questions_of_a_decision_are_in_the_engines_order() -> None:
    """The order of the questions: what executed, age, filters, halts and pauses, and then each follower's own."""
    order = list(dict.fromkeys(gate.code for gate in GATES if M.DECISION in gate.moments))
    assert order == [
        "open_at_start", "nothing_executed", "pre_existing", "too_old", "symbol", "order_type", "auction",
        "market_closed", "halted", "paused", "no_price", "no_token", "date_uncertain", "disabled", "wrong_address",
        "no_session", "loss_limit", "outside_hours", "too_many_positions", "master_out", "short_of_funds",
    ]  # fmt: skip


def test_the_scopes_follow_each_other_at_a_decision() -> None:
    scopes = [gate.scope for gate in GATES if M.DECISION in gate.moments]
    assert scopes == sorted(scopes, key=list(Scope).index)


@pytest.mark.parametrize("gate", [gate for gate in GATES if gate.entries_only], ids=name)
def test_an_exit_is_refused_by_no_question_of_entries(gate: Gate) -> None:
    facts = refused_by(gate, is_exit=True, is_own_delay=True)
    for moment in gate.moments:
        answer = first_no(facts, moment)
        also = [other for other in GATES if other.refusal is gate.refusal and moment in other.moments]
        assert answer is None or any(not other.entries_only for other in also)


@pytest.mark.parametrize("moment", Moment)
def test_a_codes_moments_are_those_that_were_written_down(moment: Moment) -> None:
    of_exits = {gate.code for gate in GATES if moment in gate.moments and not gate.entries_only}
    of_entries = {gate.code for gate in GATES if moment in gate.moments and gate.entries_only}
    assert of_exits == {code for code, moments in MOMENTS_OF_EXITS.items() if moment in moments}
    assert (
        of_entries - of_exits == {code for code, moments in MOMENTS_OF_ENTRIES.items() if moment in moments} - of_exits
    )


@pytest.mark.parametrize("gate", [gate for gate in GATES if gate.spares_manual], ids=name)
def test_what_the_user_closes_passes_a_halt_and_a_disabled_follower(gate: Gate) -> None:
    for moment in gate.moments:
        assert first_no(refused_by(gate, is_manual=True), moment) is None


@pytest.mark.parametrize("gate", [gate for gate in GATES if not gate.spares_manual], ids=name)
def test_what_the_user_closes_passes_nothing_else(gate: Gate) -> None:
    for moment in gate.moments:
        assert first_no(refused_by(gate, is_manual=True), moment) is not None


def test_only_the_questions_of_one_scope_are_asked_where_one_is_named() -> None:
    facts = FINE._replace(paused=True, enabled=False, wanted=0)
    codes = [answer.code for scope in Scope if (answer := first_no(facts, M.DECISION, scope))]
    assert codes == [Reason.PAUSED, Reason.DISABLED, Reason.MASTER_OUT]


def test_a_refusal_of_a_decision_has_a_reason_and_one_of_the_program_has_none() -> None:
    decided = {gate.code for gate in GATES if gate.moments & DECIDES}
    assert all(isinstance(code, Reason) for code in decided)
    stopping = first_no(GateFacts(stopping=True), M.CLAIM)
    assert stopping is not None
    with pytest.raises(ValueError, match="stopping"):
        _ = stopping.reason


@pytest.mark.parametrize(
    ("side", "held", "words"),
    [
        (Side.BUY, 1, None),
        (Side.SELL, -1, None),
        (Side.BUY, -50, "the master holds -50 now, so nothing would close what this opens"),
        (Side.SELL, 50, "the master holds 50 now, so nothing would close what this opens"),
    ],
)
def test_an_entry_goes_while_the_master_is_on_its_side(side: Side, held: int, words: str | None) -> None:
    answer = first_no(FINE._replace(side=side, master_held=held), M.RETRY)
    assert (answer and answer.sentence) == words


@pytest.mark.parametrize(("held", "others", "most"), [(50, 3, 3), (-50, 9, 3), (0, 2, 3), (0, 9, 0)])
def test_a_limit_on_positions_lets_one_grow_that_is_open(held: int, others: int, most: int) -> None:
    assert first_no(FINE._replace(held=held, other_positions=others, max_positions=most), M.DECISION) is None


def test_every_question_has_a_case_here() -> None:
    assert {gate.refusal for gate in GATES} == set(REFUSED)
