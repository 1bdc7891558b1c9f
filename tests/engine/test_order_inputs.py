"""The instrument list: ticks, lots and tokens that the order book lacks; copying works without the list."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from copytui.broker.port import Quote
from copytui.domain.contracts import Contract
from copytui.domain.events import Level
from copytui.domain.orders import Exchange, OrderStatus, OrderType, Side
from copytui.domain.pricing import OrderRules, UnfilledAction
from copytui.domain.sizing import Sizing
from copytui.engine.commands import CopyMissed
from tests.engine.conftest import MakeWorld
from tests.engine.harness import F1, World
from tests.engine.scripted import accepted
from tests.engine.trades import sized

MARKET: dict[str, Any] = {"order_type": OrderType.MARKET, "price": Decimal(0)}


@dataclass(frozen=True)
class Row:
    token: str = "999"
    lot_size: int = 25
    tick: Decimal = Decimal("0.25")
    contract: Contract | None = None


@dataclass
class AList:
    """A list that the test fills, and that never loads."""

    rows: dict[str, Row] = field(default_factory=dict)
    trouble: str | None = None
    running: bool = False

    def has_derivatives(self, symbol: str) -> bool | None:
        return None

    def find(self, exchange: Exchange, symbol: str) -> Row | None:
        return self.rows.get(symbol)

    async def run(self) -> None:
        self.running = True
        await asyncio.Event().wait()


SYMBOL = "NIFTY28NOV2624000CE"


async def test_the_lists_tick_is_used_for_what_is_sent(a_world: MakeWorld) -> None:
    world = await a_world(instruments=AList({SYMBOL: Row()}))
    world.executes(1, **MARKET)
    await world.pass_(4)
    # 2 % worse than 101.50 is 103.53 and 99.47.
    assert world[F1].posts[-1][1].order.price == Decimal("103.50")
    world.executes(2, side=Side.SELL, **MARKET)
    await world.pass_(6)
    assert world[F1].posts[-1][1].order.price == Decimal("99.50")
    world.executes(3, symbol="OTHER28NOV26100CE", **MARKET)
    await world.pass_(4)
    assert world[F1].posts[-1][1].order.price == Decimal("103.50")


async def test_a_limit_is_moved_on_the_lists_tick(a_world: MakeWorld) -> None:
    orders = OrderRules(unfilled_after_seconds=5, unfilled_action=UnfilledAction.REPRICE)
    world = await a_world(instruments=AList({SYMBOL: Row(tick=Decimal("0.50"))}), orders=orders)
    world.master.quotes["43210"] = Quote(Decimal(104), None, None)
    world[F1].default = accepted(ends=OrderStatus.WORKING)
    world.executes()
    await world.pass_(9)
    assert [intent.order.price for _at, intent in world[F1].reprices] == [Decimal("106.00")]


async def test_a_lot_that_the_row_lacks_is_the_lists(a_world: MakeWorld) -> None:
    world = await a_world(started=False, instruments=AList({SYMBOL: Row()}))
    sized(world, multiplier=Decimal("0.7"))
    await world.start()
    world.executes(lot_size=0)
    await world.pass_(4)
    assert world[F1].sent == [(SYMBOL, 25)]
    await world.restart()
    assert world.engine.state.executions[1].execution.order.lot_size == 25


async def test_the_rows_own_lot_and_token_win(a_world: MakeWorld) -> None:
    world = await a_world(started=False, instruments=AList({SYMBOL: Row()}))
    sized(world, multiplier=Decimal("1.5"))
    await world.start()
    world.executes()
    await world.pass_(4)
    assert world[F1].sent == [(SYMBOL, 50)]
    assert world[F1].posts[0][1].order.token == "43210"


async def test_a_token_that_the_row_lacks_is_the_lists_before_the_broker_is_asked(a_world: MakeWorld) -> None:
    world = await a_world(instruments=AList({SYMBOL: Row()}))
    world.master.tokens[SYMBOL] = "asked"
    world.executes(token=None)
    await world.pass_(4)
    assert world[F1].posts[0][1].order.token == "999"


async def test_a_list_that_comes_late_serves_what_was_missed_without_it(a_world: MakeWorld) -> None:
    late = AList()
    world = await a_world(instruments=late)
    world.executes(token=None, lot_size=0)
    await world.pass_(4)
    assert world.verdicts == ["missed"]
    late.rows[SYMBOL] = Row()
    await world.handle(CopyMissed(1))
    await world.pass_(1)
    assert world[F1].posts[0][1].order.token == "999"


async def test_its_trouble_is_reported_once(a_world: MakeWorld) -> None:
    instruments = AList(trouble="today's list could not be loaded")
    world = await a_world(instruments=instruments)
    assert instruments.running
    await world.pass_(100)
    assert world.events(Level.WARN) == ["today's list could not be loaded"]
    instruments.trouble = None
    await world.pass_(10)
    instruments.trouble = "another"
    await world.pass_(10)
    assert world.events(Level.WARN) == ["today's list could not be loaded", "another"]


async def test_without_a_list_a_lot_that_is_not_told_allows_whole_multiples_only(world: World) -> None:
    assert Sizing().multiplier == 1
    world.executes(lot_size=0)
    await world.pass_(4)
    assert world[F1].sent == [(SYMBOL, 50)]
