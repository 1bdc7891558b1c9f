"""Derivative contracts: what a row, the instrument list or a symbol's text say of underlying, expiry, strike and right.

The row's own fields come first, the instrument list second (docs/smartapi.md, section 9.1). The text is the last
resort, because every exchange writes it in its own way and most of it is digits: `360ONE26DEC1260CE` of BFO is a
contract of December 2026 with the strike 1260, and no contract of 26 December 2012. So the text says only what all its
possible readings agree on, and an expiry that it alone says is never enough to forget a position.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from typing import Final, TypeVar

T = TypeVar("T")

_MONTHS: Final = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_MONTH: Final = "|".join(_MONTHS)
_YEARS: Final = range(2020, 2045)
"""The years of a credible expiry: the conventions are of this decade, and no contract runs for twenty years."""
_WITH_WEEKLIES: Final = frozenset({"SENSEX", "SENSEX50", "BANKEX"})
"""BSE's indices, whose weekly symbols are nearly all digits: a reading with such a name is the right one."""
_CASH: Final = frozenset({"NSE", "BSE"})
_CACHED: Final = 8192


class Right(StrEnum):
    """What a contract is: a call, a put or a future."""

    CE = "CE"
    PE = "PE"
    FUT = "FUT"


@dataclass(frozen=True, slots=True)
class Contract:
    """A derivative, as far as it is known: None is unknown. `strike` is in rupees, None for a future."""

    underlying: str | None = None
    expiry: date | None = None
    strike: Decimal | None = None
    right: Right | None = None

    @property
    def is_option(self) -> bool:
        """Whether it is a call or a put."""
        return self.right in (Right.CE, Right.PE)

    @property
    def is_complete(self) -> bool:
        """Whether nothing is left to look up."""
        strike_known = self.right is Right.FUT or self.strike is not None
        return None not in (self.underlying, self.expiry, self.right) and strike_known


@dataclass(frozen=True, slots=True)
class _Reading:
    """One way to read a symbol's text; `day` is None where the text has the month only."""

    underlying: str
    year: int
    month: int
    day: int | None
    strike: Decimal | None
    right: Right

    @property
    def last_day(self) -> date:
        """The last day on which the contract can expire by this reading."""
        return date(self.year, self.month, self.day or calendar.monthrange(self.year, self.month)[1])

    def expires_on(self, day: date) -> bool:
        return (self.year, self.month) == (day.year, day.month) and self.day in (None, day.day)


_ENDS: Final = re.compile(r"(?P<body>.*[0-9A-Z])(?P<right>CE|PE|FUT)")
_STRIKE: Final = r"(?P<strike>[1-9][0-9]*(?:\.[0-9]+)?)?$"
# Every pattern is tried at every position: digits before the date may belong to the name.
_DATED: Final = re.compile(rf"(?=(?P<day>[0-9]{{2}})(?P<month>{_MONTH})(?P<year>[0-9]{{2}}){_STRIKE})")
_MONTHLY: Final = re.compile(rf"(?=(?P<year>[0-9]{{2}})(?P<month>{_MONTH}){_STRIKE})")
_WEEKLY: Final = re.compile(rf"(?=(?P<year>[0-9]{{2}})(?P<month>[1-9OND])(?P<day>[0-9]{{2}}){_STRIKE})")
_EVERY: Final = (_DATED, _MONTHLY, _WEEKLY)
_OF_BFO: Final = (_MONTHLY, _WEEKLY)
_OF_OTHERS: Final = (_DATED,)


def _own(exchange: str) -> tuple[re.Pattern[str], ...]:
    """Return how an exchange writes its contracts: NFO NAME DD MMM YY STRIKE, BFO NAME YY MMM (or M DD) STRIKE."""
    return _OF_BFO if exchange == "BFO" else _OF_OTHERS


@lru_cache(maxsize=_CACHED)
def _readings(symbol: str, patterns: tuple[re.Pattern[str], ...]) -> tuple[_Reading, ...]:
    """Return every credible way to read a symbol in upper case."""
    ends = _ENDS.fullmatch(symbol)
    if ends is None:
        return ()
    body, right = ends["body"], Right(ends["right"])
    found = [_reading(body[: match.start()], match, right) for pattern in patterns for match in pattern.finditer(body)]
    credible = tuple(each for each in found if each is not None)
    return tuple(each for each in credible if each.underlying in _WITH_WEEKLIES) or credible


def _reading(name: str, match: re.Match[str], right: Right) -> _Reading | None:
    parts = match.groupdict()
    strike = parts["strike"]
    year, month = 2000 + int(parts["year"]), _month(parts["month"])
    day = int(parts["day"]) if parts.get("day") else None
    is_name = any(letter.isalpha() for letter in name) and " " not in name
    if not is_name or year not in _YEARS or (strike is None) is not (right is Right.FUT):
        return None
    if day is not None and not 1 <= day <= calendar.monthrange(year, month)[1]:
        return None
    return _Reading(name, year, month, day, Decimal(strike) if strike else None, right)


def _month(text: str) -> int:
    if text in _MONTHS:
        return 1 + _MONTHS.index(text)
    return int(text) if text.isdigit() else 10 + "OND".index(text)


def _agreed(readings: Iterable[_Reading], fact: Callable[[_Reading], T | None]) -> T | None:
    """Return what all readings say; None where they differ, or there is none."""
    said = {fact(reading) for reading in readings}
    return said.pop() if len(said) == 1 else None


@lru_cache(maxsize=_CACHED)
def from_text(exchange: str, symbol: str) -> Contract | None:
    """Return what a symbol's text says without doubt; None for a share, or a text that says nothing.

    The exchange's own convention decides. A symbol that does not follow it gives its underlying and right at most.
    """
    symbol = symbol.strip().upper()
    if exchange in _CASH:
        return None
    own = _readings(symbol, _own(exchange))
    readings = own or _readings(symbol, _EVERY)
    underlying, right = _agreed(readings, lambda r: r.underlying), _agreed(readings, lambda r: r.right)
    if right is None:
        right = _right_by_text(symbol)
    if right is None:
        return None
    expiry = _agreed(own, lambda r: r.last_day if r.day is not None else None)
    return Contract(underlying, expiry, _agreed(own, lambda r: r.strike), right)


def _right_by_text(symbol: str) -> Right | None:
    ends = _ENDS.fullmatch(symbol)
    is_dated = ends is not None and (ends["body"][-1].isdigit() or ends["body"].endswith(_MONTHS))
    return Right(ends["right"]) if ends is not None and is_dated else None


@lru_cache(maxsize=_CACHED)
def from_row(
    exchange: str,
    symbol: str,
    *,
    expiry: str = "",
    strike: Decimal | None = None,
    option_type: str = "",
    instrument_type: str = "",
    name: str = "",
) -> Contract | None:
    """Return the contract that a row's fields, or an entry of the instrument list, describe; None for a share.

    The order book has no field for the underlying: it is the symbol without the date, strike and right of the fields.
    `name` is the list's own field for it. Strike and right are read from the text where the fields lack them; the
    expiry never is.
    """
    symbol = symbol.strip().upper()
    if exchange in _CASH:
        return None
    day, right = read_expiry(expiry), _right(option_type, instrument_type)
    strike = strike if strike is not None and strike > 0 and right is not Right.FUT else None
    own = _readings(symbol, _own(exchange))
    readings: Sequence[_Reading] = own or _readings(symbol, _EVERY)
    fitting: Sequence[_Reading] = own
    if day is not None:
        readings = _readings(symbol, _EVERY)
        fitting = [reading for reading in readings if reading.expires_on(day)]
    if strike is not None:
        fitting = [reading for reading in fitting if reading.strike == strike] or fitting
    underlying = (
        _agreed(fitting, lambda r: r.underlying) or name.strip().upper() or _agreed(readings, lambda r: r.underlying)
    )
    right = right or _agreed(readings, lambda r: r.right) or _right_by_text(symbol)
    if strike is None and right is not Right.FUT:
        strike = _agreed(fitting, lambda r: r.strike)
    found = Contract(underlying, day, strike, right)
    return None if found == Contract() else found


def _right(option_type: str, instrument_type: str) -> Right | None:
    option = option_type.strip().upper()
    if option in (Right.CE, Right.PE):
        return Right(option)
    return Right.FUT if instrument_type.strip().upper().startswith("FUT") else None


def read_expiry(text: str) -> date | None:
    """Return the date written as `31DEC2026`, `31-Dec-2026` or `2026-12-31`; None for anything else."""
    text = text.strip().upper()
    found = re.fullmatch(rf"(\d{{1,2}})-?({_MONTH})-?(\d{{4}})", text, re.ASCII)
    try:
        day = date(int(found[3]), _month(found[2]), int(found[1])) if found else date.fromisoformat(text)
    except ValueError:
        return None
    return day if day.year in _YEARS else None


def merged(first: Contract | None, second: Contract | None) -> Contract | None:
    """Return what the row (`first`) and the instrument list (`second`) say together.

    A row without an expiry had no fields to go by, so the list then wins over what was read from the row's text.
    """
    if first is None or second is None:
        return first or second
    if first.expiry is None:
        first, second = second, first
    return Contract(
        first.underlying or second.underlying,
        first.expiry,
        second.strike if first.strike is None and first.right is not Right.FUT else first.strike,
        first.right or second.right,
    )


def underlying_of(exchange: str, symbol: str, known: Contract | None) -> str | None:
    """Return the underlying, in upper case: of the contract that is known, else by the text; None for a share."""
    if known is not None and known.underlying is not None:
        return known.underlying
    said = from_text(exchange, symbol)
    return said.underlying if said is not None else None


def right_of(exchange: str, symbol: str, known: Contract | None) -> Right | None:
    """Return the right of the contract that is known, else by the text; None for a share."""
    if known is not None and known.right is not None:
        return known.right
    said = from_text(exchange, symbol)
    return said.right if said is not None else None


def strike_words(exchange: str, symbol: str, known: Contract | None) -> str:
    """Return the strike and right with which an option's symbol ends (`85000CE`); '' where that is not clear."""
    contract = known if known is not None and known.strike is not None else from_text(exchange, symbol)
    if contract is None or contract.strike is None or not contract.is_option:
        return ""
    # A strike of 422.5 may be written 422.50.
    words = re.search(rf"{re.escape(format(contract.strike.normalize(), 'f'))}(?:\.?0+)?(?:CE|PE)$", symbol.upper())
    return words[0] if words is not None else ""


def is_past_by_text(exchange: str, symbol: str, day: date) -> bool:
    """Tell whether a contract had expired before `day` by every reading of its text; False where it says no date."""
    own = () if exchange in _CASH else _readings(symbol.strip().upper(), _own(exchange))
    return bool(own) and all(reading.last_day < day for reading in own)
