"""The commands of the filters: the dialog, and the quick keys for market, limit and stop orders and one symbol."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import replace
from typing import TYPE_CHECKING

from copytui.domain.filters import Filters, blocking_pattern
from copytui.domain.text import clean
from copytui.engine.commands import SetFilters, SetMultiplier
from copytui.engine.snapshot import Snapshot
from copytui.tui.commands.base import Group, Label, UserCommand
from copytui.tui.commands.state import ScreenState
from copytui.tui.dialogs.filter_preview import Sizes, sizes_at
from copytui.tui.dialogs.filters import Edited, FiltersScreen
from copytui.tui.present.cells import cut, plural

if TYPE_CHECKING:
    from copytui.tui.app import CopytuiApp

_LONGEST = 24


class FiltersDialog:
    """The dialog of the filters. It takes longer to make than any other, so it is made once, beforehand, and kept."""

    def __init__(self, app: CopytuiApp) -> None:
        """Make nothing yet."""
        self._app = app
        self._screen: FiltersScreen | None = None

    def prepare(self) -> None:
        """Make the dialog before anybody opens it."""
        if self._screen is None and self._app.link.latest is not None:
            screen = self._make()
            self._keep(screen)
            self._app.mount_hidden(screen)

    def open(self) -> None:
        """Open the dialog; send what was changed in it."""
        app, screen = self._app, self._screen
        before = app.link.filters

        def answered(edited: Edited | None) -> None:
            if edited is not None and edited.filters != before:
                app.link.send(SetFilters(edited.filters))
            if edited is not None and edited.multiplier is not None:
                app.link.send(SetMultiplier(edited.multiplier))

        if screen is not None and screen in app.screen_stack:
            app.say("the filters are open")  # and what is typed there stays
            return
        if screen is not None and screen.is_mounted:
            screen.again(before, app.link.snapshot.orders, self._sizes())
        else:  # also while the one that is kept is being mounted
            screen = self._make()
            self._keep(screen)
        app.push_screen(screen, answered)

    def _make(self) -> FiltersScreen:
        return FiltersScreen(self._app.link.filters, self._app.link.snapshot.orders, self._sizes())

    def _sizes(self) -> Sizes:
        link = self._app.link
        return sizes_at(link.client.settings, link.snapshot.rules.multiplier)

    def _keep(self, screen: FiltersScreen) -> None:
        if self._screen is None:
            self._screen = screen
            self._app.install_screen(screen, "filters")  # so that Textual keeps it when it is left


class EditFilters(UserCommand):
    """Open the dialog of the filters."""

    id = "filters"
    group = Group.FILTERS
    keys = ("f",)
    key_name = "f"
    short = "Filters"
    title = "Filters"
    help = "choose what is copied: symbols, order types and the multiplier, with a preview on today's orders"
    bar_rank = 4

    def run(self, app: CopytuiApp) -> None:
        """Open it."""
        app.filters_dialog.open()


class _OrderType(UserCommand):
    """Copy orders of one type, or stop copying them."""

    group = Group.FILTERS
    is_toggle = True
    once_per_press = True

    @abstractmethod
    def copied(self, filters: Filters) -> bool:
        """Return whether orders of the type are copied."""

    @abstractmethod
    def turned(self, filters: Filters, *, on: bool) -> Filters:
        """Return the filters with orders of the type copied or not."""

    def label(self, state: ScreenState) -> Label:
        """Name the way it would go."""
        return Label(f"Turn {self.id} orders {'off' if self.copied(state.filters) else 'on'}")

    def run(self, app: CopytuiApp) -> None:
        """Go the other way."""
        filters = app.state.filters
        app.link.send(SetFilters(self.turned(filters, on=not self.copied(filters))))


class MarketOrders(_OrderType):
    """Copy market orders, or stop copying them."""

    id = "market"
    keys = ("M",)
    key_name = "M"
    short = "Market"
    title = "Market orders on / off"
    help = "copy market orders, or not"

    def copied(self, filters: Filters) -> bool:
        """Return whether market orders are copied."""
        return filters.market_orders

    def turned(self, filters: Filters, *, on: bool) -> Filters:
        """Return the filters with market orders copied or not."""
        return replace(filters, market_orders=on)


class LimitOrders(_OrderType):
    """Copy limit orders, or stop copying them."""

    id = "limit"
    keys = ("L",)
    key_name = "L"
    short = "Limit"
    title = "Limit orders on / off"
    help = "copy limit orders, or not"

    def copied(self, filters: Filters) -> bool:
        """Return whether limit orders are copied."""
        return filters.limit_orders

    def turned(self, filters: Filters, *, on: bool) -> Filters:
        """Return the filters with limit orders copied or not."""
        return replace(filters, limit_orders=on)


class StopOrders(_OrderType):
    """Copy stop orders, or stop copying them."""

    id = "stop"
    keys = ("S",)
    key_name = "S"
    short = "Stop"
    title = "Stop orders on / off"
    help = "copy stop orders, or not"

    def copied(self, filters: Filters) -> bool:
        """Return whether stop orders are copied."""
        return filters.stop_orders

    def turned(self, filters: Filters, *, on: bool) -> Filters:
        """Return the filters with stop orders copied or not."""
        return replace(filters, stop_orders=on)


class BlockSymbol(UserCommand):
    """Block the symbol of the order under the cursor, or unblock it."""

    id = "block"
    group = Group.FILTERS
    keys = ("b",)
    key_name = "b"
    short = "Block"
    title = "Block / unblock the symbol"
    help = "block the selected order's symbol, or unblock it"
    is_toggle = True
    once_per_press = True

    def label(self, state: ScreenState) -> Label | None:
        """Name the way it would go; None where a wider pattern blocks the symbol, which the command then says."""
        symbol = state.symbol
        if symbol is None or blocking_pattern(state.filters, symbol, state.underlying) is not None:
            return None
        return Label(f"{'Unblock' if state.symbol_blocked else 'Block'} {state.short_name(symbol)}", symbol)

    def is_safer(self, state: ScreenState) -> bool:
        """Return whether it would block."""
        return state.symbol is not None and not state.symbol_blocked

    def subject(self, state: ScreenState) -> str | None:
        """Return the symbol."""
        return state.symbol

    def run(self, app: CopytuiApp) -> None:
        """Go the other way."""
        state = app.state
        symbol, filters = state.symbol, state.filters
        if symbol is None:
            app.say("select an order first (1)")
        elif app.main.slid_just_now():
            app.say("nothing was blocked: another order has just come under the cursor")
        elif (pattern := blocking_pattern(filters, symbol, state.underlying)) is not None:
            app.say(f"{cut(symbol, _LONGEST)} is blocked by {cut(clean(pattern), _LONGEST)}: see the filters (f)")
        elif state.symbol_blocked:
            others = tuple(pattern for pattern in filters.block_symbols if pattern.upper() != symbol)
            app.link.send(SetFilters(replace(filters, block_symbols=others)))
        else:
            if told := _exits_go_on(state.snapshot, symbol):
                app.say(told)
            app.link.send(SetFilters(replace(filters, block_symbols=(*filters.block_symbols, symbol))))


def _exits_go_on(snapshot: Snapshot, symbol: str) -> str | None:
    """Say that a block concerns entries only, where a follower has a position in the symbol."""
    holders = sum(any(key.symbol.upper() == symbol for key, _held in view.positions) for view in snapshot.followers)
    if not holders:
        return None
    who = f"{plural(holders, 'follower')} hold{'s' if holders == 1 else ''} {cut(symbol, _LONGEST)}"
    return f"{who}: its exits are still copied"
