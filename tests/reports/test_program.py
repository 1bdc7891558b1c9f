"""The commands as processes: beside a running copytui, without a network, into a pipe that closes."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from copytui.sim import FaultName
from tests.program.test_endings import copytui
from tests.program.world import World, a_world, environment, wait_until
from tests.reports.test_replay_book import row

OFFLINE = """
import sys
def no_network(event, _arguments):
    if event.startswith("socket."):
        raise SystemExit("the network was touched: " + event)
sys.addaudithook(no_network)
from copytui.cli.main import main
code = main(sys.argv[1:])
loaded = [name for name in ("aiohttp", "requests", "urllib3", "SmartApi", "textual", "asyncio") if name in sys.modules]
sys.exit("loaded: " + " ".join(loaded) if loaded else code)
"""


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with a_world(tmp_path) as made:
        yield made


def offline(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command in a process that may not open a socket and that tells what it has loaded."""
    return subprocess.run(  # noqa: S603
        [sys.executable, "-c", OFFLINE, *arguments],
        cwd=folder, env=environment(), capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def test_beside_a_running_program_all_three_tell_what_it_has_done_so_far(world: World) -> None:
    program = world.live()
    world.exchange.exchange.faults.add(world.followers[0], "placeOrder", FaultName.TIMEOUT_AFTER, 1)
    world.exchange.exchange.faults.add(world.followers[1], "placeOrder", FaultName.REFUSED, 1)
    order = world.order()
    wait_until(
        lambda: sorted(record["status"] for record in world.records(order).values()) == ["failed", "filled", "filled"],
        "the fills",
    )
    history = offline(world.folder, "history", "--date", "today", "--format", "json")
    assert history.returncode == 0, history.stderr
    log = {record["order_tag"]: record for record in world.log()["copy_records"]}
    assert {record["order_tag"]: record for record in json.loads(history.stdout)} == log, "invariant 7"
    why = offline(world.folder, "why", order)
    assert why.returncode == 0, why.stderr
    assert "until the account's order book showed it." in why.stdout
    assert f"It failed: {next(record['error'] for record in log.values() if record['error']).rstrip('.')}" in why.stdout
    book = world.exchange.call(world.exchange.exchange.book, world.exchange.exchange.master.client_id)
    (world.folder / "book.json").write_text(json.dumps({"status": True, "message": "SUCCESS", "data": book}))
    replay = offline(world.folder, "replay", "book.json", "--format", "json")
    assert replay.returncode == 0, replay.stderr
    assert [(each["decision"], each["quantity"]) for each in json.loads(replay.stdout)] == [("copied", 10)] * 3
    day = offline(world.folder, "replay", "--journal", "today")
    assert day.stdout.splitlines()[-1] == "1 execution: today's settings would do the same"
    later = world.order("INFY-EQ")
    world.wait_for_status(later, "filled")
    assert program.stop() == 0
    for account in (world.exchange.exchange.master, *world.exchange.exchange.followers):
        for result in (history, why, replay, day):
            assert account.api_key not in result.stdout + result.stderr


def test_replay_needs_no_broker_and_no_journal(world: World) -> None:
    (world.folder / "book.json").write_text(json.dumps([row(1), row(2)]))
    result = offline(world.folder, "replay", "book.json")
    assert result.returncode == 0, result.stderr
    assert "2 orders: 2 copied; 6 copies" in result.stdout
    assert not (world.folder / "logs").exists()


def test_without_anything_each_command_is_one_sentence(tmp_path: Path) -> None:
    for arguments, code in ((["history"], 1), (["why", "1"], 1), (["replay", "x.json"], 2), (["replay"], 2)):
        result = copytui(tmp_path, *arguments)
        assert result.returncode == code, arguments
        assert "Traceback" not in result.stderr
        assert result.stderr.startswith("copytui: ")
    assert list(tmp_path.iterdir()) == []


def test_a_pipe_that_closes_early_is_no_failure(world: World) -> None:
    (world.folder / "book.json").write_text(json.dumps([row(number) for number in range(1, 1200)]))
    with subprocess.Popen(
        [sys.executable, "-m", "copytui", "replay", "book.json", "--format", "json"],
        cwd=world.folder, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.read(10)
        process.stdout.close()
        errors = process.stderr.read()
        assert (process.wait(30), errors) == (0, b"")
