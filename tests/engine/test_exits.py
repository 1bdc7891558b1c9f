"""Exits: in proportion, whole, split, waiting for entries, across restarts and days (docs/copying-rules.md)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from copytui.domain.copies import CopyState
from copytui.domain.events import Level
from copytui.domain.executions import CopyOn
from copytui.domain.orders import ClientId, OrderStatus, Product, Side
from copytui.domain.positions import position_key
from copytui.domain.reasons import Reason
from copytui.domain.sizing import Sizing, SizingMode
from copytui.engine.commands import Approve, SetDryRun, SetMultiplier, SetPaused
from copytui.settings.model import RiskSettings
from tests.builders import an_order
from tests.engine.conftest import MakeWorld
from tests.engine.harness import F1, F2, MASTER, World
from tests.engine.scripted import accepted, not_taken, refused
from tests.engine.trades import held, sent, sized, trade

S = CopyState
BOTH = (F1, F2)


async def test_a_part_is_closed_in_proportion_and_flat_means_flat(a_world: MakeWorld) -> None:
    world = await a_world(started=False)
    sized(world, multiplier=Decimal("0.5"))
    await world.start()
    await trade(world, Side.BUY, 400)
    await trade(world, Side.SELL, 100)
    await trade(world, Side.SELL, 100)
    await trade(world, Side.SELL, 200)
    for client in BOTH:
        # 25 units of 200 and of 150 are below a lot at first; what rounding left goes with the next.
        assert sent(world, client) == [("BUY", 200), ("SELL", 50), ("SELL", 50), ("SELL", 100)]
        assert held(world, client) == 0


async def test_an_exit_closes_what_was_built_whatever_the_multiplier_is_now(a_world: MakeWorld) -> None:
    world = await a_world(started=False)
    sharing = tuple(replace(follower, shares_multiplier=True) for follower in world.settings.followers)
    world.settings = replace(world.settings, followers=sharing)
    await world.start()
    await trade(world, Side.BUY, 100)
    await world.handle(SetMultiplier(Decimal(3)))
    await trade(world, Side.SELL, 50)
    await trade(world, Side.SELL, 50)
    assert sent(world, F1) == [("BUY", 100), ("SELL", 50), ("SELL", 50)]


async def test_a_follower_whose_entry_failed_gets_no_naked_exit(world: World) -> None:
    world[F1].outcomes.append(refused())
    await trade(world, Side.BUY, 50)
    await trade(world, Side.SELL, 50)
    assert sent(world, F1) == [("BUY", 50)]
    assert sent(world, F2) == [("BUY", 50), ("SELL", 50)]
    plan = next(p for p in world.seen.decisions[-1].decision.plans if p.follower == F1)
    assert plan.reason is Reason.NOTHING_TO_CLOSE


async def test_what_the_master_held_before_is_copied_as_it_is(world: World) -> None:
    await trade(world, Side.SELL, 50)
    assert [sent(world, client) for client in BOTH] == [[("SELL", 50)]] * 2


async def test_a_reversal_is_one_order_that_closes_and_one_that_opens(world: World) -> None:
    world[F1].outcomes.append(refused())
    await trade(world, Side.BUY, 50)
    await trade(world, Side.SELL, 150)
    assert sent(world, F2) == [("BUY", 50), ("SELL", 50), ("SELL", 100)]
    assert sent(world, F1) == [("BUY", 50), ("SELL", 100)]
    assert (held(world, F1), held(world, F2)) == (-100, -100)
    tags = [intent.order.tag for _at, intent in world[F2].posts]
    assert len(set(tags)) == 3


async def test_an_exit_waits_for_its_entry_and_closes_what_has_filled(world: World) -> None:
    world[F1].outcomes.append(accepted(ends=OrderStatus.WORKING, filled=0))
    world.executes(quantity=100, filled=100)
    await world.pass_(4)
    row = next(row for row in world[F1].rows)
    world[F1].rows = [replace(row, filled=50, average_price=Decimal(101))]
    await trade(world, Side.SELL, 100)
    await world.pass_(5)
    assert len(world[F1].cancels) == 1, "the rest of the entry is withdrawn"
    assert sent(world, F1) == [("BUY", 100), ("SELL", 50)]
    assert sent(world, F2) == [("BUY", 100), ("SELL", 100)]
    assert (held(world, F1), held(world, F2)) == (0, 0)


@pytest.mark.parametrize(("seconds", "keeps"), [(1.5, 50), (8.0, 0)])
async def test_an_exit_of_a_part_gives_its_entry_some_seconds_to_fill(
    a_world: MakeWorld, seconds: float, keeps: int
) -> None:
    world = await a_world(followers=(F1,))
    world[F1].outcomes.append(accepted(ends=OrderStatus.WORKING, filled=0))
    world.executes(quantity=100, filled=100)
    world.executes(side=Side.SELL, quantity=50, filled=50)
    while not world[F1].rows:
        await world.pass_(0.1)
    await world.pass_(seconds)
    cancel_reason = len(world[F1].cancels)
    if not cancel_reason:
        (row,) = world[F1].rows
        done = replace(
            row, filled=100, average_price=Decimal(101), order_status=OrderStatus.COMPLETE, status="complete"
        )
        world[F1].rows = [done]
    await world.pass_(8)
    assert (held(world, F1), cancel_reason) == (keeps, 0 if keeps else 1)


async def test_an_entry_that_has_worked_for_long_is_cancelled_after_the_same_seconds(a_world: MakeWorld) -> None:
    world = await a_world(followers=(F1,))
    world[F1].outcomes.append(accepted(ends=OrderStatus.WORKING, filled=0))
    world.executes(quantity=100, filled=100)
    await world.pass_(900)
    world.executes(side=Side.SELL, quantity=50, filled=50)
    while world.states(F1) != [S.OPEN, S.QUEUED]:
        await world.pass_(0.5)
    await world.pass_(4)
    assert len(world[F1].cancels) == 1


async def test_an_exit_of_an_entry_that_filled_nothing_ends_without_an_order(world: World) -> None:
    world[F1].outcomes.append(accepted(ends=OrderStatus.WORKING, filled=0))
    await trade(world, Side.BUY, 50)
    await trade(world, Side.SELL, 50)
    await world.pass_(5)
    assert sent(world, F1) == [("BUY", 50)]
    assert world.states(F1) == [S.CANCELLED, S.SKIPPED]


async def test_an_exit_waits_for_an_unknown_entry_and_goes_when_it_is_found(world: World) -> None:
    world[F1].outcomes.append(not_taken())
    await trade(world, Side.BUY, 50)
    await trade(world, Side.SELL, 50)
    await world.pass_(100)
    assert world.states(F1) == [S.UNKNOWN, S.QUEUED], "no delay of ours makes an exit too old"
    row = an_order(tag=world.copies_of(F1)[0].tag, order_id="late", key="late", quantity=50, filled=50)
    world[F1].rows = [*world[F1].rows, row]
    await world.pass_(70)
    assert sent(world, F1) == [("BUY", 50), ("SELL", 50)]
    assert held(world, F1) == 0


async def test_entries_that_never_left_are_dropped_when_the_master_is_out(world: World) -> None:
    world[F1].held_until = world.clock.monotonic() + 40
    world[F1].exits_held_until = world.clock.monotonic() + 40
    await trade(world, Side.BUY, 50)
    await trade(world, Side.SELL, 50)
    await world.pass_(60)
    assert sent(world, F1) == []
    assert sent(world, F2) == [("BUY", 50), ("SELL", 50)]


async def test_exits_pass_the_users_caps(a_world: MakeWorld) -> None:
    world = await a_world(started=False)
    await world.start()
    await trade(world, Side.BUY, 50)
    await trade(world, Side.BUY, 50)
    await world.stop()
    sized(world, max_quantity=50, max_order_value=Decimal(1))
    await world.start()
    world[F1].held_until = world.clock.monotonic() + 300
    await trade(world, Side.SELL, 100)
    assert sent(world, F1)[-1] == ("SELL", 100)
    assert sent(world, F2)[-1] == ("SELL", 100)


async def test_exits_do_not_pass_a_pause_and_a_missed_one_closes_manually(world: World) -> None:
    await trade(world, Side.BUY, 50)
    await world.handle(SetPaused(True))
    await trade(world, Side.SELL, 50)
    assert world.verdicts[-1] == "missed"
    await world.handle(SetPaused(False))
    await world.pass_(10)
    assert held(world, F1) == 50


async def test_a_no_holds_an_exit(a_world: MakeWorld) -> None:
    world = await a_world(require_confirmation=True, confirmation_timeout_seconds=20)
    await trade(world, Side.BUY, 50)
    await world.handle(Approve(1))
    await world.pass_(5)
    await trade(world, Side.SELL, 50)
    await world.pass_(60)
    assert sent(world, F1) == [("BUY", 50)]
    assert held(world, F1) == 50


async def test_an_entry_that_still_waits_for_an_approval_is_dropped_when_the_master_is_out(a_world: MakeWorld) -> None:
    world = await a_world(require_confirmation=True, confirmation_timeout_seconds=50)
    await trade(world, Side.BUY, 50)
    await trade(world, Side.SELL, 50)
    first = world.engine.state.executions[1]
    assert (first.settled, first.decision.reason) == (True, Reason.MASTER_OUT)
    assert world.engine.state.executions[2].decision.reason is Reason.NOTHING_TO_CLOSE


async def test_a_late_exit_is_copied_when_the_delay_is_ours_and_a_late_entry_is_missed(world: World) -> None:
    await trade(world, Side.BUY, 50)
    before = world.clock.now()
    world.executes(side=Side.SELL, quantity=50, filled=50, at=before)
    late = world.executes(symbol="SBIN-EQ", at=before)
    rows, world.master.rows = world.master.rows, world.master.rows[:1]
    await world.pass_(120)
    world.master.rows = rows
    await world.pass_(10)
    assert sent(world, F1) == [("BUY", 50), ("SELL", 50)]
    assert late.key in {
        d.execution.key for d in world.engine.state.executions.values() if d.decision.verdict == "missed"
    }


async def test_an_exit_that_happened_while_copytui_was_down_is_missed(world: World) -> None:
    await trade(world, Side.BUY, 50)
    await world.stop()
    world.executes(side=Side.SELL, quantity=50, filled=50)
    await world.pass_(300)
    await world.start()
    await world.pass_(10)
    assert world.verdicts == ["copied", "missed"]
    assert world.engine.state.executions[2].execution.closes is not None


async def test_positions_survive_a_restart_and_intraday_ones_end_with_the_day(world: World) -> None:
    await trade(world, Side.BUY, 100)
    await trade(world, Side.BUY, 30, symbol="SBIN-EQ", product=Product.DELIVERY, lot_size=1)
    await world.restart(down=30)
    assert held(world, F1) == 100
    await trade(world, Side.SELL, 50)
    assert sent(world, F1)[-1] == ("SELL", 50)
    world.master.rows = []
    for account in world.accounts.values():
        account.rows = []
    await world.restart(down=timedelta(hours=20).total_seconds())
    assert held(world, F1) == 0
    assert held(world, F1, symbol="SBIN-EQ", product=Product.DELIVERY) == 30
    await world.pass_(5)
    await trade(world, Side.SELL, 30, symbol="SBIN-EQ", product=Product.DELIVERY, lot_size=1)
    assert sent(world, F1)[-1] == ("SELL", 30)
    assert held(world, F1, symbol="SBIN-EQ", product=Product.DELIVERY) == 0
    assert await world.on_disk("SELECT account, symbol FROM positions") == []


async def test_a_day_that_turns_while_running_ends_intraday_positions(a_world: MakeWorld) -> None:
    world = await a_world(poll_interval_seconds=30.0)
    await trade(world, Side.BUY, 100)
    await world.pass_(30)
    assert held(world, F1) == 100
    world.master.rows = []
    for account in world.accounts.values():
        account.rows = []
    await world.pass_(timedelta(hours=13).total_seconds())
    assert held(world, F1) == 0
    assert world.engine.state.positions.held((MASTER, position_key(an_order()))).quantity == 0


async def test_a_dry_run_shows_exits_as_they_would_be_and_keeps_no_position(a_world: MakeWorld) -> None:
    world = await a_world(dry_run=True)
    await trade(world, Side.BUY, 100)
    await trade(world, Side.SELL, 50)
    assert [copy.order.quantity for copy in world.copies_of(F1)] == [100, 50]
    await world.restart(dry_run=True)
    await trade(world, Side.SELL, 50)
    assert world.verdicts == ["simulated"] * 3
    assert held(world, F1) == 0
    await trade(world, Side.BUY, 50)
    await world.handle(SetDryRun(False))
    await trade(world, Side.SELL, 50)
    assert sent(world, F1) == [], "what a dry run built cannot be closed"


async def test_pieces_of_one_order_lose_nothing_to_rounding(a_world: MakeWorld) -> None:
    world = await a_world(started=False, copy_on=CopyOn.FILL)
    sized(world, multiplier=Decimal("0.5"))
    await world.start()
    for filled in (50, 100, 150, 200):
        world.works(7, quantity=200, filled=filled, average_price=Decimal(101))
        await world.pass_(5)
    assert sent(world, F1) == [("BUY", 50), ("BUY", 50)]


async def test_a_fixed_quantity_is_sent_once_an_order(a_world: MakeWorld) -> None:
    world = await a_world(started=False, copy_on=CopyOn.FILL)
    followers = tuple(
        replace(f, sizing=Sizing(mode=SizingMode.FIXED, fixed_quantity=100)) for f in world.settings.followers
    )
    world.settings = replace(world.settings, followers=followers)
    await world.start()
    for filled in (50, 100):
        world.works(7, quantity=100, filled=filled, average_price=Decimal(101))
        await world.pass_(5)
    assert sent(world, F1) == [("BUY", 100)]
    await trade(world, Side.SELL, 50)
    assert sent(world, F1) == [("BUY", 100), ("SELL", 50)]


async def test_more_than_the_exchange_takes_goes_out_in_slices_with_tags_of_their_own(a_world: MakeWorld) -> None:
    world = await a_world(started=False)
    sized(world, multiplier=Decimal(3))
    rules = RiskSettings(max_orders_per_symbol_per_minute=0, check_funds=False)
    world.settings = replace(world.settings, risk=rules)
    await world.start()
    await trade(world, Side.BUY, 1800)
    await world.pass_(5)
    assert sent(world, F1) == [("BUY", 1800)] * 3
    assert held(world, F1) == 5400
    await trade(world, Side.SELL, 900)
    await world.pass_(5)
    assert sent(world, F1)[3:] == [("SELL", 1800), ("SELL", 900)]
    tags = {intent.order.tag for _at, intent in world[F1].posts}
    assert len(tags) == 5


async def test_max_open_positions_holds_back_a_further_symbol_but_not_more_of_one(a_world: MakeWorld) -> None:
    world = await a_world(started=False)
    world.settings = replace(world.settings, risk=RiskSettings(max_open_positions=1))
    await world.start()
    await trade(world, Side.BUY, 50)
    await trade(world, Side.BUY, 50)
    await trade(world, Side.BUY, 50, symbol="BANKNIFTY28NOV2652000CE")
    assert sent(world, F1) == [("BUY", 50)] * 2
    assert world.engine.state.executions[3].decision.reason is Reason.TOO_MANY_POSITIONS


async def asked_exit(a_world: MakeWorld, bought: int, sold: int) -> World:
    world = await a_world(require_confirmation=True, confirmation_timeout_seconds=50)
    await trade(world, Side.BUY, bought)
    await world.handle(Approve(1))
    await world.pass_(5)
    await trade(world, Side.SELL, sold)
    return world


async def test_an_exit_can_be_made_smaller_manually_and_never_larger(a_world: MakeWorld) -> None:
    world = await asked_exit(a_world, 100, 100)
    assert "more than the 100 that copying has built" in await world.handle(Approve(2, {F1: 150}))
    await world.handle(Approve(2, {F1: 50}))
    await world.pass_(5)
    assert (held(world, F1), held(world, F2)) == (50, 0)


async def test_a_reversal_that_is_asked_for_is_taken_as_it_is_or_left_out(a_world: MakeWorld) -> None:
    world = await asked_exit(a_world, 100, 150)
    assert "take both, or neither" in await world.handle(Approve(2, {F1: 50}))
    assert await world.handle(Approve(2, {F1: 0})) == "approved for 1 follower"
    await world.pass_(5)
    assert (held(world, F1), held(world, F2)) == (100, -50)


async def test_slices_that_are_asked_for_can_be_cut_manually(a_world: MakeWorld) -> None:
    world = await a_world(started=False, require_confirmation=True, confirmation_timeout_seconds=50)
    world.settings = replace(world.settings, risk=RiskSettings(check_funds=False))
    await world.start()
    await trade(world, Side.BUY, 4000)
    assert "sent in slices" in await world.handle(Approve(1, {F1: 4500}))
    await world.handle(Approve(1, {F1: 2000}))
    await world.pass_(5)
    assert sent(world, F1) == [("BUY", 1800), ("BUY", 200)]
    assert sent(world, F2) == [("BUY", 1800), ("BUY", 1800), ("BUY", 400)]


async def test_what_was_built_from_a_former_master_is_reported_at_each_start_until_it_ends(world: World) -> None:
    await trade(world, Side.BUY, 100, product=Product.DELIVERY, symbol="AAA-EQ")
    await trade(world, Side.BUY, 100, product=Product.INTRADAY, symbol="BBB-EQ")
    former = world.settings.master
    other = replace(former, credentials=replace(former.credentials, client_id=ClientId("M999")))
    told = f"were copied from {MASTER}, who is no longer the master: close them manually, or keep them"
    for days, left in ((0, ["100 AAA-EQ DELIVERY", "100 BBB-EQ INTRADAY"]), (1, ["100 AAA-EQ DELIVERY"])):
        world.master.rows = []
        await world.restart(down=days * 86_400, master=other)
        assert sorted(set(world.events(Level.WARN))) == sorted(f"{held} {told}" for held in left)
    await world.restart(master=former)
    assert held(world, F1, product=Product.DELIVERY, symbol="AAA-EQ") == 100
    assert not any("no longer the master" in text for text in world.events(Level.WARN))


@pytest.mark.parametrize("lot", [65, 1000])
async def test_a_whole_position_goes_whole_in_whatever_lots_it_was_built(a_world: MakeWorld, lot: int) -> None:
    world = await a_world(followers=(F1,))
    await trade(world, Side.BUY, 75, lot_size=75)
    await trade(world, Side.SELL, 75, lot_size=lot)
    assert sent(world, F1) == [("BUY", 75), ("SELL", 75)]
    assert held(world, F1) == 0
