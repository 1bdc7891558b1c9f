"""The daily loss limit: it makes a follower close only until the day ends or the user releases it."""

from __future__ import annotations

import itertools
from decimal import Decimal

from copytui.broker.port import Profit
from copytui.domain.copies import CopyState
from copytui.domain.errors import BrokerTrouble
from copytui.domain.events import Level
from copytui.domain.orders import ClientId, Side
from copytui.domain.reasons import Reason
from copytui.engine.commands import Approve, ReleaseFollower, RetryCopy
from copytui.engine.follower.funds import PROFIT_EVERY
from copytui.settings.model import RiskSettings
from tests.engine.conftest import MakeWorld
from tests.engine.harness import F1, F2, World
from tests.engine.scripted import refused

LIMIT = RiskSettings(daily_loss_limit=Decimal(1000), max_orders_per_symbol_per_minute=0)


def loses(world: World, rupees: int, client: ClientId = F1) -> None:
    world[client].profit_now = Profit(Decimal(-100), Decimal(100 - rupees), 1)


def sides(world: World, client: ClientId) -> list[str]:
    return [str(intent.order.side) for _at, intent in world[client].posts]


async def losing(a_world: MakeWorld, rupees: int = 1200, **settings: object) -> World:
    """A world with a position, in which the first follower has lost so much."""
    world = await a_world(risk=LIMIT, **settings)
    world.executes(1)
    await world.pass_(4)
    loses(world, rupees)
    await world.pass_(PROFIT_EVERY + 1)
    return world


async def test_at_the_limit_entries_stop_exits_continue_and_it_is_reported_once(a_world: MakeWorld) -> None:
    world = await losing(a_world)
    assert world.errors == [
        (
            "close only: today's loss of ₹1,200.00 (realised -₹100.00, unrealised -₹1,100.00) has reached the daily"
            " loss limit of ₹1,000.00. It takes exits only for the rest of the day; if you release it, it takes entries"
            " until the loss reaches ₹2,200.00"
        )
    ]
    world.executes(2)
    await world.pass_(4)
    world.executes(3, side=Side.SELL, quantity=100, filled=100)
    await world.pass_(60)
    assert sides(world, F1) == ["BUY", "SELL"]
    assert sides(world, F2) == ["BUY", "BUY", "SELL"]
    plan = next(plan for plan in world.seen.decisions[1].decision.plans if plan.follower == F1)
    assert plan.reason is Reason.LOSS_LIMIT
    assert len(world.errors) == 1
    follower = world.engine.snapshot().followers[0]
    assert follower.close_only is not None
    assert follower.profit == world[F1].profit_now


async def test_below_the_limit_nothing_happens(a_world: MakeWorld) -> None:
    world = await losing(a_world, 999)
    world.executes(2)
    await world.pass_(4)
    assert sides(world, F1) == ["BUY", "BUY"]
    assert world.errors == []


async def test_entries_that_have_not_left_are_dropped_and_exits_stay(a_world: MakeWorld) -> None:
    world = await a_world(risk=LIMIT)
    world.executes(1)
    await world.pass_(4)
    world[F1].held_until = world[F1].exits_held_until = 60.0
    loses(world, 5000)
    world.executes(2, side=Side.SELL)
    world.executes(3, symbol="AAA-EQ")
    await world.pass_(4)
    assert world.states(F1) == ["filled", "queued", "queued"]
    await world.pass_(30)
    assert world.states(F1) == ["filled", "queued", "skipped"]
    assert "close only: today's loss" in (world.copies_of(F1)[2].error or "")
    await world.pass_(40)
    assert sides(world, F1) == ["BUY", "SELL"]
    assert sides(world, F2) == ["BUY", "SELL", "BUY"]


async def test_an_approval_or_a_retry_sends_no_entry_either(a_world: MakeWorld) -> None:
    world = await a_world(risk=LIMIT, require_confirmation=True)
    world[F1].outcomes.append(refused())
    world.executes(1)
    await world.pass_(4)
    await world.handle(Approve(1))
    world.executes(2, symbol="AAA-EQ")
    await world.pass_(4)
    loses(world, 1000)
    world[F1].profit_now = Profit(Decimal(-1000), Decimal(0), 0)
    world.engine.state.followers[F1].traded = True
    await world.pass_(PROFIT_EVERY + 1)
    await world.handle(Approve(2))
    await world.pass_(4)
    assert len(world[F1].posts) == 1
    assert world.copies_of(F1)[1].state is CopyState.SKIPPED
    said = await world.handle(RetryCopy(world.copies_of(F1)[0].id))
    assert said.startswith("not sent: close only: ")
    assert len(world[F1].posts) == 1


async def test_it_survives_a_restart_and_ends_with_the_day(a_world: MakeWorld) -> None:
    world = await losing(a_world)
    world[F1].profit_now = Profit(Decimal(0), Decimal(0), 1)
    await world.restart(down=5)
    assert world.errors[0].startswith("still close only from before: today's loss of ₹1,200.00")
    world.executes(2)
    await world.pass_(4)
    assert sides(world, F1) == ["BUY"]
    world.clock.jump(14 * 3600)
    await world.pass_(10)
    assert world.engine.snapshot().followers[0].close_only is None
    world.executes(3)
    await world.pass_(4)
    assert sides(world, F1) == ["BUY", "BUY"]


async def test_the_next_day_begins_without_it_after_a_restart_too(a_world: MakeWorld) -> None:
    world = await losing(a_world)
    await world.stop()
    world.clock.jump(14 * 3600)
    world[F1].profit_now = Profit(Decimal(0), Decimal(0), 0)
    await world.start()
    assert world.engine.snapshot().followers[0].close_only is None
    assert world.errors == []


async def test_released_manually_it_trips_again_only_after_another_limit(a_world: MakeWorld) -> None:
    world = await losing(a_world)
    said = await world.handle(ReleaseFollower(F1))
    assert said == "Follower 1 takes entries again; close only again when today's loss reaches ₹2,200.00"
    loses(world, 2199)
    await world.pass_(PROFIT_EVERY + 1)
    world.executes(2)
    await world.pass_(4)
    assert sides(world, F1) == ["BUY", "BUY"]
    await world.restart(down=5)
    assert world.errors == []
    loses(world, 2200)
    await world.pass_(PROFIT_EVERY + 1)
    assert len(world.errors) == 1
    assert "the loss allowed after the release, ₹2,200.00" in world.errors[0]
    assert "until the loss reaches ₹3,200.00" in world.errors[0]


async def test_a_release_of_who_is_not_held_changes_nothing(world: World) -> None:
    assert await world.handle(ReleaseFollower(F1)) == "Follower 1 is not close only"
    assert await world.handle(ReleaseFollower(ClientId("F9"))) == "there is no such follower"


async def test_profit_is_read_once_after_the_log_in_and_every_30_seconds_while_it_matters(a_world: MakeWorld) -> None:
    world = await a_world(risk=LIMIT)
    await world.pass_(300)
    assert len(world[F1].profit_reads) == 1
    world.executes(1)
    await world.pass_(300)
    reads = world[F1].profit_reads
    assert 10 <= len(reads) <= 12
    assert all(b - a >= PROFIT_EVERY for a, b in itertools.pairwise(reads))


async def test_a_profit_that_cannot_be_read_changes_nothing_and_is_reported_after_three_in_a_row(
    a_world: MakeWorld,
) -> None:
    world = await losing(a_world, 0)
    world[F1].profit_now = BrokerTrouble("HTTP 502")
    await world.pass_(2 * PROFIT_EVERY)
    assert world.events(Level.WARN) == []
    await world.pass_(5 * PROFIT_EVERY)
    assert world.events(Level.WARN) == [
        "its profit of today cannot be read (3 in a row): HTTP 502; its daily loss limit is not enforced until then"
    ]
    assert world.engine.snapshot().followers[0].failing == "profit: HTTP 502"
    world.executes(2)
    await world.pass_(4)
    assert sides(world, F1) == ["BUY", "BUY"]
    loses(world, 0)
    await world.pass_(PROFIT_EVERY)
    assert "its profit of today can be read again" in world.events(Level.INFO)


async def test_without_a_limit_and_a_screen_nothing_reads_the_profit(world: World) -> None:
    loses(world, 100_000)
    world.executes(1)
    await world.pass_(100)
    assert world[F1].profit_reads == []
    assert world.engine.snapshot().followers[0].close_only is None
