"""The instruments: index options around the money and a few stocks, and their rows in the instrument list."""

from __future__ import annotations

import calendar
import math
from dataclasses import dataclass
from datetime import date, timedelta

from copytui.sim.scheduler import expiry_text

INSTRUMENT_FILE_PATH = "/OpenAPI_File/files/OpenAPIScripMaster.json"
_TUESDAY = 1


@dataclass(frozen=True, slots=True)
class Instrument:
    """One tradable symbol. Prices are in paise; `freeze` is the largest quantity per order (0: no limit)."""

    exchange: str
    symbol: str
    token: str
    name: str
    lot: int
    tick: int
    freeze: int
    base: int
    lower_circuit: int
    upper_circuit: int
    volatility: float
    kind: str = ""
    option: str = ""
    strike: int = 0
    expiry: str = ""

    @property
    def is_option(self) -> bool:
        """Whether this is an index option rather than a stock."""
        return bool(self.option)


@dataclass(frozen=True, slots=True)
class _Index:
    name: str
    spot: int
    strike_step: int
    lot: int
    freeze: int
    premium: int
    weekly: bool
    first_token: int


_INDICES = (
    _Index("NIFTY", 24500, 50, 65, 1800, 120, True, 41700),
    _Index("BANKNIFTY", 52000, 100, 30, 600, 380, False, 52100),
    _Index("FINNIFTY", 24000, 50, 60, 1800, 160, False, 60400),
)
_STOCKS = (
    ("SBIN-EQ", "3045", 81240),
    ("INFY-EQ", "1594", 154880),
    ("RELIANCE-EQ", "2885", 129650),
    ("TATASTEEL-EQ", "3499", 16105),
)
_STRIKES_EACH_SIDE = 3


def catalogue(today: date) -> tuple[Instrument, ...]:
    """Return all instruments of a day: stocks first, then options by index, strike and side."""
    options = [option for index in _INDICES for option in _options(index, today)]
    return (*(_stock(*row) for row in _STOCKS), *options)


def _stock(symbol: str, token: str, base: int) -> Instrument:
    tick = 1 if base < 25_000 else 5 if base < 100_000 else 10
    return Instrument(
        exchange="NSE",
        symbol=symbol,
        token=token,
        name=symbol.removesuffix("-EQ"),
        lot=1,
        tick=tick,
        freeze=0,
        base=base // tick * tick,
        lower_circuit=base * 9 // 10 // tick * tick,
        upper_circuit=base * 11 // 10 // tick * tick,
        volatility=0.0002,
    )


def _options(index: _Index, today: date) -> list[Instrument]:
    expiry = _coming_tuesday(today) if index.weekly else _last_tuesday(today)
    options = []
    for step in range(-_STRIKES_EACH_SIDE, _STRIKES_EACH_SIDE + 1):
        strike = index.spot + step * index.strike_step
        for side, option in enumerate(("CE", "PE")):
            base = _premium(index, strike, option)
            options.append(
                Instrument(
                    exchange="NFO",
                    symbol=f"{index.name}{expiry_text(expiry, short=True)}{strike}{option}",
                    token=str(index.first_token + 2 * (step + _STRIKES_EACH_SIDE) + side),
                    name=index.name,
                    lot=index.lot,
                    tick=5,
                    freeze=index.freeze,
                    base=base,
                    lower_circuit=5,
                    upper_circuit=base * 4 // 5 * 5,
                    volatility=0.0012,
                    kind="OPTIDX",
                    option=option,
                    strike=strike,
                    expiry=expiry_text(expiry, short=False),
                )
            )
    return options


def _premium(index: _Index, strike: int, option: str) -> int:
    inside = max(0, index.spot - strike if option == "CE" else strike - index.spot)
    distance = (strike - index.spot) / (4 * index.strike_step)
    rupees = inside + index.premium * math.exp(-distance * distance)
    return round(rupees * 20) * 5


def _coming_tuesday(today: date) -> date:
    return today + timedelta(days=(_TUESDAY - today.weekday()) % 7)


def _last_tuesday(today: date) -> date:
    for first in (today.replace(day=1), (today.replace(day=1) + timedelta(days=32)).replace(day=1)):
        last = first.replace(day=calendar.monthrange(first.year, first.month)[1])
        tuesday = last - timedelta(days=(last.weekday() - _TUESDAY) % 7)
        if tuesday >= today:
            return tuesday
    raise AssertionError("the last Tuesday of next month is never in the past")


def instrument_row(instrument: Instrument) -> dict[str, str]:
    """Return the instrument's row in the published list: strings only, prices in paise, a strike of -1 for none."""
    return {
        "token": instrument.token,
        "symbol": instrument.symbol,
        "name": instrument.name,
        "expiry": instrument.expiry,
        "strike": f"{instrument.strike * 100 if instrument.is_option else -1:.6f}",
        "lotsize": str(instrument.lot),
        "instrumenttype": instrument.kind,
        "exch_seg": instrument.exchange,
        "tick_size": f"{instrument.tick:.6f}",
    }
