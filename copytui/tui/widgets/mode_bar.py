"""The mode bar: the engine's state, never the key press."""

from __future__ import annotations

from copytui.engine.snapshot import Snapshot
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
