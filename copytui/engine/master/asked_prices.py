"""The price now of what waits for a yes, so that whoever answers sees what the market has done meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from decimal import Decimal

from copytui.domain.copies import Copy
from copytui.domain.orders import OrderKey
from copytui.engine.master.quotes import Quotes
from copytui.engine.orders.approvals import Approvals
from copytui.engine.state import Desk

_EVERY_SECONDS = 3.0
_OLDEST_SECONDS = 15.0
"""A price that is older is no price now, and is shown no more."""


class AskedPrices:
    """Keeps the quotes of waiting approvals fresh, and asks for nothing while none waits."""

    def __init__(self, desk: Desk, approvals: Approvals, quotes: Quotes) -> None:
        """Watch `approvals`."""
        self._desk = desk
        self._approvals = approvals
        self._quotes = quotes

    def prices(self) -> Mapping[OrderKey, Decimal]:
        """Return the last price, in rupees, of each order of which an execution waits for a yes."""
        found = {}
        for copy in self._waiting():
            seen = self._quotes.last_price(copy.order.exchange, copy.order.symbol)
            if seen is not None and seen[1] <= _OLDEST_SECONDS:
                found[copy.order_key] = seen[0]
        return found

    async def run(self) -> None:
        """Ask again and again while something waits; runs until cancelled."""
        desk = self._desk
        while True:
            self._approvals.asked.clear()
            symbols = {(copy.order.exchange, copy.order.symbol): copy.order.token for copy in self._waiting()}
            before = self.prices()
            await asyncio.gather(*(self._quotes.fresh(*symbol, token) for symbol, token in symbols.items()))
            if self.prices() != before:
                desk.version += 1
            await desk.clock.wait(self._approvals.asked, _EVERY_SECONDS if symbols else None)

    def _waiting(self) -> list[Copy]:
        """Return one copy of each execution that waits: all of them are of one symbol."""
        return [copies[0] for id_ in self._approvals.waiting if (copies := self._desk.copies_of(id_))]
