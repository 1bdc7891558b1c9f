from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from copytui.sim import RunningExchange
from tests.sim.helpers import HttpCall, LogIn, Serve, order_params

Steer = Callable[..., Any]


@pytest.fixture
def running(serve: Serve) -> RunningExchange:
    return serve()


@pytest.fixture
def steer(running: RunningExchange, http_call: HttpCall) -> Steer:
    def call(method: str, path: str, body: Any = None, expect: int = 200) -> Any:
        status, _, text = http_call(
            running.url, method, f"/_exchange/{path}", body, {"Content-Type": "application/json"}
        )
        assert status == expect, text
        return json.loads(text)

    return call


def test_accounts_are_listed_without_their_secrets(running: RunningExchange, steer: Steer) -> None:
    rows = steer("GET", "accounts")
    assert [row["client_id"] for row in rows] == [account.client_id for account in running.exchange.accounts]
    assert [row["master"] for row in rows] == [True, False, False]
    secrets = [(a.pin, a.api_key, a.totp_secret) for a in running.exchange.accounts]
    assert not any(secret in json.dumps(rows) for trio in secrets for secret in trio[1:])
    assert all(set(row) == {"client_id", "name", "master"} for row in rows)


def test_orders_are_placed_filled_cancelled_and_rejected(running: RunningExchange, steer: Steer) -> None:
    master = running.exchange.master.client_id
    order = {"symbol": "SBIN-EQ", "side": "BUY", "quantity": 10, "order_type": "LIMIT", "price": 800, "fill": "hold"}
    first, second, third = (steer("POST", "orders", order)["orderid"] for _ in range(3))
    steer("POST", f"orders/{first}/fill", {"quantity": 4})
    steer("POST", f"orders/{first}/cancel")
    steer("POST", f"orders/{second}/fill")
    steer("POST", f"orders/{third}/reject", {"text": "because"})
    rows = {row["orderid"]: row for row in steer("GET", f"book/{master}")}
    assert [rows[i]["orderstatus"] for i in (first, second, third)] == ["cancelled", "complete", "rejected"]
    assert [rows[i]["filledshares"] for i in (first, second, third)] == ["4", "10", "0"]
    assert rows[third]["text"] == "because"


def test_a_followers_order_is_held_then_filled(running: RunningExchange, steer: Steer, log_in: LogIn) -> None:
    follower = running.exchange.followers[0].client_id
    steer("POST", "faults", {"client_id": follower, "call": "placeOrder", "name": "HELD"})
    orderid = log_in(running, running.exchange.followers[0]).placeOrder(order_params())
    assert [row["orderstatus"] for row in steer("GET", f"book/{follower}")] == ["open"]
    steer("POST", f"orders/{orderid}/fill", {"quantity": 4})
    steer("POST", f"orders/{orderid}/cancel")
    (row,) = steer("GET", f"book/{follower}")
    assert (row["orderstatus"], row["filledshares"]) == ("cancelled", "4")


def test_prices_and_circuits_are_set(running: RunningExchange, steer: Steer, log_in: LogIn) -> None:
    client = log_in(running, running.exchange.followers[0])
    prices = {"symbol": "SBIN-EQ", "last": 801.25, "lower_circuit": "790.00", "upper_circuit": "820.00", "still": True}
    steer("POST", "prices", prices)
    (row,) = client.getMarketData("FULL", {"NSE": ["3045"]})["data"]["fetched"]
    assert (row["ltp"], row["lowerCircuit"], row["upperCircuit"]) == (801.25, 790.0, 820.0)


def test_a_caller_gets_its_own_address(steer: Steer) -> None:
    assert steer("GET", "address") == {"ip": "127.0.0.1"}


def test_placements_of_one_account_or_of_all(running: RunningExchange, steer: Steer, log_in: LogIn) -> None:
    follower = running.exchange.followers[0]
    log_in(running, follower).placeOrder(order_params(ordertag="MINE"))
    steer("POST", "orders", {"symbol": "SBIN-EQ", "side": "BUY", "quantity": 1})
    assert [row["tag"] for row in steer("GET", f"placements?client_id={follower.client_id}")] == ["MINE"]
    rows = steer("GET", "placements")
    assert [row["tag"] for row in rows] == ["", "MINE"]
    assert rows[1]["utc"].endswith("+00:00")


def test_faults_are_switched_on_and_off(running: RunningExchange, steer: Steer, log_in: LogIn) -> None:
    follower = running.exchange.followers[0]
    client = log_in(running, follower)
    fault = {"client_id": follower.client_id, "call": "getRMS", "name": "REFUSED", "code": "AB1004", "times": None}
    steer("POST", "faults", fault)
    assert client.rmsLimit()["errorcode"] == "AB1004"
    steer("DELETE", "faults")
    assert client.rmsLimit()["status"] is True


def test_tokens_are_expired(running: RunningExchange, steer: Steer, log_in: LogIn) -> None:
    client = log_in(running, running.exchange.master)
    steer("POST", "expire", {"client_id": running.exchange.master.client_id})
    assert client.rmsLimit()["errorCode"] == "AG8002"


def test_instruments_are_listed(steer: Steer) -> None:
    assert {"exchange": "NSE", "symbol": "SBIN-EQ", "token": "3045", "lot": 1, "tick": 0.05} in steer(
        "GET", "instruments"
    )


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "orders", {"symbol": "NOPE", "side": "BUY", "quantity": 1}),
        ("POST", "orders", {"symbol": "SBIN-EQ"}),
        ("POST", "orders", {"symbol": "SBIN-EQ", "side": "BUY", "quantity": 1, "colour": "red"}),
        ("POST", "orders", []),
        ("POST", "orders/123/fill", {}),
        ("POST", "prices", {}),
        ("POST", "prices", {"symbol": "NOPE", "last": 1}),
        ("POST", "prices", {"symbol": "SBIN-EQ", "last": 1}),
        ("POST", "prices", {"symbol": "SBIN-EQ", "colour": "red"}),
        ("POST", "faults", {"name": "NO_SUCH_FAULT"}),
        ("POST", "faults", {"name": "SLOW", "call": "noSuchCall"}),
        ("POST", "faults", {"name": "SLOW", "client_id": "X1"}),
        ("POST", "expire", {}),
        ("GET", "book/X1", None),
        ("GET", "placements?client_id=X1", None),
    ],
)
def test_wrong_requests_are_explained(steer: Steer, method: str, path: str, body: Any) -> None:
    assert steer(method, path, body, expect=400)["error"]


def test_an_account_is_traded_by_hand_squared_off_and_converted(running: RunningExchange, steer: Steer) -> None:
    follower = running.exchange.followers[0].client_id
    trade = {"symbol": "SBIN-EQ", "side": "BUY", "quantity": 10}
    orderid = steer("POST", f"accounts/{follower}/orders", trade)["orderid"]
    (row,) = steer("GET", f"book/{follower}")
    assert (row["orderid"], row["orderstatus"], row["ordertag"]) == (orderid, "complete", "")
    convert = {"symbol": "SBIN-EQ", "old": "INTRADAY", "new": "DELIVERY", "quantity": 4}
    steer("POST", f"accounts/{follower}/convert", convert)
    assert [row["netqty"] for row in steer("GET", f"positions/{follower}")] == ["6", "4"]
    (squared,) = steer("POST", "square_off", {"client_id": follower})[follower]
    assert steer("GET", f"book/{follower}")[1]["orderid"] == squared
    assert [row["netqty"] for row in steer("GET", f"positions/{follower}")] == ["0", "4"]
    refused = steer("POST", f"accounts/{follower}/convert", convert, expect=400)
    assert refused["error"] == "AB1017: Position conversion failed"
    assert "NOPE" in steer("POST", "accounts/NOPE/orders", trade, expect=400)["error"]
    assert "NOPE" in steer("POST", "square_off", {"client_id": "NOPE"}, expect=400)["error"]


def test_the_day_is_turned(running: RunningExchange, steer: Steer, log_in: LogIn) -> None:
    who = running.exchange.followers[0]
    delivery = {"symbol": "SBIN-EQ", "side": "BUY", "quantity": 10, "product": "DELIVERY"}
    steer("POST", "prices", {"symbol": "SBIN-EQ", "still": True})
    steer("POST", f"accounts/{who.client_id}/orders", delivery)
    before = log_in(running, who)
    steer("POST", "turn_day", {"days_later": 0})
    assert steer("GET", f"book/{who.client_id}") == steer("GET", f"positions/{who.client_id}") == []
    assert before.position()["errorCode"] == "AG8002"
    client = log_in(running, who)
    assert client.orderBook()["data"] is None
    (row,) = client.holding()["data"]
    assert (row["tradingsymbol"], row["t1quantity"]) == ("SBIN-EQ", 10)
    assert client.allholding()["data"]["holdings"] == [row] == steer("GET", f"holdings/{who.client_id}")
    assert "expire" in steer("POST", "turn_day", {"days_later": 0, "expire": ["NOPE"]}, expect=400)["error"]


def test_positions_lag_behind_as_long_as_the_fault_stands(
    running: RunningExchange, steer: Steer, log_in: LogIn
) -> None:
    who = running.exchange.followers[0]
    client = log_in(running, who)
    lag = {"client_id": who.client_id, "call": "getPosition", "name": "lag", "seconds": 60, "times": None}
    steer("POST", "faults", lag)
    steer("POST", f"accounts/{who.client_id}/orders", {"symbol": "SBIN-EQ", "side": "BUY", "quantity": 10})
    assert client.position()["data"] is None
    assert client.orderBook()["data"][0]["orderstatus"] == "complete"
    steer("DELETE", "faults")
    assert client.position()["data"][0]["netqty"] == "10"


def test_a_position_is_converted_over_the_api(running: RunningExchange, steer: Steer, log_in: LogIn) -> None:
    who = running.exchange.followers[0]
    steer("POST", f"accounts/{who.client_id}/orders", {"symbol": "SBIN-EQ", "side": "BUY", "quantity": 10})
    client = log_in(running, who)
    wanted = {
        "exchange": "NSE", "symboltoken": "3045", "tradingsymbol": "SBIN-EQ", "oldproducttype": "INTRADAY",
        "newproducttype": "DELIVERY", "transactiontype": "BUY", "quantity": "10", "type": "DAY",
    }  # fmt: skip
    assert client.convertPosition(wanted)["status"] is True
    assert [row["netqty"] for row in client.position()["data"]] == ["0", "10"]
    assert client.convertPosition(wanted)["errorcode"] == "AB1017"
