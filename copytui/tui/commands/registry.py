"""The registry of commands. It feeds bindings, key bar, palette, help and the docs' table of keys, in this order."""

from __future__ import annotations

from textual.binding import Binding

from copytui.tui.commands import filters, mode, orders, program, view
from copytui.tui.commands.base import UserCommand

COMMANDS: tuple[UserCommand, ...] = (
    mode.Mode(),
    mode.Pause(),
    mode.Halt(),
    orders.CancelEverything(),
    orders.FlattenAll(),
    orders.Approvals(),
    orders.OpenAttention(),
    orders.Retry(),
    orders.ToggleFollower(),
    orders.Refresh(),
    filters.EditFilters(),
    filters.MarketOrders(),
    filters.LimitOrders(),
    filters.StopOrders(),
    filters.BlockSymbol(),
    mode.Confirmation(),
    view.OrdersPane(),
    view.FollowersPane(),
    view.EventsPane(),
    view.StatisticsPane(),
    view.Detail(),
    view.Search(),
    view.Sort(),
    view.Freeze(),
    view.Zoom(),
    view.CopyRow(),
    view.CopyJson(),
    view.Export(),
    view.NextTheme(),
    program.MasterOrder(),
    program.InjectFault(),
    program.Help(),
    program.Palette(),
    program.Quit(),
)
"""Every command. A new one is a class in one of the modules beside this one, and a line here."""

BY_ID = {command.id: command for command in COMMANDS}


def bindings(*, everywhere: bool) -> list[Binding]:
    """Return the bindings of the commands that work everywhere, or of those of the main screen."""
    return [
        Binding(",".join(command.keys), f"app.do('{command.id}')", command.short, show=False, priority=everywhere)
        for command in COMMANDS
        if command.keys and command.everywhere is everywhere
    ]


def key_table() -> list[tuple[str, str]]:
    """Return the docs' table of keys: each command's keys as they are written, and what it does."""
    return [(" ".join(f"`{key}`" for key in command.written_keys), command.help) for command in COMMANDS]
