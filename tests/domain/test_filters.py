"""Filters: the symbols and order types that are copied."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copytui.domain.contracts import underlying_of
from copytui.domain.filter_rules import FilterSubject
from copytui.domain.filters import (
    Filters,
    blocking_pattern,
    filter_changes,
    order_type_refusal,
    symbol_matches,
    symbol_refusal,
)
from copytui.domain.orders import Exchange, OrderType


def _underlying(symbol: str) -> str | None:
    """Return the underlying that a symbol's text says, on the exchange that writes it so."""
    exchange = "BFO" if symbol.startswith("SENSEX") else "NSE" if symbol.endswith("-EQ") else "NFO"
    return underlying_of(exchange, symbol, None)


def _subject(symbol: str) -> FilterSubject:
    return FilterSubject(symbol, Exchange.NSE if symbol.endswith("-EQ") else Exchange.NFO)


@pytest.mark.parametrize(
    ("pattern", "symbol"),
    [
        ("NIFTY", "NIFTY28NOV2426000CE"),
        ("NIFTY", "NIFTY23FEB18000CE"),
        ("NIFTY", "NIFTY28NOV24FUT"),
        ("NIFTYNXT50", "NIFTYNXT5028NOV2465000PE"),
        ("BANKNIFTY", "BANKNIFTY28NOV2452000PE"),
        ("SENSEX", "SENSEX2471180000CE"),
        ("SENSEX50", "SENSEX502471124000CE"),
        ("360ONE", "360ONE28NOV241000CE"),
        ("M&M", "M&M28NOV243000CE"),
        ("BAJAJ-AUTO", "BAJAJ-AUTO28NOV249000PE"),
        ("BAJAJ-AUTO", "BAJAJ-AUTO-EQ"),
        ("USDINR", "USDINR27DEC2484.5CE"),
        ("CRUDEOIL", "CRUDEOIL19DEC24FUT"),
        ("SBIN", "SBIN-EQ"),
        ("SBIN", "SBIN"),
        ("SBIN-EQ", "SBIN-EQ"),
        ("nifty", "NIFTY28NOV2426000CE"),
        ("NIFTY", "nifty28nov2426000ce"),
        (" NIFTY ", "NIFTY28NOV2426000CE"),
        ("BANK*", "BANKNIFTY28NOV2452000PE"),
        ("bank*", "BANKNIFTY28NOV2452000PE"),
        ("*-EQ", "SBIN-EQ"),
        ("*-eq", "sbin-EQ"),
        ("SB?N-EQ", "SBIN-EQ"),
        ("*CE", "NIFTY28NOV2426000CE"),
    ],
)
def test_a_pattern_matches_its_symbol(pattern: str, symbol: str) -> None:
    assert symbol_matches(pattern, symbol, _underlying(symbol))


@pytest.mark.parametrize(
    ("pattern", "symbol"),
    [
        ("NIFTY", "NIFTYNXT5028NOV2465000CE"),
        ("NIFTY", "BANKNIFTY28NOV2452000CE"),
        ("NIFTY", "FINNIFTY28NOV2424000CE"),
        ("NIFTY", "NIFTYBEES-EQ"),
        ("SENSEX", "SENSEX502471124000CE"),
        ("SBIN", "SBINCARD-EQ"),
        ("SBIN-EQ", "SBIN"),
        ("SBIN-EQ", "SBIN-BE"),
        ("BAJAJ", "BAJAJ-AUTO-EQ"),
        ("SBI", "SBIN-EQ"),
        ("*-EQ", "SBIN-BE"),
        ("NIFTY?", "NIFTY28NOV2426000CE"),
        ("BANK*", "NIFTYBANK-EQ"),
        ("[A-Z]*", "SBIN-EQ"),
        ("", "SBIN-EQ"),
        ("  ", "SBIN-EQ"),
    ],
)
def test_a_pattern_does_not_match_similar_symbols(pattern: str, symbol: str) -> None:
    assert not symbol_matches(pattern, symbol, _underlying(symbol))


def test_the_underlying_of_the_contract_counts_and_not_the_symbols_text() -> None:
    assert symbol_matches("SENSEX", "BSXOPT26DEC85000CE", "SENSEX")
    assert not symbol_matches("BSXOPT", "BSXOPT26DEC85000CE", "SENSEX")


@given(st.text(max_size=30), st.text(max_size=40))
def test_matching_ignores_case(pattern: str, symbol: str) -> None:
    matches = symbol_matches(pattern, symbol, symbol[:5])
    assert symbol_matches(pattern.upper(), symbol.upper(), symbol[:5].upper()) is matches


def test_an_empty_allow_list_allows_all() -> None:
    assert symbol_refusal(Filters(), _subject("ANYTHING-EQ")) is None


def test_an_allow_list_lets_only_its_symbols_through() -> None:
    filters = Filters(allow_symbols=("SBIN", "NIFTY"))
    assert symbol_refusal(filters, _subject("NIFTY28NOV2426000CE")) is None
    assert symbol_refusal(filters, _subject("TCS-EQ")) == "symbol not in the allow list"


def test_block_wins_over_allow_and_names_the_pattern() -> None:
    filters = Filters(allow_symbols=("NIFTY",), block_symbols=("TCS", "NIFTY*"))
    assert symbol_refusal(filters, _subject("NIFTY28NOV2426000CE")) == "symbol blocked by NIFTY*"


TYPES = {
    OrderType.MARKET: "market",
    OrderType.LIMIT: "limit",
    OrderType.STOPLOSS_LIMIT: "stop",
    OrderType.STOPLOSS_MARKET: "stop",
}


@pytest.mark.parametrize("off", ["market", "limit", "stop"])
@pytest.mark.parametrize("order_type", OrderType)
def test_an_order_type_that_is_off_is_refused_and_no_other(off: str, order_type: OrderType) -> None:
    filters = Filters(market_orders=off != "market", limit_orders=off != "limit", stop_orders=off != "stop")
    expected = f"{off} orders are off" if TYPES[order_type] == off else None
    assert order_type_refusal(filters, order_type) == expected


@pytest.mark.parametrize(
    ("after", "said"),
    [
        (Filters(), "as they were"),
        (Filters(block_symbols=("SBIN-EQ",)), "SBIN-EQ blocked"),
        (Filters(market_orders=False, stop_orders=False), "market orders off, stop orders off"),
        (Filters(allow_symbols=("NIFTY", "BANK*")), "only NIFTY, BANK* copied"),
    ],
)
def test_a_change_of_the_filters_is_described_both_ways(after: Filters, said: str) -> None:
    assert filter_changes(Filters(), after) == f"filters: {said}"
    back = filter_changes(after, Filters()).removeprefix("filters: ")
    expected = said.replace("SBIN-EQ blocked", "SBIN-EQ not blocked any more").replace("off", "on")
    assert back == ("all symbols allowed" if after.allow_symbols else expected)


def test_only_a_pattern_that_matches_more_than_the_symbol_is_a_blocking_pattern() -> None:
    filters = Filters(block_symbols=("sbin-eq", "NIFTY", "BANK*"))
    assert blocking_pattern(filters, "SBIN-EQ", _underlying("SBIN-EQ")) is None
    assert blocking_pattern(filters, "NIFTY28NOV2426000CE", _underlying("NIFTY28NOV2426000CE")) == "NIFTY"
    assert blocking_pattern(filters, "BANKBARODA-EQ", _underlying("BANKBARODA-EQ")) == "BANK*"
    assert blocking_pattern(filters, "INFY-EQ", _underlying("INFY-EQ")) is None
