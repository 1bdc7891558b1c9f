"""An hour at the screen: the real program on a terminal with four keys per second, the exchange in its own process.

    python benchmarks/hour.py [--minutes 60]

The exchange's master trades by itself; copytui runs dry. Every minute it prints resident memory, CPU since the start,
the widgets on the screens and in the app's registry, and the day's copies. The keys go through every pane and dialog,
the themes and the pane sizes without a pause, so there is no quiet time for collecting garbage.
"""

from __future__ import annotations

import argparse
import itertools
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from tests.program.terminal import Terminal  # noqa: E402

EXCHANGE = """
import sys
from copytui.sim import ExchangeOptions, serve_in_thread
with serve_in_thread(ExchangeOptions(followers=5, trading=True)) as running:
    print(running.url, flush=True)
    sys.stdout.write(running.env_text() + "\\nEND\\n")
    sys.stdout.flush()
    sys.stdin.read()
"""
PROGRAM = """
import sys, time
from pathlib import Path
from copytui.tui.app import CopytuiApp

pull, counted = CopytuiApp.pull, 0.0

def pull_and_count(self):
    global counted
    pull(self)
    if self.latest is None or time.monotonic() < counted + 20:
        return
    counted = time.monotonic()
    on_screens = sum(1 + len(screen.query("*")) for screen in self.screen_stack)
    copies = sum(len(view.copies) for view in self.latest.orders)
    Path("counts.txt").write_text(f"{on_screens:3} on screens, {len(self._registry):3} in all   copies {copies:5}")
CopytuiApp.pull = pull_and_count

from copytui.cli.main import main
sys.exit(main(["run", "--dry-run"]))
"""
KEYS = (
    *("1", "j", "j", "k", "G", "g", "\r", "j", "\x1b", "2", "j", "k", "\r", "\x1b", "3", "k", "\r", "\x1b", "4", "4"),
    *("f", "\t", "N", "\x1b", "?", "j", "\x1b", "n", "\x1b", "a", "\x1b", "/", "N", "\r", "\x1b", "s", "z", "z"),
    *("d", "\x1b", ":", "\x1b", "t", "t", "t", "L", "\x1b", "y", "1"),
)
KEY_SECONDS = 0.25


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--minutes", type=float, default=60)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        use(Path(name), arguments.minutes * 60)


def use(folder: Path, seconds: float) -> None:
    exchange = subprocess.Popen(
        [sys.executable, "-c", EXCHANGE], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert exchange.stdin is not None
    assert exchange.stdout is not None
    url = exchange.stdout.readline().strip()
    (folder / ".env").write_text("".join(iter(exchange.stdout.readline, "END\n")))
    (folder / ".env").chmod(0o600)
    (folder / "copytui.toml").write_text(f'[broker]\nroot_url = "{url}"\nlogin_spacing_seconds = 0.0\n')
    env = {name: value for name, value in os.environ.items() if not name.startswith(("MASTER_", "FOLLOWER_"))}
    terminal = Terminal(
        [sys.executable, "-c", PROGRAM], cwd=folder, env={**env, "PYTHONPATH": str(ROOT)}, emulate=False
    )
    try:
        press(terminal, folder, seconds)
        for key in ("\x1b", "\x1b", "q", "y"):
            if terminal.process.poll() is None:
                terminal.press(key)
                time.sleep(1)
        print(f"exit code {terminal.ended()}")
    finally:
        terminal.dispose()
        exchange.stdin.close()
        exchange.wait(10)


def press(terminal: Terminal, folder: Path, seconds: float) -> None:
    """Press keys for `seconds`, and print the figures every minute."""
    watched = psutil.Process(terminal.process.pid)
    time.sleep(10)
    started, minutes = time.monotonic(), itertools.count(1)
    next_minute = next(minutes)
    for key in itertools.cycle(KEYS):
        time.sleep(KEY_SECONDS)
        terminal.press(key)
        terminal.chunks.clear()  # the output is not used
        used = time.monotonic() - started
        if used >= next_minute * 60:
            resident, busy = watched.memory_info().rss / 2**20, sum(watched.cpu_times()[:2]) / used
            counts = (folder / "counts.txt").read_text()
            print(f"{next_minute:3} min   resident {resident:6.1f} MB   CPU {busy:5.1%}   widgets {counts}", flush=True)
            next_minute = next(minutes)
        if used >= seconds:
            return


if __name__ == "__main__":
    main()
