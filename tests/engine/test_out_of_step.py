"""A follower's position by its three figures: what was closed by hand, what failed, and what is detached."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from copytui.domain.copies import CopyState
from copytui.domain.drift import Cause, ComparedPosition
from copytui.domain.errors import BrokerTrouble
from copytui.domain.events import Level
from copytui.domain.orders import Exchange, OrderStatus, Product, Side
from copytui.domain.positions import PositionKey, position_key
from copytui.engine.commands import Approve, Detach, DismissCopy, DismissOutOfStep, Flatten, RefreshAll, SetFilters
from copytui.engine.controls import switch
from copytui.journal import persisted_flags
from copytui.journal.archive import opened_archive
from tests.builders import an_order
from tests.engine.conftest import MakeWorld
from tests.engine.harness import F1, World
from tests.engine.scripted import accepted, not_sent, refused
from tests.engine.test_held import sells_by_hand
from tests.engine.trades import held, sent, trade

CARRIED: dict[str, Any] = {"symbol": "NIFTY29DEC2626000CE", "product": Product.CARRYFORWARD, "lot_size": 1}
OPTION = position_key(an_order(**CARRIED))


def listed(world: World) -> tuple[ComparedPosition, ...]:
    return world.engine.snapshot().out_of_step


def reported(world: World) -> list[str]:
    return [text for text in world.events(Level.WARN) if text.startswith("out of step")]


@pytest.fixture
async def world(a_world: MakeWorld) -> World:
    return await a_world(followers=(F1,))


async def closed_by_hand(world: World, quantity: int = 20) -> None:
    await trade(world, Side.BUY, 50, **CARRIED)
    await world.pass_(20)
    sells_by_hand(world, quantity, **CARRIED)
    await world.pass_(45)


async def test_what_was_copied_as_it_should_be_is_in_step(world: World) -> None:
    await trade(world, Side.BUY, 50, **CARRIED)
    await world.pass_(60)
    await trade(world, Side.SELL, 20, **CARRIED)
    await world.pass_(60)
    assert held(world, F1, **CARRIED) == 30
    assert listed(world) == ()
    assert reported(world) == []


async def test_what_the_owner_closed_by_hand_is_listed_and_reported_once(world: World) -> None:
    await closed_by_hand(world)
    (found,) = listed(world)
    assert (found.copied, found.held, found.expected, found.cause) == (50, 30, 50, Cause.BY_HAND)
    why = "the account holds 30 of the 50 that copying built: the rest was closed by hand or by the broker"
    assert reported(world) == [f"out of step: 30 NIFTY29DEC2626000CE CARRYFORWARD instead of 50 (by hand): {why}"]
    await world.pass_(120)
    assert len(reported(world)) == 1


async def test_a_held_figure_is_in_the_journal_when_it_has_changed(world: World) -> None:
    await closed_by_hand(world)
    await world.stop()
    with opened_archive(world.path) as archive:
        (figure,) = archive.of_accounts(world.engine.state.day, persisted_flags.held(OPTION)).values()
    assert persisted_flags.held_from(figure).units == 30


async def test_dismissed_it_stays_away_until_its_figures_change_also_over_a_restart(world: World) -> None:
    await closed_by_hand(world)
    assert await world.handle(DismissOutOfStep(F1, OPTION)) == (
        "NIFTY29DEC2626000CE CARRYFORWARD left as it is: not listed until its figures change"
    )
    assert listed(world) == ()
    await world.restart(down=5)
    await world.pass_(60)
    assert listed(world) == ()
    sells_by_hand(world, 10, **CARRIED)
    await world.pass_(60)
    assert [(each.there, each.expected) for each in listed(world)] == [(20, 50)]


async def test_a_cancelled_entry_leaves_its_position_out_of_step(world: World) -> None:
    world[F1].outcomes.append(accepted(ends=OrderStatus.CANCELLED))
    await trade(world, Side.BUY, 50, **CARRIED)
    await world.pass_(30)
    (found,) = listed(world)
    assert (found.copied, found.expected, found.cause) == (0, 50, Cause.UNFILLED)


async def test_a_failure_that_was_dismissed_is_as_the_user_wants_it(world: World) -> None:
    world[F1].outcomes.append(refused())
    await trade(world, Side.BUY, 50, **CARRIED)
    await world.pass_(30)
    assert [each.cause for each in listed(world)] == [Cause.REJECTED]
    await world.handle(DismissCopy(1))
    await world.pass_(30)
    assert listed(world) == ()


async def test_what_a_filter_keeps_from_opening_needs_nobody(world: World) -> None:
    rules = world.engine.state.rules.filters
    await world.handle(SetFilters(replace(rules, block_symbols=("NIFTY",))))
    await trade(world, Side.BUY, 50, **CARRIED)
    await world.pass_(60)
    assert sent(world, F1) == []
    assert listed(world) == ()


async def test_an_order_that_works_is_on_its_way(world: World) -> None:
    world[F1].outcomes.append(accepted(ends=OrderStatus.WORKING))
    await trade(world, Side.BUY, 50, **CARRIED)
    await world.pass_(60)
    assert listed(world) == ()


async def test_what_the_user_flattens_is_expected_no_longer(world: World) -> None:
    await trade(world, Side.BUY, 50, **CARRIED)
    await world.handle(Flatten(F1, OPTION))
    await world.pass_(60)
    assert held(world, F1, **CARRIED) == 0
    assert listed(world) == ()


async def test_a_difference_is_known_on_the_next_day_too(a_world: MakeWorld) -> None:
    world = await a_world(followers=(F1,), poll_interval_seconds=30.0)
    await world.pass_(26)
    await closed_by_hand(world)
    await world.pass_(24 * 3600)
    assert [(each.there, each.expected, each.cause) for each in listed(world)] == [(30, 50, Cause.BY_HAND)]
    await world.restart(down=5)
    await world.pass_(60)
    assert [(each.there, each.expected, each.cause) for each in listed(world)] == [(30, 50, Cause.BY_HAND)]
    await trade(world, Side.BUY, 50, **CARRIED)
    await world.pass_(60)
    assert [(each.there, each.expected) for each in listed(world)] == [(80, 100)]


@pytest.mark.parametrize("restarts", [False, True])
async def test_nothing_is_ever_sent_for_a_detached_position(world: World, restarts: bool) -> None:
    await trade(world, Side.BUY, 50, **CARRIED)
    assert await world.handle(Detach(F1, OPTION)) == (
        "50 NIFTY29DEC2626000CE CARRYFORWARD detached: it is the owner's now, and no exit of it is sent"
    )
    if restarts:
        await world.restart(down=5)
    await trade(world, Side.SELL, 20, **CARRIED)
    await trade(world, Side.SELL, 30, **CARRIED)
    await world.pass_(60)
    assert sent(world, F1) == [("BUY", 50)]
    assert listed(world) == ()
    assert world.engine.snapshot().orphaned == ()


async def test_what_is_copied_after_it_is_a_position_of_its_own(world: World) -> None:
    await trade(world, Side.BUY, 50, **CARRIED)
    await world.handle(Detach(F1, OPTION))
    await trade(world, Side.BUY, 40, **CARRIED)
    await world.restart(down=5)
    await trade(world, Side.SELL, 90, **CARRIED)
    await world.pass_(60)
    assert sent(world, F1) == [("BUY", 50), ("BUY", 40), ("SELL", 40)]
    assert listed(world) == ()


async def test_an_exit_that_waits_goes_with_the_position(world: World) -> None:
    await trade(world, Side.BUY, 50, **CARRIED)
    world[F1].book_error = BrokerTrouble("no book")  # without one it is not sent again
    world[F1].outcomes.append(not_sent())
    await trade(world, Side.SELL, 50, **CARRIED)
    assert world.states(F1)[-1] is CopyState.QUEUED
    await world.handle(Detach(F1, OPTION))
    assert world.states(F1)[-1] is CopyState.SKIPPED
    posts = len(sent(world, F1))
    world[F1].book_error = None
    await world.pass_(60)
    assert len(sent(world, F1)) == posts


async def test_a_position_with_an_order_at_the_broker_is_not_detached(world: World) -> None:
    await trade(world, Side.BUY, 50, **CARRIED)
    world[F1].outcomes.append(accepted(ends=OrderStatus.WORKING))
    await trade(world, Side.SELL, 50, **CARRIED)
    assert "not detached: an order in" in await world.handle(Detach(F1, OPTION))
    assert held(world, F1, **CARRIED) == 50
    assert world.states(F1)[-1] is CopyState.OPEN


async def test_there_is_nothing_to_detach_where_copying_has_nothing(world: World) -> None:
    other = PositionKey(Exchange.NSE, "SBIN-EQ", Product.DELIVERY)
    assert await world.handle(Detach(F1, other)) == "copying holds no such position"
    assert await world.handle(DismissOutOfStep(F1, other)) == "this position is not out of step"


async def test_a_quantity_that_the_user_made_smaller_is_as_he_wants_it(world: World) -> None:
    switch(world.engine.state, require_confirmation=True)
    await trade(world, Side.BUY, 50, **CARRIED)
    await world.handle(Approve(1, {F1: 30}))
    await world.pass_(60)
    assert held(world, F1, **CARRIED) == 30
    assert listed(world) == ()


async def test_a_late_fill_of_what_was_given_away_changes_nothing(world: World) -> None:
    await trade(world, Side.BUY, 50, **CARRIED)
    world[F1].outcomes.append(accepted(ends=OrderStatus.CANCELLED))
    await trade(world, Side.SELL, 50, **CARRIED)
    await world.handle(Detach(F1, OPTION))
    *rows, sale = world[F1].rows
    world[F1].rows = [*rows, replace(sale, filled=50, average_price=sale.price)]
    await world.handle(RefreshAll())
    await world.pass_(10)
    assert world.copies[-1].filled == 50
    assert held(world, F1, **CARRIED) == 0
