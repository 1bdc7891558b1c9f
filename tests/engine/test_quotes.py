"""Quotes: circuits for orders, current prices for approvals, and never a delay."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from copytui.broker.port import Quote
from copytui.domain.errors import BrokerTrouble, RateLimited
from copytui.domain.events import Level
from copytui.domain.filters import Filters
from copytui.domain.orders import Exchange, OrderType, Side
from copytui.domain.pricing import LimitAs, OrderRules
from copytui.engine.commands import Approve, SetDryRun, SetPaused
from tests.engine.conftest import MakeWorld
from tests.engine.harness import F1, World
from tests.engine.scripted import ScriptedAccount

TOKEN = "43210"
MARKET: dict[str, Any] = {"order_type": OrderType.MARKET, "price": Decimal(0)}


def quote(last: str, lower: str | None = None, upper: str | None = None) -> Quote:
    return Quote(Decimal(last), Decimal(lower) if lower else None, Decimal(upper) if upper else None)


def limit(world: World) -> Decimal:
    return world[F1].posts[-1][1].order.price


def slow(account: ScriptedAccount, seconds: float) -> None:
    """Let the account's quotes take that long."""
    at_once = account.quote

    async def later(exchange: Exchange, token: str) -> Quote:
        account.quote_reads.append((account.clock.monotonic(), token))
        await account.clock.sleep(seconds)
        account.quote_reads.pop()
        return await at_once(exchange, token)

    account.quote = later  # type: ignore[method-assign]


@pytest.mark.parametrize(
    ("side", "circuits", "sent"),
    [
        # The master paid or got 101.50; 2 % are 103.50 and 99.50 on a tick.
        (Side.BUY, ("90", "110"), "103.50"),
        (Side.BUY, ("90", "102.53"), "102.50"),
        (Side.BUY, ("90", None), "103.50"),
        (Side.SELL, ("90", "110"), "99.50"),
        (Side.SELL, ("100.02", "110"), "100.05"),
        (Side.SELL, (None, "110"), "99.50"),
    ],
)
async def test_a_protected_limit_stays_inside_the_circuits(
    world: World, side: Side, circuits: tuple[str | None, str | None], sent: str
) -> None:
    world.master.quotes[TOKEN] = quote("101.50", *circuits)
    world.executes(side=side, **MARKET)
    await world.pass_(4)
    assert limit(world) == Decimal(sent)
    assert len(world.master.quote_reads) == 1


async def test_circuits_that_the_masters_own_trade_contradicts_are_asked_for_again(world: World) -> None:
    world.master.quotes[TOKEN] = quote("99", "90", "100")
    world.works(1, **MARKET)
    await world.pass_(4)
    world.master.quotes[TOKEN] = quote("101", "90", "103")
    world.executes(1, **MARKET)
    await world.pass_(4)
    assert len(world.master.quote_reads) == 2
    assert limit(world) == Decimal("103.00")


async def test_stale_circuits_that_cannot_be_renewed_are_not_believed(world: World) -> None:
    world.master.quotes[TOKEN] = quote("99", "90", "100")
    world.executes(**MARKET)
    await world.pass_(4)
    assert limit(world) == Decimal("103.50")


async def test_the_quote_of_an_open_order_is_at_hand_when_it_executes(world: World) -> None:
    world.master.quotes[TOKEN] = quote("101", "90", "102.50")
    slow(world.master, 2.0)
    world.works(1, **MARKET)
    await world.pass_(6)
    assert len(world.master.quote_reads) == 1
    world.executes(1, **MARKET)
    await world.pass_(3)
    assert limit(world) == Decimal("102.50")
    assert len(world.master.quote_reads) == 1


async def test_a_slow_quote_delays_an_order_by_a_moment_and_only_once(world: World) -> None:
    slow(world.master, 60.0)
    for number in range(1, 21):
        world.executes(number, symbol=f"S{number}-EQ", token=str(number), **MARKET)
    await world.pass_(3)
    seen = world.clock.monotonic()
    assert world[F1].posts == []
    await world.pass_(0.4)
    assert len(world[F1].posts) == 20
    assert all(at <= seen + 0.3 + 1e-9 for at in world[F1].post_times)
    world.executes(21, symbol="S21-EQ", token="21", **MARKET)
    await world.pass_(3)
    assert world[F1].post_times[-1] == 6.0, "a broker that is slow is waited for no more for a while"


async def test_the_quotes_of_many_executions_are_asked_for_together(world: World) -> None:
    slow(world.master, 0.2)
    for number in range(1, 21):
        world.master.quotes[str(number)] = quote("101", "90", "102.50")
        world.executes(number, symbol=f"S{number}-EQ", token=str(number), **MARKET)
    await world.pass_(3)
    seen = world.clock.monotonic()
    await world.pass_(1)
    assert len(world[F1].posts) == 20
    assert max(world[F1].post_times) <= seen + 0.2 + 1e-9
    assert {intent.order.price for _at, intent in world[F1].posts} == {Decimal("102.50")}


@pytest.mark.parametrize("error", [BrokerTrouble("HTTP 502"), RateLimited("too many")], ids=str)
async def test_a_failed_quote_delays_nothing(world: World, error: BrokerTrouble) -> None:
    world.master.quotes[TOKEN] = error
    world.executes(**MARKET)
    await world.pass_(3)
    assert world[F1].post_times == [3.0]
    assert limit(world) == Decimal("103.50")
    world.executes(**MARKET)
    await world.pass_(3)
    assert world[F1].post_times == [3.0, 6.0]
    assert len(world.master.quote_reads) == 1, "what has just failed is not asked again"
    assert len([text for text in world.events(Level.INFO) if "no quote for" in text]) == 1


async def test_a_bug_in_the_adapter_costs_no_order(world: World) -> None:
    async def broken(exchange: Exchange, token: str) -> Quote:
        raise KeyError(f"{exchange} {token}")

    world.master.quote = broken  # type: ignore[method-assign]
    world.executes(**MARKET)
    await world.pass_(3)
    assert len(world[F1].posts) == 1
    assert world.errors == []


async def test_a_limit_at_the_masters_price_waits_for_no_quote_and_uses_the_one_at_hand(world: World) -> None:
    world.executes()
    await world.pass_(3)
    assert world.master.quote_reads == []
    world.master.quotes[TOKEN] = quote("101", "90", "101.72")
    world.works(7)
    await world.pass_(3)
    world.executes(7)
    await world.pass_(3)
    assert limit(world) == Decimal("101.70")


async def test_limits_as_protected_are_protected_and_wait_for_circuits(a_world: MakeWorld) -> None:
    world = await a_world(orders=OrderRules(limit_as=LimitAs.PROTECTED))
    world.master.quotes[TOKEN] = quote("101", "90", "103")
    world.executes()
    await world.pass_(3)
    assert limit(world) == Decimal("103.00")


async def test_a_dry_run_asks_for_nothing(a_world: MakeWorld) -> None:
    world = await a_world(dry_run=True)
    world.works(1, **MARKET)
    world.executes(2, **MARKET)
    await world.pass_(10)
    assert world.master.quote_reads == []


async def test_what_is_filtered_out_or_paused_is_not_asked_for(a_world: MakeWorld) -> None:
    world = await a_world(filters=Filters(block_symbols=("NIFTY",)))
    world.works(1, **MARKET)
    world.executes(2, **MARKET)
    await world.pass_(4)
    assert world.master.quote_reads == []


async def test_a_pause_while_a_quote_is_waited_for_holds_the_execution(world: World) -> None:
    slow(world.master, 60.0)
    world.executes(**MARKET)
    await world.pass_(3.1)
    await world.handle(SetPaused(True))
    await world.pass_(3)
    assert world.verdicts == ["missed"]
    assert world[F1].posts == []


async def test_a_new_day_forgets_the_circuits(world: World) -> None:
    world.master.quotes[TOKEN] = quote("101", "90", "110")
    world.executes(1, **MARKET)
    await world.pass_(4)
    world.clock.jump(24 * 3600)
    world.master.rows = []
    await world.pass_(10)
    assert world.engine._quotes.last_price(Exchange.NFO, "NIFTY28NOV2624000CE") is None
    world.executes(2, **MARKET)
    await world.pass_(6)
    assert len(world.master.quote_reads) == 2


# Current prices for approvals.


async def test_what_waits_for_an_approval_shows_the_price_now_every_three_seconds(a_world: MakeWorld) -> None:
    world = await a_world(require_confirmation=True)
    world.master.quotes[TOKEN] = quote("101")
    row = world.executes()
    await world.pass_(4)
    assert world.engine.snapshot().prices == {row.key: Decimal(101)}
    reads, version = len(world.master.quote_reads), world.engine.state.version
    world.master.quotes[TOKEN] = quote("95")
    await world.pass_(9)
    assert len(world.master.quote_reads) == reads + 3
    assert world.engine.snapshot().prices == {row.key: Decimal(95)}
    assert world.engine.state.version > version
    world.master.quotes[TOKEN] = BrokerTrouble("HTTP 502")
    await world.pass_(18)
    assert world.engine.snapshot().prices == {}, "an old price is not the price now"
    await world.handle(Approve(1))
    await world.pass_(1)
    reads = len(world.master.quote_reads)
    await world.pass_(20)
    assert len(world.master.quote_reads) == reads
    assert world.engine.snapshot().prices == {}


async def test_nothing_waits_in_a_dry_run_and_nothing_is_asked(a_world: MakeWorld) -> None:
    world = await a_world(require_confirmation=True, dry_run=True)
    world.executes()
    await world.pass_(20)
    assert world.master.quote_reads == []
    assert world.engine.snapshot().prices == {}
    await world.handle(SetDryRun(False))


async def test_the_last_price_has_its_age(world: World) -> None:
    world.master.quotes[TOKEN] = quote("101")
    world.works(1, **MARKET)
    await world.pass_(3)
    await world.pass_(5)
    found = world.engine._quotes.last_price(Exchange.NFO, "NIFTY28NOV2624000CE")
    assert found == (Decimal(101), 5.0)
