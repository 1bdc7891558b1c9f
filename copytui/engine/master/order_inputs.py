"""Order inputs: the symbol's token, lot, tick and circuits, needed besides the decision to send an order.

Most come from the order book; the rest from earlier rows, the instrument list and, with a short wait, the broker.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Protocol

from copytui.broker.port import Account
from copytui.domain.contracts import Contract, merged
from copytui.domain.errors import BrokerError
from copytui.domain.events import EventKind, Level
from copytui.domain.executions import Execution, KnownOrder, Origin
from copytui.domain.filter_rules import subject_of
from copytui.domain.filters import symbol_refusal
from copytui.domain.orders import CASH, BookOrder, Exchange
from copytui.domain.positions import closable, position_key
from copytui.domain.pricing import NO_PRICE_BAND, PriceBand
from copytui.domain.text import clean
from copytui.engine.controls import learn_expiry
from copytui.engine.master.quotes import Quotes
from copytui.engine.state import EngineState
from copytui.settings.model import OpenAtStart

_LOOK_SECONDS = 2.0


class Listed(Protocol):
    """One symbol of the instrument list: `lot_size` in units, `tick` in rupees, both above 0."""

    @property
    def token(self) -> str:
        """The broker's token of the symbol."""

    @property
    def lot_size(self) -> int:
        """Units per lot."""

    @property
    def tick(self) -> Decimal:
        """The smallest step of its price."""

    @property
    def contract(self) -> Contract | None:
        """What it is as a derivative; None for a share."""


class Instruments(Protocol):
    """The instrument list. It may load late, or never; a lookup takes microseconds and never waits."""

    @property
    def trouble(self) -> str | None:
        """Why it is not today's list, as a sentence; None where nothing is wrong."""

    def find(self, exchange: Exchange, symbol: str) -> Listed | None:
        """Return a symbol's entry; None where there is none."""

    def has_derivatives(self, symbol: str) -> bool | None:
        """Return whether a share has derivatives; None where there is no list."""

    async def run(self) -> None:
        """Load the list and keep it up to date, until cancelled."""


class NoInstruments:
    """An empty instrument list."""

    trouble: str | None = None

    def find(self, exchange: Exchange, symbol: str) -> Listed | None:
        """Find nothing."""

    def has_derivatives(self, symbol: str) -> bool | None:
        """Know of no share."""

    async def run(self) -> None:
        """Wait until cancelled."""
        await asyncio.Event().wait()


def completed(order: BookOrder, instruments: Instruments, tokens: Mapping[tuple[Exchange, str], str]) -> BookOrder:
    """Return a master's row with the lot size, token and contract that the broker omitted, where known.

    `tokens` are those of other rows.
    """
    is_known = order.exchange in CASH or (order.contract is not None and order.contract.is_complete)
    if order.lot_size > 0 and order.token and is_known:
        return order
    listed = instruments.find(order.exchange, order.symbol)
    token = order.token or tokens.get((order.exchange, order.symbol)) or (listed.token if listed else None)
    lot = order.lot_size or (listed.lot_size if listed else 0)
    contract = merged(order.contract, listed.contract if listed else None)
    return replace(order, token=token, lot_size=lot, contract=contract)


def tick_band(instruments: Instruments, exchange: Exchange, symbol: str) -> PriceBand:
    """Return a symbol's tick, from the instrument list, as a price band without circuits."""
    listed = instruments.find(exchange, symbol)
    return NO_PRICE_BAND if listed is None else PriceBand(tick=listed.tick)


async def report_list_trouble(state: EngineState, instruments: Instruments) -> None:
    """Report when the list is not today's, and when it is again; runs until cancelled."""
    is_reported = False
    while True:
        trouble = instruments.trouble
        if trouble is not None and not is_reported:
            state.emit(Level.WARN, EventKind.PROGRAM, "copytui", clean(trouble))
        elif trouble is None and is_reported:
            state.emit(Level.INFO, EventKind.PROGRAM, "copytui", "the instrument list is today's again")
        is_reported = trouble is not None
        await state.clock.wait(asyncio.Event(), _LOOK_SECONDS)


_TOKEN_SECONDS = 3.0


class OrderInputs:
    """Finds the order inputs, ahead of time where possible."""

    def __init__(self, state: EngineState, master: Account, quotes: Quotes, instruments: Instruments) -> None:
        """Use `state`; `master` looks up tokens that neither its order book nor `instruments` has."""
        self._state = state
        self._master = master
        self._quotes = quotes
        self._instruments = instruments
        self._tokens: dict[tuple[Exchange, str], str] = {}

    def note(self, row: BookOrder) -> None:
        """Remember the token of a master's row."""
        if row.token:
            self._tokens[row.exchange, row.symbol] = row.token

    def learn_expiries(self) -> None:
        """Look up the contracts that are held and whose rows did not say when they expire."""
        for exchange, symbol in self._state.positions.without_expiry():
            listed = self._instruments.find(exchange, symbol)
            if listed is not None and listed.contract is not None:
                learn_expiry(self._state, exchange, symbol, listed.contract.expiry)

    def completed(self, execution: Execution) -> Execution:
        """Return an execution with the lot size, token and contract that the broker omitted from its row."""
        return replace(execution, order=completed(execution.order, self._instruments, self._tokens))

    def price_band(self, execution: Execution) -> PriceBand:
        """Return the symbol's price band, as far as it is known without a request."""
        exchange, symbol = execution.order.exchange, execution.order.symbol
        return self._quotes.price_band(exchange, symbol, tick_band(self._instruments, exchange, symbol))

    def prefetch(self, known: KnownOrder) -> None:
        """Request the quote of a new open order in the background, for when it executes."""
        order, ignored = known.order, self._state.settings.master.open_orders_at_start is OpenAtStart.IGNORE
        token = self._token_at_hand(order)
        ignored_entry = known.origin is Origin.OPEN_AT_START and ignored and not self._may_close(order)
        is_left_out = known.origin is Origin.OWN or ignored_entry
        if token and not order.order_status.is_final and not is_left_out and self._sends(order):
            self._quotes.want(order.exchange, order.symbol, token)

    def fetch_now(self, execution: Execution) -> None:
        """Request the quote for a protected limit at once, while other executions are decided."""
        order = execution.order
        token = self._token_at_hand(order)
        if token and self._state.settings.orders.protects(order) and self._sends(order):
            self._quotes.fetch_now(order.exchange, order.symbol, token, execution.price)

    async def gather(self, execution: Execution) -> str | None:
        """Wait briefly for the inputs that come from the broker; returns the token, None without one."""
        order, token = execution.order, await self._token(execution)
        if token is not None and self._state.settings.orders.protects(order):
            await self._quotes.wait_for(order.exchange, order.symbol, token, execution.price)
        return token

    async def last_price(self, execution: Execution) -> Decimal | None:
        """Request a fresh quote and return its last price in rupees; None where the broker gives none in time."""
        order, token = execution.order, await self._token(execution)
        quote = None if token is None else await self._quotes.fresh(order.exchange, order.symbol, token)
        return None if quote is None or quote.last_price <= 0 else quote.last_price

    async def _token(self, execution: Execution) -> str | None:
        """Return the token: from the row, an earlier row, the list, or a short request to the broker."""
        order = execution.order
        token = self._token_at_hand(order)
        if token is None:
            try:
                async with asyncio.timeout(_TOKEN_SECONDS):
                    token = await self._master.find_token(order.exchange, order.symbol)
            except (BrokerError, TimeoutError) as error:
                why = str(error) or "no answer in time"
                text = f"the token of {order.symbol} could not be looked up: {why}"
                self._state.emit(Level.WARN, EventKind.WATCH, "master", text, execution=execution)
        if token is not None:
            self._tokens[order.exchange, order.symbol] = token
        return token

    def _token_at_hand(self, order: BookOrder) -> str | None:
        return completed(order, self._instruments, self._tokens).token

    def _sends(self, order: BookOrder) -> bool:
        """Return whether copies of an order could leave right now; otherwise a quote is useless."""
        rules = self._state.rules
        held = rules.dry_run or rules.paused or rules.halted_because is not None
        return not held and (
            self._may_close(order) or symbol_refusal(rules.filters, subject_of(order, self._state.today)) is None
        )

    def _may_close(self, order: BookOrder) -> bool:
        """Return whether an order would close something of the master's: filters do not hold back its copies."""
        held = self._state.positions.held((self._state.master_id, position_key(order))).quantity
        return bool(closable(held, order.side))
