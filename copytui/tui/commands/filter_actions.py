"""What the keys for the filters do: the dialog, and the quick keys for market, limit, stop and one symbol."""

from __future__ import annotations

from dataclasses import replace

from textual.driver import Driver

from copytui.domain.filters import Filters, blocking_pattern
from copytui.domain.text import clean
from copytui.engine.commands import SetFilters, SetMultiplier
from copytui.tui.dialogs.filter_preview import sizes_at
from copytui.tui.dialogs.filters import Edited, FiltersScreen
from copytui.tui.engine_client import EngineClient
from copytui.tui.link import LinkedApp
from copytui.tui.present.cells import cut, plural


class FilterActions(LinkedApp):
    """Turns the commands for filters into commands for the engine."""

    def __init__(
        self, engine_client: EngineClient, driver: type[Driver] | None = None, *, ascii_only: bool = False
    ) -> None:
        """Act on what `engine_client` gives."""
        super().__init__(engine_client, driver, ascii_only=ascii_only)
        self._filters_screen: FiltersScreen | None = None

    @property
    def filters(self) -> Filters:
        """The filters in force, or those that were asked for a moment ago: the next change must not undo the last."""
        return self.pending_commands.filters(self.snapshot.rules.filters)

    def do_filters(self) -> None:
        """Open the filters."""
        before, sizes = self.filters, sizes_at(self.engine_client.settings, self.snapshot.rules.multiplier)
        orders, screen = self.snapshot.orders, self._filters_screen

        def answered(edited: Edited | None) -> None:
            if edited is not None and edited.filters != before:
                self._filter(edited.filters)
            if edited is not None and edited.multiplier is not None:
                self.send(SetMultiplier(edited.multiplier))

        if screen is not None and screen in self.screen_stack:
            self.say("the filters are open")  # and what is typed there stays
            return
        if screen is not None and screen.is_mounted:
            screen.again(before, orders, sizes)
        else:
            screen = FiltersScreen(before, orders, sizes)
            self._keep_filters(screen)
        self.push_screen(screen, answered)

    def _keep_filters(self, screen: FiltersScreen) -> None:
        if self._filters_screen is None:
            self._filters_screen = screen
            self.install_screen(screen, "filters")  # so that Textual keeps it when it is left

    def make_filters(self) -> None:
        """Make the filters before anybody asks for them: of all dialogs they take longest."""
        if self._filters_screen is None and self.latest is not None:
            sizes = sizes_at(self.engine_client.settings, self.snapshot.rules.multiplier)
            screen = FiltersScreen(self.filters, self.snapshot.orders, sizes)
            self._keep_filters(screen)
            self._get_screen(screen)  # mounts it; Textual's own ways also show it

    def do_market(self) -> None:
        """Turn market orders on or off."""
        filters = self.filters
        self._filter(replace(filters, market_orders=not filters.market_orders))

    def do_limit(self) -> None:
        """Turn limit orders on or off."""
        filters = self.filters
        self._filter(replace(filters, limit_orders=not filters.limit_orders))

    def do_stop(self) -> None:
        """Turn stop orders on or off."""
        filters = self.filters
        self._filter(replace(filters, stop_orders=not filters.stop_orders))

    def do_block(self) -> None:
        """Block the selected order's symbol, or unblock it."""
        order = self.main.selected_order()
        if order is None:
            self.say("select an order first (1)")
            return
        if self.main.slid_just_now():
            self.say("nothing was blocked: another order has just come under the cursor")
            return
        symbol, filters = order.known.order.symbol.upper(), self.filters
        if (pattern := blocking_pattern(filters, symbol)) is not None:
            self.say(f"{cut(symbol, 24)} is blocked by {cut(clean(pattern), 24)}: change that in the filters (f)")
            return
        blocked = tuple(pattern for pattern in filters.block_symbols if pattern.upper() != symbol)
        if len(blocked) == len(filters.block_symbols):
            blocked = (*blocked, symbol)
            self._say_who_holds(symbol)
        self._filter(replace(filters, block_symbols=blocked))

    def _say_who_holds(self, symbol: str) -> None:
        """Warn that a block holds exits, too, where somebody waits for one."""
        holders = sum(
            any(key.symbol.upper() == symbol for key, _holding in view.positions) for view in self.snapshot.followers
        )
        if holders:
            who = f"{plural(holders, 'follower')} hold{'s' if holders == 1 else ''} {cut(symbol, 24)}"
            self.say(f"{who}: exits of it are not copied any more, either", severity="warning")

    def _filter(self, filters: Filters) -> None:
        self.send(SetFilters(filters))
