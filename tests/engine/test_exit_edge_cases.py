"""Edge cases of exits: fills, closes and reversals that copytui did not see happen."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from copytui.domain.copies import CopyState
from copytui.domain.orders import OrderId, OrderKey, OrderStatus, Product, Side
from copytui.engine.commands import Approve, CopyMissed, SetPaused
from copytui.settings.model import RiskSettings
from tests.builders import an_order
from tests.engine.conftest import MakeWorld
from tests.engine.harness import F1, World
from tests.engine.scripted import accepted, not_sent
from tests.engine.trades import held, sent, trade

KEPT = Product.CARRYFORWARD
A_NIGHT = timedelta(hours=21).total_seconds()


def left_behind(world: World) -> list[str]:
    return [orphaned.follower for orphaned in world.engine.snapshot().orphaned]


async def stopped_over_night(world: World) -> None:
    """Stop, and let a night pass: nobody's book has anything of the day before."""
    await world.stop()
    await world.pass_(A_NIGHT)
    world.master.rows = []
    for account in world.accounts.values():
        account.rows = []


async def test_what_filled_of_a_working_order_is_copied_before_the_master_closes_it(world: World) -> None:
    world.works(7, quantity=100, filled=50, average_price=Decimal(101))
    await world.pass_(5)
    assert sent(world, F1) == []
    await trade(world, Side.SELL, 50)
    assert sent(world, F1) == [("BUY", 50), ("SELL", 50)], "never short"
    world.executes(7, quantity=100, filled=100)
    await world.pass_(5)
    assert sent(world, F1)[2:] == [("BUY", 50)], "the rest, once"


async def test_what_filled_of_an_order_that_ends_in_the_same_poll_goes_first(a_world: MakeWorld) -> None:
    world = await a_world()
    world.works(7, quantity=100)
    await world.pass_(5)
    world.executes(8, side=Side.SELL, quantity=50, filled=50)
    later = world.clock.now() + timedelta(seconds=1)
    world.executes(7, quantity=100, filled=50, order_status=OrderStatus.CANCELLED, status="cancelled", at=later)
    await world.pass_(10)
    assert sent(world, F1) == [("BUY", 50), ("SELL", 50)]


async def test_a_part_that_was_seen_before_goes_with_its_order_and_is_not_counted_twice(world: World) -> None:
    world.works(7, quantity=100, filled=50, average_price=Decimal(101))
    await world.pass_(5)
    world.executes(8, side=Side.SELL, quantity=50, filled=50)
    world.executes(7, quantity=100, filled=100, at=world.clock.now() + timedelta(seconds=1))
    await world.pass_(10)
    assert sent(world, F1) == [("BUY", 100), ("SELL", 50)]


async def test_an_overnight_position_that_the_master_left_before_the_first_poll_is_listed(world: World) -> None:
    await trade(world, Side.BUY, 50, product=KEPT)
    await stopped_over_night(world)
    world.executes(side=Side.SELL, quantity=50, filled=50, product=KEPT)
    await world.start()
    await world.pass_(20)
    assert left_behind(world) == ["F1", "F2"]
    await trade(world, Side.BUY, 50, product=KEPT)
    await trade(world, Side.SELL, 50, product=KEPT)
    assert held(world, F1, product=KEPT) == 0, "flat means flat"


async def test_the_part_that_filled_before_the_first_poll_counts_too(world: World) -> None:
    await trade(world, Side.BUY, 100, product=KEPT)
    await stopped_over_night(world)
    world.works(9, side=Side.SELL, quantity=100, filled=50, average_price=Decimal(100), product=KEPT)
    await world.start()
    await world.pass_(5)
    world.executes(9, side=Side.SELL, quantity=100, filled=100, product=KEPT)
    await world.pass_(20)
    assert held(world, F1, product=KEPT) == 0


async def test_an_entry_that_never_left_is_not_sent_after_the_master_is_out(world: World) -> None:
    world[F1].outcomes.append(not_sent(answers_after=8.0))
    await trade(world, Side.BUY, 50)
    await trade(world, Side.SELL, 50)
    await world.pass_(30)
    assert sent(world, F1) == [("BUY", 50)]
    assert world.states(F1) == [CopyState.SKIPPED, CopyState.SKIPPED]


async def test_an_entry_that_waited_over_a_pause_is_not_sent_after_the_master_is_out(world: World) -> None:
    world[F1].held_until = world[F1].exits_held_until = world.clock.monotonic() + 20
    await trade(world, Side.BUY, 50)
    await world.handle(SetPaused(True))
    await trade(world, Side.SELL, 50)
    await world.handle(SetPaused(False))
    await world.pass_(60)
    assert sent(world, F1) == []


async def test_a_missed_exit_that_is_copied_later_leaves_the_new_entry_alone(world: World) -> None:
    await trade(world, Side.BUY, 50)
    await world.handle(SetPaused(True))
    await trade(world, Side.SELL, 50)
    await world.handle(SetPaused(False))
    await trade(world, Side.BUY, 50)
    await world.handle(CopyMissed(2))
    await world.pass_(10)
    assert held(world, F1) == 50


async def test_a_late_approval_opens_no_more_than_the_master_still_holds(a_world: MakeWorld) -> None:
    world = await a_world(require_confirmation=True, confirmation_timeout_seconds=300)
    await trade(world, Side.BUY, 100)
    await trade(world, Side.SELL, 50)
    await world.handle(Approve(1))
    await world.pass_(10)
    assert held(world, F1) == 50


async def test_a_late_approval_to_a_reversal_closes_and_opens_nothing_when_the_master_is_out(
    a_world: MakeWorld,
) -> None:
    world = await a_world(require_confirmation=True, confirmation_timeout_seconds=300)
    await trade(world, Side.BUY, 50)
    await world.handle(Approve(1))
    await world.pass_(5)
    await trade(world, Side.SELL, 150)
    await trade(world, Side.BUY, 100)
    await world.handle(Approve(2))
    await world.pass_(10)
    assert held(world, F1) == 0


async def test_a_clock_that_is_wrong_for_a_moment_forgets_nothing(world: World) -> None:
    await trade(world, Side.BUY, 50)
    right = world.clock._start
    world.master.server_time = lambda: right + timedelta(seconds=world.clock.monotonic())
    world.clock._start += timedelta(days=1)
    await world.pass_(5)
    world.clock._start = right
    await world.pass_(5)
    assert held(world, F1) == 50


async def test_a_restart_remembers_that_fills_are_still_to_be_reported(world: World) -> None:
    world[F1].outcomes.append(accepted(filled=0))
    await trade(world, Side.BUY, 50)
    await world.restart()
    await trade(world, Side.SELL, 50)
    world[F1].change(world.copies_of(F1)[0].tag, filled=50, average_price=Decimal(101))
    await world.pass_(60)
    assert (sent(world, F1), held(world, F1)) == ([("BUY", 50), ("SELL", 50)], 0)


async def test_what_was_closed_manually_or_squared_off_is_not_closed_again(world: World) -> None:
    await trade(world, Side.BUY, 50)
    by_hand = an_order(key=OrderKey("x"), order_id=OrderId("x"), side=Side.SELL, tag="")
    world[F1].rows = [*world[F1].rows, by_hand]
    await world.pass_(40)
    await trade(world, Side.SELL, 50)
    assert sent(world, F1) == [("BUY", 50)]


async def test_contracts_that_have_expired_are_no_open_positions(a_world: MakeWorld) -> None:
    world = await a_world(started=False)
    world.settings = replace(world.settings, risk=RiskSettings(max_open_positions=1))
    await world.start()
    await trade(world, Side.BUY, 50, product=KEPT)
    await stopped_over_night(world)
    await world.pass_(timedelta(days=20).total_seconds())
    await world.start()
    await world.pass_(5)
    await trade(world, Side.BUY, 50, symbol="NIFTY31DEC2624000CE", product=KEPT)
    assert sent(world, F1) == [("BUY", 50), ("BUY", 50)]
