"""The pictures of the docs: `docs/*.svg` from the real demo, and the table of keys with `--keys`."""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from textual.pilot import Pilot  # noqa: E402

from copytui.bootstrap import RunOptions, opened  # noqa: E402
from copytui.cli.demo import demo_settings  # noqa: E402
from copytui.cli.run import HostClient  # noqa: E402
from copytui.domain.copies import FINAL, CopyState  # noqa: E402
from copytui.journal.archive import JOURNAL_FILE  # noqa: E402
from copytui.sim import ExchangeOptions, serve_in_thread  # noqa: E402
from copytui.tui.app import CopytuiApp  # noqa: E402
from copytui.tui.commands.registry import key_table  # noqa: E402
from copytui.tui.demo_controls import ExchangeHands  # noqa: E402

DEADLINE = 60.0
WIDE, SMALL = (120, 36), (80, 24)
FILLED = (("NIFTY", "CE", 1), ("INFY-EQ", "", 30), ("BANKNIFTY", "PE", 2), ("SBIN-EQ", "", 40), ("NIFTY", "CE", -1))
"""The master's first orders: symbol, kind of option, lots (below 0: a sale)."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keys", action="store_true", help="print the table of keys and draw nothing")
    parser.add_argument("--into", type=Path, default=ROOT / "docs", help="folder for the pictures")
    arguments = parser.parse_args()
    if arguments.keys:
        print(keys())
        return
    arguments.into.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(draw(Path(folder), arguments.into))


def keys() -> str:
    """Return the table of keys."""
    rows = [f"| {names} | {words} |" for names, words in key_table()]
    return "\n".join(["| key | what it does |", "| --- | --- |", *rows])


async def draw(folder: Path, into: Path) -> None:
    options = ExchangeOptions(followers=5, seed=7, trading=False)
    journal = RunOptions(publish=True, journal=folder / JOURNAL_FILE, save_settings=False)
    with serve_in_thread(options) as exchange:
        settings = demo_settings(exchange, folder)
        with opened(settings, journal) as running:
            hands = ExchangeHands(exchange)
            app = CopytuiApp(HostClient(settings, running, hands))
            app.animation_level = "none"
            running.host.start()
            async with app.run_test(size=WIDE) as pilot:
                await Day(app, pilot, hands).draw(into)


class Day:
    """A short day at the screen."""

    def __init__(self, app: CopytuiApp, pilot: Pilot[None], hands: ExchangeHands) -> None:
        self.app = app
        self.pilot = pilot
        self.hands = hands

    async def draw(self, into: Path) -> None:
        await self.until(self.ready, "all logins")
        _asha, _ravi, meera, _sara, kim = (view.client_id for view in self.app.snapshot.followers)
        for name, kind, lots in FILLED:
            self.place(name, kind, lots)
            await asyncio.sleep(1.7)  # each order in its own poll
        await self.until(lambda: self.states() <= FINAL, "all of them filled")
        self.hands.let_fail(meera, "rejected by the exchange: margin shortfall")
        self.place("FINNIFTY", "CE", 2)
        await self.until(lambda: {CopyState.REJECTED, CopyState.FILLED} == self.states(0), "a rejected copy")
        self.hands.let_fail(kim, "no answer, and no order")
        self.place("BANKNIFTY", "CE", 2)
        await self.until(lambda: CopyState.UNKNOWN in self.states(0), "an unknown copy")
        await self.until(lambda: list(self.states(0) - FINAL) == [CopyState.UNKNOWN], "the others filled")
        await self.save(into / "monitor.svg")
        await self.pilot.press("c")
        await self.until(lambda: self.app.snapshot.rules.require_confirmation, "confirmation on")
        self.place("NIFTY", "PE", 1)
        self.place("INFY-EQ", "", -30)
        await self.until(lambda: len(self.app.snapshot.approvals) == 2, "two pending approvals")
        await self.pilot.press("a")
        await self.save(into / "approval.svg")
        await self.pilot.press("N", "escape")
        await self.until(lambda: not self.app.snapshot.approvals, "no pending approval")
        await self.pilot.resize_terminal(*SMALL)
        await self.save(into / "small.svg")

    def ready(self) -> bool:
        snapshot = self.app.latest
        return snapshot is not None and snapshot.looked_at is not None and all(v.armed for v in snapshot.followers)

    def states(self, newest: int | None = None) -> set[CopyState]:
        """Return the copies' states, of all orders or of the order at index `newest`, counted from the newest."""
        views = sorted(self.app.snapshot.orders, key=lambda view: view.known.first_seen, reverse=True)
        if newest is not None:
            views = views[newest : newest + 1]
        return {copy.state for view in views for copy in view.copies}

    def place(self, name: str, kind: str, lots: int) -> None:
        symbol = next(s for s in self.hands.symbols() if s.startswith(name) and s.endswith(kind))
        self.hands.place(symbol, "BUY" if lots > 0 else "SELL", abs(lots) * self.hands.lot(symbol), "MARKET", "")

    async def until(self, condition: Callable[[], Any], what: str) -> None:
        end = time.monotonic() + DEADLINE
        while not condition():
            if time.monotonic() > end:
                raise TimeoutError(f"waited {DEADLINE} s for {what}")
            await asyncio.sleep(0.05)

    async def save(self, file: Path) -> None:
        await self.pilot.pause(0.6)
        file.write_text(  # noqa: ASYNC240  # nothing else runs on this loop
            self.app.export_screenshot(title="copytui demo"), encoding="utf-8"
        )
        print(file)


if __name__ == "__main__":
    main()
