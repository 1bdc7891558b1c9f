"""The broker's instrument list, where and how he publishes it: strings only, prices in paise."""

from __future__ import annotations

import json

from aiohttp import web

from copytui.sim.exchange import Exchange
from copytui.sim.instruments import Instrument

PATH = "/OpenAPI_File/files/OpenAPIScripMaster.json"


class InstrumentFile:
    """Serves the list of everything that is traded."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange

    def add_routes(self, app: web.Application) -> None:
        """Register the one route."""
        app.router.add_get(PATH, self._answer)

    async def _answer(self, _: web.Request) -> web.StreamResponse:
        rows = [scrip_row(instrument) for instrument in self._exchange.market.instruments]
        return web.Response(body=json.dumps(rows).encode(), content_type="application/json")


def scrip_row(instrument: Instrument) -> dict[str, str]:
    """Return one row of the list; a strike of -1 is none."""
    return {
        "token": instrument.token,
        "symbol": instrument.symbol,
        "name": instrument.name,
        "expiry": instrument.expiry,
        "strike": f"{instrument.strike * 100 if instrument.is_option else -1:.6f}",
        "lotsize": str(instrument.lot),
        "instrumenttype": instrument.kind,
        "exch_seg": instrument.exchange,
        "tick_size": f"{instrument.tick:.6f}",
    }
