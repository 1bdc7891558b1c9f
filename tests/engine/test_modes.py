from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

import pytest

from copytui.domain.copies import CopyState
from copytui.domain.events import Level
from copytui.domain.filters import Filters
from copytui.domain.orders import OrderStatus
from copytui.domain.sizing import Sizing
from copytui.engine.commands import (
    Approve,
    Command,
    CopyMissed,
    Decline,
    ReleaseFollower,
    ReleaseHalt,
    SetConfirmation,
    SetDryRun,
    SetFilters,
    SetFollower,
    SetHalted,
    SetMultiplier,
    SetPaused,
)
from tests.builders import after
from tests.engine.conftest import MakeWorld
from tests.engine.harness import F1, F2, World
from tests.engine.scripted import accepted, refused, total_posts

CLOSING: list[Command] = [SetDryRun(True), SetPaused(True), SetHalted(True), SetFollower(F1, enabled=False)]


async def test_a_dry_run_sends_nothing_and_records_what_would_have_been_sent(a_world: MakeWorld) -> None:
    world = await a_world(dry_run=True)
    world.executes()
    await world.pass_(100)
    assert total_posts(list(world.accounts.values())) == 0
    assert world.states(F1) == world.states(F2) == ["simulated"]
    assert all(copy.dry_run for copy in world.copies)
    assert await world.on_disk("SELECT state FROM copies") == [("simulated",), ("simulated",)]


async def test_going_live_sends_the_next_execution_and_not_the_simulated_one(a_world: MakeWorld) -> None:
    world = await a_world(dry_run=True)
    world.executes(symbol="AAA-EQ")
    await world.pass_(4)
    await world.handle(SetDryRun(False))
    world.executes(symbol="BBB-EQ")
    await world.pass_(4)
    assert world[F1].sent == [("BBB-EQ", 50)]


@pytest.mark.parametrize("command", CLOSING, ids=str)
async def test_nothing_leaves_when_the_gate_closes_between_the_decision_and_the_send(
    world: World, command: Command
) -> None:
    world[F1].held_until = 5.0
    world.executes()
    await world.pass_(4)
    assert world.states(F1) == ["queued"]
    await world.handle(command)
    await world.pass_(100)
    assert world[F1].posts == []
    assert world.states(F1) == ["simulated" if isinstance(command, SetDryRun) else "failed"]


@pytest.mark.parametrize("command", CLOSING, ids=str)
async def test_nothing_leaves_when_the_gate_closes_while_the_intent_is_being_written(
    world: World, command: Command
) -> None:
    assert world.journal is not None
    world.journal.hold = asyncio.Event()
    world.executes()
    await world.pass_(4)
    assert world.engine.state.followers[F1].posting is not None
    await world.handle(command)
    world.journal.hold.set()
    await world.pass_(100)
    assert world[F1].posts == []
    assert world.states(F1) == ["simulated" if isinstance(command, SetDryRun) else "failed"]
    assert len(world[F2].posts) == (1 if isinstance(command, SetFollower) else 0)


async def test_a_stop_while_the_intent_is_being_written_sends_nothing_and_continues_after_the_restart(
    world: World,
) -> None:
    assert world.journal is not None
    world.journal.hold = asyncio.Event()
    world.executes()
    await world.pass_(4)
    world.engine.stop()
    await world.clock.quiet()
    world.journal.hold.set()
    await world.stop()
    assert world[F1].posts == []
    await world.start()
    await world.pass_(4)
    assert len(world[F1].posts) == len(world[F2].posts) == 1
    assert world.states(F1) == ["filled"]


async def test_what_waited_through_a_short_pause_goes_when_copying_is_resumed(world: World) -> None:
    world[F1].held_until = 5.0
    world.executes()
    await world.pass_(4)
    await world.handle(SetPaused(True))
    await world.pass_(20)
    assert world[F1].posts == []
    await world.handle(SetPaused(False))
    await world.pass_(1)
    assert len(world[F1].posts) == 1


@pytest.mark.parametrize("command", [SetPaused(True), SetHalted(True, "too many orders")], ids=str)
async def test_what_executes_while_paused_or_halted_is_missed_and_can_be_copied_later(
    world: World, command: SetPaused | SetHalted
) -> None:
    await world.handle(command)
    world.executes()
    await world.pass_(4)
    (missed,) = world.engine.snapshot().missed
    assert world[F1].posts == []
    await world.handle(type(command)(False))
    await world.pass_(10)
    assert world[F1].posts == []
    await world.handle(CopyMissed(missed.id))
    await world.pass_(1)
    assert len(world[F1].posts) == 1


async def test_new_filters_hold_from_the_next_execution_on(world: World) -> None:
    world.executes(symbol="AAA-EQ")
    await world.pass_(4)
    await world.handle(SetFilters(Filters(block_symbols=("AAA",))))
    world.executes(symbol="AAA-EQ")
    world.executes(symbol="BBB-EQ")
    await world.pass_(4)
    assert world[F1].sent == [("AAA-EQ", 50), ("BBB-EQ", 50)]
    assert world.verdicts == ["copied", "skipped", "copied"]


async def test_a_new_multiplier_holds_from_the_next_execution_on_for_all_without_their_own(
    a_world: MakeWorld,
) -> None:
    world = await a_world(started=False)
    one, two = world.settings.followers
    world.settings = replace(world.settings, followers=(replace(one, shares_multiplier=True), two))
    saved: list[Mapping[str, object]] = []
    await world.start()
    world.engine._command_handler._save_settings = saved.append
    world.executes()
    await world.pass_(4)
    assert await world.handle(SetMultiplier(Decimal(2))) == "multiplier x2 for 1 of 2 followers"
    world.executes(symbol="BBB-EQ")
    await world.pass_(4)
    assert [quantity for _symbol, quantity in world[F1].sent] == [50, 100]
    assert [quantity for _symbol, quantity in world[F2].sent] == [50, 50]
    assert saved == [{"sizing.multiplier": Decimal(2)}]


@pytest.mark.parametrize("wrong", ["0", "-1", "1000.5", "NaN"])
async def test_a_multiplier_that_the_settings_would_refuse_changes_nothing(world: World, wrong: str) -> None:
    assert (await world.handle(SetMultiplier(Decimal(wrong)))).startswith("not changed: the multiplier must be")
    assert world.engine.state.rules.multiplier is None


async def test_a_disabled_follower_gets_nothing_until_it_is_enabled(world: World) -> None:
    await world.handle(SetFollower(F1, enabled=False))
    world.executes()
    await world.pass_(4)
    await world.handle(SetFollower(F1, enabled=True))
    world.executes()
    await world.pass_(4)
    assert len(world[F1].posts) == 1
    assert len(world[F2].posts) == 2


async def test_a_release_leaves_a_disabled_follower_disabled(a_world: MakeWorld) -> None:
    world = await a_world(halt_after_failures=1)
    world[F1].outcomes.append(refused())
    world.executes()
    await world.pass_(4)
    await world.handle(SetFollower(F1, enabled=False))
    assert await world.handle(ReleaseFollower(F1)) == "Follower 1: halt released, but still disabled"
    world.executes()
    await world.pass_(4)
    assert len(world[F1].posts) == 1


async def test_failures_in_a_row_halt_one_follower_until_it_is_released(a_world: MakeWorld) -> None:
    world = await a_world(halt_after_failures=2)
    world[F1].outcomes.extend([refused(), refused()])
    for symbol in ("AAA-EQ", "BBB-EQ", "CCC-EQ"):
        world.executes(symbol=symbol)
    await world.pass_(4)
    assert len(world[F1].posts) == 2
    assert len(world[F2].posts) == 3
    await world.restart()
    world.executes(symbol="DDD-EQ")
    await world.pass_(4)
    assert len(world[F1].posts) == 2
    assert len(world[F2].posts) == 4
    await world.handle(SetFollower(F1, enabled=False))
    assert "still halted: 2 copies in a row went wrong" in await world.handle(SetFollower(F1, enabled=True))
    world.executes(symbol="DDE-EQ")
    await world.pass_(4)
    assert len(world[F1].posts) == 2, "taken out and in again is not released"
    await world.handle(SetFollower(F1, enabled=True))
    assert world.engine.state.followers[F1].halted_because is not None, "the same key twice is no release either"
    assert await world.handle(ReleaseHalt(F1)) == "Follower 1: halt released"
    assert await world.handle(ReleaseHalt(F1)) == "Follower 1 is not halted"
    await world.restart()
    world.executes(symbol="EEE-EQ")
    await world.pass_(4)
    assert world[F1].sent[-1] == ("EEE-EQ", 50)


async def test_an_order_that_works_begins_the_count_of_failures_again(a_world: MakeWorld) -> None:
    world = await a_world(halt_after_failures=2)
    world[F1].outcomes.extend([refused(), accepted(), refused(), accepted()])
    for _ in range(4):
        world.executes()
        await world.pass_(10)
    assert len(world[F1].posts) == 4
    assert world.engine.state.followers[F1].halted_because is None


async def test_rejections_count_as_failures(a_world: MakeWorld) -> None:
    world = await a_world(halt_after_failures=2)
    world[F1].default = accepted(ends=OrderStatus.REJECTED)
    for _ in range(3):
        world.executes()
        await world.pass_(10)
    assert len(world[F1].posts) == 2


async def confirming(a_world: MakeWorld, **settings: object) -> World:
    world = await a_world(require_confirmation=True, **settings)
    world.executes()
    await world.pass_(4)
    assert total_posts(list(world.accounts.values())) == 0
    assert world.states(F1) == ["asked"]
    return world


async def test_nothing_leaves_before_the_yes(a_world: MakeWorld) -> None:
    world = await confirming(a_world)
    ((id_, _deadline),) = world.engine.snapshot().approvals
    assert await world.handle(Approve(id_)) == "approved for 2 followers"
    await world.pass_(1)
    assert len(world[F1].posts) == len(world[F2].posts) == 1
    assert "not waiting" in await world.handle(Approve(id_))
    assert "not waiting" in await world.handle(Decline(id_))
    assert world.verdicts == ["copied"]


async def test_an_approval_can_change_quantities_and_leave_followers_out(a_world: MakeWorld) -> None:
    world = await confirming(a_world)
    assert "not whole lots" in await world.handle(Approve(1, {F1: 75}))
    assert "not whole lots" in await world.handle(Approve(1, {F1: -50}))
    assert world.states(F1) == ["asked"]
    await world.handle(Approve(1, {F1: 100, F2: 0}))
    await world.pass_(1)
    assert world[F1].sent == [("NIFTY28NOV2624000CE", 100)]
    assert world[F2].posts == []
    assert world.states(F2) == ["skipped"]


async def test_an_approval_cannot_pass_a_followers_caps(a_world: MakeWorld) -> None:
    world = await a_world(require_confirmation=True, started=False)
    capped = Sizing(max_quantity=100, max_order_value=Decimal(12_000))
    followers = tuple(replace(follower, sizing=capped) for follower in world.settings.followers)
    world.settings = replace(world.settings, followers=followers)
    await world.start()
    world.executes()
    await world.pass_(4)
    assert "max_quantity" in await world.handle(Approve(1, {F1: 150}))
    await world.handle(Approve(1, {F1: 100}))
    await world.pass_(1)
    assert world[F1].sent == [("NIFTY28NOV2624000CE", 100)]


async def test_a_no_drops_the_copies(a_world: MakeWorld) -> None:
    world = await confirming(a_world)
    assert await world.handle(Decline(1)) == "declined"
    await world.pass_(100)
    assert total_posts(list(world.accounts.values())) == 0
    assert world.states(F1) == ["skipped"]
    assert world.verdicts == ["skipped"]


async def test_without_an_answer_it_expires(a_world: MakeWorld) -> None:
    world = await confirming(a_world, confirmation_timeout_seconds=30)
    await world.pass_(28)
    assert world.states(F1) == ["asked"]
    await world.pass_(2)
    assert world.states(F1) == ["expired"]
    assert "not waiting" in await world.handle(Approve(1))
    await world.pass_(10)
    assert world[F1].posts == []


async def test_a_restart_asks_again_what_is_young_and_lets_the_rest_expire(a_world: MakeWorld) -> None:
    world = await confirming(a_world)
    await world.restart(down=10)
    assert world.states(F1) == ["asked"]
    await world.handle(Approve(1))
    await world.pass_(2)
    assert len(world[F1].posts) == 1
    world.executes()
    await world.pass_(4)
    await world.restart(down=61)
    assert world.states(F1) == ["filled", "expired"]
    await world.pass_(10)
    assert len(world[F1].posts) == 1


async def test_an_approval_after_a_turn_to_dry_run_sends_nothing(a_world: MakeWorld) -> None:
    world = await confirming(a_world)
    await world.handle(SetDryRun(True))
    await world.handle(Approve(1))
    await world.pass_(10)
    assert world[F1].posts == []
    assert world.states(F1) == ["simulated"]
    assert world.verdicts == ["simulated"]


async def test_an_approval_while_paused_sends_nothing_before_copying_is_resumed(a_world: MakeWorld) -> None:
    world = await confirming(a_world)
    await world.handle(SetPaused(True))
    await world.handle(Approve(1))
    await world.pass_(10)
    assert world[F1].posts == []
    await world.handle(SetPaused(False))
    await world.pass_(1)
    assert len(world[F1].posts) == 1


async def test_turning_confirmation_off_answers_nothing_by_itself(a_world: MakeWorld) -> None:
    world = await confirming(a_world)
    await world.handle(SetConfirmation(False))
    await world.pass_(1)
    assert world[F1].posts == []
    world.executes()
    await world.pass_(4)
    assert len(world[F1].posts) == 1


async def test_an_approval_half_written_before_a_crash_is_not_asked_again(a_world: MakeWorld) -> None:
    """All copies of an execution and its decision change together, so a restart never asks again for what was sent."""
    world = await confirming(a_world)
    await world.handle(Approve(1))
    await world.pass_(2)
    rows = await world.on_disk("SELECT verdict, settled FROM executions")
    assert rows == [("copied", 1)]
    await world.restart()
    assert world.engine.snapshot().approvals == ()


async def test_what_was_asked_for_a_follower_that_has_left_the_settings_is_closed(a_world: MakeWorld) -> None:
    world = await confirming(a_world)
    await world.restart(followers=world.settings.followers[1:])
    assert world.states(F1) == ["skipped"]
    await world.handle(Approve(1))
    await world.pass_(4)
    assert world.states(F1) == ["skipped"]
    assert len(world[F2].posts) == 1


async def test_what_was_queued_for_a_follower_that_has_left_the_settings_fails(world: World) -> None:
    world[F1].held_until = 1000.0
    world.executes()
    await world.pass_(4)
    await world.restart(followers=world.settings.followers[1:])
    assert world.states(F1) == ["failed"]
    assert any("no longer in the settings" in text for text in world.errors)


async def test_an_execution_older_than_the_settings_say_is_missed(a_world: MakeWorld) -> None:
    world = await a_world(max_order_age_seconds=5)
    world.executes(at=after(-5))
    await world.pass_(4)
    assert world.verdicts == ["missed"]
    assert len(world.events(Level.WARN)) == 1


async def test_states_only_a_final_one_ends_a_copy(world: World) -> None:
    world.executes()
    await world.pass_(10)
    assert {copy.state for copy in world.copies} == {CopyState.FILLED}
