"""The demo's controls of a running exchange: orders that fill, orders that are refused, faults that strike once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from copytui.sim import ExchangeOptions, RunningExchange, serve_in_thread
from copytui.sim.faults import FaultName
from copytui.tui.demo_controls import FAULTS, ExchangeHands


@pytest.fixture(scope="module")
def running() -> Iterator[RunningExchange]:
    options = ExchangeOptions(followers=2, trading=False, realism=False, fill_delay=0.01, latency=0.0)
    with serve_in_thread(options) as exchange:
        yield exchange


@pytest.fixture
def hands(running: RunningExchange) -> ExchangeHands:
    return ExchangeHands(running)


def book(running: RunningExchange) -> list[dict[str, object]]:
    return running.call(running.exchange.book, running.exchange.master.client_id)


def option(hands: ExchangeHands) -> str:
    return next(symbol for symbol in hands.symbols() if symbol.startswith("NIFTY"))


def test_every_symbol_has_its_lot(hands: ExchangeHands) -> None:
    assert hands.lot("SBIN-EQ") == 1
    assert hands.lot(option(hands)) == 65
    assert len(hands.symbols()) == len(set(hands.symbols())) > 20


def test_a_market_order_is_in_the_masters_order_book(hands: ExchangeHands, running: RunningExchange) -> None:
    orderid = hands.place(option(hands), "SELL", 130, "MARKET", "")
    row = next(row for row in book(running) if row["orderid"] == orderid)
    assert (row["transactiontype"], row["quantity"], row["ordertype"]) == ("SELL", "130", "MARKET")


def test_a_limit_order_has_its_price(hands: ExchangeHands, running: RunningExchange) -> None:
    orderid = hands.place("SBIN-EQ", "BUY", 3, "LIMIT", " ₹ 812.40 ")
    row = next(row for row in book(running) if row["orderid"] == orderid)
    assert row["ordertype"] == "LIMIT"
    assert float(str(row["price"])) == 812.4


@pytest.mark.parametrize(
    ("ticket", "sentence"),
    [
        (("NOBODY", "BUY", 1, "MARKET", ""), "NOBODY is not traded here."),
        (("", "BUY", 64, "MARKET", ""), "64 is not whole lots of 65."),
        (("", "BUY", 0, "MARKET", ""), "0 is not whole lots of 65."),
        (("", "BUY", -65, "MARKET", ""), "-65 is not whole lots of 65."),
        (("", "BUY", 65 * 100, "MARKET", ""), "6500 is more than the exchange takes in one order: 1800."),
        (("", "HOLD", 65, "MARKET", ""), "HOLD MARKET is not an order."),
        (("", "BUY", 65, "STOPLOSS_LIMIT", ""), "BUY STOPLOSS_LIMIT is not an order."),
        (("", "BUY", 65, "LIMIT", ""), "A limit order needs a price."),
        (("", "BUY", 65, "LIMIT", "ten"), "A limit order needs a price."),
        (("", "BUY", 65, "LIMIT", "nan"), "The price must be above 0."),
        (("", "BUY", 65, "LIMIT", "-5"), "The price must be above 0."),
        (("", "BUY", 65, "LIMIT", "100.01"), "The price must be a multiple of 0.05."),
        (("SBIN-EQ", "BUY", 1, "LIMIT", "2000"), "The price is outside today's circuit limits, 731.15 to 893.60."),
    ],
)
def test_an_order_that_no_exchange_would_take_is_refused_with_a_sentence(
    hands: ExchangeHands, running: RunningExchange, ticket: tuple[str, str, int, str, str], sentence: str
) -> None:
    before = len(book(running))
    symbol, side, quantity, kind, price = ticket
    with pytest.raises(ValueError) as refused:
        hands.place(symbol or option(hands), side, quantity, kind, price)
    assert str(refused.value) == sentence
    assert len(book(running)) == before


def test_a_fault_strikes_the_followers_next_order_and_no_other(hands: ExchangeHands, running: RunningExchange) -> None:
    first, second = (account.client_id for account in running.exchange.followers)
    hands.let_fail(first, "no answer, but the order exists")
    faults = running.exchange.faults
    assert faults.take(second, "placeOrder") is None
    assert faults.take(first, "getOrderBook") is None
    struck = faults.take(first, "placeOrder")
    assert struck is not None
    assert struck.name is FaultName.TIMEOUT_AFTER
    assert faults.take(first, "placeOrder") is None


def test_every_fault_can_be_switched_on(hands: ExchangeHands, running: RunningExchange) -> None:
    follower = running.exchange.followers[0].client_id
    for name in hands.faults():
        hands.let_fail(follower, name)
        assert running.exchange.faults.take(follower, "placeOrder") == FAULTS[name]
    assert len({fault.name for fault in FAULTS.values()}) == len(FAULTS)


def test_an_unknown_fault_is_refused(hands: ExchangeHands) -> None:
    with pytest.raises(ValueError, match="is not a fault"):
        hands.let_fail("F1", "earthquake")
