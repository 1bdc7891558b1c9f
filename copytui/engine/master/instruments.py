"""The broker's instrument list, as the engine uses it: ticks, lots and tokens that an order book does not tell.

Nothing depends on it: as long as a symbol is not found, the rules do with what the book says.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Protocol

from copytui.domain.events import EventKind, Level
from copytui.domain.orders import BookOrder, Exchange
from copytui.domain.pricing import NO_BOUNDS, Bounds
from copytui.domain.text import clean
from copytui.engine.state import Desk

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


def tick_bounds(instruments: Instruments, exchange: Exchange, symbol: str) -> Bounds:
    """Return what the list tells of a symbol's prices: its tick."""
    listed = instruments.find(exchange, symbol)
    return NO_BOUNDS if listed is None else Bounds(tick=listed.tick)


async def tell_trouble(desk: Desk, instruments: Instruments) -> None:
    """Tell once that the list is not today's, and when it is again; runs until cancelled."""
    told = False
    while True:
        trouble = instruments.trouble
        if trouble is not None and not told:
            desk.tell(Level.WARN, EventKind.PROGRAM, "copytui", clean(trouble))
        elif trouble is None and told:
            desk.tell(Level.INFO, EventKind.PROGRAM, "copytui", "the instrument list is today's again")
        told = trouble is not None
        await desk.clock.wait(asyncio.Event(), _LOOK_SECONDS)
