from __future__ import annotations

from tests.engine.world import F1, F2, World


async def test_an_order_that_completes_after_the_first_look_is_copied_to_all(world: World) -> None:
    world.executes()
    await world.pass_(4)
    assert world[F1].sent == [("NIFTY28NOV2624000CE", 50)]
    assert world[F2].sent == [("NIFTY28NOV2624000CE", 50)]
    assert world.states(F1) == world.states(F2) == ["filled"]
