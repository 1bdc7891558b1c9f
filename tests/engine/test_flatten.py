"""Flatten: closes what copying built, once, at current prices, and nothing else."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from copytui.broker.port import Quote, WriteOutcome
from copytui.domain.copies import ChildOrder, CopyState
from copytui.domain.events import Level
from copytui.domain.executions import Origin
from copytui.domain.orders import ClientId, Exchange, OrderStatus, OrderType, Product, Side
from copytui.domain.positions import PositionKey, position_key
from copytui.domain.pricing import MarketAs, OrderRules
from copytui.domain.reasons import Reason
from copytui.engine.commands import CopyMissed, Flatten, RetryCopy, SetDryRun, SetFollower, SetHalted, SetPaused
from copytui.journal.session_log import SessionLog
from tests.builders import NOON, a_tag, an_order
from tests.engine.conftest import MakeWorld
from tests.engine.harness import F1, F2, MASTER, World
from tests.engine.scripted import Change, accepted, lost_answer, refused

S = CopyState
RESTS = accepted(ends=OrderStatus.WORKING)
OPTION = position_key(an_order())


def quoted(world: World, price: str = "110", *, lower: str | None = None, upper: str | None = None) -> None:
    """Set the broker's quote of the option."""
    limits = [None if price is None else Decimal(price) for price in (lower, upper)]
    world.master.quotes["43210"] = Quote(Decimal(price), *limits)


def held(world: World, client: ClientId, key: PositionKey = OPTION) -> int:
    return world.engine.state.positions.held((client, key)).quantity


def orders(world: World, client: ClientId) -> list[tuple[str, int]]:
    return [(str(intent.order.side), intent.order.quantity) for _at, intent in world[client].posts]


def by_hand(world: World, client: ClientId) -> list[ChildOrder]:
    executions = world.engine.state.executions
    return [c for c in world.copies_of(client) if executions[c.execution_id].execution.origin is Origin.MANUAL]


async def trade(world: World, side: Side = Side.BUY, quantity: int = 50, **more: Any) -> None:
    world.executes(side=side, quantity=quantity, filled=quantity, **more)
    await world.pass_(5)


async def test_everything_that_copying_built_is_closed_at_a_protected_limit_from_the_quote(world: World) -> None:
    quoted(world)
    await trade(world, quantity=100)
    said = await world.handle(Flatten())
    assert said == "flattening 2 positions"
    await world.pass_(5)
    for client in (F1, F2):
        order = world[client].posts[-1][1].order
        assert (order.side, order.quantity, order.order_type) == (Side.SELL, 100, OrderType.LIMIT)
        assert order.price == Decimal("107.8")  # 2 % below 110
        assert held(world, client) == 0
    assert "SELL 100 NIFTY28NOV2624000CE limit 107.80 flattened by the user (last price 110.00)" in world.events(
        Level.WARN
    )


async def test_short_positions_are_bought_back(world: World) -> None:
    quoted(world)
    await trade(world, Side.SELL)
    await world.handle(Flatten())
    await world.pass_(5)
    order = world[F1].posts[-1][1].order
    assert (order.side, order.quantity, order.price) == (Side.BUY, 50, Decimal("112.2"))
    assert held(world, F1) == 0


async def test_one_follower_or_one_position_can_be_flattened_alone(world: World) -> None:
    stock = PositionKey(Exchange.NSE, "SBIN-EQ", Product.DELIVERY)
    await trade(world)
    await trade(
        world, exchange=Exchange.NSE, symbol="SBIN-EQ", product=Product.DELIVERY, token="3045", instrument_type="",
        lot_size=1, quantity=10,
    )  # fmt: skip
    assert await world.handle(Flatten(F1, stock)) == "flattening 1 position"
    await world.pass_(5)
    assert (held(world, F1), held(world, F1, stock)) == (50, 0)
    await world.handle(Flatten(F1))
    await world.pass_(5)
    assert (held(world, F1), held(world, F2), held(world, F2, stock)) == (0, 50, 10)
    await world.handle(Flatten(key=stock))
    await world.pass_(5)
    assert (held(world, F2), held(world, F2, stock)) == (50, 0)


async def test_nothing_held_is_nothing_to_flatten(world: World) -> None:
    assert await world.handle(Flatten()) == "nothing to flatten: copying holds nothing there"
    await trade(world)
    assert await world.handle(Flatten(ClientId("F9"))) == "nothing to flatten: copying holds nothing there"
    assert await world.handle(Flatten(F1, OPTION._replace(symbol="X"))) == (
        "nothing to flatten: copying holds nothing there"
    )


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (SetDryRun(True), "not flattened: dry run is on"),
        (SetPaused(True), "not flattened: copying is paused"),
    ],
    ids=str,
)
async def test_it_is_refused_in_a_dry_run_and_while_paused(
    world: World, command: SetDryRun | SetPaused, said: str
) -> None:
    await trade(world)
    await world.handle(command)
    assert await world.handle(Flatten()) == said
    await world.pass_(10)
    assert orders(world, F1) == [("BUY", 50)]


async def test_it_goes_out_while_halted_and_nothing_else_does(world: World) -> None:
    await trade(world)
    world[F1].held_until = world[F1].exits_held_until = world.clock.monotonic() + 8.0
    await trade(world, symbol="AAA-EQ")
    await world.handle(SetHalted(True))
    await world.handle(Flatten())
    await world.pass_(10)
    assert orders(world, F1) == [("BUY", 50), ("SELL", 50)]
    assert held(world, F1) == 0
    assert orders(world, F2) == [("BUY", 50), ("BUY", 50), ("SELL", 50), ("SELL", 50)]
    await trade(world, symbol="BBB-EQ")
    assert len(world[F1].posts) == 2


async def test_a_follower_that_is_disabled_or_halted_can_be_flattened(a_world: MakeWorld) -> None:
    world = await a_world(halt_after_failures=1)
    await trade(world)
    await world.handle(SetFollower(F1, enabled=False))
    world[F2].outcomes.append(refused())
    await trade(world, symbol="AAA-EQ")
    assert world.engine.snapshot().followers[1].halted_because is not None
    await world.handle(Flatten())
    await world.pass_(5)
    assert held(world, F1) == held(world, F2) == 0


async def test_working_entries_and_exits_are_cancelled_first_and_what_they_filled_is_closed(world: World) -> None:
    await trade(world, quantity=100)
    world[F1].outcomes.append(RESTS)
    await trade(world, quantity=100)
    entry = world.copies_of(F1)[1]
    world[F1].change(str(entry.tag), filled=50, average_price=Decimal(102))
    world[F1].outcomes.append(RESTS)
    await trade(world, Side.SELL, 100)  # an exit that waits for the entry, which is withdrawn for it
    await world.pass_(10)
    exit_ = world.copies_of(F1)[2]
    assert (exit_.state, exit_.order.side) == (S.OPEN, Side.SELL)
    world[F1].changes.append(Change(WriteOutcome.UNKNOWN, done=False))  # the first cancel does nothing
    said = await world.handle(Flatten(F1))
    assert said == "flattening 1 position; 1 working order is being cancelled"
    await world.pass_(15)
    assert world.copies_of(F1)[2].state is S.CANCELLED
    assert orders(world, F1)[-1] == ("SELL", 150)
    assert held(world, F1) == 0


async def test_a_working_entry_alone_is_cancelled_and_only_what_it_filled_is_closed(world: World) -> None:
    world[F1].outcomes.append(RESTS)
    world[F2].outcomes.append(RESTS)
    await trade(world, quantity=100)
    entry = world.copies_of(F1)[0]

    def fills(_order_id: object) -> None:
        world[F1].change(str(entry.tag), filled=50, average_price=Decimal(102))

    world[F1].before_change = fills
    world[F1].changes.append(Change(answers_after=1.0))
    world[F2].changes.append(Change(answers_after=1.0))
    await world.handle(Flatten())
    await world.pass_(15)
    assert orders(world, F1) == [("BUY", 100), ("SELL", 50)]
    assert orders(world, F2) == [("BUY", 100)]
    assert by_hand(world, F2)[0].state is S.SKIPPED
    assert held(world, F1) == held(world, F2) == 0


async def test_queued_copies_of_the_position_are_dropped(world: World) -> None:
    await trade(world)
    world[F1].held_until = world[F1].exits_held_until = world.clock.monotonic() + 6.0
    await trade(world)
    assert world.states(F1) == [S.FILLED, S.QUEUED]
    assert await world.handle(Flatten(F1)) == "flattening 1 position; 1 queued order was dropped"
    await world.pass_(10)
    assert orders(world, F1) == [("BUY", 50), ("SELL", 50)]
    assert world.copies_of(F1)[1].error == "flattened by the user"


async def test_it_waits_for_an_entry_of_which_nobody_knows_and_closes_it_when_it_is_found(world: World) -> None:
    await trade(world)
    world[F1].outcomes.append(lost_answer(lands_after=20.0))
    await trade(world)
    await world.handle(Flatten(F1))
    await world.pass_(10)
    assert len(world[F1].posts) == 2
    await world.pass_(40)
    assert orders(world, F1) == [("BUY", 50), ("BUY", 50), ("SELL", 100)]
    assert held(world, F1) == 0


async def test_the_masters_later_exit_finds_nothing_to_close(world: World) -> None:
    await trade(world)
    await world.handle(Flatten(F1))
    await world.pass_(5)
    await trade(world, Side.SELL)
    assert orders(world, F1) == [("BUY", 50), ("SELL", 50)]
    assert orders(world, F2) == [("BUY", 50), ("SELL", 50)]
    plan = next(p for p in world.seen.decisions[-1].decision.plans if p.follower == F1)
    assert plan.reason is Reason.NOTHING_TO_CLOSE
    assert held(world, MASTER) == 0


async def test_the_masters_position_is_his_own(world: World) -> None:
    await trade(world)
    await world.handle(Flatten())
    await world.pass_(5)
    assert held(world, MASTER) == 50
    await trade(world)
    assert orders(world, F1)[-1] == ("BUY", 50)


async def test_two_flattens_close_once(world: World) -> None:
    await trade(world)
    for client in (F1, F2):
        world[client].held_until = world[client].exits_held_until = world.clock.monotonic() + 3.0
    await world.handle(Flatten())
    assert await world.handle(Flatten()) == "flattening 2 positions; 2 queued orders were dropped"
    await world.pass_(10)
    assert orders(world, F1) == [("BUY", 50), ("SELL", 50)]
    assert await world.handle(Flatten()) == "nothing to flatten: copying holds nothing there"
    assert len(await world.on_disk("SELECT id FROM executions")) == len(world.engine.state.executions) == 3


async def test_orders_are_cancelled_before_a_slow_quote_comes_and_what_comes_meanwhile_is_dropped(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def slow(_exchange: Exchange, _token: str) -> Quote:
        await world.clock.sleep(2.5)
        return Quote(Decimal(110), None, None)

    await trade(world)
    world[F1].outcomes.append(RESTS)
    await trade(world)
    await world.pass_(30)  # older quotes are too old by then
    monkeypatch.setattr(world.master, "quote", slow)
    at = world.clock.monotonic()
    flattening = asyncio.ensure_future(world.engine.handle(Flatten(F1)))
    await world.pass_(0.5)
    assert [when for when, _order in world[F1].cancels] == [at]
    state = world.engine.state
    waits = replace(
        state.copies_of(1)[0], id=state.take_copy_id(), state=S.QUEUED, filled=0, order_id=None,
        order=replace(state.copies_of(1)[0].order, tag=a_tag(99)), sent_at=None, created_at=world.clock.now(),
    )  # fmt: skip
    world[F1].held_until = world[F1].exits_held_until = at + 3.5
    state.plan(waits, clean_book_after=0.0)
    await world.pass_(10)
    await flattening
    assert state.copies[waits.id].error == "flattened by the user"
    assert orders(world, F1) == [("BUY", 50), ("BUY", 50), ("SELL", 50)]


async def test_a_flatten_that_does_not_fill_is_sent_again_at_a_new_price(world: World) -> None:
    quoted(world)
    await trade(world)
    world[F1].outcomes.append(RESTS)
    await world.handle(Flatten(F1))
    await world.pass_(5)
    quoted(world, "90")
    world[F1].changes.append(Change(WriteOutcome.UNKNOWN, done=False))
    await world.handle(Flatten(F1))
    await world.pass_(10)
    sent = [(intent.order.side, intent.order.price) for _at, intent in world[F1].posts]
    assert sent[1:] == [(Side.SELL, Decimal("107.8")), (Side.SELL, Decimal("87.3"))]
    assert [copy.state for copy in by_hand(world, F1)] == [S.CANCELLED, S.FILLED]
    assert held(world, F1) == 0


async def test_a_large_position_is_closed_in_slices(a_world: MakeWorld) -> None:
    world = await a_world(freeze_quantities={"NIFTY": 100})
    await trade(world, quantity=250)
    await world.handle(Flatten(F1))
    await world.pass_(10)
    assert orders(world, F1)[3:] == [("SELL", 100), ("SELL", 100), ("SELL", 50)]
    assert held(world, F1) == 0


async def test_without_a_quote_the_last_known_trade_is_the_price_and_the_event_says_so(world: World) -> None:
    await trade(world)
    await world.handle(Flatten(F1))
    await world.pass_(5)
    assert world[F1].posts[-1][1].order.price == Decimal("99.5")  # 2 % below 101.5, inside the percentage
    assert any("no quote: the last known trade 101.50" in text for text in world.events(Level.WARN))


async def test_the_limit_stays_inside_the_circuits(world: World) -> None:
    quoted(world, "100", lower="99.5", upper="120")
    await trade(world)
    await world.handle(Flatten(F1))
    await world.pass_(5)
    assert world[F1].posts[-1][1].order.price == Decimal("99.5")


async def test_never_at_market_even_where_market_orders_are_sent_so(a_world: MakeWorld) -> None:
    world = await a_world(orders=OrderRules(market_as=MarketAs.MARKET))
    await trade(world, order_type=OrderType.MARKET)
    await world.handle(Flatten(F1))
    await world.pass_(5)
    types = [intent.order.order_type for _at, intent in world[F1].posts]
    assert types == [OrderType.MARKET, OrderType.LIMIT]


async def test_a_flatten_survives_a_restart_and_is_sent_once(world: World) -> None:
    await trade(world)
    world[F1].held_until = world[F1].exits_held_until = world.clock.monotonic() + 6.0
    await world.handle(Flatten())
    assert by_hand(world, F1)[0].state is S.QUEUED
    await world.restart(down=3)
    await world.pass_(15)
    assert orders(world, F1) == orders(world, F2) == [("BUY", 50), ("SELL", 50)]
    assert held(world, F1) == 0
    views = [view for view in world.engine.snapshot().orders if view.known.origin is Origin.MANUAL]
    assert len(views) == 1
    assert views[0].executions[0].decision.reason is Reason.FLATTEN
    assert [copy.state for copy in views[0].copies] == [S.FILLED, S.FILLED]


async def test_a_flatten_whose_answer_is_lost_is_looked_up_and_not_sent_again(world: World) -> None:
    await trade(world)
    world[F1].outcomes.append(lost_answer(lands_after=4.0))
    await world.handle(Flatten(F1))
    await world.pass_(20)
    assert orders(world, F1) == [("BUY", 50), ("SELL", 50)]
    assert held(world, F1) == 0


async def test_a_flatten_that_the_broker_refused_can_be_retried(world: World) -> None:
    await trade(world)
    world[F1].outcomes.append(refused())
    await world.handle(Flatten(F1))
    await world.pass_(5)
    (failed,) = by_hand(world, F1)
    assert failed.state is S.FAILED
    await world.handle(SetHalted(True))
    await world.handle(RetryCopy(failed.id))
    await world.pass_(5)
    assert held(world, F1) == 0


async def test_it_never_closes_more_than_copying_holds_when_it_leaves(world: World) -> None:
    await trade(world, quantity=100)
    world[F1].held_until = world[F1].exits_held_until = world.clock.monotonic() + 6.0
    await world.handle(Flatten(F1))
    world.engine.state.positions.change((F1, OPTION), -50)
    await world.pass_(10)
    assert orders(world, F1)[-1] == ("SELL", 50)


async def test_without_any_price_or_token_nothing_is_guessed(a_world: MakeWorld) -> None:
    world = await a_world()
    await trade(world, product=Product.CARRYFORWARD)
    await world.stop()
    world.clock.jump(20 * 3600)
    await world.start()
    await world.pass_(4)
    world.clock.jump(24 * 3600)
    await world.pass_(10)
    await world.restart(down=5)
    state = world.engine.state
    state.copies.clear()
    state.executions.clear()
    said = await world.handle(Flatten(F1))
    await world.pass_(5)
    assert "without NIFTY28NOV2624000CE: price or token unknown" in said
    assert any("Close it yourself" in text for text in world.errors)
    assert len(world[F1].posts) == 1


async def test_a_missed_exit_that_is_copied_after_a_flatten_closes_nothing(world: World) -> None:
    await trade(world)
    await world.handle(SetHalted(True))
    await trade(world, Side.SELL)
    await world.handle(Flatten())
    await world.pass_(5)
    await world.handle(SetHalted(False))
    (missed,) = world.engine.snapshot().missed
    await world.handle(CopyMissed(missed.id))
    await world.pass_(5)
    assert orders(world, F1) == [("BUY", 50), ("SELL", 50)]


async def test_it_is_no_master_order_in_the_numbers_and_its_copies_are_in_the_records(
    a_world: MakeWorld, tmp_path: Path
) -> None:
    world = await a_world()
    log = SessionLog(
        tmp_path, started=NOON, mode="live", master=MASTER, followers={F1: "Follower 1", F2: "Follower 2"}, version="0"
    )
    world.engine.state.subscribers.append(log)
    quoted(world)
    await trade(world)
    await world.handle(Flatten(F1))
    await world.pass_(5)
    log.close(NOON)
    metrics = world.engine.snapshot().metrics
    for statistics in (metrics.statistics, log.statistics()):
        copies = statistics.copies
        assert (statistics.master_orders, statistics.copied, copies.total, copies.success) == (1, 1, 3, 3)
    assert metrics.followers[F1].slippage == metrics.followers[F2].slippage
    written = log.path.read_text(encoding="utf-8")
    assert '"master_orders": 1, "copied": 1' in written
    assert '"master_order_id": "flatten-' in written
    assert '"reason": "flattened by the user"' in written


async def test_a_flatten_command_is_a_value(world: World) -> None:
    assert replace(Flatten(), follower=F1) == Flatten(F1)
