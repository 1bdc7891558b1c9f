"""The day turn: partial fills of an earlier day are missed once, and what it finished is dropped."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from copytui.domain.attention import AttentionItem
from copytui.domain.errors import BrokerTrouble
from copytui.domain.events import Level
from copytui.domain.executions import CopyOn
from copytui.domain.orders import OrderStatus, Product, Side
from copytui.domain.positions import ExitFraction, position_key
from copytui.engine.commands import CopyMissed, RetryCopy, SetDryRun
from copytui.reports.attention_cli import read_attention
from copytui.settings.model import OpenAtStart
from copytui.tui.dialogs.attention_list import attention_rows
from copytui.tui.present.attention import Attention
from tests.builders import an_order
from tests.engine.conftest import MakeWorld
from tests.engine.harness import F1, F2, World
from tests.engine.scripted import accepted, not_sent, not_taken, refused
from tests.engine.trades import held, sent, trade

NIGHT = 21 * 3600.0
BOUGHT = Decimal("101.5")
KEPT = Product.CARRYFORWARD

Night = Callable[[World], Awaitable[None]]


async def _sleeps(world: World) -> None:
    """Close the lid until the next morning."""
    world.clock.jump(NIGHT)
    _new_books(world)
    await world.pass_(100)


async def _restarts(world: World) -> None:
    """Stop copytui, and start it on the next morning."""
    await world.stop()
    await world.clock.advance(NIGHT)
    _new_books(world)
    await world.start()
    await world.pass_(6)


def _new_books(world: World) -> None:
    for account in (world.master, *world.accounts.values()):
        account.rows = []


nights = pytest.mark.parametrize("night", [_sleeps, _restarts])


def _missed(world: World) -> list[tuple[Side, int]]:
    return [(each.execution.order.side, each.execution.quantity) for each in world.engine.snapshot().missed]


def _sent(world: World) -> list[tuple[str, int]]:
    return [(intent.order.side.value, intent.order.quantity) for _at, intent in world[F1].posts]


def _masters(world: World, product: Product = Product.INTRADAY) -> int:
    key = position_key(an_order(product=product))
    return world.engine.state.positions.held((world.engine.state.master_id, key)).quantity


@nights
async def test_a_part_fill_of_an_earlier_day_is_missed_and_no_part_of_todays_position(
    a_world: MakeWorld, night: Night
) -> None:
    world = await a_world(followers=(F1,))
    world.works(1, quantity=100, filled=50, average_price=BOUGHT)
    await world.pass_(4)
    await night(world)
    assert _missed(world) == [(Side.BUY, 50)]
    assert any("was still working when last seen, on 20 Nov" in text for text in world.events(Level.WARN))
    assert _masters(world) == 0
    world.executes(2, side=Side.SELL, quantity=100, filled=100)
    await world.pass_(6)
    assert (_masters(world), _sent(world)) == (-100, [("SELL", 100)])
    world.executes(3, quantity=100, filled=100)
    await world.pass_(10)
    assert (_masters(world), _sent(world)) == (0, [("SELL", 100), ("BUY", 100)])
    assert len(_missed(world)) == 1


@nights
async def test_the_other_side_takes_back_nothing_of_an_earlier_day_even_if_it_was_not_counted(
    a_world: MakeWorld, night: Night
) -> None:
    world = await a_world(followers=(F1,))
    row = world.works(1, quantity=100, filled=50, average_price=BOUGHT)
    await world.pass_(4)
    await night(world)
    known = world.engine.state.known
    known[row.key] = replace(known[row.key], counted=0, executions=0)
    world.executes(2, side=Side.SELL, quantity=100, filled=100)
    await world.pass_(6)
    assert (_masters(world), _sent(world), len(_missed(world))) == (-100, [("SELL", 100)], 1)


@nights
async def test_it_is_listed_once_however_often_days_turn_and_copytui_starts(a_world: MakeWorld, night: Night) -> None:
    world = await a_world(followers=(F1,))
    world.works(1, quantity=100, filled=50, average_price=BOUGHT)
    await world.pass_(4)
    await night(world)
    await world.restart(down=10)
    await night(world)
    assert await world.on_disk("SELECT day, number, quantity, verdict, settled FROM executions") == [
        ("2026-11-20", 1, 50, "missed", 0)
    ]
    assert await world.on_disk("SELECT counted, executions FROM master_orders") == [(50, 1)]


@nights
async def test_an_order_that_works_on_over_midnight_is_copied_for_what_fills_today(
    a_world: MakeWorld, night: Night
) -> None:
    world = await a_world(followers=(F1,))
    world.works(1, quantity=150, filled=50, average_price=BOUGHT, product=KEPT)
    await world.pass_(4)
    await night(world)
    assert _missed(world) == [(Side.BUY, 50)]
    world.works(1, quantity=150, filled=100, average_price=BOUGHT, product=KEPT)
    await world.pass_(4)
    assert _sent(world) == []
    world.executes(1, quantity=150, filled=150, product=KEPT)
    await world.pass_(6)
    assert (_sent(world), _masters(world, KEPT), len(_missed(world))) == ([("BUY", 100)], 150, 1)


async def test_what_fills_today_of_such_an_order_is_still_closed_by_the_other_side(a_world: MakeWorld) -> None:
    """An AMO of the evening before: its row is of the day on which it changes again."""
    world = await a_world(followers=(F1,))
    world.works(1, quantity=100)
    await world.pass_(4)
    await _sleeps(world)
    world.works(1, quantity=100, filled=50, average_price=BOUGHT)
    await world.pass_(4)
    world.executes(2, side=Side.SELL, quantity=50, filled=50)
    await world.pass_(10)
    assert (_missed(world), _masters(world), _sent(world)) == ([], 0, [("BUY", 50), ("SELL", 50)])


@nights
async def test_a_part_fill_of_a_position_that_stays_counts_as_the_masters(a_world: MakeWorld, night: Night) -> None:
    world = await a_world(followers=(F1,))
    world.works(1, quantity=100, filled=50, average_price=BOUGHT, product=KEPT)
    await world.pass_(4)
    await night(world)
    assert (_missed(world), _masters(world, KEPT)) == ([(Side.BUY, 50)], 50)
    world.executes(2, side=Side.SELL, product=KEPT)
    await world.pass_(6)
    assert (_masters(world, KEPT), _sent(world)) == (0, []), "followers have none of it to close"


@nights
@pytest.mark.parametrize("product", [Product.INTRADAY, KEPT])
async def test_a_part_filled_exit_of_an_earlier_day_is_missed_as_an_exit(
    a_world: MakeWorld, night: Night, product: Product
) -> None:
    world = await a_world(followers=(F1,))
    world.executes(1, quantity=100, filled=100, product=product)
    await world.pass_(6)
    world.works(2, side=Side.SELL, quantity=100, filled=50, average_price=BOUGHT, product=product)
    await world.pass_(4)
    await night(world)
    [missed] = world.engine.snapshot().missed
    assert (missed.execution.closes, missed.execution.quantity) == (ExitFraction(50, 100), 50)
    assert _masters(world, product) == (50 if product is KEPT else 0)
    assert await world.on_disk("SELECT product, quantity FROM positions WHERE account = 'M1'") == (
        [("CARRYFORWARD", 50)] if product is KEPT else []
    )


async def test_several_of_them_are_distinguished(a_world: MakeWorld) -> None:
    world = await a_world(followers=(F1,))
    now = world.clock.now()
    for number, (side, at) in enumerate([(Side.SELL, 3), (Side.BUY, 1), (Side.SELL, 2)], 1):
        moment = now + timedelta(seconds=at)
        world.works(number, side=side, quantity=100, filled=50, average_price=BOUGHT, at=moment)
    await world.pass_(4)
    await _restarts(world)
    shares = [(each.execution.order.side, each.execution.closes) for each in world.engine.snapshot().missed]
    assert shares == [(Side.BUY, None), (Side.SELL, ExitFraction(50, 50)), (Side.SELL, None)]


@nights
async def test_what_had_filled_before_the_first_poll_stays_history(a_world: MakeWorld, night: Night) -> None:
    world = await a_world(followers=(F1,), started=False)
    world.works(1, quantity=100, filled=50, average_price=BOUGHT)
    await world.start()
    await world.pass_(4)
    await night(world)
    assert await world.on_disk("SELECT * FROM executions") == []


@nights
@pytest.mark.parametrize(
    ("policy", "listed"), [(OpenAtStart.COPY, [("missed", 0)]), (OpenAtStart.IGNORE, [("skipped", 1)])]
)
async def test_an_order_that_was_open_at_the_start_goes_by_its_setting(
    a_world: MakeWorld, night: Night, policy: OpenAtStart, listed: list[tuple[str, int]]
) -> None:
    world = await a_world(followers=(F1,), started=False, open_orders_at_start=policy)
    world.works(1, quantity=100)
    await world.start()
    world.works(1, quantity=100, filled=50, average_price=BOUGHT)
    await world.pass_(4)
    await night(world)
    assert await world.on_disk("SELECT verdict, settled FROM executions") == listed


@nights
async def test_a_piece_that_was_copied_when_it_filled_is_not_missed(a_world: MakeWorld, night: Night) -> None:
    world = await a_world(followers=(F1,), copy_on=CopyOn.FILL)
    world.works(1, quantity=100, filled=50, average_price=BOUGHT, product=KEPT)
    await world.pass_(6)
    await night(world)
    assert (_missed(world), _sent(world), _masters(world, KEPT)) == ([], [("BUY", 50)], 50)


@nights
async def test_an_order_whose_end_was_seen_is_not_missed(a_world: MakeWorld, night: Night) -> None:
    world = await a_world(followers=(F1,))
    world.works(1, quantity=100)
    world.works(2, symbol="SBIN-EQ", quantity=100, filled=50, average_price=BOUGHT, tag="")
    await world.pass_(4)
    world.executes(2, symbol="SBIN-EQ", quantity=100, filled=100)
    await world.pass_(6)
    await night(world)
    assert _missed(world) == []


@nights
async def test_a_late_end_of_yesterdays_order_is_missed_and_no_part_of_todays_position(
    a_world: MakeWorld, night: Night
) -> None:
    """Soon after midnight the book still has the day before."""
    world = await a_world(followers=(F1,))
    world.works(1, quantity=200, filled=50, average_price=BOUGHT)
    await world.pass_(4)
    ended = world.clock.now() + timedelta(hours=2)
    await night(world)
    world.executes(1, quantity=200, filled=200, at=ended)
    await world.pass_(4)
    assert (_missed(world), _masters(world), _sent(world)) == ([(Side.BUY, 50), (Side.BUY, 150)], 0, [])


# What the screen shows.


async def _listed(world: World) -> list[str]:
    """Return the kinds on the attention list, which is the same on the screen and by the journal alone."""
    snapshot, now = world.engine.snapshot(), world.clock.now()
    on_screen = Attention().items(snapshot, now)
    assert [row.item for row in attention_rows(on_screen, snapshot, world.clock.monotonic())] == list(on_screen)
    await world.on_disk("SELECT 1")
    by_journal = read_attention(world.path, {F1: "Follower 1", F2: "Follower 2"}, now)
    assert [_shown(item) for item in on_screen] == [_shown(item) for item in by_journal]
    return [item.label for item in on_screen]


def _shown(item: AttentionItem) -> tuple[object, ...]:
    return item.id, item.label, item.who, item.what, item.why, item.since, item.acts, item.hint


@nights
async def test_what_an_earlier_day_finished_is_not_on_the_screen(a_world: MakeWorld, night: Night) -> None:
    world = await a_world(followers=(F1,))
    world[F1].outcomes.append(refused())
    world.executes(1)
    await world.pass_(6)
    world.executes(2, symbol="SBIN-EQ")
    await world.pass_(6)
    assert await _listed(world) == ["failed"]
    await night(world)
    assert world.engine.snapshot().orders == ()
    assert await _listed(world) == []
    world.executes(3)
    await world.pass_(6)
    assert [view.known.order.order_id for view in world.engine.snapshot().orders] == ["000003"]


@nights
async def test_what_can_still_be_acted_on_stays_and_what_a_retry_refuses_goes(a_world: MakeWorld, night: Night) -> None:
    world = await a_world()
    world[F1].outcomes.append(refused())
    world[F2].outcomes.append(not_taken())
    world.executes(1)
    await world.pass_(6)
    assert await _listed(world) == ["unknown", "failed"]
    await night(world)
    [view] = world.engine.snapshot().orders
    assert [copy.state for copy in view.copies] == ["failed", "unknown"]
    assert await _listed(world) == ["unknown"]
    [failed] = world.copies_of(F1)
    assert "its price is from 20 Nov" in await world.handle(RetryCopy(failed.id))


@nights
async def test_what_was_missed_stays_on_the_screen_with_its_order(a_world: MakeWorld, night: Night) -> None:
    world = await a_world(followers=(F1,))
    world.works(1, quantity=100, filled=50, average_price=BOUGHT)
    world.executes(2, symbol="SBIN-EQ", at=world.clock.now() - timedelta(hours=1))
    await world.pass_(4)
    await night(world)
    assert await _listed(world) == ["missed", "missed"]
    assert {view.known.order.order_id for view in world.engine.snapshot().orders} == {"000001", "000002"}


@nights
async def test_an_exit_that_an_earlier_day_left_open_is_orphaned_and_fills_no_more(
    a_world: MakeWorld, night: Night
) -> None:
    world = await a_world(followers=(F1,))
    world.executes(1, product=KEPT)
    await world.pass_(6)
    world[F1].outcomes.append(accepted(ends=OrderStatus.WORKING))
    world.executes(2, side=Side.SELL, product=KEPT)
    await world.pass_(40)
    assert await _listed(world) == ["exit unfilled"]
    await night(world)
    assert any("that day's order book is gone" in error for error in world.errors)
    assert await _listed(world) == ["orphaned"]


async def test_a_copy_decided_before_midnight_and_refused_after_it_is_of_the_new_day(a_world: MakeWorld) -> None:
    world = await a_world(followers=(F1,), started=False)
    await world.clock.advance(12 * 3600 - 60)
    await world.start()
    await world.pass_(56)
    world[F1].default = not_sent()
    world.executes(1, product=KEPT)
    await world.pass_(4)
    world[F1].default = refused()
    await world.pass_(30)
    [copy] = world.copies
    assert copy.sent_at is not None
    assert (copy.state, copy.created_at.day, copy.sent_at.day) == ("failed", 20, 21)
    assert await _listed(world) == ["failed"]
    assert "retried manually" in await world.handle(RetryCopy(copy.id))


async def test_a_copy_refused_between_midnight_and_the_masters_first_poll_can_be_retried(
    a_world: MakeWorld,
) -> None:
    world = await a_world(followers=(F1,), started=False)
    await world.clock.advance(12 * 3600 - 60)
    await world.start()
    await world.pass_(56)
    world[F1].default = not_sent()
    world.executes(1, product=KEPT)
    await world.pass_(3)
    world.master.book_errors.extend([BrokerTrouble("busy")] * 3)
    await world.pass_(1)
    world[F1].default = refused()
    await world.pass_(4)
    assert (world.states(F1), world.engine.state.day.day) == (["failed"], 20)
    await world.pass_(60)
    assert world.engine.state.day.day == 21
    assert await _listed(world) == ["failed"]


@nights
async def test_an_order_that_still_worked_stays_on_the_screen(a_world: MakeWorld, night: Night) -> None:
    world = await a_world(followers=(F1,))
    world.works(1, quantity=100)
    await world.pass_(4)
    await night(world)
    assert [view.known.order.order_id for view in world.engine.snapshot().orders] == ["000001"]


async def test_a_restart_on_the_same_day_misses_nothing_of_what_still_works(a_world: MakeWorld) -> None:
    world = await a_world(followers=(F1,))
    world.works(1, quantity=100, filled=50, average_price=BOUGHT)
    await world.pass_(4)
    await world.restart(down=10)
    assert (_missed(world), await world.on_disk("SELECT counted FROM master_orders")) == ([], [(0,)])
    world.executes(1, quantity=100, filled=100)
    await world.pass_(6)
    assert _sent(world) == [("BUY", 100)]


# What the master had before copytui watched.


def _before(world: World) -> list[str]:
    return [text for text in world.events(Level.INFO) if "before copytui watched" in text]


@pytest.mark.parametrize("sold", [40, 100, 150])
async def test_what_he_closed_of_a_known_position_before_the_poll_is_not_pre_existing(
    a_world: MakeWorld, sold: int
) -> None:
    world = await a_world(followers=(F1,))
    world.executes(1, quantity=100, filled=100, product=KEPT)
    await world.pass_(10)
    await world.stop()
    await world.clock.advance(NIGHT)
    _new_books(world)
    world.executes(2, side=Side.SELL, quantity=sold, filled=sold, product=KEPT)
    await world.start()
    await world.handle(SetDryRun(True))
    await world.handle(SetDryRun(False))
    assert _masters(world, KEPT) == 100 - sold
    assert _before(world) == []
    await world.restart()
    assert _before(world) == []


# What he closed of a known position before the first poll: the followers have not.


@pytest.mark.parametrize(("sold", "left"), [(50, 50), (100, 0), (150, 0)])
async def test_an_exit_before_the_days_first_poll_is_a_missed_exit(a_world: MakeWorld, sold: int, left: int) -> None:
    world = await a_world(followers=(F1,))
    await trade(world, Side.BUY, 100, product=KEPT)
    await world.stop()
    await world.clock.advance(NIGHT)
    _new_books(world)
    world.executes(2, side=Side.SELL, quantity=sold, filled=sold, product=KEPT)
    await world.start()
    assert _missed(world) == [(Side.SELL, min(sold, 100))]
    await world.restart()
    assert _missed(world) == [(Side.SELL, min(sold, 100))]
    (missed,) = world.engine.snapshot().missed
    await world.handle(CopyMissed(missed.id))
    await world.pass_(6)
    assert held(world, F1, product=KEPT) == left
    assert sent(world, F1) == [("BUY", 100), ("SELL", min(sold, 100))]
    assert _missed(world) == []
