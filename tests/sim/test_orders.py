from __future__ import annotations

from typing import Any

import pytest

from copytui.sim.orders import RefusedError
from tests.sim.helpers import HeldExchange


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"variety": "AMO"}, "AB1007"),
        ({"variety": "ROBO"}, "AB2002"),
        ({"variety": "OTHER"}, "AB1008"),
        ({"variety": "STOPLOSS"}, "AB1008"),
        ({"ordertype": "STOPLOSS_LIMIT"}, "AB1008"),
        ({"ordertype": "BRACKET"}, "AB1007"),
        ({"producttype": "CNC"}, "AB1012"),
        ({"producttype": "CARRYFORWARD"}, "AB1012"),
        ({"exchange": "NYSE"}, "AB1007"),
        ({"exchange": "BSE"}, "AB1009"),
        ({"tradingsymbol": "NOPE-EQ"}, "AB1009"),
        ({"symboltoken": "3046"}, "AB1009"),
        ({"symboltoken": None}, "AB1009"),
        ({"transactiontype": "HOLD"}, "AB1007"),
        ({"duration": "GTC"}, "AB1007"),
        ({"quantity": "0"}, "AB1007"),
        ({"quantity": "-5"}, "AB1007"),
        ({"quantity": "1.5"}, "AB1007"),
        ({"ordertype": "LIMIT"}, "AB1007"),
        ({"ordertype": "LIMIT", "price": "dear"}, "AB1007"),
        ({"ordertag": "x" * 21}, "AB4008"),
    ],
)
def test_the_broker_refuses_with_its_code(changes: dict[str, Any], code: str) -> None:
    held = HeldExchange()
    with pytest.raises(RefusedError) as refusal:
        held.place(**changes)
    assert refusal.value.code == code
    assert held.exchange.placements(held.follower) == []


@pytest.mark.parametrize(
    "changes",
    [
        {"quantity": 10, "price": 0},
        {"ordertag": None, "price": None},
        {"ordertype": "LIMIT", "price": 812.4},
        {"ordertype": "LIMIT", "price": "812.40", "ordertag": "x" * 20},
        {"ordertype": "STOPLOSS_LIMIT", "variety": "STOPLOSS", "price": "800.00", "triggerprice": "801.00"},
        {"ordertype": "STOPLOSS_MARKET", "variety": "STOPLOSS", "triggerprice": "801.00"},
        {"producttype": "DELIVERY", "duration": "IOC", "scripconsent": "yes"},
    ],
)
def test_acceptable_orders_complete_when_realism_is_off(changes: dict[str, Any]) -> None:
    held = HeldExchange()
    orderid = held.place(**changes)
    held.wait(0.02)
    row = held.row(held.follower, orderid)
    assert (row["orderstatus"], row["filledshares"], row["unfilledshares"]) == ("complete", "10", "0")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"ordertype": "LIMIT", "price": "812.43"}, "tick size"),
        ({"ordertype": "LIMIT", "price": "8000"}, "circuit limit"),
        ({"ordertype": "LIMIT", "price": "8"}, "circuit limit"),
    ],
)
def test_the_exchange_rejects_in_the_order_book(changes: dict[str, Any], words: str) -> None:
    held = HeldExchange()
    orderid = held.place(**changes)
    assert held.row(held.follower, orderid)["orderstatus"] == "open pending"
    held.wait(0.02)
    row = held.row(held.follower, orderid)
    assert row["orderstatus"] == "rejected"
    assert words in row["text"]
    assert row["exchtime"] == row["exchangeorderid"] == ""


@pytest.mark.parametrize(("quantity", "words"), [(66, "lot size 65"), (1820, "freeze")])
def test_options_trade_in_lots_below_the_freeze_quantity(quantity: int, words: str) -> None:
    held = HeldExchange()
    option = next(i for i in held.exchange.market.instruments if i.name == "NIFTY")
    orderid = held.place(tradingsymbol=option.symbol, symboltoken=option.token, exchange="NFO", quantity=str(quantity))
    held.wait(0.02)
    assert words in held.row(held.follower, orderid)["text"]


def test_funds_run_out_when_realism_is_on() -> None:
    held = HeldExchange(realism=True)
    orderid = held.place(quantity="5000", producttype="DELIVERY")
    held.wait(1)
    row = held.row(held.follower, orderid)
    assert row["orderstatus"] == "rejected"
    assert "Insufficient Funds" in row["text"]
    assert "Available funds - Rs. 1500000.00" in row["text"]


def test_closing_a_position_needs_no_funds() -> None:
    held = HeldExchange(realism=True)
    held.place(quantity="100", producttype="DELIVERY")
    held.wait(1)
    held.exchange.books[held.follower].cash = 0
    orderid = held.place(transactiontype="SELL", quantity="100", producttype="DELIVERY")
    held.wait(1)
    assert held.row(held.follower, orderid)["orderstatus"] == "complete"


def test_fills_stay_within_the_limit() -> None:
    held = HeldExchange()
    low, high = held.place(ordertype="LIMIT", price="780.00"), held.place(ordertype="LIMIT", price="850.00")
    sell = held.place(ordertype="LIMIT", price="850.00", transactiontype="SELL")
    held.wait(1)
    assert held.row(held.follower, low)["averageprice"] == 780.0
    assert 780 < held.row(held.follower, high)["averageprice"] < 850
    assert held.row(held.follower, sell)["averageprice"] == 850.0


def test_a_limit_away_from_the_market_waits_for_the_market() -> None:
    held = HeldExchange(realism=True)
    orderid = held.place(ordertype="LIMIT", price="805.00")
    held.wait(5)
    assert held.row(held.follower, orderid)["orderstatus"] == "open"
    stock = held.exchange.market.find("SBIN-EQ")
    assert stock is not None
    held.exchange.market.quote(stock).trade(80300)
    held.wait(1)
    row = held.row(held.follower, orderid)
    assert row["orderstatus"] == "complete"
    assert row["averageprice"] <= 805


def test_a_stop_waits_for_its_trigger() -> None:
    held = HeldExchange(realism=True)
    orderid = held.place(
        ordertype="STOPLOSS_LIMIT", variety="STOPLOSS", transactiontype="SELL", price="795.00", triggerprice="800.00"
    )
    held.wait(5)
    assert held.row(held.follower, orderid)["orderstatus"] == "trigger pending"
    stock = held.exchange.market.find("SBIN-EQ")
    assert stock is not None
    held.exchange.market.quote(stock).trade(79900)
    seen = set()
    for _ in range(100):
        held.wait(0.02)
        seen.add(held.row(held.follower, orderid)["orderstatus"])
    assert seen == {"trigger pending", "open", "complete"}


def test_an_ioc_order_without_a_match_is_cancelled() -> None:
    held = HeldExchange(realism=True)
    orderid = held.place(ordertype="LIMIT", price="780.00", duration="IOC")
    held.wait(1)
    assert held.row(held.follower, orderid)["orderstatus"] == "cancelled"


def test_large_orders_sometimes_fill_in_parts_while_they_stay_open() -> None:
    held = HeldExchange(realism=True, fill_delay=0.2)
    orderids = [held.place(quantity="40") for _ in range(20)]
    partly = set()
    for _ in range(60):
        held.wait(0.02)
        rows = (held.row(held.follower, orderid) for orderid in orderids)
        partly |= {row["orderid"] for row in rows if row["orderstatus"] == "open" and int(row["filledshares"]) > 0}
    assert 1 <= len(partly) < 20
    assert all(held.row(held.follower, orderid)["orderstatus"] == "complete" for orderid in orderids)


def test_a_modified_order_shows_it_in_one_of_its_two_statuses() -> None:
    held = HeldExchange(realism=True)
    orderid = held.place(ordertype="LIMIT", price="780.00")
    held.wait(1)
    held.exchange.modify_order(held.follower, {"orderid": orderid, "price": "850.00", "duration": "DAY"})
    row = held.row(held.follower, orderid)
    assert (row["status"], row["orderstatus"]) == ("modified", "open")
    held.wait(1)
    row = held.row(held.follower, orderid)
    assert (row["status"], row["orderstatus"]) == ("complete", "complete")


def test_master_orders_are_held_filled_in_parts_and_cancelled_manually() -> None:
    held = HeldExchange()
    place = held.exchange.place_master_order
    orderid = place("SBIN-EQ", "BUY", 100, order_type="LIMIT", price=790.0, fill="hold")
    held.wait(60)
    assert held.row(held.master, orderid)["orderstatus"] == "open"
    held.exchange.fill_master_order(orderid, 40)
    row = held.row(held.master, orderid)
    assert (row["orderstatus"], row["filledshares"], row["averageprice"]) == ("open", "40", 790.0)
    held.exchange.cancel_master_order(orderid)
    row = held.row(held.master, orderid)
    assert (row["orderstatus"], row["filledshares"], row["cancelsize"]) == ("cancelled", "40", "60")
    with pytest.raises(ValueError, match="is cancelled"):
        held.exchange.fill_master_order(orderid)


def test_master_orders_complete_at_once_wait_for_a_trigger_or_are_rejected() -> None:
    held = HeldExchange()
    place = held.exchange.place_master_order
    now = place("INFY-EQ", "SELL", 5, fill="now", tag="T")
    stop = place("SBIN-EQ", "SELL", 5, order_type="STOPLOSS_MARKET", trigger_price="800.00", fill="hold")
    doomed = place("SBIN-EQ", "BUY", 5, fill="hold")
    held.exchange.reject_master_order(doomed)
    rows = {row["orderid"]: row for row in held.exchange.book(held.master)}
    assert (rows[now]["orderstatus"], rows[now]["ordertag"]) == ("complete", "T")
    assert (rows[stop]["orderstatus"], rows[stop]["variety"]) == ("trigger pending", "STOPLOSS")
    assert rows[doomed]["orderstatus"] == "rejected"
    held.exchange.fill_master_order(stop)
    assert held.row(held.master, stop)["averageprice"] == 800.0


@pytest.mark.parametrize(
    ("args", "kwargs"),
    [
        (("NOPE", "BUY", 1), {}),
        (("SBIN-EQ", "HOLD", 1), {}),
        (("SBIN-EQ", "BUY", 0), {}),
        (("SBIN-EQ", "BUY", 1), {"fill": "maybe"}),
        (("SBIN-EQ", "BUY", 1), {"exchange": "NFO"}),
        (("SBIN-EQ", "BUY", 1), {"order_type": "BRACKET"}),
    ],
)
def test_a_malformed_master_order_raises(args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        HeldExchange().exchange.place_master_order(*args, **kwargs)
