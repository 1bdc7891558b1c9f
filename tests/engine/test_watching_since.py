"""`watching_since`: a master that never answers is distinguished from one that is still logging in."""

from __future__ import annotations

import pytest

from copytui.domain.errors import SessionExpired
from copytui.engine.snapshot import Snapshot
from tests.engine.conftest import MakeWorld
from tests.engine.harness import World


def snapshot(world: World) -> Snapshot:
    """Return what the screen has at this moment."""
    assert world.engine.latest is not None
    return world.engine.latest


async def test_polls_are_due_from_the_log_in_on_and_not_before(a_world: MakeWorld) -> None:
    world = await a_world(started=False, publish=True)
    world.master.log_in_takes, world.master.book_takes = 12.0, 10_000.0
    began = world.clock.monotonic()
    await world.start()
    await world.pass_(11)
    assert snapshot(world).watching_since is None
    await world.pass_(20)
    assert snapshot(world).looked_at is None
    assert snapshot(world).watching_since == pytest.approx(began + 12, abs=0.5)


async def test_a_session_that_is_refused_at_once_does_not_begin_the_watch_again(a_world: MakeWorld) -> None:
    world = await a_world(started=False, publish=True)
    world.master.book_error = SessionExpired("AG8001: invalid token")
    await world.start()
    await world.pass_(5)
    since = snapshot(world).watching_since
    await world.pass_(60)
    assert len(world.master.log_ins) > 1
    assert since is not None
    assert snapshot(world).watching_since == since
