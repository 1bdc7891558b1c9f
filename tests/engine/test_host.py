from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path

from copytui.domain.errors import BadCredentials, MasterLogInFailed
from copytui.engine.commands import SetDryRun, SetPaused
from copytui.engine.engine import Engine
from copytui.engine.host import EngineHost
from tests.engine.harness import World


def test_an_engine_in_its_own_thread_takes_commands_and_stops(tmp_path: Path) -> None:
    world = World(tmp_path)
    host = EngineHost(world.make)
    host.start()
    assert host.started.wait(5)
    assert host.submit(SetPaused(True)).result(5) == "paused"
    host.stop()
    host.stop()
    assert host.join(5)
    host.stop()
    assert host.failure is None
    assert host.ended.is_set()
    assert world.master.closed == 1
    world.close()


def test_an_engine_that_cannot_start_hands_its_failure_over(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.master.log_in_errors.append(BadCredentials("invalid pin"))
    host = EngineHost(world.make)
    host.start()
    assert host.join(5)
    assert isinstance(host.failure, MasterLogInFailed)
    assert not host.started.is_set()
    world.close()


def test_an_engine_that_cannot_be_made_hands_its_failure_over_and_nobody_waits(tmp_path: Path) -> None:
    def broken() -> Engine:
        raise OSError("no room")

    host = EngineHost(broken)
    host.start()
    assert host.join(5)
    assert isinstance(host.failure, OSError)
    host.stop()


def test_changes_are_saved_in_the_order_in_which_they_were_commanded(tmp_path: Path) -> None:
    world = World(tmp_path)
    host = EngineHost(world.make)
    host.start()
    assert host.started.wait(5)
    saved: list[object] = []

    def save(changes: Mapping[str, object]) -> None:
        time.sleep(0.1 if not saved else 0.0)  # the first takes longer than the second
        saved.append(changes["dry_run"])

    world.engine._command_handler._save_settings = save
    answers = [host.submit(SetDryRun(on)) for on in (False, True)]
    assert [answer.result(5) for answer in answers] == ["LIVE: orders are sent", "dry run: nothing is sent"]
    assert saved == [False, True]
    host.stop()
    assert host.join(5)
    world.close()
