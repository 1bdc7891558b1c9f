"""Kills at every point of the work: invariants 1, 2 and 10 hold (docs/architecture.md)."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from copytui.domain.orders import BookOrder
from copytui.engine.commands import CopyMissed
from tests.builders import after
from tests.engine.harness import F1, F2, World
from tests.engine.power_cuts import Cut, Power, Scenario, broken_promises, live
from tests.engine.scripted import (
    Outcome,
    PowerCut,
    accepted,
    lost_answer,
    not_sent,
    not_taken,
    refused,
    session_refused,
)


def completes(number: int, symbol: str = "NIFTY28NOV2624000CE") -> Callable[[World], object]:
    return lambda world: world.executes(number, symbol=symbol)


def works(number: int) -> Callable[[World], object]:
    return lambda world: world.works(number)


def says_yes(world: World) -> None:
    approvals = world.engine._approvals
    for id_ in list(approvals.waiting)[:1]:
        with contextlib.suppress(PowerCut):
            approvals.approve(id_, {})


def copies_missed(world: World) -> None:
    async def copy() -> None:
        with contextlib.suppress(PowerCut):
            for missed in world.engine.snapshot().missed[:1]:
                await world.engine.handle(CopyMissed(missed.id))

    world.commands.append(asyncio.ensure_future(copy()))


TWO_AT_ONCE = (
    (0.5, works(1)),
    (4.0, completes(1)),
    (4.0, completes(2)),
    (6.5, completes(3, "SENSEX26NOV80000PE")),
)
KEYS = ("U1", "U2", "U3")

SCENARIOS = {
    "all accepted": Scenario({}, TWO_AT_ONCE, KEYS),
    "answers lost": Scenario({F1: (lost_answer(), lost_answer(lands_after=2.0))}, TWO_AT_ONCE, KEYS),
    "not taken, time-outs": Scenario({F1: (not_taken(answers_after=3.0),), F2: (not_taken(),)}, TWO_AT_ONCE, KEYS),
    "never left": Scenario({F1: (not_sent(), not_sent()), F2: (not_sent(),)}, TWO_AT_ONCE, KEYS),
    "session refused": Scenario({F1: (session_refused(),), F2: (session_refused(),)}, TWO_AT_ONCE, KEYS),
    "refused": Scenario({F1: (refused(), accepted(answers_after=2.0)), F2: (refused(),)}, TWO_AT_ONCE, KEYS),
    "each with a yes": Scenario(
        {F2: (lost_answer(),)}, TWO_AT_ONCE, KEYS, settings={"require_confirmation": True}, always=says_yes
    ),
    "missed and copied by hand": Scenario(
        {F1: (lost_answer(),), F2: (not_sent(),)},
        (
            (4.0, lambda world: world.executes(1, at=after(-100))),
            (4.0, lambda world: world.executes(2, symbol="SBIN-EQ", at=after(-100))),
        ),
        ("U1", "U2"),
        always=copies_missed,
    ),
    "slow answers": Scenario(
        {F1: (accepted(answers_after=3.0, lands_after=1.0),), F2: (lost_answer(answers_after=7.0),)}, TWO_AT_ONCE, KEYS
    ),
}


EVERY = 1 if "COPYTUI_HISTORIES" in os.environ else 7
"""CI cuts at every point in both ways; the default suite at every seventh point, offset by way."""
EXAMPLES = 150 if "COPYTUI_HISTORIES" in os.environ else 30


@pytest.mark.parametrize("how", Cut)
@pytest.mark.parametrize("name", SCENARIOS)
async def test_killed_at_any_point_nothing_is_sent_twice_and_nothing_disappears(
    name: str, how: Cut, tmp_path: Path
) -> None:
    scenario, failures = SCENARIOS[name], []
    at = 1 - EVERY if how is Cut.AT_ONCE else 0
    failed = True
    while failed:
        at += EVERY
        folder = tmp_path / str(at)
        power = Power(at, how)
        world = await live(folder, scenario, [power])
        failed = power.points >= at
        broken = await broken_promises(world, scenario.keys)
        if broken:
            failures.append((at, power.names[at - 1 :][:1], broken))
        await world.end()
    assert at > 20, "the power never failed"
    assert not failures, "\n".join(map(str, failures[:10]))


OUTCOMES = st.sampled_from([
    accepted(), accepted(answers_after=2.0), accepted(lands_after=3.0), lost_answer(), lost_answer(lands_after=4.0),
    not_taken(), not_taken(answers_after=3.0), not_sent(), session_refused(), refused(),
])  # fmt: skip
CUTS = st.lists(st.tuples(st.integers(1, 60), st.sampled_from(Cut)), min_size=1, max_size=3)


@settings(max_examples=EXAMPLES, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(first=st.lists(OUTCOMES, max_size=4), second=st.lists(OUTCOMES, max_size=4), cuts=CUTS)
async def test_killed_again_and_again_nothing_is_sent_twice_and_nothing_disappears(
    first: list[Outcome], second: list[Outcome], cuts: list[tuple[int, Cut]]
) -> None:
    scenario = Scenario({F1: tuple(first), F2: tuple(second)}, TWO_AT_ONCE, KEYS)
    with tempfile.TemporaryDirectory() as folder:
        world = await live(Path(folder), scenario, [Power(at, how) for at, how in cuts])
        try:
            assert await broken_promises(world, scenario.keys) == []
        finally:
            await world.end()


Rows = list[tuple[object, ...]]
Muddle = Callable[[tuple[BookOrder, ...]], tuple[BookOrder, ...]]


async def decisions_of(
    folder: Path, book_seen: Callable[[tuple[BookOrder, ...]], tuple[BookOrder, ...]]
) -> tuple[Rows, Rows, object, list[str]]:
    """Play a day's observations through `book_seen`, with a clean poll at the end; returns what the journal holds."""
    world = World(folder)
    world.master.book_seen = book_seen
    await world.start()
    for second in range(1, 8):
        world.works(second, filled=0 if second % 2 else 50, quantity=100)
        if second > 2:
            world.executes(second - 2, filled=100, quantity=100, symbol=f"S{second}-EQ")
        await world.pass_(3)
    world.master.book_seen = lambda rows: rows
    await world.pass_(10)
    journal = await world.on_disk("SELECT key, number, quantity, verdict FROM executions ORDER BY key, number")
    copies = await world.on_disk(
        "SELECT e.key, c.follower, c.state, json_extract(c.body, '$.filled'), c.tag"
        " FROM copies c JOIN executions e ON e.id = c.execution_id ORDER BY 1, 2"
    )
    errors = world.errors
    posts = {client: sorted(account.sent) for client, account in world.accounts.items()}
    await world.end()
    return journal, copies, posts, errors


@pytest.mark.parametrize("seed", range(8))
async def test_the_same_observations_in_any_order_with_any_repeats_end_in_the_same_journal(
    seed: int, tmp_path: Path
) -> None:
    chance = random.Random(seed)
    older: list[BookOrder] = []

    def muddled(rows: tuple[BookOrder, ...]) -> tuple[BookOrder, ...]:
        mixed = [*rows, *chance.sample(rows, len(rows) // 2), *chance.sample(older, len(older) // 2)]
        older.extend(rows)
        chance.shuffle(mixed)
        return tuple(row for row in mixed if chance.random() < 0.9)

    plain = await decisions_of(tmp_path / "plain", lambda rows: rows)
    assert await decisions_of(tmp_path / "muddled", muddled) == plain
    journal, copies, _posts, errors = plain
    assert len(journal) == 5
    assert len(copies) == 10
    assert errors == []
