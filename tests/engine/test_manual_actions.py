"""Manual actions on earlier decisions (retry, copy now, approve): all limits are checked again."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import time, timedelta

import pytest

from copytui.broker.port import RowProblem
from copytui.domain.copies import CopyState
from copytui.domain.events import Level
from copytui.domain.filters import TradingHours
from copytui.domain.gates import ATTEMPT_FOUND
from copytui.domain.orders import OrderStatus, Side
from copytui.engine.commands import (
    Approve,
    CopyMissed,
    Flatten,
    MarkNotPlaced,
    RetryCopy,
    SetDryRun,
    SetFollower,
    SetPaused,
)
from copytui.engine.controls import switch
from copytui.settings.model import RiskSettings
from tests.engine.conftest import MakeWorld
from tests.engine.harness import F1, F2, World
from tests.engine.scripted import lost_answer, not_taken, refused
from tests.engine.trades import held, missed, sent, trade

S = CopyState


# A retry, and an earlier order that exists at the broker after all.


async def test_a_retry_is_not_sent_once_the_book_shows_the_order_that_it_repeats(world: World) -> None:
    world[F1].outcomes.append(lost_answer(lands_after=20.0))
    world.executes(1)
    await world.pass_(24)
    await world.handle(MarkNotPlaced(1))
    await world.handle(RetryCopy(1))
    await world.pass_(10)
    assert sent(world, F1) == [("BUY", 50)]
    assert world.states(F1) == [S.FILLED, S.SKIPPED]
    assert world.copies_of(F1)[1].error == ATTEMPT_FOUND


async def test_a_retry_is_not_sent_while_a_row_that_cannot_be_read_has_the_tag_that_it_repeats(world: World) -> None:
    world[F1].outcomes.append(not_taken())
    world.executes(1)
    await world.pass_(10)
    copy = world.copies_of(F1)[0]
    world[F1].problems = (RowProblem("x", "a row without a quantity", tag=copy.tag),)
    await world.handle(MarkNotPlaced(copy.id))
    await world.handle(RetryCopy(copy.id))
    await world.pass_(10)
    assert sent(world, F1) == [("BUY", 50)]


async def test_a_retry_does_not_leave_when_its_order_is_found_while_its_intent_is_written(world: World) -> None:
    world[F1].outcomes.append(lost_answer(lands_after=40.0))
    world.executes(1)
    await world.pass_(24)
    await world.handle(MarkNotPlaced(1))
    assert world.journal is not None
    world.journal.hold = asyncio.Event()
    await world.handle(RetryCopy(1))
    await world.pass_(20)
    world.engine.state.followers[F1].read_soon(world.clock.monotonic())
    await world.pass_(1)
    assert world.states(F1) == [S.FILLED, S.QUEUED]
    world.journal.hold.set()
    await world.pass_(10)
    assert sent(world, F1) == [("BUY", 50)]
    assert world.states(F1) == [S.FILLED, S.SKIPPED]


@pytest.mark.parametrize("side", list(Side))
async def test_a_retry_is_not_sent_while_an_order_that_the_broker_refused_stands_there(
    a_world: MakeWorld, side: Side
) -> None:
    world = await a_world(followers=(F1,))
    await trade(world, Side.BUY, 200)
    world[F1].outcomes.append(refused(lands_after=0.0, ends=OrderStatus.WORKING, filled=0))
    await trade(world, side, 100)
    tried = len(world[F1].posts)
    await world.handle(RetryCopy(2))
    await world.pass_(10)
    assert len(world[F1].posts) == tried
    assert world.states(F1)[1:] == [S.FAILED, S.SKIPPED]
    assert not world.copies_of(F1)[1].dismissed, "it is listed again"
    world[F1].rows = [replace(row, order_status=OrderStatus.REJECTED, status="rejected") for row in world[F1].rows[-1:]]
    await world.handle(RetryCopy(2))  # under a tag of its own
    await world.pass_(10)
    assert held(world, F1) == (300 if side is Side.BUY else 100)


async def test_a_retry_that_has_to_wait_says_for_what(world: World) -> None:
    world[F1].outcomes.append(refused())
    await trade(world, Side.BUY, 50)
    await world.handle(SetPaused(True))
    said = await world.handle(RetryCopy(1))
    words = "BUY 50 NIFTY28NOV2624000CE limit 102.00 retried manually"
    assert said == f"{words}, once nothing holds it back: copying is paused"


async def test_a_retry_goes_when_the_order_that_it_repeats_is_in_no_book(world: World) -> None:
    world[F1].outcomes.append(not_taken())
    world.executes(1)
    await world.pass_(24)
    await world.handle(MarkNotPlaced(1))
    await world.handle(RetryCopy(1))
    await world.pass_(10)
    assert held(world, F1) == 50


async def test_a_retry_of_an_exit_closes_what_the_first_order_left_open(world: World) -> None:
    await trade(world, Side.BUY, 100)
    world[F1].outcomes.append(lost_answer(lands_after=20.0, ends=OrderStatus.CANCELLED, filled=50))
    world.executes(side=Side.SELL, quantity=100, filled=100)
    await world.pass_(24)
    failed = world.copies_of(F1)[1]
    await world.handle(MarkNotPlaced(failed.id))
    await world.handle(RetryCopy(failed.id))
    await world.pass_(10)
    assert sent(world, F1) == [("BUY", 100), ("SELL", 100), ("SELL", 50)]
    assert held(world, F1) == 0


async def test_a_retry_of_a_part_exit_does_not_close_its_part_twice(world: World) -> None:
    await trade(world, Side.BUY, 100)
    world[F1].outcomes.append(lost_answer(lands_after=20.0))
    world.executes(side=Side.SELL, quantity=50, filled=50)
    await world.pass_(24)
    failed = world.copies_of(F1)[1]
    await world.handle(MarkNotPlaced(failed.id))
    await world.handle(RetryCopy(failed.id))
    await world.pass_(10)
    assert held(world, F1) == held(world, F2) == 50


# A retry, and what the master still holds.


async def test_a_retry_opens_no_more_than_the_master_still_holds(world: World) -> None:
    world[F1].outcomes.append(refused())
    await trade(world, Side.BUY, 500)
    await trade(world, Side.SELL, 400)
    await world.handle(RetryCopy(1))
    await world.pass_(10)
    assert held(world, F1) == held(world, F2) == 100


async def test_a_retry_of_a_retry_is_not_made_smaller_twice(world: World) -> None:
    world[F1].outcomes.extend([refused(), refused()])
    await trade(world, Side.BUY, 400)
    await trade(world, Side.SELL, 200)
    await world.handle(RetryCopy(1))
    await world.pass_(5)
    await world.handle(RetryCopy(world.copies_of(F1)[-1].id))
    await world.pass_(10)
    assert held(world, F1) == 200


async def test_a_retry_of_less_than_a_lot_is_refused_in_a_sentence(world: World) -> None:
    world[F1].outcomes.append(refused())
    await trade(world, Side.BUY, 50)
    await trade(world, Side.BUY, 50)
    await trade(world, Side.SELL, 50)
    assert "all but less than one lot" in await world.handle(RetryCopy(1))
    await world.pass_(5)
    assert not world.copies_of(F1)[0].dismissed


# "Copy now" on what was missed.


async def test_a_missed_entry_is_not_copied_once_the_master_is_out(world: World) -> None:
    await missed(world, (Side.BUY, 50), (Side.SELL, 50))
    assert await world.handle(CopyMissed(1)) == (
        "not sent: the master no longer holds the position, so nothing would close what this opens"
    )
    await world.pass_(10)
    assert sent(world, F1) == []
    assert [decided.id for decided in world.engine.snapshot().missed] == [1, 2]


async def test_a_missed_entry_is_not_copied_when_the_master_was_out_and_is_in_it_again(world: World) -> None:
    await missed(world, (Side.BUY, 50), (Side.SELL, 50))
    await trade(world, Side.BUY, 50)
    assert "the master has closed the position since" in await world.handle(CopyMissed(1))
    await world.pass_(10)
    assert held(world, F1) == 50


async def test_a_missed_entry_of_yesterday_is_not_copied(world: World) -> None:
    await missed(world, (Side.BUY, 50))
    world.clock.jump(timedelta(hours=21).total_seconds())
    world.master.rows = []
    await world.pass_(10)
    assert "its price is from" in await world.handle(CopyMissed(1))
    await world.pass_(10)
    assert sent(world, F1) == []
    assert [decided.id for decided in world.engine.snapshot().missed] == [1]


async def test_a_missed_entry_is_copied_in_the_part_that_the_master_still_holds(world: World) -> None:
    await missed(world, (Side.BUY, 500), (Side.SELL, 400))
    await world.handle(CopyMissed(1))
    await world.pass_(10)
    assert held(world, F1) == 100


async def test_of_a_missed_turn_the_exit_goes_and_what_it_opened_does_not(world: World) -> None:
    await trade(world, Side.BUY, 50)
    await missed(world, (Side.SELL, 100), (Side.BUY, 50))
    said = await world.handle(CopyMissed(2))
    assert said.startswith("copied to 2 followers; not sent: the master no longer holds the position")
    await world.pass_(10)
    assert sent(world, F1) == [("BUY", 50), ("SELL", 50)]


async def test_a_missed_exit_stays_on_the_list_in_a_dry_run(a_world: MakeWorld) -> None:
    world = await a_world()
    await trade(world, Side.BUY, 50)
    await missed(world, (Side.SELL, 50))
    await world.handle(SetDryRun(True))
    assert await world.handle(CopyMissed(2)) == "dry run: would be copied to 2 followers; it stays on the list"
    await world.handle(SetDryRun(False))
    await world.handle(CopyMissed(2))
    await world.pass_(10)
    assert held(world, F1) == held(world, F2) == 0


async def test_a_missed_exit_stays_on_the_list_while_who_holds_it_is_disabled(a_world: MakeWorld) -> None:
    world = await a_world(followers=(F1,))
    await trade(world, Side.BUY, 50)
    await missed(world, (Side.SELL, 50))
    await world.handle(SetFollower(F1, False))
    assert (await world.handle(CopyMissed(2))).endswith("this follower is disabled; it stays on the list")
    await world.handle(SetFollower(F1, True))
    await world.handle(CopyMissed(2))
    await world.pass_(10)
    assert held(world, F1) == 0


async def test_the_answer_names_the_follower_who_did_not_get_a_missed_exit(world: World) -> None:
    await trade(world, Side.BUY, 50)
    await missed(world, (Side.SELL, 50))
    await world.handle(SetFollower(F2, False))
    assert await world.handle(CopyMissed(2)) == (
        "copied to 1 follower; Follower 2 did not get it: this follower is disabled"
    )
    assert (await world.handle(CopyMissed(2))).endswith("this follower is disabled; it stays on the list")
    await world.handle(SetFollower(F2, True))
    assert await world.handle(CopyMissed(2)) == "copied to 1 follower"
    await world.pass_(10)
    assert (held(world, F1), held(world, F2)) == (0, 0)
    assert "not waiting" in await world.handle(CopyMissed(2))


# The limits that an entry must meet.


async def test_an_approval_opens_no_more_positions_than_allowed(a_world: MakeWorld) -> None:
    limit = RiskSettings(max_open_positions=1)
    world = await a_world(require_confirmation=True, confirmation_timeout_seconds=300, risk=limit)
    for symbol in ("AAA-EQ", "BBB-EQ"):
        await trade(world, Side.BUY, 50, symbol=symbol)
    await trade(world, Side.BUY, 50, symbol="AAA-EQ")
    for id_ in (1, 2, 3):
        await world.handle(Approve(id_))
    await world.pass_(10)
    assert [intent.order.symbol for _at, intent in world[F1].posts] == ["AAA-EQ", "AAA-EQ"]
    assert world.copies_of(F1)[1].error == "1 positions are open, and max_open_positions is 1"


async def test_an_approval_that_sends_nothing_gives_the_reason(a_world: MakeWorld) -> None:
    limit = RiskSettings(max_open_positions=1)
    world = await a_world(require_confirmation=True, confirmation_timeout_seconds=300, risk=limit)
    for symbol in ("AAA-EQ", "BBB-EQ"):
        await trade(world, Side.BUY, 50, symbol=symbol)
    assert await world.handle(Approve(1)) == "approved for 2 followers"
    await world.pass_(10)
    why = "nothing sent: 1 positions are open, and max_open_positions is 1"
    assert await world.handle(Approve(2)) == why
    assert world.events(Level.INFO)[-1].endswith(why)


async def test_an_approval_that_leaves_everybody_out_is_reported(a_world: MakeWorld) -> None:
    world = await a_world(require_confirmation=True, confirmation_timeout_seconds=300)
    await trade(world, Side.BUY, 50)
    assert await world.handle(Approve(1, {F1: 0, F2: 0})) == "nothing sent: left out by the user"


async def test_what_is_closed_manually_is_not_the_masters_closing(a_world: MakeWorld) -> None:
    world = await a_world(confirmation_timeout_seconds=300)
    await trade(world, Side.BUY, 100)
    switch(world.engine.state, require_confirmation=True)
    await trade(world, Side.BUY, 100)
    await world.handle(Flatten())
    await world.pass_(10)
    assert held(world, F1) == held(world, F2) == 0
    await world.handle(Approve(2))
    await world.pass_(10)
    assert held(world, F1) == held(world, F2) == 100


async def test_an_exit_that_nobody_answered_before_a_restart_says_what_stays_open(a_world: MakeWorld) -> None:
    world = await a_world(followers=(F1,), confirmation_timeout_seconds=30)
    await trade(world, Side.BUY, 50)
    switch(world.engine.state, require_confirmation=True)
    await trade(world, Side.SELL, 50)
    await world.restart(down=60)
    (told,) = [text for text in world.events(Level.WARN) if "no answer before copytui stopped" in text]
    assert told.endswith("the followers' position stays open")


@pytest.mark.parametrize("side", list(Side))
async def test_after_hours_an_approval_and_a_retry_send_exits_only(a_world: MakeWorld, side: Side) -> None:
    world = await a_world(confirmation_timeout_seconds=900, trading=TradingHours(end=time(12, 5)))
    await trade(world, Side.BUY, 150)
    world[F1].outcomes.append(refused())
    await trade(world, side, 50)
    switch(world.engine.state, require_confirmation=True)
    await trade(world, side, 50)
    await world.pass_(400)
    said = await world.handle(RetryCopy(world.copies_of(F1)[1].id))
    await world.handle(Approve(3))
    await world.pass_(10)
    if side is Side.BUY:
        assert said == "not sent: after trading.end 12:05"
        assert held(world, F1) == 150
    else:
        assert held(world, F1) == 50
