"""Funds: the day's first figure sizes by capital, fresh figures hold entries back, and nothing is guessed."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

from copytui.domain.errors import BrokerTrouble, SessionExpired
from copytui.domain.events import Level
from copytui.domain.orders import Side
from copytui.domain.reasons import Reason
from copytui.domain.sizing import SizingMode, SymbolRule
from copytui.engine.follower.funds import IDLE_EVERY, LATELY, TRADING_EVERY
from copytui.settings.model import RiskSettings
from tests.engine.conftest import MakeWorld
from tests.engine.harness import F1, F2, World
from tests.engine.scripted import accepted


def sized(world: World, client: str = F1, **more: Any) -> None:
    """Give a follower another sizing, from the next start on."""
    followers = tuple(
        replace(f, sizing=replace(f.sizing, **more)) if f.client_id == client else f for f in world.settings.followers
    )
    world.settings = replace(world.settings, followers=followers)


def reported(world: World, words: str) -> list[str]:
    return [event.text for event in world.seen.events if words in event.text]


async def by_capital(a_world: MakeWorld, *, mine: object = Decimal(200_000), **settings: Any) -> World:
    world = await a_world(started=False, **settings)
    sized(world, mode=SizingMode.CAPITAL)
    world[F1].funds_now = mine  # type: ignore[assignment]
    await world.start()
    return world


async def test_a_follower_sized_by_capital_gets_its_share_of_the_masters_quantity_and_the_ratio_is_reported(
    a_world: MakeWorld,
) -> None:
    world = await by_capital(a_world)
    assert reported(world, "sized by capital") == [
        "sized by capital: ₹200,000.00 of the master's ₹100,000.00, so x2 today"
    ]
    world.executes()
    await world.pass_(4)
    assert world[F1].sent == [("NIFTY28NOV2624000CE", 100)]
    assert world[F2].sent == [("NIFTY28NOV2624000CE", 50)]


async def test_a_rule_for_some_symbols_is_enough_to_read_the_masters_funds(a_world: MakeWorld) -> None:
    world = await a_world(started=False)
    sized(world, rules=(SymbolRule(("NIFTY",), mode=SizingMode.CAPITAL),))
    world[F1].funds_now = Decimal(300_000)
    await world.start()
    world.executes()
    await world.pass_(4)
    assert world[F1].sent == [("NIFTY28NOV2624000CE", 150)]


async def test_the_days_first_figure_holds_for_the_day_also_over_a_restart(a_world: MakeWorld) -> None:
    world = await by_capital(a_world)
    world[F1].funds_now = world.master.funds_now = Decimal(50_000)
    await world.pass_(IDLE_EVERY + 5)
    assert world.engine.snapshot().followers[0].day_funds == 200_000
    await world.restart(down=5)
    follower = world.engine.snapshot().followers[0]
    assert follower.day_funds == 200_000
    assert follower.capital_ratio == 2
    assert world.engine.snapshot().master_funds == 100_000
    assert len(reported(world, "so x2 today")) == 1


async def test_a_new_day_has_a_new_first_figure(a_world: MakeWorld) -> None:
    world = await by_capital(a_world)
    world[F1].funds_now = Decimal(400_000)
    world.clock.jump(12 * 3600)
    await world.pass_(10)
    assert world.engine.snapshot().followers[0].capital_ratio == 4
    await world.restart(down=5)
    assert world.engine.snapshot().followers[0].capital_ratio == 4


async def test_without_the_masters_funds_nobody_is_sized_by_capital_and_that_is_reported_once(
    a_world: MakeWorld,
) -> None:
    world = await a_world(started=False)
    sized(world, mode=SizingMode.CAPITAL)
    world.master.funds_now = BrokerTrouble("HTTP 502")
    await world.start()
    world.executes(1)
    await world.pass_(100)
    assert world[F1].posts == []
    assert len(world[F2].posts) == 1
    plan = next(plan for plan in world.seen.decisions[0].decision.plans if plan.follower == F1)
    assert plan.reason is Reason.FUNDS_UNKNOWN
    assert len(reported(world, "funds cannot be read")) == 1
    pauses = [round(b - a) for a, b in zip(world.master.funds_reads, world.master.funds_reads[1:], strict=False)]
    assert pauses[:5] == [2, 5, 10, 20, 40]
    world.master.funds_now = Decimal(100_000)
    await world.pass_(70)
    assert len(reported(world, "funds can be read again")) == 1
    world.executes(2)
    await world.pass_(4)
    assert len(world[F1].posts) == 1


async def test_a_follower_whose_funds_cannot_be_read_is_reported_once_and_sized_once_they_can(
    a_world: MakeWorld,
) -> None:
    world = await by_capital(a_world, mine=None)
    await world.pass_(60)
    assert reported(world, "funds cannot be read") == [
        (
            "its funds cannot be read: the broker does not report the available funds;"
            " it is sized by capital and gets no entries"
        )
    ]
    assert "funds: " in world.engine.snapshot().followers[0].failing
    world[F1].funds_now = Decimal(200_000)
    await world.pass_(70)
    assert world.engine.snapshot().followers[0].failing == ""
    world.executes()
    await world.pass_(4)
    assert world[F1].sent == [("NIFTY28NOV2624000CE", 100)]


async def test_a_master_without_funds_gives_no_ratio_and_no_entry(a_world: MakeWorld) -> None:
    world = await a_world(started=False)
    sized(world, mode=SizingMode.CAPITAL)
    world.master.funds_now = Decimal(0)
    await world.start()
    world.executes()
    await world.pass_(4)
    assert world[F1].posts == []
    assert len(reported(world, "give no ratio")) == 1


async def test_slow_funds_delay_nothing(a_world: MakeWorld) -> None:
    world = await a_world(started=False)
    for account in (world.master, world[F1], world[F2]):
        account.funds_takes = 30.0
    await world.start()
    world.executes()
    await world.pass_(4)
    assert len(world[F1].posts) == len(world[F2].posts) == 1


async def test_funds_are_read_often_while_an_account_trades_and_rarely_otherwise(world: World) -> None:
    world.executes(side=Side.BUY)
    await world.pass_(6)
    world.executes(side=Side.SELL)
    await world.pass_(6)
    before = len(world[F1].funds_reads)
    await world.pass_(LATELY + TRADING_EVERY)
    often = len(world[F1].funds_reads) - before
    assert 9 <= often <= 11
    before = len(world[F1].funds_reads)
    await world.pass_(2 * IDLE_EVERY)
    assert len(world[F1].funds_reads) - before == 2


async def test_an_open_position_keeps_the_funds_fresh(world: World) -> None:
    world.executes()
    await world.pass_(1000)
    before = len(world[F1].funds_reads)
    await world.pass_(300)
    assert len(world[F1].funds_reads) - before == 10


async def test_funds_are_read_again_two_seconds_after_a_fill_and_only_fresh_ones_hold_an_entry_back(
    world: World,
) -> None:
    world[F1].default = accepted(lands_after=1.0)
    world.executes()
    await world.pass_(3.0)
    sent_at = world[F1].post_times[0]
    follower = world.engine.state.followers[F1]
    assert follower.fresh_funds(world.clock.monotonic()) is None, "the figure does not have the order yet"
    world[F1].funds_now = Decimal(1000)
    await world.pass_(6)
    filled_at = follower.filled_at
    assert filled_at is not None
    assert world[F1].funds_reads[-1] == filled_at + 2.0 > sent_at
    assert follower.funds_at == world[F1].funds_reads[-1]
    world.executes()
    await world.pass_(4)
    assert len(world[F1].posts) == 1
    plan = next(plan for plan in world.seen.decisions[-1].decision.plans if plan.follower == F1)
    assert plan.reason is Reason.SHORT_OF_FUNDS


async def test_a_figure_asked_for_before_a_send_is_not_taken_for_fresh(world: World) -> None:
    world[F1].funds_takes = 5.0
    await world.pass_(IDLE_EVERY + 1.0)
    world.executes()
    await world.pass_(2.5)
    follower = world.engine.state.followers[F1]
    reads = world[F1].funds_reads
    assert reads[-1] < world[F1].post_times[0] < reads[-1] + 5.0
    await world.pass_(2.0)
    assert follower.funds is not None
    assert follower.funds_at is None


async def test_funds_are_not_read_where_nothing_needs_them(a_world: MakeWorld) -> None:
    world = await a_world(risk=RiskSettings(check_funds=False))
    world.executes()
    await world.pass_(400)
    assert world[F1].funds_reads == world.master.funds_reads == world[F1].profit_reads == []
    shown = await a_world(risk=RiskSettings(check_funds=False), publish=True)
    await shown.pass_(4)
    assert shown.master.funds_reads
    assert shown[F1].funds_reads
    assert shown[F1].profit_reads
    snapshot = shown.engine.snapshot().followers[0]
    assert snapshot.funds is not None
    assert snapshot.profit is not None


async def test_a_session_that_ends_under_the_funds_is_opened_again_and_says_nothing_of_money(world: World) -> None:
    world[F1].funds_now = SessionExpired("AG8002")
    world[F1].logged_in = True
    await world.pass_(IDLE_EVERY + 1)
    assert reported(world, "funds cannot") == []
    world[F1].funds_now = Decimal(1)
    await world.pass_(120)
    assert world.engine.state.followers[F1].funds is not None
    assert world.events(Level.ERROR) == []
