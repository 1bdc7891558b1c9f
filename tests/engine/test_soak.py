"""Soak test: random faults in any order, while the user presses keys."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from copytui.domain.copies import FINAL, CopyState, SendIntent
from copytui.domain.errors import BrokerError, BrokerUnreachable, RateLimited, SessionExpired
from copytui.domain.executions import CopyOn
from copytui.domain.orders import OrderStatus
from copytui.engine.commands import (
    Approve,
    Command,
    CopyMissed,
    Decline,
    DismissMissed,
    SetConfirmation,
    SetDryRun,
    SetFollower,
    SetHalted,
    SetPaused,
)
from copytui.engine.safety.gate_facts import refusal_for_all
from tests.engine.harness import F1, F2, F3, World
from tests.engine.scripted import (
    Outcome,
    ScriptedAccount,
    accepted,
    lost_answer,
    not_sent,
    not_taken,
    refused,
    session_refused,
)

FOLLOWERS = (F1, F2, F3)
SYMBOLS = ("AAA-EQ", "BBB-EQ", "CCC-EQ")


def an_outcome(chance: random.Random) -> Outcome:
    slow, late = chance.random() * 7, chance.random() * 20
    outcomes = [
        accepted(),
        accepted(answers_after=slow),
        accepted(ends=OrderStatus.REJECTED),
        accepted(ends=OrderStatus.WORKING),
    ]
    outcomes += [lost_answer(lands_after=late), not_taken(answers_after=7.0), accepted(error=ValueError("a bug"))]
    return chance.choice([*outcomes, not_sent(), session_refused(), refused()])


def bad_luck(account: ScriptedAccount, chance: random.Random) -> None:
    account.outcomes.append(an_outcome(chance))
    errors: list[BrokerError] = [BrokerUnreachable("x"), SessionExpired("AG8002"), RateLimited("403")]
    if chance.random() < 0.2:
        error = chance.choice(errors)
        account.book_errors.append(error)
        account.logged_in = account.logged_in and not isinstance(error, SessionExpired)
    if chance.random() < 0.05:
        account.log_in_errors.append(BrokerUnreachable("x"))
    account.book_takes = chance.choice([0.0, 0.0, 0.4, 3.0])


def better_luck(world: World) -> None:
    for account in (world.master, *world.accounts.values()):
        account.outcomes.clear()
        account.book_errors.clear()
        account.log_in_errors.clear()
        account.book_takes = 0.0
    for account in world.accounts.values():
        for row in account.book():
            if not row.order_status.is_final:
                account.change(row.tag, order_status=OrderStatus.COMPLETE, filled=row.quantity, average_price=row.price)


def a_key(chance: random.Random) -> Command:
    on, id_, follower = chance.random() < 0.3, chance.randint(1, 12), chance.choice(FOLLOWERS)
    keys: list[Command] = [SetDryRun(on), SetPaused(on), SetHalted(on), SetConfirmation(on)]
    keys += [SetFollower(follower, not on), Approve(id_), Approve(id_, {F1: 100, F2: 0}), Decline(id_)]
    keys += [CopyMissed(id_), CopyMissed(id_), DismissMissed(id_)]
    return chance.choice(keys)


def master_trades(world: World, metrics: Iterator[int], chance: random.Random) -> None:
    if chance.random() < 0.4:
        world.works(next(metrics), symbol=chance.choice(SYMBOLS), quantity=150, filled=chance.choice([0, 50]))
    working = [row for row in world.master.rows if not row.order_status.is_final]
    if working and chance.random() < 0.4:
        row = chance.choice(working)
        world.executes(int(row.key[1:]), symbol=row.symbol, quantity=150, filled=150)


def wrong_with(world: World) -> list[str]:
    """Return what is wrong at the end."""
    wrong = [text for text in world.errors if "internal error" in text and "a bug" not in text]
    landed = {tag for account in world.accounts.values() for tag in account.orders_by_tag}
    for account in world.accounts.values():
        wrong += [f"twice: {tag}" for tag, orders in account.orders_by_tag.items() if orders != 1]
        wrong += account.unrecorded
    for copy in world.copies:
        at_broker = copy.state in {CopyState.FILLED, CopyState.REJECTED, CopyState.CANCELLED}
        if copy.state not in FINAL | {CopyState.UNKNOWN} or (copy.tag in landed) is not at_broker:
            wrong.append(f"copy {copy.id} is {copy.state}, at the broker: {copy.tag in landed}")
    for follower in world.engine.state.followers.values():
        left = {*follower.queue, *follower.tracking} - dict(follower.unknown).keys()
        if follower.posting is not None or left:
            kept = {id_: str(world.engine.state.copies[id_].state) for id_ in left}
            wrong.append(f"{follower.name} is left with {kept}, posting {follower.posting}")
    decided = [(decided.execution.key, decided.execution.number) for decided in world.engine.state.executions.values()]
    if len(set(decided)) != len(decided):
        wrong.append("an execution was decided on twice")
    executed = {row.key for row in world.master.rows if row.filled and row.order_status.is_final}
    return wrong + [f"{key} has disappeared" for key in executed - {key for key, _number in decided}]


@pytest.mark.parametrize("seed", range(25))
async def test_whatever_happens_every_execution_ends_somewhere_and_nothing_is_sent_twice(
    seed: int, tmp_path: Path
) -> None:
    chance = random.Random(seed)
    world = World(tmp_path / "world", followers=FOLLOWERS, copy_on=chance.choice(list(CopyOn)))
    metrics = iter(range(1, 100))
    wrong: list[str] = []

    def check(intent: SendIntent) -> None:
        closed, follower = refusal_for_all(world.engine.state), world.engine.state.followers[intent.follower]
        if closed is not None or not follower.enabled or intent.order.quantity % 50 or intent.order.quantity <= 0:
            wrong.append(f"sent {intent.order}, gate: {closed}, enabled: {follower.enabled}")

    for account in world.accounts.values():
        account.before_post = check
    await world.start()
    for _ in range(40):
        master_trades(world, metrics, chance)
        for account in (world.master, *world.accounts.values()):
            if chance.random() < 0.4:
                bad_luck(account, chance)
        if chance.random() < 0.4:
            await world.handle(a_key(chance))
        if chance.random() < 0.08:
            await world.restart(down=chance.choice([0.0, 5.0, 90.0]))
        await world.pass_(chance.choice([0.3, 1.0, 3.0, 8.0]))
    better_luck(world)
    for command in (SetDryRun(False), SetPaused(False), SetHalted(False), SetConfirmation(False)):
        await world.handle(command)
    await world.pass_(420)
    assert wrong == []
    assert wrong_with(world) == []
    disk = await world.on_disk("SELECT id, state FROM copies ORDER BY id")
    assert disk == [(copy.id, str(copy.state)) for copy in world.copies]
    await world.stop()
