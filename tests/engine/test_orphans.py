"""Orphaned positions: the master has left them and a follower still holds them."""

from __future__ import annotations

from copytui.domain.copies import CopyState
from copytui.domain.events import Level
from copytui.domain.orders import OrderStatus, Side
from copytui.domain.positions import position_key
from copytui.domain.risk import OrphanedPosition
from copytui.engine.commands import DismissOrphan, Flatten, SetPaused
from copytui.engine.controls import switch
from tests.builders import an_order
from tests.engine.conftest import MakeWorld
from tests.engine.harness import F1, F2, World
from tests.engine.scripted import accepted, refused

OPTION = position_key(an_order())


def orphaned(world: World) -> tuple[OrphanedPosition, ...]:
    return world.engine.snapshot().orphaned


def reported(world: World) -> list[str]:
    return [text for text in world.events(Level.WARN) if "orphaned position" in text]


async def trade(world: World, side: Side = Side.BUY, quantity: int = 50) -> None:
    world.executes(side=side, quantity=quantity, filled=quantity)
    await world.pass_(4)


async def left_behind(world: World) -> None:
    """Let the first follower's exit be refused."""
    await trade(world)
    world[F1].outcomes.append(refused())
    await trade(world, Side.SELL)


async def test_a_position_whose_exit_failed_is_listed_and_reported_once(world: World) -> None:
    await left_behind(world)
    assert orphaned(world) == (OrphanedPosition(F1, OPTION, 50, 0),)
    await world.pass_(10)
    assert reported(world) == [
        (
            "orphaned position: 50 NIFTY28NOV2624000CE INTRADAY; the master has closed his, and no exit is on its way."
            " Close it (flatten) or keep it"
        )
    ]
    await world.pass_(100)
    assert len(reported(world)) == 1


async def test_a_position_with_an_exit_on_its_way_is_not(world: World) -> None:
    await trade(world)
    world[F1].outcomes.append(accepted(ends=OrderStatus.WORKING))
    await trade(world, Side.SELL)
    await world.pass_(30)
    assert orphaned(world) == ()
    assert reported(world) == []


async def test_an_exit_that_waits_for_an_approval_is_on_its_way(a_world: MakeWorld) -> None:
    world = await a_world()
    await trade(world)
    switch(world.engine.state, require_confirmation=True)
    await trade(world, Side.SELL)
    await world.pass_(20)
    assert world.states(F1) == [CopyState.FILLED, CopyState.ASKED]
    assert orphaned(world) == ()
    await world.pass_(60)
    assert len(orphaned(world)) == 2


async def test_an_exit_missed_while_paused_leaves_orphaned_positions(world: World) -> None:
    await trade(world)
    await world.handle(SetPaused(True))
    await trade(world, Side.SELL)
    await world.pass_(10)
    assert [one.follower for one in orphaned(world)] == [F1, F2]
    assert len(reported(world)) == 2


async def test_a_master_who_turned_around_leaves_orphaned_positions(world: World) -> None:
    await trade(world)
    world[F1].outcomes.extend([refused(), refused()])
    await trade(world, Side.SELL, 100)
    await world.pass_(10)
    assert orphaned(world) == (OrphanedPosition(F1, OPTION, 50, -50),)
    assert "the master holds -50" in reported(world)[0]


async def test_what_comes_right_within_seconds_is_not_told(world: World) -> None:
    await left_behind(world)
    await world.handle(Flatten(F1, OPTION))
    await world.pass_(20)
    assert orphaned(world) == ()
    assert reported(world) == []


async def test_dismissed_it_stays_away_until_its_quantity_changes_also_over_a_restart(world: World) -> None:
    await left_behind(world)
    assert await world.handle(DismissOrphan(F1, OPTION)) == (
        "50 NIFTY28NOV2624000CE INTRADAY kept: not listed until the quantity changes"
    )
    assert orphaned(world) == ()
    await world.restart(down=5)
    await world.pass_(10)
    assert orphaned(world) == ()
    assert reported(world) == []
    await trade(world)
    world[F1].outcomes.append(refused())
    await trade(world, Side.SELL)
    await world.pass_(10)
    assert orphaned(world) == (OrphanedPosition(F1, OPTION, 100, 0),)
    assert len(reported(world)) == 1


async def test_a_dismissal_is_forgotten_when_the_position_has_gone(world: World) -> None:
    await left_behind(world)
    await world.handle(DismissOrphan(F1, OPTION))
    await world.handle(Flatten(F1))
    await world.pass_(10)
    assert await world.on_disk("SELECT * FROM flags") == []
    await left_behind(world)
    assert orphaned(world) == (OrphanedPosition(F1, OPTION, 50, 0),)


async def test_a_dismissal_whose_position_changed_while_copytui_was_down_is_forgotten(world: World) -> None:
    await left_behind(world)
    await world.handle(DismissOrphan(F1, OPTION))
    await world.stop()
    world.clock.jump(20 * 3600)  # the broker squares intraday positions off
    await world.start()
    assert await world.on_disk("SELECT * FROM flags") == []


async def test_what_is_not_held_cannot_be_dismissed(world: World) -> None:
    assert await world.handle(DismissOrphan(F1, OPTION)) == "copying holds no such position"


async def test_after_a_restart_an_orphaned_position_is_reported_again(world: World) -> None:
    await left_behind(world)
    await world.pass_(10)
    await world.restart(down=5)
    await world.pass_(10)
    assert orphaned(world) == (OrphanedPosition(F1, OPTION, 50, 0),)
    assert len(reported(world)) == 1
