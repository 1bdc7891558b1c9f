"""An account with scripted answers that records its requests."""

from __future__ import annotations

import sqlite3
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from copytui.broker.port import (
    BookReading,
    Budget,
    Call,
    ChangeResult,
    Funds,
    Held,
    HeldPosition,
    Holding,
    PlaceResult,
    Profile,
    Profit,
    Quote,
    RepriceIntent,
    RowProblem,
    WriteOutcome,
)
from copytui.domain.copies import SendIntent
from copytui.domain.errors import BrokerError, BrokerTrouble
from copytui.domain.orders import BookOrder, ClientId, Exchange, OrderId, OrderKey, OrderStatus, Product
from copytui.domain.positions import position_key, signed
from tests.builders import an_order
from tests.engine.held_clock import HeldClock


class PowerCut(BaseException):
    """The power is cut: nothing of the program runs on."""


@dataclass(frozen=True)
class Outcome:
    """What one `placeOrder` does.

    The order stands in the book from `lands_after` seconds after the POST (None: never); the answer comes
    after `answers_after`. `ends` is the stage in which the order stands there, with `filled` units (None: all
    of them where it is complete). `error` is raised instead of an answer: a bug in an adapter.
    """

    outcome: WriteOutcome = WriteOutcome.ACCEPTED
    text: str = ""
    lands_after: float | None = None
    answers_after: float = 0.0
    ends: OrderStatus = OrderStatus.COMPLETE
    filled: int | None = None
    row_text: str = ""
    error: Exception | None = None


def accepted(**more: object) -> Outcome:
    return replace(Outcome(WriteOutcome.ACCEPTED, lands_after=0.0), **more)  # type: ignore[arg-type]


def lost_answer(**more: object) -> Outcome:
    """The order exists; what came back proves nothing."""
    return replace(Outcome(WriteOutcome.UNKNOWN, "time-out", lands_after=0.0), **more)  # type: ignore[arg-type]


def not_taken(**more: object) -> Outcome:
    """The order does not exist; what came back proves nothing."""
    return replace(Outcome(WriteOutcome.UNKNOWN, "HTTP 502"), **more)  # type: ignore[arg-type]


def not_sent(**more: object) -> Outcome:
    return replace(Outcome(WriteOutcome.NOT_SENT, "connection refused"), **more)  # type: ignore[arg-type]


def session_refused(**more: object) -> Outcome:
    return replace(Outcome(WriteOutcome.SESSION_REFUSED, "AG8002: token expired"), **more)  # type: ignore[arg-type]


def refused(**more: object) -> Outcome:
    return replace(Outcome(WriteOutcome.REFUSED, "AB4036: product not allowed"), **more)  # type: ignore[arg-type]


def wrong_address(**more: object) -> Outcome:
    return replace(Outcome(WriteOutcome.WRONG_ADDRESS, "AG7002: another address is registered"), **more)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Change:
    """What one `cancelOrder` or `modifyOrder` of a working order does.

    `done` says whether the exchange does it, `answers_after` when the answer comes; after a modify the order may
    have another id, `new_id`.
    """

    outcome: WriteOutcome = WriteOutcome.ACCEPTED
    done: bool = True
    text: str = ""
    answers_after: float = 0.0
    new_id: OrderId | None = None


@dataclass(eq=False)
class ScriptedAccount:
    """One account at a broker that outlives the program: a restart takes the same account again."""

    client_id: ClientId
    clock: HeldClock
    journal: Path
    outcomes: deque[Outcome] = field(default_factory=deque)
    default: Outcome = field(default_factory=accepted)
    rows: list[BookOrder] = field(default_factory=list)
    problems: tuple[RowProblem, ...] = ()
    server_time: Callable[[], datetime | None] | None = None
    log_in_errors: deque[BrokerError] = field(default_factory=deque)
    log_in_takes: float = 0.0
    log_in_forgotten_at_once: bool = False
    book_errors: deque[BaseException] = field(default_factory=deque)
    book_error: BrokerError | None = None
    book_takes: float = 0.0
    tokens: dict[str, str | BrokerError | None] = field(default_factory=dict)
    token_takes: float = 0.0
    held_until: float = 0.0
    exits_held_until: float = 0.0
    funds_now: Decimal | BrokerError | None = Decimal(100_000)
    funds_takes: float = 0.0
    changes: deque[Change] = field(default_factory=deque)
    quotes: dict[str, Quote | BrokerError] = field(default_factory=dict)
    profit_now: Profit | BrokerError = field(default_factory=lambda: Profit(Decimal(0), Decimal(0), 0))
    positions_now: tuple[HeldPosition, ...] | BrokerError | None = None
    positions_takes: float = 0.0
    positions_lag: float = 0.0
    position_problems: tuple[RowProblem, ...] = ()
    holdings_now: tuple[Holding, ...] | BrokerError | None = None
    holdings_takes: float = 0.0
    holding_problems: tuple[RowProblem, ...] = ()
    held_before: tuple[HeldPosition, ...] = ()
    address_now: str | BrokerError = "192.0.2.7"
    before_post: Callable[[SendIntent], None] = lambda _intent: None
    after_post: Callable[[SendIntent], None] = lambda _intent: None
    before_change: Callable[[OrderId], None] = lambda _order_id: None
    after_change: Callable[[OrderId], None] = lambda _order_id: None
    called: Callable[[], None] = lambda: None
    book_seen: Callable[[tuple[BookOrder, ...]], tuple[BookOrder, ...]] = lambda rows: rows
    logged_in: bool = False
    log_ins: list[float] = field(default_factory=list)
    log_outs: int = 0
    closed: int = 0
    book_reads: list[float] = field(default_factory=list)
    posts: list[tuple[float, SendIntent]] = field(default_factory=list)
    cancels: list[tuple[float, OrderId]] = field(default_factory=list)
    reprices: list[tuple[float, RepriceIntent]] = field(default_factory=list)
    quote_reads: list[tuple[float, str]] = field(default_factory=list)
    profit_reads: list[float] = field(default_factory=list)
    position_reads: list[float] = field(default_factory=list)
    holding_reads: list[float] = field(default_factory=list)
    funds_reads: list[float] = field(default_factory=list)
    orders_by_tag: dict[str, int] = field(default_factory=dict)
    unrecorded: list[str] = field(default_factory=list)
    _landing: list[tuple[float, BookOrder]] = field(default_factory=list)
    _ever: dict[tuple[OrderKey, date | None], BookOrder] = field(default_factory=dict)

    async def log_in(self) -> Profile:
        self.called()
        self.log_ins.append(self.clock.monotonic())
        if self.log_in_takes:
            await self.clock.sleep(self.log_in_takes)
        if self.log_in_errors:
            raise self.log_in_errors.popleft()
        self.logged_in = not self.log_in_forgotten_at_once
        return Profile(self.client_id, f"Holder of {self.client_id}", ("NSE", "NFO"))

    async def log_out(self) -> None:
        self.called()
        self.logged_in = False
        self.log_outs += 1

    async def close(self) -> None:
        self.closed += 1

    async def order_book(self) -> BookReading:
        self.called()
        self.book_reads.append(self.clock.monotonic())
        if self.book_takes:
            await self.clock.sleep(self.book_takes)
        if self.book_errors:
            raise self.book_errors.popleft()
        if self.book_error is not None:
            raise self.book_error
        return BookReading(self.book_seen(self.book()), self.problems, self.broker_time())

    def broker_time(self) -> datetime | None:
        """What the broker's answers say in their `Date` header: `server_time`, or the held clock's time."""
        return (self.server_time or self.clock.now)()

    def book(self) -> tuple[BookOrder, ...]:
        """The rows of the order book now."""
        now = self.clock.monotonic()
        self.rows += [row for at, row in self._landing if at <= now]
        self._landing = [(at, row) for at, row in self._landing if at > now]
        for row in self.rows:
            self._ever[row.key, row.updated_at and row.updated_at.date()] = row
        return tuple(self.rows)

    async def place(self, intent: SendIntent) -> PlaceResult:
        self.called()
        self.before_post(intent)
        self._check_recorded(intent)
        self.posts.append((self.clock.monotonic(), intent))
        outcome = self.outcomes.popleft() if self.outcomes else self.default
        row = self._row(intent, outcome)
        if outcome.lands_after is not None:
            tag = str(intent.order.tag)
            self.orders_by_tag[tag] = self.orders_by_tag.get(tag, 0) + 1
            self._landing.append((self.clock.monotonic() + outcome.lands_after, row))
        if outcome.outcome is WriteOutcome.SESSION_REFUSED:
            self.logged_in = False
        self.after_post(intent)
        if outcome.answers_after:
            await self.clock.sleep(outcome.answers_after)
        if outcome.error is not None:
            raise outcome.error
        taken = outcome.outcome is WriteOutcome.ACCEPTED
        return PlaceResult(outcome.outcome, outcome.text, order_id=row.order_id if taken else None)

    def _row(self, intent: SendIntent, outcome: Outcome) -> BookOrder:
        order, number = intent.order, len(self.posts)
        filled = outcome.filled
        if filled is None:
            filled = order.quantity if outcome.ends is OrderStatus.COMPLETE else 0
        return an_order(
            key=OrderKey(f"{self.client_id}-U{number}"), order_id=OrderId(f"{self.client_id}-{number}"),
            exchange=order.exchange, symbol=order.symbol, token=order.token, side=order.side,
            order_type=order.order_type, product=order.product, quantity=order.quantity, filled=filled,
            price=order.price, average_price=order.price if filled else Decimal(0), order_status=outcome.ends,
            status=outcome.ends.value, text=outcome.row_text, tag=str(order.tag),
            updated_at=self.broker_time() or self.clock.now(),
        )  # fmt: skip

    async def cancel(self, order_id: OrderId) -> ChangeResult:
        self.cancels.append((self.clock.monotonic(), order_id))
        return await self._ask(order_id, order_status=OrderStatus.CANCELLED, status="cancelled")

    async def reprice(self, intent: RepriceIntent) -> ChangeResult:
        self.reprices.append((self.clock.monotonic(), intent))
        return await self._ask(intent.order_id, price=intent.order.price)

    async def _ask(self, order_id: OrderId, **fields: object) -> ChangeResult:
        """Play the script's next cancel or reprice; an order that has ended does not change."""
        self.called()
        self.before_change(order_id)
        change = self.changes.popleft() if self.changes else Change()
        if not any(row.order_id == order_id and not row.order_status.is_final for row in self.book()):
            change = Change(WriteOutcome.UNKNOWN, done=False, text="AB1007: the order is none that works")
        new_id = change.new_id or order_id
        if change.done:
            self.rows = [
                replace(row, order_id=new_id, updated_at=self.clock.now(), **fields)  # type: ignore[arg-type]
                if row.order_id == order_id
                else row
                for row in self.rows
            ]
        if change.outcome is WriteOutcome.SESSION_REFUSED:
            self.logged_in = False
        self.after_change(order_id)
        if change.answers_after:
            await self.clock.sleep(change.answers_after)
        return ChangeResult(
            change.outcome, change.text, order_id=new_id if change.outcome is WriteOutcome.ACCEPTED else None
        )

    def change(self, tag: str, **fields: object) -> None:
        """Let the exchange change the order with this tag."""
        self.book()
        self.rows = [replace(row, **fields) if row.tag == tag else row for row in self.rows]  # type: ignore[arg-type]

    def _check_recorded(self, intent: SendIntent) -> None:
        """Invariant 10: at the moment of the POST its record is on disk."""
        connection = sqlite3.connect(self.journal)
        try:
            row = connection.execute("SELECT state, tag FROM copies WHERE id = ?", (intent.copy_id,)).fetchone()
        finally:
            connection.close()
        if row != ("sending", intent.order.tag):
            self.unrecorded.append(f"{intent.copy_id}: {row}")

    @property
    def sent(self) -> list[tuple[str, int]]:
        """The symbols and quantities of the POSTs, in order."""
        return [(intent.order.symbol, intent.order.quantity) for _at, intent in self.posts]

    @property
    def post_times(self) -> list[float]:
        return [at for at, _intent in self.posts]

    def ready_in(self, call: Call) -> float:
        until = {Call.WRITE: self.held_until, Call.EXIT: self.exits_held_until}.get(call, 0.0)
        return max(0.0, until - self.clock.monotonic())

    def budget(self) -> Budget:
        writes = len(self.posts) + len(self.cancels) + len(self.reprices)
        return Budget(writes, 500, writes, 1000)

    async def funds(self) -> Funds:
        self.called()
        self.funds_reads.append(self.clock.monotonic())
        funds = self.funds_now
        if self.funds_takes:
            await self.clock.sleep(self.funds_takes)
        if isinstance(funds, BrokerError):
            raise funds
        return Funds(funds, funds)

    async def quote(self, exchange: Exchange, token: str) -> Quote:
        """The quote that `quotes` holds for the token; BrokerTrouble where it holds none."""
        self.called()
        self.quote_reads.append((self.clock.monotonic(), token))
        quote = self.quotes.get(token, BrokerTrouble(f"no quote of {exchange} {token}"))
        if isinstance(quote, BrokerError):
            raise quote
        return quote

    async def profit(self) -> Profit:
        self.called()
        self.profit_reads.append(self.clock.monotonic())
        if isinstance(self.profit_now, BrokerError):
            raise self.profit_now
        return self.profit_now

    async def positions(self) -> Held:
        """What `positions_now` says; None: `held_before` and what the rows of the order book add up to.

        With `positions_lag`, rows of the last so many seconds do not count yet. The answer is of the moment of the
        request and comes after `positions_takes`.
        """
        self.called()
        self.position_reads.append(self.clock.monotonic())
        positions = self.positions_now
        if positions is None:
            positions = self.filled_positions()
        if self.positions_takes:
            await self.clock.sleep(self.positions_takes)
        if isinstance(positions, BrokerError):
            raise positions
        profit = None if isinstance(self.profit_now, BrokerError) else self.profit_now
        no_profit = str(self.profit_now) if profit is None else ""
        return Held(positions, None, self.position_problems, self.broker_time(), profit, no_profit)

    def filled_positions(self) -> tuple[HeldPosition, ...]:
        """The positions that all fills so far add up to, on top of `held_before`."""
        today = (self.broker_time() or self.clock.now()).date()
        held = {(row.exchange, row.symbol, row.product): row for row in self.held_before}
        for row in self._fills(until=self.clock.now() - timedelta(seconds=self.positions_lag)):
            of_today = row.updated_at is None or row.updated_at.date() == today
            if not of_today and row.product in (Product.INTRADAY, Product.BO, Product.DELIVERY):
                continue  # squared off, or a holding by now
            key = position_key(row)
            before = held.get(key) or HeldPosition(
                row.exchange, row.symbol, row.token, key.product, 0, row.lot_size, 0, 0, 0, 0
            )
            units = signed(row.side, row.filled)
            name = ("" if of_today else "carried_") + ("bought" if units > 0 else "sold")
            fields: dict[str, Any] = {name: (getattr(before, name) or 0) + abs(units)}
            held[key] = replace(before, net_quantity=before.net_quantity + units, **fields)
        return tuple(held.values())

    def filled_holdings(self) -> tuple[Holding, ...]:
        """The shares that DELIVERY fills of earlier days add up to."""
        today, held = (self.broker_time() or self.clock.now()).date(), dict[tuple[Exchange, str], Holding]()
        for row in self._fills(until=self.clock.now()):
            if row.product is Product.DELIVERY and row.updated_at is not None and row.updated_at.date() < today:
                key = (row.exchange, row.symbol)
                before = held.get(key) or Holding(*key, row.token, Product.DELIVERY, 0)
                held[key] = replace(before, quantity=before.quantity + signed(row.side, row.filled))
        return tuple(holding for holding in held.values() if holding.quantity > 0)

    def _fills(self, until: datetime) -> list[BookOrder]:
        """The filled rows of all days; a row that the test took from the book has still traded."""
        self.book()
        rows = self._ever.values()
        return [row for row in rows if row.filled and (not self.positions_lag or (row.updated_at or until) <= until)]

    async def holdings(self) -> Held:
        """What `holdings_now` says, after `holdings_takes`; None: what the fills of earlier days add up to."""
        self.called()
        self.holding_reads.append(self.clock.monotonic())
        holdings = self.filled_holdings() if self.holdings_now is None else self.holdings_now
        if self.holdings_takes:
            await self.clock.sleep(self.holdings_takes)
        if isinstance(holdings, BrokerError):
            raise holdings
        return Held(None, holdings, self.holding_problems, self.broker_time())

    async def egress_ip(self, echo_url: str) -> str:
        self.called()
        if isinstance(self.address_now, BrokerError):
            raise self.address_now
        return self.address_now

    async def find_token(self, exchange: Exchange, symbol: str) -> str | None:
        if self.token_takes:
            await self.clock.sleep(self.token_takes)
        token = self.tokens.get(symbol)
        if isinstance(token, BrokerError):
            raise token
        return token


def total_posts(accounts: Sequence[ScriptedAccount]) -> int:
    return sum(len(account.posts) for account in accounts)
