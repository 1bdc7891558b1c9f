from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from io import StringIO

import pytest
from dotenv import dotenv_values

from copytui.sim import Exchange, ExchangeOptions, FaultName, serve_in_thread
from copytui.sim.running import run_exchange
from tests.sim.helpers import QUIET, Eventually, HeldExchange, HttpCall, LogIn, Serve


@pytest.fixture(autouse=True)
def _no_thread_is_left_behind() -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    assert not [thread for thread in set(threading.enumerate()) - before if thread.name == "copytui-exchange"]


def test_the_thread_ends_with_the_block() -> None:
    with serve_in_thread(ExchangeOptions(**QUIET)) as running:
        assert running.url.startswith("http://127.0.0.1:")
        assert "copytui-exchange" in {thread.name for thread in threading.enumerate()}
    assert "copytui-exchange" not in {thread.name for thread in threading.enumerate()}


def test_it_stops_at_once_even_if_a_client_waits_for_an_answer(http_call: HttpCall) -> None:
    outcomes: list[BaseException] = []

    def ask(url: str) -> None:
        try:
            http_call(url, "POST", "/rest/auth/angelbroking/user/v1/loginByPassword", {})
        except OSError as outcome:
            outcomes.append(outcome)

    with serve_in_thread(ExchangeOptions(**QUIET)) as running:
        running.exchange.faults.add("*", "*", FaultName.TIMEOUT_BEFORE)
        client = threading.Thread(target=ask, args=(running.url,))
        client.start()
        time.sleep(0.1)
        began = time.monotonic()
    assert time.monotonic() - began < 1
    client.join()
    assert len(outcomes) == 1


def test_a_port_in_use_raises_on_start(serve: Serve) -> None:
    port = int(serve().url.rpartition(":")[2])
    with pytest.raises(OSError, match="address already in use"), serve_in_thread(ExchangeOptions(**QUIET, port=port)):
        pass


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.5", "example.com"])  # noqa: S104 - what is refused
def test_only_loopback_hosts_are_allowed(host: str) -> None:
    with pytest.raises(ValueError, match="loopback"):
        ExchangeOptions(host=host)


def test_calls_run_in_the_exchanges_thread_and_return_or_raise(serve: Serve) -> None:
    running = serve()
    assert running.call(lambda: threading.current_thread().name) == "copytui-exchange"
    assert running.call(running.call, lambda: 42) == 42
    with pytest.raises(ValueError, match="not traded"):
        running.call(running.exchange.place_master_order, "NOPE", "BUY", 1)


def test_another_thread_is_refused(serve: Serve) -> None:
    running = serve()
    with pytest.raises(RuntimeError, match="use RunningExchange"):
        running.exchange.book(running.exchange.master.client_id)


def test_every_answer_takes_the_latency(serve: Serve, http_call: HttpCall) -> None:
    running = serve(latency=0.1)
    began = time.monotonic()
    http_call(running.url, "POST", "/rest/auth/angelbroking/user/v1/loginByPassword", {})
    assert time.monotonic() - began >= 0.1


def test_the_env_text_names_every_account(serve: Serve) -> None:
    running = serve()
    values = dotenv_values(stream=StringIO(running.env_text()))
    master, second = running.exchange.master, running.exchange.followers[1]
    assert (values["CLIENT_ID"], values["API_KEY"]) == (master.client_id, master.api_key)
    assert (values["PASSWORD"], values["TOTP_SECRET"]) == (master.pin, master.totp_secret)
    assert values["FOLLOWER_2_CLIENT_ID"] == second.client_id
    assert values["FOLLOWER_2_NAME"] == second.name == "Ravi"
    assert "FOLLOWER_3_CLIENT_ID" not in values


def test_the_same_seed_gives_the_same_accounts_for_any_number_of_followers() -> None:
    few, many = Exchange(ExchangeOptions(followers=2)), Exchange(ExchangeOptions(followers=50))
    assert few.followers == many.followers[:2]
    assert len({account.client_id for account in many.accounts}) == 51
    assert Exchange(ExchangeOptions(seed=2)).master != few.master


def test_the_command_prints_its_url_and_accounts_and_serves_until_stopped(
    eventually: Eventually, http_call: HttpCall
) -> None:
    lines: list[str] = []
    stop = threading.Event()
    options = ExchangeOptions(**QUIET)
    thread = threading.Thread(target=run_exchange, args=(options,), kwargs={"out": lines.append, "stop": stop})
    thread.start()
    eventually(lambda: len(lines) == 2)
    assert json.loads(http_call(lines[0].split('"')[1], "GET", "/_exchange/accounts")[2])[0]["master"] is True
    assert lines[1].startswith("API_KEY=")
    stop.set()
    thread.join(5)
    assert not thread.is_alive()


def test_trading_starts_by_itself(serve: Serve, eventually: Eventually) -> None:
    running = serve(trading=True, pace=10.0)
    eventually(lambda: len(running.call(running.exchange.book, running.exchange.master.client_id)) > 3)


def test_an_order_book_of_a_thousand_orders_is_served_quickly(serve: Serve, log_in: LogIn) -> None:
    running = serve()
    exchange = running.exchange

    def fill_the_book() -> None:
        for _ in range(1000):
            exchange.place_master_order("SBIN-EQ", "BUY", 1, fill="now")

    running.call(fill_the_book)
    client = log_in(running, exchange.master)
    assert len(client.orderBook()["data"]) == 1000
    book = exchange.books[exchange.master.client_id]

    def touch_and_write() -> float:
        exchange.place_master_order("SBIN-EQ", "BUY", 1, fill="now")
        began = time.perf_counter()
        book.rows_json()
        return time.perf_counter() - began

    assert min(running.call(touch_and_write) for _ in range(5)) < 0.03


def test_an_orders_row_is_encoded_again_after_each_change() -> None:
    held = HeldExchange()
    book = held.exchange.books[held.master]
    assert book.rows_json() == "null"
    orderid = held.exchange.place_master_order("SBIN-EQ", "BUY", 10, fill="hold")
    assert json.loads(book.rows_json()) == held.exchange.book(held.master)
    held.exchange.fill_master_order(orderid, 4)
    assert json.loads(book.rows_json())[0]["filledshares"] == "4"
