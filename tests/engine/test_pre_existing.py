"""What the master had before copytui watched: what reduces it closes nothing and opens nothing for the followers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from copytui.broker.port import HeldPosition
from copytui.broker.smartapi.held_parsing import parse_holdings, parse_positions
from copytui.domain.errors import BrokerTrouble
from copytui.domain.events import Level
from copytui.domain.orders import Exchange, Product, Side
from copytui.domain.pre_existing import PreExisting
from copytui.engine.commands import CopyMissed
from copytui.settings.model import PositionSettings
from tests.engine.conftest import MakeWorld
from tests.engine.harness import F1, World
from tests.engine.trades import held, sent, trade

OPTION = "NIFTY29DEC2626000CE"
CARRIED: dict[str, Any] = {"symbol": OPTION, "product": Product.CARRYFORWARD, "lot_size": 75}
SHARES: dict[str, Any] = {"symbol": "ITC-EQ", "product": Product.DELIVERY, "exchange": Exchange.NSE, "lot_size": 1}
COPY, SKIP = PositionSettings(PreExisting.COPY), PositionSettings(PreExisting.SKIP)


def had(world: World, units: int = 75) -> None:
    """Let the master have an option since an earlier day."""
    world.master.held_before = (
        HeldPosition(Exchange.NFO, OPTION, "4242", Product.CARRYFORWARD, units, 75, carried_bought=units),
    )


def older(world: World, name: str = OPTION) -> int:
    found = world.engine.state.pre_existing
    return sum(units for key, units in found.items() if key.symbol == name)


def trouble(world: World) -> str | None:
    return world.engine.state.pre_existing_trouble


def masters(world: World) -> int:
    return held(world, world.master.client_id, **CARRIED)


async def test_what_he_sells_of_it_is_listed_and_neither_closes_nor_opens(a_world: MakeWorld) -> None:
    world = await a_world(started=False, followers=(F1,))
    had(world)
    await world.start()
    assert older(world) == 75
    await trade(world, Side.SELL, 75, **CARRIED)
    (missed,) = world.engine.snapshot().missed
    assert missed.decision.reason == "pre_existing"
    assert (sent(world, F1), masters(world), older(world)) == ([], 0, 0)
    await trade(world, Side.BUY, 75, **CARRIED)
    assert sent(world, F1) == [("BUY", 75)], "it is gone: what he buys now is new"


async def test_it_is_the_same_after_a_restart_in_between(a_world: MakeWorld) -> None:
    world = await a_world(started=False, followers=(F1,))
    had(world, 150)
    await world.start()
    await trade(world, Side.SELL, 75, **CARRIED)
    await world.restart()
    assert older(world) == 75
    await trade(world, Side.SELL, 75, **CARRIED)
    assert (sent(world, F1), older(world), len(world.engine.snapshot().missed)) == ([], 0, 2)


async def test_what_was_copied_is_closed_first(a_world: MakeWorld) -> None:
    world = await a_world(started=False, followers=(F1,))
    had(world)
    await world.start()
    await trade(world, Side.BUY, 75, **CARRIED)
    await trade(world, Side.SELL, 225, **CARRIED)
    assert sent(world, F1) == [("BUY", 75), ("SELL", 75), ("SELL", 75)], "closed, then 75 of his own, then 75 short"
    assert (masters(world), older(world)) == (-75, 0)
    (missed,) = world.engine.snapshot().missed
    assert missed.execution.quantity == 75
    tags = [intent.order.tag for _at, intent in world[F1].posts]
    assert len(set(tags)) == 3


async def test_copied_by_a_yes_it_is_the_masters_to_close(a_world: MakeWorld) -> None:
    world = await a_world(started=False, followers=(F1,))
    had(world)
    await world.start()
    await trade(world, Side.SELL, 75, **CARRIED)
    (missed,) = world.engine.snapshot().missed
    await world.handle(CopyMissed(missed.id))
    await world.pass_(6)
    assert (sent(world, F1), masters(world)) == ([("SELL", 75)], -75)
    await world.restart()
    await trade(world, Side.BUY, 75, **CARRIED)
    assert sent(world, F1) == [("SELL", 75), ("BUY", 75)]
    assert held(world, F1, **CARRIED) == 0


@pytest.mark.parametrize(("policy", "posts", "missed"), [(COPY, [("SELL", 75)], 0), (SKIP, [], 0)])
async def test_the_setting_copies_or_skips_it_without_a_question(
    a_world: MakeWorld, policy: PositionSettings, posts: list[tuple[str, int]], missed: int
) -> None:
    world = await a_world(started=False, followers=(F1,), positions=policy)
    had(world)
    await world.start()
    await trade(world, Side.SELL, 75, **CARRIED)
    assert (sent(world, F1), len(world.engine.snapshot().missed)) == (posts, missed)


async def test_intraday_positions_of_before_the_first_poll_are_his_own_too(a_world: MakeWorld) -> None:
    world = await a_world(started=False, followers=(F1,))
    world.executes(quantity=50, filled=50)
    await world.start()
    assert any("50 NIFTY28NOV2624000CE INTRADAY before copytui watched" in text for text in world.events(Level.INFO))
    await trade(world, Side.SELL, 50)
    assert sent(world, F1) == []
    assert [missed.decision.reason for missed in world.engine.snapshot().missed] == ["pre_existing"]


# His positions cannot be read.


async def test_while_they_cannot_be_read_nothing_that_may_reduce_one_is_copied(a_world: MakeWorld) -> None:
    world = await a_world(started=False, followers=(F1,))
    world.master.positions_now = BrokerTrouble("HTTP 502")
    await world.start()
    assert any("cannot be read" in text for text in world.events(Level.WARN))
    await trade(world, Side.SELL, 75, **CARRIED)
    assert sent(world, F1) == []
    await trade(world, Side.BUY, 10, **SHARES)
    await trade(world, Side.BUY, 50)
    assert sent(world, F1) == [("BUY", 10), ("BUY", 50)], "shares are never short, and intraday began today"
    await world.restart()
    await trade(world, Side.SELL, 75, **CARRIED)
    assert len(sent(world, F1)) == 2, "a restart knows no better"
    world.master.positions_now = None
    had(world, 300)
    await world.pass_(120)
    assert older(world) == 150
    await trade(world, Side.BUY, 75, **CARRIED)
    assert sent(world, F1)[2:] == [("BUY", 75)]


async def test_figures_that_lack_his_last_trade_are_not_believed(a_world: MakeWorld) -> None:
    world = await a_world(started=False, followers=(F1,))
    world.master.positions_now = BrokerTrouble("HTTP 502")
    await world.start()
    world.master.positions_now = None
    world.master.positions_lag = 9.0
    for _ in range(8):
        await trade(world, Side.BUY, 75, **CARRIED)  # never 10 s without a trade
    assert trouble(world)
    await world.pass_(60)
    assert not trouble(world)
    assert older(world) == 600, "nothing of it was copied, so all of it is his own"


async def test_shares_that_he_has_not_by_his_figures_are_never_sold_short(a_world: MakeWorld) -> None:
    world = await a_world(followers=(F1,))
    await trade(world, Side.SELL, 40, **SHARES)
    assert sent(world, F1) == []
    assert [missed.decision.reason for missed in world.engine.snapshot().missed] == ["pre_existing"]


# The case that failed.


@pytest.mark.parametrize(("policy", "expected"), [(PositionSettings(), []), (COPY, [("SELL", 75), ("SELL", 40)])])
async def test_the_master_who_sells_what_he_had(
    a_world: MakeWorld, policy: PositionSettings, expected: list[tuple[str, int]]
) -> None:
    case = json.loads((Path(__file__).parents[1] / "cases" / "master-positions-before.json").read_text("utf-8"))
    world = await a_world(started=False, followers=(F1,), positions=policy)
    world.master.positions_now = parse_positions(case["getPosition"]).positions
    world.master.holdings_now = parse_holdings(case["getHolding"]).holdings
    await world.start()
    await trade(world, Side.SELL, 75, **CARRIED)
    await trade(world, Side.SELL, 40, **SHARES)
    assert sent(world, F1) == expected
    listed = [missed.execution.order.symbol for missed in world.engine.snapshot().missed]
    assert listed == ([] if expected else [OPTION, "ITC-EQ"])
