"""The pane of the master's orders."""

from __future__ import annotations

from collections.abc import Callable

from copytui.domain.orders import OrderKey
from copytui.engine.snapshot import OrderView, Snapshot
from copytui.tui import input_timing
from copytui.tui.present import ORDER_COLUMNS, NewestFirst, OrderRows, Piece, Signs, Tone, no_orders
from copytui.tui.present.orders import SHOWN, is_by_hand, order_columns
from copytui.tui.present.tables import Sorting, matches
from copytui.tui.widgets.cursor import Change
from copytui.tui.widgets.paint import content
from copytui.tui.widgets.pane import TablePane


class OrdersPane(TablePane):
    """The newest orders first; at most so many as a table draws quickly."""

    def __init__(self, signs: Signs, poll_seconds: float, clock: Callable[[], float]) -> None:
        """Begin empty; `clock` is monotonic."""
        super().__init__(1, "Master orders", ORDER_COLUMNS, signs, id="orders")
        self.sorting = Sorting(ORDER_COLUMNS, "newest first")
        self.found = 0
        self.total = 0
        self._by_hand = 0
        self._newer = 0
        self._rows = OrderRows(signs)
        self._newest = NewestFirst()
        self._poll_seconds = poll_seconds
        self._clock = clock
        self._slid_at = float("-inf")
        self._shown: Snapshot | None = None
        self._search = ""

    def show(self, snapshot: Snapshot, search: str) -> None:
        """Show the orders of a picture that match the search."""
        followers = len(snapshot.followers)
        views = self._newest(snapshot.orders)
        self.total = self.found = len(views)
        rows = self._rows.rows(views if search else views[:SHOWN], followers)
        if search:
            rows = [row for row in rows if matches(row, search)]
            self.found = len(rows)
            rows = rows[:SHOWN]
        self.table.show_columns(order_columns(rows))
        self._by_hand = sum(map(is_by_hand, views))
        empty = "No order matches the search. esc clears it." if views else no_orders(snapshot, self._poll_seconds)
        natural = not search and self.sorting.place is None
        before, narrowed, self._search = self.table.selected_key, search != self._search, search
        self.show_rows(self.sorting.sorted(rows), empty, Change(newest_on_top=natural, narrowed=narrowed))
        newer = self._shown is not None and snapshot is not self._shown
        if newer and self.table.selected_key != before:
            self._slid_at = self._clock()
        self._shown = snapshot

    def slid_just_now(self) -> bool:
        """Tell whether a new picture has put another order under the cursor, and nobody can have seen it yet."""
        return self._clock() - self._slid_at < input_timing.SLID_SECONDS

    def retitle(self, *, live: bool) -> None:
        """Write the title."""
        by_hand = f" + {self._by_hand} by hand" if self._by_hand else ""
        count = f" ({self.total - self._by_hand}{by_hand})"
        if self.found != self.total:
            count = f" ({self.found} of {self.total})"
        right = f"newest {SHOWN} of {self.found}, {self.sorting.words}" if self.found > SHOWN else self.sorting.words
        self._newer = self.table.scroll_offset.y if self.sorting.place is None else 0
        self.entitle(live=live, detail=count, right=f"{self._newer} newer above: g" if self._newer else right)

    def entitle(self, *, live: bool, detail: str = "", right: str = "") -> None:
        """Write the title; that the newest rows are out of sight stands there in amber."""
        before = self._titles
        super().entitle(live=live, detail=detail, right=right)
        if self._newer and self._titles is not None and self._titles != before:
            self.border_subtitle = content([(Piece(self._titles[1], Tone.WARN),)])

    @property
    def selected(self) -> OrderView | None:
        """The order under the cursor."""
        key = self.table.selected_key
        return self._newest.view(OrderKey(key)) if key is not None else None
