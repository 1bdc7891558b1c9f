"""A small app that holds a dialog as copytui's own does: a picture, the engine, and what was said and answered."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, ClassVar

from textual.app import App
from textual.binding import Binding, BindingType
from textual.pilot import Pilot
from textual.screen import Screen
from textual.widgets import Static

from copytui.engine.commands import Command, SetHalted
from copytui.engine.snapshot import Snapshot
from tests.tui.fake import FakeFront

WAITING = object()
"""The result of a dialog that has not closed yet."""


class DialogHost(App[None]):
    """Opens `dialog` over an empty screen; `result` is what it closed with."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+k", "halt", priority=True)]

    def __init__(self, engine_client: FakeFront, dialog: Screen[Any], *, ascii_only: bool = False) -> None:
        super().__init__()
        self.engine_client = engine_client
        self.dialog = dialog
        self.ascii_only = ascii_only
        self.latest: Snapshot | None = engine_client.snapshot()
        self.said: list[str] = []
        self.result: Any = WAITING
        self.deaf_for = 0.0
        self.keys_suppressed = False

    def on_mount(self) -> None:
        self.push_screen(self.dialog, self.take_result)

    def take_result(self, result: Any) -> None:
        self.result = result

    def send(self, command: Command, then: Callable[[str], None] | None = None) -> None:
        answer: Future[str] = self.engine_client.submit(command)
        (then or self.say)(answer.result())

    def say(self, text: str, *, severity: str = "information") -> None:
        self.said.append(text)
        self.notify(text, markup=False, severity=severity)  # type: ignore[arg-type]  # one of Textual's words

    def ignore_keys(self, seconds: float) -> None:
        self.deaf_for = seconds

    def action_halt(self) -> None:
        self.send(SetHalted(on=True))

    def show(self, snapshot: Snapshot) -> None:
        """Let the next picture be here, and the dialog take it."""
        self.engine_client.picture = self.latest = snapshot
        redraw: Callable[[], None] = self.dialog.redraw  # type: ignore[attr-defined]  # every dialog has it
        redraw()

    def wait(self, seconds: float) -> None:
        """Let time pass on the held clock, and the dialog see it."""
        self.engine_client.now += seconds
        self.show(self.latest or self.engine_client.picture)  # type: ignore[arg-type]  # the tests gave one

    def text(self, id_: str) -> str:
        """Return what a Static of the dialog shows."""
        return str(self.dialog.query_one(f"#{id_}", Static).content)

    def screen_text(self) -> str:
        """Return the screen as it is drawn, line by line."""
        lines = self.screen._compositor.render_strips()
        return "\n".join(strip.text for strip in lines)


async def press(pilot: Pilot[None], *keys: str) -> None:
    """Press keys one after another, each after the last one's work is done."""
    for key in keys:
        await pilot.press(key)
    await pilot.pause()
