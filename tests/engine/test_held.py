"""An exit closes no more than the account still holds, by the broker's own figures."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from copytui.broker.port import HeldPosition, Holding, RowProblem
from copytui.domain.copies import CopyState
from copytui.domain.errors import BrokerTrouble
from copytui.domain.orders import Exchange, OrderId, OrderKey, Product, Side
from tests.builders import an_order
from tests.engine.conftest import MakeWorld
from tests.engine.harness import F1, World
from tests.engine.trades import held, sent, trade

CARRIED: dict[str, Any] = {"symbol": "NIFTY29DEC2626000CE", "product": Product.CARRYFORWARD}
SHARES: dict[str, Any] = {"symbol": "ITC-EQ", "product": Product.DELIVERY, "exchange": Exchange.NSE, "lot_size": 1}
INTRADAY: dict[str, Any] = {}


def sells_by_hand(world: World, quantity: int, **more: Any) -> None:
    """Let the follower's owner sell in his own account."""
    account, number = world[F1], len(world[F1].rows)
    row = an_order(
        side=Side.SELL, quantity=quantity, filled=quantity, key=OrderKey(f"hand-{number}"),
        order_id=OrderId(f"hand-{number}"), updated_at=world.clock.now(), **more,
    )  # fmt: skip
    account.rows = [*account.rows, row]


@pytest.mark.parametrize("what", [INTRADAY, CARRIED, SHARES], ids=["intraday", "carried", "delivery"])
@pytest.mark.parametrize(("by_hand", "exits"), [(50, []), (30, [20])], ids=["all", "a part"])
async def test_what_the_owner_has_sold_by_hand_is_not_sold_again(
    a_world: MakeWorld, what: dict[str, Any], by_hand: int, exits: list[int]
) -> None:
    world = await a_world(followers=(F1,))
    more = {"lot_size": 1} | what
    await trade(world, Side.BUY, 50, **more)
    await world.pass_(30)
    sells_by_hand(world, by_hand, **more)
    await world.pass_(5.0)
    await trade(world, Side.SELL, 50, **more)
    assert [units for side, units in sent(world, F1) if side == "SELL"] == exits


@pytest.mark.parametrize("what", [CARRIED, SHARES], ids=["carried", "delivery"])
async def test_figures_that_lag_behind_the_fills_cut_no_exit(a_world: MakeWorld, what: dict[str, Any]) -> None:
    world = await a_world(followers=(F1,))
    world[F1].positions_lag = 8.0
    await trade(world, Side.BUY, 50, **what)
    await trade(world, Side.SELL, 50, **what)
    assert sent(world, F1) == [("BUY", 50), ("SELL", 50)]
    assert held(world, F1, **what) == 0


async def test_figures_that_have_shown_the_fill_count_at_once(a_world: MakeWorld) -> None:
    world = await a_world(followers=(F1,))
    await trade(world, Side.BUY, 50, **CARRIED)
    sells_by_hand(world, 50, **CARRIED)
    await world.pass_(4)
    await trade(world, Side.SELL, 50, **CARRIED)
    assert sent(world, F1) == [("BUY", 50)], "some seconds after the fill, which the figures had shown"


async def test_the_second_of_two_exits_is_not_cut_by_figures_that_include_the_first(a_world: MakeWorld) -> None:
    world = await a_world(followers=(F1,))
    await trade(world, Side.BUY, 100, **CARRIED)
    await world.pass_(60)
    world[F1].book_takes = 4.0  # the first exit's fill is known late
    world.executes(side=Side.SELL, quantity=50, filled=50, **CARRIED)
    await world.pass_(4)
    world.executes(side=Side.SELL, quantity=50, filled=50, **CARRIED)
    await world.pass_(30)
    assert sent(world, F1) == [("BUY", 100), ("SELL", 50), ("SELL", 50)]
    assert held(world, F1, **CARRIED) == 0


@pytest.mark.parametrize("problem", ["down", "slow", "unreadable"])
async def test_figures_that_cannot_be_had_hold_no_exit(a_world: MakeWorld, problem: str) -> None:
    world = await a_world(followers=(F1,))
    await trade(world, Side.BUY, 50, **CARRIED)
    await world.pass_(20)
    match problem:
        case "down":
            world[F1].positions_now = BrokerTrouble("HTTP 502")
        case "slow":
            world[F1].positions_takes = 30.0
            sells_by_hand(world, 50, **CARRIED)
        case _:
            world[F1].positions_now = ()
            world[F1].position_problems = (RowProblem("", "netqty is empty", symbol=CARRIED["symbol"]),)
    await world.pass_(30)
    world.executes(side=Side.SELL, quantity=50, filled=50, **CARRIED)
    await world.pass_(4.0)
    assert sent(world, F1) == [("BUY", 50), ("SELL", 50)]


async def test_an_exit_asks_for_the_figures_where_they_are_old(a_world: MakeWorld) -> None:
    world = await a_world(followers=(F1,))
    await trade(world, Side.BUY, 50, **CARRIED)
    await world.pass_(50)
    before = len(world[F1].position_reads)
    world.executes(side=Side.SELL, quantity=50, filled=50, **CARRIED)
    await world.pass_(4)
    exit_at = world[F1].posts[-1][0]
    asked = [at for at in world[F1].position_reads[before:] if at <= exit_at]
    assert exit_at - max(asked) <= 5.0


async def test_nothing_is_read_while_nothing_is_held(a_world: MakeWorld) -> None:
    world = await a_world(followers=(F1,))
    await world.pass_(300)
    assert world[F1].position_reads == []
    await trade(world, Side.BUY, 50, **CARRIED)
    await world.pass_(300)
    assert 8 <= len(world[F1].position_reads) <= 14, "after the fill, and every 30 s"


async def test_the_user_reads_why_an_exit_was_not_sent(a_world: MakeWorld) -> None:
    world = await a_world(followers=(F1,))
    await trade(world, Side.BUY, 50, **CARRIED)
    await world.pass_(30)
    sells_by_hand(world, 50, **CARRIED)
    await trade(world, Side.SELL, 50, **CARRIED)
    copy = world.copies_of(F1)[-1]
    assert copy.state is CopyState.SKIPPED
    assert copy.error == "the account no longer holds it: it was closed by hand or by the broker"


async def test_shares_that_the_owner_holds_besides_are_not_counted_as_sold(a_world: MakeWorld) -> None:
    world = await a_world(followers=(F1,), started=False)
    world[F1].holdings_now = (Holding(Exchange.BSE, "ITC", "1", Product.DELIVERY, 100),)
    await world.start()
    await trade(world, Side.BUY, 50, **SHARES)
    await world.pass_(30)
    sells_by_hand(world, 100, **SHARES)
    await trade(world, Side.SELL, 50, **SHARES)
    assert sent(world, F1) == [("BUY", 50), ("SELL", 50)]


async def test_a_conversion_leaves_nothing_to_close_under_the_old_product(a_world: MakeWorld) -> None:
    world = await a_world(followers=(F1,))
    await trade(world, Side.BUY, 50, **CARRIED)
    converted = HeldPosition(Exchange.NFO, CARRIED["symbol"], None, Product.MARGIN, 50, 75)
    world[F1].positions_now = (replace(converted, net_quantity=50),)
    await world.pass_(30)
    await trade(world, Side.SELL, 50, **CARRIED)
    assert sent(world, F1) == [("BUY", 50)]
