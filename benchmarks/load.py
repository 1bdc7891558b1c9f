"""A big day: 1,000 orders in the master's order book and 50 followers; program and exchange in separate processes.

    python benchmarks/load.py [--orders 1000] [--followers 50]

Prints the CPU per poll, the memory, and the time from a decision to the answer to the last follower's order, next to
the round trip of a single request in the same run.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from statistics import median
from typing import Any

import psutil

ROOT = Path(__file__).parents[1]
EXCHANGE = """
import sys, threading
from copytui.sim import ExchangeOptions, serve_in_thread
options = ExchangeOptions(followers=int(sys.argv[1]), trading=False, realism=False, latency=0.03, fill_delay=0.1)
with serve_in_thread(options) as running:
    print(running.url, flush=True)
    sys.stdout.write(running.env_text() + "\\nEND\\n")
    sys.stdout.flush()
    sys.stdin.read()
"""


def post(url: str, body: dict[str, Any]) -> float:
    request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})
    started = time.perf_counter()
    with urllib.request.urlopen(request) as answer:
        answer.read()
    return time.perf_counter() - started


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--orders", type=int, default=1000)
    parser.add_argument("--followers", type=int, default=50)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        measure(Path(name), arguments.orders, arguments.followers)


def measure(folder: Path, orders: int, followers: int) -> None:
    exchange = subprocess.Popen(
        [sys.executable, "-c", EXCHANGE, str(followers)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert exchange.stdin is not None
    assert exchange.stdout is not None
    url = exchange.stdout.readline().strip()
    (folder / ".env").write_text("".join(iter(exchange.stdout.readline, "END\n")))
    (folder / ".env").chmod(0o600)
    (folder / "copytui.toml").write_text(
        f'[master]\npoll_interval_seconds = 1.1\n[broker]\nroot_url = "{url}"\nlogin_spacing_seconds = 0.0\n'
        "[risk]\nmax_orders_per_symbol_per_minute = 0\ncheck_funds = false\n"  # no limit blocks what is measured
    )
    order = {"symbol": "SBIN-EQ", "side": "BUY", "quantity": 10, "fill": "now"}
    for _ in range(orders):
        post(f"{url}/_exchange/orders", order)
    command = [sys.executable, "-m", "copytui", "run", "--headless", "--live", "--yes"]
    with (folder / "out.txt").open("w") as out:
        program = subprocess.Popen(command, cwd=folder, stdout=out, stderr=out, env={"PYTHONPATH": str(ROOT)})
    watched = psutil.Process(program.pid)
    while (folder / "out.txt").read_text().count("logged in as") <= followers:
        time.sleep(0.2)
    time.sleep(5)
    before, started = sum(watched.cpu_times()[:2]), time.monotonic()
    time.sleep(22)
    idle_cpu, idle = sum(watched.cpu_times()[:2]) - before, time.monotonic() - started
    print(f"quiet: {idle_cpu / (idle / 1.1) * 1000:.1f} ms CPU per poll of {orders} orders (all threads)")
    single = median(post(f"{url}/rest/secure/angelbroking/order/v1/placeOrder", {}) for _ in range(9))
    slowest = []
    for _ in range(5):
        post(f"{url}/_exchange/orders", order)
        time.sleep(4)
        log = json.loads(next((folder / "logs").glob("*.json")).read_text())
        newest = max(row["timestamp"] for row in log["copy_records"])
        batch = [row["latency_ms"] for row in log["copy_records"] if row["timestamp"] == newest]
        assert len(batch) == followers, len(batch)
        slowest.append(max(batch))
    print(f"fan-out to {followers}: last answer {median(slowest):.0f} ms after the decision (each of 5: {slowest})")
    print(f"a single request in the same run: {single * 1000:.0f} ms; ratio {median(slowest) / single / 1000:.1f}")
    print(f"memory: {watched.memory_info().rss / 2**20:.0f} MB resident, {watched.num_threads()} threads")
    program.terminate()
    program.wait(30)
    exchange.stdin.close()
    exchange.wait(10)


if __name__ == "__main__":
    main()
