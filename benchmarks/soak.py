"""A search for leaks: the demo, with every pane and dialog opened and closed continuously.

    python benchmarks/soak.py [--minutes 60]

Every minute it prints the widgets on the screens, the widgets alive in memory, the cached drawings and the resident
memory. That also grows with the day's history, which exists twice here: as the program's copies and as the orders of
the embedded exchange, which runs in the same process.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psutil
from textual._styles_cache import StylesCache
from textual.pilot import Pilot
from textual.widget import Widget

from copytui.bootstrap import RunOptions, opened
from copytui.cli.demo import demo_settings
from copytui.cli.run import HostClient
from copytui.domain.copies import ChildOrder
from copytui.gc_scheduler import GcScheduler
from copytui.sim import ExchangeOptions, serve_in_thread
from copytui.sim.orders import Order
from copytui.tui.app import CopytuiApp
from copytui.tui.demo_controls import ExchangeHands
from copytui.tui.textual_compat import clear_textual_caches

ROUNDS = (
    ("1", "j", "j", "k", "2", "j", "k", "3", "k", "G", "tab", "shift+tab"),
    ("1", "enter", "escape", "f", "tab", "tab", "escape"),
    ("question_mark", "escape", "n", "escape", "a", "escape"),
    ("4", "s", "4", "plus", "plus", "escape"),
    ("slash", "n", "i", "f", "escape", "escape", "z", "z"),
    ("ctrl+p", "h", "escape", "o", "escape", "O", "escape"),
    ("c", "t", "t", "t", "c", "y", "1", "s", "escape"),
)
"""The keys: each round starts and ends on the main screen."""


@dataclass(frozen=True, slots=True)
class Figures:
    """One count. An object is alive while something refers to it."""

    minutes: float
    on_screens: int
    alive: int
    drawn: int
    copies: int
    exchange_orders: int
    frozen: int
    megabytes: float

    def __str__(self) -> str:
        return (
            f"{self.minutes:6.1f} min   widgets on screens {self.on_screens:4}   alive {self.alive:4}"
            f"   drawings {self.drawn:4}   copies {self.copies:5}   exchange orders {self.exchange_orders:5}"
            f"   frozen {self.frozen:7}   resident {self.megabytes:6.1f} MB"
        )


def count(app: CopytuiApp, started: float, *, thorough: bool) -> Figures:
    """Count the objects. `thorough` first collects frozen garbage too, which the program does later."""
    if thorough:
        gc.unfreeze()
    gc.collect()  # garbage that waits for the collector is not a leak
    frozen = gc.get_freeze_count()
    gc.unfreeze()  # only to count: everything is frozen again below, garbage included
    things = gc.get_objects()
    alive = sum(isinstance(thing, Widget) for thing in things)
    kinds = Counter(map(type, things))
    del things
    gc.freeze()
    on_screens = sum(1 + len(screen.query("*")) for screen in app.screen_stack)
    megabytes = psutil.Process().memory_info().rss / 2**20
    minutes = (time.monotonic() - started) / 60
    drawn, copies, orders = (kinds[kind] for kind in (StylesCache, ChildOrder, Order))
    return Figures(minutes, on_screens, alive, drawn, copies, orders, frozen, megabytes)


async def press_everything(pilot: Pilot[None]) -> None:
    """Press the keys of every round, and close any open dialog."""
    for keys in ROUNDS:
        for key in keys:
            await pilot.press(key)
        while len(pilot.app.screen_stack) > 2:
            pilot.app.pop_screen()
            await pilot.pause()


async def soak(
    app: CopytuiApp, seconds: float, every: float, say: Callable[[Figures], None], *, thorough: bool
) -> list[Figures]:
    """Use the app for `seconds`, and for two periods at least; return the figures after every period."""
    figures: list[Figures] = []
    async with app.run_test(size=(120, 36)) as pilot:
        started = time.monotonic()
        while time.monotonic() < started + seconds or len(figures) < 2:
            period = time.monotonic() + every
            while time.monotonic() < period:
                await press_everything(pilot)
            await pilot.pause(1.5)  # let toasts and closing screens disappear
            figures.append(count(app, started, thorough=thorough))
            say(figures[-1])
    return figures


def soak_demo(
    folder: Path, seconds: float, every: float, say: Callable[[Figures], None], *, thorough: bool = False
) -> list[Figures]:
    """Run the app on the demo's exchange and engine, and use it."""
    with serve_in_thread(ExchangeOptions()) as running:
        settings = demo_settings(running, folder)
        options = RunOptions(publish=True, journal=folder / "journal.sqlite3", save_settings=False)
        with opened(settings, options) as parts:
            collections = GcScheduler(clear_textual_caches)  # as `run_screen` does
            app = CopytuiApp(HostClient(settings, parts, ExchangeHands(running)), tidy=collections.tidy)
            parts.host.start()
            with collections:
                return asyncio.run(soak(app, seconds, every, say, thorough=thorough))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--minutes", type=float, default=60)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        soak_demo(Path(folder), arguments.minutes * 60, 60, lambda figures: print(figures, flush=True))


if __name__ == "__main__":
    main()
