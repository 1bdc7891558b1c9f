"""Filters: which executions may be copied, by symbol, by meaning, by order type and by hour."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, time
from enum import StrEnum
from fnmatch import fnmatchcase

from copytui.domain.filter_rules import FilterRule, FilterSubject
from copytui.domain.orders import OrderType
from copytui.domain.text import IST, clean

_NAMED = 4
_SERIES = re.compile(r"-[A-Z0-9]{1,2}$")


@dataclass(frozen=True, slots=True)
class Filters:
    """The user's filters. Without `allow_symbols` and `allow_rules` all is allowed; what blocks wins over them."""

    allow_symbols: tuple[str, ...] = ()
    block_symbols: tuple[str, ...] = ()
    market_orders: bool = True
    limit_orders: bool = True
    stop_orders: bool = True
    allow_rules: tuple[FilterRule, ...] = ()
    block_rules: tuple[FilterRule, ...] = ()

    @property
    def allowed(self) -> tuple[str, ...]:
        """What is allowed, patterns and rules, in words; empty for everything."""
        return (*self.allow_symbols, *(f"{{{rule.words}}}" for rule in self.allow_rules))

    @property
    def blocked(self) -> tuple[str, ...]:
        """What is blocked, patterns and rules, in words."""
        return (*self.block_symbols, *(f"{{{rule.words}}}" for rule in self.block_rules))

    @property
    def allow_list(self) -> tuple[str | FilterRule, ...]:
        """The allow list as the settings hold it: patterns, then rules."""
        return (*self.allow_symbols, *self.allow_rules)

    @property
    def block_list(self) -> tuple[str | FilterRule, ...]:
        """The block list as the settings hold it: patterns, then rules."""
        return (*self.block_symbols, *self.block_rules)


def symbol_matches(pattern: str, symbol: str, underlying: str | None) -> bool:
    """Tell whether `pattern` matches `symbol`, ignoring case; `underlying` is that of a derivative, else None.

    With `*` or `?` it is a glob on the whole symbol. A bare word matches the whole symbol, the symbol
    without its series (SBIN: SBIN-EQ), or the underlying of a derivative (NIFTY: NIFTY28NOV2426000CE).
    """
    pattern, symbol = pattern.strip().upper(), symbol.strip().upper()
    if not pattern:
        return False
    if "*" in pattern or "?" in pattern:
        # `[` is not special in these globs: it matches itself.
        return fnmatchcase(symbol, pattern.replace("[", "[[]"))
    return pattern in (symbol, without_series(symbol), (underlying or "").upper())


def without_series(symbol: str) -> str:
    """Return a share's symbol (upper case) without its series: SBIN of SBIN-EQ."""
    return _SERIES.sub("", symbol)


def symbol_refusal(filters: Filters, subject: FilterSubject) -> str | None:
    """Return why the filters stop an entry, in a few words; None when they let it through.

    A rule that might match blocks, and one that is not known to match does not allow.
    """
    symbol, underlying = subject.symbol, subject.underlying
    for pattern in filters.block_symbols:
        if symbol_matches(pattern, symbol, underlying):
            return f"symbol blocked by {pattern}"
    for rule in filters.block_rules:
        if (unknown := rule.unknown_in(subject)) is not None:
            return f"blocked by {rule.words}{_not_known(unknown)}"
    if not filters.allow_list or any(symbol_matches(each, symbol, underlying) for each in filters.allow_symbols):
        return None
    found = [rule.unknown_in(subject) for rule in filters.allow_rules]
    if () in found:
        return None
    in_doubt = dict.fromkeys(fact for unknown in found if unknown for fact in unknown)
    return f"symbol not in the allow list{_not_known(tuple(in_doubt))}"


def _not_known(facts: tuple[str, ...]) -> str:
    return f": its {' and '.join(facts)} {'are' if len(facts) > 1 else 'is'} not known" if facts else ""


def blocking_pattern(filters: Filters, symbol: str, underlying: str | None) -> str | None:
    """Return the pattern that blocks `symbol` along with others; None where there is none."""
    wider = (pattern for pattern in filters.block_symbols if pattern.strip().upper() != symbol.strip().upper())
    return next((pattern for pattern in wider if symbol_matches(pattern, symbol, underlying)), None)


def filter_changes(before: Filters, after: Filters) -> str:
    """Describe a change of the filters in one line."""
    said = [f"{_named(new)} blocked"] if (new := _missing_in(before.blocked, after.blocked)) else []
    if gone := _missing_in(after.blocked, before.blocked):
        said.append(f"{_named(gone)} not blocked any more")
    allowed, were = after.allowed, before.allowed
    if _missing_in(were, allowed) or _missing_in(allowed, were):
        said.append(f"only {_named(allowed)} copied" if allowed else "all symbols allowed")
    for kind, was, is_ in (
        ("market", before.market_orders, after.market_orders),
        ("limit", before.limit_orders, after.limit_orders),
        ("stop", before.stop_orders, after.stop_orders),
    ):
        if was is not is_:
            said.append(f"{kind} orders {'on' if is_ else 'off'}")
    return "filters: " + (", ".join(said) or "as they were")


def _missing_in(some: tuple[str, ...], others: tuple[str, ...]) -> tuple[str, ...]:
    known = {pattern.strip().upper() for pattern in some}
    return tuple(pattern for pattern in others if pattern.strip().upper() not in known)


def _named(patterns: tuple[str, ...]) -> str:
    """Name a few patterns, without the control characters that a settings file may hold."""
    names = ", ".join(clean(pattern) for pattern in patterns[:_NAMED])
    return f"{names} and {len(patterns) - _NAMED} more" if len(patterns) > _NAMED else names


def order_type_refusal(filters: Filters, order_type: OrderType) -> str | None:
    """Return why the filters stop orders of this type, in a few words; None when they let them through."""
    match order_type:
        case OrderType.MARKET:
            return None if filters.market_orders else "market orders are off"
        case OrderType.LIMIT:
            return None if filters.limit_orders else "limit orders are off"
        case OrderType.STOPLOSS_LIMIT | OrderType.STOPLOSS_MARKET:
            return None if filters.stop_orders else "stop orders are off"


class Weekday(StrEnum):
    """A day of the week, Monday first."""

    MON = "mon"
    TUE = "tue"
    WED = "wed"
    THU = "thu"
    FRI = "fri"
    SAT = "sat"
    SUN = "sun"


@dataclass(frozen=True, slots=True)
class TradingHours:
    """From `start` to `end` (excluded), Indian time, on `days`; None is no bound."""

    start: time | None = None
    end: time | None = None
    days: frozenset[Weekday] = frozenset(Weekday)

    def refusal(self, moment: datetime) -> str | None:
        """Return why entries are not copied at `moment` (aware); None when they are."""
        here = moment.astimezone(IST)
        today = tuple(Weekday)[here.weekday()]
        if today not in self.days:
            return f"it is {today}, which is not among trading.days"
        if self.start is not None and here.time() < self.start:
            return f"before trading.start {self.start:%H:%M}"
        if self.end is not None and here.time() >= self.end:
            return f"after trading.end {self.end:%H:%M}"
        return None
