"""The outcomes of a POST and the states that they prove (docs/failures.md, "What copytui does")."""

from __future__ import annotations

import asyncio
import itertools
from dataclasses import replace
from decimal import Decimal

import pytest

from copytui.domain.copies import CopyState
from copytui.domain.errors import BadCredentials, BrokerUnreachable
from copytui.domain.events import Level
from copytui.domain.orders import OrderId, OrderKey, OrderStatus
from tests.builders import a_tag, an_order
from tests.engine.conftest import MakeWorld
from tests.engine.harness import F1, F2, World
from tests.engine.scripted import (
    accepted,
    lost_answer,
    not_sent,
    not_taken,
    refused,
    session_refused,
    wrong_address,
)


async def test_a_copy_that_never_left_goes_again_after_a_pause_and_a_clean_book(world: World) -> None:
    world[F1].outcomes.append(not_sent())
    world.executes()
    await world.pass_(3)
    posted = world[F1].post_times
    assert posted == [3]
    assert world.states(F1) == ["queued"]
    await world.pass_(10)
    assert len(world[F1].posts) == 2
    again = world[F1].post_times[1]
    assert again >= 4
    assert any(3 <= read <= again for read in world[F1].book_reads)
    (copy,) = world.copies_of(F1)
    assert copy.state is CopyState.FILLED
    assert copy.attempts == 2
    assert copy.error is None


async def test_a_copy_that_never_left_does_not_go_again_while_no_book_can_be_read(world: World) -> None:
    world[F1].outcomes.append(not_sent())
    world.executes()
    world[F1].book_error = BrokerUnreachable("time-out")
    await world.pass_(40)
    assert len(world[F1].posts) == 1
    world[F1].book_error = None
    await world.pass_(31)
    assert len(world[F1].posts) == 2


async def test_pauses_grow_while_orders_do_not_leave_until_the_copy_is_too_old(world: World) -> None:
    world[F1].default = not_sent()
    world.executes()
    await world.pass_(100)
    gaps = [later - earlier for earlier, later in itertools.pairwise(world[F1].post_times)]
    assert gaps == pytest.approx([1, 2, 4, 8, 15, 15, 15], abs=0.6)
    (copy,) = world.copies_of(F1)
    assert copy.state is CopyState.FAILED
    assert "connection refused" in str(copy.error)


async def test_a_copy_that_never_left_and_yet_is_in_the_order_book_is_adopted_and_not_sent_again(world: World) -> None:
    world[F1].outcomes.append(not_sent(lands_after=0.0))
    world.executes()
    await world.pass_(30)
    assert len(world[F1].posts) == 1
    assert world.states(F1) == ["filled"]


async def test_a_refused_session_means_one_new_log_in_one_clean_book_and_the_order_again(world: World) -> None:
    world[F1].outcomes.append(session_refused())
    world.executes()
    await world.pass_(10)
    assert len(world[F1].log_ins) == 2
    assert len(world[F1].posts) == 2
    logged_in, again = world[F1].log_ins[1], world[F1].post_times[1]
    assert any(logged_in <= read <= again for read in world[F1].book_reads)
    assert world.states(F1) == ["filled"]


async def test_a_session_refused_again_after_a_new_log_in_fails_the_copy(world: World) -> None:
    world[F1].default = session_refused()
    world.executes()
    await world.pass_(30)
    assert len(world[F1].posts) == 2
    (copy,) = world.copies_of(F1)
    assert copy.state is CopyState.FAILED
    assert "refused again" in str(copy.error)


async def test_a_session_that_cannot_be_opened_again_locks_that_follower(world: World) -> None:
    world[F1].outcomes.append(session_refused())
    world[F1].log_in_errors.append(BadCredentials("pin changed"))
    world.executes()
    await world.pass_(80)
    assert len(world[F1].log_ins) == 2
    (copy,) = world.copies_of(F1)
    assert copy.state is CopyState.FAILED
    assert world.states(F2) == ["filled"]


async def test_a_wrong_address_fails_the_copy_and_halts_the_follower(world: World) -> None:
    world[F1].outcomes.append(wrong_address())
    world.executes()
    await world.pass_(4)
    world.executes()
    await world.pass_(4)
    assert len(world[F1].posts) == 1
    assert world.states(F1) == ["failed"]
    assert "AG7002" in str(world.engine.state.followers[F1].halted_because)
    assert len(world[F2].posts) == 2


async def test_a_refused_order_fails_with_the_brokers_words_and_is_not_sent_again(world: World) -> None:
    world[F1].outcomes.append(refused())
    world.executes()
    await world.pass_(100)
    assert len(world[F1].posts) == 1
    (copy,) = world.copies_of(F1)
    assert copy.state is CopyState.FAILED
    assert copy.error == "AB4036: product not allowed"


async def test_an_order_that_was_refused_and_yet_is_in_the_order_book_is_reported_as_an_error(world: World) -> None:
    world[F1].outcomes.append(refused(lands_after=0.0))
    world.executes()
    await world.pass_(100)
    assert len([text for text in world.errors if "exists at the broker, but copy" in text]) == 1


async def test_an_order_that_was_refused_and_is_in_the_order_book_as_rejected_is_one_failure(world: World) -> None:
    world[F1].outcomes.append(refused(lands_after=0.0, ends=OrderStatus.REJECTED, filled=0, row_text="RMS: margin"))
    world.executes()
    await world.pass_(100)
    assert world.states(F1) == [CopyState.FAILED]
    assert len(world.errors) == 1


async def test_an_unknown_copy_is_looked_up_by_the_schedule(world: World) -> None:
    await world.pass_(2.9)
    world[F1].outcomes.append(not_taken())
    world.executes()
    await world.pass_(0.1)
    (posted,) = world[F1].post_times
    await world.pass_(420)
    reads = {round(read - posted, 2) for read in world[F1].book_reads if read > posted}
    planned = {0.7, 1.5, 3, 6, 12, 25, 50, 100, 160, 220, 280, 340, 400}
    assert planned <= reads
    # Between them are only the reads that keep an idle account warm.
    assert all(later - earlier >= 0.7 for earlier, later in itertools.pairwise(sorted(reads)))
    assert len(reads - planned) <= 420 / 30


async def test_an_unknown_copy_that_is_found_late_is_followed_to_its_fill(world: World) -> None:
    world[F1].outcomes.append(lost_answer(lands_after=40.0))
    world.executes()
    await world.pass_(42)
    assert world.states(F1) == ["unknown"]
    await world.pass_(20)
    (copy,) = world.copies_of(F1)
    assert copy.state is CopyState.FILLED
    assert copy.filled == 50
    assert copy.order_id == "F1-1"
    assert copy.error is None
    assert any("found at the broker" in text for text in world.events(Level.INFO))
    assert len(world[F1].posts) == 1


async def test_an_unknown_copy_that_is_never_found_stays_unknown_is_reported_once_and_never_sent_again(
    world: World,
) -> None:
    world[F1].outcomes.append(not_taken())
    world.executes()
    await world.pass_(3 + 119)
    assert world.errors == []
    await world.pass_(2)
    assert len(world.errors) == 1
    assert "not found for 120 s" in world.errors[0]
    await world.pass_(1000)
    assert len(world.errors) == 1
    assert len(world[F1].posts) == 1
    (unknown,) = world.engine.snapshot().unknown
    assert unknown.state is CopyState.UNKNOWN
    await world.restart()
    await world.pass_(200)
    assert len(world[F1].posts) == 1
    assert world.states(F1) == ["unknown"]


async def test_look_ups_that_fail_never_mean_absent_and_are_still_reported(world: World) -> None:
    world[F1].outcomes.append(lost_answer())
    world.executes()
    world[F1].book_error = BrokerUnreachable("time-out")
    await world.pass_(130)
    assert world.states(F1) == ["unknown"]
    assert len([text for text in world.errors if "not found for 120 s" in text]) == 1
    world[F1].book_error = None
    await world.pass_(31)
    assert world.states(F1) == ["filled"]
    assert len(world[F1].posts) == 1


async def test_an_unknown_copy_that_turns_out_rejected_counts_as_one_failure(a_world: MakeWorld) -> None:
    world = await a_world(halt_after_failures=2)
    world[F1].outcomes.append(lost_answer(ends=OrderStatus.REJECTED, row_text="RMS: margin"))
    world.executes()
    await world.pass_(10)
    (copy,) = world.copies_of(F1)
    assert copy.state is CopyState.REJECTED
    assert copy.error == "RMS: margin"
    assert world.engine.state.followers[F1].halted_because is None


async def test_a_bug_in_the_adapter_leaves_the_copy_unknown(world: World) -> None:
    world[F1].outcomes.append(accepted(error=TypeError("a bug")))
    world.executes()
    await world.pass_(3)
    assert world.states(F1) == ["unknown"]
    await world.pass_(5)
    assert world.states(F1) == ["filled"]
    assert len(world[F1].posts) == 1


async def test_an_accepted_order_is_followed_from_open_to_part_to_filled(world: World) -> None:
    world[F1].outcomes.append(accepted(ends=OrderStatus.WORKING))
    world.executes(quantity=150, filled=150)
    await world.pass_(4)
    (copy,) = world.copies_of(F1)
    assert copy.state is CopyState.OPEN
    world[F1].change(copy.tag, filled=50, average_price=Decimal("101.45"))
    await world.pass_(2)
    (copy,) = world.copies_of(F1)
    assert (str(copy.state), copy.filled) == ("partial", 50)
    world[F1].change(copy.tag, filled=150, average_price=Decimal("101.60"), order_status=OrderStatus.COMPLETE)
    await world.pass_(3)
    (copy,) = world.copies_of(F1)
    assert (str(copy.state), copy.filled, copy.average_price) == ("filled", 150, Decimal("101.60"))
    assert copy.latency_ms is not None


async def test_a_rejection_is_recorded_with_its_text(world: World) -> None:
    world[F1].outcomes.append(accepted(ends=OrderStatus.REJECTED, row_text="RMS: insufficient\nfunds"))
    world.executes()
    await world.pass_(5)
    (copy,) = world.copies_of(F1)
    assert copy.state is CopyState.REJECTED
    assert any("insufficient funds" in text for text in world.errors)


async def test_a_cancelled_order_keeps_the_part_that_was_filled(world: World) -> None:
    world[F1].outcomes.append(accepted(ends=OrderStatus.WORKING, filled=50))
    world.executes(quantity=150, filled=150)
    await world.pass_(5)
    (copy,) = world.copies_of(F1)
    world[F1].change(copy.tag, order_status=OrderStatus.CANCELLED)
    await world.pass_(5)
    (copy,) = world.copies_of(F1)
    assert (str(copy.state), copy.filled) == ("cancelled", 50)


async def test_a_row_that_is_seen_before_the_answer_to_the_post_counts(world: World) -> None:
    world[F1].outcomes.append(accepted(answers_after=40.0))
    world.executes()
    await world.pass_(35)
    assert world.states(F1) == ["filled"]
    await world.pass_(20)
    (copy,) = world.copies_of(F1)
    assert copy.state is CopyState.FILLED
    assert world.engine.state.followers[F1].posting is None
    assert world.errors == []


async def test_a_row_seen_before_an_answer_that_proves_nothing_wins(world: World) -> None:
    world[F1].outcomes.append(lost_answer(answers_after=40.0, ends=OrderStatus.WORKING))
    world.executes()
    await world.pass_(50)
    assert world.states(F1) == ["open"]
    assert world.engine.state.followers[F1].unknown == []


async def test_stale_rows_of_a_follower_change_nothing(world: World) -> None:
    world[F1].outcomes.append(accepted(ends=OrderStatus.WORKING, filled=50))
    world.executes(quantity=150, filled=150)
    await world.pass_(5)
    (copy,) = world.copies_of(F1)
    world[F1].change(copy.tag, filled=0, average_price=Decimal(0))
    await world.pass_(5)
    assert world.copies_of(F1)[0].filled == 50


async def test_two_orders_with_one_tag_are_reported_as_an_error_once(world: World) -> None:
    world.executes()
    await world.pass_(5)
    (row,) = world[F1].rows
    world[F1].rows.append(replace(row, key=OrderKey("another"), order_id=OrderId("another")))
    await world.pass_(100)
    assert len([text for text in world.errors if "one too many" in text]) == 1


async def test_a_tag_of_ours_that_the_journal_lacks_is_reported_once_and_not_touched(a_world: MakeWorld) -> None:
    world = await a_world(started=False)
    world[F1].rows.append(an_order(tag=str(a_tag(99, F1))))
    await world.start()
    await world.pass_(100)
    assert len([text for text in world.errors if "journal does not know" in text]) == 1
    assert world.engine.state.followers[F1].armed


async def test_an_order_with_its_tag_that_appears_while_the_intent_is_written_is_adopted_and_not_sent_again(
    world: World,
) -> None:
    """Another computer sent it, or an answer was wrong: the order book is authoritative."""
    assert world.journal is not None
    world.journal.hold = asyncio.Event()
    world.executes()
    await world.pass_(4)
    (copy,) = world.copies_of(F1)
    world[F1].rows.append(an_order(key=OrderKey("F1-X"), tag=str(copy.tag)))
    await world.pass_(35)
    world.journal.hold.set()
    await world.pass_(20)
    assert world[F1].posts == []
    assert world.states(F1) == ["filled"]
    assert await world.on_disk("SELECT state FROM copies WHERE follower = 'F1'") == [("filled",)]
    assert len(world[F2].posts) == 1


async def test_a_live_copy_is_known_by_its_order_id_where_the_book_lost_its_tag(world: World) -> None:
    world[F1].default = accepted(ends=OrderStatus.WORKING)
    world.executes()
    await world.pass_(4)
    (row,) = world[F1].rows
    world[F1].rows = [
        replace(row, tag="", filled=50, order_status=OrderStatus.COMPLETE),
        replace(row, tag="", order_status=OrderStatus.COMPLETE),
    ]
    await world.pass_(5)
    assert world.states(F1) == ["filled"]
    assert world.errors == []
