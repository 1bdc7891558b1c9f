"""Exits that a halt or a disabled follower held back: missed by that follower, listed, and never lost."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from pathlib import Path

import pytest

from copytui.domain.attention import AttentionItem, AttentionKind
from copytui.domain.events import Level
from copytui.domain.orders import ClientId, Product, Side
from copytui.engine.commands import (
    Approve,
    CopyMissed,
    DismissMissed,
    Flatten,
    ReleaseHalt,
    SetDryRun,
    SetFollower,
    SetPaused,
)
from copytui.engine.controls import halt_follower, switch
from copytui.reports.attention_cli import read_attention
from copytui.reports.resolve import settle_missed
from copytui.tui.present.attention import Attention
from tests.engine.conftest import MakeWorld
from tests.engine.harness import F1, F2, World
from tests.engine.scripted import refused
from tests.engine.trades import held, sent, trade

KEPT = Product.CARRYFORWARD


def missed_items(world: World) -> list[AttentionItem]:
    items = Attention().items(world.engine.snapshot(), world.clock.now())
    return [item for item in items if item.kind is AttentionKind.MISSED]


def listed(world: World) -> list[tuple[str, str]]:
    return [(item.id, item.what) for item in missed_items(world)]


def out(world: World, client: ClientId = F1) -> None:
    halt_follower(world.engine.state, world.engine.state.followers[client], "margin")


async def left_out(world: World, *, sold: int = 100, **more: object) -> None:
    """Let the first follower be halted while the master closes `sold` of 300 units."""
    await trade(world, Side.BUY, 300, **more)
    out(world)
    await trade(world, Side.SELL, sold, **more)


async def test_after_five_rejections_a_part_exit_is_missed_and_goes_after_the_release(world: World) -> None:
    await trade(world, Side.BUY, 300)
    world[F1].outcomes.extend([refused()] * 5)
    for number in range(5):
        await trade(world, Side.BUY, 50, symbol=f"S{number}-EQ")
    assert world.engine.state.followers[F1].halted_because is not None
    await trade(world, Side.SELL, 100)
    number = max(world.engine.state.executions)
    (item,) = missed_items(world)
    assert (item.id, item.label, item.who) == (f"m{number}", "exit missed", "Follower 1")
    assert item.what == "SELL NIFTY28NOV2624000CE: 100 for Follower 1"
    assert "this follower is halted" in item.why
    assert any("missed: this follower is halted" in text for text in world.events(Level.WARN))
    assert (held(world, F1), held(world, F2)) == (300, 200)
    assert "stays on the list" in await world.handle(CopyMissed(number))
    assert len(listed(world)) == 1
    await world.handle(ReleaseHalt(F1))
    assert "copied to 1 follower" in await world.handle(CopyMissed(number))
    await world.pass_(5)
    assert (held(world, F1), held(world, F2), listed(world)) == (200, 200, [])
    assert [each for each in sent(world, F2) if each[0] == "SELL"] == [("SELL", 100)]


async def test_what_a_disabled_follower_keeps_is_listed_and_can_be_dismissed(world: World) -> None:
    await trade(world, Side.BUY, 300)
    await world.handle(SetFollower(F1, enabled=False))
    await trade(world, Side.SELL, 100)
    assert listed(world) == [("m2", "SELL NIFTY28NOV2624000CE: 100 for Follower 1")]
    assert await world.handle(DismissMissed(2)) == "#2 dismissed"
    assert listed(world) == []
    assert world.verdicts == ["copied", "copied"]


@pytest.mark.parametrize("sold", [100, 300])
async def test_where_nobody_gets_it_the_execution_itself_is_missed(a_world: MakeWorld, sold: int) -> None:
    world = await a_world(followers=(F1,))
    await left_out(world, sold=sold)
    assert world.verdicts[-1] == "missed"
    assert [item.id for item in missed_items(world)] == ["m2"]
    await world.handle(ReleaseHalt(F1))
    await world.handle(CopyMissed(2))
    await world.pass_(5)
    assert (held(world, F1), listed(world)) == (300 - sold, [])


async def test_a_whole_exit_is_missed_by_the_halted_follower_alone(world: World) -> None:
    await left_out(world, sold=300)
    assert listed(world) == [("m2", "SELL NIFTY28NOV2624000CE: 300 for Follower 1")]
    await world.handle(Flatten(F1))
    await world.pass_(10)
    assert (held(world, F1), listed(world)) == (0, [])
    assert all(decided.settled for decided in world.engine.state.executions.values())


async def test_two_parts_are_listed_with_what_each_would_close(world: World) -> None:
    await left_out(world)
    await trade(world, Side.SELL, 100)
    assert [what for _id, what in listed(world)] == ["SELL NIFTY28NOV2624000CE: 100 for Follower 1"] * 2
    await world.handle(ReleaseHalt(F1))
    for number in (3, 2):
        await world.handle(CopyMissed(number))
        await world.pass_(5)
    assert (held(world, F1), held(world, F2), listed(world)) == (100, 100, [])


async def test_a_later_exit_takes_its_share_of_what_was_withheld(world: World) -> None:
    await left_out(world)
    await world.handle(ReleaseHalt(F1))
    await trade(world, Side.SELL, 100)
    assert held(world, F1) == 150
    assert listed(world) == [("m2", "SELL NIFTY28NOV2624000CE: 50 for Follower 1")]
    await trade(world, Side.SELL, 100)
    await trade(world, Side.BUY, 300)
    assert (held(world, F1), listed(world)) == (300, []), "it was flat since: nothing is owed of the new position"


async def test_a_follower_that_holds_nothing_is_owed_nothing(world: World) -> None:
    world[F1].outcomes.append(refused())
    await left_out(world)
    assert listed(world) == []
    assert world.engine.state.executions[2].settled


async def test_of_a_reversal_only_the_part_that_closes_is_owed(world: World) -> None:
    await left_out(world, sold=400)
    await world.handle(ReleaseHalt(F1))
    await world.handle(CopyMissed(2))
    await world.pass_(5)
    assert (held(world, F1), held(world, F2)) == (0, -100)


async def test_it_survives_a_restart_and_the_night_and_the_journal_lists_the_same(world: World) -> None:
    await left_out(world, product=KEPT)
    await world.on_disk("SELECT 1")
    names = {F1: "Follower 1", F2: "Follower 2"}
    path: Path = world.path
    there = [item for item in read_attention(path, names, world.clock.now()) if item.kind is AttentionKind.MISSED]
    assert [(item.id, item.what, item.acts) for item in there] == [
        (item.id, item.what, item.acts) for item in missed_items(world)
    ]
    await world.stop()
    world.clock.jump(86_400)
    world.master.rows = world[F1].rows = world[F2].rows = []
    await world.start()
    await world.pass_(6)
    assert any("missed before by Follower 1" in text for text in world.events(Level.WARN))
    assert listed(world) == [("m2", "SELL NIFTY28NOV2624000CE: 100 for Follower 1")]
    await world.handle(ReleaseHalt(F1))
    await world.handle(CopyMissed(2))
    await world.pass_(5)
    assert (held(world, F1, product=KEPT), listed(world)) == (200, [])


@pytest.mark.parametrize("command", [SetPaused(True), SetDryRun(True)])
async def test_nothing_is_sent_while_paused_or_in_a_dry_run(world: World, command: SetPaused | SetDryRun) -> None:
    await left_out(world)
    await world.handle(ReleaseHalt(F1))
    await world.handle(command)
    assert "stays on the list" in await world.handle(CopyMissed(2))
    await world.pass_(5)
    assert (held(world, F1), len(listed(world))) == (300, 1)


async def test_what_a_halted_follower_misses_of_an_approved_exit_is_listed(world: World) -> None:
    await trade(world, Side.BUY, 300)
    out(world)
    switch(world.engine.state, require_confirmation=True)
    await trade(world, Side.SELL, 100)
    await world.handle(Approve(2))
    await world.pass_(5)
    assert listed(world) == [("m2", "SELL NIFTY28NOV2624000CE: 100 for Follower 1")]


async def test_an_exit_that_nobody_answered_is_missed_and_can_be_copied(a_world: MakeWorld) -> None:
    world = await a_world(confirmation_timeout_seconds=20)
    await trade(world, Side.BUY, 300)
    switch(world.engine.state, require_confirmation=True)
    await trade(world, Side.SELL, 100, average_price=Decimal("101.5"))
    await world.pass_(30)
    assert world.verdicts[-1] == "missed"
    assert [item.id for item in missed_items(world)] == ["m2"]
    await world.restart(down=5)
    await world.handle(CopyMissed(2))
    await world.pass_(10)
    assert (held(world, F1), held(world, F2), listed(world)) == (200, 200, [])


async def test_it_can_be_dismissed_while_copytui_is_not_running(world: World) -> None:
    await left_out(world)
    await world.stop()
    assert await asyncio.to_thread(settle_missed, world.path, 2, world.clock.now()) == "#2 dismissed"
    await world.start()
    await world.pass_(6)
    assert (listed(world), world.verdicts) == ([], ["copied", "copied"])
