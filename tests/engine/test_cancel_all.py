"""Cancel all: working orders are cancelled and queued ones dropped."""

from __future__ import annotations

import asyncio

import pytest

from copytui.domain.copies import CopyState
from copytui.domain.orders import OrderStatus, Side
from copytui.engine.commands import CancelAll, Command, SetHalted, SetPaused
from tests.engine.harness import F1, F2, World
from tests.engine.scripted import accepted, lost_answer

S = CopyState
RESTS = accepted(ends=OrderStatus.WORKING)


async def resting(world: World) -> None:
    """Let both followers have an order that works, and the first one that is queued behind its limiter."""
    world[F1].outcomes.append(RESTS)
    world[F2].outcomes.append(RESTS)
    world.executes(1)
    await world.pass_(5)
    world[F1].held_until = 1000.0
    world.executes(2, symbol="AAA-EQ")
    await world.pass_(4)
    assert world.states(F1) == [S.OPEN, S.QUEUED]


async def test_working_orders_are_cancelled_and_queued_ones_dropped(world: World) -> None:
    await resting(world)
    said = await world.handle(CancelAll())
    assert said == "2 working orders are being cancelled, 1 queued order was dropped"
    await world.pass_(10)
    assert world.states(F1) == [S.CANCELLED, S.SKIPPED]
    assert world.states(F2) == [S.CANCELLED, S.FILLED]
    assert [copy.cancel_reason for copy in world.copies_of(F2)] == ["cancelled by the user", None]
    assert world.copies_of(F1)[1].error == "cancelled by the user"
    world[F1].held_until = 0.0
    await world.pass_(60)
    assert len(world[F1].posts) == 1


@pytest.mark.parametrize("command", [SetPaused(True), SetHalted(True)], ids=str)
async def test_it_works_while_paused_and_halted(world: World, command: Command) -> None:
    await resting(world)
    await world.handle(command)
    await world.handle(CancelAll())
    await world.pass_(10)
    assert world.states(F1) == [S.CANCELLED, S.SKIPPED]


async def test_exits_are_cancelled_like_entries(world: World) -> None:
    world.executes(1)
    await world.pass_(4)
    world[F1].outcomes.append(RESTS)
    world.executes(2, side=Side.SELL)
    await world.pass_(4)
    await world.handle(CancelAll())
    await world.pass_(10)
    assert world.states(F1) == [S.FILLED, S.CANCELLED]


async def test_an_order_whose_answer_is_not_known_is_cancelled_once_it_is_found(world: World) -> None:
    world[F1].outcomes.append(lost_answer(ends=OrderStatus.WORKING, lands_after=5.0))
    world.executes(1)
    await world.pass_(4)
    assert world.states(F1) == [S.UNKNOWN]
    said = await world.handle(CancelAll())
    assert said == "1 without an answer yet will be cancelled if it works"
    await world.pass_(20)
    assert world.states(F1) == [S.CANCELLED]


async def test_an_unknown_order_that_was_to_be_cancelled_is_so_after_a_restart_too(world: World) -> None:
    world[F1].outcomes.append(lost_answer(ends=OrderStatus.WORKING, lands_after=12.0))
    world.executes(1)
    await world.pass_(4)
    await world.handle(CancelAll())
    await world.restart(down=5)
    await world.pass_(40)
    assert world.states(F1) == [S.CANCELLED]


async def test_an_order_on_its_way_is_cancelled_when_its_answer_comes(world: World) -> None:
    world[F1].outcomes.append(accepted(ends=OrderStatus.WORKING, answers_after=3.0))
    world.executes(1)
    await world.pass_(3.5)
    assert world.states(F1) == [S.SENDING]
    await world.handle(CancelAll())
    await world.pass_(15)
    assert world.states(F1) == [S.CANCELLED]


async def test_an_order_whose_intent_is_being_written_does_not_leave(world: World) -> None:
    assert world.journal is not None
    world.journal.hold = asyncio.Event()
    world.executes(1)
    await world.pass_(4)
    assert world.engine.state.followers[F1].posting is not None
    await world.handle(CancelAll())
    world.journal.hold.set()
    await world.pass_(60)
    assert world[F1].posts == world[F2].posts == []
    assert world.states(F1) == [S.SKIPPED]


async def test_with_nothing_in_the_market_the_answer_says_so(world: World) -> None:
    assert await world.handle(CancelAll()) == "no working or queued orders"
