"""Quotes: the last price and the circuits of symbols, requested with the master's session.

A quote improves a price but is optional: callers go on without it after a short wait, and a broker that gives none
delays nothing. The account's rate limiter applies.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

from copytui.broker.port import Account, Quote
from copytui.domain.copies import ChildOrder
from copytui.domain.errors import BrokerError
from copytui.domain.events import EventKind, Level
from copytui.domain.orders import Exchange, OrderKey
from copytui.domain.pricing import PriceBand
from copytui.domain.text import clean
from copytui.engine.orders.approvals import Approvals
from copytui.engine.state import EngineState

Symbol = tuple[Exchange, str]

_LONGEST_WAIT_SECONDS = 0.3
_FRESH_SECONDS = 2.0
_PATIENCE_SECONDS = 3.0
_NO_SESSION_SECONDS = 1.0
_AFTER_FAILURE_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class _Seen:
    """A quote, the monotonic time at which it was requested, and the day for which its circuits hold."""

    quote: Quote
    at: float
    day: date


@dataclass(slots=True, eq=False)
class _Request:
    """A request in flight since `since` (monotonic)."""

    since: float
    done: asyncio.Event = field(default_factory=asyncio.Event)


class Quotes:
    """The newest quotes of the day, by symbol."""

    def __init__(self, state: EngineState, master: Account) -> None:
        """Request quotes through `master`."""
        self._state = state
        self._master = master
        self._seen: dict[Symbol, _Seen] = {}
        self._requests: dict[Symbol, _Request] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._wanted: dict[Symbol, str] = {}
        self._wake = asyncio.Event()
        self._failed_at: dict[Symbol, float] = {}
        self._timed_out_at: float | None = None
        self._is_reported = False

    def last_price(self, exchange: Exchange, symbol: str) -> tuple[Decimal, float] | None:
        """Return today's last price and its age in seconds; None where there is none."""
        seen = self._today((exchange, symbol))
        return None if seen is None else (seen.quote.last_price, self._state.clock.monotonic() - seen.at)

    def price_band(self, exchange: Exchange, symbol: str, tick: PriceBand) -> PriceBand:
        """Return `tick` with today's circuits, where they are known."""
        seen = self._today((exchange, symbol))
        if seen is None:
            return tick
        return replace(tick, lower=seen.quote.lower_circuit, upper=seen.quote.upper_circuit)

    def want(self, exchange: Exchange, symbol: str, token: str) -> None:
        """Fetch a symbol's quote in the background, unless today's is known."""
        key = (exchange, symbol)
        if self._today(key) is None and key not in self._requests:
            self._wanted[key] = token
            self._wake.set()

    def fetch_now(self, exchange: Exchange, symbol: str, token: str, traded_at: Decimal) -> None:
        """Request a symbol's quote at once, unless known circuits allow a trade at `traded_at`."""
        if not self._suffices((exchange, symbol), traded_at) and self._may_request((exchange, symbol)):
            self._request((exchange, symbol), token)

    async def wait_for(self, exchange: Exchange, symbol: str, token: str, traded_at: Decimal) -> None:
        """Wait briefly, if at all, for the circuits of a symbol that is about to be sent."""
        key = (exchange, symbol)
        if self._suffices(key, traded_at) or not self._may_request(key):
            return
        now = self._state.clock.monotonic()
        request = self._request(key, token)
        left = request.since + _LONGEST_WAIT_SECONDS - now
        if left > 0 and not self._is_slow(now):
            await self._state.clock.wait(request.done, left)
            if not request.done.is_set():
                # Many executions at once must not each wait for a broker that does not answer.
                self._timed_out_at = now
                self._report_missing(symbol, "no answer in time")

    async def fresh(self, exchange: Exchange, symbol: str, token: str) -> Quote | None:
        """Return a quote that is a few seconds old at most; None where the broker gives none in time."""
        key, clock = (exchange, symbol), self._state.clock
        oldest = clock.monotonic() - _FRESH_SECONDS
        seen = self._seen.get(key)
        if seen is None or seen.at < oldest:
            await clock.wait(self._request(key, token).done, _PATIENCE_SECONDS)
            seen = self._seen.get(key)
        return seen.quote if seen is not None and seen.at >= oldest else None

    async def run(self) -> None:
        """Fetch background quotes one at a time, so that urgent ones never queue behind them."""
        state = self._state
        try:
            while True:
                self._wake.clear()
                if self._wanted and self._master.logged_in:
                    key = next(iter(self._wanted))
                    await self._request(key, self._wanted.pop(key)).done.wait()
                else:
                    await state.clock.wait(self._wake, _NO_SESSION_SECONDS if self._wanted else None)
        finally:
            for task in self._tasks:
                task.cancel()
            for request in self._requests.values():
                request.done.set()
            self._requests.clear()

    def _today(self, key: Symbol) -> _Seen | None:
        seen = self._seen.get(key)
        return seen if seen is not None and seen.day == self._state.day else None

    def _suffices(self, key: Symbol, traded_at: Decimal) -> bool:
        seen = self._today(key)
        return seen is not None and PriceBand(lower=seen.quote.lower_circuit, upper=seen.quote.upper_circuit).holds(
            traded_at
        )

    def _may_request(self, key: Symbol) -> bool:
        """Return whether a request makes sense: one that failed a moment ago would fail again."""
        failed = self._failed_at.get(key)
        recently = failed is not None and self._state.clock.monotonic() - failed < _AFTER_FAILURE_SECONDS
        return self._master.logged_in and not recently

    def _is_slow(self, now: float) -> bool:
        return self._timed_out_at is not None and now - self._timed_out_at < _AFTER_FAILURE_SECONDS

    def _request(self, key: Symbol, token: str) -> _Request:
        """Start a request, or join the one in flight."""
        request = self._requests.get(key)
        if request is None:
            request = self._requests[key] = _Request(self._state.clock.monotonic())
            self._wanted.pop(key, None)
            task = asyncio.create_task(self._fetch(key, token, request))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return request

    async def _fetch(self, key: Symbol, token: str, request: _Request) -> None:
        state = self._state
        try:
            quote = await self._master.quote(key[0], token)
        except BrokerError as error:
            self._failed(key, clean(str(error)))
        except Exception as error:  # noqa: BLE001  # a bug in an adapter must not cost an order
            self._failed(key, f"internal error: {type(error).__name__}")
        else:
            self._failed_at.pop(key, None)
            self._seen[key] = _Seen(quote, request.since, state.day)
        finally:
            if self._requests.get(key) is request:
                del self._requests[key]
            request.done.set()

    def _failed(self, key: Symbol, why: str) -> None:
        self._failed_at[key] = self._state.clock.monotonic()
        self._report_missing(key[1], why)

    def _report_missing(self, symbol: str, why: str) -> None:
        """Report once that quotes are missing; most orders need none."""
        if not self._is_reported:
            self._is_reported = True
            text = f"no quote for {symbol} ({why}): limits without one are not checked against the day's circuits"
            self._state.emit(Level.INFO, EventKind.WATCH, "master", text)


_EVERY_SECONDS = 3.0
_OLDEST_SECONDS = 15.0
"""An older price is not shown."""


class ApprovalPrices:
    """Keeps the quotes of waiting approvals fresh; without any, it requests nothing."""

    def __init__(self, state: EngineState, approvals: Approvals, quotes: Quotes) -> None:
        """Watch `approvals`."""
        self._state = state
        self._approvals = approvals
        self._quotes = quotes

    def prices(self) -> Mapping[OrderKey, Decimal]:
        """Return the last price, in rupees, of each order with an execution that waits for approval."""
        found = {}
        for copy in self._waiting():
            seen = self._quotes.last_price(copy.order.exchange, copy.order.symbol)
            if seen is not None and seen[1] <= _OLDEST_SECONDS:
                found[copy.order_key] = seen[0]
        return found

    async def run(self) -> None:
        """Refresh quotes while an approval waits; runs until cancelled."""
        state = self._state
        while True:
            self._approvals.asked.clear()
            symbols = {(copy.order.exchange, copy.order.symbol): copy.order.token for copy in self._waiting()}
            before = self.prices()
            await asyncio.gather(*(self._quotes.fresh(*symbol, token) for symbol, token in symbols.items()))
            if self.prices() != before:
                state.touch()
            await state.clock.wait(self._approvals.asked, _EVERY_SECONDS if symbols else None)

    def _waiting(self) -> list[ChildOrder]:
        """Return one copy of each execution that waits; its copies share one symbol."""
        return [copies[0] for id_ in self._approvals.waiting if (copies := self._state.copies_of(id_))]
