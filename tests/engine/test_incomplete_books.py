"""A follower's order book that lacks our own orders is no proof of a smaller position."""

from __future__ import annotations

from dataclasses import replace

import pytest

from copytui.domain.events import Level
from copytui.domain.orders import OrderId, OrderKey, OrderStatus, Side
from tests.builders import an_order
from tests.engine.conftest import MakeWorld
from tests.engine.harness import F1, World
from tests.engine.trades import held, sent, trade


async def two_entries(a_world: MakeWorld) -> World:
    world = await a_world(followers=(F1,))
    await trade(world, Side.BUY, 50)
    await trade(world, Side.BUY, 50)
    assert held(world, F1) == 100
    return world


def incomplete(world: World) -> list[str]:
    return [text for text in world.events(Level.WARN) if "its order book lacks" in text]


@pytest.mark.parametrize("missing", [1, 2])
async def test_an_exit_closes_all_though_the_last_order_book_lacks_rows_of_ours(
    a_world: MakeWorld, missing: int
) -> None:
    world = await two_entries(a_world)
    world[F1].book_seen = lambda rows: rows[missing:]
    world.engine.state.followers[F1].read_soon(world.clock.monotonic())
    await world.pass_(3)
    before = world.clock.monotonic()
    await trade(world, Side.SELL, 100)
    assert sent(world, F1)[2:] == [("SELL", 100)]
    assert len(incomplete(world)) == missing
    assert (world.engine.state.followers[F1].read_after or 0.0) > before, "the order book is read again"
    world[F1].book_seen = lambda rows: rows
    await world.pass_(10)
    assert held(world, F1) == 0


async def test_a_row_that_shows_fewer_fills_than_it_did_is_as_good_as_missing(a_world: MakeWorld) -> None:
    world = await two_entries(a_world)

    def stale(rows: tuple) -> tuple:  # type: ignore[type-arg]
        return (replace(rows[0], filled=25, order_status=OrderStatus.WORKING), *rows[1:])

    world[F1].book_seen = stale
    world.engine.state.followers[F1].read_soon(world.clock.monotonic())
    await world.pass_(3)
    await trade(world, Side.SELL, 100)
    assert sent(world, F1)[2:] == [("SELL", 100)]


@pytest.mark.parametrize("missing", [0, 1])
async def test_what_the_user_closed_manually_is_never_closed_again(a_world: MakeWorld, missing: int) -> None:
    world = await two_entries(a_world)
    world[F1].rows.append(an_order(key=OrderKey("own"), order_id=OrderId("own"), side=Side.SELL))
    world[F1].book_seen = lambda rows: rows[missing:]
    world.engine.state.followers[F1].read_soon(world.clock.monotonic())
    await world.pass_(3)
    await trade(world, Side.SELL, 100)
    assert sent(world, F1)[2:] == [("SELL", 50)]
    assert len(incomplete(world)) == missing
