"""Fan-out: from the byte of the order book that shows the master's trade to the last follower's answer."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import psutil

from benchmarks.referee import MASTER

ROOT = Path(__file__).parents[1]
_SECRETS = {"API_KEY": "k", "PASSWORD": "1234", "TOTP_SECRET": "JBSWY3DPEHPK3PXP"}
_START_SECONDS = 120.0


@dataclass(frozen=True)
class Figures:
    """Milliseconds to the last answer over some rounds; orders that were not answered count as missing."""

    times: tuple[float, ...]
    missing: int
    threads: int = 0
    megabytes: int = 0

    @property
    def median(self) -> float:
        return median(self.times) if self.times else float("nan")

    @property
    def p95(self) -> float:
        return quantiles(self.times, n=20)[-1] if len(self.times) > 1 else self.median


class RefereeProcess:
    """The referee, as a process."""

    def __init__(self, latency: float) -> None:
        command = [sys.executable, "-m", "benchmarks.referee", "--latency", str(latency)]
        self._process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self.port = int(self._process.stdout.readline())

    def ask(self, **command: Any) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(command) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())

    def end(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(10)


@contextmanager
def referee(latency: float) -> Iterator[RefereeProcess]:
    running = RefereeProcess(latency)
    try:
        yield running
    finally:
        running.end()


def rounds(
    judge: RefereeProcess, followers: int, count: int, *, symbols: int = 1, pause: float = 1.5, order: str = "LIMIT"
) -> tuple[tuple[float, ...], int]:
    """Let the master trade `count` times; returns the times to the last answer, and how many answers are missing."""
    times, missing = [], 0
    for number in range(count):
        trade = {"symbol": f"SYM{number % symbols}-EQ", "side": "BUY", "quantity": 10, "ordertype": order}
        answered = judge.ask(trade=trade, answers=followers)
        missing += followers - len(answered)
        if answered:
            times.append(answered[-1])
        time.sleep(pause)
    return tuple(times), missing


def rival(name: str, judge: RefereeProcess, followers: int, count: int) -> Figures:
    command = [sys.executable, "-m", "benchmarks.rivals", name, "--port", str(judge.port)]
    process = subprocess.Popen(
        [*command, "--followers", str(followers)], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdin is not None
    assert process.stdout is not None
    if process.stdout.readline() != "ready\n":
        raise SystemExit(f"{name} did not start")
    try:
        times, missing = rounds(judge, followers, count, pause=0.2)
        watched = psutil.Process(process.pid)
        return Figures(times, missing, watched.num_threads(), watched.memory_info().rss >> 20)
    finally:
        process.stdin.close()
        process.wait(10)


def write_settings(folder: Path, port: int, followers: int) -> None:
    accounts = {"": MASTER, **{f"FOLLOWER_{number}_": f"F{number:05}" for number in range(1, followers + 1)}}
    lines = [
        f"{prefix}{name}={value}\n"
        for prefix, code in accounts.items()
        for name, value in {"CLIENT_ID": code, **_SECRETS}.items()
    ]
    (folder / ".env").write_text("".join(lines))
    (folder / ".env").chmod(0o600)
    (folder / "copytui.toml").write_text(
        f'[master]\npoll_interval_seconds = 1.1\n[broker]\nroot_url = "http://127.0.0.1:{port}"\n'
        "login_spacing_seconds = 0.0\n"
        "[risk]\nmax_orders_per_symbol_per_minute = 0\nmax_orders_per_minute = 500\ncheck_funds = false\n"
    )


@contextmanager
def copytui(judge: RefereeProcess, followers: int, *, root: Path = ROOT) -> Iterator[psutil.Process]:
    """Run the real program, headless and live, until every follower is logged in and at rest."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_settings(folder, judge.port, followers)
        command = [sys.executable, "-m", "copytui", "run", "--headless", "--live", "--yes"]
        with (folder / "out.txt").open("w") as out:
            process = subprocess.Popen(
                command, cwd=folder, stdout=out, stderr=out, env={**os.environ, "PYTHONPATH": str(root)}
            )
        try:
            until = time.monotonic() + _START_SECONDS
            while (folder / "out.txt").read_text().count("logged in as") <= followers:
                if process.poll() is not None or time.monotonic() > until:
                    raise SystemExit((folder / "out.txt").read_text()[-3000:])
                time.sleep(0.1)
            time.sleep(3)
            yield psutil.Process(process.pid)
        finally:
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(30)


def copytui_figures(
    judge: RefereeProcess, followers: int, count: int, *, symbols: int = 1, root: Path = ROOT, order: str = "LIMIT"
) -> Figures:
    with copytui(judge, followers, root=root) as program:
        rounds(judge, followers, 1, symbols=symbols)
        times, missing = rounds(judge, followers, count, symbols=symbols, pause=2.0, order=order)
        return Figures(times, missing, program.num_threads(), program.memory_info().rss >> 20)
