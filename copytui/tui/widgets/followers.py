"""The followers pane: the copies of the selected order, or the accounts if none is selected."""

from __future__ import annotations

from decimal import Decimal

from rich.cells import cell_len
from textual.events import Resize

from copytui.domain.orders import ClientId, OrderKey
from copytui.domain.text import clean, clock_text
from copytui.engine.snapshot import FollowerView, OrderView, Snapshot
from copytui.tui.present import ACCOUNT_COLUMNS, COPY_COLUMNS, Signs, account_rows, copy_rows, why_no_copies
from copytui.tui.present.accounts import ACCOUNT_LINES, AccountContext, account_columns, account_lines, send_block
from copytui.tui.present.cells import cut
from copytui.tui.present.copies import copy_columns, row_follower
from copytui.tui.present.orders import copied_counts, moment
from copytui.tui.present.tables import Sorting, matches
from copytui.tui.present.whole_copies import is_simulated
from copytui.tui.widgets.cursor import Change
from copytui.tui.widgets.lines import Lines
from copytui.tui.widgets.pane import TITLE_EDGES, TablePane

_SYMBOL = 12
_REST = len("2 Followers | ") + len(" 12:00:00") + TITLE_EDGES
"""The width of the rest of the title, including the border."""
_AGE_SECONDS = 15
"""The interval at which the ages of account figures are updated."""


class FollowersPane(TablePane):
    """The pane of copies or accounts; `selected` is the follower under the cursor in both."""

    def __init__(self, signs: Signs, loss_limit: Decimal) -> None:
        """Start with the accounts; `loss_limit` is the daily limit in rupees, 0 for none."""
        super().__init__(2, "Followers", ACCOUNT_COLUMNS, signs, id="followers")
        self._of_copies = Sorting(COPY_COLUMNS, "")
        self._of_accounts = Sorting(ACCOUNT_COLUMNS, "")
        self._loss_limit = loss_limit
        self._detail = ""
        self._right = ""
        self._drawn_for: tuple[object, ...] | None = None
        self._period: float | None = None
        self._search = ""
        self.order: OrderView | None = None
        self.found = 0
        self.total = 0

    @property
    def sorting(self) -> Sorting:
        """The sort order of the current rows."""
        return self._of_accounts if self.order is None else self._of_copies

    def show(self, snapshot: Snapshot, order: OrderView | None, search: str, now: float) -> None:
        """Show the copies of `order`, or the accounts at `now` (monotonic)."""
        period = now // _AGE_SECONDS if order is None else None
        drawn_for = (snapshot, order, search, self.sorting.place)
        before = self._drawn_for or ()
        known = len(before) > 0 and all(new is old for new, old in zip(drawn_for, before, strict=True))
        if known and period == self._period:
            return
        self._period = period
        self._drawn_for = drawn_for
        another = _key(order) != _key(self.order)
        self.order = order
        if order is None:
            blocked = send_block(snapshot.rules)
            rows = account_rows(snapshot.followers, self.signs, AccountContext(now, self._loss_limit, blocked))
            columns = account_columns(rows)
            empty = "No follower is configured."
            self._detail = f"{self.signs.between}accounts"
            ready = sum(view.armed for view in snapshot.followers)
            self._right = f"{ready}/{len(snapshot.followers)} armed" + (f", {blocked}" if blocked else "")
        else:
            rows = copy_rows(snapshot, order, self.signs)
            columns = copy_columns(rows)
            empty = why_no_copies(order)
            copied, expected = copied_counts(order, len(snapshot.followers))
            verb = "would copy" if is_simulated(order.copies) else "copied"
            self._right = f"{copied}/{expected} {verb}" if order.executions else ""
        self.total = len(rows)
        rows = [row for row in rows if matches(row, search)] if search else rows
        self.found = len(rows)
        self.table.show_columns(columns)
        narrowed, self._search = search != self._search and not another, search
        words = "No row matches the search. esc clears it." if self.total else empty
        change = Change(narrowed=narrowed, replaced=another, owner=self._owner)
        self.show_rows(self.sorting.sorted(rows), words, change)

    def _owner(self, key: str) -> str:
        """Return the follower of a row, with which the cursor stays when another order is shown."""
        return key if self.order is None else row_follower(self.order, key) or key

    def update_title(self, *, live: bool) -> None:
        """Update the title."""
        order = self.order
        if order is not None:
            room = max(_SYMBOL, self.outer_size.width - _REST - 5 * live - self.has_focus_within)
            symbol, when = clean(order.known.order.symbol), f" {clock_text(moment(order))}"
            if cell_len(symbol) > room:  # the list of orders shows the time as well
                room, when = room + len(when), ""
            tail = len(order.known.order.strike_words)
            short = cut(symbol, room, middle=True, dots=self.signs.dots, tail=tail)
            self._detail = f"{self.signs.between}{short}{when}"
        right = " ".join(part for part in (self.sorting.words, self._right) if part)
        self.set_title(live=live, detail=self._detail, right=right)

    @property
    def selected(self) -> ClientId | None:
        """The follower under the cursor."""
        key = self.table.selected_key
        if key is None:
            return None
        return ClientId(key) if self.order is None else row_follower(self.order, key)


def _key(order: OrderView | None) -> OrderKey | None:
    return None if order is None else order.known.order.key


class AccountLines(Lines):
    """The details of the account under the cursor, always the same number of lines, so that nothing moves."""

    def __init__(self, signs: Signs) -> None:
        """Create it without an account."""
        super().__init__(id="account")
        self._signs = signs
        self._view: FollowerView | None = None

    def show(self, view: FollowerView | None) -> None:
        """Show an account, or nothing."""
        self._view = view
        width = self.content_size.width
        self.set_lines([()] * ACCOUNT_LINES if view is None else account_lines(view, self._signs, width))

    def on_resize(self, _event: Resize) -> None:
        """Redraw in the new width."""
        self.show(self._view)
