"""How it starts, stops and refuses: one clear sentence, the contract's exit code, no traceback, nothing lost."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from copytui.sim import FaultName
from tests.program.world import World, environment, wait_until

needs_posix = pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals and limits")


def copytui(folder: Path, *arguments: str, text: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603
        [sys.executable, "-m", "copytui", *arguments],
        cwd=folder, env=environment(), input=text, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def assert_one_sentence(output: str) -> None:
    assert "Traceback" not in output
    complaints = [line for line in output.splitlines() if line.startswith("copytui: ")]
    assert len(complaints) == 1, output


def test_the_duration_ends_a_run_in_order(world: World) -> None:
    program = world.start("--live", "--yes", "--duration", "3")
    assert program.ended() == 0
    assert world.log()["session"]["ended"] is not None
    assert "LIVE by" not in program.output  # the command line said so


@pytest.mark.parametrize("arguments", [[], ["--yes"]])
def test_a_file_that_says_live_goes_live_where_there_is_no_terminal_and_says_so(
    world: World, arguments: list[str]
) -> None:
    world.settings("dry_run = false\n")
    result = copytui(world.folder, "run", "--headless", "--duration", "0.5", *arguments)
    assert result.returncode == 0, result.stderr
    assert result.stdout.startswith("LIVE by copytui.toml")
    assert world.log()["session"]["mode"] == "live"


@needs_posix
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_a_signal_lets_what_is_in_flight_finish_and_be_recorded(world: World, name: str) -> None:
    world.settings(timeout=8)
    program = world.live()
    world.exchange.exchange.faults.add("*", "placeOrder", FaultName.SLOW, None, seconds=3.0)
    order = world.order()
    wait_until(
        lambda: [row["status"] for row in world.records(order).values()] == ["sending"] * 3, "the copies being sent"
    )
    program.process.send_signal(getattr(signal, name))
    assert program.ended() == 0
    assert {row["status"] for row in world.records(order).values()} <= {"accepted", "open", "filled"}
    assert sum(world.tags_at_broker().values()) == 3


def test_a_second_copytui_on_the_same_journal_is_refused(world: World) -> None:
    first = world.live()
    second = world.start("--live", "--yes")
    assert second.ended() == 4
    assert_one_sentence(second.output)
    order = world.order()
    world.wait_for_status(order, "filled")
    assert first.stop() == 0


@pytest.mark.parametrize(
    ("settings", "arguments"),
    [
        ("dry_run = maybe\n", []),
        ("dryrun = true\n", []),
        ("require_confirmation = true\n", []),
        ("", ["--live"]),
        ("", ["--live", "--dry-run"]),
        ("", ["--duration", "-1"]),
        ("", ["--wrong"]),
    ],
)
def test_wrong_settings_and_usage_end_with_2_before_anything_logs_in(
    world: World, settings: str, arguments: list[str]
) -> None:
    world.settings(settings)
    result = copytui(world.folder, "run", "--headless", *arguments)
    assert result.returncode == 2, result.stderr
    assert result.stderr
    assert "Traceback" not in result.stderr
    assert not (world.folder / "logs" / "journal.sqlite3").exists()


def test_missing_credentials_name_the_way_out(tmp_path: Path) -> None:
    result = copytui(tmp_path, "run", "--headless")
    assert result.returncode == 2
    assert "copytui init" in result.stderr


def test_a_wrong_pin_of_the_master_ends_with_3_after_one_try(world: World) -> None:
    env = world.folder / ".env"
    lines = [("PASSWORD=0000" if line.startswith("PASSWORD=") else line) for line in env.read_text().splitlines()]
    env.write_text("\n".join(lines))
    result = copytui(world.folder, "run", "--headless")
    assert result.returncode == 3
    assert_one_sentence(result.stderr)
    (line,) = world.log()["decisions"]
    assert (line["kind"], line["decision"], line["level"]) == ("event", "session", "ERROR")
    assert "the master could not log in" in line["reason"]


def test_a_wrong_pin_of_a_follower_stops_that_follower_only(world: World) -> None:
    env = world.folder / ".env"
    env.write_text(env.read_text().replace("FOLLOWER_2_PASSWORD=", "FOLLOWER_2_PASSWORD=9"))
    program = world.start("--live", "--yes")
    program.wait_for("credentials refused")
    order = world.order()
    first, second, third = world.followers
    wait_until(
        lambda: all(world.records(order).get(client, {}).get("status") == "filled" for client in (first, third)),
        "fills",
    )
    assert world.records(order)[second]["status"] == "pending"
    assert program.stop() == 0
    assert any(line["kind"] == "event" and "credentials refused" in line["reason"] for line in world.log()["decisions"])


def test_no_network_ends_with_3(world: World) -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    toml = world.folder / "copytui.toml"
    text = toml.read_text().replace(world.exchange.url, f"http://127.0.0.1:{port}")
    toml.write_text(text.replace("[broker]\n", "[broker]\nlogin_patience_seconds = 1\n"))
    result = copytui(world.folder, "run", "--headless")
    assert result.returncode == 3
    assert_one_sentence(result.stderr)


def test_logs_that_cannot_be_written_end_with_1(world: World) -> None:
    (world.folder / "logs").write_text("a file where the folder should be")
    result = copytui(world.folder, "run", "--headless")
    assert result.returncode == 1
    assert_one_sentence(result.stderr)
    assert "logs" in result.stderr


def test_a_corrupt_journal_is_reported_and_kept(world: World) -> None:
    journal = world.folder / "logs" / "journal.sqlite3"
    journal.parent.mkdir()
    junk = b"SQLite format 3\x00" + bytes(range(256)) * 64
    journal.write_bytes(junk)
    result = copytui(world.folder, "run", "--headless")
    assert result.returncode == 1
    assert_one_sentence(result.stderr)
    assert journal.read_bytes() == junk


@needs_posix
def test_a_full_disk_stops_new_sends_loudly_and_nothing_is_lost(world: World) -> None:
    import resource

    program = world.live()
    first = world.order("SBIN-EQ")
    world.wait_for_status(first, "filled")
    # From here on no file can grow.
    wal = world.folder / "logs" / "journal.sqlite3-wal"
    limit = wal.stat().st_size
    _soft, hard = resource.prlimit(program.process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(program.process.pid, resource.RLIMIT_FSIZE, (limit, hard))
    second = world.order("INFY-EQ")
    program.wait_for("cannot be written")
    third = world.order("TATASTEEL-EQ")
    program.wait_for("BUY 10 TATASTEEL-EQ")
    assert len(world.tags_at_broker()) <= 6
    resource.prlimit(program.process.pid, resource.RLIMIT_FSIZE, (hard, hard))
    world.wait_for_status(second, "filled")
    world.wait_for_status(third, "filled")
    assert program.stop() == 0
    assert set(world.tags_at_broker().values()) == {1}
    assert sum(world.tags_at_broker().values()) == 9


def test_killed_at_any_moment_it_places_nothing_twice_and_forgets_nothing(world: World) -> None:
    faults = world.exchange.exchange.faults
    symbols = ["SBIN-EQ", "INFY-EQ", "TATASTEEL-EQ", "RELIANCE-EQ"]
    for number, symbol in enumerate(symbols):
        program = world.live() if not number else world.start("--live", "--yes")
        program.wait_for("logged in as")
        faults.clear()
        faults.add(world.followers[0], "placeOrder", FaultName.TIMEOUT_AFTER, 1)
        faults.add(world.followers[1], "placeOrder", FaultName.SLOW, 1, seconds=0.3)
        world.order(symbol)
        # Each round is killed a little later in the life of its copies.
        program.wait_for(f"BUY 10 {symbol}")
        if number:
            wait_until(lambda symbol=symbol, n=number: len(at_broker(world, symbol)) >= n, "orders at the broker")  # type: ignore[misc]
        program.kill()
    faults.clear()
    program = world.start("--live", "--yes")
    program.wait_for("resuming ")

    def all_told() -> bool:
        """Whether every copy is filled, or unknown without an order at the broker."""
        latest = latest_records(world)
        tags = world.tags_at_broker()
        return len(latest) == 12 and all(
            row["status"] == ("filled" if tags[row["order_tag"]] else "unknown") for row in latest.values()
        )

    wait_until(all_told, "the truth about every copy")
    assert program.stop() == 0
    assert set(world.tags_at_broker().values()) == {1}
    assert set(world.tags_at_broker()) <= {row["order_tag"] for row in latest_records(world).values()}


def at_broker(world: World, symbol: str) -> list[str]:
    """The followers whose broker has an order for the symbol."""
    exchange = world.exchange
    return [
        client
        for client in world.followers
        if any(placed.symbol == symbol for placed in exchange.call(exchange.exchange.placements, client))
    ]


def latest_records(world: World) -> dict[tuple[str, str], dict[str, Any]]:
    """Each copy's last record over all sessions' logs."""
    logs = sorted((world.folder / "logs").glob("copy_trading_*.json"), key=lambda path: path.stat().st_mtime_ns)
    rows = [row for path in logs for row in json.loads(path.read_text(encoding="utf-8"))["copy_records"]]
    return {(row["master_order_id"], row["follower_client_id"]): row for row in rows}


def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = copytui(tmp_path, "exchange", "--port", str(port))
    assert ended.returncode == 1
    assert ended.stderr == f"copytui: port {port} is in use: name another with --port, or none for any free\n"
