"""The exchange's own routes, `/_exchange/...`: other processes place the master's orders and switch faults."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import Any

from aiohttp import web

from copytui.sim.exchange import Exchange
from copytui.sim.faults import ANY, FaultName
from copytui.sim.gateway import CALLS

_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Control:
    """Lets other processes on this machine steer one exchange."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange

    def add_routes(self, app: web.Application) -> None:
        """Register the routes."""
        routes: tuple[tuple[str, str, _Handler], ...] = (
            ("POST", "orders", self._place),
            ("POST", "orders/{orderid}/{action:fill|cancel|reject}", self._act_on_order),
            ("POST", "prices", self._set_price),
            ("POST", "faults", self._add_fault),
            ("DELETE", "faults", self._clear_faults),
            ("POST", "expire", self._expire),
            ("GET", "accounts", self._accounts),
            ("GET", "instruments", self._instruments),
            ("GET", "book/{client_id}", self._book),
            ("GET", "placements", self._placements),
            ("GET", "address", self._address),
        )
        for method, path, handler in routes:
            app.router.add_route(method, f"/_exchange/{path}", _explained(handler))

    async def _place(self, request: web.Request) -> web.StreamResponse:
        params = await _body(request)
        return web.json_response({"orderid": self._exchange.place_master_order(**params)})

    async def _act_on_order(self, request: web.Request) -> web.StreamResponse:
        params, orderid = await _body(request), request.match_info["orderid"]
        books = self._exchange.books
        client_id = next((client_id for client_id, book in books.items() if book.find(orderid)), None)
        if client_id is None:
            raise ValueError(f"orderid: nobody has an order {orderid}")
        match request.match_info["action"]:
            case "fill":
                self._exchange.fill_by_hand(client_id, orderid, **params)
            case "cancel":
                self._exchange.cancel_by_hand(client_id, orderid, **params)
            case _:
                self._exchange.reject_by_hand(client_id, orderid, **params)
        return web.json_response({"orderid": orderid})

    async def _set_price(self, request: web.Request) -> web.StreamResponse:
        self._exchange.set_price(**await _body(request))
        return web.json_response({})

    async def _add_fault(self, request: web.Request) -> web.StreamResponse:
        params = await _body(request)
        client_id, call = params.pop("client_id", ANY), params.pop("call", ANY)
        if client_id != ANY:
            self._known(client_id)
        if call != ANY and call not in CALLS:
            raise ValueError(f"call: {call!r} is none of {', '.join(sorted(CALLS))}")
        self._exchange.faults.add(client_id, call, FaultName(str(params.pop("name", "")).lower()), **params)
        return web.json_response({})

    async def _clear_faults(self, _: web.Request) -> web.StreamResponse:
        self._exchange.faults.clear()
        return web.json_response({})

    async def _expire(self, request: web.Request) -> web.StreamResponse:
        params = await _body(request)
        self._exchange.expire_tokens(self._known(params.get("client_id", "")))
        return web.json_response({})

    async def _accounts(self, _: web.Request) -> web.StreamResponse:
        accounts = self._exchange.accounts
        rows = [{"client_id": a.client_id, "name": a.name, "master": a is self._exchange.master} for a in accounts]
        return web.json_response(rows)

    async def _instruments(self, _: web.Request) -> web.StreamResponse:
        rows = [
            {"exchange": i.exchange, "symbol": i.symbol, "token": i.token, "lot": i.lot, "tick": i.tick / 100}
            for i in self._exchange.market.instruments
        ]
        return web.json_response(rows)

    async def _book(self, request: web.Request) -> web.StreamResponse:
        return web.json_response(self._exchange.book(self._known(request.match_info["client_id"])))

    async def _placements(self, request: web.Request) -> web.StreamResponse:
        asked = request.query.get("client_id")
        clients = [self._known(asked)] if asked else [account.client_id for account in self._exchange.accounts]
        rows: list[dict[str, Any]] = [
            {**asdict(placement), "utc": placement.utc.isoformat()}
            for client_id in clients
            for placement in self._exchange.placements(client_id)
        ]
        return web.json_response(rows)

    async def _address(self, request: web.Request) -> web.StreamResponse:
        """Tell who asks which address he comes from."""
        return web.json_response({"ip": request.remote or ""})

    def _known(self, client_id: str) -> str:
        if client_id not in self._exchange.books:
            raise ValueError(f"client_id: {client_id!r} has no account here")
        return client_id


async def _body(request: web.Request) -> dict[str, Any]:
    body = await request.json() if request.can_read_body else {}
    if not isinstance(body, dict):
        raise TypeError("the body is not a JSON object")
    return body


def _explained(handler: _Handler) -> _Handler:
    """Answer what was wrong with a request, in one sentence."""

    async def handle(request: web.Request) -> web.StreamResponse:
        try:
            return await handler(request)
        except (TypeError, ValueError) as problem:
            return web.json_response({"error": str(problem)}, status=400)

    return handle
