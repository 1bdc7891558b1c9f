"""The screen on a busy day: thousands of master orders, 50 followers, 20 executions per second, at 120x36.

    python benchmarks/screen.py [--orders 2000] [--followers 50] [--rate 20] [--seconds 60]

It runs dry, so the exchange's limits do not matter. Prints the time from a key press to the output that shows its
effect, the lag of the engine's and the screen's event loops, memory before and after, and CPU while idle. The exchange
runs in its own process. What the terminal showed is computed from the recorded bytes after the run, which costs the
program nothing. The exchange, a remote computer in real life, runs at a low priority in case two cores are not enough.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pyte

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.load import EXCHANGE, post  # noqa: E402
from tests.program.terminal import Terminal  # noqa: E402

PROGRAM = """
import asyncio, json, sys, threading, time
from asyncio.events import Handle
from pathlib import Path
from copytui.engine.host import EngineHost
from copytui.tui.app import CopytuiApp

LAGS = {"engine": [], "screen": []}
STEP = 0.01

async def probe(lags):
    while True:
        while Path("quiet").exists():  # probing costs CPU, which would count as idle CPU
            await asyncio.sleep(1)
        begun = time.monotonic()
        await asyncio.sleep(STEP)
        lags.append((begun, time.monotonic() - begun - STEP))

async def engine(self, main=EngineHost._main):
    task = asyncio.create_task(probe(LAGS["engine"]))
    await main(self)
    task.cancel()
EngineHost._main = engine

on_mount = CopytuiApp.on_mount

def mounted(self):
    self.probe = asyncio.get_running_loop().create_task(probe(LAGS["screen"]))
    on_mount(self)
CopytuiApp.on_mount = mounted

SCREEN, CALLBACKS = threading.get_native_id(), []

def timed(self, run=Handle._run):
    if threading.get_native_id() != SCREEN:
        return run(self)
    begun, used = time.monotonic(), time.thread_time()
    run(self)
    CALLBACKS.append((begun, time.thread_time() - used, time.monotonic() - begun))
Handle._run = timed

import gc
COLLECTIONS, began = [], 0.0

def collected(phase, info):
    global began
    if phase == "start":
        began = time.monotonic()
    elif info["generation"] == 2:
        COLLECTIONS.append((began, time.monotonic() - began))
gc.callbacks.append(collected)

def write_names():
    while True:
        names = {thread.native_id: thread.name for thread in threading.enumerate()}
        Path("threads.json").write_text(json.dumps(names))
        time.sleep(5)
threading.Thread(target=write_names, name="clocks", daemon=True).start()

from copytui.cli.main import main
code = main(["run", "--dry-run"])
Path("lags.json").write_text(json.dumps({"lags": LAGS, "collections": COLLECTIONS, "callbacks": CALLBACKS}))
sys.exit(code)
"""
"""The real program, with a probe on each of its two event loops."""

LAG_STEP_MS = 10
Shown = Callable[["ScreenContent"], object]


class ScreenContent:
    """The parts of the screen that keys change."""

    def __init__(self, screen: pyte.Screen) -> None:
        self.lines = screen.display
        self._buffer = screen.buffer

    def has(self, text: str) -> bool:
        return any(text in line for line in self.lines)

    def cursor_line(self) -> int | None:
        """Return the one line of the orders pane with a different background.

        New rows above the selected one do not move it, so only keys change this.
        """
        rows = range(7, 23)
        backgrounds = [self._buffer[row][3].bg for row in rows]
        lone = [row for row, background in zip(rows, backgrounds, strict=True) if backgrounds.count(background) == 1]
        return lone[0] if lone else None

    def cursor_in_events(self) -> list[bool]:
        """Return which lines of the events pane are marked."""
        return [self._buffer[row][3].reverse for row in range(24, 33)]


KEYS: tuple[tuple[str, str, Shown], ...] = (
    ("j", "j", ScreenContent.cursor_line),
    ("j", "j", ScreenContent.cursor_line),
    ("k", "k", ScreenContent.cursor_line),
    ("2", "2", lambda p: p.has("▸2 ")),
    ("1", "1", lambda p: p.has("▸1 ")),
    ("g", "g", ScreenContent.cursor_line),
    ("3", "3", lambda p: p.has("▸3 ")),
    ("k", "k in the events", ScreenContent.cursor_in_events),
    ("G", "G in the events", ScreenContent.cursor_in_events),
    ("4", "4 (opens)", lambda p: p.has("by follower")),
    ("4", "4 (closes)", lambda p: p.has("by follower")),
    ("\r", "enter", lambda p: p.has("Order story")),
    ("\x1b", "esc", lambda p: p.has("Order story")),
    ("f", "f", lambda p: p.has("Filters: what is copied")),
    ("\x1b", "esc", lambda p: p.has("Filters: what is copied")),
)
"""The keys in turn, their names in the report, and the part of the screen that each changes."""


class Load:
    """The master's orders, at a steady rate, until stopped."""

    def __init__(self, url: str) -> None:
        self.url = url
        with_lots = json.loads(get(f"{url}/_exchange/instruments"))
        self._instruments: Iterator[dict[str, object]] = itertools.cycle(with_lots)
        self.placed = 0
        self.late_orders = 0

    def place(self) -> None:
        instrument = next(self._instruments)
        body = {"symbol": instrument["symbol"], "side": "BUY", "quantity": instrument["lot"], "fill": "now"}
        post(f"{self.url}/_exchange/orders", body)
        self.placed += 1

    def run(self, rate: float, seconds: float) -> None:
        begun = time.monotonic()
        for number in range(int(rate * seconds)):
            wait = begun + number / rate - time.monotonic()
            if wait > 0:
                time.sleep(wait)
            else:
                self.late_orders += 1
            self.place()


def get(url: str) -> bytes:
    with urllib.request.urlopen(url) as answer:
        found: bytes = answer.read()
    return found


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--orders", type=int, default=2000)
    parser.add_argument("--followers", type=int, default=50)
    parser.add_argument("--rate", type=float, default=20)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--idle", type=float, default=30)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        measure(Path(name), arguments)


def measure(folder: Path, arguments: argparse.Namespace) -> None:
    exchange = subprocess.Popen(
        [sys.executable, "-c", EXCHANGE, str(arguments.followers)],
        cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    psutil.Process(exchange.pid).nice(10)  # in real life it is another computer and takes no CPU from the program
    assert exchange.stdin is not None
    assert exchange.stdout is not None
    url = exchange.stdout.readline().strip()
    (folder / ".env").write_text("".join(iter(exchange.stdout.readline, "END\n")))
    (folder / ".env").chmod(0o600)
    (folder / "copytui.toml").write_text(
        f'[master]\npoll_interval_seconds = 1.1\n[broker]\nroot_url = "{url}"\nlogin_spacing_seconds = 0.0\n'
    )
    load = Load(url)
    for _ in range(arguments.orders):
        load.place()
    env = {name: value for name, value in os.environ.items() if not name.startswith(("MASTER_", "FOLLOWER_"))}
    terminal = Terminal(
        [sys.executable, "-c", PROGRAM], cwd=folder, env={**env, "PYTHONPATH": str(ROOT)}, emulate=False
    )
    try:
        span = run(terminal, load, folder, arguments)
    finally:
        terminal.dispose()
        exchange.stdin.close()
        exchange.wait(10)
    report_lags(folder, span)


def run(terminal: Terminal, load: Load, folder: Path, arguments: argparse.Namespace) -> tuple[float, float]:
    """Measure before, under and after the load; return the times when the load started and ended."""
    watched = psutil.Process(terminal.process.pid)
    followers = arguments.followers
    wait_for(terminal, f"{followers}/{followers} ready")
    time.sleep(5)
    before = memory(watched)
    print(f"{arguments.orders} orders in the master's book, {followers} followers, screen 120x36")
    cpu("idle, a big book", watched, folder, arguments.idle)
    presses: list[tuple[str, float, Shown]] = []
    loading = threading.Thread(target=load.run, args=(arguments.rate, arguments.seconds))
    begun, used, by_thread = time.monotonic(), sum(watched.cpu_times()[:2]), threads(watched, folder)
    loading.start()
    pauses = random.Random(1)
    for key, name, shown in itertools.cycle(KEYS):
        if not loading.is_alive():
            break
        time.sleep(pauses.uniform(0.35, 0.65))
        presses.append((name, terminal.press(key), shown))
    loading.join()
    ended = time.monotonic()
    for key in ("\x1b", "\x1b", "1"):  # leave any open dialog
        time.sleep(0.5)
        terminal.press(key)
    busy = (sum(watched.cpu_times()[:2]) - used) / (ended - begun)
    print(
        f"load: {load.placed - arguments.orders} executions in {ended - begun:.0f} s,"
        f" {load.late_orders} of them late; CPU {busy:.0%} of a core"
    )
    print(f"  by thread: {shares(by_thread, threads(watched, folder), ended - begun)}")
    time.sleep(15)
    after = memory(watched)
    copies = (load.placed - arguments.orders) * followers
    print(
        f"memory: {before:.0f} MB before, {after:.0f} MB after; {(after - before) * 1024 / max(1, copies):.2f} KB"
        f" for each of {copies} copies"
    )
    cpu("idle, after it", watched, folder, arguments.idle)
    print(f"memory: {memory(watched):.0f} MB {arguments.idle:.0f} s later")
    terminal.press("q")
    time.sleep(0.5)
    if terminal.process.poll() is None:
        terminal.press("y")
    print(f"exit code {terminal.ended()}")
    report_keys(terminal, presses, (begun, ended))
    return begun, ended


def wait_for(terminal: Terminal, text: str, deadline: float = 180) -> None:
    plain = re.compile(rb"\x1b\[[0-9;?>]*[a-zA-Z$]+")
    end = time.monotonic() + deadline
    while text not in plain.sub(b"", terminal.written[-200_000:]).decode("utf-8", "replace"):
        if terminal.process.poll() is not None or time.monotonic() > end:
            sys.exit(f"it did not start:\n{terminal.written[-3000:].decode('utf-8', 'replace')}")
        time.sleep(0.5)


def memory(watched: psutil.Process) -> float:
    resident: int = watched.memory_info().rss
    return resident / 2**20


def threads(watched: psutil.Process, folder: Path) -> dict[str, float]:
    """Return the CPU seconds of each thread, by its name in Python."""
    names = json.loads((folder / "threads.json").read_text())
    used: dict[str, float] = defaultdict(float)
    for thread in watched.threads():
        used[names.get(str(thread.id), "others").split("-")[0]] += thread.user_time + thread.system_time
    return used


def shares(before: dict[str, float], after: dict[str, float], seconds: float) -> str:
    """Return each thread's share of a core between two counts, the busiest first."""
    took = sorted(((after[name] - before.get(name, 0.0)) / seconds, name) for name in after)
    return ", ".join(f"{name} {share:.1%}" for share, name in reversed(took) if share >= 0.0005)


def cpu(when: str, watched: psutil.Process, folder: Path, seconds: float) -> None:
    (folder / "quiet").touch()
    time.sleep(2)
    begun, used, by_thread = time.monotonic(), sum(watched.cpu_times()[:2]), threads(watched, folder)
    time.sleep(seconds)
    (folder / "quiet").unlink()
    took = time.monotonic() - begun
    share = (sum(watched.cpu_times()[:2]) - used) / took
    print(f"{when}: {share:.1%} of a core over {seconds:.0f} s ({shares(by_thread, threads(watched, folder), took)})")


def report_keys(terminal: Terminal, presses: list[tuple[str, float, Shown]], span: tuple[float, float]) -> None:
    """Replay the recorded bytes, and find the first screen after each key press that shows its effect."""
    screen = pyte.Screen(*terminal.size)
    stream = pyte.ByteStream(screen)
    waits: dict[str, list[float]] = defaultdict(list)
    unseen: dict[str, int] = defaultdict(int)
    pending = iter(presses)
    now = next(pending, None)
    following = next(pending, None)
    asked: object = None
    open_ = False
    for at, data in terminal.chunks:
        while now is not None and not open_ and at >= now[1]:
            asked, open_ = now[2](ScreenContent(screen)), True
        stream.feed(data)
        if now is None or not open_:
            continue
        if now[2](ScreenContent(screen)) != asked:
            waits[now[0]].append((at - now[1]) * 1000)
        elif following is not None and at >= following[1]:
            unseen[now[0]] += 1
        else:
            continue
        now, following, open_ = following, next(pending, None), False
    written = sum(len(data) for at, data in terminal.chunks if span[0] <= at <= span[1])
    print(f"output: {written / (span[1] - span[0]) / 1024:.0f} KB per second")
    everything = sorted(itertools.chain.from_iterable(waits.values()))
    print(f"key presses: {line(everything)}")
    for name, some in waits.items():
        print(f"  {name:16} {line(sorted(some))}{f'   (not seen: {unseen[name]})' if unseen[name] else ''}")
    for name in unseen.keys() - waits.keys():
        print(f"  {name:16} never seen, {unseen[name]} presses")


def line(values: list[float]) -> str:
    if not values:
        return "none"
    p50, p99 = (values[min(len(values) - 1, int(len(values) * share))] for share in (0.5, 0.99))
    return f"n {len(values):4}   p50 {p50:4.0f} ms   p99 {p99:4.0f} ms   max {values[-1]:4.0f} ms"


def report_lags(folder: Path, span: tuple[float, float]) -> None:
    recorded = json.loads((folder / "lags.json").read_text())
    begun, ended = span
    print(f"under load, garbage collections: {line(during(recorded['collections'], span))}")
    calls = [call for call in recorded["callbacks"] if begun <= call[0] <= ended]
    for what, place in (("CPU", 1), ("wall time", 2)):
        print(
            f"under load, a callback on the screen's loop, {what}: {line(sorted(call[place] * 1000 for call in calls))}"
        )
    for loop, lags in recorded["lags"].items():
        print(f"under load, lag of the {loop}'s loop, probed every {LAG_STEP_MS} ms: {line(during(lags, span))}")
        starting = max((lag * 1000 for at, lag in lags if at < begun), default=0)
        later = max((lag * 1000 for at, lag in lags if at > ended), default=0)
        print(f"  longest before the load (start and first poll included) {starting:.0f} ms, after it {later:.0f} ms")


def during(values: list[tuple[float, float]], span: tuple[float, float]) -> list[float]:
    begun, ended = span
    return sorted(seconds * 1000 for at, seconds in values if begun <= at <= ended)


if __name__ == "__main__":
    main()
