"""The pane of the followers: the selected order's copies, or the accounts when none is selected."""

from __future__ import annotations

from decimal import Decimal

from rich.cells import cell_len
from textual.events import Resize

from copytui.domain.orders import ClientId, OrderKey
from copytui.domain.text import clean, clock_text
from copytui.engine.snapshot import FollowerView, OrderView, Snapshot
from copytui.tui.present import ACCOUNT_COLUMNS, COPY_COLUMNS, Signs, account_rows, copy_rows, why_no_copies
from copytui.tui.present.accounts import ACCOUNT_LINES, Ledger, account_columns, account_lines, held_back
from copytui.tui.present.cells import cut
from copytui.tui.present.copies import copy_columns, row_follower
from copytui.tui.present.orders import have_of, moment
from copytui.tui.present.tables import Sorting, matches
from copytui.tui.present.whole_copies import is_simulated
from copytui.tui.widgets.cursor import Change
from copytui.tui.widgets.lines import Lines
from copytui.tui.widgets.pane import TITLE_EDGES, TablePane

_SYMBOL = 12
_REST = len("2 Followers | ") + len(" 12:00:00") + TITLE_EDGES
"""What all else of the title takes, its border included."""
_AGE_SECONDS = 15
"""So often the accounts are looked at again for the age of their figures."""


class FollowersPane(TablePane):
    """Copies or accounts; `selected` names the follower under the cursor in both."""

    def __init__(self, signs: Signs, loss_limit: Decimal) -> None:
        """Begin with the accounts; `loss_limit` is that of a day in rupees, 0 for none."""
        super().__init__(2, "Followers", ACCOUNT_COLUMNS, signs, id="followers")
        self._of_copies = Sorting(COPY_COLUMNS, "")
        self._of_accounts = Sorting(ACCOUNT_COLUMNS, "")
        self._loss_limit = loss_limit
        self._detail = ""
        self._right = ""
        self._asked: tuple[object, ...] | None = None
        self._period: float | None = None
        self._search = ""
        self.order: OrderView | None = None
        self.found = 0
        self.total = 0

    @property
    def sorting(self) -> Sorting:
        """How what is shown is sorted."""
        return self._of_accounts if self.order is None else self._of_copies

    def show(self, snapshot: Snapshot, order: OrderView | None, search: str, now: float) -> None:
        """Show the copies of `order`, or the accounts as they are `now` (monotonic)."""
        period = now // _AGE_SECONDS if order is None else None
        asked = (snapshot, order, search, self.sorting.place)
        known = self._asked is not None and all(new is old for new, old in zip(asked, self._asked, strict=True))
        if known and period == self._period:
            return
        self._period = period
        self._asked = asked
        another = _key(order) != _key(self.order)
        self.order = order
        if order is None:
            held = held_back(snapshot.rules)
            rows = account_rows(snapshot.followers, self.signs, Ledger(now, self._loss_limit, held))
            columns = account_columns(rows)
            empty = "No follower is configured."
            self._detail = f"{self.signs.between}accounts"
            ready = sum(view.armed for view in snapshot.followers)
            self._right = f"{ready}/{len(snapshot.followers)} armed" + (f", {held}" if held else "")
        else:
            rows = copy_rows(snapshot, order, self.signs)
            columns = copy_columns(rows)
            empty = why_no_copies(order)
            have, meant = have_of(order, len(snapshot.followers))
            verb = "would get it" if is_simulated(order.copies) else "have it"
            self._right = f"{have}/{meant} {verb}" if order.executions else ""
        self.total = len(rows)
        rows = [row for row in rows if matches(row, search)] if search else rows
        self.found = len(rows)
        self.table.show_columns(columns)
        narrowed, self._search = search != self._search and not another, search
        words = "No row matches the search. esc clears it." if self.total else empty
        change = Change(narrowed=narrowed, afresh=another, owner=self._whose)
        self.show_rows(self.sorting.sorted(rows), words, change)

    def _whose(self, key: str) -> str:
        """Name the follower of a row: a trader who has chosen one means him, whichever order is shown."""
        return key if self.order is None else row_follower(self.order, key) or key

    def retitle(self, *, live: bool) -> None:
        """Write the title."""
        order = self.order
        if order is not None:
            room = max(_SYMBOL, self.outer_size.width - _REST - 5 * live - self.has_focus_within)
            symbol, when = clean(order.known.order.symbol), f" {clock_text(moment(order))}"
            if cell_len(symbol) > room:  # the time stands in the list of orders, too
                room, when = room + len(when), ""
            self._detail = f"{self.signs.between}{cut(symbol, room, middle=True, dots=self.signs.dots)}{when}"
        right = " ".join(part for part in (self.sorting.words, self._right) if part)
        self.entitle(live=live, detail=self._detail, right=right)

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
    """Always as many lines, so that going from account to account moves nothing."""

    def __init__(self, signs: Signs) -> None:
        """Begin without an account."""
        super().__init__(id="account")
        self._signs = signs
        self._view: FollowerView | None = None

    def show(self, view: FollowerView | None) -> None:
        """Tell of an account, or of none."""
        self._view = view
        width = self.content_size.width
        self.say([()] * ACCOUNT_LINES if view is None else account_lines(view, self._signs, width))

    def on_resize(self, _event: Resize) -> None:
        """Tell it again in the new width."""
        self.show(self._view)
