"""What accounts hold over the days: square-off, delivery, carried positions, expiry, conversions, lagging figures."""

from __future__ import annotations

from typing import Any

import pytest

from copytui.sim.orders import RefusedError
from copytui.sim.scheduler import expiry_date
from tests.sim.helpers import HeldExchange

DELIVERY, INTRADAY, CARRYFORWARD = "DELIVERY", "INTRADAY", "CARRYFORWARD"


def positions(held: HeldExchange) -> dict[tuple[str, str], dict[str, str]]:
    rows = held.exchange.positions(held.follower)
    return {(row["tradingsymbol"], row["producttype"]): row for row in rows}


def trade(held: HeldExchange, side: str, quantity: int, product: str, symbol: str = "SBIN-EQ") -> str:
    return held.exchange.place_by_hand(held.follower, symbol, side, quantity, product=product, fill="now")


def price(held: HeldExchange, last: str, symbol: str = "SBIN-EQ") -> None:
    held.exchange.set_price(symbol, last=last, still=True)


def option(held: HeldExchange) -> Any:
    return next(i for i in held.exchange.market.instruments if i.is_option)


@pytest.fixture
def held() -> HeldExchange:
    held = HeldExchange()
    price(held, "800.00")
    return held


def test_a_trade_by_hand_stands_untagged_in_that_accounts_book_only(held: HeldExchange) -> None:
    orderid = trade(held, "BUY", 10, INTRADAY)
    row = held.row(held.follower, orderid)
    assert (row["ordertag"], row["orderstatus"], row["filledshares"]) == ("", "complete", "10")
    assert positions(held)["SBIN-EQ", INTRADAY]["netqty"] == "10"
    assert held.exchange.book(held.master) == []


def test_the_broker_squares_off_intraday_positions_by_orders_of_its_own(held: HeldExchange) -> None:
    trade(held, "BUY", 10, INTRADAY)
    trade(held, "SELL", 4, INTRADAY, "INFY-EQ")
    trade(held, "BUY", 5, DELIVERY)
    working = held.exchange.place_by_hand(
        held.follower, "SBIN-EQ", "BUY", 3, order_type="LIMIT", price=700, fill="hold"
    )
    orderids = held.exchange.square_off(held.follower)[held.follower]
    rows = [held.row(held.follower, orderid) for orderid in orderids]
    assert [(row["tradingsymbol"], row["transactiontype"], row["filledshares"]) for row in rows] == [
        ("SBIN-EQ", "SELL", "10"),
        ("INFY-EQ", "BUY", "4"),
    ]
    assert {row["ordertag"] for row in rows} == {""}
    assert held.row(held.follower, working)["orderstatus"] == "cancelled"
    now = positions(held)
    assert [now[key]["netqty"] for key in now] == ["0", "0", "5"]
    assert held.exchange.square_off(held.follower) == {held.follower: []}


def test_a_delivery_buy_is_unsettled_on_the_next_day_and_settled_after_it(held: HeldExchange) -> None:
    trade(held, "BUY", 10, DELIVERY)
    assert held.exchange.holdings(held.follower) == []
    held.exchange.turn_day()
    (row,) = held.exchange.holdings(held.follower)
    assert (row["t1quantity"], row["realisedquantity"], row["quantity"], row["averageprice"]) == (10, 0, 10, 800.0)
    assert positions(held) == {}
    held.exchange.turn_day()
    (row,) = held.exchange.holdings(held.follower)
    assert (row["t1quantity"], row["realisedquantity"]) == (0, 10)


def test_the_sale_of_a_holding_is_a_delivery_position_below_zero_until_the_day_ends(held: HeldExchange) -> None:
    trade(held, "BUY", 10, DELIVERY)
    held.exchange.turn_day()
    trade(held, "SELL", 4, DELIVERY)
    row = positions(held)["SBIN-EQ", DELIVERY]
    assert (row["buyqty"], row["sellqty"], row["netqty"], row["cfbuyqty"]) == ("0", "4", "-4", "0")
    assert held.exchange.holdings(held.follower)[0]["quantity"] == 10
    held.exchange.turn_day()
    assert held.exchange.holdings(held.follower)[0]["quantity"] == 6
    trade(held, "SELL", 6, DELIVERY)
    held.exchange.turn_day()
    assert held.exchange.holdings(held.follower) == []


def test_more_shares_than_are_held_cannot_be_sold_for_delivery() -> None:
    held = HeldExchange(realism=True)
    price(held, "800.00")
    trade(held, "BUY", 10, DELIVERY)
    held.exchange.turn_day()
    sale = {"transactiontype": "SELL", "producttype": DELIVERY}
    fine, too_many = held.place(quantity="6", **sale), held.place(quantity="11", **sale)
    held.wait(2)
    assert held.row(held.follower, fine)["orderstatus"] == "complete"
    row = held.row(held.follower, too_many)
    assert row["orderstatus"] == "rejected"
    assert "Check holdings including btst" in row["text"]


def test_a_carried_position_comes_back_at_its_cost(held: HeldExchange) -> None:
    symbol, lot = option(held).symbol, option(held).lot
    price(held, "100.00", symbol)
    trade(held, "BUY", 2 * lot, CARRYFORWARD, symbol)
    price(held, "110.00", symbol)
    trade(held, "SELL", lot, CARRYFORWARD, symbol)
    cash = held.exchange.books[held.follower].cash
    held.exchange.turn_day(0)
    assert held.exchange.books[held.follower].cash == cash + 10_00 * lot
    row = positions(held)[symbol, CARRYFORWARD]
    assert (row["buyqty"], row["sellqty"], row["cfbuyqty"], row["cfsellqty"]) == ("0", "0", str(lot), "0")
    assert (row["netqty"], row["avgnetprice"], row["realised"]) == (str(lot), "100.00", "0.00")
    assert row["unrealised"] == f"{10 * lot:.2f}"
    trade(held, "SELL", 2 * lot, CARRYFORWARD, symbol)
    assert positions(held)[symbol, CARRYFORWARD]["netqty"] == str(-lot)
    held.exchange.turn_day(0)
    row = positions(held)[symbol, CARRYFORWARD]
    assert (row["cfbuyqty"], row["cfsellqty"], row["netqty"]) == ("0", str(lot), str(-lot))


def test_a_new_day_begins_with_empty_books_and_without_intraday_positions_or_sessions(held: HeldExchange) -> None:
    orderid = trade(held, "BUY", 10, INTRADAY)
    resting = held.place(quantity="1", producttype=DELIVERY)
    held.exchange.turn_day(0)
    assert held.exchange.book(held.follower) == []
    assert positions(held) == {}
    held.wait(5)
    assert positions(held) == {}, "an order of yesterday must not fill today"
    again = trade(held, "BUY", 10, INTRADAY)
    assert again not in (orderid, resting)
    assert len(held.exchange.placements(held.follower)) == 4, "the placements of all days stay"


def test_an_expired_contract_is_gone_the_day_after(held: HeldExchange) -> None:
    contract = option(held)
    days = (expiry_date(contract.expiry) - held.exchange.wall_clock().date()).days
    trade(held, "BUY", contract.lot, CARRYFORWARD, contract.symbol)
    held.exchange.turn_day(max(0, days - 1))
    assert (contract.symbol, CARRYFORWARD) in positions(held)
    held.exchange.turn_day(2)
    assert positions(held) == {}
    assert contract.symbol not in {i.symbol for i in held.exchange.market.instruments}
    assert option(held).symbol != contract.symbol
    with pytest.raises(ValueError, match="not traded"):
        trade(held, "BUY", contract.lot, CARRYFORWARD, contract.symbol)


def test_a_contract_can_expire_without_the_clock(held: HeldExchange) -> None:
    contract = option(held)
    trade(held, "BUY", contract.lot, CARRYFORWARD, contract.symbol)
    held.exchange.turn_day(0, expire=[contract.symbol])
    assert positions(held) == {}
    with pytest.raises(ValueError, match="NOPE"):
        held.exchange.turn_day(0, expire=["NOPE"])
    with pytest.raises(ValueError, match="days_later"):
        held.exchange.turn_day(-1)


def test_a_conversion_moves_a_position_to_another_product_at_its_cost(held: HeldExchange) -> None:
    trade(held, "BUY", 10, INTRADAY)
    orders = held.exchange.book(held.follower)
    price(held, "810.00")
    held.exchange.convert_position(held.follower, "SBIN-EQ", INTRADAY, DELIVERY, 6)
    now = positions(held)
    assert (now["SBIN-EQ", INTRADAY]["netqty"], now["SBIN-EQ", DELIVERY]["netqty"]) == ("4", "6")
    assert now["SBIN-EQ", DELIVERY]["avgnetprice"] == "800.00"
    assert held.exchange.book(held.follower) == orders
    held.exchange.turn_day()
    assert held.exchange.holdings(held.follower)[0]["quantity"] == 6


def test_a_short_and_a_carried_position_can_be_converted(held: HeldExchange) -> None:
    symbol, lot = option(held).symbol, option(held).lot
    trade(held, "SELL", 2 * lot, CARRYFORWARD, symbol)
    held.exchange.turn_day(0)
    held.exchange.convert_position(held.follower, symbol, CARRYFORWARD, INTRADAY, lot)
    now = positions(held)
    assert (now[symbol, CARRYFORWARD]["cfsellqty"], now[symbol, INTRADAY]["sellqty"]) == (str(lot), str(lot))


@pytest.mark.parametrize(
    ("old", "new", "quantity", "code"),
    [
        (INTRADAY, DELIVERY, 11, "AB1017"),
        (INTRADAY, DELIVERY, 0, "AB1017"),
        (DELIVERY, INTRADAY, 5, "AB1017"),
        (INTRADAY, INTRADAY, 5, "AB1017"),
        (INTRADAY, CARRYFORWARD, 5, "AB1012"),
    ],
)
def test_a_wrong_conversion_is_refused(held: HeldExchange, old: str, new: str, quantity: int, code: str) -> None:
    trade(held, "BUY", 10, INTRADAY)
    with pytest.raises(RefusedError) as refusal:
        held.exchange.convert_position(held.follower, "SBIN-EQ", old, new, quantity)
    assert refusal.value.code == code


def test_lagging_positions_are_those_of_some_seconds_ago(held: HeldExchange) -> None:
    symbol, lot = option(held).symbol, option(held).lot
    trade(held, "BUY", lot, CARRYFORWARD, symbol)
    held.exchange.turn_day(0)
    trade(held, "BUY", 10, INTRADAY)
    held.wait(3)
    trade(held, "SELL", 10, INTRADAY)

    def net(lag: float) -> dict[str, str]:
        return {row["tradingsymbol"]: row["netqty"] for row in held.exchange.positions(held.follower, lag)}

    assert net(0) == {symbol: str(lot), "SBIN-EQ": "0"}
    assert net(2) == {symbol: str(lot), "SBIN-EQ": "10"}
    assert net(4) == {symbol: str(lot)}
    held.wait(2.5)
    assert net(2)["SBIN-EQ"] == "0"


def test_the_masters_trading_goes_on_after_a_night() -> None:
    held = HeldExchange(trading=True, pace=20.0)
    held.exchange.start_trading()
    held.wait(5)
    held.exchange.turn_day(8)
    assert held.exchange.book(held.master) == []
    held.wait(5)
    assert held.exchange.book(held.master)
