"""Checks for the kinds of values in `copytui.toml`. A check returns the typed value, or None when it is not allowed.

Nothing is guessed: a TOML boolean is not a number, and a number is not text. Whole numbers pass for numbers with a
fraction. `Decimal` passes too, because live changes from the screen are checked here as well.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from ipaddress import AddressValueError, IPv4Address
from typing import Generic, TypeGuard, TypeVar

from copytui.domain.sessions import SESSION_PATTERN, SPECIAL_DAY_PATTERN, SpecialDay, read_session, read_special_day
from copytui.settings.urls import is_feed_url, is_origin, is_web_address

T_co = TypeVar("T_co", covariant=True)
E = TypeVar("E", bound=StrEnum)
R = TypeVar("R")
Json = Mapping[str, object]

_TIME = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]"
_IPV4 = r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}"
UNDERLYING = re.compile(r"[A-Z0-9][A-Z0-9&_-]{0,39}")
_OR_EMPTY = 'or ""'
_DATE_LENGTH = 10


@dataclass(frozen=True, slots=True)
class Check(Generic[T_co]):
    """One kind of value.

    `allowed` completes "it must be …" in an error message. `kind` and `limits` are the type and range in the
    documentation. `json` is the JSON Schema of the value as TOML writes it.
    """

    allowed: str
    parse: Callable[[object], T_co | None]
    kind: str
    json: Json
    limits: str = ""


def boolean() -> Check[bool]:
    """Accept true and false."""
    return Check(
        "true or false",
        lambda value: value if isinstance(value, bool) else None,
        kind="boolean",
        json={"type": "boolean"},
        limits="true, false",
    )


def choice(options: type[E]) -> Check[E]:
    """Accept one of an enumeration's words."""
    words = {option.value: option for option in options}
    listed = ", ".join(f'"{word}"' for word in words)
    return Check(
        f"one of {listed}",
        lambda value: words.get(value) if isinstance(value, str) else None,
        kind="text",
        json={"type": "string", "enum": list(words)},
        limits=listed,
    )


def choices(options: type[E]) -> Check[frozenset[E]]:
    """Accept a list with at least one of an enumeration's words."""
    words = {option.value: option for option in options}
    listed = ", ".join(f'"{word}"' for word in words)

    def parse(value: object) -> frozenset[E] | None:
        if not isinstance(value, list | tuple) or not value:
            return None
        if not all(isinstance(each, str) and each in words for each in value):
            return None
        return frozenset(words[each] for each in value)

    return Check(
        f"a list of {listed}, one at least",
        parse,
        kind="list",
        json={"type": "array", "items": {"type": "string", "enum": list(words)}, "minItems": 1},
        limits=f"at least one of {listed}",
    )


def whole(low: int, high: int) -> Check[int]:
    """Accept a whole number from `low` to `high`."""

    def parse(value: object) -> int | None:
        return value if isinstance(value, int) and not isinstance(value, bool) and low <= value <= high else None

    limits = f"{low:,} to {high:,}"
    return Check(
        f"a whole number from {limits}",
        parse,
        kind="whole number",
        json={"type": "integer", "minimum": low, "maximum": high},
        limits=limits,
    )


def decimal(low: str, high: str, *, above: bool = False) -> Check[Decimal]:
    """Accept a number from `low` to `high`; with `above`, `low` itself is not allowed."""
    least, most = Decimal(low), Decimal(high)

    def parse(value: object) -> Decimal | None:
        number = _exact(value)
        if number is None or not least <= number <= most or (above and number == least):
            return None
        return number

    limits = f"above {least:,f} and up to {most:,f}" if above else f"{least:,f} to {most:,f}"
    return Check(
        f"a number {limits}" if above else f"a number from {limits}",
        parse,
        kind="number",
        json={"type": "number", "exclusiveMinimum" if above else "minimum": json_number(least), "maximum": int(most)},
        limits=limits,
    )


def seconds(low: str, high: str, *, above: bool = False, because: str = "") -> Check[float]:
    """Accept a duration, like `decimal`; `because` gives the reason for a bound."""
    exact = decimal(low, high, above=above)

    def parse(value: object) -> float | None:
        number = exact.parse(value)
        return None if number is None else float(number)

    reason = f" ({because})" if because else ""
    return Check(exact.allowed + reason, parse, kind=exact.kind, json=exact.json, limits=exact.limits)


def json_number(number: Decimal) -> int | float:
    """Return a number as JSON writes it, whole where it is whole."""
    return int(number) if number == number.to_integral_value() else float(number)


def _exact(value: object) -> Decimal | None:
    """Return a finite number as the user wrote it: 0.1 is 0.1, not its nearest binary fraction."""
    match value:
        case bool():
            return None
        case int():
            return Decimal(value) if abs(value) < 10**18 else None
        case float():
            return Decimal(repr(value)) if math.isfinite(value) else None
        case Decimal():
            return value if value.is_finite() else None
        case _:
            return None


def symbols(*, some: bool = False) -> Check[tuple[str, ...]]:
    """Accept a list of symbols or globs; with `some`, an empty list is not allowed."""

    def parse(value: object) -> tuple[str, ...] | None:
        if not isinstance(value, list | tuple) or not all(is_symbol(each) for each in value):
            return None
        return None if some and not value else tuple(each.strip() for each in value)

    schema = {"type": "array", "items": {"type": "string", "pattern": r"\S"}}
    return Check(
        'a list of symbols or globs, like ["NIFTY", "BANK*"]' + (", one at least" if some else ""),
        parse,
        kind="list of symbols or globs",
        json=schema | {"minItems": 1} if some else schema,
        limits="at least one" if some else "",
    )


def is_symbol(value: object) -> TypeGuard[str]:
    """Tell whether a value can be a symbol or a glob."""
    return isinstance(value, str) and value.isprintable() and 0 < len(value.strip()) <= 64


def underlying() -> Check[str]:
    """Accept the name of an underlying, in either case."""

    def parse(value: object) -> str | None:
        text = value.strip().upper() if isinstance(value, str) else ""
        return text if UNDERLYING.fullmatch(text) else None

    return Check(
        'an underlying like "NIFTY" or "M&M"',
        parse,
        kind="underlying",
        json={"type": "string", "pattern": f"^(?:{UNDERLYING.pattern.replace('A-Z', 'A-Za-z')})$"},
    )


def time_or_empty() -> Check[str]:
    """Accept a time of day as text, or the empty text for "not set"."""
    time = re.compile(_TIME)
    return Check(
        'a time of day in 24 hours like "09:15", or "" for none',
        lambda value: value if isinstance(value, str) and (not value or time.fullmatch(value)) else None,
        kind="time of day",
        json={"type": "string", "pattern": f"^(?:{_TIME})?$"},
        limits=f'"00:00" to "23:59", {_OR_EMPTY}',
    )


def session_or_empty() -> Check[str]:
    """Accept the hours of a market as text, or the empty text for "not guarded"."""
    return Check(
        'hours like "09:15-15:15, auction 15:15-15:35" that do not overlap, or "" for no guard',
        lambda value: value if isinstance(value, str) and (not value or read_session(value)) else None,
        kind="hours",
        json={"type": "string", "pattern": f"^(?:{SESSION_PATTERN})?$"},
        limits=f'like "09:15-15:30", with "auction 09:00-09:15" for each auction, {_OR_EMPTY}',
    )


def dates() -> Check[tuple[date, ...]]:
    """Accept a list of dates, as text or as TOML's own dates."""

    def one(value: object) -> date | None:
        try:
            return date.fromisoformat(value) if isinstance(value, str) and len(value) == _DATE_LENGTH else _date(value)
        except ValueError:
            return None

    return Check(
        'a list of dates like ["2026-12-25"]',
        lambda value: _all_read(value, one),
        kind="list of dates",
        json={"type": "array", "items": {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"}},
        limits="days, as year-month-day",
    )


def special_days() -> Check[tuple[SpecialDay, ...]]:
    """Accept a list of dates, each with hours of its own or without."""

    def one(value: object) -> SpecialDay | None:
        return read_special_day(value) if isinstance(value, str) else read_special_day(str(_date(value)))

    return Check(
        'a list of dates like ["2026-11-08 18:00-19:00"], with or without hours',
        lambda value: _all_read(value, one),
        kind="list of dates",
        json={"type": "array", "items": {"type": "string", "pattern": f"^{SPECIAL_DAY_PATTERN}$"}},
        limits="days, with or without hours",
    )


def _date(value: object) -> date | None:
    return value if isinstance(value, date) and not isinstance(value, datetime) else None


def _all_read(value: object, one: Callable[[object], R | None]) -> tuple[R, ...] | None:
    """Return what `one` reads of each element of a list; None if it is not a list or one cannot be read."""
    if not isinstance(value, list | tuple):
        return None
    read = tuple(found for each in value if (found := one(each)) is not None)
    return read if len(read) == len(value) else None


def ipv4_or_empty() -> Check[str]:
    """Accept an IPv4 address that a host can have, or the empty text for "not set"."""

    def parse(value: object) -> str | None:
        if not isinstance(value, str):
            return None
        try:
            address = IPv4Address(value) if value else None
        except AddressValueError:
            return None
        return None if address and (address.is_multicast or address.is_unspecified) else value

    return Check(
        'an IPv4 address like "203.0.113.7", or "" for none',
        parse,
        kind="IPv4 address",
        json={"type": "string", "pattern": f"^(?:{_IPV4})?$"},
        limits=f"an address, {_OR_EMPTY}",
    )


def origin() -> Check[str]:
    """Accept the broker's root: scheme, host and port."""
    return Check(
        'a web address without a path, like "https://apiconnect.angelone.in" (http for this machine only)',
        lambda value: value.rstrip("/") if isinstance(value, str) and is_origin(value) else None,
        kind="web address",
        json={"type": "string", "pattern": "^https?://[^/?#]+/?$"},
        limits="https, no path; http for this machine only",
    )


def web_address_or_empty(example: str) -> Check[str]:
    """Accept the address of a page that is only read, or the empty text for "not set"."""
    return Check(
        f'a web address like "{example}" (http for this machine only), or "" for none',
        lambda value: value if isinstance(value, str) and (not value or is_web_address(value)) else None,
        kind="web address",
        json={"type": "string", "pattern": "^(?:https?://[^#]+)?$"},
        limits=f"https, http for this machine only, {_OR_EMPTY}",
    )


def feed_url() -> Check[str]:
    """Accept the order feed's address."""
    return Check(
        'a WebSocket address like "wss://tns.angelone.in/smart-order-update" (ws for this machine only)',
        lambda value: value if isinstance(value, str) and is_feed_url(value) else None,
        kind="WebSocket address",
        json={"type": "string", "pattern": "^wss?://[^#]+$"},
        limits="wss; ws for this machine only",
    )


def file_or_empty() -> Check[str]:
    """Accept a file's path, or the empty text for "not set"."""
    return Check(
        'the name of a file, like "qtyfreeze.csv", or "" for none',
        lambda value: value if isinstance(value, str) and value.isprintable() else None,
        kind="file",
        json={"type": "string"},
        limits=f"a file, {_OR_EMPTY}",
    )


def folder_name() -> Check[str]:
    """Accept a folder's path."""

    def parse(value: object) -> str | None:
        return value if isinstance(value, str) and value.strip() and value.isprintable() else None

    return Check('the name of a folder, like "logs"', parse, kind="folder", json={"type": "string", "pattern": r"\S"})
