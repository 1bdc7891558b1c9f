"""A whole copytui, as a process, against the embedded exchange over real HTTP with the real SDK."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from copytui.sim import ExchangeOptions, RunningExchange, serve_in_thread

DEADLINE = 30.0


def wait_until(condition: Callable[[], object], what: str, deadline: float = DEADLINE, *, every: float = 0.02) -> None:
    """Wait for a condition, looking `every` so many seconds; fail when it does not come."""
    end = time.monotonic() + deadline
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"waited {deadline} s in vain for: {what}")
        time.sleep(every)


@dataclass
class Program:
    """A running copytui."""

    process: subprocess.Popen[bytes]
    output_file: Path

    @property
    def output(self) -> str:
        return self.output_file.read_text(encoding="utf-8")

    def wait_for(self, text: str, deadline: float = DEADLINE) -> None:
        def seen() -> bool:
            if text in self.output:
                return True
            assert self.process.poll() is None, f"ended with {self.process.returncode}:\n{self.output}"
            return False

        wait_until(seen, f"{text!r} in:\n{self.output}", deadline)

    def stop(self) -> int:
        self.process.send_signal(signal.SIGINT)
        return self.ended()

    def ended(self, deadline: float = DEADLINE) -> int:
        try:
            return self.process.wait(deadline)
        except subprocess.TimeoutExpired:
            if sys.platform != "win32":
                self.process.send_signal(signal.SIGABRT)  # it writes what each of its threads was doing
                self.process.wait(deadline)
            raise AssertionError(f"it did not end in {deadline} s:\n{self.output}") from None

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


@dataclass
class World:
    """A folder with settings, an exchange, and the copytui processes that were started in it."""

    folder: Path
    exchange: RunningExchange
    programs: list[Program] = field(default_factory=list)

    @property
    def followers(self) -> list[str]:
        return [account.client_id for account in self.exchange.exchange.followers]

    def settings(self, text: str = "", *, timeout: float = 2.0) -> None:
        """Write `.env` and `copytui.toml`: quick polls, logins without pause, then `text`."""
        env = self.folder / ".env"
        env.write_text(self.exchange.env_text(), encoding="utf-8")
        env.chmod(0o600)
        broker = (
            f'[broker]\nroot_url = "{self.exchange.url}"\nlogin_spacing_seconds = 0.0\n'
            f"request_timeout_seconds = {timeout}\n"
        )
        top, sections = ("", text) if text.lstrip().startswith("[") else (text, "")
        master = "" if "[master]" in text else "[master]\npoll_interval_seconds = 1.1\n"
        (self.folder / "copytui.toml").write_text(f"{top}\n{master}\n{broker}\n{sections}", encoding="utf-8")

    def start(self, *arguments: str, command: str = "run") -> Program:
        number = len(self.programs) + 1
        output = self.folder / f"output-{number}.txt"
        flags = ["--headless", *arguments] if command in ("run", "demo") else list(arguments)
        with output.open("wb") as file:
            process = subprocess.Popen(  # noqa: S603
                [sys.executable, "-m", "copytui", command, *flags],
                cwd=self.folder, stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.STDOUT, env=environment(),
            )  # fmt: skip
        program = Program(process, output)
        self.programs.append(program)
        return program

    def run(self, *arguments: str) -> str:
        """Run a command to its end and return what it printed."""
        done = subprocess.run(  # noqa: S603
            [sys.executable, "-m", "copytui", *arguments],
            cwd=self.folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, env=environment(), check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout

    def live(self, *arguments: str) -> Program:
        """Start a live run and wait until all followers can be sent orders."""
        program = self.start("--live", "--yes", *arguments)
        program.wait_for("first poll of the day")
        wait_until(
            lambda: len([line for line in program.output.splitlines() if "logged in as" in line]) > len(self.followers),
            f"all logins in:\n{program.output}",
        )
        return program

    def order(self, symbol: str = "SBIN-EQ", side: str = "BUY", quantity: int = 10, **more: Any) -> str:
        """Place an order of the master's; by default it completes at once."""
        more.setdefault("fill", "now")
        return self.exchange.call(self.exchange.exchange.place_master_order, symbol, side, quantity, **more)

    def price(self, symbol: str, percent: float) -> int:
        """A whole rupee price that many percent off the last one."""
        market = self.exchange.exchange.market
        instrument = market.find(symbol)
        assert instrument is not None
        return round(self.exchange.call(market.last, instrument) / 100 * (1 + percent / 100))

    def tags_at_broker(self) -> Counter[str]:
        """Every order that any follower's broker accepted, by tag."""
        tags: Counter[str] = Counter()
        for client in self.followers:
            for placement in self.exchange.call(self.exchange.exchange.placements, client):
                tags[placement.tag] += 1
        return tags

    def log(self) -> dict[str, Any]:
        """The newest session log."""
        newest = max((self.folder / "logs").glob("copy_trading_*.json"), key=lambda path: path.stat().st_mtime_ns)
        found: dict[str, Any] = json.loads(newest.read_text(encoding="utf-8"))
        return found

    def records(self, order: str) -> dict[str, dict[str, Any]]:
        """The newest session's copies of one master order, by follower."""
        rows = [row for row in self.log()["copy_records"] if row["master_order_id"] == order]
        assert len({row["follower_client_id"] for row in rows}) == len(rows), "a follower has two records of one order"
        return {row["follower_client_id"]: row for row in rows}

    def wait_for_status(self, order: str, status: str, deadline: float = DEADLINE) -> dict[str, dict[str, Any]]:
        """Wait until every follower has a copy of the order, each with that status."""

        def all_there() -> bool:
            rows = self.records(order)
            return len(rows) == len(self.followers) and all(row["status"] == status for row in rows.values())

        wait_until(all_there, f"all copies of {order} {status}", deadline)
        return self.records(order)


def environment() -> dict[str, str]:
    """The environment without anything that could be taken for an account's, or for the size of a terminal."""
    others = ("MASTER_", "FOLLOWER_", "COLUMNS", "LINES")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(others)}
    return kept | {
        "PYTHONPATH": str(Path(__file__).parents[2]),
        "PYTHONUTF8": "1",
        "NO_COLOR": "1",
        "PYTHONFAULTHANDLER": "1",
    }


@contextmanager
def a_world(folder: Path, *, followers: int = 3, **options: Any) -> Iterator[World]:
    """Run an exchange whose master only does what the test says, unless `options` let him trade."""
    quiet: dict[str, Any] = {"trading": False, "realism": False, "latency": 0.005, "fill_delay": 0.1}
    settings = ExchangeOptions(followers=followers, totp_once=False, **(quiet | options))
    with serve_in_thread(settings) as running:
        world = World(folder, running)
        world.settings()
        try:
            yield world
        finally:
            for program in world.programs:
                if program.process.poll() is None:
                    program.kill()
