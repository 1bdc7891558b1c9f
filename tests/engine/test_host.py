from __future__ import annotations

from pathlib import Path

from copytui.domain.errors import BadCredentials, MasterLogInFailed
from copytui.engine.commands import SetPaused
from copytui.engine.engine import Engine
from copytui.engine.host import EngineHost
from tests.engine.world import World


def test_an_engine_in_its_own_thread_can_be_told_and_stopped(tmp_path: Path) -> None:
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
