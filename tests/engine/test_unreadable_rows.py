"""Orders that cannot be read: each is named once by id, symbol and side, and listed until somebody looks."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest

from copytui.broker.port import RowProblem
from copytui.domain.attention import AttentionItem
from copytui.domain.events import Level
from copytui.domain.unreadable import UnreadableOrder
from copytui.engine.commands import DismissUnreadable
from copytui.reports.attention_cli import read_attention
from tests.builders import an_order
from tests.engine.conftest import MakeWorld
from tests.engine.harness import F1, World

MTF = "producttype 'MTF' is unknown"


def bad(number: int, why: str = MTF, side: str = "BUY", symbol: str = "SBIN-EQ", **more: bool) -> RowProblem:
    return RowProblem(f"00{number}", why, "", symbol, side, **more)


def named(world: World) -> list[str]:
    return [text for text in world.events(Level.WARN) if "cannot be read" in text]


def listed(world: World) -> list[UnreadableOrder]:
    return list(world.engine.snapshot().unreadable)


def items(world: World, now: datetime) -> list[AttentionItem]:
    """Return what `copytui attention` lists of such orders."""
    return [item for item in read_attention(world.path, {}, now) if item.kind == "unreadable"]


async def test_each_order_is_named_once_by_its_id_symbol_and_side(world: World) -> None:
    world.master.problems = (bad(1), bad(2, "quantity is empty", "SELL", "INFY-EQ"))
    await world.pass_(10)
    world.master.problems = (bad(3), bad(2, "quantity is empty", "SELL", "INFY-EQ"), bad(1))
    await world.pass_(10)
    assert named(world) == [
        f"BUY SBIN-EQ order 001 cannot be read and is not copied: {MTF}",
        "SELL INFY-EQ order 002 cannot be read and is not copied: quantity is empty",
        f"BUY SBIN-EQ order 003 cannot be read and is not copied: {MTF}",
    ]
    assert [found.id for found in listed(world)] == ["001", "002", "003"]


async def test_an_order_is_listed_until_it_can_be_read(world: World) -> None:
    world.master.problems = (bad(1),)
    await world.pass_(4)
    assert len(listed(world)) == 1
    world.master.problems = ()
    world.executes(1, order_id="001")
    await world.pass_(4)
    assert listed(world) == []
    assert len(world[F1].posts) == 1


async def test_an_order_that_ends_with_nothing_filled_leaves_the_list(world: World) -> None:
    world.master.problems = (bad(1),)
    await world.pass_(4)
    world.master.problems = (bad(1, is_over=True, is_unfilled=True), bad(2, is_over=True, is_unfilled=True))
    await world.pass_(4)
    assert listed(world) == []
    assert len(named(world)) == 2


async def test_what_had_ended_before_the_days_first_poll_is_named_and_not_listed(a_world: MakeWorld) -> None:
    world = await a_world(started=False)
    world.master.problems = (bad(1, is_over=True), bad(2))
    await world.start()
    await world.restart()
    await world.pass_(4)
    assert [found.id for found in listed(world)] == ["002"]


async def test_one_that_may_close_a_copied_position_stands_with_the_exits(world: World) -> None:
    world.executes(1)
    await world.pass_(4)
    symbol = an_order().symbol
    world.master.problems = (bad(7, symbol=symbol), bad(8, side="SELL", symbol=symbol), bad(9, side="", symbol=symbol))
    await world.pass_(4)
    assert [found.is_exit for found in listed(world)] == [False, True, False]
    await world.on_disk("SELECT 1")
    assert [(item.id, item.label) for item in items(world, world.clock.now())] == [
        ("row:008", "exit unreadable"), ("row:007", "unreadable"), ("row:009", "unreadable"),
    ]  # fmt: skip


async def test_a_dismissed_one_stays_dismissed_over_a_restart_while_the_book_shows_it(world: World) -> None:
    world.master.problems = (bad(1), bad(2))
    await world.pass_(4)
    assert await world.handle(DismissUnreadable("001")) == "BUY SBIN-EQ order 001 dismissed"
    assert (await world.handle(DismissUnreadable("001"))).startswith("no unreadable order")
    await world.restart()
    await world.pass_(4)
    assert [found.id for found in listed(world)] == ["002"]
    await world.on_disk("SELECT 1")
    assert [item.id for item in items(world, world.clock.now())] == ["row:002"]


async def test_on_another_day_what_nobody_dismissed_is_still_listed_and_the_rest_is_forgotten(world: World) -> None:
    world.master.problems = (bad(1), bad(2))
    await world.pass_(4)
    await world.handle(DismissUnreadable("001"))
    world.master.problems = ()
    await world.restart(down=24 * 3600)
    await world.pass_(4)
    await world.restart()
    assert [found.id for found in listed(world)] == ["002"]
    assert list(world.engine.state.unreadable) == ["002"]


@pytest.mark.parametrize("is_ours", [True, False])
async def test_a_followers_order_is_listed_only_where_it_carries_our_tag(world: World, is_ours: bool) -> None:
    world.executes(1)
    await world.pass_(4)
    (copy,) = world.copies_of(F1)
    problem = replace(bad(5), tag=str(copy.tag) if is_ours else "")
    world[F1].problems = (problem,)
    await world.pass_(40)
    assert len(named(world)) == 1
    assert [(found.id, found.account) for found in listed(world)] == ([("005", F1)] if is_ours else [])
