"""The account, the real SDK and real HTTP against the embedded exchange: quotes, profit, cancels, reprices, faults."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
import pytest_asyncio

from copytui.broker.port import ChangeResult, PlaceResult, Profit, RepriceIntent, WriteOutcome
from copytui.broker.smartapi.account import SmartApiAccount
from copytui.broker.smartapi.login_limiter import LoginLimiter
from copytui.domain.errors import BrokerError, BrokerRefused, BrokerUnreachable, RateLimited
from copytui.domain.orders import BookOrder, ClientId, Exchange, OrderId, OrderStatus, OrderToSend, Side, Tag
from copytui.settings.model import Credentials, Secret
from copytui.sim import ExchangeAccount, ExchangeOptions, Fault, FaultName, RunningExchange, serve_in_thread
from tests.broker.samples import NOON, broker, intent
from tests.sim.helpers import QUIET


class Follower:
    """A logged-in account and its exchange."""

    def __init__(self, running: RunningExchange, who: ExchangeAccount) -> None:
        self.running, self.who = running, who
        credentials = Credentials(
            ClientId(who.client_id), Secret(who.api_key), Secret(who.pin), Secret(who.totp_secret)
        )
        self.account = SmartApiAccount(credentials, broker(running.url, 0.5), login_limiter=LoginLimiter(0))

    def fault(self, call: str, name: FaultName | Fault, **options: Any) -> None:
        self.running.exchange.faults.add(self.who.client_id, call, name, **options)

    def set_price(self, **prices: Any) -> None:
        self.running.call(self.running.exchange.set_price, "SBIN-EQ", still=True, **prices)

    async def place(self, tag: str, **changes: Any) -> PlaceResult:
        order = replace(intent().order, quantity=10, price=Decimal("812.50"), tag=Tag(tag))
        return await self.account.place(replace(intent(), order=replace(order, **changes)))

    async def rest(self, tag: str = "REST") -> tuple[OrderId, OrderToSend]:
        """Place an order that stays open."""
        self.fault("placeOrder", FaultName.HELD)
        placement = await self.place(tag)
        assert placement.order_id is not None, placement
        order = replace(intent().order, quantity=10, price=Decimal("812.50"), tag=Tag(tag))
        return placement.order_id, order

    async def reprice(self, order_id: OrderId, order: OrderToSend, price: str) -> ChangeResult:
        changed = replace(order, price=Decimal(price))
        return await self.account.reprice(RepriceIntent(1, ClientId(self.who.client_id), order_id, changed, NOON))

    def book(self) -> list[dict[str, Any]]:
        return self.running.call(self.running.exchange.book, self.who.client_id)

    async def until(self, order_id: OrderId, check: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        for _ in range(200):
            row = next(row for row in self.book() if row["orderid"] == order_id)
            if check(row):
                return row
            await asyncio.sleep(0.02)
        pytest.fail(f"did not come true: {row}")


@pytest_asyncio.fixture
async def follower() -> AsyncIterator[Follower]:
    with serve_in_thread(ExchangeOptions(**QUIET)) as running:
        made = Follower(running, running.exchange.followers[0])
        made.set_price(last="812.40")
        await made.account.log_in()
        yield made
        await made.account.close()


async def test_a_quote_has_the_exchanges_price_and_circuits(follower: Follower) -> None:
    follower.set_price(last="801.25", lower_circuit="790.00", upper_circuit="820.00")
    quote = await follower.account.quote(Exchange.NSE, "3045")
    assert (quote.last_price, quote.lower_circuit, quote.upper_circuit) == (
        Decimal("801.25"),
        Decimal(790),
        Decimal(820),
    )
    with pytest.raises(BrokerRefused, match="no quote for token 9"):
        await follower.account.quote(Exchange.NSE, "9")


async def test_profit_is_realised_and_unrealised(follower: Follower) -> None:
    assert await follower.account.profit() == Profit(Decimal(0), Decimal(0), 0)
    for tag, changes in (("IN", {}), ("OUT", {"side": Side.SELL, "quantity": 4, "price": Decimal("805.00")})):
        if tag == "OUT":
            follower.set_price(last="805.40")
        placement = await follower.place(tag, **changes)
        assert placement.order_id is not None
        await follower.until(placement.order_id, lambda row: row["orderstatus"] == "complete")
    follower.set_price(last="810.40")
    # Bought 10 at 812.40; sold 4 at 805.40; 6 are worth 810.40.
    assert await follower.account.profit() == Profit(Decimal("-28.00"), Decimal("-12.00"), 1)


async def test_holdings_and_positions_over_a_night(follower: Follower) -> None:
    exchange, client_id = follower.running.exchange, follower.who.client_id
    option = next(i for i in exchange.market.instruments if i.is_option)
    follower.running.call(exchange.set_price, option.symbol, still=True)
    for symbol, quantity, product in (("SBIN-EQ", 10, "DELIVERY"), (option.symbol, option.lot, "CARRYFORWARD")):
        follower.running.call(exchange.place_by_hand, client_id, symbol, "BUY", quantity, product=product, fill="now")
    assert (await follower.account.holdings()).holdings == ()
    follower.running.call(exchange.turn_day, 0)
    await follower.account.log_in()
    (holding,) = (await follower.account.holdings()).holdings or ()
    assert (holding.symbol, holding.quantity, holding.unsettled) == ("SBIN-EQ", 10, 10)
    assert holding.average_price == Decimal("812.4")
    follower.running.call(exchange.place_by_hand, client_id, "SBIN-EQ", "SELL", 4, product="DELIVERY", fill="now")
    held = await follower.account.positions()
    assert held.problems == ()
    carried, sold = held.positions or ()
    assert (carried.net_quantity, carried.carried_quantity, carried.lot_size) == (option.lot,) * 3
    assert (carried.underlying, carried.right) == (option.name, option.option)
    assert carried.strike == Decimal(option.strike)
    assert carried.expiry is not None
    assert (sold.net_quantity, sold.sold, sold.carried_quantity) == (-4, 4, 0)
    assert held.profit == await follower.account.profit()


async def test_unreadable_positions_are_problems(follower: Follower) -> None:
    await follower.place("IN")
    follower.fault("getPosition", FaultName.GARBAGE_ROWS)
    held = await follower.account.positions()
    assert len(held.problems) >= 5
    assert held.profit is None


async def test_a_resting_order_is_cancelled(follower: Follower) -> None:
    order_id, _ = await follower.rest()
    answered = await follower.account.cancel(order_id)
    assert (answered.outcome, answered.order_id) == (WriteOutcome.ACCEPTED, order_id)
    row = await follower.until(order_id, lambda row: row["orderstatus"] == "cancelled")
    assert (row["cancelsize"], row["filledshares"]) == ("10", "0")
    again = await follower.account.cancel(order_id)
    assert (again.outcome, "already cancelled" in again.text) == (WriteOutcome.UNKNOWN, True)
    (order,) = (await follower.account.order_book()).orders
    assert order.order_status is OrderStatus.CANCELLED


async def test_a_resting_order_gets_a_new_price_and_trades_at_it(follower: Follower) -> None:
    order_id, order = await follower.rest()
    answered = await follower.reprice(order_id, order, "815.00")
    assert (answered.outcome, answered.order_id) == (WriteOutcome.ACCEPTED, order_id)
    row = await follower.until(order_id, lambda row: row["orderstatus"] == "complete")
    assert (row["price"], row["averageprice"], row["ordertag"]) == (815.0, 812.4, "REST")


async def test_a_held_reprice_rests_at_its_new_price_until_it_is_filled(follower: Follower) -> None:
    order_id, order = await follower.rest()
    follower.fault("modifyOrder", FaultName.HELD)
    await follower.reprice(order_id, order, "815.00")
    row = await follower.until(order_id, lambda row: row["price"] == 815.0)
    assert (row["status"], row["orderstatus"], row["filledshares"]) == ("modified", "open", "0")
    exchange = follower.running
    exchange.call(exchange.exchange.fill_manually, follower.who.client_id, str(order_id), 4)
    row = await follower.until(order_id, lambda row: row["filledshares"] == "4")
    assert row["orderstatus"] == "open"
    assert (await follower.account.cancel(order_id)).outcome is WriteOutcome.ACCEPTED
    row = await follower.until(order_id, lambda row: row["orderstatus"] == "cancelled")
    assert (row["filledshares"], row["cancelsize"]) == ("4", "6")


async def test_a_reprice_beyond_the_circuit_is_accepted_and_changes_nothing(follower: Follower) -> None:
    follower.set_price(upper_circuit="820.00")
    order_id, order = await follower.rest()
    assert (await follower.reprice(order_id, order, "825.00")).outcome is WriteOutcome.ACCEPTED
    (known,) = (await follower.account.order_book()).orders
    assert (known.price, known.order_status, known.status) == (Decimal("812.5"), OrderStatus.WORKING, "open")
    assert "circuit limit" in known.text


CHANGES = [
    (FaultName.TIMEOUT_BEFORE, WriteOutcome.UNKNOWN, False),
    (FaultName.TIMEOUT_AFTER, WriteOutcome.UNKNOWN, True),
    (FaultName.RESET_BEFORE, WriteOutcome.UNKNOWN, False),
    (FaultName.RESET_AFTER, WriteOutcome.UNKNOWN, True),
    (FaultName.HTML_502, WriteOutcome.UNKNOWN, False),
    (FaultName.HTML_502_AFTER, WriteOutcome.UNKNOWN, True),
    (FaultName.RATE_TEXT, WriteOutcome.UNKNOWN, False),
    (FaultName.RATE_TEXT_AFTER, WriteOutcome.UNKNOWN, True),
    (FaultName.EMPTY_BODY, WriteOutcome.UNKNOWN, False),
    (FaultName.EMPTY_BODY_AFTER, WriteOutcome.UNKNOWN, True),
    (FaultName.SERVER_TROUBLE, WriteOutcome.UNKNOWN, False),
    (FaultName.SERVER_TROUBLE_AFTER, WriteOutcome.UNKNOWN, True),
    (FaultName.STRING_BOOLEANS, WriteOutcome.UNKNOWN, True),
    (FaultName.STRING_FALSE, WriteOutcome.UNKNOWN, False),
    (FaultName.MISSING_ORDERID, WriteOutcome.UNKNOWN, True),
    (FaultName.NULL_DATA, WriteOutcome.UNKNOWN, True),
    (FaultName.NULL_BODY, WriteOutcome.UNKNOWN, False),
    (FaultName.NOT_JSON_LIST, WriteOutcome.UNKNOWN, False),
    (FaultName.REFUSED, WriteOutcome.REFUSED, False),
    (FaultName.UNREGISTERED_IP, WriteOutcome.WRONG_ADDRESS, False),
    (FaultName.EXPIRED_TOKEN, WriteOutcome.SESSION_REFUSED, False),
    (FaultName.REJECTED, WriteOutcome.ACCEPTED, False),
    (FaultName.SLOW, WriteOutcome.ACCEPTED, True),
]


@pytest.mark.parametrize(("name", "outcome", "done"), CHANGES, ids=[name for name, _, _ in CHANGES])
@pytest.mark.parametrize("call", ["cancelOrder", "modifyOrder"])
async def test_a_failed_change_proves_only_what_its_answer_proves(
    follower: Follower, call: str, name: FaultName, outcome: WriteOutcome, done: bool
) -> None:
    order_id, order = await follower.rest()
    follower.fault(call, Fault(name, seconds=0.1))
    cancelling = call == "cancelOrder"
    answered = await (follower.account.cancel(order_id) if cancelling else follower.reprice(order_id, order, "815.00"))
    assert answered.outcome is outcome
    assert answered.text
    await asyncio.sleep(0.1)
    (row,) = follower.book()
    assert (row["orderstatus"] == "cancelled" or row["price"] == 815.0) is done
    assert follower.account.logged_in == (outcome is not WriteOutcome.SESSION_REFUSED)
    if outcome is WriteOutcome.WRONG_ADDRESS:
        assert "static IPv4 address registered" in answered.text


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        (FaultName.TIMEOUT_BEFORE, BrokerUnreachable),
        (FaultName.RATE_TEXT, RateLimited),
        (FaultName.HTML_502, BrokerError),
        (FaultName.NULL_DATA, BrokerError),
        (FaultName.NOT_JSON_LIST, BrokerError),
        (FaultName.STRING_BOOLEANS, BrokerError),
    ],
)
async def test_a_failed_quote_raises(follower: Follower, name: FaultName, kind: type[BrokerError]) -> None:
    follower.fault("quote", name)
    with pytest.raises(kind):
        await follower.account.quote(Exchange.NSE, "3045")


async def test_positions_with_garbage_rows_raise(follower: Follower) -> None:
    follower.fault("getPosition", FaultName.GARBAGE_ROWS)
    with pytest.raises(BrokerError, match="position 1"):
        await follower.account.profit()


@pytest.mark.parametrize("name", [FaultName.UNREGISTERED_IP, FaultName.EMPTY_BODY])
async def test_an_order_from_an_unregistered_address_is_explained(follower: Follower, name: FaultName) -> None:
    follower.fault("placeOrder", name)
    placement = await follower.place("ELSEWHERE")
    assert placement.outcome is (
        WriteOutcome.WRONG_ADDRESS if name is FaultName.UNREGISTERED_IP else WriteOutcome.UNKNOWN
    )
    assert "static IPv4 address registered" in placement.text


async def test_a_held_order_is_in_the_order_book_like_any_other(follower: Follower) -> None:
    order_id, _ = await follower.rest()
    known: tuple[BookOrder, ...] = (await follower.account.order_book()).orders
    assert [(order.order_id, order.order_status, order.filled, order.tag) for order in known] == [
        (order_id, OrderStatus.WORKING, 0, "REST")
    ]
