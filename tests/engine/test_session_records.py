"""The engine and the session's log together: what happened has one record, with the time of its own making."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from copytui.domain.errors import BadCredentials, BrokerUnreachable
from copytui.domain.events import Level
from copytui.domain.filters import Filters
from copytui.domain.orders import OrderStatus, Side
from copytui.domain.text import stamp
from copytui.engine.commands import (
    Approve,
    CopyMissed,
    Decline,
    RetryCopy,
    SetConfirmation,
    SetDryRun,
    SetFilters,
    SetFollower,
    SetPaused,
)
from copytui.journal.session_log import SessionLog
from copytui.reports.attention_cli import read_attention
from tests.engine.conftest import MakeWorld
from tests.engine.harness import F1, F2, MASTER, World
from tests.engine.scripted import refused
from tests.engine.trades import held, trade


def log_of(world: World, folder: Path, mode: str = "live") -> SessionLog:
    log = SessionLog(
        folder, started=world.clock.now(), mode=mode, master=MASTER,
        followers={F1: "Follower 1", F2: "Follower 2"}, version="x",
    )  # fmt: skip
    world.engine.state.subscribers.append(log)
    return log


def written(log: SessionLog, at: datetime) -> dict[str, Any]:
    log.close(at)
    found: dict[str, Any] = json.loads(log.path.read_text(encoding="utf-8"))
    return found


@pytest.fixture
def logs(tmp_path: Path) -> Iterator[Callable[..., SessionLog]]:
    """Make logs of a world, and end those that a test leaves open."""
    made: list[SessionLog] = []

    def make(world: World, mode: str = "live") -> SessionLog:
        made.append(log_of(world, tmp_path, mode))
        return made[-1]

    yield make
    for log in made:
        log.close(datetime.now().astimezone())


def decisions(log: dict[str, Any]) -> list[tuple[str, str | None]]:
    return [(row["decision"], row.get("follower_name")) for row in log["decisions"] if row["kind"] == "decision"]


async def test_an_approval_has_a_line_of_its_own_and_leaves_the_skipped_follower_as_it_is(
    a_world: MakeWorld, logs: Callable[..., SessionLog]
) -> None:
    world = await a_world(require_confirmation=True)
    log = logs(world)
    await world.handle(SetFollower(F2, enabled=False))
    world.executes()
    await world.pass_(4)
    asked_at = world.seen.decisions[-1].decided_at
    await world.pass_(20)
    answered_at = world.clock.now()
    await world.handle(Approve(1))
    await world.pass_(4)
    told = written(log, world.clock.now())
    assert decisions(told) == [("asked", None), ("skipped", "Follower 2"), ("copied", None)]
    times = [row["timestamp"] for row in told["decisions"] if row["kind"] == "decision"]
    assert times == [stamp(asked_at), stamp(asked_at), stamp(answered_at)]


async def test_a_missed_execution_that_is_copied_late_has_a_line_with_the_time_of_that(
    world: World, logs: Callable[..., SessionLog]
) -> None:
    log = logs(world)
    await world.handle(SetPaused(True))
    world.executes()
    await world.pass_(4)
    await world.handle(SetPaused(False))
    await world.pass_(20)
    copied_at = world.clock.now()
    await world.handle(CopyMissed(1))
    await world.pass_(4)
    told = written(log, world.clock.now())
    assert decisions(told) == [("missed", None), ("copied", None)]
    assert [row["timestamp"] for row in told["decisions"] if row["decision"] == "copied"] == [stamp(copied_at)]


async def test_a_master_order_that_ends_unfilled_has_a_line(world: World, logs: Callable[..., SessionLog]) -> None:
    log = logs(world)
    world.works(1)
    await world.pass_(4)
    ended = world.works(1, order_status=OrderStatus.CANCELLED)
    await world.pass_(4)
    (row,) = written(log, world.clock.now())["decisions"]
    assert (row["master_order_id"], row["decision"], row["code"]) == (ended.order_id, "skipped", "nothing_executed")


async def test_changes_of_mode_and_rules_and_what_went_wrong_are_in_the_log(
    a_world: MakeWorld, logs: Callable[..., SessionLog]
) -> None:
    world = await a_world(dry_run=True)
    log = logs(world, "dry_run")
    await world.handle(SetDryRun(False))
    switched_at = world.clock.now()
    await world.handle(SetFilters(Filters(block_symbols=("SBIN",))))
    world.master.book_error = BrokerUnreachable("time-out")
    await world.pass_(4)
    world.master.book_error = None
    await world.pass_(30)
    told = written(log, world.clock.now())
    assert (told["session"]["mode"], told["session"]["switches"]) == (
        "mixed", [{"time": stamp(switched_at), "mode": "live"}],
    )  # fmt: skip
    reasons = [row["reason"] for row in told["decisions"] if row["kind"] == "event"]
    for reason, word in zip(reasons, ("LIVE", "SBIN", "poll failed (1 in a row): time-out"), strict=True):
        assert word in reason


async def test_a_successful_retry_counts_instead_of_what_it_replaces_on_the_screen_and_in_the_log(
    world: World, logs: Callable[..., SessionLog]
) -> None:
    log = logs(world)
    world[F1].outcomes.append(refused())
    world.executes()
    await world.pass_(4)
    (failed,) = world.copies_of(F1)
    counts = world.engine.snapshot().metrics.statistics.copies
    assert (counts.total, counts.success, counts.failed) == (2, 1, 1)
    await world.handle(RetryCopy(failed.id))
    await world.pass_(10)
    screen = world.engine.snapshot().metrics.statistics.copies
    told = written(log, world.clock.now())
    assert screen.record().items() <= told["statistics"].items()
    assert (screen.total, screen.success, screen.failed) == (2, 2, 0)
    again = next(row for row in told["copy_records"] if row["replaces"])
    assert (again["replaces"], again["status"]) == (failed.tag, "filled")
    assert told["statistics"]["by_follower"]["Follower 1"]["failed"] == 0


# Dry run.


async def test_a_dry_run_says_what_each_follower_would_be_sent(a_world: MakeWorld) -> None:
    world = await a_world(dry_run=True)
    world.executes(average_price=Decimal("101.5"))
    await world.pass_(4)
    told = [(event.who, event.text) for event in world.seen.events if "would be sent" in event.text]
    (copy, _other) = world.copies
    words = f"BUY {copy.order.quantity} {copy.order.symbol} limit {copy.order.price:.2f} would be sent (dry run)"
    assert told == [("Follower 1", words), ("Follower 2", words)]


async def test_an_approval_in_a_dry_run_says_it_too(a_world: MakeWorld) -> None:
    world = await a_world(require_confirmation=True)
    world.executes()
    await world.pass_(4)
    await world.handle(SetDryRun(True))
    await world.handle(Approve(1))
    assert len([event for event in world.seen.events if "would be sent" in event.text]) == 2


async def test_a_dry_run_counts_only_followers_that_could_get_the_order(a_world: MakeWorld) -> None:
    world = await a_world(started=False, dry_run=True)
    world[F2].log_in_errors.append(BadCredentials("Invalid PIN"))
    await world.start()
    world.executes()
    await world.pass_(4)
    (decided,) = world.engine.state.executions.values()
    assert decided.decision.sentence == "dry run: would be copied to 1 follower"
    assert world.states(F1) == ["simulated"]
    assert world.states(F2) == []
    (out,) = [plan for plan in decided.decision.plans if not plan.quantity]
    assert (out.follower, out.reason) == (F2, "no_session")
    assert "cannot log in: credentials refused" in out.sentence


async def test_a_live_copy_waits_for_the_login_of_its_follower(a_world: MakeWorld) -> None:
    world = await a_world(started=False)
    world[F2].log_in_errors.append(BadCredentials("Invalid PIN"))
    await world.start()
    world.executes()
    await world.pass_(4)
    assert world.states(F2) == ["queued"]


# An exit that waited for approval.


async def exit_that_waits(a_world: MakeWorld) -> World:
    world = await a_world(confirmation_timeout_seconds=30)
    await trade(world, Side.BUY, 50)
    await world.handle(SetConfirmation(True))
    world.executes(2, side=Side.SELL)
    await world.pass_(4)
    assert world.states(F1) == ["filled", "asked"]
    return world


async def missed_first(world: World) -> int:
    """Return the number of the missed exit that stands first, on the screen's side and in `copytui attention`."""
    (missed,) = world.engine.snapshot().missed
    assert missed.execution.closes is not None
    await world.on_disk("SELECT 1")
    first = read_attention(world.path, {}, world.clock.now())[0]
    assert (first.label, first.number, first.settling) == ("exit missed", missed.id, ("copy", "dismiss"))
    return missed.id


async def test_an_exit_whose_approval_expired_is_a_missed_exit_first_in_attention_and_can_be_copied(
    a_world: MakeWorld,
) -> None:
    world = await exit_that_waits(a_world)
    world.executes(3, symbol="INFY-EQ")  # an entry that waits as well
    await world.pass_(40)
    assert world.states(F1)[1] == "expired"
    number = await missed_first(world)
    await world.handle(CopyMissed(number))
    await world.pass_(10)
    assert held(world, F1) == held(world, F2) == 0


async def test_the_same_after_a_restart_that_came_too_late_for_the_approval(a_world: MakeWorld) -> None:
    world = await exit_that_waits(a_world)
    await world.restart(down=61)
    number = await missed_first(world)
    await world.handle(CopyMissed(number))
    await world.pass_(10)
    assert held(world, F1) == held(world, F2) == 0


async def test_an_exit_that_the_user_declined_is_not_missed(a_world: MakeWorld) -> None:
    world = await exit_that_waits(a_world)
    await world.handle(Decline(2))
    await world.pass_(4)
    assert world.engine.snapshot().missed == ()
    assert not any("missed" in text for text in world.events(Level.WARN))
