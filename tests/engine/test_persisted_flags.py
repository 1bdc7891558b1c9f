"""Halt, pause, disabled followers and the STOP file: their effect, duration and reports."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest

from copytui.domain.events import Level
from copytui.domain.orders import Side
from copytui.engine.commands import SetDryRun, SetFollower, SetHalted, SetPaused
from tests.engine.conftest import MakeWorld
from tests.engine.harness import F1, F2, World


async def real(world: World, seconds: float) -> None:
    """Let seconds pass for the engine, and a moment for the thread that looks for the file."""
    for _ in range(3):
        await world.pass_(seconds / 3)
        await asyncio.sleep(0.02)
    await world.clock.quiet()


async def test_a_halt_survives_a_restart_and_is_reported_as_an_error(world: World) -> None:
    assert await world.handle(SetHalted(True, "the market has gone mad")) == "halted: the market has gone mad"
    await world.restart(down=5)
    assert world.errors == ["still halted from before: the market has gone mad"]
    world.executes()
    await world.pass_(4)
    assert world[F1].posts == []
    assert world.verdicts == ["missed"]


async def test_a_halt_survives_the_night(world: World) -> None:
    await world.handle(SetHalted(True))
    await world.stop()
    world.clock.jump(20 * 3600)
    await world.start()
    assert world.engine.snapshot().rules.halted_because == "by the user"


async def test_a_released_halt_is_gone_for_good(world: World) -> None:
    await world.handle(SetHalted(True))
    assert await world.handle(SetHalted(False)) == "halt released"
    await world.restart(down=5)
    assert world.engine.snapshot().rules.halted_because is None
    assert world.errors == []


async def test_a_second_halt_keeps_the_first_reason(world: World) -> None:
    await world.handle(SetHalted(True, "first"))
    assert await world.handle(SetHalted(True, "second")) == "halted already: first"
    assert world.engine.snapshot().rules.halted_because == "first"


async def test_a_pause_survives_a_restart_of_the_same_day_and_cannot_be_missed(world: World) -> None:
    await world.handle(SetPaused(True))
    await world.restart(down=5)
    assert world.events(Level.WARN) == ["still paused from before: nothing is copied until you resume"]
    snapshot = world.engine.snapshot()
    assert snapshot.rules.paused
    assert snapshot.paused_since is not None
    world.executes()
    await world.pass_(4)
    assert world[F1].posts == []
    await world.handle(SetPaused(False))
    await world.restart(down=5)
    assert not world.engine.snapshot().rules.paused


async def test_a_pause_does_not_survive_the_night_unless_the_program_did(world: World) -> None:
    await world.handle(SetPaused(True))
    await world.stop()
    world.clock.jump(20 * 3600)
    await world.start()
    assert not world.engine.snapshot().rules.paused
    await world.handle(SetPaused(True))
    world.clock.jump(20 * 3600)
    await world.pass_(10)
    await world.restart(down=5)
    assert world.engine.snapshot().rules.paused, "it was still paused when this day began"


async def test_a_follower_disabled_by_the_user_stays_disabled_for_the_day(world: World) -> None:
    await world.handle(SetFollower(F1, enabled=False))
    await world.restart(down=5)
    assert world.events(Level.WARN) == ["still disabled from before"]
    world.executes()
    await world.pass_(4)
    assert world[F1].posts == []
    assert len(world[F2].posts) == 1
    await world.handle(SetFollower(F1, enabled=True))
    await world.restart(down=5)
    assert world.engine.snapshot().followers[0].enabled
    await world.handle(SetFollower(F1, enabled=False))
    await world.stop()
    world.clock.jump(20 * 3600)
    await world.start()
    assert world.engine.snapshot().followers[0].enabled


async def test_other_changes_of_the_rules_forget_no_switch(world: World) -> None:
    await world.handle(SetHalted(True, "why"))
    await world.handle(SetDryRun(True))
    await world.handle(SetDryRun(False))
    await world.restart(down=5)
    assert world.engine.snapshot().rules.halted_because == "why"


async def test_the_file_stop_halts_and_nothing_releases_while_it_is_there(a_world: MakeWorld) -> None:
    there = False

    def is_there() -> bool:
        return there

    world = await a_world(started=False, stop_file=is_there)
    await world.start(settle=False)
    await real(world, 4)
    there = True
    await real(world, 1.5)
    assert world.errors == ["halted: the file STOP was found; nothing is sent until it is released"]
    world.executes()
    await real(world, 4)
    assert world[F1].posts == []
    asked = asyncio.ensure_future(world.engine.handle(SetHalted(False)))
    await real(world, 0.3)
    assert await asked == "not released: the file STOP is in the project's folder; remove it first"
    assert world.engine.snapshot().rules.halted_because == "the file STOP was found"
    there = False
    await real(world, 3)
    assert world.engine.snapshot().rules.halted_because is not None, "a halt is latched"
    asked = asyncio.ensure_future(world.engine.handle(SetHalted(False)))
    await real(world, 0.3)
    assert await asked == "halt released"
    await real(world, 3)
    assert len(world.errors) == 1


async def test_a_start_with_the_file_stop_sends_nothing(a_world: MakeWorld) -> None:
    world = await a_world()
    world[F1].held_until = 10.0
    world.executes(side=Side.BUY)
    await world.pass_(4)
    assert world.states(F1) == ["queued"]
    await world.stop()
    world[F1].held_until = 0.0

    def is_there() -> bool:
        time.sleep(0.05)  # a slow disk: whatever does not wait for the first look is through by then
        return True

    world.stop_file = is_there
    await world.start(settle=False)
    await real(world, 20)
    assert world[F1].posts == []


@pytest.mark.parametrize("on", [True, False])
async def test_a_bug_in_the_look_for_the_file_is_reported_and_ends_nothing(a_world: MakeWorld, on: bool) -> None:
    def broken() -> bool:
        if on and world.run is not None and world.clock.monotonic() > 1:
            raise OSError("the drive is gone")
        return False

    world: Any = await a_world(started=False, stop_file=broken)
    await world.start(settle=False)
    await real(world, 4)
    world.executes()
    await real(world, 4)
    assert len(world[F1].posts) == 1
    assert bool(world.errors) is on
