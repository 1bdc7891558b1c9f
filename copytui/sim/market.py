"""Prices that move: a seeded random walk an instrument, pulled gently back to where it began."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass, replace

from copytui.sim.instruments import Instrument

STEP_SECONDS = 0.25
_PULL = 0.002


@dataclass(slots=True)
class Quote:
    """The day of one instrument so far, in paise. `still`: its price moves by trades alone."""

    instrument: Instrument
    last: int
    open: int
    high: int
    low: int
    level: float
    still: bool = False

    def trade(self, price: int) -> None:
        """Trade at `price`: the walk goes on from there."""
        self.level = float(price)
        self._print(price)

    def move(self, shock: float) -> None:
        """One step of the walk; `shock` is a standard normal deviate."""
        if self.still:
            return
        instrument = self.instrument
        pull = _PULL * (instrument.base - self.level)
        self.level += pull + shock * instrument.volatility * max(self.level, instrument.base / 4)
        ticks = round(self.level / instrument.tick)
        price = min(max(ticks * instrument.tick, instrument.lower_circuit), instrument.upper_circuit)
        self.level = min(max(self.level, instrument.lower_circuit), instrument.upper_circuit)
        self._print(price)

    def _print(self, price: int) -> None:
        self.last = price
        self.high = max(self.high, price)
        self.low = min(self.low, price)


class Market:
    """All quotes of the day, moved together, one step at a time."""

    def __init__(self, seed: int, instruments: Iterable[Instrument]) -> None:
        instruments = tuple(instruments)
        self.steps = 0
        self._rng = random.Random(f"{seed}:market")
        self._quotes = {i.symbol: Quote(i, i.base, i.base, i.base, i.base, float(i.base)) for i in instruments}

    @property
    def instruments(self) -> tuple[Instrument, ...]:
        """All that is traded, with today's circuits."""
        return tuple(quote.instrument for quote in self._quotes.values())

    def set_circuits(self, symbol: str, lower: int, upper: int) -> None:
        """Give an instrument other circuits, in paise; ValueError where nothing could trade between them."""
        if not 0 < lower < upper:
            raise ValueError(f"circuits: 0 < {lower} < {upper} does not hold")
        quote = self._quotes[symbol]
        quote.instrument = replace(quote.instrument, lower_circuit=lower, upper_circuit=upper)

    def step(self) -> None:
        """Move every price once."""
        self.steps += 1
        for quote in self._quotes.values():
            quote.move(self._rng.gauss(0.0, 1.0))

    def quote(self, instrument: Instrument) -> Quote:
        """Return the day of one instrument."""
        return self._quotes[instrument.symbol]

    def last(self, instrument: Instrument) -> int:
        """Return the last traded price, in paise."""
        return self._quotes[instrument.symbol].last

    def find(self, symbol: str, exchange: str | None = None, token: str | None = None) -> Instrument | None:
        """Return the instrument of that name; None when unknown, or when exchange or token name another one."""
        quote = self._quotes.get(symbol)
        if quote is None:
            return None
        instrument = quote.instrument
        if exchange is not None and instrument.exchange != exchange:
            return None
        if token is not None and instrument.token != token:
            return None
        return instrument

    def by_token(self, exchange: str, token: str) -> Instrument | None:
        """Return the instrument of that token."""
        return next((i for i in self.instruments if (i.exchange, i.token) == (exchange, token)), None)
