"""The presentation layer: pure functions from a snapshot to rows and lines, with all wording, rounding and signs."""

from copytui.tui.present.accounts import ACCOUNT_COLUMNS, account_rows
from copytui.tui.present.attention import Attention
from copytui.tui.present.cells import Cell, Column, Line, Piece, Row, Tone
from copytui.tui.present.copies import COPY_COLUMNS, copy_rows, why_no_copies
from copytui.tui.present.glyphs import Signs
from copytui.tui.present.lines import event_line, filter_line, search_line
from copytui.tui.present.mode_bar import Moment, login_progress, mode_bar, stale_seconds
from copytui.tui.present.orders import (
    ORDER_COLUMNS,
    NewestFirst,
    OrderRows,
    newest_first,
    no_orders,
    order_row,
    order_rows,
)
from copytui.tui.present.statistics import FOLLOWER_COLUMNS, follower_rows, sparkline, statistics_lines
from copytui.tui.present.tables import fit

__all__ = [
    "ACCOUNT_COLUMNS", "COPY_COLUMNS", "FOLLOWER_COLUMNS", "ORDER_COLUMNS",
    "Attention", "Cell", "Column", "Line", "Moment", "NewestFirst", "OrderRows", "Piece", "Row", "Signs", "Tone",
    "account_rows", "copy_rows", "event_line", "filter_line", "fit", "follower_rows", "login_progress", "mode_bar",
    "newest_first", "no_orders", "order_row", "order_rows", "search_line", "sparkline", "stale_seconds",
    "statistics_lines", "why_no_copies",
]  # fmt: skip
