"""The broker as the engine sees it: one `Account` a client code, typed values in and out.

Reads raise the `BrokerError`s of `copytui.domain.errors`. Placing, cancelling and repricing never raise: what
the answer to a write proves is a value, because "it may exist" is an answer too.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

from copytui.domain.copies import SendIntent
from copytui.domain.orders import BookOrder, ClientId, Exchange, OrderId, OrderToSend


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
class Quote:
    """What an instrument trades at, in rupees.

    A circuit is the price beyond which no order is taken; None where the broker tells of none (0 counts as none).
    """

    last_price: Decimal
    lower_circuit: Decimal | None
    upper_circuit: Decimal | None


@dataclass(frozen=True, slots=True)
class Profit:
    """The account's profit of the day in rupees (a loss is negative), over all its positions, whoever made them.

    `unrealised` is by mark to market; `open_positions` counts the rows that are not flat.
    """

    realised: Decimal
    unrealised: Decimal
    open_positions: int


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


class WriteOutcome(StrEnum):
    """What the outcome of one write (place, cancel, modify) proves (the table in engine.md, "Send")."""

    ACCEPTED = "accepted"
    NOT_SENT = "never_left"
    SESSION_REFUSED = "session_refused"
    WRONG_ADDRESS = "wrong_address"
    REFUSED = "refused"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class PlaceResult:
    """The outcome of one `placeOrder`: what it proves, and the broker's words for the record.

    `order_id` and `unique_id` are set when ACCEPTED only. `text` never holds a secret.
    """

    proof: WriteOutcome
    text: str = ""
    code: str = ""
    order_id: OrderId | None = None
    unique_id: str = ""


@dataclass(frozen=True, slots=True)
class ChangeResult:
    """The outcome of one cancel or modify: what it proves, and the broker's words for the record.

    ACCEPTED says that the request was taken, not that the order is cancelled or changed: the order book tells
    that. UNKNOWN too is settled by the book. `order_id` is set when ACCEPTED only; after a modify it may be a
    new one. `text` never holds a secret.
    """

    proof: WriteOutcome
    text: str = ""
    code: str = ""
    order_id: OrderId | None = None


@dataclass(frozen=True, slots=True)
class RepriceIntent:
    """The journal's durable record that a working copy is about to get another limit price.

    `order` is the whole order as it shall be: the new price, all else as it was sent; `order_id` names it at
    the broker.
    """

    copy_id: int
    follower: ClientId
    order_id: OrderId
    order: OrderToSend
    recorded_at: datetime


class Call(StrEnum):
    """The calls whose rates the broker limits.

    WRITE and EXIT are the same calls at the broker (place, modify, cancel) and share their counters; EXIT keeps
    to the broker's own limits only, WRITE also to the user's tighter cap: an exit is never held back by that.
    """

    BOOK = "book"
    WRITE = "write"
    EXIT = "exit"
    FUNDS = "funds"
    PROFILE = "profile"
    LOG_IN = "log_in"
    SEARCH = "search"
    QUOTE = "quote"
    POSITIONS = "positions"


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

    async def place(self, intent: SendIntent) -> PlaceResult:
        """Post one order, once, and tell what the outcome proves; never raises.

        `intent` is the journal's record of it; an urgent one keeps to the limits of `Call.EXIT`.
        """

    async def cancel(self, order_id: OrderId) -> ChangeResult:
        """Ask once to cancel what is left of an order, and tell what the outcome proves; never raises.

        Counts as a write, within the limits of `Call.EXIT`.
        """

    async def reprice(self, intent: RepriceIntent) -> ChangeResult:
        """Ask once to give a working order another limit price, and tell what the outcome proves; never raises.

        `intent` is the journal's record of it. Counts as a write, within the limits of `Call.EXIT`.
        """

    async def funds(self) -> Funds:
        """Read the account's funds; raises any BrokerError."""

    async def find_token(self, exchange: Exchange, symbol: str) -> str | None:
        """Look up a symbol's token at the broker; None when it does not know the symbol; raises any BrokerError."""

    async def quote(self, exchange: Exchange, token: str) -> Quote:
        """Read what an instrument trades at and its circuits; raises any BrokerError."""

    async def profit(self) -> Profit:
        """Read the day's profit over all positions; raises any BrokerError, BrokerTrouble where a figure is missing."""

    async def egress_ip(self, echo_url: str) -> str:
        """Ask `echo_url` (http or https) which IP address this account's requests leave from; no session is needed.

        The request goes the account's own way (proxy, source address) and tells nothing of the account. The
        service answers with the address as plain text, or as JSON with the key `ip`. Raises BrokerUnreachable
        or BrokerTrouble.
        """

    def ready_in(self, call: Call) -> float:
        """Seconds until the account's own limiter lets `call` through; 0 when it would now."""

    def budget(self) -> Budget:
        """How much of the write limits is used."""

    async def close(self) -> None:
        """Close connections and threads; calls in flight are waited for."""


AccountFactory = Callable[[ClientId], Account]
