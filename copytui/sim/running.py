"""A running exchange: a server on its own event loop in its own thread, and the `copytui exchange` command."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from typing import ParamSpec, TypeVar

from aiohttp import web

from copytui.sim.accounts import ExchangeOptions, env_text
from copytui.sim.control import Control, FaultFlag, add_faults
from copytui.sim.exchange import Exchange
from copytui.sim.server import Server

P = ParamSpec("P")
R = TypeVar("R")

_TICK_SECONDS = 0.02
_CALL_SECONDS = 30.0


class RunningExchange:
    """An exchange that answers at `url`. Use `exchange` only through `call`: it belongs to its own thread."""

    def __init__(self, exchange: Exchange, url: str, loop: asyncio.AbstractEventLoop) -> None:
        self.exchange = exchange
        self.url = url
        self._loop = loop
        self._thread = threading.get_ident()

    def call(self, fn: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run `fn` in the exchange's thread and return its result."""
        if threading.get_ident() == self._thread:
            return fn(*args, **kwargs)

        async def run() -> R:
            return fn(*args, **kwargs)

        return asyncio.run_coroutine_threadsafe(run(), self._loop).result(_CALL_SECONDS)

    def env_text(self) -> str:
        """Return the `.env` text for the exchange's accounts."""
        return env_text(self.exchange.master, self.exchange.followers)


_Ready = Future[tuple[RunningExchange, Callable[[], object]]]


@contextmanager
def serve_in_thread(options: ExchangeOptions) -> Iterator[RunningExchange]:
    """Run an exchange for the duration of the block; errors on start are raised here."""
    ready: _Ready = Future()
    thread = threading.Thread(target=_run, args=(options, ready), name="copytui-exchange", daemon=True)
    thread.start()
    running, stop = ready.result()
    try:
        yield running
    finally:
        stop()
        thread.join()


def _run(options: ExchangeOptions, ready: _Ready) -> None:
    try:
        asyncio.run(_serve(options, ready))
    except Exception as problem:
        if ready.done():
            raise
        ready.set_exception(problem)


async def _serve(options: ExchangeOptions, ready: _Ready) -> None:
    exchange = Exchange(options)
    server = Server(exchange)
    app = web.Application()
    server.add_routes(app)
    Control(exchange).add_routes(app)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
    await runner.setup()
    try:
        site = web.TCPSite(runner, options.host, options.port)
        await site.start()
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        exchange.start_trading()
        running = RunningExchange(exchange, f"http://{_authority(runner)}", loop)
        ready.set_result((running, lambda: loop.call_soon_threadsafe(stop.set)))
        await _keep_time(exchange, stop)
    finally:
        server.close()
        await runner.cleanup()


def _authority(runner: web.AppRunner) -> str:
    host, port = runner.addresses[0][:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


async def _keep_time(exchange: Exchange, stop: asyncio.Event) -> None:
    """Advance the exchange's time until `stop` is set."""
    while not stop.is_set():
        exchange.advance()
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), _TICK_SECONDS)


_CHECK_EVERY = 0.5


def run_exchange(
    options: ExchangeOptions,
    *,
    out: Callable[[str], None],
    stop: threading.Event,
    faults: Sequence[FaultFlag] = (),
) -> None:
    """Serve until `stop` is set, after printing the URL and the accounts' `.env` text."""
    with serve_in_thread(options) as running:
        add_faults(running.exchange, list(faults))
        out(f'# An exchange on this machine. In copytui.toml:  [broker]  root_url = "{running.url}"')
        out(running.env_text())
        while not stop.is_set():
            time.sleep(_CHECK_EVERY)  # not `wait`: the signal handler needs its lock in this thread
