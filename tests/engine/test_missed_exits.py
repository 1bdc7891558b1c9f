"""The quantity of a missed exit that is copied later: it does not touch what was sent since."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from copytui.domain.executions import CopyOn
from copytui.domain.orders import Exchange, Product, Side
from copytui.domain.sizing import Sizing, SizingMode
from copytui.engine.commands import CopyMissed, MarkNotPlaced, RetryCopy, SetPaused
from copytui.engine.controls import switch
from tests.engine.conftest import MakeWorld
from tests.engine.harness import F1, F2, World
from tests.engine.scripted import lost_answer, refused
from tests.engine.trades import held, missed, sent, sized, trade

NIGHT = 21 * 3600.0
A_DAY = 24 * 3600.0
KEPT = Product.CARRYFORWARD


async def night(world: World) -> None:
    """Sleep until the next morning's first poll."""
    world.clock.jump(NIGHT)
    for account in (world.master, *world.accounts.values()):
        account.rows = []
    await world.pass_(10)
    assert world.engine.state.day.day == 21


async def missed_exit(a_world: MakeWorld) -> World:
    """Let the master buy 50 of what lasts over night, and sell them while copying is paused."""
    world = await a_world(followers=(F1,))
    await trade(world, Side.BUY, 50, product=KEPT)
    await world.handle(SetPaused(True))
    await trade(world, Side.SELL, 50, product=KEPT)
    await world.handle(SetPaused(False))
    return world


async def missed_exit_between_two_entries(a_world: MakeWorld) -> World:
    """Let him buy 50 again after that; he holds 50, and so should all."""
    world = await missed_exit(a_world)
    await trade(world, Side.BUY, 50, product=KEPT)
    assert held(world, F1, product=KEPT) == 100
    return world


@pytest.mark.parametrize("order", [(1, 2), (2, 1)])
async def test_a_missed_entry_and_its_missed_part_exit_can_be_copied_in_any_order(
    a_world: MakeWorld, order: tuple[int, int]
) -> None:
    world = await a_world(followers=(F1,))
    await missed(world, (Side.BUY, 200), (Side.SELL, 100))
    for id_ in order:
        await world.handle(CopyMissed(id_))
        await world.pass_(10)
    assert held(world, F1) == 100


async def test_a_missed_part_exit_does_not_take_of_an_entry_that_was_retried_since(world: World) -> None:
    world[F1].outcomes.append(refused())
    await trade(world, Side.BUY, 200)
    await missed(world, (Side.SELL, 100))
    await world.handle(RetryCopy(1))
    await world.pass_(10)
    await world.handle(CopyMissed(2))
    await world.pass_(10)
    assert held(world, F1) == held(world, F2) == 100


async def test_of_what_was_built_since_later_exits_have_taken_their_part(a_world: MakeWorld) -> None:
    world = await a_world(followers=(F1,))
    await trade(world, Side.BUY, 200)
    world[F1].outcomes.append(refused())
    await trade(world, Side.BUY, 200)
    await missed(world, (Side.SELL, 200))
    await world.handle(RetryCopy(2))
    await world.pass_(10)
    assert held(world, F1) == 300
    await trade(world, Side.SELL, 100)
    assert held(world, F1) == 150
    await world.handle(CopyMissed(3))
    await world.pass_(10)
    assert held(world, F1) == 100  # as the master


async def test_a_missed_whole_exit_closes_its_part_of_what_is_left(a_world: MakeWorld) -> None:
    world = await a_world(followers=(F1,))
    await trade(world, Side.BUY, 50)
    await missed(world, (Side.SELL, 50))
    await trade(world, Side.BUY, 100)
    await trade(world, Side.SELL, 50)
    await world.handle(CopyMissed(2))
    await world.pass_(10)
    assert held(world, F1) == 50  # as the master


async def test_a_missed_exit_takes_nothing_of_what_waits_for_an_approval(a_world: MakeWorld) -> None:
    world = await a_world(followers=(F1,), confirmation_timeout_seconds=300)
    await trade(world, Side.BUY, 50)
    await missed(world, (Side.SELL, 50))
    switch(world.engine.state, require_confirmation=True)
    await trade(world, Side.BUY, 50)
    switch(world.engine.state, require_confirmation=False)
    await world.handle(CopyMissed(2))
    await world.pass_(10)
    assert held(world, F1) == 0


async def test_on_the_same_day_it_closes_what_it_would_have_closed(a_world: MakeWorld) -> None:
    world = await missed_exit_between_two_entries(a_world)
    await world.handle(CopyMissed(2))
    await world.pass_(10)
    assert held(world, F1, product=KEPT) == 50


async def test_on_the_next_day_it_closes_no_more(a_world: MakeWorld) -> None:
    world = await missed_exit_between_two_entries(a_world)
    await night(world)
    await world.handle(CopyMissed(2))
    await world.pass_(10)
    assert held(world, F1, product=KEPT) == 50


async def test_after_a_night_and_two_starts_it_closes_no_more(a_world: MakeWorld) -> None:
    world = await missed_exit_between_two_entries(a_world)
    await world.stop()
    await world.clock.advance(NIGHT)
    world.master.rows = world[F1].rows = []
    await world.start()
    await world.pass_(6)
    await world.restart(down=5)
    await world.pass_(6)
    await world.handle(CopyMissed(2))
    await world.pass_(10)
    assert held(world, F1, product=KEPT) == 50


async def test_an_early_piece_that_is_copied_last_gets_what_the_later_ones_left(a_world: MakeWorld) -> None:
    world = await a_world(started=False, followers=(F1,), copy_on=CopyOn.FILL)
    (follower,) = world.settings.followers
    fixed = replace(follower, sizing=Sizing(mode=SizingMode.FIXED, fixed_quantity=50))
    world.settings = replace(world.settings, followers=(fixed,))
    await world.start()
    await world.handle(SetPaused(True))
    world.works(1, quantity=100, filled=50, average_price=Decimal("101.5"))
    await world.pass_(6)
    await world.handle(SetPaused(False))
    world.executes(1, quantity=100, filled=100)
    await world.pass_(6)
    await world.handle(CopyMissed(1))
    await world.pass_(10)
    assert held(world, F1) == 50


# Copied on the day after.


async def missed_exit_of_yesterday(a_world: MakeWorld) -> World:
    world = await missed_exit(a_world)
    await night(world)
    return world


async def test_a_restart_knows_the_copy_that_was_sent_today_of_an_exit_of_yesterday(a_world: MakeWorld) -> None:
    world = await missed_exit_of_yesterday(a_world)
    await world.handle(CopyMissed(2))
    await world.pass_(10)
    assert held(world, F1, product=KEPT) == 0
    await world.restart(down=5)
    await world.pass_(10)
    assert world.errors == []


async def test_after_a_restart_it_can_be_retried(a_world: MakeWorld) -> None:
    world = await missed_exit_of_yesterday(a_world)
    world[F1].outcomes.append(refused())
    await world.handle(CopyMissed(2))
    await world.pass_(10)
    failed = world.copies_of(F1)[-1].id
    await world.restart(down=5)
    await world.handle(RetryCopy(failed))
    await world.pass_(10)
    assert held(world, F1, product=KEPT) == 0


async def test_after_a_restart_a_retry_allows_for_the_attempt_before_it(a_world: MakeWorld) -> None:
    world = await missed_exit_of_yesterday(a_world)
    world[F1].outcomes.append(lost_answer(lands_after=40.0))
    await world.handle(CopyMissed(2))
    await world.pass_(10)
    lost = world.copies_of(F1)[-1].id
    await world.handle(MarkNotPlaced(lost))
    await world.handle(SetPaused(True))
    await world.handle(RetryCopy(lost))
    await world.pass_(2)
    await world.restart(down=35)
    await world.handle(SetPaused(False))
    await world.pass_(20)
    assert sent(world, F1).count(("SELL", 50)) == 1


@pytest.mark.parametrize(("multiplier", "left"), [("1", 13), ("3", 39)])
@pytest.mark.parametrize("order", [(2, 3), (3, 2)])
async def test_missed_exits_copied_late_close_nothing_of_a_newer_entry(
    a_world: MakeWorld, multiplier: str, left: int, order: tuple[int, int]
) -> None:
    world = await a_world(started=False, followers=(F1,))
    sized(world, multiplier=Decimal(multiplier))
    await world.start()
    shares: dict[str, Any] = {"symbol": "ITC-EQ", "exchange": Exchange.NSE, "lot_size": 1}
    await trade(world, Side.BUY, 10, **shares)
    await world.handle(SetPaused(True))
    await trade(world, Side.SELL, 4, **shares)
    await trade(world, Side.SELL, 3, **shares)
    await world.handle(SetPaused(False))
    await trade(world, Side.BUY, 10, **shares)
    for id_ in order:
        await world.handle(CopyMissed(id_))
        await world.pass_(10)
    assert held(world, F1, **shares) == left
