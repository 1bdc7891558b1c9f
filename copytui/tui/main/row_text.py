"""The row under the cursor of the main screen, as it goes to the clipboard."""

from __future__ import annotations

from typing import TYPE_CHECKING

from copytui.tui.export import copy_json, order_json, value_json
from copytui.tui.present import event_line
from copytui.tui.present.copies import row_copies

if TYPE_CHECKING:
    from copytui.tui.main.screen import MainScreen


def row_text(screen: MainScreen) -> str | None:
    """Return the row as one line, its cells uncut; None when there is none."""
    pane = screen.pane_in_focus()
    if pane == "events":
        event = screen.events_pane.list.current
        return None if event is None else "".join(piece.text for piece in event_line(event)).rstrip()
    table = {"orders": screen.orders, "followers": screen.followers, "statistics": screen.full}[pane].table
    return table.selected_row.text if table.selected_row is not None else None


def row_json(screen: MainScreen) -> str | None:
    """Return the row's order, copy, account or event as JSON; None when there is none."""
    names = screen.engine_client.settings.names
    match screen.pane_in_focus():
        case "events":
            event = screen.events_pane.list.current
            return None if event is None else value_json(event)
        case "orders":
            order = screen.selected_order()
            return None if order is None else order_json(order, names)
        case "followers" if screen.followers.order is not None:
            view, key = screen.followers.order, screen.followers.table.selected_key
            slices = row_copies(view, key or "")
            return copy_json(view, slices, names) if slices else None
        case pane:
            table = screen.followers.table if pane == "followers" else screen.full.table
            views = screen.snapshot.followers if screen.snapshot is not None else ()
            found = next((view for view in views if view.client_id == table.selected_key), None)
            return None if found is None else value_json(found)
