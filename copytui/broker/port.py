"""The broker as the engine sees it: one `Account` per client code, typed values in and out.

Reads raise the `BrokerError`s of `copytui.domain.errors`. Placing, cancelling and repricing never raise: they return
what the outcome proves, because "the order may exist" is an outcome too.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

from copytui.domain.copies import SendIntent
from copytui.domain.orders import BookOrder, ClientId, Exchange, OrderId, OrderToSend, Product


@dataclass(frozen=True, slots=True)
class Profile:
    """The account holder's name and the segments that the account may trade."""

    client_id: ClientId
    name: str
    exchanges: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Funds:
    """The account's available funds in rupees (`rmsLimit`); None for a figure that the broker omits."""

    available: Decimal | None
    net: Decimal | None


@dataclass(frozen=True, slots=True)
class Quote:
    """An instrument's last price and circuits, in rupees.

    No order is accepted beyond a circuit. None means that the broker reports no circuit (0 counts as none).
    """

    last_price: Decimal
    lower_circuit: Decimal | None
    upper_circuit: Decimal | None


@dataclass(frozen=True, slots=True)
class Profit:
    """The account's profit of the day in rupees (a loss is negative), over all positions, whatever their origin.

    `unrealised` is marked to market; `open_positions` counts the positions that are not flat.
    """

    realised: Decimal
    unrealised: Decimal
    open_positions: int


@dataclass(frozen=True, slots=True)
class RowProblem:
    """A row that cannot be read: its order id, the reason in a sentence, and its tag, symbol and side, if any.

    The order id is another name of the order where the row has none, the same in every reading. `is_over` says that the
    order has ended, `is_unfilled` that it did so with nothing filled. A row of positions or holdings has no order id.
    Its `symbol` says whose figure is unknown; if it is '', the row may be of any symbol.
    """

    order_id: str
    sentence: str
    tag: str = ""
    symbol: str = ""
    side: str = ""
    is_over: bool = False
    is_unfilled: bool = False


@dataclass(frozen=True, slots=True)
class HeldPosition:
    """One row of `getPosition`: what the account holds of one symbol under one product, whatever its origin.

    `net_quantity` is in units, below 0 when short, and 0 for a position that was closed today. It counts what is
    carried over from earlier days (`carried_*`) and today's trades. The sale of a holding is a DELIVERY position below
    0. Prices are in rupees per unit, profits in rupees. None is a figure that the broker omits or that cannot be read;
    `lot_size` is then 0. `right` is CE, PE or ''; `underlying` may be ''.
    """

    exchange: Exchange
    symbol: str
    token: str | None
    product: Product
    net_quantity: int
    lot_size: int
    bought: int | None = None
    sold: int | None = None
    carried_bought: int | None = None
    carried_sold: int | None = None
    average_price: Decimal | None = None
    last_price: Decimal | None = None
    realised: Decimal | None = None
    unrealised: Decimal | None = None
    underlying: str = ""
    instrument_type: str = ""
    expiry: date | None = None
    strike: Decimal | None = None
    right: str = ""

    @property
    def carried_quantity(self) -> int | None:
        """The net units that are carried over from earlier days; None if the broker does not say."""
        if self.carried_bought is None or self.carried_sold is None:
            return None
        return self.carried_bought - self.carried_sold


@dataclass(frozen=True, slots=True)
class Holding:
    """One row of `getHolding`: shares that the account owned when the day began.

    `quantity` is what can be sold: the settled shares and those bought on the day before (`unsettled` of them). Today's
    sales do not reduce it: they are DELIVERY positions. `authorisedquantity` limits nothing: an account with a power of
    attorney needs no release at the depository. `isin` names the shares on either exchange; it may be ''.
    """

    exchange: Exchange
    symbol: str
    token: str | None
    product: Product
    quantity: int
    unsettled: int | None = None
    average_price: Decimal | None = None
    last_price: Decimal | None = None
    isin: str = ""


@dataclass(frozen=True, slots=True)
class Held:
    """One clean answer to a request for positions or holdings; None for the part that was not requested.

    An answer with `problems` is still valid for the other rows. `profit` is the total over all positions; None if any
    row lacks a figure, and `no_profit` says which. `server_time` is the broker's clock, or None.
    """

    positions: tuple[HeldPosition, ...] | None = None
    holdings: tuple[Holding, ...] | None = None
    problems: tuple[RowProblem, ...] = ()
    server_time: datetime | None = None
    profit: Profit | None = None
    no_profit: str = ""


@dataclass(frozen=True, slots=True)
class BookReading:
    """One clean answer to an order book request.

    `server_time` is the broker's clock (its `Date` header), or None. A reading with `problems` is still valid for the
    rows in `orders`.
    """

    orders: tuple[BookOrder, ...]
    problems: tuple[RowProblem, ...]
    server_time: datetime | None


class WriteOutcome(StrEnum):
    """What the outcome of one write (place, cancel, modify) proves (docs/smartapi.md, 8.2)."""

    ACCEPTED = "accepted"
    NOT_SENT = "never_left"
    SESSION_REFUSED = "session_refused"
    WRONG_ADDRESS = "wrong_address"
    REFUSED = "refused"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class PlaceResult:
    """The outcome of one `placeOrder`: what it proves, and the broker's message for the log.

    `order_id` and `unique_id` are set only if ACCEPTED. `text` never holds a secret.
    """

    outcome: WriteOutcome
    text: str = ""
    code: str = ""
    order_id: OrderId | None = None
    unique_id: str = ""


@dataclass(frozen=True, slots=True)
class ChangeResult:
    """The outcome of one cancel or modify: what it proves, and the broker's message for the log.

    ACCEPTED means that the broker took the request, not that the order is cancelled or changed: only the order book
    shows that. The order book also settles UNKNOWN. `order_id` is set only if ACCEPTED; a modify may change it.
    `text` never holds a secret.
    """

    outcome: WriteOutcome
    text: str = ""
    code: str = ""
    order_id: OrderId | None = None


@dataclass(frozen=True, slots=True)
class RepriceIntent:
    """The journal's durable record that a working copy is about to get a new limit price.

    `order` is the whole order with the new price and everything else as sent; `order_id` is the broker's id.
    """

    copy_id: int
    follower: ClientId
    order_id: OrderId
    order: OrderToSend
    recorded_at: datetime


class Call(StrEnum):
    """The calls that the broker rate-limits.

    WRITE and EXIT are the same calls at the broker (place, modify, cancel) and share their counters. EXIT obeys only
    the broker's limits, WRITE also the user's tighter cap and a reserve of each limit, so that entries never use up
    what an exit needs.
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
    HOLDINGS = "holdings"


@dataclass(frozen=True, slots=True)
class Budget:
    """Usage of the broker's limits on place, modify and cancel, in the last minute and hour.

    `minute_limit` may be the user's own. The reserves are the orders of the broker's limits that entries leave to exits
    and cancels.
    """

    minute_used: int
    minute_limit: int
    hour_used: int
    hour_limit: int
    minute_reserve: int = 0
    hour_reserve: int = 0


class Account(Protocol):
    """One Angel One account. Calls never block the event loop; each account is independent of the others."""

    @property
    def client_id(self) -> ClientId:
        """The account's client code."""

    @property
    def logged_in(self) -> bool:
        """Whether there is a session that the broker has not refused."""

    async def log_in(self) -> Profile:
        """Open a session, with a fresh TOTP code; raises any BrokerError but SessionExpired and BrokerRefused."""

    async def log_out(self) -> None:
        """End the session at the broker and drop the token; failures are ignored."""

    async def order_book(self) -> BookReading:
        """Read the whole day's orders; waits for the account's read limit, raises any BrokerError."""

    async def place(self, intent: SendIntent) -> PlaceResult:
        """Send one order, once, and return what the outcome proves; never raises.

        `intent` is its record in the journal. An urgent one uses the limits of `Call.EXIT`.
        """

    async def cancel(self, order_id: OrderId) -> ChangeResult:
        """Send one cancel for the rest of an order, and return what the outcome proves; never raises.

        Counts as a write, under the limits of `Call.EXIT`.
        """

    async def reprice(self, intent: RepriceIntent) -> ChangeResult:
        """Send one modify with a new limit price, and return what the outcome proves; never raises.

        `intent` is its record in the journal. Counts as a write, under the limits of `Call.EXIT`.
        """

    async def funds(self) -> Funds:
        """Read the account's funds; raises any BrokerError."""

    async def find_token(self, exchange: Exchange, symbol: str) -> str | None:
        """Look up a symbol's token at the broker; None if the symbol is unknown; raises any BrokerError."""

    async def quote(self, exchange: Exchange, token: str) -> Quote:
        """Read an instrument's last price and circuits; raises any BrokerError."""

    async def positions(self) -> Held:
        """Read the positions, and with them the profit of the day; raises any BrokerError.

        Waits for the account's limit of `Call.POSITIONS`.
        """

    async def holdings(self) -> Held:
        """Read the holdings; waits for the account's limit of `Call.HOLDINGS`, raises any BrokerError."""

    async def profit(self) -> Profit:
        """Read the day's profit over all positions; raises any BrokerError, BrokerTrouble if a figure is missing.

        The same request as `positions`, for a caller that needs no more than the profit.
        """

    async def egress_ip(self, echo_url: str) -> str:
        """Return the egress IP of this account, as the service at `echo_url` (http or https) sees it.

        The request uses the account's proxy or source address, needs no session and reveals nothing about the
        account. The service answers with the address as plain text, or as JSON with the key `ip`. Raises
        BrokerUnreachable or BrokerTrouble.
        """

    def ready_in(self, call: Call) -> float:
        """Return the seconds until the account's rate limiter allows `call`; 0 if it does now."""

    def budget(self) -> Budget:
        """Return the usage of the write limits."""

    async def close(self) -> None:
        """Wait for the writes in flight, then close the connections."""
