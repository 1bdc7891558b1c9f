"""The decision on an execution: the questions in order, and the first refusal wins."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from itertools import combinations
from typing import Any

import pytest

from copytui.domain.decisions import Conditions, Decision, FollowerContext, Verdict, decide, execution_age
from copytui.domain.executions import Origin
from copytui.domain.filters import Filters
from copytui.domain.gates import Moment
from copytui.domain.orders import ClientId, Product, Side
from copytui.domain.reasons import Reason
from copytui.domain.sizing import Sizing, SizingMode
from tests.builders import FOLLOWER, NOON, after, an_execution, an_order

MINUTE = timedelta(seconds=60)
FRESH = Conditions(Filters(), max_age=MINUTE, age=timedelta(), dry_run=False)
FIRST = FollowerContext(FOLLOWER, "Follower 1", Sizing())
SECOND = FollowerContext(ClientId("F2"), "Follower 2", Sizing())

# Every question with what makes its answer a "no": changes of the execution, the conditions and the follower.
Change = tuple[dict[str, Any], dict[str, Any], dict[str, Any]]
QUESTIONS: dict[Reason, tuple[Verdict, Change]] = {
    Reason.OPEN_AT_START: (Verdict.SKIP, ({"origin": Origin.OPEN_AT_START}, {"copy_open_at_start": False}, {})),
    Reason.NOTHING_EXECUTED: (Verdict.SKIP, ({"quantity": 0}, {}, {})),
    Reason.TOO_OLD: (Verdict.MISSED, ({}, {"age": timedelta(seconds=61)}, {})),
    Reason.SYMBOL: (Verdict.SKIP, ({}, {"filters": Filters(block_symbols=("NIFTY",))}, {})),
    Reason.ORDER_TYPE: (Verdict.SKIP, ({}, {"filters": Filters(limit_orders=False)}, {})),
    Reason.HALTED: (Verdict.MISSED, ({}, {"halted_because": "by the user"}, {})),
    Reason.PAUSED: (Verdict.MISSED, ({}, {"paused": True}, {})),
    Reason.NO_PRICE: (Verdict.MISSED, ({"order": an_order(average_price=Decimal(0), price=Decimal(0))}, {}, {})),
    Reason.NO_TOKEN: (Verdict.MISSED, ({}, {"token_known": False}, {})),
    Reason.DISABLED: (Verdict.SKIP, ({}, {}, {"enabled": False})),
    Reason.OVER_MAX_QUANTITY: (Verdict.SKIP, ({}, {}, {"sizing": Sizing(max_quantity=1)})),
}
FILTERS = {Reason.SYMBOL, Reason.ORDER_TYPE}


def decide_with(*changes: Change, followers: int = 1) -> Decision:
    execution: dict[str, Any] = {}
    conditions: dict[str, Any] = {}
    standing: dict[str, Any] = {}
    for of_execution, of_conditions, of_follower in changes:
        execution |= of_execution
        conditions |= of_conditions
        standing |= of_follower
    crowd = tuple(replace(each, **standing) for each in (FIRST, SECOND)[:followers])
    return decide(an_execution(**execution), replace(FRESH, **conditions), crowd)


def test_without_a_refusal_it_is_copied() -> None:
    decision = decide_with(followers=2)
    assert (decision.verdict, decision.reason, decision.sentence) == (Verdict.COPY, None, "copied to 2 followers")
    assert [(plan.follower, plan.quantity) for plan in decision.copies] == [(FOLLOWER, 50), ("F2", 50)]


@pytest.mark.parametrize("reason", QUESTIONS)
def test_each_refusal_alone_is_recorded_with_its_reason_and_a_sentence(reason: Reason) -> None:
    verdict, change = QUESTIONS[reason]
    decision = decide_with(change)
    assert (decision.verdict, decision.reason) == (verdict, reason)
    assert decision.sentence
    assert decision.copies == ()


@pytest.mark.parametrize(
    ("earlier", "later"), [pair for pair in combinations(QUESTIONS, 2) if set(pair) != FILTERS], ids=str
)
def test_every_earlier_refusal_wins_over_every_later_one(earlier: Reason, later: Reason) -> None:
    verdict, change = QUESTIONS[earlier]
    decision = decide_with(QUESTIONS[later][1], change)
    assert (decision.verdict, decision.reason) == (verdict, earlier)


def test_the_symbol_is_checked_before_the_order_type() -> None:
    decision = decide_with(({}, {"filters": Filters(block_symbols=("NIFTY",), limit_orders=False)}, {}))
    assert decision.reason is Reason.SYMBOL


@pytest.mark.parametrize("mode", [{"dry_run": True}, {"require_confirmation": True}])
@pytest.mark.parametrize("reason", QUESTIONS)
def test_every_refusal_wins_over_dry_run_and_confirmation(reason: Reason, mode: dict[str, bool]) -> None:
    verdict, change = QUESTIONS[reason]
    decision = decide_with(({}, mode, {}), change)
    assert (decision.verdict, decision.reason) == (verdict, reason)


def test_a_dry_run_wins_over_the_confirmation() -> None:
    decision = decide_with(({}, {"dry_run": True, "require_confirmation": True}, {}))
    assert (decision.verdict, decision.sentence) == (Verdict.SIMULATE, "dry run: would be copied to 1 follower")
    assert [plan.quantity for plan in decision.copies] == [50]


def test_what_requires_approval_has_its_quantities() -> None:
    decision = decide_with(({}, {"require_confirmation": True}, {}))
    assert decision.verdict is Verdict.ASK
    assert [plan.quantity for plan in decision.copies] == [50]


def test_an_execution_exactly_as_old_as_allowed_is_copied() -> None:
    assert decide_with(({}, {"age": MINUTE}, {})).verdict is Verdict.COPY


def test_an_execution_of_unknown_age_is_missed() -> None:
    decision = decide_with(({}, {"age": None}, {}))
    assert (decision.verdict, decision.reason) == (Verdict.MISSED, Reason.TOO_OLD)


@pytest.mark.parametrize("held", [{"age": None}, {"age": timedelta(hours=3)}])
def test_copied_now_its_age_does_not_matter(held: dict[str, Any]) -> None:
    by_hand = {"moment": Moment.COPY_NOW, "require_confirmation": True}
    assert decide_with(({}, held | by_hand, {})).verdict is Verdict.COPY


@pytest.mark.parametrize("reason", sorted(set(QUESTIONS) - {Reason.TOO_OLD}))
def test_copied_now_every_other_refusal_stays(reason: Reason) -> None:
    decision = decide_with(QUESTIONS[reason][1], ({}, {"moment": Moment.COPY_NOW}, {}))
    assert (decision.verdict, decision.reason) == (QUESTIONS[reason][0], reason)


def test_copied_now_a_dry_run_stays_a_dry_run() -> None:
    assert decide_with(({}, {"moment": Moment.COPY_NOW, "dry_run": True}, {})).verdict is Verdict.SIMULATE


def test_an_order_open_at_start_is_copied_when_the_user_wants_that() -> None:
    assert decide_with(({"origin": Origin.OPEN_AT_START}, {}, {})).verdict is Verdict.COPY


def test_a_follower_that_skips_is_named_with_its_reason_and_changes_nothing_for_the_others() -> None:
    out = replace(SECOND, halted_because="5 failures")
    decision = decide(an_execution(), FRESH, (FIRST, out))
    assert (decision.verdict, decision.sentence) == (Verdict.COPY, "copied to 1 follower")
    assert [(plan.name, plan.quantity, plan.reason) for plan in decision.plans] == [
        ("Follower 1", 50, None), ("Follower 2", 0, Reason.HALTED),
    ]  # fmt: skip
    assert [plan.follower for plan in decision.copies] == [FOLLOWER]


def test_all_followers_skipping_for_one_reason_skips_for_that_reason() -> None:
    tiny = Sizing(multiplier=Decimal("0.1"))
    decision = decide(an_execution(), FRESH, (replace(FIRST, sizing=tiny), replace(SECOND, sizing=tiny)))
    assert (decision.verdict, decision.reason) == (Verdict.SKIP, Reason.BELOW_ONE_LOT)
    assert decision.sentence == "50 x 0.1 is below one lot of 50 (all followers)"


def test_all_followers_skipping_for_several_reasons_is_no_follower_left() -> None:
    followers = replace(FIRST, enabled=False), replace(SECOND, halted_because="5 failures")
    decision = decide(an_execution(), FRESH, followers)
    assert (decision.verdict, decision.reason) == (Verdict.SKIP, Reason.NO_FOLLOWER)
    assert decision.sentence == "Follower 1: this follower is disabled; Follower 2: this follower is halted: 5 failures"


def test_with_no_follower_at_all_it_is_skipped() -> None:
    decision = decide(an_execution(), FRESH, ())
    assert (decision.verdict, decision.reason) == (Verdict.SKIP, Reason.NO_FOLLOWER)
    assert decision.sentence == "there is no follower"


def test_each_follower_is_sized_by_its_own_rules() -> None:
    capital = replace(SECOND, sizing=Sizing(SizingMode.CAPITAL), capital_ratio=Decimal(2))
    decision = decide(an_execution(), FRESH, (replace(FIRST, sizing=Sizing(multiplier=Decimal(3))), capital))
    assert [plan.quantity for plan in decision.plans] == [150, 100]


def test_an_age_counts_from_the_exchanges_stamp() -> None:
    assert execution_age(an_execution(), broker_now=after(7), last_look=after(6)) == timedelta(seconds=7)


def test_without_a_stamp_an_age_counts_from_the_last_poll() -> None:
    execution = an_execution(executed_at=None)
    assert execution_age(execution, broker_now=after(7), last_look=after(4)) == timedelta(seconds=3)


def test_without_stamp_and_last_poll_the_age_is_unknown() -> None:
    assert execution_age(an_execution(executed_at=None), broker_now=NOON, last_look=None) is None


def test_an_age_is_never_negative() -> None:
    assert execution_age(an_execution(executed_at=after(3)), broker_now=NOON, last_look=None) == timedelta()


@pytest.mark.parametrize(
    "more", [{"side": Side.SELL}, {"symbol": "SBIN-EQ", "product": Product.INTRADAY, "instrument_type": ""}]
)
@pytest.mark.parametrize("funds", [Decimal(-500), Decimal(0), Decimal(5)])
def test_what_is_not_paid_in_full_is_copied_whatever_the_funds(more: dict[str, Any], funds: Decimal) -> None:
    execution = an_execution(order=an_order(**more))
    conditions = Conditions(Filters(), max_age=timedelta(seconds=60), age=timedelta(), dry_run=False)
    decision = decide(execution, conditions, (FollowerContext(FOLLOWER, "Follower 1", Sizing(), funds=funds),))
    assert decision.verdict is Verdict.COPY
