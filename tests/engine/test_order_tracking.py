"""What paces a child order: in which sequence cancels leave, and a limit change that meets another end of its order."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any

import pytest

from copytui.broker.port import Quote, WriteOutcome
from copytui.domain.copies import CopyState
from copytui.domain.events import Level
from copytui.domain.orders import Exchange, OrderStatus, Side
from copytui.domain.pricing import OrderRules, UnfilledAction
from copytui.engine.commands import Flatten, MarkNotPlaced
from tests.engine.conftest import MakeWorld
from tests.engine.harness import F1, F2, World
from tests.engine.scripted import Change, accepted

WORKS = accepted(ends=OrderStatus.WORKING)
SHARE: dict[str, Any] = {
    "symbol": "SBIN-EQ",
    "exchange": Exchange.NSE,
    "token": "3045",
    "lot_size": 1,
    "instrument_type": "",
}


def repricing(after: float) -> OrderRules:
    return OrderRules(unfilled_after_seconds=after, unfilled_action=UnfilledAction.REPRICE, reprice_steps=2)


def quote(world: World, price: int) -> None:
    world.master.quotes["43210"] = Quote(Decimal(price), None, None)


async def test_cancels_of_an_account_leave_in_the_sequence_in_which_they_were_asked_for(a_world: MakeWorld) -> None:
    world = await a_world()
    world[F1].default = WORKS
    world.executes(**SHARE)
    await world.pass_(4)
    world.executes()
    await world.pass_(6)
    assert world.states(F1) == ["open", "open"]
    await world.handle(Flatten(F1, None))
    await world.pass_(1)
    assert [order_id for _at, order_id in world[F1].cancels] == ["F1-2", "F1-1"], "by position: NFO before NSE"


async def test_a_sold_option_is_copied_to_an_account_in_debit(a_world: MakeWorld) -> None:
    world = await a_world(started=False)
    world[F1].funds_now = Decimal(-500)
    await world.start()
    await world.pass_(5)
    world.executes(side=Side.SELL)
    await world.pass_(5)
    assert len(world[F1].posts) == len(world[F2].posts) == 1


@pytest.mark.parametrize("outcome", [WriteOutcome.REFUSED, WriteOutcome.NOT_SENT])
async def test_an_order_may_be_marked_as_not_placed_while_its_limit_is_being_changed(
    a_world: MakeWorld, outcome: WriteOutcome
) -> None:
    world = await a_world(orders=repricing(130.0))
    quote(world, 104)
    world[F1].default = world[F2].default = WORKS
    world[F1].book_seen = lambda _rows: ()
    world[F1].changes.append(Change(outcome, done=False, text="AB1010: no such order", answers_after=5.0))
    world[F2].changes.append(Change(WriteOutcome.ACCEPTED, done=True, answers_after=6.0))
    world.executes()
    for _ in range(80):
        await world.pass_(2)
        if world[F1].reprices:
            break
    assert world[F1].reprices
    assert world[F2].reprices
    (copy,) = world.copies_of(F1)
    await world.handle(MarkNotPlaced(copy.id))
    await world.pass_(30)
    assert world.states(F1) == [CopyState.FAILED]
    assert not [text for text in world.errors if "internal error" in text]


async def test_a_limit_change_that_is_undone_after_the_end_is_reported(a_world: MakeWorld) -> None:
    world = await a_world(orders=repricing(10.0))
    quote(world, 104)
    world[F1].default = WORKS
    world.executes()
    await world.pass_(6)
    assert world.journal is not None
    world.journal.hold = asyncio.Event()
    await world.pass_(8)
    (copy,) = world.copies_of(F1)
    assert copy.reprices == 1
    world[F1].change(copy.tag, filled=50, average_price=Decimal(102), order_status=OrderStatus.COMPLETE)
    await world.pass_(5)
    assert world.states(F1) == ["filled"]
    world.journal.hold.set()
    await world.pass_(3)
    assert world[F1].reprices == []
    (copy,) = world.copies_of(F1)
    assert (copy.reprices, copy.order.price) == (0, Decimal(102))
    assert any("its limit was not moved" in text for text in world.events(Level.INFO))


async def test_that_no_further_limit_helps_is_reported_once_per_step(a_world: MakeWorld) -> None:
    world = await a_world(orders=repricing(10.0))
    quote(world, 99)
    world[F1].default = WORKS
    world.executes()
    await world.pass_(20)
    for _ in range(4):
        world[F1].changes.append(Change(WriteOutcome.NOT_SENT, done=False, text="refused connection"))
        quote(world, 104)
        steps = len(world[F1].reprices)
        for _ in range(30):
            await world.pass_(0.5)
            if len(world[F1].reprices) > steps:
                break
        quote(world, 99)
        await world.pass_(12)
    reported = [event.text for event in world.seen.events if "no further limit would help" in event.text]
    assert len(reported) == 1
