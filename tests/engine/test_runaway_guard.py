"""The runaway guard: an order rate beyond the limit stops everything."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from copytui.domain.copies import ChildOrder, CopyState
from copytui.domain.orders import Exchange, Side
from copytui.engine.commands import SetHalted
from copytui.engine.follower.follower import Follower
from copytui.engine.orders.dispatcher import Dispatcher
from copytui.journal.session_log import SessionLog
from copytui.settings.model import RiskSettings
from tests.engine.conftest import MakeWorld
from tests.engine.harness import F1, F2, MASTER, World
from tests.engine.scripted import accepted, not_sent, not_taken


def limited(most: int) -> RiskSettings:
    return RiskSettings(max_orders_per_symbol_per_minute=most)


async def trade(world: World, **more: object) -> None:
    world.executes(**more)  # type: ignore[arg-type]
    await world.pass_(3)


async def test_the_order_that_would_be_over_the_limit_is_not_sent_and_everything_halts(a_world: MakeWorld) -> None:
    world = await a_world(risk=limited(3))
    for _ in range(4):
        await trade(world)
    assert len(world[F1].posts) == 3
    (halted,) = world.errors
    assert "halted: Follower 1: 3 orders in NIFTY28NOV2624000CE within 60 s" in halted
    assert "max_orders_per_symbol_per_minute = 3" in halted
    assert world.engine.snapshot().rules.halted_because is not None
    await trade(world, symbol="AAA-EQ")
    assert len(world[F1].posts) == len(world[F2].posts) == 3
    assert world.verdicts[-1] == "missed"


def halted(world: World) -> str:
    return world.engine.snapshot().rules.halted_because or ""


async def test_slices_in_and_slices_out_never_trip_it(a_world: MakeWorld) -> None:
    world = await a_world(risk=limited(3), freeze_quantities={"NIFTY": 50})
    await trade(world, quantity=150, filled=150)
    await world.pass_(3)
    await trade(world, side=Side.SELL, quantity=150, filled=150)
    await world.pass_(3)
    assert [intent.order.side for _at, intent in world[F1].posts] == [Side.BUY] * 3 + [Side.SELL] * 3
    assert halted(world) == ""


async def test_an_exit_goes_when_entries_have_used_the_limit_up(a_world: MakeWorld) -> None:
    world = await a_world(risk=limited(2))
    for _ in range(2):
        await trade(world)
    await trade(world, side=Side.SELL, quantity=100, filled=100)
    assert world[F1].sent[-1] == ("NIFTY28NOV2624000CE", 100)
    assert (len(world[F1].posts), halted(world)) == (3, "")


async def test_exits_do_not_use_up_what_entries_may_send(a_world: MakeWorld) -> None:
    world = await a_world(risk=limited(2))
    for side in (Side.BUY, Side.SELL, Side.BUY, Side.SELL):
        await trade(world, side=side)
    assert (len(world[F1].posts), halted(world)) == (4, "")
    await trade(world)
    assert "2 orders in NIFTY28NOV2624000CE within 60 s, and the next would exceed" in halted(world)


async def test_a_sliced_entry_that_does_not_fit_into_the_minute_is_refused_before_its_first_slice(
    a_world: MakeWorld,
) -> None:
    world = await a_world(followers=(F1,), risk=limited(5), freeze_quantities={"NIFTY": 50})
    await trade(world, quantity=150, filled=150)
    await trade(world, quantity=150, filled=150)
    assert len(world[F1].posts) == 3
    assert "3 orders in NIFTY28NOV2624000CE within 60 s, and the next 3 would exceed" in halted(world)
    assert world.states(F1) == ["filled"] * 3 + ["queued"] * 3
    await world.handle(SetHalted(False))
    await world.pass_(3)
    assert world.states(F1) == ["filled"] * 6


async def test_an_entry_whose_slices_alone_are_over_the_limit_is_never_sent_in_part(a_world: MakeWorld) -> None:
    world = await a_world(risk=limited(3), freeze_quantities={"NIFTY": 50})
    await trade(world, quantity=200, filled=200)
    assert len(world[F1].posts) == len(world[F2].posts) == 0
    assert "a copy in NIFTY28NOV2624000CE needs 4 orders" in halted(world)
    assert set(world.states(F1) + world.states(F2)) == {"failed"}
    assert sum("not sent in 4 slices" in text for text in world.errors) == 2
    await world.handle(SetHalted(False))
    await world.pass_(3)
    assert halted(world) == "", "a release does not halt again for the same copy"


async def test_a_copy_that_has_begun_goes_on_to_its_last_slice(a_world: MakeWorld) -> None:
    world = await a_world(followers=(F1,), risk=limited(3), freeze_quantities={"NIFTY": 50})
    world[F1].outcomes.extend([accepted(), not_sent(), not_sent()])
    await trade(world, quantity=150, filled=150)
    await world.pass_(30)
    assert world.states(F1) == ["filled"] * 3
    assert halted(world) == ""


async def test_other_symbols_followers_and_minutes_are_counted_apart(a_world: MakeWorld) -> None:
    world = await a_world(risk=limited(2))
    for symbol in ("AAA-EQ", "AAA-EQ", "BBB-EQ", "BBB-EQ"):
        await trade(world, symbol=symbol, exchange=Exchange.NSE)
    await world.pass_(60)
    for _ in range(2):
        await trade(world, symbol="AAA-EQ", exchange=Exchange.NSE)
    assert len(world[F1].posts) == 6
    assert world.errors == []


async def test_zero_is_no_limit(a_world: MakeWorld) -> None:
    world = await a_world(risk=limited(0))
    for _ in range(30):
        world.executes()
    await world.pass_(6)
    assert len(world[F1].posts) == 30


async def test_an_order_that_never_left_is_not_counted(a_world: MakeWorld) -> None:
    world = await a_world(risk=limited(2))
    world[F1].outcomes.extend([not_sent(), not_sent(), not_sent()])
    await trade(world)
    await world.pass_(20)
    assert world.states(F1) == ["filled"]
    await trade(world)
    assert world.states(F1) == ["filled", "filled"]
    assert world.errors == []


async def test_released_the_minute_begins_again_and_what_still_waits_goes(a_world: MakeWorld) -> None:
    world = await a_world(risk=limited(2))
    for _ in range(3):
        await trade(world)
    assert world.states(F1) == ["filled", "filled", "queued"]
    assert await world.handle(SetHalted(False)) == "halt released"
    await world.pass_(3)
    assert world.states(F1) == ["filled", "filled", "filled"]


async def test_a_bug_that_would_send_an_unknown_order_again_halts_everything_before_the_second_post(
    a_world: MakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Dispatcher, "_unknown", Dispatcher._queue_again)
    world = await a_world()
    world[F1].outcomes.append(not_taken())
    await trade(world)
    await world.pass_(10)
    assert len(world[F1].posts) == 1
    assert world.states(F1) == ["failed"]
    assert any("about to be sent a second time" in text for text in world.errors)
    assert "about to be sent a second time" in (world.engine.snapshot().rules.halted_because or "")


async def test_a_bug_that_would_send_more_orders_than_an_execution_has_halts_everything(
    a_world: MakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    def resend(self: Dispatcher, follower: Follower, copy: ChildOrder, text: str) -> None:
        self._state.order_rate._of_tag.clear()  # the first line of defence has failed too
        Dispatcher._queue_again(self, follower, copy, text)

    monkeypatch.setattr(Dispatcher, "_unknown", resend)
    world = await a_world()
    world[F1].outcomes.append(not_taken())
    await trade(world)
    await world.pass_(10)
    assert len(world[F1].posts) == 1
    assert world.copies_of(F1)[0].state is CopyState.FAILED
    assert "2 orders in NIFTY28NOV2624000CE were about to be sent where 1 are planned" in (
        world.engine.snapshot().rules.halted_because or ""
    )


async def test_what_is_being_sent_when_it_trips_is_followed_to_its_end(a_world: MakeWorld) -> None:
    world = await a_world(risk=limited(1))
    world[F2].default = accepted(answers_after=2.0)
    world.executes()
    world.executes()
    await world.pass_(6)
    assert world.states(F2) == ["filled", "queued"]
    assert world.states(F1) == ["filled", "queued"]


async def test_a_copy_that_stopped_between_its_slices_is_no_success_and_the_log_has_the_planned_total(
    a_world: MakeWorld, tmp_path: Path
) -> None:
    world = await a_world(followers=(F1,), freeze_quantities={"NIFTY": 50})
    names = {F1: "Follower 1"}
    log = SessionLog(tmp_path, started=world.clock.now(), mode="live", master=MASTER, followers=names, version="x")
    world.engine.state.subscribers.append(log)
    world[F1].default = accepted(answers_after=2.0)
    await trade(world, quantity=200, filled=200)
    await trade(world, side=Side.SELL, quantity=200, filled=200)
    await world.pass_(20)
    log.close(world.clock.now())
    told = json.loads(log.path.read_text())
    entry, exit_ = told["copy_records"]
    assert entry["quantity"] == 200
    assert 0 < entry["filled_quantity"] < 200
    assert (entry["success"], entry["status"]) == (False, "failed")
    assert "the master has closed the position since" in entry["error"]
    assert told["failed_copies"] == [entry]
    assert (exit_["success"], exit_["quantity"], exit_["filled_quantity"]) == (True, *[entry["filled_quantity"]] * 2)
    assert (told["statistics"]["success"], told["statistics"]["failed"]) == (1, 1)
