"""The program is killed at every point of its work; what must hold, holds (invariants 1, 2, 10)."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.engine.power import Cut, Power, Scenario, broken_promises, live
from tests.engine.scripted import Outcome, accepted, lost_answer, never_left, not_taken, refused, session_refused
from tests.engine.world import F1, F2, World


def completes(number: int, symbol: str = "NIFTY28NOV2624000CE") -> Callable[[World], object]:
    return lambda world: world.executes(number, symbol=symbol)


def works(number: int) -> Callable[[World], object]:
    return lambda world: world.works(number)


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
    "never left": Scenario({F1: (never_left(), never_left()), F2: (never_left(),)}, TWO_AT_ONCE, KEYS),
    "session refused": Scenario({F1: (session_refused(),), F2: (session_refused(),)}, TWO_AT_ONCE, KEYS),
    "refused": Scenario({F1: (refused(), accepted(answers_after=2.0)), F2: (refused(),)}, TWO_AT_ONCE, KEYS),
    "slow answers": Scenario(
        {F1: (accepted(answers_after=3.0, lands_after=1.0),), F2: (lost_answer(answers_after=7.0),)}, TWO_AT_ONCE, KEYS
    ),
}


@pytest.mark.parametrize("how", Cut)
@pytest.mark.parametrize("name", SCENARIOS)
async def test_killed_at_any_point_nothing_is_sent_twice_and_nothing_disappears(
    name: str, how: Cut, tmp_path: Path
) -> None:
    scenario, failures, at = SCENARIOS[name], [], 0
    failed = True
    while failed:
        at += 1
        folder = tmp_path / str(at)
        folder.mkdir()  # noqa: ASYNC240
        power = Power(at, how)
        world = await live(folder, scenario, [power])
        failed = power.points >= at
        broken = await broken_promises(world, scenario.keys)
        if broken:
            failures.append((at, power.names[at - 1 :][:1], broken))
        await world.end()
    assert at > 20, "the power never failed"
    assert not failures, "\n".join(map(str, failures[:10]))
