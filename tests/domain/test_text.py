"""Texts for orders and copies, and foreign text made safe."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copytui.domain.orders import OrderType
from copytui.domain.text import clean, execution_words, fill_words, money, order_words
from tests.builders import a_copy, an_execution, an_order_to_send


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        ("0", "0.00"),
        ("101", "101.00"),
        ("101.5", "101.50"),
        ("101.500000", "101.50"),
        ("100.000", "100.00"),
        ("1E+3", "1000.00"),
        ("84.5025", "84.5025"),
        ("84.50250", "84.5025"),
    ],
)
def test_rupees_have_two_decimals_or_more_where_the_price_has_them(amount: str, words: str) -> None:
    assert money(Decimal(amount)) == words


def test_executions_orders_and_fills_are_described_in_one_line() -> None:
    market = an_order_to_send(order_type=OrderType.MARKET, price=Decimal(0))
    copy = a_copy(filled=25, average_price=Decimal("101.5"))
    assert execution_words(an_execution()) == "BUY 50 NIFTY28NOV2624000CE @ 101.50"
    assert order_words(an_order_to_send()) == "BUY 50 NIFTY28NOV2624000CE limit 102.00"
    assert order_words(market) == "BUY 50 NIFTY28NOV2624000CE at market"
    assert fill_words(copy) == "25/50 @ 101.50"


@pytest.mark.parametrize(
    ("foreign", "cleaned"),
    [
        ("RMS: margin\r\nexceeds\tcash", "RMS: margin exceeds cash"),
        ("\x1b[31mred\x1b[0m", "[31mred [0m"),
        ("a\x00b\x07c\x9b2J", "a b c 2J"),
        ("left\u202eright\u200b", "left right"),
        ("line\u2028end", "line end"),
        ("lone \ud800 half", "lone half"),
        ("  much \xa0 room  ", "much room"),
        ("[bold]not ours[/bold] \\[x]", "[bold]not ours[/bold] \\[x]"),
        ("₹ नमस्ते é", "₹ नमस्ते é"),
        ("", ""),
    ],
)
def test_control_characters_go_and_everything_else_stays(foreign: str, cleaned: str) -> None:
    assert clean(foreign) == cleaned


def test_a_name_of_300_characters_stays_whole_and_a_longer_one_is_cut_with_a_mark() -> None:
    assert clean("x" * 300) == "x" * 300
    assert clean("x" * 301) == "x" * 299 + "…"


@given(st.text(st.characters()))
def test_any_text_becomes_one_printable_line_of_at_most_300(text: str) -> None:
    line = clean(text)
    assert line.isprintable()
    assert len(line) <= 300
    assert clean(line) == line
