"""A new date before the master's first poll: orders of the day before wait."""

from __future__ import annotations

from datetime import timedelta

import pytest

from copytui.domain.copies import CopyState
from copytui.domain.errors import SessionExpired
from copytui.domain.orders import Product, Side
from copytui.engine.commands import Approve, CopyMissed, Flatten, RetryCopy
from tests.engine.conftest import MakeWorld
from tests.engine.harness import F1, World
from tests.engine.scripted import accepted, not_sent, refused
from tests.engine.trades import held, missed, sent, trade

NIGHT = 21 * 3600.0
A_DAY = 24 * 3600.0
KEPT = Product.CARRYFORWARD


async def next_morning(world: World) -> None:
    """Wake up: the follower logs in at once, and the master's login takes long."""
    world.clock.jump(NIGHT)
    for account in (world.master, world[F1]):
        account.rows, account.logged_in = [], False
        account.book_errors.append(SessionExpired("AG8001"))
    world[F1].default = accepted()
    world[F1].posts.clear()
    world.engine.state.followers[F1].wake_session.set()
    world.master.log_in_takes = 300.0
    await world.pass_(20)
    assert world.engine.state.followers[F1].ready
    assert world.engine.state.between_days


async def test_an_intraday_position_of_yesterday_is_not_flattened(a_world: MakeWorld) -> None:
    world = await a_world(followers=(F1,))
    await trade(world, Side.BUY, 50)
    await next_morning(world)
    await world.handle(Flatten())
    await world.pass_(20)
    assert sent(world, F1) == []
    await world.pass_(320)  # the master is logged in, and the day has begun
    assert not world.engine.state.between_days
    assert sent(world, F1) == []
    assert world.states(F1)[-1] is CopyState.SKIPPED


async def test_a_position_that_lasts_is_flattened_all_the_same(a_world: MakeWorld) -> None:
    world = await a_world(followers=(F1,))
    await trade(world, Side.BUY, 50, product=KEPT)
    await next_morning(world)
    await world.handle(Flatten())
    await world.pass_(20)
    assert held(world, F1, product=KEPT) == 0


async def test_an_entry_of_yesterday_is_not_retried(a_world: MakeWorld) -> None:
    world = await a_world(followers=(F1,))
    world[F1].outcomes.append(refused())
    await trade(world, Side.BUY, 50)
    await next_morning(world)
    assert "its price is from" in await world.handle(RetryCopy(1))
    await world.pass_(20)
    assert sent(world, F1) == []


async def test_a_missed_entry_of_yesterday_is_not_copied(a_world: MakeWorld) -> None:
    world = await a_world(followers=(F1,))
    await missed(world, (Side.BUY, 50))
    await next_morning(world)
    assert "its price is from" in await world.handle(CopyMissed(1))
    await world.pass_(20)
    assert sent(world, F1) == []


async def test_a_missed_exit_of_an_intraday_position_is_not_copied(a_world: MakeWorld) -> None:
    world = await a_world(followers=(F1,))
    await trade(world, Side.BUY, 50)
    await missed(world, (Side.SELL, 50))
    await next_morning(world)
    await world.handle(CopyMissed(2))
    await world.pass_(340)
    assert sent(world, F1) == []


async def test_a_clock_that_is_a_day_ahead_for_seconds_fails_no_exit(a_world: MakeWorld) -> None:
    world = await a_world(followers=(F1,))
    await trade(world, Side.BUY, 50)
    world[F1].exits_held_until = world[F1].held_until = world.clock.monotonic() + 120
    await trade(world, Side.SELL, 50)
    await world.pass_(80)
    world.clock.sleep_through(A_DAY)
    world.master.server_time = lambda: world.clock.now() - timedelta(days=1)
    await world.pass_(2)
    assert world.states(F1)[-1] is CopyState.QUEUED
    world.clock.sleep_through(-A_DAY)
    world.master.server_time = None
    await world.pass_(60)
    assert held(world, F1) == 0


@pytest.mark.parametrize("when", ["before", "after"])
async def test_a_clock_that_goes_a_day_ahead_of_the_brokers_holds_no_exit(a_world: MakeWorld, when: str) -> None:
    world = await a_world(followers=(F1,))
    ahead = timedelta(0)
    world.master.server_time = world[F1].server_time = lambda: world.clock.now() - ahead
    await trade(world, Side.BUY, 50)
    world[F1].exits_held_until = world[F1].held_until = world.clock.monotonic() + 160
    if when == "after":
        await trade(world, Side.SELL, 50)
    await world.pass_(70)
    ahead = timedelta(days=1)
    world.clock.sleep_through(A_DAY)
    await world.pass_(5)
    assert world.engine.state.day.day == 20
    if when == "before":
        await trade(world, Side.SELL, 50)
    await world.pass_(120)
    assert sent(world, F1) == [("BUY", 50), ("SELL", 50)]


# However long an order may be on its way by the settings, it does not reach the next day.


async def test_a_question_of_yesterday_is_not_asked_again_after_a_restart(a_world: MakeWorld) -> None:
    world = await a_world(followers=(F1,), require_confirmation=True, confirmation_timeout_seconds=A_DAY)
    await trade(world, Side.BUY, 50)
    await world.stop()
    await world.clock.advance(NIGHT)
    world.master.rows = world[F1].rows = []
    await world.start()
    await world.pass_(6)
    assert "not waiting" in await world.handle(Approve(1))
    await world.pass_(10)
    assert sent(world, F1) == []


@pytest.mark.parametrize("side", list(Side))
async def test_what_was_queued_yesterday_does_not_leave_today(a_world: MakeWorld, side: Side) -> None:
    world = await a_world(followers=(F1,), max_order_age_seconds=A_DAY)
    await trade(world, Side.BUY, 50, product=KEPT)
    world[F1].default = not_sent()
    world.executes(2, side=side, product=KEPT)
    await world.pass_(4)
    tried = len(world[F1].posts)
    world.clock.jump(NIGHT)
    world.master.rows = world[F1].rows = []
    world[F1].default = accepted()
    await world.pass_(30)
    assert len(world[F1].posts) == tried
    assert world.states(F1)[-1] is CopyState.FAILED
