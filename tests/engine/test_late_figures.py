"""A price or a fill that the master's order book does not have yet is waited for, in the master's sequence."""

from __future__ import annotations

import random
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from copytui.broker.port import Quote
from copytui.domain.errors import BrokerUnreachable
from copytui.domain.events import Level
from copytui.domain.executions import CopyOn
from copytui.domain.orders import BookOrder, OrderId, OrderKey, OrderStatus, OrderType, Side
from copytui.domain.reasons import Reason
from copytui.engine.commands import CopyMissed
from tests.builders import a_working_order, after, an_order
from tests.engine.conftest import MakeWorld
from tests.engine.harness import F1, World
from tests.engine.trades import sent

ZERO = Decimal(0)
MARKET: dict[str, Any] = {"order_type": OrderType.MARKET, "price": ZERO}
PRICELESS: dict[str, Any] = MARKET | {"average_price": ZERO}
SOLD: dict[str, Any] = {"side": Side.SELL}
UNREPORTED: dict[str, Any] = MARKET | {"average_price": ZERO, "filled": 0}


def quoted(world: World, price: str = "104") -> None:
    world.master.quotes["43210"] = Quote(Decimal(price), None, None)


def sentences(world: World) -> list[str]:
    return [decided.decision.sentence for decided in world.engine.state.executions.values()]


@pytest.mark.parametrize("lacking", [PRICELESS, UNREPORTED])
async def test_an_order_whose_figures_come_with_the_next_poll_is_copied_then(
    world: World, lacking: dict[str, Any]
) -> None:
    row = world.executes(1, **lacking)
    await world.pass_(4)
    assert (world.verdicts, list(world.engine.state.known)) == ([], [row.key])
    assert any("waits for its" in text for text in world.events(Level.INFO))
    world.executes(1, at=row.updated_at, **MARKET)
    await world.pass_(4)
    assert (world.verdicts, sent(world, F1)) == (["copied"], [("BUY", 50)])
    assert "quote" not in sentences(world)[0]
    await world.pass_(30)
    assert sent(world, F1) == [("BUY", 50)]


async def test_without_a_price_after_three_more_polls_the_quote_is_taken_and_the_decision_says_so(
    world: World,
) -> None:
    quoted(world)
    world.executes(1, **PRICELESS)
    await world.pass_(11.9)
    assert world.verdicts == []
    await world.pass_(0.2)
    assert (world.verdicts, sent(world, F1)) == (["copied"], [("BUY", 50)])
    assert "priced by the quote 104.00, as the broker gave no average price" in sentences(world)[0]
    assert world[F1].posts[0][1].order.price > 104
    world.executes(1, **MARKET)
    await world.pass_(30)
    assert sent(world, F1) == [("BUY", 50)]


async def test_ten_seconds_are_the_most_whether_the_master_can_be_polled_or_not(world: World) -> None:
    quoted(world)
    world.executes(1, **PRICELESS)
    await world.pass_(4)  # first seen after 3 s
    world.master.book_error = BrokerUnreachable("time-out")
    await world.pass_(8.9)
    assert world.verdicts == []
    await world.pass_(0.2)
    assert world.verdicts == ["copied"]


async def test_without_a_quote_either_it_is_missed_and_can_be_copied_once_there_is_one(world: World) -> None:
    world.executes(1, **PRICELESS)
    await world.pass_(16)
    (decided,) = world.engine.state.executions.values()
    assert (str(decided.decision.verdict), decided.decision.reason) == ("missed", Reason.NO_PRICE)
    quoted(world)
    await world.pass_(30)
    await world.handle(CopyMissed(decided.id))
    await world.pass_(4)
    assert sent(world, F1) == [("BUY", 50)]


async def test_a_complete_order_without_a_fill_is_taken_at_its_word_and_a_late_fill_is_copied_still(
    world: World,
) -> None:
    world.executes(1, **UNREPORTED)
    await world.pass_(16)
    (decided,) = world.engine.state.executions.values()
    assert (decided.execution.quantity, decided.decision.reason) == (0, Reason.NOTHING_EXECUTED)
    await world.restart()
    await world.pass_(30)
    assert world.verdicts == ["skipped"], "said once"
    world.executes(1, **MARKET)
    await world.pass_(4)
    assert (world.verdicts, sent(world, F1)) == (["skipped", "copied"], [("BUY", 50)])


async def test_an_exit_waits_for_its_entrys_price_and_other_symbols_do_not(world: World) -> None:
    quoted(world)
    world.executes(1, **PRICELESS)
    await world.pass_(4)
    world.executes(2, **SOLD)
    world.executes(3, symbol="SBIN-EQ")
    await world.pass_(3)
    assert [intent.order.symbol for _at, intent in world[F1].posts] == ["SBIN-EQ"]
    assert OrderKey("U2") in world.engine.state.known
    await world.pass_(20)
    assert [quantity for quantity in sent(world, F1) if quantity[0] == "SELL"] == [("SELL", 50)]
    assert [(intent.order.side, intent.order.symbol[:5]) for _at, intent in world[F1].posts] == [
        ("BUY", "SBIN-"), ("BUY", "NIFTY"), ("SELL", "NIFTY"),
    ]  # fmt: skip


async def test_a_price_that_comes_with_a_later_time_keeps_the_order_in_its_place(world: World) -> None:
    world.executes(1, at=after(1), **PRICELESS)
    world.executes(2, at=after(2), **SOLD)
    await world.pass_(4)
    world.executes(1, at=after(5), **MARKET)
    await world.pass_(6)
    assert sent(world, F1) == [("BUY", 50), ("SELL", 50)]


async def test_the_wait_never_makes_an_exit_too_old(a_world: MakeWorld) -> None:
    world = await a_world(max_order_age_seconds=5)
    quoted(world)
    world.executes(1)
    await world.pass_(4)
    world.executes(2, **SOLD, **PRICELESS)
    await world.pass_(20)
    assert sent(world, F1) == [("BUY", 50), ("SELL", 50)]


@pytest.mark.parametrize("priced", [True, False])
async def test_a_restart_forgets_neither_the_wait_nor_what_waits_behind_it_and_copies_each_once(
    world: World, priced: bool
) -> None:
    quoted(world)
    row = world.executes(1, **PRICELESS)
    await world.pass_(4)
    world.executes(2, **SOLD)
    await world.pass_(3)
    await world.restart(down=5)
    assert world.verdicts == []
    if priced:
        world.executes(1, at=row.updated_at, **MARKET)
    await world.pass_(16)
    assert sent(world, F1) == [("BUY", 50), ("SELL", 50)]
    await world.restart()
    await world.pass_(16)
    assert sent(world, F1) == [("BUY", 50), ("SELL", 50)]


async def test_what_waited_when_its_day_ended_is_missed(world: World) -> None:
    world.executes(1, **PRICELESS)
    await world.pass_(4)
    world.clock.jump(21 * 3600.0)
    world.master.rows = []
    await world.pass_(60)
    assert world.verdicts == ["missed"]
    assert sentences(world) == ["it was not decided when 20 Nov ended"]


async def test_with_copy_on_fill_a_fill_without_a_price_waits_too(a_world: MakeWorld) -> None:
    world = await a_world(copy_on=CopyOn.FILL)
    row = world.works(1, quantity=100, filled=50, **PRICELESS)
    await world.pass_(4)
    assert world.verdicts == []
    world.works(1, at=row.updated_at, quantity=100, filled=50, **(MARKET | {"average_price": Decimal(101)}))
    await world.pass_(3)
    world.executes(1, quantity=100, filled=100, **PRICELESS)
    await world.pass_(3)
    assert sent(world, F1) == [("BUY", 50)]
    world.executes(1, quantity=100, filled=100, **MARKET)
    await world.pass_(4)
    assert sent(world, F1) == [("BUY", 50), ("BUY", 50)]


def lives() -> list[list[BookOrder]]:
    """Return the rows of an entry, its exit and an order of another symbol, as they come to be."""

    def life(number: int, **more: Any) -> list[BookOrder]:
        fields = MARKET | {
            "key": OrderKey(f"U{number}"),
            "order_id": OrderId(f"00{number}"),
            "updated_at": after(number),
        }
        fields |= more
        ended = an_order(**fields)
        return [
            replace(a_working_order(**fields), updated_at=after(0)),
            replace(ended, filled=0, average_price=ZERO),
            replace(ended, average_price=ZERO),
            ended,
        ]

    return [life(1), life(2, side=Side.SELL), life(3, symbol="SBIN-EQ", token="3045")]


@pytest.mark.parametrize("seed", range(8))
async def test_rows_in_any_order_and_repeated_with_late_prices_end_in_the_same_journal(
    a_world: MakeWorld, seed: int
) -> None:
    """Invariant 11, given one clean poll at the end."""
    chance = random.Random(seed)
    journals = []
    for mixed in (False, True):
        world = await a_world(followers=(F1,))
        stories = lives()
        if mixed:
            for _ in range(3):
                # A book has every order; late rows of an earlier state stand beside the newest.
                seen = [row for story in stories for row in (chance.choice(story[1:]), *chance.choices(story, k=2))]
                chance.shuffle(seen)
                world.master.rows = seen
                await world.pass_(3)
        world.master.rows = [story[-1] for story in stories]
        await world.pass_(8)
        orders = await world.on_disk("SELECT key, origin, counted, row FROM master_orders ORDER BY key")
        executed = await world.on_disk("SELECT key, number, quantity, row, verdict FROM executions ORDER BY key")
        tags = await world.on_disk("SELECT tag, state FROM copies ORDER BY tag")
        journals.append((orders, executed, tags))
        assert [side for side, _quantity in sent(world, F1)].index("SELL") > 0
    assert journals[0] == journals[1]
    assert OrderStatus.COMPLETE.value in journals[0][0][0][3]
