"""SmartAPI's routes over HTTP and the instrument list, with delayed answers and injected faults."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import struct
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from aiohttp import web

from copytui.sim import gateway
from copytui.sim.exchange import Exchange
from copytui.sim.fault_injection import REFUSALS, SPOILED_ANSWERS
from copytui.sim.faults import Fault, FaultName
from copytui.sim.gateway import Answer, Call, failure, rate_exceeded
from copytui.sim.instruments import INSTRUMENT_FILE_PATH, instrument_row

_USER, _ORDER = "/rest/secure/angelbroking/user/v1/", "/rest/secure/angelbroking/order/v1/"
_PORTFOLIO = "/rest/secure/angelbroking/portfolio/v1/"
ROUTES = (
    ("POST", "/rest/auth/angelbroking/user/v1/loginByPassword", "loginByPassword"),
    ("POST", "/rest/auth/angelbroking/jwt/v1/generateTokens", "generateTokens"),
    ("POST", f"{_USER}logout", "logout"),
    ("GET", f"{_USER}getProfile", "getProfile"),
    ("GET", f"{_USER}getRMS", "getRMS"),
    ("POST", f"{_ORDER}placeOrder", "placeOrder"),
    ("POST", f"{_ORDER}modifyOrder", "modifyOrder"),
    ("POST", f"{_ORDER}cancelOrder", "cancelOrder"),
    ("GET", f"{_ORDER}getOrderBook", "getOrderBook"),
    ("GET", f"{_ORDER}getTradeBook", "getTradeBook"),
    ("GET", f"{_ORDER}getPosition", "getPosition"),
    ("POST", f"{_ORDER}convertPosition", "convertPosition"),
    ("GET", f"{_ORDER}details/{{argument}}", "details"),
    ("POST", f"{_ORDER}getLtpData", "getLtpData"),
    ("POST", f"{_ORDER}searchScrip", "searchScrip"),
    ("GET", f"{_PORTFOLIO}getHolding", "getHolding"),
    ("GET", f"{_PORTFOLIO}getAllHolding", "getAllHolding"),
    ("POST", "/rest/secure/angelbroking/market/v1/quote", "quote"),
    ("POST", "/rest/secure/angelbroking/margin/v1/batch", "margin"),
)
_LATE_SECONDS = 3.0
_SLOW_SECONDS = 2.0
_LAG_SECONDS = 5.0
_CHECK_EVERY = 0.05
_LINGER_NONE = struct.pack("hh" if os.name == "nt" else "ii", 1, 0)
_REJECTED_TEXT = "RMS:Blocked for nse_fo NFO block type: ALL"


class Server:
    """Answers HTTP requests for one exchange."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._closing = asyncio.Event()

    def add_routes(self, app: web.Application) -> None:
        """Register SmartAPI's routes and the instrument list's."""
        for method, path, name in ROUTES:
            app.router.add_route(method, path, self._handler(name))
        app.router.add_get(INSTRUMENT_FILE_PATH, self._instrument_file)

    def close(self) -> None:
        """Release the requests that wait for ever."""
        self._closing.set()

    def _handler(self, name: str) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def handle(request: web.Request) -> web.StreamResponse:
            params = _params(await request.read())
            await asyncio.sleep(self._exchange.options.latency / 2)
            if params is None:
                return _response(failure("AB1004", "Something Went Wrong, Please Try After Sometime"))
            call = Call(
                name=name,
                api_key=request.headers.get("X-PrivateKey", ""),
                jwt=_bearer(request.headers.get("Authorization", "")),
                params=params,
                argument=request.match_info.get("argument", ""),
            )
            return await self._answer(request, call)

        return handle

    async def _instrument_file(self, _: web.Request) -> web.StreamResponse:
        rows = [instrument_row(instrument) for instrument in self._exchange.market.instruments]
        return web.Response(body=json.dumps(rows).encode(), content_type="application/json")

    async def _answer(self, request: web.Request, call: Call) -> web.StreamResponse:
        self._exchange.advance()
        client_id = gateway.identify(self._exchange, call)
        if isinstance(client_id, Answer):
            return await self._send(client_id)
        call = replace(call, client_id=client_id)
        fault = self._exchange.faults.take(client_id, call.name)
        allowed = gateway.within_limits(self._exchange, call)
        if fault is not None:
            return await self._inject(request, call, fault)
        if not allowed:
            return await self._send(rate_exceeded())
        return await self._send(gateway.carry_out(self._exchange, call))

    async def _send(self, answer: Answer) -> web.StreamResponse:
        await asyncio.sleep(self._exchange.options.latency / 2)
        return _response(answer)

    async def _inject(self, request: web.Request, call: Call, fault: Fault) -> web.StreamResponse:
        exchange = self._exchange
        match fault.name:
            case FaultName.RESET_BEFORE:
                return _reset(request)
            case FaultName.RESET_AFTER:
                gateway.carry_out(exchange, call)
                return _reset(request)
            case FaultName.TIMEOUT_BEFORE:
                return await self._hold(request)
            case FaultName.TIMEOUT_AFTER:
                gateway.carry_out(exchange, call)
                return await self._hold(request)
            case FaultName.LATE_ACCEPTANCE:
                late = _LATE_SECONDS if fault.seconds is None else fault.seconds
                exchange.scheduler.after(late, lambda: _discard(gateway.carry_out(exchange, call)))
                return await self._hold(request)
            case FaultName.SLOW:
                answer = gateway.carry_out(exchange, call)
                await self._pause(request, _SLOW_SECONDS if fault.seconds is None else fault.seconds)
                return await self._send(answer)
            case FaultName.REJECTED:
                return await self._send(
                    gateway.carry_out(exchange, replace(call, reject_text=fault.text or _REJECTED_TEXT))
                )
            case FaultName.HELD:
                return await self._send(gateway.carry_out(exchange, replace(call, hold=True)))
            case FaultName.LAG:
                lag = _LAG_SECONDS if fault.seconds is None else fault.seconds
                return await self._send(gateway.carry_out(exchange, replace(call, lag=lag)))
            case FaultName.EXPIRED_TOKEN:
                exchange.expire_tokens(call.client_id)
        if refuse := REFUSALS.get(fault.name):
            return await self._send(refuse(fault))
        return await self._send(SPOILED_ANSWERS[fault.name](gateway.carry_out(exchange, call)))

    async def _hold(self, request: web.Request) -> web.StreamResponse:
        """Never answer: wait until the client disconnects or the exchange closes."""
        await self._pause(request, None)
        return _reset(request)

    async def _pause(self, request: web.Request, seconds: float | None) -> None:
        loop = asyncio.get_running_loop()
        end = None if seconds is None else loop.time() + seconds
        while not self._closing.is_set() and request.transport is not None and not request.transport.is_closing():
            left = _CHECK_EVERY if end is None else min(_CHECK_EVERY, end - loop.time())
            if left <= 0:
                return
            await asyncio.sleep(left)


def _params(raw: bytes) -> dict[str, Any] | None:
    """Return a request's JSON object; {} for an empty body, None for anything else."""
    if not raw:
        return {}
    try:
        params = json.loads(raw)
    except ValueError:
        return None
    return params if isinstance(params, dict) else None


def _bearer(header: str) -> str:
    return header.removeprefix("Bearer ").strip()


def _response(answer: Answer) -> web.Response:
    return web.Response(status=answer.status, body=answer.body, content_type=answer.content_type)


def _reset(request: web.Request) -> web.Response:
    """Reset the connection instead of answering."""
    transport = request.transport
    if transport is not None and not transport.is_closing():
        sock = transport.get_extra_info("socket")
        if sock is not None:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NONE)
        transport.abort()
    return web.Response()


def _discard(_: Answer) -> None:
    """Drop an answer that no client waits for."""
