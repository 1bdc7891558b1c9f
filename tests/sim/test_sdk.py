from __future__ import annotations

import json
from typing import Any

import pytest

from copytui.sim import RunningExchange
from tests.sim.helpers import Eventually, HttpCall, LogIn, Serve, order_params


@pytest.fixture
def running(serve: Serve) -> RunningExchange:
    return serve()


@pytest.fixture
def follower(running: RunningExchange, log_in: LogIn) -> Any:
    return log_in(running, running.exchange.followers[0])


def test_the_sdk_logs_in_and_reads_its_profile(running: RunningExchange, connect: LogIn, log_in: LogIn) -> None:
    account = running.exchange.master
    client = log_in(running, account)
    profile = client.getProfile(client.refresh_token)
    assert profile["data"]["clientcode"] == account.client_id
    assert client.access_token.count(".") == 2
    assert not client.access_token.startswith("Bearer")


def test_an_empty_order_book_is_null(follower: Any) -> None:
    assert follower.orderBook() == {"status": True, "message": "SUCCESS", "errorcode": "", "data": None}
    assert follower.tradeBook()["data"] is None
    assert follower.position()["data"] is None
    assert follower.holding()["data"] is None
    assert follower.allholding()["data"]["holdings"] is None


def test_a_placed_order_is_in_the_book_with_its_tag_and_completes(follower: Any, eventually: Eventually) -> None:
    answer = follower.placeOrderFullResponse(order_params(ordertag="COPY0001"))
    assert answer["status"] is True
    assert answer["data"]["script"] == "SBIN-EQ"

    def completed() -> Any:
        rows = follower.orderBook()["data"]
        return rows if rows[0]["orderstatus"] == "complete" else None

    (row,) = eventually(completed)
    assert row["orderid"] == answer["data"]["orderid"]
    assert len(row["orderid"]) == 15
    assert row["uniqueorderid"] == answer["data"]["uniqueorderid"]
    assert row["ordertag"] == "COPY0001"
    assert row["quantity"] == row["filledshares"] == "10"
    assert isinstance(row["averageprice"], float)
    (trade,) = follower.tradeBook()["data"]
    assert trade["fillsize"] == "10"
    assert all(isinstance(value, str) for value in trade.values())
    (position,) = follower.position()["data"]
    assert position["netqty"] == "10"
    assert all(isinstance(value, str) for value in position.values())


def test_place_order_returns_the_order_id(follower: Any) -> None:
    assert follower.placeOrder(order_params()).isdigit()
    assert follower.placeOrder(order_params(symboltoken="1")) is None


def test_a_repeated_tag_is_not_refused(running: RunningExchange, follower: Any) -> None:
    first, second = (
        follower.placeOrder(order_params(ordertag="SAME")),
        follower.placeOrder(order_params(ordertag="SAME")),
    )
    assert first != second
    accepted = running.call(running.exchange.placements, running.exchange.followers[0].client_id)
    assert [placement.tag for placement in accepted] == ["SAME", "SAME"]
    assert accepted[0].monotonic <= accepted[1].monotonic


def test_an_open_order_is_modified_then_cancelled(serve: Serve, log_in: LogIn, eventually: Eventually) -> None:
    running = serve(realism=True)
    client = log_in(running, running.exchange.followers[0])
    order = order_params(ordertype="LIMIT", price="780.00")
    orderid = client.placeOrder(order)
    eventually(lambda: client.orderBook()["data"][0]["orderstatus"] == "open")
    changed = client.modifyOrder({**order, "orderid": orderid, "price": "785.50", "quantity": "20"})
    assert changed["data"]["orderid"] == orderid
    row = client.orderBook()["data"][0]
    assert (row["price"], row["quantity"]) == (785.5, "20")
    assert client.cancelOrder(orderid, "NORMAL")["data"]["orderid"] == orderid
    row = eventually(lambda: next((r for r in client.orderBook()["data"] if r["orderstatus"] == "cancelled"), None))
    assert row["cancelsize"] == "20"
    assert client.cancelOrder(orderid, "NORMAL")["status"] is False


def test_one_order_is_found_by_its_unique_id(follower: Any) -> None:
    placed = follower.placeOrderFullResponse(order_params())["data"]
    assert follower.individual_order_details(placed["uniqueorderid"])["data"]["orderid"] == placed["orderid"]
    missing = follower.individual_order_details(placed["orderid"])
    assert (missing["status"], missing["errorcode"]) == (False, "AB1007")


def test_funds_are_strings_and_shrink_with_a_position(follower: Any, eventually: Eventually) -> None:
    before = follower.rmsLimit()["data"]
    assert all(isinstance(value, str) for value in before.values())
    follower.placeOrder(order_params(producttype="DELIVERY"))
    eventually(lambda: float(follower.rmsLimit()["data"]["net"]) < float(before["net"]) - 7000)


def test_prices_and_symbols_are_answered(running: RunningExchange, follower: Any) -> None:
    option = next(i for i in running.exchange.market.instruments if i.name == "BANKNIFTY")
    assert follower.ltpData("NFO", option.symbol, option.token)["data"]["ltp"] > 0
    assert follower.ltpData("NFO", "NOPE", "1")["errorcode"] == "AB1018"
    quotes = follower.getMarketData("FULL", {"NSE": ["3045", "0"], "NFO": [option.token]})["data"]
    assert {row["tradingSymbol"] for row in quotes["fetched"]} == {"SBIN-EQ", option.symbol}
    assert quotes["fetched"][0]["lowerCircuit"] < quotes["fetched"][0]["ltp"] < quotes["fetched"][0]["upperCircuit"]
    assert [row["symbolToken"] for row in quotes["unfetched"]] == ["0"]
    found = follower.searchScrip("NFO", "BANKNIFTY")["data"]
    assert option.symbol in [row["tradingsymbol"] for row in found]
    assert option.lot == 30


def test_positions_are_marked_to_the_market(running: RunningExchange, follower: Any, eventually: Eventually) -> None:
    running.call(running.exchange.set_price, "SBIN-EQ", last="812.40", still=True)
    assert follower.position()["data"] is None
    follower.placeOrder(order_params(quantity="10"))
    eventually(lambda: follower.position()["data"])
    running.call(running.exchange.set_price, "SBIN-EQ", last="820.40")
    follower.placeOrder(order_params(quantity="4", transactiontype="SELL"))
    eventually(lambda: follower.position()["data"][0]["sellqty"] == "4")
    (row,) = follower.position()["data"]
    assert all(isinstance(value, str) for value in row.values())
    assert (row["netqty"], row["realised"], row["unrealised"], row["pnl"]) == ("6", "32.00", "48.00", "80.00")
    running.call(running.exchange.set_price, "SBIN-EQ", last="802.40")
    (row,) = follower.position()["data"]
    assert (row["realised"], row["unrealised"], row["pnl"]) == ("32.00", "-60.00", "-28.00")
    funds = follower.rmsLimit()["data"]
    assert (funds["m2mrealized"], funds["m2munrealized"]) == ("32.00", "-60.00")


def test_the_margin_of_orders_is_answered(running: RunningExchange, follower: Any) -> None:
    option = next(i for i in running.exchange.market.instruments if i.name == "NIFTY")
    share = {"exchange": "NSE", "qty": 10, "price": 800, "productType": "DELIVERY", "token": "3045", "tradeType": "BUY"}
    bought = {
        "exchange": "NFO", "qty": "65", "price": "100", "productType": "INTRADAY", "token": option.token,
        "tradeType": "BUY", "orderType": "LIMIT",
    }  # fmt: skip
    data = follower.getMarginApi({"positions": [share, bought]})["data"]
    assert data["totalMarginRequired"] == 8000 + 6500
    assert data["marginComponents"]["netPremium"] == 6500
    for wrong in ([], [share] * 51, "all", [7], [{**share, "token": "9"}], [{**share, "qty": "many"}]):
        assert follower.getMarginApi({"positions": wrong})["status"] is False


def test_logging_out_ends_the_session(running: RunningExchange, follower: Any) -> None:
    client_id = running.exchange.followers[0].client_id
    assert follower.terminateSession(client_id)["status"] is True
    assert follower.orderBook()["errorCode"] == "AG8001"


def test_tokens_are_refreshed(follower: Any) -> None:
    old = follower.access_token
    follower.generateToken(follower.refresh_token)
    assert follower.access_token != old
    assert follower.orderBook()["status"] is True


def test_every_answer_carries_a_date(running: RunningExchange, http_call: HttpCall) -> None:
    status, headers, text = http_call(running.url, "GET", "/rest/secure/angelbroking/order/v1/getOrderBook?%7B%7D")
    assert status == 200
    assert headers["Date"].endswith("GMT")
    assert json.loads(text)["errorCode"] == "AG8003"


def test_every_seventh_row_has_swapped_types(running: RunningExchange, log_in: LogIn) -> None:
    for _ in range(7):
        running.call(running.exchange.place_master_order, "SBIN-EQ", "BUY", 1, fill="now")
    rows = log_in(running, running.exchange.master).orderBook()["data"]
    assert [type(row["quantity"]) for row in rows] == [str] * 6 + [int]
    assert [type(row["averageprice"]) for row in rows] == [float] * 6 + [str]
