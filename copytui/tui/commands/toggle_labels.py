"""Which way the commands that turn something would turn it now: the palette names them by that."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from copytui.domain.filters import blocking_pattern
from copytui.domain.text import clean
from copytui.engine.commands import SetConfirmation, SetDryRun, SetHalted, SetPaused
from copytui.tui.present import Signs
from copytui.tui.present.cells import cut

if TYPE_CHECKING:
    from copytui.tui.commands.filter_actions import FilterActions

_LONGEST = 24
_SWITCHES = {"mode", "pause", "halt", "confirmation"}
_ORDER_TYPES = {"market", "limit", "stop"}
TURNING = _SWITCHES | _ORDER_TYPES | {"follower", "block"}
"""The commands whose title in the registry names both ways."""


@dataclass(frozen=True, slots=True)
class ToggleLabel:
    """What a command would do now, in words; `about` is the follower or symbol, whose name others wrote."""

    title: str
    about: str | None = None


def direction(app: FilterActions, id_: str) -> ToggleLabel | None:
    """Return which way a command would turn; None where it turns nothing, or where that is not known."""
    if app.latest is None:
        return None
    if id_ in _SWITCHES:
        return ToggleLabel(_switch(app, id_))
    if id_ in _ORDER_TYPES:
        return ToggleLabel(f"Turn {id_} orders {'off' if getattr(app.filters, f'{id_}_orders') else 'on'}")
    if id_ == "follower":
        return _follower(app)
    return _block(app) if id_ == "block" else None


def short_name(app: FilterActions, text: str) -> str:
    """Return a name that others wrote as it fits into a line."""
    return cut(clean(text), _LONGEST, dots=Signs.of(ascii_only=app.ascii_only).more)


def _switch(app: FilterActions, id_: str) -> str:
    """Go by what was asked for last, as the keys do: the picture may be older."""
    rules, on = app.snapshot.rules, app.pending_commands.on
    halted = rules.halted_because is not None
    match id_:
        case "mode":
            return "Go live" if on(SetDryRun, shown=rules.dry_run) else "Go to dry run"
        case "pause":
            return "Resume" if on(SetPaused, shown=rules.paused) else "Pause"
        case "halt":
            return "Release the halt" if halted and on(SetHalted, shown=halted) else "Halt everything"
        case _:
            return f"Turn confirmation {'off' if on(SetConfirmation, shown=rules.require_confirmation) else 'on'}"


def _follower(app: FilterActions) -> ToggleLabel | None:
    client = app.main.selected_follower()
    drawn = app.main.drawn or app.snapshot
    view = next((view for view in drawn.followers if view.client_id == client), None)
    if view is None:
        return None
    enabled = app.pending_commands.enabled(view.client_id, shown=view.enabled)
    return ToggleLabel(f"Take {short_name(app, view.name)} {'out' if enabled else 'in'}", about=view.client_id)


def _block(app: FilterActions) -> ToggleLabel | None:
    order = app.main.selected_order()
    if order is None:
        return None
    symbol = order.known.order.symbol.upper()
    if blocking_pattern(app.filters, symbol) is not None:
        return None  # a wider pattern blocks it: the command says so
    blocked = any(pattern.upper() == symbol for pattern in app.filters.block_symbols)
    return ToggleLabel(f"{'Unblock' if blocked else 'Block'} {short_name(app, symbol)}", about=symbol)
