from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.engine.harness import World

MakeWorld = Callable[..., Awaitable[World]]


@pytest.fixture(autouse=True)
def _no_jitter(monkeypatch: pytest.MonkeyPatch) -> None:
    """Remove the jitter from pauses, because the tests measure them."""
    monkeypatch.setattr("copytui.engine.backoff.jittered", lambda seconds: seconds)


@pytest_asyncio.fixture
async def a_world(tmp_path: Path) -> AsyncIterator[MakeWorld]:
    """Make worlds that are stopped and checked for broken invariants after the test."""
    made: list[World] = []

    async def make(*, started: bool = True, **settings: Any) -> World:
        world = World(tmp_path / str(len(made)), **settings)
        made.append(world)
        if started:
            await world.start()
        return world

    yield make
    for world in made:
        await world.end()
        for account in world.accounts.values():
            assert account.unrecorded == [], "invariant 10: an order left before its record was on disk"
            assert all(orders == 1 for orders in account.orders_by_tag.values()), "invariant 1: two orders with one tag"


@pytest_asyncio.fixture
async def world(a_world: MakeWorld) -> World:
    """A live engine with two followers, all logged in, after the first poll of an empty order book."""
    return await a_world()
