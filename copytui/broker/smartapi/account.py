"""`SmartApiAccount`: the broker's port over SmartAPI, for one account.

Blocking calls run in the account's own threads (`workers`), so that no order waits behind a read and no account
waits for another.
"""

from __future__ import annotations

import asyncio
import ssl
import threading
import time
from collections.abc import Callable
from concurrent.futures import Executor
from datetime import datetime, timedelta
from typing import Final, TypeVar

from copytui.broker.port import (
    BookReading,
    Budget,
    Call,
    ChangeResult,
    Funds,
    PlaceResult,
    Profile,
    Profit,
    Quote,
    RepriceIntent,
    WriteOutcome,
)
from copytui.broker.rate_limits import ORDERS_PER_MINUTE, AccountLimits, Clock
from copytui.broker.smartapi import order_requests
from copytui.broker.smartapi.account_parsing import parse_funds, parse_profit, parse_quote
from copytui.broker.smartapi.client import SmartApiClient, local_address
from copytui.broker.smartapi.ip_check import ask_address
from copytui.broker.smartapi.parsing import RowCache, Rows, parse_book, parse_token
from copytui.broker.smartapi.response_codes import NOT_FOUND_CODES, envelope, read_error, succeeded
from copytui.broker.smartapi.session import LoginGate, Now, Session, Sleep
from copytui.broker.smartapi.transport import HttpAnswer, Route, Transport
from copytui.broker.smartapi.workers import Workers
from copytui.domain.copies import SendIntent
from copytui.domain.errors import BrokerRefused, BrokerTrouble, SessionExpired
from copytui.domain.orders import ClientId, Exchange, OrderId
from copytui.domain.text import IST
from copytui.settings.model import BrokerSettings, Credentials

T = TypeVar("T")
Outcome = TypeVar("Outcome", PlaceResult, ChangeResult)

_UNKNOWN_SYMBOL_CODES: Final = frozenset({"AB1009", "AB1018"}) | NOT_FOUND_CODES
_NO_SESSION: Final = "no session is held, so nothing was sent"


def _now() -> datetime:
    return datetime.now(IST)


class SmartApiAccount:
    """One Angel One account. Used from one event loop."""

    def __init__(
        self,
        credentials: Credentials,
        broker: BrokerSettings,
        *,
        gate: LoginGate,
        source_address: str = "",
        max_orders_per_minute: int = ORDERS_PER_MINUTE,
        clock: Clock = time.monotonic,
        now: Now = _now,
        sleep: Sleep = asyncio.sleep,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """Prepare; nothing is sent and no thread is started before the first call."""
        self._client_id = credentials.client_id
        self._sleep = sleep
        self._route = Route(credentials.proxy.reveal() if credentials.proxy else "", source_address, tls)
        self._transport = Transport(
            broker.root_url, self._route, timeout_seconds=broker.request_timeout_seconds, now=now
        )
        self._client = SmartApiClient(credentials, broker, self._transport, local_address(source_address))
        self._session = Session(self._client, credentials, self, gate, now=now, sleep=sleep)
        self._limits = AccountLimits(orders_per_minute=max_orders_per_minute, clock=clock)
        self._turns = {call: asyncio.Lock() for call in Call}
        self._cache = RowCache(scrub=self._scrub)
        self._parsing = threading.Lock()
        self._workers = Workers(self._client_id)
        self._quoting = asyncio.Lock()

    def __repr__(self) -> str:
        """Show the account only."""
        return f"SmartApiAccount({self._client_id})"

    @property
    def client_id(self) -> ClientId:
        """The account's client code."""
        return self._client_id

    @property
    def logged_in(self) -> bool:
        """Whether a session is held that the broker has not refused since."""
        return self._session.held

    @property
    def clock_offset(self) -> timedelta | None:
        """How far the broker's clock is ahead of ours, to about a second; None before it told."""
        return self._transport.clock_offset

    async def log_in(self) -> Profile:
        """Open a session, with a fresh TOTP code; raises any BrokerError but SessionExpired and BrokerRefused."""
        return await self._session.log_in()

    async def log_out(self) -> None:
        """End the session at the broker; failures are ignored, the token is forgotten in any case."""
        self._session.forget()
        if self._client.access_token and not self._workers.closed:
            await self._workers.read(self._client.close_session)

    async def order_book(self) -> BookReading:
        """Read the whole day's orders; waits for the account's read limit, raises any BrokerError."""
        answer, (orders, problems) = await self._read(Call.BOOK, self._read_book, self._workers.books)
        return BookReading(orders, problems, answer.date)

    async def funds(self) -> Funds:
        """Read the account's funds; raises any BrokerError."""
        body = await self._read(Call.FUNDS, self._client.rmsLimit)
        return parse_funds(body.get("data"))

    async def find_token(self, exchange: Exchange, symbol: str) -> str | None:
        """Look up a symbol's token at the broker; None when it does not know the symbol; raises any BrokerError."""
        try:
            body = await self._read(Call.SEARCH, lambda: self._client.searchScrip(exchange.value, symbol))
        except BrokerRefused as error:
            if error.code in _UNKNOWN_SYMBOL_CODES:
                return None
            raise
        return parse_token(body.get("data"), exchange, symbol)

    async def quote(self, exchange: Exchange, token: str) -> Quote:
        """Read what an instrument trades at and its circuits; raises any BrokerError.

        One at a time: quotes that hang must not take all the threads that other reads need.
        """
        wanted = {exchange.value: [token]}
        async with self._quoting:
            body = await self._read(Call.QUOTE, lambda: self._client.getMarketData("FULL", wanted))
        return parse_quote(body.get("data"), token)

    async def profit(self) -> Profit:
        """Read the day's profit over all positions; raises any BrokerError, BrokerTrouble where a figure is missing."""
        try:
            body = await self._read(Call.POSITIONS, self._client.position)
        except BrokerRefused as error:
            if error.code in NOT_FOUND_CODES:
                return parse_profit(None)
            raise
        if "data" not in body:
            raise BrokerTrouble("the positions came without data")
        return parse_profit(body["data"])

    async def egress_ip(self, echo_url: str) -> str:
        """Ask `echo_url` which IP address this account's requests leave from, by the account's own way out.

        Raises BrokerUnreachable or BrokerTrouble.
        """
        return await self._workers.read(lambda: ask_address(echo_url, self._route))

    async def place(self, intent: SendIntent) -> PlaceResult:
        """Post one order, once, and tell what the outcome proves; never raises.

        Cancelling the caller does not lose the outcome: it is returned, and the cancellation comes right after.
        """
        call = Call.EXIT if intent.urgent else Call.WRITE
        outcome = await self._write(
            call, self._workers.orders, lambda: order_requests.place(self._client, intent.order)
        )
        return outcome if isinstance(outcome, PlaceResult) else PlaceResult(outcome.proof, outcome.text)

    async def cancel(self, order_id: OrderId) -> ChangeResult:
        """Ask once to cancel what is left of an order, and tell what the outcome proves; never raises.

        As with `place`, cancelling the caller does not lose the outcome.
        """
        return await self._write(
            Call.EXIT, self._workers.changes, lambda: order_requests.cancel(self._client, order_id)
        )

    async def reprice(self, intent: RepriceIntent) -> ChangeResult:
        """Ask once to give a working order another limit price, and tell what the outcome proves; never raises.

        As with `place`, cancelling the caller does not lose the outcome.
        """
        return await self._write(Call.EXIT, self._workers.changes, lambda: order_requests.reprice(self._client, intent))

    def ready_in(self, call: Call) -> float:
        """Seconds until the account's own limiter lets `call` through; 0 when it would now."""
        return self._limits[call].ready_in()

    def budget(self) -> Budget:
        """How much of the write limits is used."""
        return self._limits.budget()

    async def close(self) -> None:
        """Close connections and threads; calls in flight are waited for."""
        self._workers.closed = True
        await self._session.finish()
        await self._workers.close()
        self._transport.close()

    async def paced(self, call: Call, work: Callable[[], T], executor: Executor | None = None) -> T:
        """Wait until the limiter lets `call` through, first come first served, then run `work` in a thread.

        `executor` is the thread's, where it is not one of those for reads of all kinds.
        """
        limit = self._limits[call]
        async with self._turns[call]:
            while not limit.take():
                await self._sleep(limit.ready_in())
        return await self._workers.read(work, executor)

    async def _read(self, call: Call, work: Callable[[], T], executor: Executor | None = None) -> T:
        """Run a read that needs a session; when the broker refuses that session, note it."""
        if not self._session.held:
            raise SessionExpired(_NO_SESSION)
        generation = self._session.generation
        try:
            return await self.paced(call, work, executor)
        except SessionExpired:
            self._session.refused(generation)
            raise

    def _read_book(self) -> tuple[HttpAnswer, Rows]:
        """Read and parse the book, in a thread: an empty one has no data, or a "not found" code."""
        answer = self._client.read("api.order.book")
        with self._parsing:
            rows = self._cache.reading(answer.body, lambda: parse_book(self._book_data(answer), self._cache))
        return answer, rows

    def _book_data(self, answer: HttpAnswer) -> object:
        body = envelope(answer)
        if body is not None and succeeded(body):
            if "data" not in body:
                raise BrokerTrouble("the order book came without data")
            return body["data"]
        error = read_error(answer, scrub=self._scrub)
        if isinstance(error, BrokerRefused) and error.code in NOT_FOUND_CODES:
            return None
        raise error

    async def _write(self, call: Call, executor: Executor, work: Callable[[], Outcome]) -> Outcome | ChangeResult:
        """Make one write in its thread, unless it may not leave; when the broker refuses the session, note it."""
        if self._workers.closed:
            return ChangeResult(WriteOutcome.NOT_SENT, "the account is closed")
        if not self._session.held:
            return ChangeResult(WriteOutcome.SESSION_REFUSED, _NO_SESSION)
        if not self._limits[call].take():
            return ChangeResult(WriteOutcome.NOT_SENT, "the account's order rate is used up (rate budget)")
        generation = self._session.generation
        try:
            outcome = await self._workers.write(executor, work)
        except RuntimeError:  # no thread could be started: the work waits in the pool's queue and may yet be done
            return ChangeResult(WriteOutcome.UNKNOWN, "the request could not be given to its thread")
        if outcome.proof is WriteOutcome.SESSION_REFUSED:
            self._session.refused(generation)
        return outcome

    def _scrub(self, text: str) -> str:
        """Take the present session's secrets out of a text."""
        return self._client.scrub(text)
