"""Sleep and nights with unfinished orders and approvals: nothing of an earlier day leaves on the next."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from copytui.domain.errors import SessionExpired
from copytui.domain.events import Level
from copytui.domain.orders import OrderStatus, Product, Side
from copytui.domain.sizing import Sizing, SizingMode
from copytui.engine.commands import Approve, SetConfirmation
from tests.engine.conftest import MakeWorld
from tests.engine.harness import F1
from tests.engine.scripted import accepted, not_sent

NIGHT = 21 * 3600.0


@pytest.mark.parametrize("master_logs_in_for", [0.0, 5.0, 60.0])
async def test_an_exit_that_waited_over_night_is_not_sent_before_the_masters_first_poll(
    a_world: MakeWorld, master_logs_in_for: float
) -> None:
    world = await a_world(followers=(F1,))
    world.executes(1)
    await world.pass_(6)
    world[F1].default = not_sent()
    world.executes(2, side=Side.SELL)
    await world.pass_(4)
    before = len(world[F1].posts)
    world.clock.jump(NIGHT)
    for account in (world.master, world[F1]):
        account.rows, account.logged_in = [], False
        account.book_errors.append(SessionExpired("AG8001"))
    world[F1].default = accepted()
    world.engine.state.followers[F1].wake_session.set()
    world.master.log_in_takes = master_logs_in_for
    await world.pass_(200)
    assert len(world[F1].posts) == before
    assert await world.on_disk("SELECT state FROM copies ORDER BY id") == [("filled",), ("failed",)]
    assert any("not sent in time" in error for error in world.errors)


async def test_an_approval_after_the_computer_slept_sends_nothing(a_world: MakeWorld) -> None:
    world = await a_world(followers=(F1,), require_confirmation=True)
    world.executes(1)
    await world.pass_(4)
    world.clock.sleep_through(600)
    assert "expired" in await world.handle(Approve(1, {}))
    assert world[F1].posts == []
    assert world.states(F1) == ["expired"]


async def test_what_waits_expires_by_itself_after_the_computer_slept(a_world: MakeWorld) -> None:
    world = await a_world(followers=(F1,), require_confirmation=True)
    world.executes(1)
    await world.pass_(4)
    world.clock.sleep_through(600)
    await world.pass_(6)
    assert world.states(F1) == ["expired"]


async def test_a_clock_that_is_set_right_by_seconds_takes_no_time_from_the_user(a_world: MakeWorld) -> None:
    world = await a_world(followers=(F1,), require_confirmation=True)
    world.executes(1)
    await world.pass_(world.settings.confirmation_timeout_seconds - 10)
    world.clock.sleep_through(13)
    assert await world.handle(Approve(1, {})) == "approved for 1 follower"
    await world.pass_(6)
    assert len(world[F1].posts) == 1


async def test_a_changed_quantity_is_no_more_than_the_exchange_takes_in_one_order(a_world: MakeWorld) -> None:
    world = await a_world(started=False, followers=(F1,), require_confirmation=True)
    world[F1].funds_now = Decimal(10**8)
    await world.start()
    world.executes(1, quantity=1800, filled=1800)
    await world.pass_(4)
    assert "more than the 1800 that the exchange takes in one order" in await world.handle(Approve(1, {F1: 5000}))
    assert await world.handle(Approve(1, {F1: 1750})) == "approved for 1 follower"


@pytest.mark.parametrize(
    ("sizing", "sent"),
    [
        (Sizing(mode=SizingMode.FIXED, fixed_quantity=50), [50]),
        (Sizing(max_quantity=400), [100, 50]),
    ],
)
async def test_an_order_decided_in_two_pieces_meets_its_limits_as_one(
    a_world: MakeWorld, sizing: Sizing, sent: list[int]
) -> None:
    world = await a_world(started=False, followers=(F1,))
    (follower,) = world.settings.followers
    world.settings = replace(world.settings, followers=(replace(follower, sizing=sizing),))
    await world.start()
    world.works(1, quantity=500, filled=100, average_price=Decimal("101.5"))
    await world.pass_(4)
    world.executes(2, side=Side.SELL, quantity=50, filled=50)
    await world.pass_(6)
    world.executes(1, quantity=500, filled=500)
    await world.pass_(6)
    assert [units for _symbol, units in world[F1].sent] == sent


async def test_an_exit_that_nobody_answered_is_reported_as_what_it_leaves_open(a_world: MakeWorld) -> None:
    world = await a_world(followers=(F1,))
    world.executes(1)
    await world.pass_(6)
    await world.handle(SetConfirmation(True))
    world.executes(2, side=Side.SELL)
    await world.pass_(world.settings.confirmation_timeout_seconds + 6)
    assert world.states(F1) == ["filled", "expired"]
    assert any("the followers' position stays open" in text for text in world.events(Level.WARN))


async def test_what_the_first_poll_counted_is_not_counted_again_on_the_next_day(a_world: MakeWorld) -> None:
    over_night = Product.CARRYFORWARD
    world = await a_world(started=False, followers=(F1,))
    world.works(1, product=over_night, quantity=150, filled=100, average_price=Decimal("101.5"))
    await world.start()
    await world.pass_(4)
    world.executes(2, product=over_night, quantity=50, filled=50)
    await world.pass_(6)
    await world.stop()
    first, *others = world.master.rows
    world.master.rows = [replace(first, order_status=OrderStatus.CANCELLED, status="cancelled"), *others]
    await world.clock.advance(NIGHT / 2 + 2 * 3600)  # after midnight the book still shows the day before
    await world.start()
    await world.pass_(6)
    world.master.rows = world[F1].rows = []
    await world.pass_(600)
    world.executes(3, product=over_night, side=Side.SELL, quantity=50, filled=50)
    await world.pass_(6)
    assert [(post.order.side, post.order.quantity) for _at, post in world[F1].posts] == [
        (Side.BUY, 50),
        (Side.SELL, 50),
    ]
