"""Egress IP: a follower whose requests leave from an unregistered address gets no orders."""

from __future__ import annotations

from dataclasses import replace

from copytui.domain.copies import CopyState
from copytui.domain.errors import BrokerTrouble
from copytui.domain.reasons import Reason
from copytui.settings.model import BrokerSettings
from tests.engine.conftest import MakeWorld
from tests.engine.harness import F1, F2, World


async def a_world_that_asks(a_world: MakeWorld, registered: str) -> World:
    world = await a_world(started=False)
    first, second = world.settings.followers
    world.settings = replace(
        world.settings,
        broker=BrokerSettings(address_echo_url="https://echo.example"),
        followers=(replace(first, registered_ip=registered), second),
    )
    return world


async def test_a_wrong_way_out_is_not_armed_until_it_is_right(a_world: MakeWorld) -> None:
    world = await a_world_that_asks(a_world, "198.51.100.1")
    await world.start()
    assert any("192.0.2.7" in text and "198.51.100.1" in text for text in world.errors)
    world.executes()
    await world.pass_(8)
    assert (world[F1].sent, len(world[F2].sent)) == ([], 1)
    skipped = world.engine.state.executions[1].decision.plans[0]
    assert (skipped.quantity, skipped.reason) == (0, Reason.WRONG_ADDRESS), "skipped at once, not held for a minute"
    world[F1].address_now = "198.51.100.1"
    await world.pass_(32)
    world.executes()
    await world.pass_(8)
    assert len(world[F1].sent) == 1
    assert world.engine.state.followers[F1].egress_ip == "198.51.100.1"


async def test_the_right_way_out_is_armed_at_once(a_world: MakeWorld) -> None:
    world = await a_world_that_asks(a_world, "192.0.2.7")
    await world.start()
    world.executes()
    await world.pass_(8)
    assert world.states(F1) == [CopyState.FILLED]


async def test_an_echo_that_does_not_answer_is_reported_and_holds_nothing_back(a_world: MakeWorld) -> None:
    world = await a_world_that_asks(a_world, "192.0.2.7")
    world[F1].address_now = BrokerTrouble("no answer")
    await world.start()
    world.executes()
    await world.pass_(8)
    assert world.states(F1) == [CopyState.FILLED]
    assert sum("egress IP could not" in event.text for event in world.seen.events) == 1


async def test_without_an_echo_nobody_is_asked(a_world: MakeWorld) -> None:
    world = await a_world()
    world.executes()
    await world.pass_(8)
    assert world.engine.state.followers[F1].egress_ip == ""
