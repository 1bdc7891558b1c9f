"""Round trips of values through JSON text."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copytui.domain.copies import ChildOrder
from copytui.domain.orders import BookOrder, OrderToSend
from copytui.domain.text import IST
from copytui.journal.codec import decode, encode
from tests.builders import a_copy, an_order

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
PRICES = st.decimals(0, 10**9, allow_nan=False, allow_infinity=False)
MOMENTS = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.sampled_from([IST, UTC]))  # noqa: DTZ001
st.register_type_strategy(Decimal, PRICES)
st.register_type_strategy(datetime, MOMENTS)
st.register_type_strategy(str, TEXT)
ORDERS = st.builds(BookOrder)
COPIES = st.builds(ChildOrder, order=st.builds(OrderToSend), latency_ms=st.none() | st.floats(0, 1e9))


@given(ORDERS)
def test_an_order_comes_back_equal(order: BookOrder) -> None:
    assert decode(BookOrder, encode(order)) == order


@given(COPIES)
def test_a_copy_comes_back_equal(copy: ChildOrder) -> None:
    assert decode(ChildOrder, encode(copy)) == copy


def test_prices_come_back_digit_by_digit() -> None:
    back = decode(BookOrder, encode(an_order(price=Decimal("101.10"))))
    assert str(back.price) == "101.10"


def test_a_field_that_a_newer_version_added_has_its_default() -> None:
    plain = json.loads(encode(a_copy()))
    del plain["queued_at"]
    assert decode(ChildOrder, json.dumps(plain)) == a_copy()


@pytest.mark.parametrize(
    "change",
    [
        {"price": "much"},
        {"price": None},
        {"side": "BOTH"},
        {"quantity": "50"},
        {"symbol": 50},
        {"updated_at": "yesterday"},
        {"updated_at": 5},
        {"no_such_field": 1},
    ],
)
def test_a_damaged_field_is_an_error_never_a_guess(change: dict[str, object]) -> None:
    damaged = json.dumps(json.loads(encode(an_order())) | change)
    with pytest.raises((ValueError, TypeError, KeyError)):
        decode(BookOrder, damaged)


@pytest.mark.parametrize("text", ["", "{", "[]", "7", "null", '"text"', "{}", '{"key": "U1"}'])
def test_text_of_another_kind_is_an_error(text: str) -> None:
    with pytest.raises((ValueError, TypeError, KeyError)):
        decode(BookOrder, text)
