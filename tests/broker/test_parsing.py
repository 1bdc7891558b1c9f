from __future__ import annotations

import json
import time
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from copytui.broker.smartapi.account_parsing import parse_profile
from copytui.broker.smartapi.parsing import FIELDS, RowCache, RowError, parse_book, parse_order, parse_time
from copytui.domain.contracts import Contract, Right
from copytui.domain.errors import BrokerTrouble
from copytui.domain.orders import BookOrder, ClientId, Duration, OrderStatus, OrderType, Product, Variety
from copytui.domain.text import IST
from copytui.domain.unreadable import unreadable_words
from tests.broker.samples import row


def test_a_documented_row_becomes_an_order() -> None:
    order = parse_order(row())
    assert (order.key, order.order_id, order.token) == ("0f0e-1", "261122000000123", "3045")
    assert (order.quantity, order.filled, order.lot_size) == (100, 40, 1)
    assert (order.price, order.trigger_price, order.average_price) == (Decimal("161.7"), Decimal(0), Decimal("161.65"))
    assert (order.order_status, order.status) == (OrderStatus.WORKING, "open")
    assert order.updated_at == datetime(2026, 11, 22, 10, 5, 12, tzinfo=IST)


@pytest.mark.parametrize(
    ("changes", "field", "value"),
    [
        ({"quantity": 100}, "quantity", 100),
        ({"quantity": 100.0}, "quantity", 100),
        ({"quantity": "100.00"}, "quantity", 100),
        ({"price": "161.70"}, "price", Decimal("161.70")),
        ({"price": ""}, "price", 0),
        ({"price": None}, "price", 0),
        ({"price": ...}, "price", 0),
        ({"averageprice": ...}, "average_price", 0),
        ({"averageprice": 0.0}, "average_price", 0),
        ({"lotsize": ...}, "lot_size", 1),
        ({"lotsize": "0"}, "lot_size", 1),
        ({"lotsize": 65}, "lot_size", 65),
        ({"symboltoken": None}, "token", None),
        ({"symboltoken": 3045}, "token", "3045"),
        ({"orderid": 261122000000123}, "order_id", "261122000000123"),
        ({"orderid": 261122000000123.0}, "order_id", "261122000000123"),
        ({"uniqueorderid": ""}, "key", "261122000000123"),
        ({"uniqueorderid": None}, "key", "261122000000123"),
        ({"producttype": "cnc"}, "product", Product.DELIVERY),
        ({"producttype": "NRML"}, "product", Product.CARRYFORWARD),
        ({"producttype": "MIS"}, "product", Product.INTRADAY),
        ({"ordertype": "stoploss_limit"}, "order_type", OrderType.STOPLOSS_LIMIT),
        ({"variety": "AMO"}, "variety", Variety.AMO),
        ({"variety": ...}, "variety", Variety.NORMAL),
        # Copying does not need these: an odd one makes nobody miss the order.
        ({"triggerprice": -1}, "trigger_price", 0),
        ({"triggerprice": "none"}, "trigger_price", 0),
        ({"averageprice": -1.0}, "average_price", 0),
        ({"averageprice": "Infinity"}, "average_price", 0),
        ({"ordertype": "MARKET", "price": -1}, "price", 0),
        ({"lotsize": -65}, "lot_size", 1),
        ({"variety": "GTT"}, "variety", Variety.NORMAL),
        ({"duration": "EOS"}, "duration", Duration.DAY),
        ({"text": ["x"]}, "text", ""),
        ({"parentorderid": {}}, "parent_id", ""),
        ({"instrumenttype": []}, "instrument_type", ""),
        ({"filledshares": "", "status": "complete", "orderstatus": "complete"}, "filled", 100),
        ({"filledshares": ..., "status": "complete", "orderstatus": "complete"}, "filled", 100),
        ({"filledshares": "40", "status": "complete", "orderstatus": "complete"}, "filled", 40),
        ({"filledshares": ""}, "filled", 0),
        ({"text": "\x1b[2J rejected\r\n"}, "text", "[2J rejected"),
        ({"ordertag": None}, "tag", ""),
        ({"updatetime": "", "exchtime": None, "exchorderupdatetime": ""}, "updated_at", None),
        ({"updatetime": "soon", "exchtime": 5, "exchorderupdatetime": ...}, "updated_at", None),
    ],
)
def test_every_documented_format_is_read(changes: dict[str, Any], field: str, value: object) -> None:
    assert getattr(parse_order(row(**changes)), field) == value


OPTION: dict[str, Any] = {
    "exchange": "BFO", "tradingsymbol": "360ONE26DEC1260CE", "instrumenttype": "OPTSTK", "strikeprice": 1260.0,
    "optiontype": "CE", "expirydate": "31DEC2026",
}  # fmt: skip
EXPIRES = Contract("360ONE", date(2026, 12, 31), Decimal(1260), Right.CE)


@pytest.mark.parametrize(
    ("changes", "contract"),
    [
        ({}, EXPIRES),
        ({"strikeprice": "1260.00"}, EXPIRES),
        ({"strikeprice": "-1", "optiontype": ""}, EXPIRES),
        ({"strikeprice": ["x"], "optiontype": None, "instrumenttype": ...}, EXPIRES),
        ({"expirydate": ""}, replace(EXPIRES, expiry=None)),
        ({"expirydate": 31122026}, replace(EXPIRES, expiry=None)),
        ({"expirydate": ...}, replace(EXPIRES, expiry=None)),
        ({"exchange": "BSE"}, None),
    ],
)
def test_a_derivative_is_read_from_the_rows_own_fields(changes: dict[str, Any], contract: Contract | None) -> None:
    assert parse_order(row(**(OPTION | changes))).contract == contract


def test_a_row_whose_contract_changes_is_parsed_again() -> None:
    cache = RowCache()
    parse_book([row(**OPTION)], cache)
    (order,), _problems = parse_book([row(**OPTION | {"expirydate": "30DEC2026"})], cache)
    assert order.contract == replace(EXPIRES, expiry=date(2026, 12, 30))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"quantity": 75.5}, "quantity"),
        ({"quantity": ""}, "quantity is empty"),
        ({"quantity": "-75"}, "negative"),
        ({"quantity": True}, "quantity"),
        ({"quantity": float("nan")}, "quantity"),
        ({"quantity": float("inf")}, "quantity"),
        ({"quantity": "NaN"}, "quantity"),
        ({"quantity": "1e99"}, "quantity"),
        ({"quantity": "1_000"}, "quantity"),
        ({"quantity": "1,000"}, "quantity"),
        ({"quantity": "٧٥"}, "quantity"),
        ({"quantity": ["75"]}, "quantity"),
        ({"filledshares": "101"}, "more than quantity"),
        ({"filledshares": -1}, "negative"),
        ({"price": "about 5"}, "price"),
        ({"price": -5}, "price is negative"),
        ({"orderid": "", "uniqueorderid": None}, "neither orderid"),
        ({"orderid": ["1"]}, "orderid"),
        ({"transactiontype": "B"}, "transactiontype"),
        ({"transactiontype": ""}, "transactiontype is empty"),
        ({"exchange": "NYSE"}, "exchange"),
        ({"ordertype": ...}, "ordertype"),
        ({"producttype": None}, "producttype"),
        ({"tradingsymbol": ""}, "tradingsymbol"),
    ],
)
def test_an_ambiguous_field_is_a_row_error(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(RowError, match=words):
        parse_order(row(**changes))


@pytest.mark.parametrize(
    ("orderstatus", "status", "filled", "order_status"),
    [
        ("complete", "complete", "100", OrderStatus.COMPLETE),
        ("COMPLETE", "", "100", OrderStatus.COMPLETE),
        ("", "complete", "100", OrderStatus.COMPLETE),
        ("open", "complete", "100", OrderStatus.COMPLETE),
        ("open", "complete", "40", OrderStatus.WORKING),
        ("cancelled", "open", "40", OrderStatus.CANCELLED),
        ("trigger pending", "modified", "0", OrderStatus.WORKING),
        ("open", "rejected", "0", OrderStatus.WORKING),
        ("rejected", "rejected", "0", OrderStatus.REJECTED),
        ("cancelled after market order", "", "0", OrderStatus.CANCELLED),
        ("not cancelled", "", "0", OrderStatus.WORKING),
        ("completely new word", "", "100", OrderStatus.WORKING),
        ("", "", "0", OrderStatus.WORKING),
    ],
)
def test_status_words_become_order_statuses(
    orderstatus: str, status: str, filled: str, order_status: OrderStatus
) -> None:
    assert parse_order(row(orderstatus=orderstatus, status=status, filledshares=filled)).order_status is order_status


@pytest.mark.parametrize(
    "text",
    [
        "",
        "22/11/2026 10:05:11",
        "31-Feb-2026 10:05:11",
        "22-Nov-2026 25:05:11",
        "22-Xxx-2026 10:05:11",
        "22-Nov-2026T10:05",
        "²2-Nov-2026 10:05:11",
    ],
)
def test_an_unknown_time_is_none(text: str) -> None:
    assert parse_time(text) is None


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["0", "75", "BUY", "NSE", "open"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@settings(max_examples=400)
@given(st.dictionaries(st.sampled_from(FIELDS), JSON))
def test_any_junk_in_a_row_is_an_order_or_a_row_error(changes: dict[str, Any]) -> None:
    for candidate in (row() | changes, changes):
        try:
            order = parse_order(candidate)
        except RowError:
            continue
        assert isinstance(order, BookOrder)
        assert 0 <= order.filled <= order.quantity
        assert order.lot_size >= 1


@given(JSON)
def test_any_junk_for_an_order_book_is_a_reading_or_broker_trouble(data: object) -> None:
    cache = RowCache()
    try:
        first = parse_book(data, cache)
    except BrokerTrouble:
        return
    assert parse_book(data, cache) == first


@pytest.mark.parametrize("data", [None, "", [], "null"])
def test_an_empty_order_book_is_empty(data: object) -> None:
    assert parse_book(data, RowCache()) == ((), ())


@pytest.mark.parametrize("data", [{}, {"orders": []}, "false", 0, False, "try later"])
def test_an_order_book_in_an_unknown_format_raises(data: object) -> None:
    with pytest.raises(BrokerTrouble):
        parse_book(data, RowCache())


def test_an_unreadable_row_is_named_and_the_others_are_read() -> None:
    orders, problems = parse_book([row(), row(orderid="7", uniqueorderid="u7", quantity="x"), 5], RowCache())
    assert len(orders) == 1
    assert [(problem.order_id, problem.sentence, problem.side, problem.symbol) for problem in problems] == [
        ("7", "quantity: 'x' is not a number", "BUY", "SBIN-EQ"),
        ("without an id", "the row is not an object", "", ""),
    ]


def test_an_unreadable_row_has_the_same_name_wherever_it_stands() -> None:
    bad = row(orderid="7", producttype="MTF")
    names = [
        [problem.order_id for problem in parse_book(book, RowCache())[1]]
        for book in ([bad], [row(), bad], [row(), row(uniqueorderid="b"), bad])
    ]
    assert names == [["7"]] * 3
    (nameless,) = parse_book([bad | {"orderid": None, "uniqueorderid": ""}], RowCache())[1]
    assert nameless.order_id == "without an id BUY SBIN-EQ"
    assert unreadable_words(nameless.order_id, nameless.side, nameless.symbol) == "BUY SBIN-EQ order without an id"


@pytest.mark.parametrize(
    ("changes", "is_over", "is_unfilled"),
    [
        ({"orderstatus": "open", "status": "open", "filledshares": "0"}, False, False),
        ({"orderstatus": "complete", "status": "complete", "filledshares": "100"}, True, False),
        ({"orderstatus": "complete", "status": "complete", "filledshares": ""}, True, False),
        ({"orderstatus": "rejected", "status": "rejected", "filledshares": "0"}, True, True),
        ({"orderstatus": "cancelled", "status": "cancelled", "filledshares": 0}, True, True),
        ({"orderstatus": "cancelled", "status": "cancelled", "filledshares": "40"}, True, False),
        ({"orderstatus": "cancelled", "status": "cancelled", "filledshares": -1}, True, False),
        ({"orderstatus": ["cancelled"], "status": None, "filledshares": {}}, False, False),
    ],
)
def test_an_unreadable_row_tells_whether_something_of_it_may_have_executed(
    changes: dict[str, Any], is_over: bool, is_unfilled: bool
) -> None:
    (problem,) = parse_book([row(producttype="MTF", **changes)], RowCache())[1]
    assert (problem.is_over, problem.is_unfilled) == (is_over, is_unfilled)


def test_both_rows_of_a_repeated_key_are_kept() -> None:
    orders, _ = parse_book([row(filledshares="10"), row(filledshares="20")], RowCache())
    assert [order.filled for order in orders] == [10, 20]


def test_an_unchanged_row_is_not_parsed_again_and_a_changed_one_is() -> None:
    cache = RowCache()
    (first, second), _ = parse_book([row(), row(uniqueorderid="b")], cache)
    (again, changed), _ = parse_book([row(uniqueorderid="b"), row(filledshares="41")], cache)
    assert again is second
    assert (first.filled, changed.filled) == (40, 41)


def test_a_thousand_unchanged_rows_cost_less_than_ten_milliseconds() -> None:
    book = json.dumps([row(uniqueorderid=f"u{number}", orderid=str(number)) for number in range(1, 1001)])
    cache = RowCache()
    parse_book(json.loads(book), cache)
    costs = []
    for _ in range(7):
        rows = json.loads(book)
        before = time.thread_time()
        orders, _ = parse_book(rows, cache)
        costs.append(time.thread_time() - before)
    assert len(orders) == 1000
    assert min(costs) < 0.010


@pytest.mark.parametrize("exchanges", [["NSE", "nfo"], "['NSE', 'nfo']", '["NSE","nfo"]', "NSE, nfo", "[NSE,nfo]"])
def test_a_profile_lists_its_segments_in_any_format(exchanges: object) -> None:
    profile = parse_profile({"name": "Asha\x07 R", "exchanges": exchanges}, ClientId("F001"))
    assert (profile.name, profile.exchanges) == ("Asha R", ("NSE", "NFO"))


@given(JSON)
def test_any_junk_for_a_profile_is_a_profile(junk: object) -> None:
    parse_profile({"name": junk, "exchanges": junk}, ClientId("F001"))
