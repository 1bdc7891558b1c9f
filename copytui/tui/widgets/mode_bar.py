"""The mode bar: the engine's state, never the key press."""

from __future__ import annotations

from datetime import datetime

from copytui.engine.snapshot import Snapshot
from copytui.tui.engine_client import EngineClient
from copytui.tui.present import Moment, Signs, mode_bar, stale_seconds
from copytui.tui.widgets.lines import Lines


class ModeBar(Lines):
    """The bar and the lines beneath it; its classes `-live`, `-stale` and `-ended` colour it."""

    def __init__(self, signs: Signs) -> None:
        """Begin empty."""
        super().__init__(id="mode-bar")
        self._signs = signs

    def show(self, snapshot: Snapshot | None, moment: Moment, needs: int) -> None:
        """Show the state of this moment."""
        width = self.size.width or self.app.size.width
        stale = stale_seconds(snapshot, moment.monotonic) is not None
        self.set_class(snapshot is not None and not snapshot.rules.dry_run and moment.ended is None, "-live")
        self.set_class(stale, "-stale")
        self.set_class(moment.ended is not None, "-ended")
        self.say(mode_bar(snapshot, moment, needs, self._signs, width))
        if self.size.height not in (0, len(self.lines)):
            # What it says at first, while the screen takes its size, is laid out before that size is known.
            self.refresh(layout=True)


class DisplayClock:
    """Remembers when the screen began, was frozen and saw a halt; `switching` while the bar is behind a key."""

    def __init__(self, engine_client: EngineClient) -> None:
        """Begin now."""
        self._engine_client = engine_client
        self._began = engine_client.monotonic()
        self._frozen: float | None = None
        self._halted: float | None = None
        self.switching = False

    @property
    def frozen(self) -> bool:
        """Whether the panes stand still."""
        return self._frozen is not None

    def freeze(self) -> None:
        """Let them stand still, or go on."""
        self._frozen = self._engine_client.monotonic() if self._frozen is None else None

    def note_halt(self, before: Snapshot | None, now: Snapshot) -> None:
        """Keep since when it is halted: the picture does not tell, and of a halt found at the start nobody knows."""
        if now.rules.halted_because is None:
            self._halted = None
        elif before is not None and before.rules.halted_because is None:
            self._halted = self._engine_client.monotonic()

    def moment(self, wall_clock: datetime, ended: str | None) -> Moment:
        """Return what the mode bar is to tell of this moment."""
        now, engine_client = self._engine_client.monotonic(), self._engine_client
        return Moment(
            now=wall_clock, monotonic=now, up=now - self._began, master=engine_client.settings.master.client_id,
            demo=engine_client.demo is not None, switching=self.switching, ended=ended,
            frozen=None if self._frozen is None else now - self._frozen, halted_since=self._halted,
        )  # fmt: skip
