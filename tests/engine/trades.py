"""Steps and questions that tests of positions share: the master trades, followers hold and send."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from copytui.domain.orders import Side
from copytui.domain.positions import position_key
from copytui.engine.commands import SetPaused
from tests.builders import an_order
from tests.engine.harness import World


def sized(world: World, **more: object) -> None:
    """Give every follower another sizing, from the next start on."""
    followers = tuple(replace(f, sizing=replace(f.sizing, **more)) for f in world.settings.followers)  # type: ignore[arg-type]
    world.settings = replace(world.settings, followers=followers)


def held(world: World, client: str, **more: object) -> int:
    return world.engine.state.positions.held((client, position_key(an_order(**more)))).quantity  # type: ignore[arg-type]


def sent(world: World, client: str) -> list[tuple[str, int]]:
    return [(str(intent.order.side), intent.order.quantity) for _at, intent in world[client].posts]  # type: ignore[index]


async def trade(world: World, side: Side, quantity: int, **more: Any) -> None:
    world.executes(side=side, quantity=quantity, filled=quantity, **more)
    await world.pass_(6)


async def missed(world: World, *trades: tuple[Side, int]) -> None:
    """Let the master trade while copying is paused."""
    await world.handle(SetPaused(True))
    for side, units in trades:
        await trade(world, side, units)
    await world.handle(SetPaused(False))
