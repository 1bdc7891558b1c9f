"""What was working or unknown when its day ended is settled by what the account holds on the next day."""

from __future__ import annotations

from typing import Any

import pytest

from copytui.broker.port import HeldPosition
from copytui.domain.copies import CopyState
from copytui.domain.errors import BrokerTrouble
from copytui.domain.events import Level
from copytui.domain.orders import Exchange, OrderStatus, Product, Side
from tests.engine.conftest import MakeWorld
from tests.engine.harness import F1, World
from tests.engine.scripted import accepted, not_taken
from tests.engine.trades import held, sent, trade

NIGHT = 21 * 3600.0
SYMBOL = "NIFTY29DEC2626000CE"
CARRIED: dict[str, Any] = {"symbol": SYMBOL, "product": Product.CARRYFORWARD, "lot_size": 75}
SHARES: dict[str, Any] = {"symbol": "INFY-EQ", "product": Product.DELIVERY, "exchange": Exchange.NSE, "lot_size": 1}


async def working_exit(a_world: MakeWorld) -> World:
    """Let the master sell half of what lasts over night, and the follower's exit work when copytui stops."""
    world = await a_world(followers=(F1,))
    await trade(world, Side.BUY, 150, **CARRIED)
    world[F1].outcomes.append(accepted(ends=OrderStatus.WORKING))
    await trade(world, Side.SELL, 75, **CARRIED)
    assert held(world, F1, **CARRIED) == 150
    return world


def fills(world: World, filled: int, quantity: int) -> None:
    """Let the follower's last order fill before its day ends, when copytui does not look any more."""
    status = OrderStatus.COMPLETE if filled == quantity else OrderStatus.CANCELLED
    tag = str(world[F1].posts[-1][1].order.tag)
    world[F1].change(tag, order_status=status, status=status.value, filled=filled)
    world[F1].book()


async def next_day(world: World, *, restarted: bool) -> None:
    if restarted:
        await world.stop()
        await world.clock.advance(NIGHT)
    else:
        world.clock.jump(NIGHT)
    for account in (world.master, world[F1]):
        account.rows = []
    if restarted:
        await world.start()
    await world.pass_(12)
    assert world.engine.state.day.day == 21


@pytest.mark.parametrize("restarted", [True, False])
@pytest.mark.parametrize(("filled", "left"), [(75, 75), (0, 150)])
async def test_an_exit_that_worked_over_the_days_end_is_counted_as_the_account_shows_it(
    a_world: MakeWorld, filled: int, left: int, *, restarted: bool
) -> None:
    world = await working_exit(a_world)
    fills(world, filled, 75)
    await next_day(world, restarted=restarted)
    assert held(world, F1, **CARRIED) == left
    copy = world.copies_of(F1)[-1]
    assert (copy.filled, copy.state) == (filled, CopyState.FILLED if filled else CopyState.CANCELLED)
    await trade(world, Side.SELL, 75, **CARRIED)
    assert sent(world, F1)[2:] == [("SELL", left)]
    assert held(world, F1, **CARRIED) == 0


@pytest.mark.parametrize("restarted", [True, False])
@pytest.mark.parametrize("filled", [100, 40, 0])
async def test_an_entry_that_worked_over_the_days_end_is_closed_by_its_exit(
    a_world: MakeWorld, filled: int, *, restarted: bool
) -> None:
    world = await a_world(followers=(F1,))
    world[F1].outcomes.append(accepted(ends=OrderStatus.WORKING))
    await trade(world, Side.BUY, 100, **SHARES)
    fills(world, filled, 100)
    await next_day(world, restarted=restarted)
    assert held(world, F1, **SHARES) == filled
    await trade(world, Side.SELL, 100, **SHARES)
    assert sent(world, F1)[1:] == ([("SELL", filled)] if filled else [])


async def test_an_unknown_entry_is_settled_too(a_world: MakeWorld) -> None:
    world = await a_world(followers=(F1,))
    world[F1].outcomes.append(not_taken())
    await trade(world, Side.BUY, 75, **CARRIED)
    assert world.states(F1) == [CopyState.UNKNOWN]
    await next_day(world, restarted=True)
    assert world.states(F1) == [CopyState.CANCELLED]


async def test_no_exit_leaves_before_the_figures_of_the_new_day(a_world: MakeWorld) -> None:
    world = await working_exit(a_world)
    fills(world, 75, 75)
    await world.stop()
    await world.clock.advance(NIGHT)
    world.master.rows = world[F1].rows = []
    world[F1].positions_now = BrokerTrouble("HTTP 502")
    await world.start()
    await world.pass_(12)
    await trade(world, Side.SELL, 75, **CARRIED)
    await world.pass_(30)
    assert sent(world, F1)[2:] == []
    world[F1].positions_now = None
    await world.pass_(120)
    assert sent(world, F1)[2:] == [("SELL", 75)]


async def test_where_the_owner_trades_too_no_more_than_what_is_sure_is_closed(a_world: MakeWorld) -> None:
    world = await working_exit(a_world)
    world[F1].positions_now = (HeldPosition(Exchange.NFO, SYMBOL, None, Product.CARRYFORWARD, 225, 75),)
    await next_day(world, restarted=True)
    assert any("which its owner trades as well" in text for text in world.events(Level.ERROR))
    assert held(world, F1, **CARRIED) == 75
    await trade(world, Side.SELL, 75, **CARRIED)
    assert sent(world, F1)[2:] == [("SELL", 75)]
