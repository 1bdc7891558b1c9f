"""A full disk, a stop at a bad moment, and bugs: the rest continues and nothing leaves unrecorded."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from copytui.domain.copies import CopyState
from copytui.domain.decisions import Decision, decide
from copytui.domain.errors import BrokerUnreachable
from copytui.domain.events import Level
from copytui.domain.executions import Execution
from copytui.engine.follower.book_reader import BookReader
from copytui.journal.statements import Statement
from copytui.journal.store import _Job
from copytui.settings.model import BrokerSettings
from tests.engine.conftest import MakeWorld
from tests.engine.harness import F1, F2, World
from tests.engine.scripted import accepted, lost_answer, not_sent, total_posts


async def test_with_a_full_disk_nothing_leaves_and_it_goes_when_there_is_room_again(world: World) -> None:
    assert world.journal is not None
    world.journal.full = True
    world.executes()
    await world.pass_(30)
    assert total_posts(list(world.accounts.values())) == 0
    assert world.states(F1) == ["queued"]
    assert world.engine.snapshot().journal_trouble == "the disk is full"
    world.journal.full = False
    await world.pass_(2)
    assert len(world[F1].posts) == len(world[F2].posts) == 1


async def test_with_a_disk_that_stays_full_the_copies_fail_as_too_old_and_say_why(world: World) -> None:
    assert world.journal is not None
    world.journal.full = True
    world.executes()
    await world.pass_(70)
    (copy,) = world.copies_of(F1)
    assert copy.state is CopyState.FAILED
    assert copy.error == "not sent in time: the disk is full"
    world.journal.full = False
    await world.pass_(70)
    assert total_posts(list(world.accounts.values())) == 0


async def test_a_disk_that_fills_up_at_the_moment_of_the_intent_stops_the_send(world: World) -> None:
    assert world.journal is not None
    world.journal.hold = asyncio.Event()
    world.executes()
    await world.pass_(4)
    world.journal.full = True
    world.journal.hold.set()
    await world.pass_(4)
    assert total_posts(list(world.accounts.values())) == 0
    assert world.states(F1) == world.states(F2) == ["queued"]
    assert world.engine.state.followers[F1].posting is None
    world.journal.full = False
    await world.pass_(2)
    assert len(world[F1].posts) == len(world[F2].posts) == 1


async def test_one_copy_that_does_not_fit_the_journal_holds_back_no_other_lane(world: World) -> None:
    """This must not happen; if it does, only that copy is not sent, and it is reported."""
    world[F1].held_until = world[F2].held_until = 5.0
    world.executes(symbol="AAA-EQ")
    world.executes(symbol="BBB-EQ")
    await world.pass_(4)
    assert world.journal is not None
    world.journal.real._jobs.put(_Job((Statement("UPDATE copies SET state = 'sending' WHERE id = 2", ()),), None))
    await world.journal.require([])
    await world.pass_(6)
    assert [symbol for symbol, _ in world[F1].sent] == ["AAA-EQ", "BBB-EQ"]
    assert world[F1].post_times == [5, 5]
    assert [symbol for symbol, _ in world[F2].sent] == ["BBB-EQ"]
    assert any("internal error" in text for text in world.errors)
    await world.pass_(70)
    assert [symbol for symbol, _ in world[F2].sent] == ["BBB-EQ"]
    assert world.states(F2) == ["failed", "filled"]


async def test_a_stop_waits_for_the_post_in_flight_and_records_its_end(world: World) -> None:
    world[F1].default = accepted(answers_after=5.0)
    world.executes()
    await world.pass_(4)
    await world.stop()
    assert len(world[F1].posts) == 1
    rows = await world.on_disk("SELECT state FROM copies ORDER BY follower")
    assert rows == [("filled",), ("filled",)]
    assert all(account.closed == 1 for account in world.accounts.values())


@pytest.mark.parametrize("keeps", [True, False])
async def test_a_stop_logs_out_only_where_sessions_are_not_kept(a_world: MakeWorld, keeps: bool) -> None:
    world = await a_world(broker=BrokerSettings(keep_sessions=keeps))
    await world.stop()
    assert {account.log_outs for account in world.accounts.values()} == {0 if keeps else 1}


async def test_a_stop_names_what_it_leaves_behind(world: World) -> None:
    world[F1].default = lost_answer(lands_after=500.0)
    world.executes()
    await world.pass_(4)
    await world.stop()
    assert any(text.startswith("left unknown") for text in world.events(Level.WARN))


async def test_a_stop_while_the_master_logs_in_ends_at_once(a_world: MakeWorld) -> None:
    world = await a_world(started=False)
    world.master.log_in_takes = 100.0
    await world.start()
    world.engine.stop()
    await world.clock.quiet()
    assert world.run is not None
    assert world.run.done()
    assert world.master.closed == 1


async def test_a_stop_while_a_follower_logs_in_ends_at_once(a_world: MakeWorld) -> None:
    world = await a_world(started=False)
    world[F1].log_in_takes = 100.0
    await world.start()
    world.engine.stop()
    await world.clock.quiet()
    assert world.run is not None
    assert world.run.done()


async def test_a_post_in_flight_at_a_kill_is_looked_up_after_the_restart(world: World) -> None:
    world[F1].default = accepted(answers_after=50.0)
    world.executes()
    await world.pass_(4)
    await world.end()
    await world.start()
    await world.pass_(4)
    assert world.states(F1) == ["filled"]
    assert len(world[F1].posts) == 1


async def test_a_post_that_never_reached_the_broker_at_a_kill_stays_unknown_and_is_never_sent_again(
    world: World,
) -> None:
    world[F1].default = not_sent(answers_after=50.0)
    world.executes()
    await world.pass_(4)
    await world.end()
    await world.start()
    await world.pass_(1000)
    assert world.states(F1) == ["unknown"]
    assert len(world[F1].posts) == 1


async def test_a_bug_in_one_reader_is_reported_and_the_others_continue(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = BookReader._compare
    raised: list[object] = []

    def broken(self: BookReader, rows: Any) -> None:
        if self._follower.client_id == F1 and not raised:
            raised.append(rows)
            raise TypeError("a bug")
        real(self, rows)

    monkeypatch.setattr(BookReader, "_compare", broken)
    world.executes()
    await world.pass_(10)
    assert raised
    assert any("internal error in book reader F1: TypeError" in text for text in world.errors)
    assert world.states(F1) == world.states(F2) == ["filled"]


async def test_a_bug_while_an_outcome_is_settled_ends_no_other_post(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world[F2].default = accepted(answers_after=5.0)
    state, real = world.engine.state, type(world.engine.state).advance

    def broken(self: Any, copy: Any, *args: Any, **more: Any) -> Any:
        if copy.follower == F1:
            raise TypeError("a bug")
        return real(self, copy, *args, **more)

    monkeypatch.setattr(type(state), "advance", broken)
    world.executes()
    await world.pass_(4)
    assert any("internal error: TypeError: a bug" in text for text in world.errors)
    await world.pass_(10)
    assert world.run is not None
    assert not world.run.done()
    assert world.states(F2) == ["filled"]
    assert world.states(F1) == ["filled"], "the book has the last word"


async def test_a_bug_in_a_subscriber_disturbs_nothing(world: World) -> None:
    class Broken:
        def on_change(self, change: object) -> None:
            raise TypeError("a bug")

    world.engine.state.subscribers.insert(0, Broken())
    world.executes()
    await world.pass_(10)
    assert world.states(F1) == world.states(F2) == ["filled"]
    assert await world.on_disk("SELECT count(*) FROM events WHERE text LIKE '%in a subscriber%'") != [(0,)]


async def test_one_execution_that_cannot_be_decided_on_does_not_hold_back_the_others(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(execution: Execution, *args: Any) -> Decision:
        if execution.order.symbol == "BAD-EQ":
            raise TypeError("a bug")
        return decide(execution, *args)

    monkeypatch.setattr("copytui.engine.master.decider.decide", broken)
    world.executes(symbol="BAD-EQ")
    world.executes(symbol="GOOD-EQ")
    await world.pass_(30)
    assert [symbol for symbol, _ in world[F1].sent] == ["GOOD-EQ"]
    assert len([text for text in world.errors if "BAD-EQ" in text]) == 1
    (missed,) = world.engine.snapshot().missed
    assert missed.execution.order.symbol == "BAD-EQ"


async def test_a_laptop_that_slept_continues_and_copies_nothing_old(world: World) -> None:
    world[F1].held_until = 4.0
    world.executes()
    await world.pass_(3)
    world.clock.jump(3600)
    await world.pass_(30)
    assert world[F1].posts == []
    assert world.states(F1) == ["failed"]
    world.executes()
    await world.pass_(4)
    assert len(world[F1].posts) == 1


async def test_a_follower_whose_book_cannot_be_read_for_a_while_is_reported_once_and_continues(world: World) -> None:
    world[F1].book_error = BrokerUnreachable("time-out")
    await world.pass_(300)
    assert len([text for text in world.events(Level.WARN) if "cannot be read" in text]) <= 2
    world[F1].book_error = None
    await world.pass_(31)
    assert any("can be read again" in text for text in world.events(Level.INFO))
