"""The broker as the engine sees it: one `Account` a client code, typed values in and out.

Reads raise the `BrokerError`s of `copytui.domain.errors`. Placing never raises: what a `placeOrder`
proves is a value, because "it may exist" is an answer too.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

from copytui.domain.copies import SendIntent
from copytui.domain.orders import BookOrder, ClientId, Exchange, OrderId


@dataclass(frozen=True, slots=True)
class Profile:
    """Who logged in: the account holder's name and the segments the account may trade."""

    client_id: ClientId
    name: str
    exchanges: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Funds:
    """What the account can still use, in rupees (`rmsLimit`); None where the broker left it out."""

    available: Decimal | None
    net: Decimal | None


@dataclass(frozen=True, slots=True)
class RowProblem:
    """A row of an order book that could not be understood: which one, why in a sentence, and its tag, if any."""

    order_id: str
    sentence: str
    tag: str = ""


@dataclass(frozen=True, slots=True)
class BookReading:
    """One clean answer to an order book request.

    `server_time` is the broker's own clock (its `Date` header), None when it did not tell. A reading
    whose `problems` are not empty is still clean for the rows it holds.
    """

    orders: tuple[BookOrder, ...]
    problems: tuple[RowProblem, ...]
    server_time: datetime | None


class Proof(StrEnum):
    """What the outcome of one `placeOrder` proves (the table in engine.md, "Send")."""

    ACCEPTED = "accepted"
    NEVER_LEFT = "never_left"
    SESSION_REFUSED = "session_refused"
    WRONG_ADDRESS = "wrong_address"
    REFUSED = "refused"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Placement:
    """The outcome of one `placeOrder`: what it proves, and the broker's words for the record.

    `order_id` and `unique_id` are set when ACCEPTED only. `text` never holds a secret.
    """

    proof: Proof
    text: str = ""
    code: str = ""
    order_id: OrderId | None = None
    unique_id: str = ""


class Call(StrEnum):
    """The calls whose rates the broker limits."""

    BOOK = "book"
    WRITE = "write"
    FUNDS = "funds"
    PROFILE = "profile"
    LOG_IN = "log_in"
    SEARCH = "search"


@dataclass(frozen=True, slots=True)
class Budget:
    """How much of the broker's limits on place + modify + cancel is used: this minute and this hour."""

    minute_used: int
    minute_limit: int
    hour_used: int
    hour_limit: int


class Account(Protocol):
    """One Angel One account. Calls never block the event loop; each account is independent of the others."""

    @property
    def client_id(self) -> ClientId:
        """The account's client code."""

    @property
    def logged_in(self) -> bool:
        """Whether a session is held that the broker has not refused since."""

    async def log_in(self) -> Profile:
        """Open a session, with a fresh TOTP code; raises any BrokerError but SessionExpired and BrokerRefused."""

    async def log_out(self) -> None:
        """End the session at the broker; failures are ignored, the token is forgotten in any case."""

    async def order_book(self) -> BookReading:
        """Read the whole day's orders; waits for the account's read limit, raises any BrokerError."""

    async def place(self, intent: SendIntent) -> Placement:
        """Post one order, once, and tell what the outcome proves; `intent` is the journal's record of it."""

    async def funds(self) -> Funds:
        """Read the account's funds; raises any BrokerError."""

    async def find_token(self, exchange: Exchange, symbol: str) -> str | None:
        """Look up a symbol's token at the broker; None when it does not know the symbol; raises any BrokerError."""

    def ready_in(self, call: Call) -> float:
        """Seconds until the account's own limiter lets `call` through; 0 when it would now."""

    def budget(self) -> Budget:
        """How much of the write limits is used."""

    async def close(self) -> None:
        """Close connections and threads; calls in flight are waited for."""


AccountFactory = Callable[[ClientId], Account]
