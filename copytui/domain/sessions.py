"""Sessions: when an order can trade, by market, in Indian time.

An order that reaches the broker after the close may become an order of the next day (AMO), so outside of its session
nothing is sent (docs/copying-rules.md, "Sessions"). The exchanges' holidays are not known here: the user may list them,
and an order that the exchange does not take comes back rejected.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Final, NamedTuple

from copytui.domain.day import IST
from copytui.domain.orders import CASH, Exchange
from copytui.domain.reasons import Reason

AS_OF: Final = date(2026, 8, 3)
"""The day from which the built-in table holds."""
SOURCE: Final = "SEBI's circular HO/47/11/11(3)2025-MRD-POD2/I/2765/2026 of 16 January 2026, and the exchanges' pages"
ARRIVES_WITHIN: Final = timedelta(seconds=3)
"""An order that is sent later than this before the close may arrive after it."""

_TIME: Final = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]"
_HOURS: Final = rf"{_TIME}-{_TIME}"
_PART: Final = rf"(?:auction )?{_HOURS}"
SESSION_PATTERN: Final = rf"{_PART}(?:, {_PART})*"
_DAY: Final = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
SPECIAL_DAY_PATTERN: Final = rf"{_DAY}(?: {_HOURS})?"
_AUCTION: Final = "auction "


class Market(StrEnum):
    """A market with hours of its own."""

    CASH = "cash"
    CASH_WITH_DERIVATIVES = "cash_with_derivatives"
    NFO = "nfo"
    BFO = "bfo"
    CDS = "cds"
    MCX = "mcx"
    NCDEX = "ncdex"


_NAMES: Final = {Market.CASH: "shares", Market.CASH_WITH_DERIVATIVES: "shares with derivatives"}
_MARKETS: Final = {
    Exchange.NFO: Market.NFO,
    Exchange.BFO: Market.BFO,
    Exchange.CDS: Market.CDS,
    Exchange.MCX: Market.MCX,
    Exchange.NCO: Market.MCX,
    Exchange.NCDEX: Market.NCDEX,
}


def markets_of(exchange: Exchange, *, has_derivatives: bool | None = None) -> tuple[Market, ...]:
    """Return the market of a symbol; both of shares where it is not known whether the share has derivatives."""
    if exchange not in CASH:
        return (_MARKETS[exchange],)
    if has_derivatives is None:
        return (Market.CASH, Market.CASH_WITH_DERIVATIVES)
    return (Market.CASH_WITH_DERIVATIVES if has_derivatives else Market.CASH,)


class Hours(NamedTuple):
    """From `start` to `end` (excluded)."""

    start: time
    end: time

    @property
    def words(self) -> str:
        """The hours in words."""
        return f"{self.start:%H:%M} to {self.end:%H:%M}"

    def __str__(self) -> str:
        """Return the hours as the settings write them."""
        return f"{self.start:%H:%M}-{self.end:%H:%M}"


@dataclass(frozen=True, slots=True)
class Session:
    """A market's day: when it trades continuously, and when it is in an auction."""

    trading: tuple[Hours, ...]
    auctions: tuple[Hours, ...] = ()

    def __str__(self) -> str:
        """Return the session as the settings write it."""
        return ", ".join([*map(str, self.trading), *(f"{_AUCTION}{hours}" for hours in self.auctions)])


class SpecialDay(NamedTuple):
    """A day on which the markets trade though it is a weekend or a holiday; at `hours`, or as on every day (None)."""

    day: date
    hours: Hours | None = None

    def __str__(self) -> str:
        """Return the day as the settings write it."""
        return f"{self.day}" if self.hours is None else f"{self.day} {self.hours}"


def read_session(text: str) -> Session | None:
    """Return a session such as `09:15-15:15, auction 15:15-15:35`; None for any other text.

    It has trading hours, and no two of its parts overlap.
    """
    if not re.fullmatch(SESSION_PATTERN, text):
        return None
    parts = [(part.startswith(_AUCTION), _hours(part.removeprefix(_AUCTION))) for part in text.split(", ")]
    in_order = sorted(hours for _is_auction, hours in parts)
    if any(hours.end <= hours.start for hours in in_order):
        return None
    if any(later.start < earlier.end for earlier, later in pairwise(in_order)):
        return None
    trading = tuple(hours for is_auction, hours in parts if not is_auction)
    return Session(trading, tuple(hours for is_auction, hours in parts if is_auction)) if trading else None


def read_special_day(text: str) -> SpecialDay | None:
    """Return a day such as `2026-11-08` or `2026-11-08 18:00-19:00`; None for any other text."""
    if not re.fullmatch(SPECIAL_DAY_PATTERN, text):
        return None
    day, _, rest = text.partition(" ")
    hours = _hours(rest) if rest else None
    try:
        found = SpecialDay(date.fromisoformat(day), hours)
    except ValueError:
        return None
    return None if hours is not None and hours.end <= hours.start else found


def _hours(text: str) -> Hours:
    start, _, end = text.partition("-")
    return Hours(time.fromisoformat(start), time.fromisoformat(end))


class Closed(NamedTuple):
    """Why an order cannot trade: AUCTION or MARKET_CLOSED, and a sentence."""

    reason: Reason
    sentence: str


@dataclass(frozen=True, slots=True)
class SessionTable:
    """The session of each market, None for one that is not guarded.

    `mcx_winter` holds in the place of `mcx` while the United States are on standard time. `holidays` are days without
    any session, as far as the user has listed them; `special_days` wins over them and over the weekend.
    """

    cash: Session | None = None
    cash_with_derivatives: Session | None = None
    nfo: Session | None = None
    bfo: Session | None = None
    cds: Session | None = None
    mcx: Session | None = None
    mcx_winter: Session | None = None
    ncdex: Session | None = None
    holidays: tuple[date, ...] = ()
    special_days: tuple[SpecialDay, ...] = ()

    @property
    def guards(self) -> bool:
        """Whether any market is guarded at all."""
        guarded = (self.cash, self.cash_with_derivatives, self.nfo, self.bfo, self.cds, self.mcx, self.ncdex)
        return guarded != _NOTHING

    def closed(self, markets: Sequence[Market], at: datetime) -> Closed | None:
        """Return why an order in one of these `markets` cannot trade `at` a moment (aware); None when it can.

        Of several markets the symbol may be in any, so it must be able to trade in each.
        """
        found = [no for market in markets if (no := self._closed(market, at)) is not None]
        if not found or len(found) == len(markets):
            return found[0] if found else None
        doubt = "; it is not known whether this share has derivatives"
        return found[0]._replace(sentence=found[0].sentence + doubt)

    def executed_in_auction(self, markets: Iterable[Market], at: datetime) -> Closed | None:
        """Return the refusal of what executed `at` a moment, if that was in an auction of each of these markets."""
        here = at.astimezone(IST)
        found = [_within(self._auctions(market, here.date()), here.time()) for market in markets]
        if not found or found[0] is None or None in found:
            return None
        return Closed(Reason.AUCTION, f"it executed in an auction ({found[0].words})")

    def _closed(self, market: Market, at: datetime) -> Closed | None:
        here = at if at.tzinfo is IST else at.astimezone(IST)
        day, now = here.date(), here.time()
        usual = self._usual(market, day)
        if usual is None:
            return None
        if (why := self._no_session(day)) is not None:
            return Closed(Reason.MARKET_CLOSED, f"the market is closed: {why}")
        trading = self._trading(usual, day)
        trades = _within(trading, now) is not None
        if trades and _within(trading, (here + ARRIVES_WITHIN).time()) is not None:
            return None
        if not trades and _within(self._auctions(market, day), now) is not None:
            return Closed(Reason.AUCTION, f"an auction is on: {_words(market, trading)}")
        state = "about to close" if trades else "closed"
        return Closed(Reason.MARKET_CLOSED, f"the market is {state}: {_words(market, trading)}")

    def _usual(self, market: Market, day: date) -> Session | None:
        """Return a market's session of an ordinary day."""
        if market is Market.MCX and self.mcx is not None and is_winter(day):
            return self.mcx_winter or self.mcx
        session: Session | None = getattr(self, market)
        return session

    def _special(self, day: date) -> SpecialDay | None:
        return next((each for each in self.special_days if each.day == day), None)

    def _trading(self, usual: Session, day: date) -> tuple[Hours, ...]:
        special = self._special(day)
        return usual.trading if special is None or special.hours is None else (special.hours,)

    def _auctions(self, market: Market, day: date) -> tuple[Hours, ...]:
        usual, special = self._usual(market, day), self._special(day)
        has_own_hours = special is not None and special.hours is not None
        return () if usual is None or has_own_hours or self._no_session(day) is not None else usual.auctions

    def _no_session(self, day: date) -> str | None:
        """Return why no market trades on a day; None where it does, as far as that is known."""
        if self._special(day) is not None:
            return None
        if day in self.holidays:
            return f"{day:%d %b} is among sessions.holidays"
        return f"it is {day:%A}" if day.weekday() >= _SATURDAY else None


_SATURDAY: Final = 5
_NOTHING: Final = (None,) * len(Market)


def _within(spans: Iterable[Hours], now: time) -> Hours | None:
    for hours in spans:
        if hours[0] <= now < hours[1]:
            return hours
    return None


def _words(market: Market, trading: Iterable[Hours]) -> str:
    """Say who trades when."""
    who = f"{_NAMES[market]} trade" if market in _NAMES else f"{market.upper()} trades"
    return f"{who} from {' and '.join(hours.words for hours in trading)}"


def is_winter(day: date) -> bool:
    """Tell whether the United States are on standard time, from November to March: MCX then closes later."""
    march, november = date(day.year, 3, 1), date(day.year, 11, 1)
    begins = march + timedelta(days=(6 - march.weekday()) % 7 + 7)  # the second Sunday in March
    ends = november + timedelta(days=(6 - november.weekday()) % 7)  # the first Sunday in November
    return not begins <= day < ends


def closed_word(table: SessionTable, exchanges: Iterable[Exchange], at: datetime) -> str:
    """Return which of these exchanges do not trade `at` a moment: `CLOSED` for all, else like `NSE CLOSED`; or ''.

    Of no exchanges, `CLOSED` says that no guarded market trades.
    """
    if not table.guards:
        return ""
    asked = sorted(set(exchanges))
    if not asked:
        guarded = [market for market in Market if getattr(table, market) is not None]
        return "CLOSED" if all(table.closed((market,), at) for market in guarded) else ""
    closed = [each for each in asked if all(table.closed((market,), at) for market in markets_of(each))]
    if not closed:
        return ""
    return "CLOSED" if closed == asked else f"{' '.join(closed)} CLOSED"


NO_SESSIONS: Final = SessionTable()
"""Nothing is guarded."""


def _built_in(text: str) -> Session:
    session = read_session(text)
    if session is None:
        raise ValueError(text)
    return session


SESSIONS: Final = SessionTable(
    cash=_built_in("09:15-15:30, auction 09:00-09:15"),
    cash_with_derivatives=_built_in("09:15-15:15, auction 09:00-09:15, auction 15:15-15:35"),
    nfo=_built_in("09:15-15:40, auction 09:00-09:15"),
    bfo=_built_in("09:15-15:40"),
    cds=_built_in("09:00-17:00"),
    mcx=_built_in("09:00-23:30"),
    mcx_winter=_built_in("09:00-23:55"),
    ncdex=_built_in("09:00-17:00"),
)
"""The built-in table, as of `AS_OF`, by `SOURCE`."""
