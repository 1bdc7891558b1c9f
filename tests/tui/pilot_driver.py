"""Somebody at the keyboard, in front of the whole app on a fake engine."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from textual.pilot import Pilot

from copytui.engine.commands import Command
from copytui.engine.snapshot import Snapshot
from copytui.tui.app import CopytuiApp
from tests.tui import snapshots
from tests.tui.fake import FakeDemo, FakeFront

SIZE = (120, 36)


NEWEST = "NIFTY28NOV2624500CE"


@dataclass
class PilotDriver:
    """Somebody at the keyboard."""

    app: CopytuiApp
    engine_client: FakeFront
    pilot: Pilot[None]

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.pilot.pause()

    async def see(self, snapshot: Snapshot | None = None) -> None:
        """Let the next picture be `snapshot`, and the screen take it."""
        if snapshot is not None:
            self.engine_client.picture = snapshot
        self.app.pull()
        await self.pilot.pause()

    def told(self) -> list[Command]:
        """What the engine was told since the last call."""
        told, self.engine_client.submitted = self.engine_client.submitted, []
        return told

    def shows(self, screen: type[object]) -> bool:
        """Whether such a screen is in front."""
        return type(self.app.screen) is screen

    def says(self) -> list[str]:
        """The toasts that are shown."""
        return [notification.message for notification in self.app._notifications]

    def lines(self) -> list[str]:
        """The screen as it is drawn."""
        width, height = self.app.size
        return [strip.text[:width] for strip in self.app.screen._compositor.render_strips()[:height]]

    def bar(self) -> str:
        return self.lines()[0]

    def symbols(self) -> list[str]:
        table = self.app.main.orders.table
        return [table.texts(row)[2].strip() for row in table.rows_shown]


@asynccontextmanager
async def a_pilot_driver(
    snapshot: Snapshot | None = None,
    *,
    demo: FakeDemo | None = None,
    folder: Path = Path("/nowhere"),
    size: tuple[int, int] = SIZE,
) -> AsyncIterator[PilotDriver]:
    engine_client = FakeFront(snapshots.busy() if snapshot is None else snapshot, demo=demo, folder=folder)
    app = CopytuiApp(engine_client)
    async with app.run_test(size=size) as pilot:
        driver = PilotDriver(app, engine_client, pilot)
        await pilot.pause()
        await driver.see()
        yield driver


async def chosen_in_the_palette(driver: PilotDriver, name: str) -> None:
    """Choose a command by its whole name."""
    await driver.press("ctrl+p", *name)
    for _ in range(200):  # the palette looks for it in the background
        if any(name in line for line in driver.lines()[6:]):
            break
        await driver.pilot.pause(0.02)
    await driver.press("enter")
    await driver.pilot.pause()
