"""An engine that goes on from a journal of version 1 does what the engine that wrote it did when it went on from it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.engine.harness import World
from tests.engine.version_1_actions import ACTIONS, DOWN_SECONDS, Day
from tests.engine.version_1_worlds import outcome, states, world_of
from tests.journal.old_journals import NAMES, facts


@pytest.mark.parametrize("name", NAMES)
async def test_the_engine_goes_on_as_the_one_of_version_1_did(name: str, tmp_path: Path) -> None:
    expected = facts(f"{name}.after")
    down, watched = expected.pop("down_seconds"), expected.pop("watched_seconds")
    world = world_of(name, tmp_path / name, down)
    try:
        await world.start()
        assert states(world) == expected.pop("states_at_once")
        await world.pass_(watched)
        found = outcome(world)
    finally:
        await world.end()
    check_no_bug(world)
    for copy in expected["copies"].values():
        copy.pop()  # its error: only words
    assert as_json(found) == expected


@pytest.mark.parametrize("when", DOWN_SECONDS)
@pytest.mark.parametrize("name", NAMES)
async def test_what_master_and_user_do_then_has_the_outcome_that_it_had(name: str, when: str, tmp_path: Path) -> None:
    world = world_of(name, tmp_path / name, DOWN_SECONDS[when])
    try:
        await world.start()
        await ACTIONS[name](Day(world))
        found = outcome(world)
    finally:
        await world.end()
    check_no_bug(world)
    assert as_json(found) == facts(f"{name}.acted")[when]


def check_no_bug(world: World) -> None:
    assert not [text for text in world.errors if "internal error" in text]
    assert not [text for account in world.accounts.values() for text in account.unrecorded]


def as_json(value: dict[str, Any]) -> dict[str, Any]:
    plain: dict[str, Any] = json.loads(json.dumps(value))
    return plain
