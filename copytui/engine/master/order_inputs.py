"""What an order needs beside the decision to send it: the symbol's token, lot, tick and circuits.

The book tells most of it; the rest comes from rows seen before, the instrument list and, briefly, the broker.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Protocol

from copytui.broker.port import Account
from copytui.domain.errors import BrokerError
from copytui.domain.events import EventKind, Level
from copytui.domain.executions import Execution, KnownOrder, Origin
from copytui.domain.filters import symbol_refusal
from copytui.domain.orders import BookOrder, Exchange
from copytui.domain.pricing import NO_PRICE_BAND, PriceBand
from copytui.domain.text import clean
from copytui.engine.master.quotes import Quotes
from copytui.engine.state import EngineState
from copytui.settings.model import OpenAtStart

_LOOK_SECONDS = 2.0


class Listed(Protocol):
    """One symbol of the list: `lot_size` in units, `tick` in rupees, both above 0."""

    @property
    def token(self) -> str:
        """The broker's token of the symbol."""

    @property
    def lot_size(self) -> int:
        """Units a lot."""

    @property
    def tick(self) -> Decimal:
        """The smallest step of its price."""


class Instruments(Protocol):
    """The list. It may come late, or never; asking it takes microseconds and never waits."""

    @property
    def trouble(self) -> str | None:
        """Why it is not today's, in a sentence; None where nothing is wrong."""

    def find(self, exchange: Exchange, symbol: str) -> Listed | None:
        """Return what the list says of a symbol; None where it does not tell."""

    async def run(self) -> None:
        """Load it and keep it today's, until cancelled."""


class NoInstruments:
    """No list at all."""

    trouble: str | None = None

    def find(self, exchange: Exchange, symbol: str) -> Listed | None:
        """Find nothing."""

    async def run(self) -> None:
        """Wait for nothing, until cancelled."""
        await asyncio.Event().wait()


def completed(order: BookOrder, instruments: Instruments, tokens: Mapping[tuple[Exchange, str], str]) -> BookOrder:
    """Return a master's row with the lot size and the token that the broker left out of it, as far as known.

    `tokens` are those that other rows have told.
    """
    if order.lot_size > 0 and order.token:
        return order
    listed = instruments.find(order.exchange, order.symbol)
    token = order.token or tokens.get((order.exchange, order.symbol)) or (listed.token if listed else None)
    lot = order.lot_size or (listed.lot_size if listed else 0)
    return replace(order, token=token, lot_size=lot)


def tick_band(instruments: Instruments, exchange: Exchange, symbol: str) -> PriceBand:
    """Return what the list tells of a symbol's prices: its tick."""
    listed = instruments.find(exchange, symbol)
    return NO_PRICE_BAND if listed is None else PriceBand(tick=listed.tick)


async def tell_trouble(state: EngineState, instruments: Instruments) -> None:
    """Tell once that the list is not today's, and when it is again; runs until cancelled."""
    told = False
    while True:
        trouble = instruments.trouble
        if trouble is not None and not told:
            state.emit(Level.WARN, EventKind.PROGRAM, "copytui", clean(trouble))
        elif trouble is None and told:
            state.emit(Level.INFO, EventKind.PROGRAM, "copytui", "the instrument list is today's again")
        told = trouble is not None
        await state.clock.wait(asyncio.Event(), _LOOK_SECONDS)


_TOKEN_SECONDS = 3.0


class OrderInputs:
    """Finds them, ahead of time where that can be known."""

    def __init__(self, state: EngineState, master: Account, quotes: Quotes, instruments: Instruments) -> None:
        """Work on `state`; `master` is asked for tokens that neither its own book nor `instruments` tell."""
        self._state = state
        self._master = master
        self._quotes = quotes
        self._instruments = instruments
        self._tokens: dict[tuple[Exchange, str], str] = {}

    def note(self, row: BookOrder) -> None:
        """Keep the token that a row of the master's tells."""
        if row.token:
            self._tokens[row.exchange, row.symbol] = row.token

    def completed(self, execution: Execution) -> Execution:
        """Return an execution with the lot size and the token that the broker left out of its row."""
        return replace(execution, order=completed(execution.order, self._instruments, self._tokens))

    def price_band(self, execution: Execution) -> PriceBand:
        """Return where the exchange takes prices of the symbol, as far as that is at hand."""
        exchange, symbol = execution.order.exchange, execution.order.symbol
        return self._quotes.price_band(exchange, symbol, tick_band(self._instruments, exchange, symbol))

    def prefetch(self, known: KnownOrder) -> None:
        """Have the quote at hand of an order that has just come up open, for when it executes."""
        order, ignored = known.order, self._state.settings.master.open_orders_at_start is OpenAtStart.IGNORE
        mine = known.origin is Origin.OWN or (known.origin is Origin.OPEN_AT_START and ignored)
        token = self._token_at_hand(order)
        if token and not order.order_status.is_final and not mine and self._sends(order):
            self._quotes.want(order.exchange, order.symbol, token)

    def fetch_now(self, execution: Execution) -> None:
        """Ask now for the quote of what is about to be sent as a protected limit; others are decided on meanwhile."""
        order = execution.order
        token = self._token_at_hand(order)
        if token and self._state.settings.orders.protects(order) and self._sends(order):
            self._quotes.fetch_now(order.exchange, order.symbol, token, execution.price)

    async def gather(self, execution: Execution) -> str | None:
        """Wait briefly for what the broker has to tell before a copy is sent; return the token, None without one."""
        order, token = execution.order, await self._token(execution)
        if token is not None and self._state.settings.orders.protects(order):
            await self._quotes.wait_for(order.exchange, order.symbol, token, execution.price)
        return token

    async def _token(self, execution: Execution) -> str | None:
        """Return the symbol's token: the row's, one seen before, the list's, or one asked from the broker, briefly."""
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
        """Tell whether copies of an order could leave as things stand; a quote is of no use else."""
        rules = self._state.rules
        held = rules.dry_run or rules.paused or rules.halted_because is not None
        return not held and symbol_refusal(rules.filters, order.symbol) is None
