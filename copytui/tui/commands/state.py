"""The state that commands go by: the newest snapshot, with the commands that it does not show yet."""

from __future__ import annotations

from dataclasses import dataclass

from copytui.domain.filters import Filters
from copytui.domain.text import clean
from copytui.engine.commands import SetConfirmation, SetDryRun, SetHalted, SetPaused
from copytui.engine.snapshot import FollowerView, OrderView, Snapshot
from copytui.tui.pending_commands import PendingCommands
from copytui.tui.present import Signs
from copytui.tui.present.cells import cut

_LONGEST_NAME = 24


@dataclass(frozen=True, slots=True)
class ScreenState:
    """What is in force or on its way, and what is under the cursor (as it is drawn: a frozen screen shows the past)."""

    snapshot: Snapshot
    pending: PendingCommands
    order: OrderView | None = None
    follower: FollowerView | None = None
    ascii_only: bool = False

    @property
    def dry_run(self) -> bool:
        """Whether copying is a dry run."""
        return self.pending.on(SetDryRun, shown=self.snapshot.rules.dry_run)

    @property
    def paused(self) -> bool:
        """Whether copying is paused."""
        return self.pending.on(SetPaused, shown=self.snapshot.rules.paused)

    @property
    def halted(self) -> bool:
        """Whether copying is halted and no release is on its way."""
        halted = self.snapshot.rules.halted_because is not None
        return halted and self.pending.on(SetHalted, shown=halted)

    @property
    def require_confirmation(self) -> bool:
        """Whether each copy requires approval."""
        return self.pending.on(SetConfirmation, shown=self.snapshot.rules.require_confirmation)

    @property
    def filters(self) -> Filters:
        """The filters."""
        return self.pending.filters(self.snapshot.rules.filters)

    @property
    def follower_enabled(self) -> bool:
        """Whether the follower under the cursor is enabled; False without one."""
        view = self.follower
        return view is not None and self.pending.enabled(view.client_id, shown=view.enabled)

    @property
    def symbol(self) -> str | None:
        """The symbol of the order under the cursor, in capitals."""
        return None if self.order is None else self.order.known.order.symbol.upper()

    @property
    def underlying(self) -> str | None:
        """The underlying of that symbol, if it is a derivative."""
        return None if self.order is None else self.order.known.order.underlying

    @property
    def symbol_blocked(self) -> bool:
        """Whether that symbol itself, not a wider pattern, is blocked."""
        return any(pattern.upper() == self.symbol for pattern in self.filters.block_symbols)

    def short_name(self, text: str) -> str:
        """Return a name that others chose, cut to fit into a line."""
        return cut(clean(text), _LONGEST_NAME, dots=Signs.of(ascii_only=self.ascii_only).more)
