"""The broker's clock and ours disagree about the date: the day stays, no position is forgotten, and exits go."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from copytui.domain.attention import AttentionKind
from copytui.domain.errors import BrokerTrouble
from copytui.domain.events import Level
from copytui.domain.orders import OrderStatus, Side
from copytui.reports.attention_cli import read_attention
from copytui.tui.present.attention import Attention
from tests.engine.conftest import MakeWorld
from tests.engine.harness import F1, World
from tests.engine.scripted import accepted, refused
from tests.engine.trades import held, sent

DAY = timedelta(days=1)
A_DAY = DAY.total_seconds()


class Broker:
    """The broker's clock: right, whatever ours says; `wrong` answers have another date."""

    def __init__(self, world: World) -> None:
        self.world, self.start = world, world.clock.now() - timedelta(seconds=world.clock.monotonic())
        self.wrong: list[timedelta | None] = []
        world.master.server_time = self.answer
        for account in world.accounts.values():
            account.server_time = self.now

    def now(self) -> datetime:
        return self.start + timedelta(seconds=self.world.clock.monotonic())

    def answer(self) -> datetime | None:
        off = self.wrong.pop(0) if self.wrong else timedelta()
        return None if off is None else self.now() + off

    async def trade(self, side: Side, quantity: int = 50, *, wait: float = 6.0, **more: Any) -> None:
        self.world.executes(side=side, quantity=quantity, filled=quantity, at=self.now(), **more)
        await self.world.pass_(wait)


def day(world: World) -> int:
    return world.engine.state.day.day


def clocks(world: World) -> list[str]:
    """The item of the attention list, on the screen and by the journal."""
    items = Attention().items(world.engine.snapshot(), world.clock.now())
    return [item.why for item in items if item.kind is AttentionKind.CLOCKS]


async def by_journal(world: World) -> list[str]:
    await world.on_disk("SELECT 1")
    items = read_attention(world.path, {F1: "Follower 1"}, world.clock.now())
    return [item.why for item in items if item.kind is AttentionKind.CLOCKS]


@pytest.mark.parametrize("off", [-400, -1, 1, 400])
@pytest.mark.parametrize("times", [1, 2])
async def test_a_wrong_header_turns_nothing_and_holds_no_exit(a_world: MakeWorld, off: int, times: int) -> None:
    world = await a_world(followers=(F1,))
    broker = Broker(world)
    await broker.trade(Side.BUY)
    broker.wrong = [off * DAY] * times
    await broker.trade(Side.SELL, wait=4)
    assert (day(world), sent(world, F1), held(world, F1)) == (20, [("BUY", 50), ("SELL", 50)], 0)


async def test_no_follower_without_the_position_is_turned_over_after_a_wrong_header(a_world: MakeWorld) -> None:
    world = await a_world(followers=(F1,))
    broker = Broker(world)
    world[F1].outcomes.append(accepted(ends=OrderStatus.REJECTED, filled=0))
    await broker.trade(Side.BUY)
    broker.wrong = [DAY]
    await world.pass_(6)
    await broker.trade(Side.SELL)
    assert sent(world, F1) == [("BUY", 50)]
    assert world.verdicts[-1] == "skipped"


async def test_an_entry_waits_out_one_wrong_header_and_is_missed_after_the_second(a_world: MakeWorld) -> None:
    world = await a_world(followers=(F1,))
    broker = Broker(world)
    broker.wrong = [DAY]
    await broker.trade(Side.BUY, wait=3.5)
    assert (sent(world, F1), world.states(F1)) == ([], ["queued"])
    await world.pass_(4)
    assert sent(world, F1) == [("BUY", 50)]
    broker.wrong = [DAY, 2 * DAY, DAY, 2 * DAY]
    await world.pass_(3)
    await broker.trade(Side.BUY, wait=4)
    assert world.verdicts[-1] == "missed"
    [missed] = world.engine.snapshot().missed
    assert "the date is uncertain: the broker says" in missed.decision.sentence
    assert missed.decision.reason == "date_uncertain"
    await world.pass_(30)
    assert sent(world, F1) == [("BUY", 50)]


async def test_a_disagreement_is_said_once_and_so_is_its_end(a_world: MakeWorld) -> None:
    world = await a_world(followers=(F1,))
    broker = Broker(world)
    broker.wrong = [-DAY] * 20
    await world.pass_(40)
    assert day(world) == 20
    assert [text for text in world.errors if "clocks disagree about the date" in text] == world.errors
    assert len(world.errors) == 1
    assert len(clocks(world)) == 1
    assert clocks(world) == await by_journal(world)
    await world.pass_(40)
    assert (clocks(world), await by_journal(world)) == ([], [])
    assert len([text for text in world.events(Level.INFO) if "clocks agree on the date again" in text]) == 1
    assert len(world.errors) == 1


@pytest.mark.parametrize("off", [-400, -1, 1, 400])
async def test_our_clock_that_jumps_by_days_is_reported_and_stops_nothing(a_world: MakeWorld, off: int) -> None:
    world = await a_world(followers=(F1,))
    broker = Broker(world)
    await broker.trade(Side.BUY)
    world.clock.sleep_through(off * A_DAY)
    await world.pass_(6)
    assert (day(world), held(world, F1)) == (20, 50)
    assert any("this computer's date is wrong" in text for text in world.events(Level.WARN))
    await broker.trade(Side.BUY)
    await broker.trade(Side.SELL, 100)
    assert sent(world, F1) == [("BUY", 50), ("BUY", 50), ("SELL", 100)]
    assert len(clocks(world)) == 1
    world.clock.sleep_through(-off * A_DAY)
    await world.pass_(6)
    assert clocks(world) == []
    assert held(world, F1) == 0


@pytest.mark.parametrize("off", [-1, 1])
@pytest.mark.parametrize("known", [False, True])
async def test_a_start_with_a_wrong_clock_counts_fills_and_closes(a_world: MakeWorld, off: int, *, known: bool) -> None:
    world = await a_world(followers=(F1,), started=False)
    broker = Broker(world)
    if known:
        await world.start()
        await world.stop()
    world.clock.sleep_through(off * A_DAY)
    await world.start()
    await world.pass_(10)
    assert day(world) == 20
    await broker.trade(Side.BUY)
    assert held(world, F1) == 50
    await broker.trade(Side.SELL)
    assert (sent(world, F1), held(world, F1)) == ([("BUY", 50), ("SELL", 50)], 0)
    assert await world.on_disk("SELECT DISTINCT day FROM executions") == [("2026-11-20",)]
    assert await world.on_disk("SELECT day FROM looks") == [("2026-11-20",)]


@pytest.mark.parametrize("off", [-1, 1])
async def test_a_restart_with_a_wrong_clock_forgets_no_position(a_world: MakeWorld, off: int) -> None:
    world = await a_world(followers=(F1,))
    broker = Broker(world)
    await broker.trade(Side.BUY)
    await world.stop()
    world.clock.sleep_through(off * A_DAY)
    await world.start()
    assert held(world, F1) == 50
    await world.pass_(10)
    await broker.trade(Side.SELL)
    assert (day(world), sent(world, F1)) == (20, [("BUY", 50), ("SELL", 50)])


async def test_a_position_of_yesterday_ends_although_our_clock_stayed_behind(a_world: MakeWorld) -> None:
    """And what the master trades today closes nothing of it, not even in the answers before the day has turned."""
    world = await a_world(followers=(F1,))
    broker = Broker(world)
    await broker.trade(Side.BUY)
    world[F1].rows = world.master.rows = []
    broker.start += DAY
    world.executes(side=Side.SELL, at=broker.now() - timedelta(minutes=5))
    await world.pass_(12)
    assert (day(world), held(world, F1), sent(world, F1)) == (21, 0, [("BUY", 50)])
    await broker.trade(Side.BUY)  # it covers what he sold before the day's first poll
    assert len(sent(world, F1)) == 1
    await broker.trade(Side.BUY)
    await broker.trade(Side.SELL)
    assert sent(world, F1)[1:] == [("BUY", 50), ("SELL", 50)]


async def test_a_refusal_is_followed_and_listed_on_the_day_of_the_broker(a_world: MakeWorld) -> None:
    world = await a_world(followers=(F1,), started=False)
    broker = Broker(world)
    world.clock.sleep_through(-A_DAY)
    await world.start()
    await world.pass_(10)
    world[F1].outcomes.append(refused())
    await broker.trade(Side.BUY)
    world.clock.sleep_through(A_DAY)
    await world.pass_(10)
    items = Attention().items(world.engine.snapshot(), world.clock.now())
    assert [item.label for item in items] == ["failed"]
    world[F1].default = accepted()


async def test_answers_without_a_date_turn_nothing_and_stop_nothing(a_world: MakeWorld) -> None:
    world = await a_world(followers=(F1,))
    broker = Broker(world)
    broker.wrong = [None] * 50
    await broker.trade(Side.BUY)
    await broker.trade(Side.SELL)
    assert sent(world, F1) == [("BUY", 50), ("SELL", 50)]
    assert clocks(world) == []


@pytest.mark.parametrize("off", [0, -1])
async def test_what_a_restart_finds_queued_waits_for_the_first_answer(a_world: MakeWorld, off: int) -> None:
    """With a clock that is a day behind, nothing but the broker says that its day is over."""
    world = await a_world(followers=(F1,))
    broker = Broker(world)
    await broker.trade(Side.BUY)
    world[F1].exits_held_until = world[F1].held_until = world.clock.monotonic() + 30
    await broker.trade(Side.SELL, wait=4)
    await world.stop()
    world[F1].rows = world.master.rows = []
    broker.start += DAY
    world.clock.sleep_through(A_DAY + off * A_DAY)
    world.master.book_errors.extend([BrokerTrouble("busy")] * 4)
    await world.clock.advance(40)
    await world.start()
    await world.pass_(120)
    assert (day(world), held(world, F1), sent(world, F1)) == (21, 0, [("BUY", 50)])
