"""`SmartApiAccount`: the broker's port over SmartAPI, for one account.

Blocking calls run in the account's own threads, one for orders and two for the rest, so that no order waits
behind a read and no account waits for another.
"""

from __future__ import annotations

import asyncio
import ssl
import threading
import time
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final, TypeVar

from copytui.broker.limits import ORDERS_PER_MINUTE, AccountLimits, Clock
from copytui.broker.port import BookReading, Budget, Call, Funds, Placement, Profile, Proof
from copytui.broker.smartapi.client import SmartApiClient, local_address
from copytui.broker.smartapi.failures import NOT_FOUND_CODES, envelope, judge_placement, read_error, succeeded
from copytui.broker.smartapi.parsing import RowCache, Rows, parse_book, parse_funds
from copytui.broker.smartapi.session import LoginGate, Now, Session, Sleep
from copytui.broker.smartapi.transport import HttpAnswer, NeverLeft, NoAnswer, Transport
from copytui.domain.copies import SendIntent
from copytui.domain.errors import BrokerRefused, BrokerTrouble, BrokerUnreachable, SessionExpired
from copytui.domain.orders import ClientId, Duration, Exchange, OrderToSend, OrderType, Variety
from copytui.domain.times import IST
from copytui.settings.model import BrokerSettings, Credentials

T = TypeVar("T")

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
        self._transport = Transport(
            broker.root_url,
            timeout_seconds=broker.request_timeout_seconds,
            proxy=credentials.proxy.reveal() if credentials.proxy else "",
            source_address=source_address,
            tls=tls,
            now=now,
        )
        self._client = SmartApiClient(credentials, broker, self._transport, local_address(source_address))
        self._session = Session(self._client, credentials, self, gate, now=now, sleep=sleep)
        self._limits = AccountLimits(orders_per_minute=max_orders_per_minute, clock=clock)
        self._turns = {call: asyncio.Lock() for call in Call}
        self._cache = RowCache(scrub=self._scrub)
        self._parsing = threading.Lock()
        self._writers = ThreadPoolExecutor(1, thread_name_prefix=f"orders-{self._client_id}")
        self._readers = ThreadPoolExecutor(2, thread_name_prefix=f"reads-{self._client_id}")
        self._in_flight: set[asyncio.Future[Any]] = set()
        self._closed = False

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
        if self._client.access_token and not self._closed:
            await self._in_thread(self._readers, self._client.close_session)

    async def order_book(self) -> BookReading:
        """Read the whole day's orders; waits for the account's read limit, raises any BrokerError."""
        answer, (orders, problems) = await self._read(Call.BOOK, self._read_book)
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
        return _token_in(body.get("data"), exchange, symbol)

    async def place(self, intent: SendIntent) -> Placement:
        """Post one order, once, and tell what the outcome proves; never raises.

        Cancelling the caller does not lose the outcome: it is returned, and the cancellation comes right after.
        """
        if self._closed:
            return Placement(Proof.NEVER_LEFT, "the account is closed")
        if not self._session.held:
            return Placement(Proof.SESSION_REFUSED, _NO_SESSION)
        if not self._limits[Call.WRITE].take():
            return Placement(Proof.NEVER_LEFT, "the account's order rate is used up (rate budget)")
        generation = self._session.generation
        try:
            sending = self._start(self._writers, lambda: self._post(intent.order))
        except RuntimeError:  # no thread could be started: the order waits in the pool's queue and may yet be sent
            return Placement(Proof.UNKNOWN, "the order could not be given to its thread")
        placement = await _uncancelled(sending)
        if placement.proof is Proof.SESSION_REFUSED:
            self._session.refused(generation)
        return placement

    def ready_in(self, call: Call) -> float:
        """Seconds until the account's own limiter lets `call` through; 0 when it would now."""
        return self._limits[call].ready_in()

    def budget(self) -> Budget:
        """How much of the write limits is used."""
        return self._limits.budget()

    async def close(self) -> None:
        """Close connections and threads; calls in flight are waited for."""
        self._closed = True
        await self._session.finish()
        while self._in_flight:
            await asyncio.wait(set(self._in_flight))
        self._writers.shutdown()
        self._readers.shutdown()
        self._transport.close()

    async def paced(self, call: Call, work: Callable[[], T]) -> T:
        """Wait until the limiter lets `call` through, first come first served, then run `work` in a thread."""
        limit = self._limits[call]
        async with self._turns[call]:
            while not limit.take():
                await self._sleep(limit.ready_in())
        return await self._in_thread(self._readers, work)

    async def _read(self, call: Call, work: Callable[[], T]) -> T:
        """Run a read that needs a session; when the broker refuses that session, note it."""
        if not self._session.held:
            raise SessionExpired(_NO_SESSION)
        generation = self._session.generation
        try:
            return await self.paced(call, work)
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

    def _post(self, order: OrderToSend) -> Placement:
        """Send an order's one request, in the order thread."""
        try:
            answer = self._client.post_order(order_fields(order))
        except NeverLeft as error:
            return Placement(Proof.NEVER_LEFT, self._scrub(str(error)))
        except NoAnswer as error:
            return Placement(Proof.UNKNOWN, self._scrub(str(error)))
        except Exception as error:  # noqa: BLE001  # the order may exist: whatever went wrong, it must be looked up
            return Placement(Proof.UNKNOWN, f"the request broke off ({type(error).__name__})")
        placement = judge_placement(answer)
        return replace(placement, text=self._scrub(placement.text))

    def _scrub(self, text: str) -> str:
        """Take the present session's secrets out of a text."""
        return self._client.scrub(text)

    def _start(self, executor: Executor, work: Callable[[], T]) -> asyncio.Future[T]:
        """Begin `work` in a thread and remember it until it ends."""
        future = asyncio.get_running_loop().run_in_executor(executor, work)
        self._in_flight.add(future)
        future.add_done_callback(self._ended)
        return future

    def _ended(self, future: asyncio.Future[Any]) -> None:
        self._in_flight.discard(future)
        if not future.cancelled():
            future.exception()  # looked at, for the case that who waited for it was cancelled

    async def _in_thread(self, executor: Executor, work: Callable[[], T]) -> T:
        """Run `work` in a thread; a cancelled caller leaves it to end by itself, and `close` waits for it."""
        if self._closed:
            raise BrokerUnreachable("the account is closed")
        return await asyncio.shield(self._start(executor, work))


async def _uncancelled(future: asyncio.Future[Placement]) -> Placement:
    """Wait for an order's outcome even when cancelled; the cancellation is given again at the caller's next await."""
    cancelled = False
    while not future.done():
        try:
            await asyncio.shield(future)
        except asyncio.CancelledError:
            cancelled = True
    if cancelled and (task := asyncio.current_task()) is not None:
        task.uncancel()
        task.cancel()
    return future.result()


def order_fields(order: OrderToSend) -> dict[str, str]:
    """Return the body of an order's `placeOrder`: every value as text, as SmartAPI documents them."""
    price = Decimal(0) if order.order_type is OrderType.MARKET else order.price
    return {
        "variety": Variety.NORMAL.value,
        "tradingsymbol": order.symbol,
        "symboltoken": order.token,
        "transactiontype": order.side.value,
        "exchange": order.exchange.value,
        "ordertype": order.order_type.value,
        "producttype": order.product.value,
        "duration": Duration.DAY.value,
        "price": format(price, "f"),
        "squareoff": "0",
        "stoploss": "0",
        "quantity": str(order.quantity),
        "ordertag": str(order.tag),
    }


def _token_in(data: object, exchange: Exchange, symbol: str) -> str | None:
    """Return the token of exactly this symbol among a search's rows."""
    if data in (None, "", "null"):
        return None
    if not isinstance(data, list):
        raise BrokerTrouble("the symbol search came in a form that it never has")
    wanted = (exchange.value, symbol.upper())
    for row in data:
        if isinstance(row, dict) and (row.get("exchange"), str(row.get("tradingsymbol")).upper()) == wanted:
            token = row.get("symboltoken")
            if isinstance(token, (str, int)) and not isinstance(token, bool) and str(token).strip():
                return str(token).strip()
    return None
