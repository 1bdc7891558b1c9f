"""The texts that dialogs share: pure functions from values to text, safe for foreign text."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from rich.cells import cell_len, set_cell_size
from textual.content import Content

from copytui.domain.attention import position_words
from copytui.domain.copies import ChildOrder
from copytui.domain.orders import BookOrder, ClientId, OrderType
from copytui.domain.positions import PositionKey
from copytui.domain.sizing import Sizing, SizingMode
from copytui.domain.text import IST, clean, money
from copytui.engine.snapshot import FollowerView, Snapshot
from copytui.tui.present.cells import Cell, Tone
from copytui.tui.present.cells import rupees as grouped
from copytui.tui.present.copies import state_cell
from copytui.tui.present.glyphs import Signs

MUTED = "dim"
GOOD = "$text-success"
CARE = "$text-warning"
BAD = "$text-error"

# One character for one character, so that styled spans keep their positions.
_PLAIN = str.maketrans("…·₹✓◐✗⊘○◆≈●▸", "~- +~x-o*=*>")

_STYLES = {Tone.GOOD: GOOD, Tone.WARN: f"bold {CARE}", Tone.BAD: f"bold {BAD}", Tone.DIM: MUTED}
_SIGNS = Signs()


def plain(content: Content) -> Content:
    """Return `content` in ASCII signs."""
    return Content(content.plain.translate(_PLAIN), list(content.spans))


def cut(text: str, width: int) -> str:
    """Return foreign text as one line of at most `width` cells."""
    line = clean(text)
    return line if cell_len(line) <= width else set_cell_size(line, width - 1).rstrip() + "…"


def fit(text: str, width: int) -> str:
    """Return foreign text as one line of exactly `width` cells."""
    return set_cell_size(cut(text, width), width)


def rupees(amount: Decimal) -> str:
    """Return whole rupees with Indian digit grouping."""
    return f"₹{grouped(amount)}"


def clock_ms(moment: datetime) -> str:
    """Return the IST time of day with milliseconds."""
    return moment.astimezone(IST).strftime("%H:%M:%S.%f")[:-3]


def wall_clock() -> datetime:
    """Return the present moment, from which dialogs compute ages."""
    return datetime.now(UTC)


def age(moment: datetime) -> str:
    """Return how long ago something was; empty if it is in the future or over a day ago."""
    gone = wall_clock() - moment
    seconds = gone.total_seconds()
    if not timedelta() <= gone < timedelta(days=1):
        return ""
    if seconds < 120:
        return f"{seconds:.0f} s ago"
    return f"{seconds / 60:.0f} min ago" if seconds < 7200 else f"{seconds / 3600:.0f} h ago"


def follower_of(snapshot: Snapshot, client_id: ClientId) -> FollowerView | None:
    """Return a follower of the snapshot; None if it is no longer in the settings."""
    return next((view for view in snapshot.followers if view.client_id == client_id), None)


def name_of(snapshot: Snapshot, client_id: ClientId) -> str:
    """Return the name of a follower."""
    view = follower_of(snapshot, client_id)
    return view.name if view is not None else client_id


def sizing_words(sizing: Sizing) -> str:
    """Describe how a follower's quantity is found, and its limits."""
    how = {
        SizingMode.MULTIPLIER: f"x{sizing.multiplier.normalize():f}",
        SizingMode.FIXED: f"always {sizing.fixed_quantity}",
        SizingMode.CAPITAL: "by capital",
    }[sizing.mode]
    if sizing.max_quantity:
        how += f", at most {sizing.max_quantity}"
    if sizing.max_order_value:
        how += f", at most {rupees(sizing.max_order_value)}"
    return how


def follower_state_words(view: FollowerView) -> str:
    """Describe whether orders can be sent for a follower, and what blocks them."""
    if not view.enabled:
        return "disabled"
    if view.halted_because is not None:
        return f"halted: {clean(view.halted_because)}"
    if view.ip_mismatch is not None:
        return f"IP mismatch: {clean(view.ip_mismatch)}"
    if not view.armed:
        return clean(view.session_text or view.session)
    return "ready" if view.close_only is None else f"close only: {clean(view.close_only)}"


def held_words(quantity: int, key: PositionKey) -> str:
    """Describe a position: quantity, symbol, long or short."""
    return position_words(quantity, key)


def order_type_words(order: BookOrder) -> str:
    """Describe the type, price and trigger of a master order."""
    words = str(order.order_type).replace("_", " ").lower()
    if order.order_type in (OrderType.LIMIT, OrderType.STOPLOSS_LIMIT):
        words += f" {money(order.price)}"
    if order.trigger_price > 0:
        words += f" (trigger {money(order.trigger_price)})"
    return words


def cell_words(cell: Cell) -> Content:
    """Return the text of a table cell, in its tone."""
    return Content.styled(cell.text, _STYLES.get(cell.tone, ""))


def state_words(copy: ChildOrder) -> Content:
    """Return a copy's state as the followers pane shows it."""
    return cell_words(state_cell(copy.state, _SIGNS))


def mode_words(snapshot: Snapshot) -> Content:
    """Describe what approval does at this moment."""
    rules = snapshot.rules
    if rules.dry_run:
        return Content.styled("DRY RUN: nothing is sent", MUTED)
    if rules.halted_because is not None:
        return Content.styled("HALTED: nothing is sent until the halt is released", f"bold {CARE}")
    if rules.paused:
        return Content.styled("PAUSED: nothing is sent until copying resumes", f"bold {CARE}")
    return Content.styled("LIVE: approval sends real orders", f"bold {BAD}")


def key_line(*keys: tuple[str, str]) -> Content:
    """Return the keys of a dialog as one line."""
    parts: list[Content | tuple[str, str]] = []
    for key, meaning in keys:
        parts += [(key, "bold"), (f" {meaning}   ", MUTED)]
    return Content.assemble(*parts).rstrip()


def wrapped(head: str, text: str, *, width: int = 72) -> list[str]:
    """Return a text after its heading, wrapped under its own column; no figure is broken."""
    room, indent = width - cell_len(head), " " * cell_len(head)
    pieces = textwrap.wrap(clean(text), room, break_on_hyphens=False) or [""]
    return [(head if place == 0 else indent) + piece for place, piece in enumerate(pieces)]


def _pieces(text: str, room: int) -> list[str]:
    """Wrap a text at word boundaries; most texts fit, and skipping `textwrap` for them is ten times as fast."""
    if text and len(text) <= room and text == text.strip():
        return [text]
    return textwrap.wrap(text, room, break_on_hyphens=False)


def fields(rows: Sequence[tuple[str, str]], *, indent: str = "", names: int = 12, width: int = 72) -> Content:
    """Return names and texts in two columns; long texts wrap in their column, empty ones are omitted."""
    room = width - len(indent) - names
    lines = []
    for name, text in rows:
        pieces = _pieces(clean(text), room)
        for place, piece in enumerate(pieces):
            head = name if place == 0 else ""
            lines.append(Content.assemble((f"{indent}{head:<{names}}", MUTED), piece))
    return Content("\n").join(lines)
