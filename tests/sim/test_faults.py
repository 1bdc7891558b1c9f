from __future__ import annotations

import json
from typing import Any

import pytest

from copytui.sim import Fault, FaultBoard, FaultName, RunningExchange
from tests.sim.helpers import Eventually, HttpCall, LogIn, Serve, order_params

PLACE = "/rest/secure/angelbroking/order/v1/placeOrder"
BOOK = "/rest/secure/angelbroking/order/v1/getOrderBook"


class Client:
    """A follower's connection over plain HTTP."""

    def __init__(self, running: RunningExchange, sdk: Any, http_call: HttpCall) -> None:
        self.running = running
        self.client_id = running.exchange.followers[0].client_id
        self.sdk = sdk
        self._http_call = http_call
        self._headers = {"Authorization": f"Bearer {sdk.access_token}", "X-PrivateKey": sdk.privateKey}

    def fault(self, call: str, name: FaultName | Fault, **options: Any) -> None:
        self.running.exchange.faults.add(self.client_id, call, name, **options)

    def place(self) -> tuple[int, str]:
        status, _, text = self._http_call(self.running.url, "POST", PLACE, order_params(), self._headers)
        return status, text

    def read_book(self) -> tuple[int, str]:
        status, _, text = self._http_call(self.running.url, "GET", BOOK, None, self._headers)
        return status, text

    def ask(self, path: str, params: Any) -> dict[str, Any]:
        """Return the answer's JSON object; {} for anything else."""
        _, _, text = self._http_call(self.running.url, "POST", path, params, self._headers)
        return json.loads(text) if text.startswith("{") else {}

    def accepted(self) -> int:
        return len(self.running.call(self.running.exchange.placements, self.client_id))


@pytest.fixture
def client(serve: Serve, log_in: LogIn, http_call: HttpCall) -> Client:
    running = serve()
    return Client(running, log_in(running, running.exchange.followers[0], timeout=0.3), http_call)


@pytest.mark.parametrize(
    ("name", "status", "words", "accepted"),
    [
        (FaultName.RATE_TEXT, 403, "Access denied because of exceeding access rate", 0),
        (FaultName.RATE_TEXT_AFTER, 403, "Access denied because of exceeding access rate", 1),
        (FaultName.EMPTY_BODY, 400, "", 0),
        (FaultName.EMPTY_BODY_AFTER, 200, "", 1),
        (FaultName.HTML_502, 502, "<html>", 0),
        (FaultName.HTML_502_AFTER, 502, "<html>", 1),
        (FaultName.STRING_BOOLEANS, 200, '"status":"true"', 1),
        (FaultName.STRING_FALSE, 200, '"status":"false"', 0),
        (FaultName.STRING_FALSE, 200, '"data":"null"', 0),
        (FaultName.MISSING_ORDERID, 200, '"data":{"script":"SBIN-EQ"}', 1),
        (FaultName.NULL_DATA, 200, '"status":true', 1),
        (FaultName.NULL_DATA, 200, '"data":null', 1),
        (FaultName.UNREGISTERED_IP, 200, '"errorCode":"AG7002"', 0),
        (FaultName.REFUSED, 200, '"errorcode":"AB4036"', 0),
        (FaultName.SERVER_TROUBLE, 200, '"errorcode":"AB2001"', 0),
        (FaultName.SERVER_TROUBLE_AFTER, 200, '"errorcode":"AB2001"', 1),
        (FaultName.NULL_BODY, 200, "null", 0),
        (FaultName.NOT_JSON_LIST, 200, "[]", 0),
        (FaultName.EXPIRED_TOKEN, 200, '"errorCode":"AG8002"', 0),
        (FaultName.REJECTED, 200, '"orderid"', 1),
    ],
)
def test_each_fault_of_place_order_has_its_answer_and_number_of_orders(
    client: Client, name: FaultName, status: int, words: str, accepted: int
) -> None:
    client.fault("placeOrder", name)
    got_status, text = client.place()
    assert got_status == status
    assert text == "" if words == "" else words in text
    assert client.accepted() == accepted


def test_every_fault_is_injected(client: Client) -> None:
    waits = {FaultName.TIMEOUT_BEFORE, FaultName.TIMEOUT_AFTER, FaultName.LATE_ACCEPTANCE}
    breaks = {FaultName.RESET_BEFORE, FaultName.RESET_AFTER, FaultName.EXPIRED_TOKEN}
    for name in set(FaultName) - waits - breaks:
        client.fault("placeOrder", Fault(name, seconds=0.0))
        client.place()
    assert client.accepted() == 12


@pytest.mark.parametrize(("name", "accepted"), [(FaultName.RESET_BEFORE, 0), (FaultName.RESET_AFTER, 1)])
def test_a_reset_breaks_the_connection(client: Client, name: FaultName, accepted: int) -> None:
    client.fault("placeOrder", name)
    with pytest.raises(ConnectionResetError):
        client.place()
    assert client.accepted() == accepted
    assert client.place()[0] == 200


@pytest.mark.parametrize(("name", "accepted"), [(FaultName.TIMEOUT_BEFORE, 0), (FaultName.TIMEOUT_AFTER, 1)])
def test_a_time_out_never_answers(client: Client, name: FaultName, accepted: int) -> None:
    client.fault("placeOrder", name)
    with pytest.raises(OSError, match="Read timed out"):
        client.sdk.placeOrder(order_params())
    assert client.accepted() == accepted


def test_a_late_acceptance_comes_after_the_client_has_left(client: Client, eventually: Eventually) -> None:
    client.fault("placeOrder", FaultName.LATE_ACCEPTANCE, seconds=0.6)
    with pytest.raises(OSError, match="Read timed out"):
        client.sdk.placeOrder(order_params())
    assert client.accepted() == 0
    eventually(lambda: client.accepted() == 1)


def test_a_slow_answer_is_right_but_late(client: Client) -> None:
    client.fault("getOrderBook", FaultName.SLOW, seconds=0.5)
    with pytest.raises(OSError, match="Read timed out"):
        client.sdk.orderBook()
    client.fault("getOrderBook", FaultName.SLOW, seconds=0.1)
    assert client.sdk.orderBook()["status"] is True


def test_an_expired_token_stays_expired(client: Client) -> None:
    client.fault("placeOrder", FaultName.EXPIRED_TOKEN)
    client.place()
    assert "AG8002" in client.read_book()[1]


def test_garbage_rows_come_with_good_ones(client: Client) -> None:
    client.place()
    client.place()
    client.fault("getOrderBook", FaultName.GARBAGE_ROWS)
    rows = json.loads(client.read_book()[1])["data"]
    assert len(rows) == 8
    assert len([row for row in rows if isinstance(row, dict) and str(row.get("orderid", "")).isdigit()]) == 2
    assert any(isinstance(row, dict) and row.get("quantity") == "abc" for row in rows)


def test_a_rejection_is_in_the_order_book_with_its_text(client: Client, eventually: Eventually) -> None:
    client.fault("placeOrder", FaultName.REJECTED, text="RMS:Margin Exceeds")
    orderid = client.sdk.placeOrder(order_params())
    rows = client.sdk.orderBook()["data"]
    assert [row["orderid"] for row in rows] == [orderid]
    row = eventually(lambda: next((r for r in client.sdk.orderBook()["data"] if r["orderstatus"] == "rejected"), None))
    assert row["text"] == "RMS:Margin Exceeds"


def test_a_refusal_has_the_code_that_was_asked_for(client: Client) -> None:
    client.fault("placeOrder", Fault(FaultName.REFUSED, code="AB1012", text="Invalid Product Type"))
    answer = client.sdk.placeOrderFullResponse(order_params())
    assert (answer["status"], answer["errorcode"], answer["message"]) == (False, "AB1012", "Invalid Product Type")


@pytest.mark.parametrize("call", ["cancelOrder", "modifyOrder"])
@pytest.mark.parametrize(
    ("name", "status", "done"),
    [
        (FaultName.RATE_TEXT, None, False),
        (FaultName.RATE_TEXT_AFTER, None, True),
        (FaultName.HTML_502_AFTER, None, True),
        (FaultName.REFUSED, False, False),
        (FaultName.MISSING_ORDERID, True, True),
        (FaultName.REJECTED, True, False),
    ],
)
def test_cancels_and_modifies_fail_like_orders(
    client: Client, call: str, name: FaultName, status: bool | None, done: bool
) -> None:
    client.fault("placeOrder", FaultName.HELD)
    order = order_params(ordertype="LIMIT", price="780.00")
    orderid = client.sdk.placeOrder(order)
    client.fault(call, name)
    path = PLACE.replace("placeOrder", call)
    answer = client.ask(path, {**order, "orderid": orderid, "price": "781.00"})
    assert answer.get("status") is status
    (row,) = client.sdk.orderBook()["data"]
    assert (row["orderstatus"] == "cancelled" or row["price"] == 781.0) is done
    assert row["status"].startswith("not ") is (name is FaultName.REJECTED)


def test_logins_fail_too(serve: Serve, connect: LogIn, http_call: HttpCall) -> None:
    running = serve()
    account = running.exchange.master
    running.exchange.faults.add("*", "loginByPassword", FaultName.BAD_TOTP)
    answer = connect(running, account)._postRequest("api.login", {"clientcode": account.client_id})
    assert answer["errorcode"] == "AB1050"


def test_a_fault_applies_to_its_account_and_call_as_often_as_requested() -> None:
    board = FaultBoard()
    board.add("A", "placeOrder", FaultName.RATE_TEXT, times=2)
    board.add("*", "getRMS", FaultName.SLOW, times=None)
    assert board.take("B", "placeOrder") is None
    assert board.take("A", "getOrderBook") is None
    strikes = [board.take("A", "placeOrder") for _ in range(3)]
    assert strikes == [Fault(FaultName.RATE_TEXT)] * 2 + [None]
    assert all(board.take("C", "getRMS") for _ in range(5))
    board.clear()
    assert board.take("C", "getRMS") is None


def test_faults_apply_in_the_order_they_were_added() -> None:
    board = FaultBoard()
    board.add("A", "*", FaultName.RATE_TEXT)
    board.add("*", "placeOrder", FaultName.NULL_DATA)
    strikes = [board.take("A", "placeOrder") for _ in range(3)]
    assert [fault.name if fault else None for fault in strikes] == [FaultName.RATE_TEXT, FaultName.NULL_DATA, None]
