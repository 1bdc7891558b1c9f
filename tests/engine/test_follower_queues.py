from __future__ import annotations

from datetime import timedelta

import pytest

from copytui.domain.copies import CopyState
from copytui.domain.errors import BadCredentials, BrokerUnreachable, SessionExpired
from copytui.domain.orders import OrderStatus
from copytui.engine.commands import RefreshAll
from copytui.engine.follower.follower import SessionState
from tests.engine.conftest import MakeWorld
from tests.engine.harness import F1, F2, F3, World
from tests.engine.scripted import accepted, lost_answer, not_sent, not_taken, refused, session_refused

SYMBOLS = ("AAA-EQ", "BBB-EQ", "CCC-EQ")


def three_symbols(world: World) -> None:
    for symbol in SYMBOLS:
        world.executes(symbol=symbol)


async def test_a_follower_sends_in_the_masters_order_one_after_the_other(world: World) -> None:
    world[F1].default = accepted(answers_after=2.0)
    three_symbols(world)
    await world.pass_(3)
    assert world[F1].sent == [("AAA-EQ", 50)]
    await world.pass_(10)
    assert world[F1].sent == [(symbol, 50) for symbol in SYMBOLS]
    assert world[F1].post_times == [3, 5, 7]


@pytest.mark.parametrize(
    "trouble",
    [
        accepted(answers_after=30.0), refused(), not_taken(answers_after=7.0), lost_answer(), not_sent(),
        session_refused(), accepted(error=RuntimeError("a bug")),
    ],
    ids=lambda outcome: f"{outcome.outcome}{'-slow' if outcome.answers_after else ''}{'-bug' if outcome.error else ''}",
)  # fmt: skip
async def test_whatever_happens_to_one_follower_the_others_get_their_orders_in_the_same_tick(
    a_world: MakeWorld, trouble: object
) -> None:
    world = await a_world(followers=(F1, F2, F3))
    world[F2].default = trouble  # type: ignore[assignment]
    three_symbols(world)
    await world.pass_(3)
    for client in (F1, F3):
        assert world[client].sent == [(symbol, 50) for symbol in SYMBOLS]
        assert world[client].post_times == [3, 3, 3]


async def test_a_follower_that_cannot_log_in_holds_nobody_back_and_its_copies_fail_with_the_reason(
    a_world: MakeWorld,
) -> None:
    world = await a_world(started=False)
    world[F1].log_in_errors.extend([BrokerUnreachable("no route")] * 50)
    await world.start()
    world.executes()
    await world.pass_(3)
    assert world[F2].post_times == [3]
    assert world.states(F1) == ["queued"]
    await world.pass_(62)
    (copy,) = world.copies_of(F1)
    assert copy.state is CopyState.FAILED
    assert "not sent in time" in str(copy.error)
    assert "no route" in str(copy.error)
    assert world[F1].posts == []


async def test_log_ins_that_fail_are_retried_with_growing_pauses(a_world: MakeWorld) -> None:
    world = await a_world(started=False)
    world[F1].log_in_errors.extend([BrokerUnreachable("no route")] * 5)
    await world.start()
    await world.pass_(200)
    assert [round(at, 3) for at in world[F1].log_ins] == [0, 5, 15, 35, 75, 155]
    assert world.engine.state.followers[F1].armed


async def test_a_locked_follower_is_never_retried_and_holds_nobody_back(a_world: MakeWorld) -> None:
    world = await a_world(started=False)
    world[F1].log_in_errors.append(BadCredentials("AB1007: invalid pin"))
    await world.start()
    world.executes()
    await world.pass_(3)
    assert world[F2].post_times == [3]
    await world.pass_(600)
    assert len(world[F1].log_ins) == 1
    assert world[F1].posts == []
    assert world.engine.state.followers[F1].session is SessionState.LOCKED
    (copy,) = world.copies_of(F1)
    assert copy.state is CopyState.FAILED
    assert "credentials refused" in str(copy.error)


async def test_a_follower_whose_session_is_refused_at_once_is_not_logged_in_in_a_loop(a_world: MakeWorld) -> None:
    world = await a_world(started=False)
    world[F1].book_error = SessionExpired("AG8001")
    world[F1].log_in_forgotten_at_once = True
    await world.start()
    await world.pass_(300)
    assert 1 <= len(world[F1].log_ins) <= 10
    assert world[F1].posts == []


async def test_nothing_is_sent_before_the_followers_own_book_has_been_read(a_world: MakeWorld) -> None:
    world = await a_world(started=False)
    world[F1].book_error = BrokerUnreachable("time-out")
    await world.start()
    world.executes()
    await world.pass_(20)
    assert world[F1].posts == []
    world[F1].book_error = None
    await world.pass_(31)
    assert len(world[F1].posts) == 1


async def test_an_unknown_copy_blocks_its_own_symbol_for_its_own_follower_only(world: World) -> None:
    world[F1].outcomes.append(not_taken())
    world.executes(symbol="AAA-EQ")
    world.executes(symbol="AAA-EQ")
    world.executes(symbol="BBB-EQ")
    await world.pass_(4)
    assert [symbol for symbol, _ in world[F1].sent] == ["AAA-EQ", "BBB-EQ"]
    assert [symbol for symbol, _ in world[F2].sent] == ["AAA-EQ", "AAA-EQ", "BBB-EQ"]
    assert world.states(F1) == ["unknown", "queued", "filled"]
    await world.pass_(60)
    assert world.states(F1) == ["unknown", "failed", "filled"]


async def test_what_waits_behind_an_unknown_copy_is_sent_once_that_is_found(world: World) -> None:
    world[F1].outcomes.append(lost_answer(lands_after=5.0))
    world.executes(symbol="AAA-EQ")
    world.executes(symbol="AAA-EQ")
    await world.pass_(8)
    assert len(world[F1].posts) == 1
    await world.pass_(2)
    assert len(world[F1].posts) == 2


async def test_a_rate_limit_holds_back_its_own_follower_only_and_no_longer_than_needed(world: World) -> None:
    world[F1].held_until = 10.25
    world.executes()
    await world.pass_(12)
    assert world[F2].post_times == [3]
    (at,) = world[F1].post_times
    assert at == pytest.approx(10.25, abs=0.01)


async def test_all_followers_intents_are_written_in_one_transaction(a_world: MakeWorld) -> None:
    world = await a_world(followers=(F1, F2, F3))
    assert world.journal is not None
    before = world.journal.requires
    world.executes()
    await world.pass_(3)
    assert world.journal.requires - before == 1


async def test_no_second_copy_is_claimed_while_the_session_is_known_to_be_refused(world: World) -> None:
    """Between the refusal and the login task's turn, the follower must not send."""
    world[F1].outcomes.append(session_refused())
    world[F1].log_in_takes = 2.0
    three_symbols(world)
    await world.pass_(4)
    assert len(world[F1].posts) == 1
    await world.pass_(10)
    assert sorted(world.states(F1)) == ["filled"] * 3
    assert len(world[F1].log_ins) == 2


async def test_a_session_that_was_lost_unnoticed_is_opened_again_before_the_next_order(world: World) -> None:
    world[F1].logged_in = False
    assert not world.engine.state.followers[F1].armed
    world.executes()
    await world.pass_(4)
    assert len(world[F1].log_ins) == 2
    assert world[F1].post_times == [3]
    assert world[F1].post_times[0] >= world[F1].book_reads[1] >= world[F1].log_ins[1]


async def test_a_live_copy_is_followed_on_after_its_session_was_lost(world: World) -> None:
    world[F1].default = accepted(ends=OrderStatus.WORKING)
    world.executes()
    await world.pass_(4)
    world[F1].logged_in = False
    world[F1].change(world.copies_of(F1)[0].tag, order_status=OrderStatus.COMPLETE, filled=50)
    await world.pass_(4)
    assert world.states(F1) == ["filled"]


async def test_a_copy_that_goes_again_keeps_its_place_before_later_ones_of_its_symbol(world: World) -> None:
    world[F1].outcomes.append(not_sent())
    world.executes(symbol="AAA-EQ", quantity=50)
    world.executes(symbol="AAA-EQ", quantity=100, filled=100)
    world.executes(symbol="BBB-EQ")
    await world.pass_(10)
    assert world[F1].sent == [("AAA-EQ", 50), ("BBB-EQ", 50), ("AAA-EQ", 50), ("AAA-EQ", 100)]


async def test_what_was_queued_on_an_earlier_day_is_not_forgotten_in_the_queue(a_world: MakeWorld) -> None:
    world = await a_world(started=False)
    world[F1].log_in_errors.extend([BrokerUnreachable("no route")] * 2)
    await world.start()
    world.executes()
    await world.pass_(3)
    assert world.states(F1) == ["queued"]
    await world.restart(down=86_400)
    await world.pass_(5)
    (copy,) = world.copies_of(F1)
    assert copy.state is CopyState.FAILED
    assert "not sent in time" in str(copy.error)
    assert world[F1].posts == []


async def test_what_is_queued_before_midnight_and_sent_after_it_is_sent_once_and_followed(a_world: MakeWorld) -> None:
    world = await a_world(started=False)
    world[F1].log_in_takes = 20.0
    now = world.clock.now()
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    await world.clock.advance((midnight - now).total_seconds() - 10)
    await world.start()
    world.executes()
    await world.pass_(5)
    assert world.states(F1) == ["queued"]
    await world.pass_(30)
    assert world.states(F1) == ["filled"]
    assert len(world[F1].posts) == 1
    assert not world.engine.state.followers[F1].queue
    assert world.errors == []


async def test_a_refresh_reads_every_followers_order_book_at_once(world: World) -> None:
    await world.pass_(60)
    before = {client: len(account.book_reads) for client, account in world.accounts.items()}
    await world.handle(RefreshAll())
    await world.pass_(2)
    assert {client: len(account.book_reads) - before[client] for client, account in world.accounts.items()} == {
        F1: 1,
        F2: 1,
    }
