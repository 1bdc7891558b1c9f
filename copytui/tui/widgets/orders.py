"""The master orders pane."""

from __future__ import annotations

from collections.abc import Callable

from copytui.domain.orders import OrderKey
from copytui.engine.snapshot import OrderView, Snapshot
from copytui.tui import input_timing
from copytui.tui.present import ORDER_COLUMNS, NewestFirst, OrderRows, Piece, Signs, Tone, no_orders
from copytui.tui.present.orders import SHOWN, is_manual, order_columns
from copytui.tui.present.tables import Sorting, matches
from copytui.tui.widgets.cursor import Change
from copytui.tui.widgets.paint import content
from copytui.tui.widgets.pane import TablePane


class OrdersPane(TablePane):
    """The pane of master orders, newest first, limited to what a table draws quickly."""

    def __init__(self, signs: Signs, poll_seconds: float, clock: Callable[[], float]) -> None:
        """Create an empty pane; `clock` is monotonic."""
        super().__init__(1, "Master orders", ORDER_COLUMNS, signs, id="orders")
        self.sorting = Sorting(ORDER_COLUMNS, "newest first")
        self.found = 0
        self.total = 0
        self._manual = 0
        self._newer = 0
        self._rows = OrderRows(signs)
        self._newest = NewestFirst()
        self._poll_seconds = poll_seconds
        self._clock = clock
        self._slid_at = float("-inf")
        self._shown: Snapshot | None = None
        self._search = ""

    def show(self, snapshot: Snapshot, search: str) -> None:
        """Show the orders that match the search."""
        followers = len(snapshot.followers)
        views = self._newest(snapshot.orders)
        self.total = self.found = len(views)
        rows = self._rows.rows(views if search else views[:SHOWN], followers)
        if search:
            rows = [row for row in rows if matches(row, search)]
            self.found = len(rows)
            rows = rows[:SHOWN]
        self.table.show_columns(order_columns(rows))
        self._manual = sum(map(is_manual, views))
        empty = "No order matches the search. esc clears it." if views else no_orders(snapshot, self._poll_seconds)
        natural = not search and self.sorting.place is None
        before, narrowed, self._search = self.table.selected_key, search != self._search, search
        self.show_rows(self.sorting.sorted(rows), empty, Change(newest_on_top=natural, narrowed=narrowed))
        newer = self._shown is not None and snapshot is not self._shown
        if newer and self.table.selected_key != before:
            self._slid_at = self._clock()
        self._shown = snapshot

    def slid_just_now(self) -> bool:
        """Return whether a new snapshot has just moved another order under the cursor, unseen by the user."""
        return self._clock() - self._slid_at < input_timing.SLID_SECONDS

    def update_title(self, *, live: bool) -> None:
        """Update the title."""
        manual = f" + {self._manual} manual" if self._manual else ""
        count = f" ({self.total - self._manual}{manual})"
        if self.found != self.total:
            count = f" ({self.found} of {self.total})"
        right = f"newest {SHOWN} of {self.found}, {self.sorting.words}" if self.found > SHOWN else self.sorting.words
        self._newer = self.table.scroll_offset.y if self.sorting.place is None else 0
        self.set_title(live=live, detail=count, right=f"{self._newer} newer above: g" if self._newer else right)

    def set_title(self, *, live: bool, detail: str = "", right: str = "") -> None:
        """Set the title; amber if the newest rows are scrolled out of sight."""
        before = self._titles
        super().set_title(live=live, detail=detail, right=right)
        if self._newer and self._titles is not None and self._titles != before:
            self.border_subtitle = content([(Piece(self._titles[1], Tone.WARN),)])

    @property
    def selected(self) -> OrderView | None:
        """The order under the cursor."""
        key = self.table.selected_key
        return self._newest.view(OrderKey(key)) if key is not None else None
