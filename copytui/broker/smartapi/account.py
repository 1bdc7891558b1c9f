"""`SmartApiAccount`: the broker's port over SmartAPI, for one account.

All accounts share the event loop. No account waits for another, and none of its orders for a read (`lanes`).
"""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Awaitable, Callable, Coroutine
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final, TypeVar

from copytui.broker.port import (
    BookReading,
    Budget,
    Call,
    ChangeResult,
    Funds,
    Held,
    PlaceResult,
    Profile,
    Profit,
    Quote,
    RepriceIntent,
    WriteOutcome,
)
from copytui.broker.rate_limits import ORDERS_PER_MINUTE, AccountLimits, Clock
from copytui.broker.smartapi import order_requests
from copytui.broker.smartapi.account_parsing import parse_funds, parse_quote, parse_token
from copytui.broker.smartapi.client import SmartApiClient, local_address
from copytui.broker.smartapi.dialing import Egress
from copytui.broker.smartapi.held_parsing import parse_holdings, parse_positions
from copytui.broker.smartapi.ip_check import fetch_egress_ip
from copytui.broker.smartapi.kept_sessions import KeptSession
from copytui.broker.smartapi.lanes import Lane, Lanes
from copytui.broker.smartapi.login_limiter import LoginLimiter, Sleep, Urgency
from copytui.broker.smartapi.parsing import RowCache, Rows, parse_book
from copytui.broker.smartapi.response_codes import NOT_FOUND_CODES, envelope, read_error, succeeded
from copytui.broker.smartapi.session import Now, Session
from copytui.broker.smartapi.transport import HttpAnswer, Transport
from copytui.domain.copies import SendIntent
from copytui.domain.errors import BrokerRefused, BrokerTrouble, SessionExpired
from copytui.domain.orders import ClientId, Exchange, OrderId
from copytui.domain.text import IST
from copytui.settings.model import BrokerSettings, Credentials

T = TypeVar("T")
Outcome = TypeVar("Outcome", PlaceResult, ChangeResult)

_UNKNOWN_SYMBOL_CODES: Final = frozenset({"AB1009", "AB1018"}) | NOT_FOUND_CODES
_LARGE_BODY: Final = 64 * 1024
_NO_SESSION: Final = "there is no session, so nothing was sent"


def _now() -> datetime:
    return datetime.now(IST)


class SmartApiAccount:
    """One Angel One account. Used from one event loop."""

    def __init__(
        self,
        credentials: Credentials,
        broker: BrokerSettings,
        *,
        login_limiter: LoginLimiter,
        urgency: Urgency = Urgency.OTHER,
        sessions_folder: Path | None = None,
        source_address: str = "",
        max_orders_per_minute: int = ORDERS_PER_MINUTE,
        clock: Clock = time.monotonic,
        now: Now = _now,
        sleep: Sleep = asyncio.sleep,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """Set up. Nothing is sent before the first call.

        With `sessions_folder` today's session is kept there over a restart. `urgency` is that of its logins.
        """
        self._client_id = credentials.client_id
        self._sleep = sleep
        self._egress = Egress(credentials.proxy.reveal() if credentials.proxy else "", source_address, tls)
        self._reads, self._writes = (
            Transport(broker.root_url, self._egress, timeout_seconds=broker.request_timeout_seconds, now=now)
            for _ in range(2)
        )
        self._client = SmartApiClient(credentials, broker, self._reads, self._writes, local_address(source_address))
        self._warming: asyncio.Task[None] | None = None
        egress = self._egress.proxy or source_address
        kept = KeptSession(sessions_folder, broker.root_url, credentials) if sessions_folder else None
        self._session = Session(
            self._client,
            credentials,
            self,
            lambda: login_limiter.wait(egress, urgency),
            now=now,
            sleep=sleep,
            kept=kept,
        )
        self._limits = AccountLimits(orders_per_minute=max_orders_per_minute, clock=clock)
        self._locks = {call: asyncio.Lock() for call in Call}
        self._cache = RowCache(redact=self._redact)
        self._lanes = Lanes()
        self._quote_lock = asyncio.Lock()

    def __repr__(self) -> str:
        """Show the account only."""
        return f"SmartApiAccount({self._client_id})"

    @property
    def client_id(self) -> ClientId:
        """The account's client code."""
        return self._client_id

    @property
    def logged_in(self) -> bool:
        """Whether there is a session that the broker has not refused."""
        return self._session.held

    @property
    def clock_offset(self) -> timedelta | None:
        """How far the broker's clock is ahead of ours, to about a second; None before its first answer."""
        return self._reads.clock_offset

    async def log_in(self) -> Profile:
        """Open a session, with a fresh TOTP code; raises any BrokerError but SessionExpired and BrokerRefused."""
        profile = await self._session.log_in()
        if self._warming is None and not self._lanes.closed:
            self._warming = asyncio.create_task(self._writes.keep_warm(), name=f"warm {self._client_id}")
        return profile

    async def log_out(self) -> None:
        """End the session at the broker and drop the token; failures are ignored."""
        self._session.forget()
        if self._client.access_token and not self._lanes.closed:
            await self._lanes.read(self._client.close_session)

    async def order_book(self) -> BookReading:
        """Read the whole day's orders; waits for the account's read limit, raises any BrokerError."""
        answer, (orders, problems) = await self._read(Call.BOOK, self._read_book, self._lanes.books)
        return BookReading(orders, problems, answer.date)

    async def funds(self) -> Funds:
        """Read the account's funds; raises any BrokerError."""
        body = await self._read(Call.FUNDS, self._client.rmsLimit)
        return parse_funds(body.get("data"))

    async def find_token(self, exchange: Exchange, symbol: str) -> str | None:
        """Look up a symbol's token at the broker; None if the symbol is unknown; raises any BrokerError."""
        try:
            body = await self._read(Call.SEARCH, lambda: self._client.searchScrip(exchange.value, symbol))
        except BrokerRefused as error:
            if error.code in _UNKNOWN_SYMBOL_CODES:
                return None
            raise
        return parse_token(body.get("data"), exchange, symbol)

    async def quote(self, exchange: Exchange, token: str) -> Quote:
        """Read an instrument's last price and circuits; raises any BrokerError.

        Quotes run one at a time, so hanging quotes cannot take all the room that other reads need.
        """
        wanted = {exchange.value: [token]}
        async with self._quote_lock:
            body = await self._read(Call.QUOTE, lambda: self._client.getMarketData("FULL", wanted))
        return parse_quote(body.get("data"), token)

    async def positions(self) -> Held:
        """Read the positions, and with them the profit of the day; raises any BrokerError."""
        return await self._read(Call.POSITIONS, self._read_positions)

    async def holdings(self) -> Held:
        """Read the holdings; raises any BrokerError."""
        return await self._read(Call.HOLDINGS, self._read_holdings)

    async def profit(self) -> Profit:
        """Read the day's profit over all positions; raises any BrokerError, BrokerTrouble if a figure is missing."""
        held = await self.positions()
        if held.profit is None:
            raise BrokerTrouble(held.no_profit)
        return held.profit

    async def egress_ip(self, echo_url: str) -> str:
        """Return this account's egress IP, as `echo_url` sees it; raises BrokerUnreachable or BrokerTrouble."""
        return await self._lanes.read(lambda: fetch_egress_ip(echo_url, self._egress))

    async def place(self, intent: SendIntent) -> PlaceResult:
        """Send one order, once, and return what the outcome proves; never raises.

        If the caller is cancelled, the outcome is still returned; the cancellation follows right after.
        """
        call = Call.EXIT if intent.urgent else Call.WRITE
        outcome = await self._write(call, self._lanes.orders, lambda: order_requests.place(self._client, intent.order))
        return outcome if isinstance(outcome, PlaceResult) else PlaceResult(outcome.outcome, outcome.text)

    async def cancel(self, order_id: OrderId) -> ChangeResult:
        """Send one cancel for the rest of an order, and return what the outcome proves; never raises.

        As with `place`, a cancelled caller still gets the outcome.
        """
        return await self._write(Call.EXIT, self._lanes.changes, lambda: order_requests.cancel(self._client, order_id))

    async def reprice(self, intent: RepriceIntent) -> ChangeResult:
        """Send one modify with a new limit price, and return what the outcome proves; never raises.

        As with `place`, a cancelled caller still gets the outcome.
        """
        return await self._write(Call.EXIT, self._lanes.changes, lambda: order_requests.reprice(self._client, intent))

    def ready_in(self, call: Call) -> float:
        """Return the seconds until the account's rate limiter allows `call`; 0 if it does now."""
        return self._limits[call].ready_in()

    def budget(self) -> Budget:
        """Return the usage of the write limits."""
        return self._limits.budget()

    async def close(self) -> None:
        """Wait for the writes in flight, then close the connections."""
        self._lanes.closed = True
        await self._session.finish()
        await self._lanes.close()
        if self._warming is not None:
            self._warming.cancel()
            await asyncio.wait({self._warming})
        self._reads.close()
        self._writes.close()

    async def run_paced(self, call: Call, work: Callable[[], Awaitable[T]], lane: Lane | None = None) -> T:
        """Wait until the rate limiter allows `call`, first come first served, then make it.

        `lane` defaults to that of general reads.
        """
        limit = self._limits[call]
        async with self._locks[call]:
            while not limit.take():
                await self._sleep(limit.ready_in())
        return await self._lanes.read(work, lane)

    async def _read(self, call: Call, work: Callable[[], Awaitable[T]], lane: Lane | None = None) -> T:
        """Run a read that needs a session; mark the session as refused if the broker refuses it."""
        if not self._session.held:
            raise SessionExpired(_NO_SESSION)
        generation = self._session.generation
        try:
            return await self.run_paced(call, work, lane)
        except SessionExpired:
            self._session.refused(generation)
            raise

    async def _read_book(self) -> tuple[HttpAnswer, Rows]:
        """Read and parse the order book, a large one beside the event loop."""
        answer = await self._client.read("api.order.book")
        if len(answer.body) < _LARGE_BODY:
            return answer, self._parse_book(answer)
        return answer, await asyncio.to_thread(self._parse_book, answer)

    def _parse_book(self, answer: HttpAnswer) -> Rows:
        return self._cache.reading(answer.body, lambda: parse_book(self._data(answer, "the order book"), self._cache))

    async def _read_positions(self) -> Held:
        answer = await self._client.read("api.position")
        return parse_positions(self._data(answer, "the positions"), answer.date)

    async def _read_holdings(self) -> Held:
        answer = await self._client.read("api.holding")
        return parse_holdings(self._data(answer, "the holdings"), answer.date)

    def _data(self, answer: HttpAnswer, what: str) -> object:
        """Return the data of a list; an empty list has null, or a "not found" code. Raises a BrokerError."""
        body = envelope(answer)
        if body is not None and succeeded(body):
            if "data" not in body:
                raise BrokerTrouble(f"the answer for {what} has no data")
            return body["data"]
        error = read_error(answer, redact=self._redact)
        if isinstance(error, BrokerRefused) and error.code in NOT_FOUND_CODES:
            return None
        raise error

    async def _write(
        self, call: Call, lane: Lane, work: Callable[[], Coroutine[Any, Any, Outcome]]
    ) -> Outcome | ChangeResult:
        """Make one write in its lane, if it may be sent; mark the session as refused if the broker refuses it."""
        if self._lanes.closed:
            return ChangeResult(WriteOutcome.NOT_SENT, "the account is closed")
        if not self._session.held:
            return ChangeResult(WriteOutcome.SESSION_REFUSED, _NO_SESSION)
        if not self._limits[call].take():
            return ChangeResult(WriteOutcome.NOT_SENT, "the account's rate limit for order requests is used up")
        generation = self._session.generation
        outcome = await self._lanes.write(work, lane)
        if outcome.outcome is WriteOutcome.SESSION_REFUSED:
            self._session.refused(generation)
        return outcome

    def _redact(self, text: str) -> str:
        """Remove the current session's secrets from a text."""
        return self._client.redact(text)
