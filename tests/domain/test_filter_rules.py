"""Filters by meaning: what a rule matches, and what becomes of what is not known."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from copytui.domain.contracts import Contract, Right
from copytui.domain.filter_rules import FilterRule, FilterSubject, subject_of
from copytui.domain.filters import Filters, filter_changes, symbol_refusal
from copytui.domain.orders import Exchange, Product, Side
from tests.builders import an_order

TODAY = date(2026, 11, 20)
CALL = subject_of(an_order(contract=Contract("NIFTY", date(2026, 11, 26), Decimal(24000), Right.CE)), TODAY)
RULE = FilterRule("NIFTY", Right.CE, 7, Side.BUY, Product.INTRADAY, Exchange.NFO)
SHARE = FilterSubject("SBIN-EQ", Exchange.NSE, today=TODAY)


def blocked(rule: FilterRule, subject: FilterSubject) -> str | None:
    return symbol_refusal(Filters(block_rules=(rule,)), subject)


def allowed(rule: FilterRule, subject: FilterSubject) -> str | None:
    return symbol_refusal(Filters(allow_rules=(rule,)), subject)


def test_a_rule_that_matches_in_all_its_parts_blocks_and_says_them() -> None:
    words = "blocked by underlying NIFTY, CE, expiry within 7 days, BUY, INTRADAY, NFO"
    assert blocked(RULE, CALL) == words
    assert allowed(RULE, CALL) is None
    assert blocked(FilterRule("NIFTY", Right.CE, 7), CALL) == "blocked by underlying NIFTY, CE, expiry within 7 days"


@pytest.mark.parametrize(
    "other",
    [
        {"underlying": "BANKNIFTY"},
        {"right": Right.PE},
        {"expiry_within_days": 5},
        {"side": Side.SELL},
        {"product": Product.CARRYFORWARD},
        {"segment": Exchange.BFO},
    ],
    ids=lambda other: next(iter(other)),
)
def test_one_part_that_does_not_match_is_enough_to_let_it_through(other: dict[str, Any]) -> None:
    assert blocked(replace(RULE, **other), CALL) is None
    assert allowed(replace(RULE, **other), CALL) == "symbol not in the allow list"


def test_an_underlying_is_not_another_one_that_begins_with_it() -> None:
    next_50 = FilterSubject("NIFTYNXT5026NOV2665000CE", today=TODAY)
    assert symbol_refusal(Filters(block_symbols=("NIFTY*CE",)), next_50) is not None
    assert blocked(FilterRule("NIFTY", Right.CE), next_50) is None
    assert blocked(FilterRule("niftynxt50"), next_50) is not None


@pytest.mark.parametrize(("days", "matches"), [(0, False), (5, False), (6, True), (7, True)])
def test_the_days_to_the_expiry_are_counted_from_the_trading_day(days: int, *, matches: bool) -> None:
    assert (blocked(FilterRule(expiry_within_days=days), CALL) is not None) is matches


def test_a_contract_that_expires_today_is_within_any_number_of_days() -> None:
    last_day = replace(CALL, today=date(2026, 11, 26))
    assert blocked(FilterRule(expiry_within_days=0), last_day) == "blocked by expiry today"
    assert blocked(FilterRule(expiry_within_days=1), last_day) == "blocked by expiry within 1 day"


def test_the_row_comes_before_the_text_of_the_symbol() -> None:
    subject = replace(CALL, contract=Contract("SENSEX", date(2027, 1, 29), Decimal(1), Right.PE))
    assert blocked(FilterRule("SENSEX", Right.PE), subject) is not None
    assert blocked(FilterRule("NIFTY"), subject) is None
    assert blocked(FilterRule(expiry_within_days=7), subject) is None


def test_the_text_says_what_nothing_else_says() -> None:
    by_text = replace(CALL, contract=None)
    assert blocked(FilterRule("NIFTY", Right.CE, 8), by_text) is not None
    assert blocked(FilterRule("NIFTY", Right.CE, 7), by_text) is None  # 28 November


UNCLEAR = FilterSubject("360ONE26DEC1260CE", Exchange.BFO, today=TODAY)


def test_what_is_not_known_blocks_and_does_not_allow_and_says_why() -> None:
    rule = FilterRule(right=Right.CE, expiry_within_days=30)
    assert blocked(rule, UNCLEAR) == "blocked by CE, expiry within 30 days: its expiry is not known"
    assert allowed(rule, UNCLEAR) == "symbol not in the allow list: its expiry is not known"
    nothing = FilterSubject("STRANGE", Exchange.NFO, today=TODAY)
    both = blocked(FilterRule("NIFTY", Right.CE), nothing)
    assert both == "blocked by underlying NIFTY, CE: its underlying and right are not known"


def test_what_is_not_known_blocks_nothing_where_another_part_cannot_match() -> None:
    assert blocked(FilterRule(right=Right.PE, expiry_within_days=30), UNCLEAR) is None
    assert blocked(FilterRule(side=Side.SELL, expiry_within_days=30), UNCLEAR) is None


@pytest.mark.parametrize("rule", [FilterRule("SBIN"), FilterRule(right=Right.CE), FilterRule(expiry_within_days=900)])
def test_a_share_has_no_underlying_right_or_expiry(rule: FilterRule) -> None:
    assert blocked(rule, SHARE) is None
    assert allowed(rule, SHARE) == "symbol not in the allow list"


def test_a_share_has_segment_side_and_product() -> None:
    assert blocked(FilterRule(segment=Exchange.NSE, side=Side.BUY, product=Product.INTRADAY), SHARE) is not None


def test_a_rule_without_any_part_matches_nothing() -> None:
    assert blocked(FilterRule(), CALL) is None
    assert allowed(FilterRule(), CALL) is not None


def test_words_and_rules_allow_side_by_side_and_what_blocks_wins() -> None:
    filters = Filters(allow_symbols=("SBIN",), allow_rules=(FilterRule("NIFTY"),))
    assert symbol_refusal(filters, SHARE) is None
    assert symbol_refusal(filters, CALL) is None
    assert symbol_refusal(filters, replace(SHARE, symbol="TCS-EQ")) == "symbol not in the allow list"
    assert symbol_refusal(replace(filters, block_rules=(FilterRule(right=Right.CE),)), CALL) == "blocked by CE"


def test_a_change_of_rules_is_described() -> None:
    rule = Filters(block_rules=(FilterRule("NIFTY", Right.CE),))
    assert filter_changes(Filters(), rule) == "filters: {underlying NIFTY, CE} blocked"
    assert filter_changes(rule, Filters()) == "filters: {underlying NIFTY, CE} not blocked any more"
    only = Filters(allow_rules=(FilterRule("NIFTY"),))
    assert filter_changes(Filters(), only) == "filters: only {underlying NIFTY} copied"
