"""Conditions of sending: caps, guards, logins and cancels neither hold back exits nor let late entries through."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from pathlib import Path

import pytest

from copytui.broker.port import WriteOutcome
from copytui.domain.copies import CopyState
from copytui.domain.errors import BrokerUnreachable, SessionExpired
from copytui.domain.orders import OrderStatus, Product, Side
from copytui.engine.commands import Approve, CancelAll, Flatten, RetryCopy, SetHalted
from copytui.journal.session_log import SessionLog
from copytui.settings.model import RiskSettings
from tests.engine.conftest import MakeWorld
from tests.engine.harness import F1, F2, MASTER, World
from tests.engine.scripted import Change, accepted, refused
from tests.engine.trades import held, sent, trade

S = CopyState


def cap(world: World, seconds: float) -> None:
    """Let the user's own max_orders_per_minute of follower 1 be used up."""
    world[F1].held_until = world.clock.monotonic() + seconds


async def test_an_exit_passes_an_entry_of_another_position_that_the_users_cap_keeps(world: World) -> None:
    await trade(world, Side.BUY, 50)
    cap(world, 300)
    await trade(world, Side.BUY, 50, product=Product.CARRYFORWARD)
    await trade(world, Side.SELL, 50)
    assert sent(world, F1) == [("BUY", 50), ("SELL", 50)]


async def test_an_exit_passes_an_entry_of_its_own_position_that_the_users_cap_keeps(world: World) -> None:
    await trade(world, Side.BUY, 200)
    cap(world, 30)
    await trade(world, Side.BUY, 200)
    await trade(world, Side.SELL, 200)  # half of the master's; what has filled of the follower's is enough
    assert sent(world, F1) == [("BUY", 200), ("SELL", 200)]
    await world.pass_(30)
    assert sent(world, F1) == [("BUY", 200), ("SELL", 200), ("BUY", 200)]
    assert held(world, F1) == held(world, F2) == 200


async def test_an_exit_that_closes_what_a_capped_entry_is_to_build_is_not_lost(world: World) -> None:
    cap(world, 30)
    await trade(world, Side.BUY, 100)
    await trade(world, Side.SELL, 50)
    assert sent(world, F1) == []
    await world.pass_(30)
    assert sent(world, F1) == [("BUY", 100), ("SELL", 50)]
    assert held(world, F1) == held(world, F2) == 50


async def test_a_dropped_copy_is_in_the_json_log_with_its_reason(world: World, tmp_path: Path) -> None:
    followers = {F1: "Follower 1", F2: "Follower 2"}
    log = SessionLog(tmp_path, started=world.clock.now(), mode="live", master=MASTER, followers=followers, version="x")
    world.engine.state.subscribers.append(log)
    world[F1].exits_held_until = world.clock.monotonic() + 40
    cap(world, 40)
    await trade(world, Side.BUY, 50)
    await trade(world, Side.SELL, 50)
    await world.pass_(60)
    log.close(world.clock.now())
    told = json.loads(log.path.read_text())
    assert world.states(F1)[0] is S.SKIPPED
    lines = [line for line in told["decisions"] if line.get("follower_name") == "Follower 1"]
    assert {line["decision"] for line in lines} == {"skipped"}
    assert [line["reason"] for line in lines].count("the master has closed the position since") == 1
    assert world.copies_of(F1)[0].error == "the master has closed the position since"


async def test_a_failed_entry_of_yesterday_is_not_sent_again(a_world: MakeWorld) -> None:
    world = await a_world()
    world[F1].outcomes.append(refused())
    await trade(world, Side.BUY, 50)
    await world.stop()
    await world.pass_(timedelta(hours=21).total_seconds())
    world.master.rows = []
    await world.start()
    await world.pass_(5)
    assert "its price is from" in await world.handle(RetryCopy(1))
    await world.pass_(10)
    assert sent(world, F1) == [("BUY", 50)]
    assert not world.copies_of(F1)[0].dismissed


async def test_a_failed_entry_is_not_sent_again_once_the_master_is_out(world: World) -> None:
    world[F1].outcomes.append(refused())
    await trade(world, Side.BUY, 50)
    await trade(world, Side.SELL, 50)
    assert await world.handle(RetryCopy(1)) == (
        "not sent: the master no longer holds the position, so nothing would close what this opens"
    )
    await trade(world, Side.SELL, 100)
    assert "the master holds -100 now" in await world.handle(RetryCopy(1))
    await world.pass_(10)
    assert ("BUY", 50) not in sent(world, F1)[1:]


async def test_a_failed_exit_is_sent_again_though_the_master_is_out(world: World) -> None:
    await trade(world, Side.BUY, 50)
    world[F1].outcomes.append(refused())
    await trade(world, Side.SELL, 50)
    failed = world.copies_of(F1)[1]
    assert "retried manually" in await world.handle(RetryCopy(failed.id))
    await world.pass_(10)
    assert held(world, F1) == 0


async def test_a_log_in_of_the_master_that_takes_long_makes_no_exit_too_old(world: World) -> None:
    await trade(world, Side.BUY, 50)
    world.master.logged_in = False
    world.master.book_errors.append(SessionExpired("AG8002"))
    world.master.log_in_errors.extend([BrokerUnreachable("no way")] * 6)  # 5, 10, 20, 40, 80 and 160 s
    await world.pass_(4)
    world.executes(side=Side.SELL, quantity=50, filled=50)
    await world.pass_(330)
    assert sent(world, F1) == [("BUY", 50), ("SELL", 50)]


async def test_the_guard_stops_no_flatten_while_halted(a_world: MakeWorld) -> None:
    world = await a_world(started=False)
    risk = RiskSettings(max_orders_per_symbol_per_minute=3, check_funds=False)
    world.settings = replace(world.settings, freeze_quantities={"NIFTY": 100}, risk=risk)
    await world.start()
    for _ in range(4):
        await trade(world, Side.BUY, 100)
        await world.pass_(61)
    await world.handle(SetHalted(True))
    world[F2].default = accepted(answers_after=5.0)
    flatten = asyncio.create_task(world.engine.handle(Flatten()))
    await world.pass_(4)
    await flatten
    await world.pass_(14)
    assert [side for side, _units in sent(world, F2)].count("SELL") == 4


async def test_an_order_of_yesterday_is_cancelled_no_more(a_world: MakeWorld) -> None:
    world = await a_world(poll_interval_seconds=30.0)
    for account in world.accounts.values():
        account.default = accepted(ends=OrderStatus.WORKING, filled=0)
    await trade(world, Side.BUY, 50)
    await world.pass_(30)
    for account in world.accounts.values():
        account.changes.extend([Change(WriteOutcome.UNKNOWN, done=False)] * 200)
    await world.handle(CancelAll())
    await world.pass_(60)
    assert world[F1].cancels
    for each in (world.master, *world.accounts.values()):
        each.rows = []
    await world.pass_(timedelta(hours=21).total_seconds())
    cancelled = len(world[F1].cancels)
    await world.pass_(300)
    assert len(world[F1].cancels) == cancelled


async def test_what_an_approval_would_send_is_in_the_snapshot_once_the_master_has_closed_some(
    a_world: MakeWorld,
) -> None:
    world = await a_world(require_confirmation=True)
    world.executes(quantity=200, filled=200)
    await world.pass_(4)
    assert world.engine.snapshot().reduced == {}
    world.executes(side=Side.SELL, quantity=50, filled=50)
    await world.pass_(4)
    [(asked, _deadline), *_] = world.engine.snapshot().approvals
    assert world.engine.snapshot().reduced == {asked: Fraction(3, 4)}
    await world.handle(Approve(asked))
    await world.pass_(4)
    assert [quantity for _symbol, quantity in world[F1].sent] == [150]


@pytest.mark.parametrize(("by_hand", "sent_then"), [(None, [50, 50, 50]), (150, [50, 50, 50]), (100, [50, 50])])
async def test_a_changed_quantity_is_distributed_over_the_slices_that_are_still_wanted(
    a_world: MakeWorld, by_hand: int | None, sent_then: list[int]
) -> None:
    symbol = "NIFTY28NOV2424000CE"
    world = await a_world(require_confirmation=True, freeze_quantities={"NIFTY": 100})
    await trade(world, Side.BUY, 300, symbol=symbol)
    await trade(world, Side.SELL, 150, symbol=symbol)
    entry = next(id_ for id_, left in world.engine.snapshot().reduced.items() if left == Fraction(1, 2))
    await world.handle(Approve(entry, {} if by_hand is None else {F1: by_hand}))
    await world.pass_(6)
    assert [quantity for side, quantity in sent(world, F1) if side == "BUY"] == sent_then
