"""Since when what holds: the display's own clocks, beside the engine's picture."""

from __future__ import annotations

from datetime import datetime

from copytui.engine.snapshot import Snapshot
from copytui.tui.engine_client import Front
from copytui.tui.present import Moment


class Since:
    """Remembers when the screen began, was frozen and saw a halt; `switching` while the bar is behind a key."""

    def __init__(self, front: Front) -> None:
        """Begin now."""
        self._front = front
        self._began = front.monotonic()
        self._frozen: float | None = None
        self._halted: float | None = None
        self.switching = False

    @property
    def frozen(self) -> bool:
        """Whether the panes stand still."""
        return self._frozen is not None

    def freeze(self) -> None:
        """Let them stand still, or go on."""
        self._frozen = self._front.monotonic() if self._frozen is None else None

    def note_halt(self, before: Snapshot | None, now: Snapshot) -> None:
        """Keep since when it is halted: the picture does not tell, and of a halt found at the start nobody knows."""
        if now.rules.halted_because is None:
            self._halted = None
        elif before is not None and before.rules.halted_because is None:
            self._halted = self._front.monotonic()

    def moment(self, wall_clock: datetime, ended: str | None) -> Moment:
        """Return what the mode bar is to tell of this moment."""
        now, front = self._front.monotonic(), self._front
        return Moment(
            now=wall_clock, monotonic=now, up=now - self._began, master=front.settings.master.client_id,
            demo=front.demo is not None, switching=self.switching, ended=ended,
            frozen=None if self._frozen is None else now - self._frozen, halted_since=self._halted,
        )  # fmt: skip
