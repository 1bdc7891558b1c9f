from __future__ import annotations

import pytest

from copytui.sim.sessions import RateLimiter
from tests.sim.helpers import HttpCall, LogIn, Serve, order_params


def test_one_order_book_per_second() -> None:
    limiter = RateLimiter()
    assert limiter.allow("A", "getOrderBook", 10.0)
    assert not limiter.allow("A", "getOrderBook", 10.9)
    assert limiter.allow("A", "getOrderBook", 11.0)


def test_accounts_and_calls_do_not_share_a_limit() -> None:
    limiter = RateLimiter()
    assert limiter.allow("A", "getOrderBook", 1.0)
    assert limiter.allow("B", "getOrderBook", 1.0)
    assert limiter.allow("A", "getTradeBook", 1.0)


def test_writes_share_nine_per_second_five_hundred_per_minute_and_a_thousand_per_hour() -> None:
    limiter = RateLimiter()
    calls = ["placeOrder", "modifyOrder", "cancelOrder"] * 4
    assert [limiter.allow("A", call, 0.0) for call in calls] == [True] * 9 + [False] * 3
    passed = [now for now in (1.0 + 0.12 * n for n in range(600)) if limiter.allow("A", "placeOrder", now)]
    assert len([now for now in passed if now < 60.0]) == 491
    in_the_hour = [n for n in range(1, 3400) if limiter.allow("A", "placeOrder", 120.0 + n)]
    assert 9 + len(passed) + len(in_the_hour) == 1000


@pytest.mark.parametrize("call", ["somethingElse"])
def test_calls_without_a_published_limit_are_unlimited(call: str) -> None:
    limiter = RateLimiter()
    assert all(limiter.allow("A", call, 0.0) for _ in range(100))


def test_too_many_calls_are_answered_with_plain_text(serve: Serve, log_in: LogIn, http_call: HttpCall) -> None:
    running = serve(enforce_limits=True)
    client = log_in(running, running.exchange.followers[0])
    headers = {"Authorization": f"Bearer {client.access_token}", "X-PrivateKey": client.privateKey}
    path = "/rest/secure/angelbroking/order/v1/getOrderBook?{}"
    assert http_call(running.url, "GET", path, headers=headers)[0] == 200
    status, answer_headers, text = http_call(running.url, "GET", path, headers=headers)
    assert (status, text) == (403, "Access denied because of exceeding access rate")
    assert answer_headers.get_content_type() == "text/plain"


def test_an_order_over_the_limit_does_not_exist(serve: Serve, log_in: LogIn, http_call: HttpCall) -> None:
    running = serve(enforce_limits=True)
    account = running.exchange.followers[0]
    client = log_in(running, account)
    headers = {"Authorization": f"Bearer {client.access_token}", "X-PrivateKey": client.privateKey}
    path = "/rest/secure/angelbroking/order/v1/placeOrder"
    statuses = [http_call(running.url, "POST", path, order_params(), headers)[0] for _ in range(12)]
    assert 403 in statuses
    assert len(running.call(running.exchange.placements, account.client_id)) == statuses.count(200)
