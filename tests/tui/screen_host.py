"""A small app around the main screen: what the whole program's app does for it, and no more."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from textual.app import App

from copytui.tui.commands.palette import KeyCommands
from copytui.tui.main.screen import MainScreen
from copytui.tui.themes import THEMES
from tests.builders import NOON
from tests.tui.fake import FakeFront


class Still(MainScreen):
    """The main screen with a wall clock that stands at noon."""

    def wall_clock(self) -> datetime:
        return NOON


class OrderStatus(App[None]):
    """Shows the main screen; commands land in `done`, and pictures come when `pull` is called."""

    CSS_PATH = "../../copytui/tui/copytui.tcss"
    COMMANDS: ClassVar = {KeyCommands}

    def __init__(self, engine_client: FakeFront, *, ascii_only: bool = False, theme: str = THEMES[0].name) -> None:
        super().__init__()
        self.engine_client = engine_client
        self.main = Still(engine_client, ascii_only=ascii_only)
        self.done: list[str] = []
        self.known_state = None
        self._theme_name = theme

    def on_mount(self) -> None:
        for theme in THEMES:
            self.register_theme(theme)
        self.theme = self._theme_name
        self.push_screen(self.main)

    def pull(self) -> None:
        self.main.show(self.engine_client.snapshot(), self.engine_client.events(), ended=self.engine_client.ended())

    def action_do(self, id_: str) -> None:
        self.done.append(id_)
