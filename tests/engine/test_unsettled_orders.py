"""Orders that never settle or were marked as not placed: what waits for them continues, and their fills count."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from decimal import Decimal

from copytui.broker.port import RowProblem
from copytui.domain.attention import Act, AttentionItem, AttentionKind
from copytui.domain.copies import ChildOrder, CopyState
from copytui.domain.errors import BrokerUnreachable
from copytui.domain.orders import ClientId, OrderId, OrderKey, OrderStatus, Product, Side
from copytui.engine.commands import Command, Flatten, MarkNotPlaced
from copytui.reports.attention_cli import read_attention
from tests.builders import an_order
from tests.engine.conftest import MakeWorld
from tests.engine.harness import F1, F2, World
from tests.engine.scripted import accepted, not_taken
from tests.engine.trades import held, sent, trade

S = CopyState
NAMES = {F1: "Follower 1", F2: "Follower 2"}


async def needs(world: World, kind: AttentionKind) -> list[AttentionItem]:
    await world.on_disk("SELECT 1")
    return [need for need in read_attention(world.path, NAMES, world.clock.now()) if need.kind is kind]


def orphaned(world: World) -> list[tuple[ClientId, int]]:
    return [(found.follower, found.quantity) for found in world.engine.snapshot().orphaned]


async def obey_in_time(world: World, command: Command) -> str:
    """Give a command that waits for a quote first."""
    said = asyncio.create_task(world.engine.handle(command))
    await world.pass_(4)
    return await said


def is_made_smaller(world: World, copy: ChildOrder) -> None:
    """Somebody made the working order half as big at the broker, and that half has filled."""
    world[F1].change(
        copy.tag,
        quantity=50,
        filled=50,
        average_price=Decimal(101),
        order_status=OrderStatus.COMPLETE,
        status="complete",
    )


async def test_an_entry_made_smaller_at_the_broker_holds_no_exit_back(world: World) -> None:
    world[F1].outcomes.append(accepted(ends=OrderStatus.WORKING, filled=0))
    await trade(world, Side.BUY, 100)
    is_made_smaller(world, world.copies_of(F1)[0])
    await world.pass_(10)
    assert (held(world, F1), world.copies_of(F1)[0].order.quantity) == (50, 50)
    await trade(world, Side.SELL, 100)
    assert sent(world, F1) == [("BUY", 100), ("SELL", 50)]
    assert held(world, F1) == 0


async def test_an_entry_made_smaller_at_the_broker_holds_no_flatten_back(world: World) -> None:
    world[F1].outcomes.append(accepted(ends=OrderStatus.WORKING, filled=0))
    await trade(world, Side.BUY, 100)
    is_made_smaller(world, world.copies_of(F1)[0])
    await world.pass_(10)
    await obey_in_time(world, Flatten(F1))
    await world.pass_(10)
    assert sent(world, F1) == [("BUY", 100), ("SELL", 50)]
    assert held(world, F1) == 0


async def test_what_an_exit_made_smaller_leaves_behind_is_listed_on_the_screen_and_by_needs(world: World) -> None:
    await trade(world, Side.BUY, 100)
    world[F1].outcomes.append(accepted(ends=OrderStatus.WORKING, filled=0))
    await trade(world, Side.SELL, 100)
    is_made_smaller(world, world.copies_of(F1)[1])
    await world.pass_(60)
    assert held(world, F1) == 50
    assert orphaned(world) == [(F1, 50)]
    assert [need.client for need in await needs(world, AttentionKind.ORPHANED)] == [F1]


async def test_while_the_fill_of_an_exit_is_not_told_whole_neither_list_has_its_position(world: World) -> None:
    await trade(world, Side.BUY, 100)
    world[F1].outcomes.append(
        accepted(ends=OrderStatus.COMPLETE, filled=50)
    )  # of 100: the rest of the fill is told later
    await trade(world, Side.SELL, 100)
    await world.pass_(20)
    assert held(world, F1) == 50
    assert orphaned(world) == []
    assert await needs(world, AttentionKind.ORPHANED) == []


async def test_needs_lists_what_is_orphaned_also_where_yesterdays_exit_never_ended(a_world: MakeWorld) -> None:
    world = await a_world()
    await trade(world, Side.BUY, 50, product=Product.CARRYFORWARD)
    for account in world.accounts.values():
        account.default = accepted(ends=OrderStatus.WORKING, filled=0)
    await trade(world, Side.SELL, 50, product=Product.CARRYFORWARD)
    await world.stop()
    for each in (world.master, *world.accounts.values()):
        each.rows = []
    await world.pass_(timedelta(hours=21).total_seconds())
    await world.start()
    await world.pass_(20)
    assert orphaned(world) == [(F1, 50), (F2, 50)]
    assert {need.client for need in await needs(world, AttentionKind.ORPHANED)} == {F1, F2}


async def test_an_accepted_order_that_no_book_shows_is_reported_listed_and_can_be_marked_as_not_placed(
    world: World,
) -> None:
    world[F1].outcomes.append(accepted(lands_after=None))
    await trade(world, Side.BUY, 50)
    entry = world.copies_of(F1)[0]
    world[F1].problems = (RowProblem("x1", "no quantity", tag=str(entry.tag)),)
    await trade(world, Side.SELL, 50)
    assert await world.handle(MarkNotPlaced(entry.id)) == "this copy is not unknown"  # too early to say so
    assert await needs(world, AttentionKind.UNKNOWN) == []
    await world.pass_(150)
    assert sum("has not shown it" in text for text in world.errors) == 1
    (need,) = await needs(world, AttentionKind.UNKNOWN)
    assert (need.number, need.acts) == (entry.id, (Act.NOT_PLACED,))
    assert sent(world, F1) == [("BUY", 50)]
    assert "marked as not placed" in await world.handle(MarkNotPlaced(entry.id))
    await world.pass_(5)
    assert world.states(F1) == [S.FAILED, S.SKIPPED]  # the exit has nothing to close, and waits no more
    assert await needs(world, AttentionKind.UNKNOWN) == []


async def test_while_its_book_cannot_be_read_an_accepted_order_cannot_be_marked_as_not_placed(world: World) -> None:
    world[F1].outcomes.append(accepted(lands_after=None))
    world.executes()
    await world.pass_(1)
    world[F1].book_error = BrokerUnreachable("no way")
    await world.pass_(200)
    entry = world.copies_of(F1)[0]
    assert await world.handle(MarkNotPlaced(entry.id)) == "this copy is not unknown"
    assert world.states(F1) == [S.ACCEPTED]


async def test_an_order_marked_as_not_placed_that_is_in_the_order_book_after_all_counts(world: World) -> None:
    world[F1].outcomes.append(not_taken())
    await trade(world, Side.BUY, 50)
    copy = world.copies_of(F1)[0]
    assert copy.state is S.UNKNOWN
    await world.handle(MarkNotPlaced(copy.id))
    row = an_order(tag=copy.tag, order_id=OrderId("late"), key=OrderKey("late"), quantity=50, filled=50)
    world[F1].rows = [*world[F1].rows, row]
    await world.pass_(40)
    assert (world.states(F1), held(world, F1)) == ([S.FILLED], 50)
    assert any("but exists at the broker" in text for text in world.errors)
    await trade(world, Side.SELL, 50)
    assert sent(world, F1)[-1] == ("SELL", 50)
    assert held(world, F1) == 0


async def test_an_order_marked_as_not_placed_before_a_restart_counts_as_well(world: World) -> None:
    world[F1].outcomes.append(not_taken())
    await trade(world, Side.BUY, 50)
    copy = world.copies_of(F1)[0]
    await world.handle(MarkNotPlaced(copy.id))
    row = an_order(tag=copy.tag, order_id=OrderId("late"), key=OrderKey("late"), quantity=50, filled=50)
    world[F1].rows = [*world[F1].rows, row]
    await world.restart(down=5)
    await world.pass_(40)
    assert (world.states(F1), held(world, F1)) == ([S.FILLED], 50)
