"""A table that takes complete lists of rows, with a cursor that stays with its row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import events
from textual.binding import Binding
from textual.message import Message

from copytui.tui.present import Column, Row, Signs
from copytui.tui.widgets.cursor import Change, Cursor
from copytui.tui.widgets.lines import set_virtual_size
from copytui.tui.widgets.row_lines import HEADER, RowLines


class KeyedTable(RowLines, can_focus=True):
    """Rows by key, columns that share the width, and a cursor that stays with its row.

    With `newest_on_top`, a cursor on the first row follows the newest; anywhere else it stays with its row.
    `selected` is false after `deselect`, and while the cursor `waits` for a row that has disappeared, until the cursor
    is moved. Keys are priority bindings: see MainScreen.
    """

    BINDINGS: ClassVar = [
        Binding("enter", "open", show=False, priority=True),
        Binding("up,k", "go(-1)", show=False, priority=True),
        Binding("down,j", "go(1)", show=False, priority=True),
        Binding("pageup", "page(-1)", show=False, priority=True),
        Binding("pagedown", "page(1)", show=False, priority=True),
        Binding("home,ctrl+home,g", "first", show=False, priority=True),
        Binding("end,ctrl+end,G", "last", show=False, priority=True),
    ]

    class Moved(Message):
        """Sent when the user has selected another row."""

        def __init__(self, table: KeyedTable) -> None:
            """Create the message of `table`."""
            super().__init__()
            self.table = table

        @property
        def control(self) -> KeyedTable:
            """The table, for selectors."""
            return self.table

    class Opened(Moved):
        """Sent when the user opens the selected row."""

    def __init__(self, columns: Sequence[Column], signs: Signs, *, id: str) -> None:  # noqa: A002  # Textual's name
        """Create an empty table."""
        super().__init__(columns, signs, id=id)
        self._cursor = Cursor()
        self._moved = False
        self._change = Change()

    # content

    @property
    def cursor_row(self) -> int:
        """The place of the row under the cursor."""
        return self._cursor.place

    @property
    def selected(self) -> bool:
        """Whether the row under the cursor is selected."""
        return self._cursor.on

    @property
    def marked(self) -> int | None:
        """The place of the selected row."""
        return self.cursor_row if self.selected else None

    @property
    def waits(self) -> bool:
        """Whether nothing is selected because the selected row has disappeared."""
        return self._cursor.waits

    @property
    def selected_row(self) -> Row | None:
        """The row under the cursor."""
        return self._rows[self.cursor_row] if self.selected and self.cursor_row < len(self._rows) else None

    @property
    def selected_key(self) -> str | None:
        """The key of the row under the cursor."""
        row = self.selected_row
        return None if row is None else row.key

    def deselect(self) -> None:
        """Hide the cursor until it is moved."""
        self._cursor.deselect()
        self._refresh_row(self.cursor_row)

    def reselect(self) -> None:
        """Show the cursor again where it was."""
        if not self.selected:
            self._put(self.cursor_row)

    def show_rows(self, rows: Sequence[Row], change: Change = Change()) -> bool:  # noqa: B008  # it never changes
        """Show `rows`, which differ from the previous ones by `change`; return whether anything is redrawn."""
        follow, self._change = self._cursor.follows(self._change), change
        before = self._rows
        same = len(rows) == len(before) and all(new is old or new == old for new, old in zip(rows, before, strict=True))
        if same and not change.replaced:
            return False
        self._rows = list(rows)
        set_virtual_size(self, HEADER + len(rows))
        at, on = self.cursor_row, self.selected
        back = self._cursor.update(self._rows, change, follow=follow)
        self._scroll_along(at, replaced=change.replaced, back=back)
        self._refresh_changed(before)
        if (at, on) != (self.cursor_row, self.selected):
            self._refresh_row(at)
            self._refresh_row(self.cursor_row)
        return True

    def _scroll_along(self, at: int, *, replaced: bool, back: bool) -> None:
        """Keep the row under the cursor at its place on the screen; with `replaced`, show the first rows."""
        if replaced:
            self._scroll_up_to(0)
        elif at:
            self._scroll_up_to(self.scroll_offset.y + self.cursor_row - at)
        if self.selected and (back or (self.has_focus or self._moved if replaced else not at)):
            self._see_cursor()

    # the cursor

    def _scroll_up_to(self, top: int) -> None:
        if top != self.scroll_offset.y:
            self.scroll_to(y=top, animate=False, force=True, immediate=True)

    def _see_cursor(self) -> None:
        """Scroll to the row under the cursor."""
        top, place = self.scroll_offset.y, self.cursor_row
        self._scroll_up_to(min(max(top, place - self._lines() + 1), place))

    def _move_to(self, place: int) -> None:
        """Select a row, or show the cursor again."""
        if not self.selected and self._rows:
            self.reselect()
        else:
            self._put(max(0, min(place, len(self._rows) - 1)))

    def _put(self, place: int) -> None:
        """Select a row."""
        if place != self.cursor_row or not self.selected:
            self._refresh_row(self.cursor_row)
            self._refresh_row(place)
            self.post_message(self.Moved(self))
        self._moved = place > 0
        self._cursor.put(place)
        self._see_cursor()

    def action_go(self, by: int) -> None:
        """Go up or down."""
        self._move_to(self.cursor_row + by)

    def action_page(self, by: int) -> None:
        """Go a page up or down."""
        self._move_to(self.cursor_row + by * self._lines())

    def action_first(self) -> None:
        """Go to the first row."""
        self._move_to(0)

    def action_last(self) -> None:
        """Go to the last row."""
        self._move_to(len(self._rows) - 1)

    def action_open(self) -> None:
        """Open the row under the cursor; if the selected row has disappeared, only select this one."""
        waits = self.waits
        self.reselect()
        if not waits:
            self.post_message(self.Opened(self))

    def on_click(self, event: events.Click) -> None:
        """Select the row, or open it if it is selected already."""
        place = self.scroll_offset.y + event.y - HEADER
        if event.y < HEADER or not (self.selected or self.waits) or place >= len(self._rows):
            return
        event.stop()
        again = self.selected and place == self.cursor_row
        self._put(place)
        if again:
            self.post_message(self.Opened(self))

    def on_resize(self, _event: events.Resize) -> None:
        """Fit the columns to the new width, and keep the selected row visible."""
        set_virtual_size(self, HEADER + len(self._rows))
        self._refit()
        if self.selected:
            self._see_cursor()

    def on_focus(self) -> None:
        """Scroll to the selected row, on which keys act."""
        if self.selected:
            self._see_cursor()
