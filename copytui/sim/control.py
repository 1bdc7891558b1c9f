"""Control of a running exchange: its own HTTP routes, `/_exchange/...`, and faults given on a command line."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from typing import Any

from aiohttp import web

from copytui.sim.exchange import Exchange
from copytui.sim.faults import ANY, FaultName
from copytui.sim.gateway import CALLS
from copytui.sim.orders import RefusedError

_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Control:
    """The routes by which other processes on this machine play the accounts' owners, the market and the broker.

    Each takes and returns JSON; the body holds the arguments of the exchange's method that is named here.

    - `POST orders`: an order of the master (`place_master_order`); `POST orders/ID/fill`, `cancel`, `reject`.
    - `POST accounts/CLIENT/orders`: a trade by hand in any account (`place_by_hand`), filled at once unless `fill`
      says otherwise. `POST accounts/CLIENT/convert`: another product (`symbol`, `old`, `new`, `quantity`).
    - `POST square_off`: close the intraday positions of `client_id`, or of all accounts.
    - `POST turn_day`: begin another day (`days_later`, 1 unless given; `expire`, a list of symbols).
    - `POST prices`: `set_price`. `POST expire`: end the sessions of `client_id`.
    - `POST faults`: `client_id`, `call`, `name`, `times` (null: until cleared), `seconds`, `code`, `text`; positions
      that lag behind are `{"call": "getPosition", "name": "lag", "seconds": 5, "times": null}`. `DELETE faults`.
    - `GET accounts`, `instruments`, `book/CLIENT`, `positions/CLIENT`, `holdings/CLIENT`, `placements`, `address`.
    """

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange

    def add_routes(self, app: web.Application) -> None:
        """Register the routes."""
        routes: tuple[tuple[str, str, _Handler], ...] = (
            ("POST", "orders", self._place),
            ("POST", "orders/{orderid}/{action:fill|cancel|reject}", self._act_on_order),
            ("POST", "accounts/{client_id}/orders", self._trade_by_hand),
            ("POST", "accounts/{client_id}/convert", self._convert),
            ("POST", "square_off", self._square_off),
            ("POST", "turn_day", self._turn_day),
            ("POST", "prices", self._set_price),
            ("POST", "faults", self._add_fault),
            ("DELETE", "faults", self._clear_faults),
            ("POST", "expire", self._expire),
            ("GET", "accounts", self._accounts),
            ("GET", "instruments", self._instruments),
            ("GET", "book/{client_id}", self._book),
            ("GET", "positions/{client_id}", self._positions),
            ("GET", "holdings/{client_id}", self._holdings),
            ("GET", "placements", self._placements),
            ("GET", "address", self._address),
        )
        for method, path, handler in routes:
            app.router.add_route(method, f"/_exchange/{path}", _with_errors(handler))

    async def _place(self, request: web.Request) -> web.StreamResponse:
        params = await _body(request)
        return web.json_response({"orderid": self._exchange.place_master_order(**params)})

    async def _act_on_order(self, request: web.Request) -> web.StreamResponse:
        params, orderid = await _body(request), request.match_info["orderid"]
        books = self._exchange.books
        client_id = next((client_id for client_id, book in books.items() if book.find(orderid)), None)
        if client_id is None:
            raise ValueError(f"orderid: no account has an order {orderid}")
        match request.match_info["action"]:
            case "fill":
                self._exchange.fill_manually(client_id, orderid, **params)
            case "cancel":
                self._exchange.cancel_manually(client_id, orderid, **params)
            case _:
                self._exchange.reject_manually(client_id, orderid, **params)
        return web.json_response({"orderid": orderid})

    async def _trade_by_hand(self, request: web.Request) -> web.StreamResponse:
        params = {"fill": "now", **await _body(request)}
        client_id = self._known(request.match_info["client_id"])
        return web.json_response({"orderid": self._exchange.place_by_hand(client_id, **params)})

    async def _convert(self, request: web.Request) -> web.StreamResponse:
        client_id = self._known(request.match_info["client_id"])
        try:
            self._exchange.convert_position(client_id, **await _body(request))
        except RefusedError as refusal:
            raise ValueError(f"{refusal.code}: {refusal}") from None
        return web.json_response({})

    async def _square_off(self, request: web.Request) -> web.StreamResponse:
        params = await _body(request)
        if "client_id" in params:
            self._known(params["client_id"])
        return web.json_response(self._exchange.square_off(**params))

    async def _turn_day(self, request: web.Request) -> web.StreamResponse:
        self._exchange.turn_day(**await _body(request))
        return web.json_response({})

    async def _positions(self, request: web.Request) -> web.StreamResponse:
        return web.json_response(self._exchange.positions(self._known(request.match_info["client_id"])))

    async def _holdings(self, request: web.Request) -> web.StreamResponse:
        return web.json_response(self._exchange.holdings(self._known(request.match_info["client_id"])))

    async def _set_price(self, request: web.Request) -> web.StreamResponse:
        self._exchange.set_price(**await _body(request))
        return web.json_response({})

    async def _add_fault(self, request: web.Request) -> web.StreamResponse:
        params = await _body(request)
        client_id, call = params.pop("client_id", ANY), params.pop("call", ANY)
        if client_id != ANY:
            self._known(client_id)
        if call != ANY and call not in CALLS:
            raise ValueError(f"call: {call!r} is not one of {', '.join(sorted(CALLS))}")
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
        """Return the caller's own address, for egress IP checks."""
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


def _with_errors(handler: _Handler) -> _Handler:
    """Turn a TypeError or ValueError into a 400 answer with its message."""

    async def handle(request: web.Request) -> web.StreamResponse:
        try:
            return await handler(request)
        except (TypeError, ValueError) as problem:
            return web.json_response({"error": str(problem)}, status=400)

    return handle


@dataclass(frozen=True, slots=True)
class FaultFlag:
    """A fault written `WHO:CALL:NAME[:TIMES]`, such as `2:placeOrder:timeout_after`.

    `who` is 'master', a follower's number or '*'; `times` None means every time.
    """

    who: str
    call: str
    name: FaultName
    times: int | None


def parse_fault(text: str, *, followers: int) -> FaultFlag:
    """Parse a flag for an exchange with `followers` followers; raises ValueError with a message for the user."""
    who, call, name, times = [*text.split(":"), "1"][:4] if text.count(":") in (2, 3) else ("", "", "", "")
    if not call:
        names = ", ".join(FaultName)
        raise ValueError(f"{text!r} is not WHO:CALL:NAME[:TIMES], such as 2:placeOrder:timeout_after; names: {names}")
    if who not in ("master", ANY) and not who.isdecimal():
        raise ValueError(f"{who!r} is neither master, nor a follower's number, nor *")
    if who.isdecimal() and not 1 <= int(who) <= followers:
        raise ValueError(f"there is no follower {who}: there are {followers}")
    if call not in CALLS:
        raise ValueError(f"{call!r} is not a call; the calls are: {', '.join(sorted(CALLS))}")
    if name not in set(FaultName):
        raise ValueError(f"{name!r} is not a fault; the faults are: {', '.join(FaultName)}")
    if times != ANY and not (times.isdecimal() and int(times)):
        raise ValueError(f"{times!r} is neither a number above 0 nor *")
    return FaultFlag(who, call, FaultName(name), None if times == ANY else int(times))


def add_faults(exchange: Exchange, flags: list[FaultFlag]) -> None:
    """Activate the faults of a command line."""
    for flag in flags:
        exchange.faults.add(_client_id(exchange, flag.who), flag.call, flag.name, flag.times)


def _client_id(exchange: Exchange, who: str) -> str:
    if who == ANY:
        return ANY
    return exchange.master.client_id if who == "master" else exchange.followers[int(who) - 1].client_id
