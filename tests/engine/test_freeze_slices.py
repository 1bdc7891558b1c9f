"""An order that the broker refuses for the freeze quantity is sent again in slices, once, and never in excess."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from copytui.broker.port import WriteOutcome
from copytui.domain.attention_facts import CopyInTrouble
from copytui.domain.copies import CopyState, Resolution
from copytui.domain.orders import OrderStatus, Side
from copytui.engine.commands import RetryCopy, SetPaused
from copytui.engine.controls import switch
from copytui.engine.snapshot import Snapshot
from copytui.settings.model import RiskSettings
from copytui.tui.present.attention import Attention
from copytui.tui.present.whole_copies import complete_followers
from tests.engine.conftest import MakeWorld
from tests.engine.harness import F1, World
from tests.engine.power_cuts import Cut, Power, Scenario, live
from tests.engine.scripted import Outcome, accepted, refused
from tests.engine.trades import held, sent, trade

S = CopyState
NAMED = "RMS:Rule: Quantity 400 exceeds freeze quantity 160 of NIFTY28NOV2624000CE"
UNNAMED = "RMS:Rule: Check freeze quantity for NSE FO"


def at_once(text: str) -> Outcome:
    """The broker refuses the request with a code."""
    return refused(text=text)


def in_the_book(text: str) -> Outcome:
    """The broker takes the request, and its order book shows the order as rejected."""
    return accepted(ends=OrderStatus.REJECTED, filled=0, row_text=text)


Refusal = Callable[[str], Outcome]
HOW = pytest.mark.parametrize("how", [at_once, in_the_book])


async def a_small_world(a_world: MakeWorld, **settings: object) -> World:
    return await a_world(followers=(F1,), **settings)


def in_trouble(world: World) -> int:
    """The units of the follower's copies that need attention."""
    items = Attention().items(world.engine.snapshot(), world.clock.now())
    abouts = [item.about for item in items if item.client == F1]
    return sum(about.copy.order.quantity for about in abouts if isinstance(about, CopyInTrouble))


def listed(world: World) -> list[str]:
    snapshot: Snapshot = world.engine.snapshot()
    return [item.id for item in Attention().items(snapshot, world.clock.now())]


@HOW
@pytest.mark.parametrize(("text", "parts"), [(NAMED, [150, 150, 100]), (UNNAMED, [200, 200])])
async def test_a_refused_entry_is_sent_again_in_slices(
    a_world: MakeWorld, how: Refusal, text: str, parts: list[int]
) -> None:
    world = await a_small_world(a_world)
    world[F1].outcomes.append(how(text))
    await trade(world, Side.BUY, 400)
    await world.pass_(20)
    assert sent(world, F1) == [("BUY", 400), *(("BUY", part) for part in parts)]
    assert held(world, F1) == 400
    assert listed(world) == []
    assert complete_followers(world.copies) == {F1}
    tags = [copy.tag for copy in world.copies_of(F1)]
    assert len(set(tags)) == 1 + len(parts)


@HOW
async def test_a_refused_exit_is_sent_again_in_slices_and_closes_the_position(a_world: MakeWorld, how: Refusal) -> None:
    world = await a_small_world(a_world)
    await trade(world, Side.BUY, 400)
    world[F1].outcomes.append(how(NAMED))
    await trade(world, Side.SELL, 400)
    await world.pass_(20)
    assert sent(world, F1)[1:] == [("SELL", 400), ("SELL", 150), ("SELL", 150), ("SELL", 100)]
    assert held(world, F1) == 0


async def test_a_part_exit_in_slices_closes_its_share(a_world: MakeWorld) -> None:
    world = await a_small_world(a_world)
    await trade(world, Side.BUY, 800)
    world[F1].outcomes.append(refused(text=UNNAMED))
    await trade(world, Side.SELL, 400)
    await world.pass_(20)
    assert sent(world, F1)[1:] == [("SELL", 400), ("SELL", 200), ("SELL", 200)]
    assert held(world, F1) == 400


async def test_a_slice_that_is_refused_again_stays_failed_and_is_listed(a_world: MakeWorld) -> None:
    world = await a_small_world(a_world)
    world[F1].outcomes.extend([refused(text=UNNAMED), refused(text=UNNAMED), accepted()])
    await trade(world, Side.BUY, 400)
    await world.pass_(20)
    assert sent(world, F1) == [("BUY", 400), ("BUY", 200), ("BUY", 200)]
    assert held(world, F1) == 200
    assert listed(world) == ["c2"]
    assert complete_followers(world.copies) == set()
    await world.handle(RetryCopy(2))
    await world.pass_(20)
    assert sent(world, F1)[3:] == [("BUY", 200)]
    assert held(world, F1) == 400


async def test_of_a_copy_in_slices_only_the_refused_one_is_cut(a_world: MakeWorld) -> None:
    world = await a_small_world(a_world, freeze_quantities={"NIFTY": 300})
    world[F1].outcomes.append(refused(text="freeze quantity 150"))
    await trade(world, Side.BUY, 400)
    await world.pass_(20)
    assert sorted(sent(world, F1)) == [("BUY", 100), ("BUY", 150), ("BUY", 150), ("BUY", 300)]
    assert held(world, F1) == 400


@pytest.mark.parametrize("text", ["AB4036: product not allowed", "Insufficient funds"])
async def test_another_refusal_is_not_sent_again(a_world: MakeWorld, text: str) -> None:
    world = await a_small_world(a_world)
    world[F1].outcomes.append(refused(text=text))
    await trade(world, Side.BUY, 400)
    await world.pass_(20)
    assert sent(world, F1) == [("BUY", 400)]
    assert listed(world) == ["c1"]


async def test_one_lot_cannot_be_cut(a_world: MakeWorld) -> None:
    world = await a_small_world(a_world)
    world[F1].outcomes.append(refused(text=UNNAMED))
    await trade(world, Side.BUY, 50)
    await world.pass_(20)
    assert sent(world, F1) == [("BUY", 50)]
    assert listed(world) == ["c1"]


@pytest.mark.parametrize(("most", "sends"), [(8, 1), (9, 9), (0, 9)])
async def test_slices_that_the_runaway_guard_would_stop_are_not_made(a_world: MakeWorld, most: int, sends: int) -> None:
    world = await a_small_world(a_world, risk=RiskSettings(max_orders_per_symbol_per_minute=most))
    world[F1].outcomes.append(refused(text="freeze quantity 50"))
    await trade(world, Side.BUY, 400)
    await world.pass_(40)
    assert len(sent(world, F1)) == sends
    assert world.engine.state.rules.halted_because is None
    assert listed(world) == (["c1"] if sends == 1 else [])


async def test_an_answer_that_proves_nothing_is_not_cut_whatever_its_text_says(a_world: MakeWorld) -> None:
    world = await a_small_world(a_world)
    world[F1].outcomes.append(replace(refused(text=NAMED), outcome=WriteOutcome.UNKNOWN))
    await trade(world, Side.BUY, 400)
    await world.pass_(20)
    assert sent(world, F1) == [("BUY", 400)]
    assert world.states(F1) == [S.UNKNOWN]


async def test_slices_wait_for_a_clean_book_and_are_dropped_if_the_refused_order_turns_up(a_world: MakeWorld) -> None:
    world = await a_small_world(a_world)
    # The broker says no, and its order book shows the order at work all the same.
    world[F1].outcomes.append(replace(refused(text=UNNAMED), lands_after=0.0))
    await trade(world, Side.BUY, 400)
    await world.pass_(20)
    assert sent(world, F1) == [("BUY", 400)]
    assert world.states(F1) == [S.FAILED, S.SKIPPED, S.SKIPPED]
    assert "c1" in listed(world)


async def test_slices_obey_a_pause_like_every_order(a_world: MakeWorld) -> None:
    world = await a_small_world(a_world)
    world[F1].outcomes.append(in_the_book(UNNAMED))
    world[F1].after_post = lambda _intent: switch(world.engine.state, paused=True)
    await trade(world, Side.BUY, 400)
    await world.pass_(20)
    assert sent(world, F1) == [("BUY", 400)]
    assert world.states(F1) == [S.REJECTED, S.QUEUED, S.QUEUED]
    world[F1].after_post = lambda _intent: None
    await world.handle(SetPaused(False))
    await world.pass_(20)
    assert held(world, F1) == 400


async def test_an_entry_that_was_refused_long_before_a_restart_is_not_sent_by_itself(a_world: MakeWorld) -> None:
    world = await a_small_world(a_world)
    world[F1].outcomes.append(accepted(ends=OrderStatus.WORKING, filled=0))
    await trade(world, Side.BUY, 400)
    tag = str(world[F1].posts[0][1].order.tag)
    await world.stop()
    await world.clock.advance(600)
    world[F1].change(tag, order_status=OrderStatus.REJECTED, status="rejected", text=UNNAMED)
    await world.start()
    await world.pass_(20)
    assert world.states(F1) == [S.REJECTED]
    assert sent(world, F1) == [("BUY", 400)]


async def test_nothing_is_cut_that_the_master_has_closed_since(a_world: MakeWorld) -> None:
    world = await a_small_world(a_world)
    world[F1].outcomes.append(replace(refused(text=UNNAMED), answers_after=8.0))
    world.executes(side=Side.BUY, quantity=400, filled=400)
    await world.pass_(4)
    world.executes(side=Side.SELL, quantity=200, filled=200)
    await world.pass_(30)
    entries = [units for side, units in sent(world, F1)[1:] if side == "BUY"]
    assert sum(entries) <= 200
    assert held(world, F1) in (0, 200)
    assert all(copy.resolution in (None, Resolution.REFUSED) for copy in world.copies_of(F1))


@pytest.mark.parametrize("how", Cut)
@pytest.mark.parametrize("refusal", [at_once(UNNAMED), in_the_book(UNNAMED)], ids=["at once", "in the book"])
async def test_killed_at_any_point_never_more_than_planned_is_sent_and_nothing_disappears(
    refusal: Outcome, how: Cut, tmp_path: Path
) -> None:
    def buys(world: World) -> None:
        world.executes(1, quantity=400, filled=400)

    scenario = Scenario({F1: (refusal,)}, ((4.0, buys),), ("U1",))
    at, failed, ends = -4 if how is Cut.AT_ONCE else -2, True, set()
    while failed:
        at += 5
        power = Power(at, how)
        world = await live(tmp_path / str(at), scenario, [power])
        failed = power.points >= at
        bought, needs = held(world, F1), in_trouble(world)
        assert all(times == 1 for times in world[F1].orders_by_tag.values())
        assert bought + needs == 400, f"cut {at}, {power.names[at - 1 :][:1]}: {bought} bought, {needs} listed"
        ends.add(bought)
        await world.end()
    assert at > 20, "the power never failed"
    assert 400 in ends
