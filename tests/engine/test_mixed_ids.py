"""Ids that cannot be trusted: different orders with one id, in the master's order book and in a follower's."""

from __future__ import annotations

from dataclasses import replace

import pytest

from copytui.domain.copies import CopyState
from copytui.domain.events import Level
from copytui.domain.orders import BookOrder, OrderId, OrderKey, Side
from tests.builders import an_order
from tests.engine.conftest import MakeWorld
from tests.engine.harness import F1, World
from tests.engine.scripted import accepted, not_taken
from tests.engine.trades import sent

ONE_ID = OrderKey("U1")


def two_orders(world: World) -> list[BookOrder]:
    now = world.clock.now()
    return [
        an_order(key=ONE_ID, order_id=OrderId("000001"), quantity=100, filled=100, updated_at=now),
        an_order(key=ONE_ID, order_id=OrderId("000002"), symbol="SBIN-EQ", token="3045", updated_at=now),
    ]


@pytest.mark.parametrize("reversed_", [False, True])
async def test_two_orders_with_one_unique_id_are_both_copied_once_and_said_once(
    a_world: MakeWorld, reversed_: bool
) -> None:
    tags = []
    for flipped in (False, reversed_):
        world = await a_world(followers=(F1,))
        rows = two_orders(world)
        world.master.rows = rows[::-1] if flipped else rows
        await world.pass_(7)
        world.master.rows.reverse()
        await world.pass_(7)
        assert sorted(world[F1].sent) == [("NIFTY28NOV2624000CE", 100), ("SBIN-EQ", 50)]
        (said,) = [text for text in world.events(Level.WARN) if "carry one id" in text]
        assert "order 000001" in said
        assert "order 000002" in said
        await world.restart()
        await world.pass_(7)
        assert len(world[F1].posts) == 2
        assert not [text for text in world.events(Level.WARN) if "carry one id" in text]
        tags.append({intent.order.tag for _at, intent in world[F1].posts})
    assert tags[0] == tags[1]


async def test_rows_of_one_order_id_with_two_symbols_are_two_orders(world: World) -> None:
    rows = two_orders(world)
    world.master.rows = [rows[0], replace(rows[1], key=OrderKey("U2"), order_id=rows[0].order_id)]
    await world.pass_(7)
    assert sorted(world[F1].sent) == [("NIFTY28NOV2624000CE", 100), ("SBIN-EQ", 50)]


async def test_an_order_whose_unique_id_comes_late_and_whose_order_id_changes_is_copied_once(world: World) -> None:
    open_ = world.works(1, key=OrderKey("000001"))
    await world.pass_(4)
    world.master.rows = [replace(open_, key=OrderKey("U1"))]
    await world.pass_(4)
    world.master.rows = [an_order(key=OrderKey("U1"), order_id=OrderId("000009"), updated_at=world.clock.now())]
    await world.pass_(4)
    assert (sent(world, F1), len(world.engine.state.known)) == ([("BUY", 50)], 1)


async def test_a_row_with_a_copys_tag_but_another_symbol_is_not_that_copy(a_world: MakeWorld) -> None:
    world = await a_world(followers=(F1,))
    world[F1].default = not_taken()
    world.executes()
    await world.pass_(5)
    (copy,) = world.copies_of(F1)
    stray = an_order(order_id=OrderId("77"), symbol="SBIN-EQ", tag=str(copy.tag))
    world[F1].rows = [stray, replace(stray, order_id=OrderId("78"), symbol=copy.order.symbol, side=Side.SELL)]
    await world.pass_(10)
    assert world.states(F1) == [CopyState.UNKNOWN]
    assert sum("not taken for it" in text for text in world.errors) == 2
    world[F1].rows.append(an_order(order_id=OrderId("79"), tag=str(copy.tag)))
    await world.pass_(15)
    assert (world.states(F1), world.copies_of(F1)[0].order_id) == ([CopyState.FILLED], "79")


async def test_a_row_with_a_copys_order_id_but_another_side_is_not_that_copy(a_world: MakeWorld) -> None:
    world = await a_world(followers=(F1,))
    world[F1].default = accepted(lands_after=None)
    world.executes()
    await world.pass_(5)
    (copy,) = world.copies_of(F1)
    world[F1].rows = [an_order(order_id=copy.order_id, side=Side.SELL, filled=50)]
    await world.pass_(10)
    assert world.states(F1) == [CopyState.ACCEPTED]
    assert sum("not taken for it" in text for text in world.errors) == 1
