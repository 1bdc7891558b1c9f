"""The mode bar, which shows the engine's state and never the key press, and the clock of its durations."""

from __future__ import annotations

from datetime import datetime

from copytui.domain.orders import Exchange
from copytui.domain.sessions import closed_word
from copytui.engine.snapshot import OrderView, Snapshot
from copytui.tui.engine_client import EngineClient
from copytui.tui.present import Moment, Signs, mode_bar, stale_seconds
from copytui.tui.widgets.lines import Lines


class ModeBar(Lines):
    """The bar and its alerts; the classes `-live`, `-stale` and `-ended` colour it."""

    def __init__(self, signs: Signs) -> None:
        """Create an empty bar."""
        super().__init__(id="mode-bar")
        self._signs = signs

    def show(self, snapshot: Snapshot | None, moment: Moment, attention: int) -> None:
        """Show the state of this moment."""
        width = self.size.width or self.app.size.width
        stale = stale_seconds(snapshot, moment.monotonic) is not None
        self.set_class(snapshot is not None and not snapshot.rules.dry_run and moment.ended is None, "-live")
        self.set_class(stale, "-stale")
        self.set_class(moment.ended is not None, "-ended")
        self.set_lines(mode_bar(snapshot, moment, attention, self._signs, width))
        if self.size.height not in (0, len(self.lines)):
            # At first, the bar is laid out before the size of the screen is known.
            self.refresh(layout=True)


class DisplayClock:
    """The times at which the screen started, was frozen and saw a halt; `switching` while a switch is unconfirmed."""

    def __init__(self, engine_client: EngineClient) -> None:
        """Start now."""
        self._engine_client = engine_client
        self._began = engine_client.monotonic()
        self._frozen: float | None = None
        self._halted: float | None = None
        self._orders: tuple[OrderView, ...] = ()
        self._traded: set[Exchange] = set()
        self.switching = False

    @property
    def frozen(self) -> bool:
        """Whether the panes are frozen."""
        return self._frozen is not None

    def freeze(self) -> None:
        """Toggle the freeze."""
        self._frozen = self._engine_client.monotonic() if self._frozen is None else None

    def note_halt(self, before: Snapshot | None, now: Snapshot) -> None:
        """Record when a halt began; the snapshot lacks the time, so it is unknown for a halt from before the start."""
        if now.rules.halted_because is None:
            self._halted = None
        elif before is not None and before.rules.halted_because is None:
            self._halted = self._engine_client.monotonic()

    def moment(self, wall_clock: datetime, ended: str | None, snapshot: Snapshot | None = None) -> Moment:
        """Return what the mode bar needs at this moment."""
        now, engine_client = self._engine_client.monotonic(), self._engine_client
        return Moment(
            now=wall_clock, monotonic=now, up=now - self._began, master=engine_client.settings.master.client_id,
            demo=engine_client.demo is not None, switching=self.switching, ended=ended,
            frozen=None if self._frozen is None else now - self._frozen, halted_since=self._halted,
            closed="" if snapshot is None else self._closed(snapshot, wall_clock),
        )  # fmt: skip

    def _closed(self, snapshot: Snapshot, wall_clock: datetime) -> str:
        """Return which of the markets are closed where the master traded today, or where copying holds something."""
        table = self._engine_client.settings.sessions
        if table.guards and snapshot.orders is not self._orders:
            self._orders, self._traded = snapshot.orders, {view.known.order.exchange for view in snapshot.orders}
        held = {key.exchange for view in snapshot.followers for key, _units in view.positions}
        return closed_word(table, self._traded | held, wall_clock)
