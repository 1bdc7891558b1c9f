from __future__ import annotations

import asyncio
import itertools
from dataclasses import replace

import pytest

from copytui.broker.port import RowProblem
from copytui.domain.errors import BadCredentials, BrokerUnreachable, MasterLogInFailed, SessionExpired
from copytui.domain.events import Level
from copytui.domain.executions import CopyOn
from copytui.domain.orders import OrderKey, OrderStatus
from copytui.engine.commands import CopyMissed, DismissMissed
from copytui.settings.model import OpenAtStart
from tests.builders import a_tag, after, an_order
from tests.engine.conftest import MakeWorld
from tests.engine.harness import F1, F2, World


async def test_an_order_that_completes_after_the_first_poll_is_copied_to_all(world: World) -> None:
    world.executes()
    await world.pass_(4)
    assert world[F1].sent == [("NIFTY28NOV2624000CE", 50)]
    assert world[F2].sent == [("NIFTY28NOV2624000CE", 50)]
    assert world.states(F1) == world.states(F2) == ["filled"]


async def test_what_was_complete_at_the_first_poll_is_never_copied(a_world: MakeWorld) -> None:
    world = await a_world(started=False)
    world.executes()
    await world.start()
    await world.pass_(60)
    assert world[F1].posts == []
    assert world.verdicts == []
    assert any("1 finished orders recorded" in text for text in world.events(Level.INFO))


async def test_an_order_open_at_the_first_poll_is_copied_when_it_completes(a_world: MakeWorld) -> None:
    world = await a_world(started=False)
    world.works(1)
    await world.start()
    await world.pass_(30)
    assert world[F1].posts == []
    world.executes(1)
    await world.pass_(4)
    assert world[F1].sent == [("NIFTY28NOV2624000CE", 50)]


async def test_of_an_order_part_filled_at_the_first_poll_only_the_rest_is_copied(a_world: MakeWorld) -> None:
    world = await a_world(started=False)
    world.works(1, quantity=150, filled=50)
    await world.start()
    world.executes(1, quantity=150, filled=150)
    await world.pass_(4)
    assert world[F1].sent == [("NIFTY28NOV2624000CE", 100)]


async def test_orders_open_at_start_are_left_alone_where_the_settings_say_so(a_world: MakeWorld) -> None:
    world = await a_world(started=False, open_orders_at_start=OpenAtStart.IGNORE)
    world.works(1)
    await world.start()
    world.executes(1)
    await world.pass_(4)
    assert world[F1].posts == []
    assert world.verdicts == ["skipped"]


async def test_the_filled_part_of_a_cancelled_order_is_copied(world: World) -> None:
    world.works(1, quantity=150, filled=50)
    await world.pass_(4)
    assert world[F1].posts == []
    world.executes(1, quantity=150, filled=50, order_status=OrderStatus.CANCELLED, status="cancelled")
    await world.pass_(4)
    assert world[F1].sent == [("NIFTY28NOV2624000CE", 50)]


async def test_an_order_cancelled_or_rejected_without_a_fill_gives_nothing(world: World) -> None:
    world.executes(1, filled=0, order_status=OrderStatus.CANCELLED)
    world.executes(2, filled=0, order_status=OrderStatus.REJECTED)
    await world.pass_(10)
    assert world.verdicts == []


async def test_with_copy_on_fill_every_increase_is_copied_once(a_world: MakeWorld) -> None:
    world = await a_world(copy_on=CopyOn.FILL)
    world.works(1, quantity=150, filled=50)
    await world.pass_(4)
    world.executes(1, quantity=150, filled=150)
    await world.pass_(4)
    assert world[F1].sent == [("NIFTY28NOV2624000CE", 50), ("NIFTY28NOV2624000CE", 100)]


async def test_two_fills_in_one_book_give_both_in_their_order(a_world: MakeWorld) -> None:
    world = await a_world(copy_on=CopyOn.FILL)
    first = an_order(
        key=OrderKey("U1"), filled=50, quantity=150, order_status=OrderStatus.WORKING, updated_at=world.clock.now()
    )
    world.master.rows = [first, replace(first, filled=150, order_status=OrderStatus.COMPLETE)]
    await world.pass_(8)
    assert [quantity for _symbol, quantity in world[F1].sent] == [50, 100]
    assert world.errors == []


async def test_the_same_row_twice_in_one_book_is_copied_once(world: World) -> None:
    row = world.executes()
    world.master.rows = [row, row, replace(row, status="COMPLETE")]
    await world.pass_(8)
    assert len(world[F1].posts) == 1
    assert world.verdicts == ["copied"]
    assert world.errors == []


async def test_late_rows_change_nothing(world: World) -> None:
    late = world.works(1)
    await world.pass_(4)
    world.executes(1)
    await world.pass_(4)
    world.master_has(late)
    await world.pass_(4)
    world.executes(1)
    await world.pass_(4)
    assert len(world[F1].posts) == 1


async def test_executions_of_one_look_go_out_in_the_order_in_which_they_happened(world: World) -> None:
    world.executes(1, symbol="LATER-EQ", at=after(0.9))
    world.executes(2, symbol="EARLIER-EQ", at=after(0.4))
    await world.pass_(4)
    assert [symbol for symbol, _quantity in world[F1].sent] == ["EARLIER-EQ", "LATER-EQ"]


async def test_an_order_with_our_own_tag_is_never_copied(world: World) -> None:
    world.executes(1, tag=str(a_tag(7)))
    await world.pass_(4)
    assert world.verdicts == []
    assert any("carries a copytui tag" in text for text in world.events(Level.INFO))


async def test_a_row_that_cannot_be_read_is_reported_once_and_the_rest_is_copied(world: World) -> None:
    world.master.problems = (RowProblem("77", "price: 'abc' is not a number"),)
    world.executes()
    await world.pass_(10)
    assert len(world[F1].posts) == 1
    assert len([text for text in world.events(Level.WARN) if "order 77" in text]) == 1


async def test_a_failed_poll_changes_nothing_and_polls_get_rarer_until_one_works(world: World) -> None:
    world.executes()
    world.master.book_error = BrokerUnreachable("time-out")
    await world.pass_(200)
    assert world.verdicts == []
    reads = world.master.book_reads
    gaps = [round(later - earlier, 3) for earlier, later in itertools.pairwise(reads)]
    assert gaps[:6] == [3, 3, 6, 12, 24, 30]
    assert set(gaps[6:]) == {30}
    assert world.engine.snapshot().poll_trouble == "time-out"
    world.master.book_error = None
    world.executes(1)
    await world.pass_(31)
    assert len(world[F1].posts) == 1
    count = len(world.master.book_reads)
    await world.pass_(30)
    assert len(world.master.book_reads) - count == 10
    assert world.engine.snapshot().poll_failures == 0


async def test_an_expired_session_of_the_master_is_opened_again_at_once(world: World) -> None:
    world.executes()
    world.master.book_errors.append(SessionExpired("AG8002"))
    await world.pass_(4)
    assert len(world.master.log_ins) == 2
    assert len(world[F1].posts) == 1


async def test_after_an_outage_the_book_is_read_as_soon_as_the_master_is_logged_in_again(world: World) -> None:
    world.master.book_errors += [BrokerUnreachable("refused")] * 5 + [SessionExpired("AG8001")]
    while len(world.master.log_ins) < 2:
        await world.pass_(1)
    await world.pass_(1)
    assert world.engine.snapshot().poll_failures == 0
    world.executes()
    await world.pass_(4)
    assert len(world[F1].posts) == 1


async def test_a_session_of_the_master_that_is_refused_at_once_is_not_opened_in_a_loop(world: World) -> None:
    world.master.book_error = SessionExpired("AG8001")
    await world.pass_(120)
    assert 2 <= len(world.master.log_ins) <= 10


async def test_a_master_that_refuses_its_credentials_is_reported_and_not_retried(world: World) -> None:
    world.master.book_errors.append(SessionExpired("AG8002"))
    world.master.log_in_errors.append(BadCredentials("AB1007: invalid totp"))
    await world.pass_(600)
    assert len(world.master.log_ins) == 2
    assert any("The master is not watched any more" in text for text in world.errors)


async def test_a_master_that_cannot_log_in_at_start_ends_the_run(a_world: MakeWorld) -> None:
    world = await a_world(started=False)
    world.master.log_in_errors.append(BadCredentials("invalid pin"))
    await world.start()
    assert world.run is not None
    with pytest.raises(MasterLogInFailed, match="invalid pin"):
        await world.run
    assert world.master.closed == 1


async def test_a_master_that_answers_after_some_tries_is_watched(a_world: MakeWorld) -> None:
    world = await a_world(started=False)
    world.master.log_in_errors.extend([BrokerUnreachable("no answer")] * 3)
    await world.start()
    await world.pass_(8)
    assert [round(at, 3) for at in world.master.log_ins] == [0, 1, 3, 7]
    world.executes()
    await world.pass_(4)
    assert len(world[F1].posts) == 1


async def test_what_executed_shortly_before_a_restart_is_copied(world: World) -> None:
    world.works(1)
    await world.pass_(4)
    await world.stop()
    world.executes(1)
    await world.clock.advance(30)
    await world.start()
    await world.pass_(4)
    assert len(world[F1].posts) == 1


async def test_what_executed_long_before_a_restart_is_missed_and_listed_until_dismissed(world: World) -> None:
    world.works(1)
    await world.pass_(4)
    await world.stop()
    world.executes(1)
    await world.clock.advance(61)
    await world.start()
    await world.pass_(100)
    assert world[F1].posts == []
    (missed,) = world.engine.snapshot().missed
    await world.restart()
    assert [decided.id for decided in world.engine.snapshot().missed] == [missed.id]
    await world.handle(DismissMissed(missed.id))
    assert world.engine.snapshot().missed == ()
    await world.restart()
    assert world.engine.snapshot().missed == ()
    assert world[F1].posts == []


async def test_a_missed_execution_is_copied_once_when_the_user_wants_it(world: World) -> None:
    world.executes(1, at=after(-100))
    await world.pass_(4)
    (missed,) = world.engine.snapshot().missed
    assert await world.handle(CopyMissed(missed.id)) == "copied to 2 followers"
    assert "not waiting" in await world.handle(CopyMissed(missed.id))
    await world.pass_(4)
    assert len(world[F1].posts) == len(world[F2].posts) == 1
    assert world.engine.snapshot().missed == ()


async def test_a_missed_execution_that_is_asked_for_twice_at_once_is_copied_once(world: World) -> None:
    world.master.token_takes = 5.0
    world.master.tokens = {"SBIN-EQ": "3045"}
    world.executes(1, at=after(-100), symbol="SBIN-EQ", token=None)
    await world.pass_(10)
    (missed,) = world.engine.snapshot().missed
    async with asyncio.TaskGroup() as group:
        for _ in range(2):
            group.create_task(world.engine.handle(CopyMissed(missed.id)))
        group.create_task(world.pass_(20))
    assert len(world.copies) == 2
    assert len(world[F1].posts) == 1
    assert world.errors == []


async def test_an_execution_of_which_nobody_can_tell_when_it_happened_is_missed(a_world: MakeWorld) -> None:
    world = await a_world()
    world.works(1)
    await world.pass_(4)
    await world.stop()
    world.master_has(an_order(key=OrderKey("U1"), updated_at=None))
    await world.start()
    await world.pass_(4)
    assert world.verdicts == ["missed"]


async def test_a_new_trading_day_begins_with_a_new_baseline(world: World) -> None:
    world.executes(1)
    await world.pass_(4)
    await world.stop()
    await world.clock.advance(86_400)
    world.master.rows = []
    world.executes(2)
    world.works(3)
    await world.start()
    await world.pass_(4)
    assert len(world[F1].posts) == 1
    world.executes(3)
    await world.pass_(4)
    assert len(world[F1].posts) == 2


async def test_the_day_turns_while_the_program_runs(world: World) -> None:
    await world.stop()
    await world.clock.advance(11.9 * 3600)
    await world.start()
    await world.pass_(720)
    assert sorted(world.engine.state.looked_at_days) == [after(0).date(), after(13 * 3600).date()]
    world.executes(9)
    await world.pass_(4)
    assert len(world[F1].posts) == 1


async def test_a_first_poll_that_cannot_be_kept_does_not_count(a_world: MakeWorld) -> None:
    world = await a_world(started=False)
    world.make()
    assert world.journal is not None
    world.journal.full = True
    world.run = asyncio.create_task(world.engine.run())
    await world.pass_(10)
    assert world.engine.state.looked_at_days == set()
    assert world.engine.state.known == {}
    world.journal.full = False
    await world.pass_(30)
    world.executes()
    await world.pass_(4)
    assert len(world[F1].posts) == 1


async def test_a_symbol_without_a_token_is_asked_for_at_the_broker(world: World) -> None:
    world.master.tokens = {"SBIN-EQ": "3045"}
    world.executes(symbol="SBIN-EQ", token=None)
    await world.pass_(4)
    assert world[F1].posts[0][1].order.token == "3045"


async def test_the_snapshot_shows_what_becomes_of_orders_it_has_shown_before(world: World) -> None:
    key = OrderKey("U\u20b91 'odd\"")
    world.works(1, key=key)
    await world.pass_(4)
    before = world.engine.snapshot()
    assert [(len(view.executions), len(view.copies)) for view in before.orders] == [(0, 0)]
    world.executes(1, key=key)
    await world.pass_(4)
    snapshot = world.engine.snapshot()
    (view,) = snapshot.orders
    assert view.known.order.order_status is OrderStatus.COMPLETE
    assert [str(copy.state) for copy in view.copies] == ["filled", "filled"]
    assert [decided.decision.verdict for decided in view.executions] == ["copied"]
    assert snapshot.version > before.version
    assert snapshot.metrics.statistics.copies.success == 2
    await world.restart()
    assert world.engine.snapshot().orders == (view,)


async def test_followers_get_what_happened_once_each_and_the_journal_says_the_same(world: World) -> None:
    world.executes()
    await world.pass_(4)
    rows = await world.on_disk("SELECT follower, state, tag FROM copies ORDER BY follower")
    assert [(follower, state) for follower, state, _tag in rows] == [(F1, "filled"), (F2, "filled")]
    assert {tag for _f, _s, tag in rows} == {*world[F1].orders_by_tag, *world[F2].orders_by_tag}
