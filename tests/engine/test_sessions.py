"""Sessions: an order leaves only while its market trades, and what comes too late is listed."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from decimal import Decimal
from itertools import count

import pytest

from copytui.broker.port import Quote
from copytui.domain.attention import Act, AttentionItem, AttentionKind
from copytui.domain.copies import CopyState, Resolution
from copytui.domain.decisions import Verdict
from copytui.domain.orders import Exchange, OrderStatus, Product, Side
from copytui.domain.pricing import OrderRules, UnfilledAction
from copytui.domain.reasons import Reason
from copytui.domain.sessions import SESSIONS, Hours, Session, SessionTable
from copytui.engine.commands import Approve, CopyMissed, Flatten, RetryCopy, SetDryRun, SetPaused
from copytui.engine.master.order_inputs import NoInstruments
from copytui.tui.present.attention import Attention
from tests.engine.conftest import MakeWorld
from tests.engine.harness import F1, F2, World
from tests.engine.scripted import accepted, refused
from tests.engine.trades import held, sent, trade

KEPT = Product.CARRYFORWARD


def closing(end: str, *auctions: tuple[str, str]) -> SessionTable:
    """NFO trades from 09:15 to `end`; the tests begin on a Friday at noon."""
    found = tuple(Hours(time.fromisoformat(start), time.fromisoformat(until)) for start, until in auctions)
    return SessionTable(nfo=Session((Hours(time(9, 15), time.fromisoformat(end)),), found))


CLOSED = closing("12:00")


def listed(world: World) -> list[AttentionItem]:
    return list(Attention().items(world.engine.snapshot(), world.clock.now()))


def decided(world: World) -> list[tuple[Verdict, Reason | None]]:
    return [(d.decision.verdict, d.decision.reason) for d in world.engine.state.executions.values()]


@pytest.mark.parametrize("dry_run", [False, True])
async def test_what_executes_too_late_to_trade_is_missed_and_nothing_is_sent(a_world: MakeWorld, dry_run: bool) -> None:
    world = await a_world(sessions=CLOSED, dry_run=dry_run)
    await trade(world, Side.BUY, 50)
    assert decided(world) == [(Verdict.MISSED, Reason.MARKET_CLOSED)]
    assert sent(world, F1) == sent(world, F2) == []
    (item,) = listed(world)
    assert (item.kind, item.why) == (AttentionKind.MISSED, "the market is closed: NFO trades from 09:15 to 12:00")


async def test_exits_after_the_close_stand_first_and_are_sent_by_hand_once_the_market_is_open(
    a_world: MakeWorld,
) -> None:
    world = await a_world(followers=(F1,), sessions=closing("12:01"))
    await trade(world, Side.BUY, 50, product=KEPT)
    await world.pass_(120)
    await trade(world, Side.BUY, 50, symbol="BANKNIFTY24NOV2650000CE")
    await trade(world, Side.SELL, 50, product=KEPT)
    first, second, *_ = listed(world)
    assert [(item.is_exit, item.kind) for item in (first, second)] == [
        (True, AttentionKind.MISSED),
        (True, AttentionKind.ORPHANED),
    ]
    said = await world.handle(CopyMissed(first.number))
    assert said.startswith("the market is closed")
    assert first.id in [item.id for item in listed(world)]
    assert sent(world, F1) == [("BUY", 50)]
    world.engine.state.settings = replace(world.settings, sessions=closing("15:40"))
    await world.handle(CopyMissed(first.number))
    await world.pass_(5)
    assert sent(world, F1) == [("BUY", 50), ("SELL", 50)]
    assert held(world, F1, product=KEPT) == 0


async def test_what_executed_in_an_auction_is_missed_although_the_market_trades_by_now(a_world: MakeWorld) -> None:
    world = await a_world(followers=(F1,), sessions=closing("15:40", ("09:00", "09:15")), max_order_age_seconds=86_400)
    at = world.clock.now().replace(hour=9, minute=8)
    world.executes(at=at)
    await world.pass_(5)
    assert decided(world) == [(Verdict.MISSED, Reason.AUCTION)]
    (item,) = listed(world)
    assert item.why == "it executed in an auction (09:00 to 09:15)"
    await world.handle(CopyMissed(item.number))
    await world.pass_(5)
    assert sent(world, F1) == [("BUY", 50)]


async def test_nothing_is_sent_into_an_auction(a_world: MakeWorld) -> None:
    world = await a_world(followers=(F1,), sessions=closing("11:59", ("11:59", "12:10")))
    await trade(world, Side.BUY, 50)
    assert decided(world) == [(Verdict.MISSED, Reason.AUCTION)]
    assert sent(world, F1) == []


async def test_a_queued_order_whose_session_ends_is_missed_and_can_be_sent_when_the_market_is_open_again(
    a_world: MakeWorld,
) -> None:
    world = await a_world(followers=(F1,), sessions=closing("12:01"), max_order_age_seconds=600)
    await trade(world, Side.BUY, 50)
    world[F1].held_until = world[F1].exits_held_until = 10_000.0  # the broker's limits are used up
    await trade(world, Side.SELL, 50)
    await trade(world, Side.BUY, 50, symbol="BANKNIFTY24NOV2650000CE")
    assert world.states(F1) == [CopyState.FILLED, CopyState.QUEUED, CopyState.QUEUED]
    await world.pass_(60)
    copies = world.copies_of(F1)[1:]
    assert [(copy.state, copy.resolution) for copy in copies] == [(CopyState.FAILED, Resolution.MISSED)] * 2
    assert sent(world, F1) == [("BUY", 50)]
    missed = [item for item in listed(world) if item.kind is AttentionKind.MISSED]
    assert [(item.id, item.is_exit, item.acts) for item in missed] == [
        ("c2", True, (Act.RETRY, Act.DISMISS)),
        ("c3", False, (Act.RETRY, Act.DISMISS)),
    ]
    assert listed(world)[0].id == "c2"
    assert await world.handle(RetryCopy(2)) == "not sent: the market is closed: NFO trades from 09:15 to 12:01"
    world[F1].held_until = world[F1].exits_held_until = 0.0
    world.engine.state.settings = replace(world.settings, sessions=closing("15:40"))
    await world.handle(RetryCopy(2))
    await world.pass_(10)
    assert sent(world, F1) == [("BUY", 50), ("SELL", 50)]


async def test_an_order_that_a_pause_holds_over_the_close_does_not_leave_afterwards(a_world: MakeWorld) -> None:
    world = await a_world(followers=(F1,), sessions=closing("12:01"), max_order_age_seconds=600)
    world[F1].held_until = 20.0
    await trade(world, Side.BUY, 50)
    await world.handle(SetPaused(True))
    await world.pass_(90)
    await world.handle(SetPaused(False))
    await world.pass_(10)
    assert sent(world, F1) == []
    assert world.states(F1) == [CopyState.FAILED]


async def test_the_session_is_asked_again_just_before_the_post(a_world: MakeWorld) -> None:
    world = await a_world(followers=(F1,), sessions=closing("12:01"), max_order_age_seconds=600)
    assert world.journal is not None
    world.journal.hold = asyncio.Event()  # the intent waits for the disk until the market has closed
    await trade(world, Side.BUY, 50)
    assert world.states(F1) == [CopyState.QUEUED]
    await world.pass_(60)
    world.journal.hold.set()
    world.journal.hold = None
    await world.pass_(5)
    assert sent(world, F1) == []
    assert [copy.resolution for copy in world.copies_of(F1)] == [Resolution.MISSED]


async def test_a_restart_after_the_close_sends_nothing_that_was_queued_before(a_world: MakeWorld) -> None:
    world = await a_world(followers=(F1,), sessions=closing("12:01"), max_order_age_seconds=600)
    world[F1].held_until = 10_000.0
    await trade(world, Side.BUY, 50)
    await world.stop()
    await world.clock.advance(60)
    world[F1].held_until = 0.0
    await world.start()
    await world.pass_(10)
    assert sent(world, F1) == []
    assert [copy.resolution for copy in world.copies_of(F1)] == [Resolution.MISSED]


async def test_an_approval_after_the_close_sends_nothing_and_leaves_the_execution_listed(a_world: MakeWorld) -> None:
    world = await a_world(
        followers=(F1,), sessions=closing("12:01"), require_confirmation=True, confirmation_timeout_seconds=600
    )
    await trade(world, Side.BUY, 50)
    await world.pass_(60)
    said = await world.handle(Approve(1))
    assert said == "not sent: the market is closed: NFO trades from 09:15 to 12:01; it is listed as missed"
    assert decided(world) == [(Verdict.MISSED, Reason.MARKET_CLOSED)]
    await world.pass_(5)
    assert sent(world, F1) == []
    world.engine.state.settings = replace(world.settings, sessions=closing("15:40"))
    await world.handle(CopyMissed(1))
    await world.pass_(5)
    assert sent(world, F1) == [("BUY", 50)]


async def test_a_failed_order_is_not_sent_again_after_the_close(a_world: MakeWorld) -> None:
    world = await a_world(followers=(F1,), sessions=closing("12:01"))
    world[F1].outcomes.append(refused())
    await trade(world, Side.BUY, 50)
    await world.pass_(60)
    assert (await world.handle(RetryCopy(1))).startswith("not sent: the market is closed")
    assert len(world[F1].posts) == 1


async def test_flatten_closes_only_what_can_trade(a_world: MakeWorld) -> None:
    world = await a_world(followers=(F1,), sessions=closing("12:01"))
    await trade(world, Side.BUY, 50)
    await trade(world, Side.BUY, 10, symbol="SBIN-EQ", exchange=Exchange.NSE, lot_size=1, instrument_type="", token="3")
    for token in ("43210", "3"):
        world.master.quotes[token] = Quote(Decimal(100), None, None)
    await world.pass_(60)
    said = await world.handle(Flatten())
    assert said == "flattening 1 position; not the others: the market is closed: NFO trades from 09:15 to 12:01"
    await world.pass_(5)
    assert world[F1].sent[2:] == [("SBIN-EQ", 10)]
    assert await world.handle(Flatten()) == "not flattened: the market is closed: NFO trades from 09:15 to 12:01"


@pytest.mark.parametrize(("end", "moved"), [("12:00:30", False), ("12:30", True)])
async def test_a_working_limit_is_not_moved_after_the_close(a_world: MakeWorld, end: str, *, moved: bool) -> None:
    rules = OrderRules(unfilled_after_seconds=40, unfilled_action=UnfilledAction.REPRICE)
    world = await a_world(followers=(F1,), sessions=closing(end), orders=rules)
    world[F1].default = accepted(ends=OrderStatus.WORKING)
    world.master.quotes["43210"] = Quote(Decimal(110), None, None)
    await trade(world, Side.BUY, 50)
    await world.pass_(120)
    assert len(world[F1].posts) == 1
    assert bool(world[F1].reprices) is moved


async def test_the_brokers_clock_counts_as_well_as_ours(a_world: MakeWorld) -> None:
    world = await a_world(followers=(F1,), sessions=closing("12:30"), started=False)

    def ahead() -> datetime:
        return world.clock.now() + timedelta(hours=1)

    world.master.server_time = ahead
    await world.start()
    await trade(world, Side.BUY, 50, at=ahead())
    assert decided(world) == [(Verdict.MISSED, Reason.MARKET_CLOSED)]
    assert listed(world)[0].why.endswith("(by the broker's clock)")
    assert sent(world, F1) == []


async def test_a_dry_run_simulates_what_waits_at_the_close(a_world: MakeWorld) -> None:
    world = await a_world(followers=(F1,), sessions=closing("12:01"), max_order_age_seconds=600)
    world[F1].held_until = 10_000.0
    await trade(world, Side.BUY, 50)
    await world.handle(SetDryRun(True))
    await world.pass_(90)
    assert world.states(F1) == [CopyState.SIMULATED]


async def test_without_sessions_orders_leave_at_any_hour(a_world: MakeWorld) -> None:
    world = await a_world(followers=(F1,), started=False)
    world.clock.jump(39 * 3600.0)  # Sunday at three in the morning
    await world.start()
    await trade(world, Side.BUY, 50)
    assert sent(world, F1) == [("BUY", 50)]


@dataclass
class Shares(NoInstruments):
    """A list that knows only which shares have derivatives."""

    known: bool | None

    def has_derivatives(self, symbol: str) -> bool | None:
        assert symbol == "SBIN-EQ"
        return self.known


@pytest.mark.parametrize(("known", "posts"), [(True, 0), (False, 1), (None, 0)])
async def test_a_share_with_derivatives_or_of_which_that_is_not_known_is_not_sent_into_the_closing_auction(
    a_world: MakeWorld, known: bool | None, posts: int
) -> None:
    world = await a_world(followers=(F1,), sessions=SESSIONS, instruments=Shares(known), started=False)
    world.clock.jump(3 * 3600.0 + 20 * 60.0)  # 15:20
    await world.start()
    await trade(world, Side.BUY, 10, symbol="SBIN-EQ", exchange=Exchange.NSE, lot_size=1, instrument_type="")
    assert len(world[F1].posts) == posts


async def test_a_single_wrong_answer_about_the_time_holds_nothing_back(a_world: MakeWorld) -> None:
    world = await a_world(followers=(F1,), sessions=closing("12:30"))
    await world.pass_(6)
    answers = count()
    world.master.server_time = lambda: world.clock.now() + timedelta(hours=1 if next(answers) == 1 else 0)
    for _ in range(4):
        await trade(world, Side.BUY, 50)
    assert sent(world, F1) == [("BUY", 50)] * 4
