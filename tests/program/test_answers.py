"""Confirmation on a terminal, `check`, `init` and the demo: what a person does by hand."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import pytest

from copytui.cli.console_commands import read_answer
from copytui.domain.orders import ClientId
from copytui.engine.commands import (
    Approve,
    CancelAll,
    CopyMissed,
    Decline,
    DismissMissed,
    Flatten,
    MarkNotPlaced,
    ReleaseFollower,
    RetryCopy,
    SetFollower,
    SetHalted,
    SetPaused,
)
from copytui.sim import FaultName
from tests.program.test_endings import copytui, needs_posix
from tests.program.world import Program, World, environment, wait_until


@contextmanager
def on_a_terminal(world: World, *arguments: str) -> Iterator[tuple[Program, int]]:
    """Run copytui with a terminal to type on; gives the program and the terminal's other end."""
    import pty

    ours, theirs = pty.openpty()
    output = world.folder / "terminal.txt"
    with output.open("wb") as file:
        process = subprocess.Popen(  # noqa: S603
            [sys.executable, "-m", "copytui", "run", "--headless", *arguments],
            cwd=world.folder, stdin=theirs, stdout=file, stderr=subprocess.STDOUT, env=environment(),
        )  # fmt: skip
    os.close(theirs)
    program = Program(process, output)
    world.programs.append(program)
    try:
        yield program, ours
    finally:
        os.close(ours)


@needs_posix
def test_on_a_terminal_each_execution_is_asked_for_and_watching_goes_on(world: World) -> None:
    world.settings("require_confirmation = true\nconfirmation_timeout_seconds = 3\n")
    with on_a_terminal(world, "--live", "--yes") as (program, keys):
        program.wait_for("first poll of the day")
        approved = world.order("SBIN-EQ")
        program.wait_for("#1 BUY 10 SBIN-EQ")
        assert {row["status"] for row in world.records(approved).values()} <= {"pending"}
        assert not world.tags_at_broker()
        os.write(keys, b"y\n")
        world.wait_for_status(approved, "filled")
        declined, expired = world.order("INFY-EQ"), world.order("TATASTEEL-EQ")
        program.wait_for("#3 BUY 10")
        os.write(keys, b"what?\nn 2\n")
        program.wait_for("declined: not copied")
        program.wait_for("expired, not copied")
        world.wait_for_status(expired, "expired")
        assert program.stop() == 0
    assert world.records(declined) == {}
    assert len(world.tags_at_broker()) == 3
    decisions = [(row["master_order_id"], row["code"]) for row in world.log()["decisions"]]
    assert (declined, "declined") in decisions
    assert (expired, "no_answer") in decisions
    assert world.log()["statistics"]["skipped"] == 2


@needs_posix
@pytest.mark.parametrize(("typed", "starts"), [(b"LIVE\n", True), (b"live\n", False), (b"\n", False)])
def test_going_live_on_a_terminal_takes_the_typed_word(world: World, typed: bytes, starts: bool) -> None:
    with on_a_terminal(world, "--live", "--duration", "2") as (program, keys):
        program.wait_for("Type LIVE")
        os.write(keys, typed)
        assert program.ended() == 0
    assert ("logged in as" in program.output) is starts


@pytest.mark.parametrize(
    ("line", "waiting", "command"),
    [
        ("y", [3], Approve(3)),
        ("Yes #4", [3, 4], Approve(4)),
        ("n", [3], Decline(3)),
        ("c 7", [], CopyMissed(7)),
        ("d 7", [], DismissMissed(7)),
        ("retry 12", [], RetryCopy(12)),
        ("gone 12", [], MarkNotPlaced(12)),
        ("in 2", [], SetFollower(ClientId("F2"), enabled=True)),
        ("out 2", [3], SetFollower(ClientId("F2"), enabled=False)),
        ("out 9", [], None),
        ("pause", [3], SetPaused(on=True)),
        ("resume", [], SetPaused(on=False)),
        ("halt", [3], SetHalted(on=True)),
        ("release", [], SetHalted(on=False)),
        ("release 2", [], ReleaseFollower(ClientId("F2"))),
        ("cancel all", [3], CancelAll()),
        ("Flatten all", [], Flatten()),
        ("flatten 2", [], Flatten(ClientId("F2"))),
        ("flatten", [], None),
        ("flatten 9", [], None),
        ("cancel", [], None),
        ("pause all", [], None),
        ("y", [], None),
        ("y", [3, 4], None),
        ("c", [3], None),
        ("maybe", [3], None),
        ("y 3 4", [3], None),
    ],
)
def test_an_answer_is_understood_or_asked_for_again(line: str, waiting: list[int], command: object) -> None:
    answer = read_answer(line, waiting, {2: ClientId("F2")})
    assert answer.command == command
    assert bool(answer.say) is (command is None)


def test_check_shows_what_works_and_says_what_to_do_about_the_rest(world: World) -> None:
    fine = copytui(world.folder, "check")
    assert fine.returncode == 0, fine.stdout + fine.stderr
    for client in world.followers:
        assert client in fine.stdout
    assert not list((world.folder).glob("logs/*.json"))
    world.exchange.exchange.faults.add(world.followers[1], "loginByPassword", FaultName.HTML_502, None)
    partly = copytui(world.folder, "check")
    assert partly.returncode == 1
    assert "Ravi: " in partly.stdout
    world.exchange.exchange.faults.add(
        world.exchange.exchange.master.client_id, "loginByPassword", FaultName.REFUSED, None, code="AB1000"
    )
    assert copytui(world.folder, "check").returncode == 3


def test_check_offline_touches_no_network(world: World) -> None:
    result = copytui(world.folder, "check", "--offline")
    assert result.returncode == 0
    assert not world.exchange.exchange.sessions.logins


def test_init_writes_files_that_only_the_owner_reads_and_never_overwrites(tmp_path: Path) -> None:
    assert copytui(tmp_path, "init").returncode == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == [".env", "copytui.schema.json", "copytui.toml"]
    if sys.platform != "win32":
        assert stat.S_IMODE((tmp_path / ".env").stat().st_mode) == 0o600
    (tmp_path / ".env").write_text("mine")
    assert copytui(tmp_path, "init").returncode == 0
    assert (tmp_path / ".env").read_text() == "mine"


def test_the_demo_copies_live_and_leaves_a_log_and_no_journal(tmp_path: Path) -> None:
    result = copytui(tmp_path, "demo", "--headless", "--duration", "8", "--followers", "2")
    assert result.returncode == 0, result.stdout + result.stderr
    (log,) = (tmp_path / "logs").iterdir()
    found = json.loads(log.read_text(encoding="utf-8"))
    assert found["session"]["ended"]
    assert found["statistics"]["success"] > 0
    assert {row["follower_name"] for row in found["copy_records"]} == {"Asha", "Ravi"}


def test_output_that_nobody_reads_any_more_stops_nothing(world: World) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "copytui", "run", "--headless", "--live", "--yes", "--duration", "6"],
        cwd=world.folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment(),
    )
    assert process.stdout is not None
    process.stdout.readline()
    process.stdout.close()
    wait_until(lambda: list((world.folder / "logs").glob("*.json")), "the log")
    wait_until(lambda: len(set(world.exchange.exchange.sessions.logins)) == 4, "the logins")
    order = world.order()
    world.wait_for_status(order, "filled")
    assert process.wait(30) == 0


def _lying(stream: IO[bytes]) -> int:
    """Return how many bytes nobody has read."""
    import fcntl
    import termios

    return int.from_bytes(fcntl.ioctl(stream.fileno(), termios.FIONREAD, b"\0" * 4), sys.byteorder)


@pytest.mark.skipif(sys.platform != "linux", reason="only there a pipe can be made small")
def test_a_terminal_that_shows_nothing_more_holds_up_neither_the_engine_nor_what_is_typed(world: World) -> None:
    import fcntl
    import pty

    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "copytui", "run", "--headless", "--live", "--yes"],
        cwd=world.folder, stdin=theirs, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment(),
    )  # fmt: skip
    os.close(theirs)
    assert process.stdout is not None
    try:
        while process.stdout.readline().count(b"logged in as") == 0:
            assert process.poll() is None
        wait_until(lambda: len(set(world.exchange.exchange.sessions.logins)) == 4, "the logins")
        fcntl.fcntl(process.stdout.fileno(), fcntl.F_SETPIPE_SZ, 4096)  # as after Ctrl-S: nothing more is taken
        before = -1
        while before != (before := _lying(process.stdout)):
            world.wait_for_status(world.order(), "filled")
        os.write(ours, b"pause\ngo\n" * 40)
        world.wait_for_status(world.order(), "filled")
        world.wait_for_status(world.order(), "filled")
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
        os.close(ours)
