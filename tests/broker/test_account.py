from __future__ import annotations

import asyncio
import logging
import threading
import time
import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from copytui.broker.port import Account, Call, WriteOutcome
from copytui.broker.smartapi.client import hardware_address
from copytui.domain.errors import (
    BrokerError,
    BrokerRefused,
    BrokerTrouble,
    BrokerUnreachable,
    RateLimited,
    SessionExpired,
)
from copytui.domain.orders import Exchange, OrderType
from tests.broker.conftest import HeldTime, MakeAccount, Script
from tests.broker.loopback import Ending, Loopback, Reply, Request, gateway_no, http, no, ok
from tests.broker.samples import CANARIES, JWT, intent, row

TAKEN = ok({"script": "SBIN-EQ", "orderid": "261122000000123", "uniqueorderid": "u-1"})


def as_port(account: Account) -> Account:
    return account


async def test_it_is_an_account(make_account: MakeAccount) -> None:
    account = as_port(make_account())
    assert account.client_id == "F001"
    assert "F001" in repr(account)


async def test_an_order_is_sent_once_in_the_documented_form(
    make_account: MakeAccount, script: Script, server: Loopback
) -> None:
    script.on("placeOrder", TAKEN)
    account = make_account()
    await account.log_in()
    placement = await account.place(intent())
    assert (placement.outcome, placement.order_id, placement.unique_id) == (
        WriteOutcome.ACCEPTED,
        "261122000000123",
        "u-1",
    )
    sent = server.requests[-1]
    assert (sent.method, sent.path) == ("POST", "/rest/secure/angelbroking/order/v1/placeOrder")
    assert sent.headers["authorization"] == f"Bearer {JWT}"
    assert sent.headers["x-macaddress"] == hardware_address()
    assert sent.fields == {
        "variety": "NORMAL", "tradingsymbol": "SBIN-EQ", "symboltoken": "3045", "transactiontype": "BUY",
        "exchange": "NSE", "ordertype": "LIMIT", "producttype": "INTRADAY", "duration": "DAY", "price": "101.55",
        "squareoff": "0", "stoploss": "0", "quantity": "75", "ordertag": "TAG000000000001",
    }  # fmt: skip
    assert account.budget().minute_used == 1


@pytest.mark.parametrize(
    ("order_type", "price", "sent"),
    [(OrderType.MARKET, "5", "0"), (OrderType.LIMIT, "1E+3", "1000"), (OrderType.LIMIT, "0.0000001", "0.0000001")],
)
async def test_a_price_is_a_plain_decimal(
    make_account: MakeAccount, server: Loopback, order_type: OrderType, price: str, sent: str
) -> None:
    account = make_account()
    await account.log_in()
    await account.place(intent(order_type=order_type, price=price))
    assert server.requests[-1].fields["price"] == sent


@pytest.mark.parametrize(
    ("reply", "outcome"),
    [
        (TAKEN, WriteOutcome.ACCEPTED),
        (no("AB1009", "symbol not found"), WriteOutcome.REFUSED),
        (gateway_no("AG7002", "Unregistered IP address"), WriteOutcome.WRONG_ADDRESS),
        (gateway_no("AG8002", "Token expired"), WriteOutcome.SESSION_REFUSED),
        (http(b"Access denied because of exceeding access rate", 403), WriteOutcome.UNKNOWN),
        (http(b"", 400), WriteOutcome.UNKNOWN),
        (http(b"<html>", 502), WriteOutcome.UNKNOWN),
        (http(b"", 302, "Location: /elsewhere"), WriteOutcome.UNKNOWN),
        (Ending.RESET, WriteOutcome.UNKNOWN),
        (Ending.CLOSE, WriteOutcome.UNKNOWN),
        (Ending.SILENCE, WriteOutcome.UNKNOWN),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n{", WriteOutcome.UNKNOWN),
    ],
)
async def test_each_answer_gives_its_outcome_and_the_order_is_sent_once(
    make_account: MakeAccount, script: Script, server: Loopback, reply: Reply, outcome: WriteOutcome
) -> None:
    script.on("placeOrder", reply)
    account = make_account(timeout=0.3)
    await account.log_in()
    placement = await account.place(intent())
    assert placement.outcome is outcome
    assert server.paths().count("placeOrder") == 1
    assert account.logged_in == (outcome is not WriteOutcome.SESSION_REFUSED)


async def test_without_a_session_nothing_is_sent(make_account: MakeAccount, server: Loopback) -> None:
    account = make_account()
    assert (await account.place(intent())).outcome is WriteOutcome.SESSION_REFUSED
    with pytest.raises(SessionExpired):
        await account.order_book()
    assert not server.requests


async def test_an_order_over_the_rate_limit_is_not_sent(
    make_account: MakeAccount, script: Script, server: Loopback
) -> None:
    script.on("placeOrder", TAKEN)
    account = make_account(max_orders_per_minute=2)
    await account.log_in()
    proofs = [(await account.place(intent())).outcome for _ in range(3)]
    assert proofs == [WriteOutcome.ACCEPTED, WriteOutcome.ACCEPTED, WriteOutcome.NOT_SENT]
    assert server.paths().count("placeOrder") == 2
    assert account.ready_in(Call.WRITE) > 0


async def test_an_order_without_a_network_is_not_sent(make_account: MakeAccount, server: Loopback) -> None:
    account = make_account()
    await account.log_in()
    server.stop()
    placement = await account.place(intent())
    assert placement.outcome is WriteOutcome.NOT_SENT
    assert "refused" in placement.text


async def test_a_failure_after_the_request_may_have_been_sent_is_unknown(
    make_account: MakeAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = make_account()
    await account.log_in()

    def explode(*_args: object) -> object:
        raise KeyError(JWT)

    monkeypatch.setattr(account._client, "call", explode)
    placement = await account.place(intent())
    assert placement.outcome is WriteOutcome.UNKNOWN
    assert JWT not in placement.text


async def test_a_cancelled_caller_still_gets_the_outcome_and_then_the_cancellation(
    make_account: MakeAccount, script: Script
) -> None:
    arrived, answer = threading.Event(), threading.Event()

    def slowly(_request: Request) -> Reply:
        arrived.set()
        answer.wait(5)
        return TAKEN

    script.answers["placeOrder"] = slowly
    account = make_account()
    await account.log_in()
    outcomes: list[WriteOutcome] = []

    async def caller() -> None:
        outcomes.append((await account.place(intent())).outcome)
        await asyncio.sleep(60)

    task = asyncio.create_task(caller())
    assert await asyncio.to_thread(arrived.wait, 5)
    task.cancel()
    await asyncio.sleep(0)
    answer.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert outcomes == [WriteOutcome.ACCEPTED]


async def test_an_order_does_not_wait_behind_reads(make_account: MakeAccount, script: Script) -> None:
    reading, ordered = threading.Event(), threading.Event()

    def hang(_request: Request) -> Reply:
        reading.set()
        ordered.wait(5)
        return ok({"net": "1"})

    script.answers["getRMS"] = hang
    script.on("placeOrder", TAKEN)
    account = make_account(timeout=5.0)
    await account.log_in()
    reads = [asyncio.create_task(account.funds()) for _ in range(2)]
    assert await asyncio.to_thread(reading.wait, 5)
    assert (await account.place(intent())).outcome is WriteOutcome.ACCEPTED
    assert not any(read.done() for read in reads)
    ordered.set()
    await asyncio.gather(*reads)


async def test_the_order_book_is_read_with_the_brokers_clock(make_account: MakeAccount, script: Script) -> None:
    body = {
        "status": True,
        "message": "SUCCESS",
        "errorcode": "",
        "data": [row(), row(orderid="2", uniqueorderid="b", price="?")],
    }
    script.on("getOrderBook", http(body, 200, "Date: Mon, 23 Nov 2026 06:30:07 GMT"))
    account = make_account()
    await account.log_in()
    for _ in range(2):
        reading = await account.order_book()
        assert [order.key for order in reading.orders] == ["0f0e-1"]
        assert [problem.order_id for problem in reading.problems] == ["2"]
        assert reading.server_time == datetime(2026, 11, 23, 6, 30, 7, tzinfo=UTC)
    assert account.clock_offset is not None


async def test_order_books_are_read_once_per_second(make_account: MakeAccount, held: HeldTime) -> None:
    account = make_account()
    await account.log_in()
    before = held.elapsed
    await asyncio.gather(*(account.order_book() for _ in range(4)))
    assert held.elapsed - before == pytest.approx(3.3)


@pytest.mark.parametrize("reply", [ok(None), ok([]), ok(""), ok("null"), no("AB1013", "Order not found")])
async def test_an_empty_order_book_is_a_clean_reading(make_account: MakeAccount, script: Script, reply: bytes) -> None:
    script.on("getOrderBook", reply)
    account = make_account()
    await account.log_in()
    assert (await account.order_book()).orders == ()


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (ok({"rows": []}), BrokerTrouble),
        (http({"status": True}), BrokerTrouble),
        (http({"status": "true", "data": []}), BrokerTrouble),
        (http(b"[]"), BrokerTrouble),
        (http(b"", 200), BrokerTrouble),
        (http(b"Access denied because of exceeding access rate", 403), RateLimited),
        (no("AB1010"), SessionExpired),
        (no("AB9100"), BrokerRefused),
        (Ending.RESET, BrokerUnreachable),
    ],
)
async def test_a_malformed_order_book_raises(
    make_account: MakeAccount, script: Script, reply: Reply, kind: type[BrokerError]
) -> None:
    script.on("getOrderBook", reply)
    account = make_account()
    await account.log_in()
    with pytest.raises(kind):
        await account.order_book()
    assert account.logged_in == (kind is not SessionExpired)


async def test_the_refusal_of_an_old_token_does_not_end_a_new_session(
    make_account: MakeAccount, script: Script
) -> None:
    account = make_account()
    await account.log_in()
    reading, renewed = threading.Event(), threading.Event()

    def late(_request: Request) -> Reply:
        reading.set()
        renewed.wait(5)
        return gateway_no("AG8002")

    script.answers["getOrderBook"] = late
    old = asyncio.create_task(account.order_book())
    assert await asyncio.to_thread(reading.wait, 5)
    await account.log_in()
    renewed.set()
    with pytest.raises(SessionExpired):
        await old
    assert account.logged_in


async def test_funds_and_tokens_are_read(make_account: MakeAccount, script: Script, server: Loopback) -> None:
    script.on("getRMS", ok({"net": "12.5", "availablecash": "10"}))
    found = [
        {"exchange": "NSE", "tradingsymbol": "SBIN-BE", "symboltoken": "1"},
        {"exchange": "NSE", "tradingsymbol": "SBIN-EQ", "symboltoken": "3045"},
    ]
    script.on("searchScrip", ok(found), ok([]), no("AB1009"), gateway_no("AG8001"))
    account = make_account()
    await account.log_in()
    assert (await account.funds()).available == Decimal(10)
    assert await account.find_token(Exchange.NSE, "SBIN-EQ") == "3045"
    assert server.requests[-1].fields == {"exchange": "NSE", "searchscrip": "SBIN-EQ"}
    assert await account.find_token(Exchange.NSE, "SBIN-EQ") is None
    assert await account.find_token(Exchange.NSE, "SBIN-EQ") is None
    with pytest.raises(SessionExpired):
        await account.find_token(Exchange.NSE, "SBIN-EQ")


@pytest.mark.parametrize("reply", [ok(), http(b"", 502), Ending.RESET])
async def test_log_out_always_drops_the_token(
    make_account: MakeAccount, script: Script, server: Loopback, reply: Reply
) -> None:
    script.on("logout", reply)
    account = make_account()
    await account.log_in()
    await account.log_out()
    await account.log_out()
    assert not account.logged_in
    assert server.paths().count("logout") == 1
    assert account._client.access_token is None


async def test_a_closed_account_sends_nothing_more(make_account: MakeAccount, server: Loopback) -> None:
    account = make_account()
    await account.log_in()
    await account.close()
    assert (await account.place(intent())).outcome is WriteOutcome.NOT_SENT
    with pytest.raises(BrokerUnreachable):
        await account.funds()
    assert len(server.requests) == 2
    await account.close()


async def test_the_inherited_methods_keep_working_and_raise_typed_errors(
    make_account: MakeAccount, script: Script, server: Loopback
) -> None:
    script.on("placeOrder", TAKEN)
    account = make_account()
    await account.log_in()
    client = account._client

    for call in (
        client.orderBook(), client.tradeBook(), client.position(), client.holding(), client.rmsLimit(),
        client.getProfile("secret"), client.cancelOrder("1", "NORMAL"), client.modifyOrder({"orderid": "1"}),
        client.individual_order_details("u/1"), client.getMarginApi({"positions": []}),
        client.searchScrip("NSE", "SBIN"),
    ):  # fmt: skip
        await call
    assert server.requests[-3].path == "/rest/secure/angelbroking/order/v1/details/u%2F1"
    assert server.requests[-2].path == "/rest/secure/angelbroking/margin/v1/batch"
    assert all("?" not in request.path for request in server.requests)
    script.on("cancelOrder", no("AB1010"))
    with pytest.raises(SessionExpired):
        await client.cancelOrder("1", "NORMAL")


def echo(request: Request) -> bytes:
    """Answer with a message that repeats the whole request."""
    told = f"{request.headers} {request.body.decode()}"
    return http({"status": False, "message": told, "errorcode": "AB1004", "data": None})


@pytest.fixture
def everything_written(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> Callable[[], str]:
    """Return everything that was logged, printed or written to a file in the current folder."""
    caplog.set_level(logging.DEBUG)
    monkeypatch.chdir(tmp_path)

    def gather() -> str:
        files = [path.read_text() for path in tmp_path.rglob("*") if path.is_file()]
        return "\n".join([caplog.text, *capfd.readouterr(), *files])

    return gather


async def test_no_secret_is_in_any_text_log_or_file(
    make_account: MakeAccount, script: Script, server: Loopback, everything_written: Callable[[], str]
) -> None:
    texts: list[str] = []

    async def attempt(work: object) -> None:
        try:
            texts.append(repr(await work))  # type: ignore[misc]  # any awaitable
        except BrokerError as error:
            texts.extend([str(error), repr(error), "".join(traceback.format_exception(error)), repr(error.__context__)])

    account = make_account(timeout=0.3)
    script.answers["loginByPassword"] = echo
    await attempt(account.log_in())
    code = str(server.requests[0].fields["totp"])
    del script.answers["loginByPassword"]
    await account.log_in()
    for reply in (
        echo,
        lambda _: Ending.RESET,
        lambda _: Ending.SILENCE,
        lambda request: http(str(request.headers), 500),
    ):
        for call in ("placeOrder", "getOrderBook", "getRMS", "searchScrip"):
            script.answers[call] = reply
        for work in (
            account.place(intent()),
            account.order_book(),
            account.funds(),
            account.find_token(Exchange.NSE, "X"),
        ):
            await attempt(work)
    script.on("getOrderBook", ok([row(text=f"token {JWT}")]))
    await attempt(account.order_book())
    await account.log_out()
    everything = "\n".join([*texts, everything_written(), repr(account), repr(account._client)])
    assert texts
    for canary in (*CANARIES, code):
        assert canary not in everything


async def test_fifty_accounts_send_at_the_same_time(make_account: MakeAccount, script: Script) -> None:
    def at_thirty(_request: Request) -> Reply:
        time.sleep(0.03)
        return TAKEN

    script.answers["placeOrder"] = at_thirty
    accounts = [make_account() for _ in range(50)]
    for account in accounts:
        await account.log_in()
    begun = time.perf_counter()
    placements = await asyncio.gather(*(account.place(intent()) for account in accounts))
    assert all(placement.outcome is WriteOutcome.ACCEPTED for placement in placements)
    assert time.perf_counter() - begun < 1.5  # one after the other would take this long


async def test_hanging_quotes_delay_no_other_read(make_account: MakeAccount, script: Script, server: Loopback) -> None:
    script.on("quote", Ending.SILENCE)
    script.on("getOrderBook", ok([]))
    script.on("getRMS", ok({"availablecash": "1", "net": "1"}))
    account = make_account(timeout=1.5)
    await account.log_in()
    asked = [asyncio.create_task(account.quote(Exchange.NFO, str(number))) for number in range(3)]
    await asyncio.sleep(0.1)
    begun = time.monotonic()
    await account.order_book()
    await account.funds()
    took = time.monotonic() - begun
    under_way = sum("quote" in request.path for request in server.requests)
    for waiting in asked[1:]:
        waiting.cancel()
    await asyncio.gather(*asked, return_exceptions=True)
    assert took < 1
    assert under_way == 1
