"""Cancelling and repricing: one POST each, with the outcomes of an order."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from typing import NamedTuple

import pytest

from copytui.broker.port import Call, ChangeResult, WriteOutcome
from copytui.broker.smartapi.account import SmartApiAccount
from copytui.domain.orders import OrderId
from tests.broker.conftest import MakeAccount, Script
from tests.broker.loopback import Ending, Loopback, Reply, Request, gateway_no, http, no, ok
from tests.broker.samples import CANARIES, JWT, intent, reprice_intent

TAKEN = ok({"orderid": "261122000000123", "uniqueorderid": "u-1"})
ORDER_ID = OrderId("261122000000123")


class Ask(NamedTuple):
    """One of the two requests: its name at the broker and the account's method."""

    call: str
    of: Callable[[SmartApiAccount], Awaitable[ChangeResult]]


CANCEL = Ask("cancelOrder", lambda account: account.cancel(ORDER_ID))
REPRICE = Ask("modifyOrder", lambda account: account.reprice(reprice_intent()))
both = pytest.mark.parametrize("ask", [CANCEL, REPRICE], ids=["cancel", "reprice"])


def answering(call: str, reply: Reply) -> Script:
    script = Script()
    script.on(call, reply)
    return script


async def test_a_cancel_names_the_order_and_its_variety(
    make_account: MakeAccount, script: Script, server: Loopback
) -> None:
    script.on("cancelOrder", TAKEN)
    account = make_account()
    await account.log_in()
    assert await account.cancel(ORDER_ID) == ChangeResult(WriteOutcome.ACCEPTED, "SUCCESS", "", ORDER_ID)
    sent = server.requests[-1]
    assert (sent.method, sent.path) == ("POST", "/rest/secure/angelbroking/order/v1/cancelOrder")
    assert sent.headers["authorization"] == f"Bearer {JWT}"
    assert sent.fields == {"variety": "NORMAL", "orderid": "261122000000123"}


async def test_a_reprice_sends_the_whole_order_with_its_new_price(
    make_account: MakeAccount, script: Script, server: Loopback
) -> None:
    script.on("modifyOrder", ok({"orderid": "261122000000999", "uniqueorderid": "u-1"}))
    account = make_account()
    await account.log_in()
    answered = await account.reprice(reprice_intent(price="102.30"))
    assert (answered.outcome, answered.order_id) == (WriteOutcome.ACCEPTED, "261122000000999")
    sent = server.requests[-1]
    assert (sent.method, sent.path) == ("POST", "/rest/secure/angelbroking/order/v1/modifyOrder")
    assert sent.fields == {
        "variety": "NORMAL", "orderid": "261122000000123", "ordertype": "LIMIT", "producttype": "INTRADAY",
        "duration": "DAY", "price": "102.30", "quantity": "75", "tradingsymbol": "SBIN-EQ", "symboltoken": "3045",
        "exchange": "NSE",
    }  # fmt: skip


@both
@pytest.mark.parametrize(
    ("reply", "outcome"),
    [
        (TAKEN, WriteOutcome.ACCEPTED),
        (no("AB1008", "Invalid Order Variety"), WriteOutcome.REFUSED),
        (no("AB1013", "Order not found"), WriteOutcome.REFUSED),
        (no("AB1007", "Order is already complete"), WriteOutcome.UNKNOWN),
        (gateway_no("AG7002", "Unregistered IP address"), WriteOutcome.WRONG_ADDRESS),
        (gateway_no("AG8001", "Invalid Token"), WriteOutcome.SESSION_REFUSED),
        (http(b"Access denied because of exceeding access rate", 403), WriteOutcome.UNKNOWN),
        (http(b"", 400), WriteOutcome.UNKNOWN),
        (http(b"<html>", 502), WriteOutcome.UNKNOWN),
        (ok(None), WriteOutcome.UNKNOWN),
        (Ending.RESET, WriteOutcome.UNKNOWN),
        (Ending.SILENCE, WriteOutcome.UNKNOWN),
    ],
)
async def test_each_answer_gives_its_outcome_and_the_request_is_sent_once(
    make_account: MakeAccount, server: Loopback, ask: Ask, reply: Reply, outcome: WriteOutcome
) -> None:
    server.handler = answering(ask.call, reply)
    account = make_account(timeout=0.3)
    await account.log_in()
    answered = await ask.of(account)
    assert answered.outcome is outcome
    assert answered.text
    assert (answered.order_id is not None) == (outcome is WriteOutcome.ACCEPTED)
    assert server.paths().count(ask.call) == 1
    assert account.logged_in == (outcome is not WriteOutcome.SESSION_REFUSED)
    assert account.budget().minute_used == 1


@both
async def test_without_a_session_a_network_or_an_open_account_nothing_is_sent(
    make_account: MakeAccount, server: Loopback, ask: Ask
) -> None:
    account = make_account()
    assert (await ask.of(account)).outcome is WriteOutcome.SESSION_REFUSED
    await account.log_in()
    server.stop()
    assert (await ask.of(account)).outcome is WriteOutcome.NOT_SENT
    await account.close()
    assert await ask.of(account) == ChangeResult(WriteOutcome.NOT_SENT, "the account is closed")
    assert ask.call not in server.paths()


@both
async def test_the_users_cap_delays_neither_changes_nor_urgent_orders(
    make_account: MakeAccount, script: Script, server: Loopback, ask: Ask
) -> None:
    for name in ("placeOrder", ask.call):
        script.on(name, TAKEN)
    account = make_account(max_orders_per_minute=1)
    await account.log_in()
    assert (await account.place(intent())).outcome is WriteOutcome.ACCEPTED
    assert (await account.place(intent())).outcome is WriteOutcome.NOT_SENT
    assert account.ready_in(Call.WRITE) > 0 == account.ready_in(Call.EXIT)
    assert (await account.place(intent(urgent=True))).outcome is WriteOutcome.ACCEPTED
    assert (await ask.of(account)).outcome is WriteOutcome.ACCEPTED
    assert account.budget().minute_used == 3
    for _ in range(6):
        assert (await account.place(intent(urgent=True))).outcome is WriteOutcome.ACCEPTED
    answered = await ask.of(account)
    assert (answered.outcome, account.ready_in(Call.EXIT) > 0) == (WriteOutcome.NOT_SENT, True)
    assert server.paths().count(ask.call) == 1


async def test_a_cancel_does_not_wait_behind_an_order_whose_answer_is_slow(
    make_account: MakeAccount, script: Script
) -> None:
    arrived, answer = threading.Event(), threading.Event()

    def slowly(_request: Request) -> Reply:
        arrived.set()
        answer.wait(5)
        return TAKEN

    script.answers["placeOrder"] = slowly
    script.on("cancelOrder", TAKEN)
    account = make_account(timeout=5.0)
    await account.log_in()
    placing = asyncio.create_task(account.place(intent()))
    assert await asyncio.to_thread(arrived.wait, 5)
    assert (await account.cancel(ORDER_ID)).outcome is WriteOutcome.ACCEPTED
    assert not placing.done()
    answer.set()
    assert (await placing).outcome is WriteOutcome.ACCEPTED


async def test_a_cancelled_caller_still_gets_the_cancels_outcome(make_account: MakeAccount, script: Script) -> None:
    arrived, answer = threading.Event(), threading.Event()

    def slowly(_request: Request) -> Reply:
        arrived.set()
        answer.wait(5)
        return TAKEN

    script.answers["cancelOrder"] = slowly
    account = make_account()
    await account.log_in()
    proofs: list[WriteOutcome] = []

    async def caller() -> None:
        proofs.append((await account.cancel(ORDER_ID)).outcome)
        await asyncio.sleep(60)

    task = asyncio.create_task(caller())
    assert await asyncio.to_thread(arrived.wait, 5)
    task.cancel()
    await asyncio.sleep(0)
    answer.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert proofs == [WriteOutcome.ACCEPTED]


@both
async def test_no_secret_is_in_the_outcome(make_account: MakeAccount, script: Script, ask: Ask) -> None:
    def echo(request: Request) -> bytes:
        told = f"{request.headers} {request.body.decode()}"
        return http({"status": False, "message": told, "errorcode": "AB1004", "data": None})

    script.answers[ask.call] = echo
    account = make_account()
    await account.log_in()
    outcome = repr(await ask.of(account))
    assert "***" in outcome
    assert not any(canary in outcome for canary in CANARIES)
