"""Cancelling and modifying working orders, and setting circuits and prices."""

from __future__ import annotations

from typing import Any

import pytest

from copytui.sim.orders import RefusedError
from tests.sim.helpers import HeldExchange

LIMIT: dict[str, Any] = {"ordertype": "LIMIT", "price": "780.00", "quantity": "10"}


def modify(held: HeldExchange, orderid: str, **changes: Any) -> None:
    held.exchange.modify_order(held.follower, {"orderid": orderid, "duration": "DAY", **changes})


def resting(**options: Any) -> tuple[HeldExchange, str]:
    """Return an exchange with SBIN still at 812.40, and a limit order waiting below it."""
    held = HeldExchange(realism=True, **options)
    held.exchange.set_price("SBIN-EQ", last="812.40", still=True)
    orderid = held.place(**LIMIT)
    held.wait(1)
    assert held.row(held.follower, orderid)["orderstatus"] == "open"
    return held, orderid


def test_a_modified_limit_order_is_matched_at_its_new_price() -> None:
    held, orderid = resting()
    modify(held, orderid, price="790.00")
    held.wait(5)
    row = held.row(held.follower, orderid)
    assert (row["price"], row["orderstatus"], row["filledshares"]) == (790.0, "open", "0")
    modify(held, orderid, price="815.00")
    held.wait(1)
    row = held.row(held.follower, orderid)
    assert (row["price"], row["orderstatus"], row["averageprice"]) == (815.0, "complete", 812.4)


def test_a_modified_order_trades_once_if_the_market_arrives_at_the_same_time() -> None:
    held, orderid = resting()
    modify(held, orderid, price="815.00")
    held.exchange.set_price("SBIN-EQ", last="779.00")
    held.wait(3)
    row = held.row(held.follower, orderid)
    assert (row["orderstatus"], row["filledshares"]) == ("complete", "10")
    assert held.exchange.books[held.follower].net("SBIN-EQ", "INTRADAY") == 10


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"price": "890.00"}, "circuit limit"),
        ({"price": "700.00"}, "circuit limit"),
        ({"price": "790.03"}, "tick size"),
    ],
)
def test_a_change_against_the_rules_leaves_the_order_as_it_was(changes: dict[str, Any], words: str) -> None:
    held, orderid = resting()
    held.exchange.set_price("SBIN-EQ", lower_circuit="731.00", upper_circuit="880.00")
    modify(held, orderid, **changes)
    held.wait(1)
    row = held.row(held.follower, orderid)
    assert (row["status"], row["orderstatus"], row["price"]) == ("not modified", "open", 780.0)
    assert words in row["text"]
    held.exchange.set_price("SBIN-EQ", last="779.00")
    held.wait(3)
    assert held.row(held.follower, orderid)["orderstatus"] == "complete"


def test_new_circuits_apply_to_new_orders() -> None:
    held = HeldExchange()
    held.exchange.set_price("SBIN-EQ", last="812.40", lower_circuit="800.00", upper_circuit="820.00", still=True)
    inside, above = held.place(**{**LIMIT, "price": "820.00"}), held.place(**{**LIMIT, "price": "820.05"})
    held.wait(1)
    assert held.row(held.follower, inside)["orderstatus"] == "complete"
    row = held.row(held.follower, above)
    assert row["orderstatus"] == "rejected"
    assert "low 800.00, high 820.00" in row["text"]


def test_a_still_price_stays_and_a_free_one_walks() -> None:
    held = HeldExchange()
    held.exchange.set_price("SBIN-EQ", last="812.40", still=True)
    stock = held.exchange.market.find("SBIN-EQ")
    assert stock is not None
    held.wait(60)
    assert held.exchange.market.last(stock) == 81240
    held.exchange.set_price("SBIN-EQ", still=False)
    held.wait(60)
    assert held.exchange.market.last(stock) != 81240


@pytest.mark.parametrize(
    "prices",
    [
        {"last": "7"},
        {"last": "dear"},
        {"lower_circuit": "900.00"},
        {"lower_circuit": 0},
        {"upper_circuit": "1"},
    ],
)
def test_an_impossible_price_is_rejected(prices: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        HeldExchange().exchange.set_price("SBIN-EQ", **prices)
    with pytest.raises(ValueError, match="not traded here"):
        HeldExchange().exchange.set_price("NOPE")


def test_a_held_order_stays_open_whatever_its_price_until_it_is_modified() -> None:
    held = HeldExchange()
    order = held.exchange.place_order(held.follower, held.params(**{**LIMIT, "price": "850.00"}), hold=True)
    held.wait(60)
    row = held.row(held.follower, order.orderid)
    assert (row["orderstatus"], row["exchangeorderid"] != "") == ("open", True)
    held.exchange.modify_order(
        held.follower, {"orderid": order.orderid, "duration": "DAY", "price": "851.00"}, hold=True
    )
    held.wait(60)
    row = held.row(held.follower, order.orderid)
    assert (row["orderstatus"], row["price"]) == ("open", 851.0)
    modify(held, order.orderid, price="852.00")
    held.wait(1)
    assert held.row(held.follower, order.orderid)["orderstatus"] == "complete"


def test_a_held_master_order_stays_held_when_it_is_modified() -> None:
    held = HeldExchange()
    orderid = held.exchange.place_master_order("SBIN-EQ", "BUY", 10, order_type="LIMIT", price=780, fill="hold")
    held.exchange.modify_order(held.master, {"orderid": orderid, "duration": "DAY", "price": "850.00"})
    held.wait(60)
    assert held.row(held.master, orderid)["orderstatus"] == "open"
    held.exchange.fill_master_order(orderid)
    assert held.row(held.master, orderid)["orderstatus"] == "complete"


def test_orders_of_any_account_are_filled_cancelled_and_rejected_manually() -> None:
    held = HeldExchange()
    first, second, third = (
        held.exchange.place_order(held.follower, held.params(**LIMIT), hold=True).orderid for _ in range(3)
    )
    held.exchange.fill_manually(held.follower, first, 4)
    held.exchange.cancel_manually(held.follower, first)
    held.exchange.fill_manually(held.follower, second)
    held.exchange.reject_manually(held.follower, third, "because")
    rows = [held.row(held.follower, orderid) for orderid in (first, second, third)]
    assert [row["orderstatus"] for row in rows] == ["cancelled", "complete", "rejected"]
    assert [row["filledshares"] for row in rows] == ["4", "10", "0"]
    with pytest.raises(ValueError, match="is complete"):
        held.exchange.fill_manually(held.follower, second)
    with pytest.raises(ValueError, match="has no order"):
        held.exchange.fill_manually(held.master, second)


def test_a_cancel_of_a_final_or_unknown_order_is_refused() -> None:
    held = HeldExchange()
    orderid = held.place(**LIMIT)
    held.wait(1)
    for params in ({"orderid": orderid}, {"orderid": "1"}, {"orderid": orderid, "variety": "AMO"}):
        with pytest.raises(RefusedError) as refusal:
            held.exchange.cancel_order(held.follower, params)
        assert refusal.value.code == "AB1007"
