"""Working copies that do not fill: left, cancelled, or repriced in a few steps."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from decimal import Decimal
from typing import Any

import pytest

from copytui.broker.port import Quote, WriteOutcome
from copytui.domain.copies import CopyState
from copytui.domain.copy_ledger import CopyEntry
from copytui.domain.errors import BrokerTrouble
from copytui.domain.events import Level
from copytui.domain.orders import OrderId, OrderStatus, OrderType, Side
from copytui.domain.pricing import MarketAs, OrderRules, UnfilledAction
from copytui.engine.commands import Command, SetDryRun, SetFollower, SetHalted, SetPaused
from copytui.engine.follower.follower import SessionState
from copytui.journal.session_records import copy_record
from tests.engine.conftest import MakeWorld
from tests.engine.harness import F1, F2, World
from tests.engine.scripted import Change, ScriptedAccount, accepted

S = CopyState
TOKEN = "43210"
AFTER = 10.0
WORKING = accepted(ends=OrderStatus.WORKING)
CLOSED: list[tuple[Command, Command]] = [
    (SetPaused(True), SetPaused(False)),
    (SetHalted(True), SetHalted(False)),
    (SetDryRun(True), SetDryRun(False)),
    (SetFollower(F1, enabled=False), SetFollower(F1, enabled=True)),
]


def rules(action: UnfilledAction = UnfilledAction.REPRICE, steps: int = 2, **more: Any) -> OrderRules:
    return OrderRules(unfilled_after_seconds=AFTER, unfilled_action=action, reprice_steps=steps, **more)


def quote(last: str, lower: str | None = None, upper: str | None = None) -> Quote:
    return Quote(Decimal(last), Decimal(lower) if lower else None, Decimal(upper) if upper else None)


def prices(account: ScriptedAccount) -> list[Decimal]:
    return [intent.order.price for _at, intent in account.reprices]


async def working(make: MakeWorld, *, orders: OrderRules | None = None, last: str | None = "104", **more: Any) -> World:
    """Let F1's copy of a buy at 102 (the master paid 101.50) work unfilled since about now; F2's is filled."""
    world = await make(orders=orders or rules(), **more)
    if last is not None:
        world.master.quotes[TOKEN] = quote(last)
    world[F1].default = WORKING
    world.executes()
    await world.pass_(4)
    assert world.states(F1) == ["open"]
    return world


async def exit_working(make: MakeWorld, last: str, **more: Any) -> World:
    """Let F1 hold 50, and its exit at 100 (the master got 101) work unfilled."""
    world = await make(orders=more.pop("orders", None) or rules(), **more)
    world.master.quotes[TOKEN] = quote(last)
    world.executes()
    await world.pass_(4)
    world[F1].default = WORKING
    world.executes(side=Side.SELL, price=Decimal(100), average_price=Decimal(101))
    await world.pass_(4)
    assert world.states(F1) == ["filled", "open"]
    return world


def about(world: World, level: Level, text: str) -> list[str]:
    return [event for event in world.events(level) if text in event]


# Where the limit goes.


async def test_the_limit_follows_the_market_in_steps_and_is_then_left_and_reported_once(a_world: MakeWorld) -> None:
    world = await working(a_world)
    await world.pass_(AFTER)
    # 2 % of 104 is 2.08.
    assert prices(world[F1]) == [Decimal("106.05")]
    world.master.quotes[TOKEN] = quote("105")
    await world.pass_(AFTER + 1)
    assert prices(world[F1]) == [Decimal("106.05"), Decimal("107.10")]
    world.master.quotes[TOKEN] = quote("106")
    await world.pass_(100)
    assert len(world[F1].reprices) == 2
    assert len(about(world, Level.WARN, "is still not filled")) == 1
    assert world.errors == []
    assert len(world[F1].posts) == 1, "the same order all along"
    assert len(world[F2].reprices) == 0
    (copy,) = world.copies_of(F1)
    assert (copy.state, copy.reprices, copy.order.price) == ("open", 2, Decimal("107.10"))


async def test_a_repriced_copy_is_followed_to_its_fill_and_its_record_has_the_last_limit(a_world: MakeWorld) -> None:
    world = await working(a_world)
    await world.pass_(AFTER + 2)
    (copy,) = world.copies_of(F1)
    world[F1].change(copy.tag, order_status=OrderStatus.COMPLETE, filled=50, average_price=Decimal(105))
    await world.pass_(30)
    (copy,) = world.copies_of(F1)
    assert copy.state == "filled"
    decided = world.engine.state.executions[copy.execution_id]
    assert copy_record(CopyEntry(copy), decided, "Follower 1")["price"] == 106.05
    assert len(world[F1].reprices) == 1


async def test_an_entry_never_gets_further_from_the_masters_price_than_its_bound(a_world: MakeWorld) -> None:
    world = await working(a_world, last="150")
    await world.pass_(100)
    # (2 steps + 1) x 2 % from 101.50.
    assert prices(world[F1]) == [Decimal("107.55")]
    assert len(about(world, Level.WARN, "no further limit would help")) == 1


async def test_an_exit_follows_the_market_without_a_bound_and_its_end_is_an_error(a_world: MakeWorld) -> None:
    world = await exit_working(a_world, "60")
    await world.pass_(AFTER)
    assert prices(world[F1]) == [Decimal("58.20")]
    world.master.quotes[TOKEN] = quote("40")
    await world.pass_(100)
    assert prices(world[F1]) == [Decimal("58.20"), Decimal("38.80")]
    (told,) = about(world, Level.ERROR, "is still not filled")
    assert "the position is still open" in told


async def test_a_step_stays_inside_the_circuits(a_world: MakeWorld) -> None:
    world = await working(a_world, last=None)
    world.master.quotes[TOKEN] = quote("104", lower="80", upper="105.02")
    await world.pass_(AFTER)
    assert prices(world[F1]) == [Decimal("105.00")]


async def test_a_limit_that_is_good_enough_is_not_moved(a_world: MakeWorld) -> None:
    world = await working(a_world, last="99")
    await world.pass_(100)
    assert world[F1].reprices == []
    assert len(about(world, Level.WARN, "no further limit would help")) == 1


async def test_without_a_fresh_quote_the_step_waits_for_one(a_world: MakeWorld) -> None:
    world = await working(a_world, last=None)
    await world.pass_(AFTER + 20)
    assert world[F1].reprices == []
    world.master.quotes[TOKEN] = quote("104")
    await world.pass_(6)
    assert prices(world[F1]) == [Decimal("106.05")]


async def test_an_old_quote_moves_nothing(a_world: MakeWorld) -> None:
    world = await a_world(orders=rules())
    world.master.quotes[TOKEN] = quote("104")
    world.works(1)
    await world.pass_(4)
    assert len(world.master.quote_reads) == 1
    world.master.quotes[TOKEN] = BrokerTrouble("HTTP 502")
    world[F1].default = WORKING
    world.executes(1)
    await world.pass_(40)
    assert world.states(F1) == ["open"]
    assert not world[F1].reprices


async def test_a_market_order_is_never_repriced(a_world: MakeWorld) -> None:
    world = await a_world(orders=rules(market_as=MarketAs.MARKET))
    world.master.quotes[TOKEN] = quote("104")
    world[F1].default = WORKING
    world.executes(order_type=OrderType.MARKET, price=Decimal(0))
    await world.pass_(100)
    assert world.states(F1) == ["open"]
    assert not world[F1].reprices
    assert not world[F1].cancels


# Recorded first, requested once.


async def test_a_step_is_on_disk_before_its_request_leaves(a_world: MakeWorld) -> None:
    world = await working(a_world)
    found: list[tuple[Any, ...]] = []

    def look(_order_id: OrderId) -> None:
        connection = sqlite3.connect(world.path)
        try:
            body = json.loads(connection.execute("SELECT body FROM copies WHERE follower = 'F1'").fetchone()[0])
            events = connection.execute("SELECT count(*) FROM events WHERE text LIKE '%moving its limit%'").fetchone()
            found.append((body["reprices"], body["order"]["price"], *events))
        finally:
            connection.close()

    world[F1].before_change = look
    await world.pass_(AFTER)
    assert found == [(1, "106.05", 1)]


async def test_a_step_that_cannot_be_journalled_is_not_asked_for(a_world: MakeWorld) -> None:
    world = await working(a_world)
    assert world.journal is not None
    require, refuse = world.journal.require, True

    async def refusing(statements: Any) -> None:
        if refuse and statements:
            world.journal.full = True  # type: ignore[union-attr]
        try:
            await require(statements)
        finally:
            world.journal.full = False  # type: ignore[union-attr]

    world.journal.require = refusing  # type: ignore[method-assign]
    await world.pass_(AFTER + 1)
    assert world[F1].reprices == []
    (copy,) = world.copies_of(F1)
    assert (copy.reprices, copy.order.price) == (0, Decimal(102))
    refuse = False
    await world.pass_(6)
    assert prices(world[F1]) == [Decimal("106.05")]
    (copy,) = world.copies_of(F1)
    assert copy.reprices == 1


@pytest.mark.parametrize("end", ["paused", "filled", "withdrawn"])
async def test_what_comes_between_the_journal_and_the_request_stops_it(a_world: MakeWorld, end: str) -> None:
    world = await working(a_world)
    assert world.journal is not None
    world.journal.hold = asyncio.Event()
    await world.pass_(AFTER)
    (copy,) = world.copies_of(F1)
    assert copy.reprices == 1
    match end:
        case "paused":
            await world.handle(SetPaused(True))
        case "withdrawn":
            world.engine._cancels.request(copy, "by the test")
        case _:
            world[F1].change(copy.tag, order_status=OrderStatus.COMPLETE, filled=50, average_price=Decimal(102))
            await world.pass_(4)
    world.journal.hold.set()
    await world.pass_(30)
    assert world[F1].reprices == []
    (copy,) = world.copies_of(F1)
    assert (copy.reprices, copy.order.price) == (0, Decimal(102))
    ((body,),) = await world.on_disk("SELECT body FROM copies WHERE follower = 'F1'")
    assert json.loads(body).get("reprices", 0) == 0


async def test_a_refused_step_is_reported_counts_and_keeps_the_current_limit(a_world: MakeWorld) -> None:
    world = await working(a_world)
    world[F1].changes.append(Change(WriteOutcome.REFUSED, done=False, text="AB4008: not allowed"))
    await world.pass_(AFTER)
    (copy,) = world.copies_of(F1)
    assert (copy.reprices, copy.order.price) == (1, Decimal(102))
    assert len(about(world, Level.WARN, "refused (AB4008: not allowed)")) == 1
    assert about(world, Level.WARN, "stands at") == [], "known from the answer, not only from the book"
    await world.pass_(AFTER - 2)
    assert len(world[F1].reprices) == 1
    await world.pass_(100)
    assert len(world[F1].reprices) == 2


@pytest.mark.parametrize("done", [True, False])
async def test_an_unknown_outcome_is_settled_by_the_book_and_not_asked_again_at_once(
    a_world: MakeWorld, *, done: bool
) -> None:
    world = await working(a_world)
    world[F1].changes.append(Change(WriteOutcome.UNKNOWN, done=done, text="time-out"))
    await world.pass_(AFTER + 5)
    assert len(world[F1].reprices) == 1
    (copy,) = world.copies_of(F1)
    assert (copy.reprices, copy.order.price) == (1, Decimal("106.05" if done else 102))
    assert len(about(world, Level.WARN, "its limit is 102.00")) == (0 if done else 1)
    await world.pass_(AFTER)
    assert len(world[F1].reprices) == (1 if done else 2)


async def test_an_accepted_change_without_effect_shows_in_the_order_book(a_world: MakeWorld) -> None:
    world = await working(a_world)
    world[F1].changes.append(Change(WriteOutcome.ACCEPTED, done=False))
    await world.pass_(AFTER + 5)
    (copy,) = world.copies_of(F1)
    assert (copy.reprices, copy.order.price) == (1, Decimal(102))


async def test_a_modification_under_way_tells_nothing_yet(a_world: MakeWorld) -> None:
    world = await working(a_world)
    world[F1].changes.append(Change(WriteOutcome.ACCEPTED, done=False))
    (copy,) = world.copies_of(F1)
    world[F1].change(copy.tag, status="modify pending")
    await world.pass_(AFTER + 5)
    assert world.copies_of(F1)[0].order.price == Decimal("106.05")


@pytest.mark.parametrize("outcome", [WriteOutcome.NOT_SENT, WriteOutcome.SESSION_REFUSED])
async def test_a_step_that_was_not_sent_does_not_count_and_is_retried(
    a_world: MakeWorld, outcome: WriteOutcome
) -> None:
    world = await working(a_world)
    world[F1].changes.append(Change(outcome, done=False, text="no connection"))
    await world.pass_(AFTER)
    (copy,) = world.copies_of(F1)
    assert (copy.reprices, copy.order.price) == (0, Decimal(102))
    await world.pass_(100)
    (copy,) = world.copies_of(F1)
    assert len(world[F1].reprices) == 2
    assert (copy.reprices, copy.order.price) == (1, Decimal("106.05"))


@pytest.mark.parametrize("outcome", [WriteOutcome.ACCEPTED, WriteOutcome.UNKNOWN])
async def test_a_new_order_id_is_followed(a_world: MakeWorld, outcome: WriteOutcome) -> None:
    world = await working(a_world)
    world[F1].changes.append(Change(outcome, new_id=OrderId("NEW-1")))
    await world.pass_(AFTER + 4)
    (copy,) = world.copies_of(F1)
    assert (copy.order_id, copy.state) == ("NEW-1", "open")
    world.master.quotes[TOKEN] = quote("105")
    await world.pass_(AFTER)
    assert [intent.order_id for _at, intent in world[F1].reprices][1:] == ["NEW-1"]
    world[F1].change(copy.tag, order_status=OrderStatus.COMPLETE, filled=50, average_price=Decimal(105))
    await world.pass_(10)
    assert world.states(F1) == ["filled"]


async def test_a_new_order_id_is_known_from_the_answer_at_once(a_world: MakeWorld) -> None:
    world = await working(a_world)
    world[F1].changes.append(Change(new_id=OrderId("NEW-1")))
    world[F1].book_error = BrokerTrouble("HTTP 502")
    await world.pass_(AFTER)
    assert world.copies_of(F1)[0].order_id == "NEW-1"


# What holds a step back.


@pytest.mark.parametrize(("close", "open_"), CLOSED, ids=str)
@pytest.mark.parametrize("exits", [False, True], ids=["entry", "exit"])
async def test_nothing_is_moved_while_nothing_may_be_sent(
    a_world: MakeWorld, close: Command, open_: Command, *, exits: bool
) -> None:
    world = await (exit_working(a_world, "60") if exits else working(a_world))
    await world.handle(close)
    await world.pass_(3 * AFTER)
    assert world[F1].reprices == []
    await world.handle(open_)
    await world.pass_(6)
    assert len(world[F1].reprices) == 1


async def test_a_close_only_follower_gets_its_exits_moved_and_its_entries_not(a_world: MakeWorld) -> None:
    entry, exit_ = await working(a_world), await exit_working(a_world, "60")
    for world in (entry, exit_):
        world.engine.state.followers[F1].close_only = "the loss limit"
        await world.pass_(2 * AFTER)
    assert entry[F1].reprices == []
    assert len(exit_[F1].reprices) >= 1


async def test_the_users_cap_on_orders_holds_back_entries_and_not_exits(a_world: MakeWorld) -> None:
    entry, exit_ = await working(a_world), await exit_working(a_world, "60")
    for world in (entry, exit_):
        world[F1].held_until = world.clock.monotonic() + 2 * AFTER
        await world.pass_(1.5 * AFTER)
    assert entry[F1].reprices == []
    assert len(exit_[F1].reprices) == 1


async def test_an_entry_is_not_moved_while_its_exit_waits_for_it(a_world: MakeWorld) -> None:
    world = await working(a_world, orders=rules(steps=9))
    world[F1].changes.extend([Change(WriteOutcome.UNKNOWN, done=False)] * 20)
    world[F1].book_error = BrokerTrouble("HTTP 502")  # so that the entry is not withdrawn at once
    await world.pass_(4)
    world.executes(side=Side.SELL, price=Decimal(100), average_price=Decimal(101))
    await world.pass_(30)
    assert world.states(F1) == ["open", "queued"]
    assert not world[F1].reprices


@pytest.mark.parametrize("end", [OrderStatus.COMPLETE, OrderStatus.CANCELLED, OrderStatus.REJECTED])
async def test_what_has_ended_is_not_touched(a_world: MakeWorld, end: OrderStatus) -> None:
    world = await working(a_world)
    (copy,) = world.copies_of(F1)
    filled = 50 if end is OrderStatus.COMPLETE else 0
    world[F1].change(copy.tag, order_status=end, filled=filled, average_price=Decimal(102))
    await world.pass_(100)
    assert not world[F1].reprices
    assert not world[F1].cancels


async def test_what_is_being_cancelled_is_not_repriced(a_world: MakeWorld) -> None:
    world = await working(a_world)
    world[F1].changes.extend([Change(WriteOutcome.UNKNOWN, done=False)] * 4)
    world.engine._cancels.request(world.copies_of(F1)[0], "by the test")
    await world.pass_(AFTER + 4)
    assert world[F1].reprices == []
    assert len(world[F1].cancels) >= 3
    await world.pass_(60)
    assert world.states(F1) == ["cancelled"]
    assert world.copies_of(F1)[0].error == "by the test"


async def test_a_partly_filled_copy_is_still_repriced(a_world: MakeWorld) -> None:
    world = await working(a_world)
    (copy,) = world.copies_of(F1)
    world[F1].change(copy.tag, filled=20, average_price=Decimal(102))
    await world.pass_(AFTER + 1)
    assert world.states(F1) == ["partial"]
    ((_at, intent),) = world[F1].reprices
    assert (intent.order.quantity, intent.order.price) == (50, Decimal("106.05"))


async def test_an_account_that_does_not_answer_delays_no_other(a_world: MakeWorld) -> None:
    world = await a_world(orders=rules())
    world.master.quotes[TOKEN] = quote("104")
    world[F1].default = world[F2].default = WORKING
    world[F1].changes.append(Change(answers_after=60.0))
    world.executes()
    await world.pass_(4 + AFTER + 1)
    world.master.quotes[TOKEN] = quote("105")
    await world.pass_(AFTER + 1)
    assert len(world[F1].reprices) == 1
    assert len(world[F2].reprices) == 2


# Restarts.


async def test_the_steps_of_before_a_restart_count(a_world: MakeWorld) -> None:
    world = await working(a_world)
    await world.pass_(AFTER + 3)
    assert len(world[F1].reprices) == 1
    world.master.quotes[TOKEN] = quote("105")
    await world.restart()
    await world.pass_(100)
    assert prices(world[F1]) == [Decimal("106.05"), Decimal("107.10")]
    assert len(about(world, Level.WARN, "is still not filled")) == 1


async def test_a_journalled_step_that_was_not_sent_is_corrected_by_the_order_book_after_a_restart(
    a_world: MakeWorld,
) -> None:
    world = await working(a_world)

    def cut(_order_id: OrderId) -> None:
        raise asyncio.CancelledError

    world[F1].before_change = cut
    await world.pass_(AFTER)
    assert len(world[F1].reprices) == 1
    await world.end()
    world[F1].before_change = lambda _order_id: None
    await world.start()
    await world.pass_(5)
    (copy,) = world.copies_of(F1)
    assert (copy.reprices, copy.order.price) == (1, Decimal(102))
    await world.pass_(AFTER)
    assert len(world[F1].reprices) == 2


async def test_a_stop_while_a_step_is_being_journalled_undoes_it(a_world: MakeWorld) -> None:
    world = await working(a_world)
    assert world.journal is not None
    require = world.journal.require

    async def slow(statements: Any) -> None:
        await require(statements)
        await asyncio.Event().wait()

    world.journal.require = slow  # type: ignore[method-assign]
    await world.pass_(AFTER)
    assert world.copies_of(F1)[0].reprices == 1
    await world.stop()
    assert not world[F1].reprices
    await world.start()
    (copy,) = world.copies_of(F1)
    assert (copy.reprices, copy.order.price) == (0, Decimal(102))


# The other actions.


@pytest.mark.parametrize("action", [UnfilledAction.CANCEL, UnfilledAction.LEAVE])
async def test_a_copy_is_cancelled_or_left(a_world: MakeWorld, action: UnfilledAction) -> None:
    world = await working(a_world, orders=rules(action))
    await world.pass_(AFTER - 5)
    assert world[F1].cancels == []
    await world.pass_(15)
    assert world[F1].reprices == []
    if action is UnfilledAction.LEAVE:
        assert world[F1].cancels == []
        return
    assert len(world[F1].cancels) == 1
    (copy,) = world.copies_of(F1)
    assert (copy.state, copy.error) == ("cancelled", "not filled within 10 s")
    assert world.states(F2) == ["filled"]


async def test_cancelling_needs_no_gate(a_world: MakeWorld) -> None:
    world = await working(a_world, orders=rules(UnfilledAction.CANCEL))
    await world.handle(SetHalted(True))
    await world.pass_(20)
    assert world.states(F1) == ["cancelled"]


async def test_a_cancelled_exit_is_an_error(a_world: MakeWorld) -> None:
    world = await exit_working(a_world, "60", orders=rules(UnfilledAction.CANCEL))
    await world.pass_(20)
    assert world.states(F1) == ["filled", "cancelled"]
    assert len(about(world, Level.ERROR, "stays open")) == 1


async def test_a_cancel_that_hangs_delays_no_other_followers(a_world: MakeWorld) -> None:
    world = await a_world(orders=rules(UnfilledAction.CANCEL))
    world[F1].default = world[F2].default = WORKING
    world.executes()
    await world.pass_(4)
    one, two = world.copies_of(F1)[0], world.copies_of(F2)[0]
    world[F1].changes.append(Change(answers_after=60.0))
    world.engine._cancels.request(one, "by the test")
    await world.pass_(1)
    world.engine._cancels.request(two, "by the test")
    await world.pass_(4)
    assert world.states(F2) == ["cancelled"]


async def test_cancels_wait_for_a_session_and_for_the_rate(a_world: MakeWorld) -> None:
    world = await working(a_world, orders=rules(UnfilledAction.LEAVE))
    (copy,) = world.copies_of(F1)
    world[F1].exits_held_until = world.clock.monotonic() + 5
    world.engine._cancels.request(copy, "by the test")
    await world.pass_(4)
    assert world[F1].cancels == []
    await world.pass_(3)
    assert len(world[F1].cancels) == 1
    assert world.engine.state.followers[F1].session is SessionState.READY
