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
from tests.tui import pictures
from tests.tui.fake import FakeDemo, FakeFront

SIZE = (120, 36)


NEWEST = "NIFTY28NOV2624500CE"


@dataclass
class Seat:
    """Somebody at the keyboard."""

    app: CopytuiApp
    engine_client: FakeFront
    pilot: Pilot[None]

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.pilot.pause()

    async def see(self, picture: Snapshot | None = None) -> None:
        """Let the next picture be `picture`, and the screen take it."""
        if picture is not None:
            self.engine_client.picture = picture
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
async def a_seat(
    picture: Snapshot | None = None, *, demo: FakeDemo | None = None, folder: Path = Path("/nowhere")
) -> AsyncIterator[Seat]:
    engine_client = FakeFront(pictures.busy() if picture is None else picture, demo=demo, folder=folder)
    app = CopytuiApp(engine_client)
    async with app.run_test(size=SIZE) as pilot:
        seat = Seat(app, engine_client, pilot)
        await pilot.pause()
        await seat.see()
        yield seat


async def chosen_in_the_palette(seat: Seat, name: str) -> None:
    """Choose a command by its whole name."""
    await seat.press("ctrl+p", *name)
    for _ in range(200):  # the palette looks for it in the background
        if any(name in line for line in seat.lines()[6:]):
            break
        await seat.pilot.pause(0.02)
    await seat.press("enter")
    await seat.pilot.pause()
