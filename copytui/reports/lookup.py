"""Look-ups shared by the reports: the days, orders and followers that the user names, and how times are written."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from difflib import get_close_matches

from copytui.domain.events import Event, Level
from copytui.domain.orders import ClientId
from copytui.domain.text import IST, clean
from copytui.settings.paths import NamedFollower

_ISO = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True, slots=True)
class Days:
    """Trading days from `since` to `until`, both included; None is no bound."""

    since: date | None = None
    until: date | None = None

    @property
    def words(self) -> str:
        """Name the days, to follow a noun: `of 2026-11-20`; '' for all days."""
        if self.since and self.since == self.until:
            return f"of {self.since}"
        if self.since and self.until:
            return f"from {self.since} to {self.until}"
        return f"since {self.since}" if self.since else f"until {self.until}" if self.until else ""


def parse_days(text: str, today: date) -> Days:
    """Read `YYYY-MM-DD`, `today`, `yesterday`, or two of these with `..` between them; raises ValueError.

    Either end of a range may be left out.
    """
    first, dots, last = text.strip().partition("..")
    if not dots:
        day = _day(first, today)
        return Days(day, day)
    days = Days(_day(first, today) if first.strip() else None, _day(last, today) if last.strip() else None)
    if days == Days():
        raise ValueError(f"{text!r} names no day")
    if days.since and days.until and days.since > days.until:
        raise ValueError(f"{text!r} ends before it begins")
    return days


def _day(text: str, today: date) -> date:
    word = text.strip().lower()
    if word == "today":
        return today
    if word == "yesterday":
        return today - timedelta(days=1)
    if _ISO.fullmatch(word):
        try:
            return date.fromisoformat(word)
        except ValueError:
            raise ValueError(f"there is no day {word}") from None
    raise ValueError(f"{text!r} is not a day: it must be YYYY-MM-DD, today, yesterday, or FROM..TO")


_NUMBER = re.compile(r"(?:(?P<kind>#|copy|execution)\s*#?\s*)?(?P<number>[1-9][0-9]{0,17})", re.IGNORECASE)
_MOST = 5


@dataclass(frozen=True, slots=True)
class Asked:
    """How an order was asked for: `is_id` if it can be an id or a tag, `number` if it can be copytui's own number."""

    text: str
    is_id: bool
    number: int | None
    is_copy: bool


def read_name(text: str) -> Asked:
    """Parse `261120000012345`, `CT…`, `#12`, `execution 12`, `copy 12`, `12`."""
    text = text.strip()
    found = _NUMBER.fullmatch(text)
    if found is None:
        return Asked(text, is_id=True, number=None, is_copy=False)
    kind = (found["kind"] or "").lower()
    return Asked(text, is_id=not kind, number=int(found["number"]), is_copy=kind == "copy")


def near_matches(name: str, known: Iterable[str]) -> tuple[str, ...]:
    """Return known ids that `name` may stand for: first those that contain it, then similar ones."""
    name, ids = name.strip().lstrip("#"), sorted(set(known), reverse=True)
    inside = [each for each in ids if len(name) >= 3 and name.casefold() in each.casefold()]
    similar = get_close_matches(name, ids, n=_MOST, cutoff=0.75)
    return tuple(dict.fromkeys([*inside, *similar]))[:_MOST]


@dataclass(frozen=True, slots=True)
class People:
    """The followers' names by client code, and client codes by number."""

    names: Mapping[ClientId, str] = field(default_factory=dict)
    numbers: Mapping[int, ClientId] = field(default_factory=dict)

    @classmethod
    def of(cls, followers: tuple[NamedFollower, ...], remembered: Mapping[ClientId, str]) -> People:
        """Combine the names in the journal with those in `.env`, which win."""
        names = {**remembered, **{follower.client_id: follower.name for follower in followers}}
        return cls(
            {client: clean(name) for client, name in names.items()},
            {follower.number: follower.client_id for follower in followers},
        )

    def name(self, client: ClientId) -> str:
        """Return a follower's name, or its client code if it has none."""
        return self.names.get(client) or clean(client)

    def meant(self, word: str) -> frozenset[ClientId]:
        """Return the followers that `word` means: by name, client code or number in `.env`, in this order; maybe none.

        Case does not matter. After names have changed, one name can mean two accounts.
        """
        wanted = word.strip().casefold()
        named = {client for client, name in self.names.items() if name.casefold() == wanted}
        coded = {client for client in self.names if client.casefold() == wanted}
        numbered = {client for number, client in self.numbers.items() if str(number) == wanted}
        defaults = {client for client, name in self.names.items() if name.casefold() == f"follower {wanted}"}
        return frozenset(named or coded or numbered or defaults)

    @property
    def words(self) -> str:
        """List the followers for an error message."""
        listed = [f"{self.name(client)} ({clean(client)})" for client in self.names]
        return ", ".join(listed[:12]) + (f" and {len(listed) - 12} more" if len(listed) > 12 else "")


def clock_ms(moment: datetime) -> str:
    """Write the IST time of day with its milliseconds."""
    return moment.astimezone(IST).strftime("%H:%M:%S.%f")[:-3]


def gap(before: datetime, after: datetime) -> str:
    """Say how much later `after` is; '' if it is not."""
    seconds = (after - before).total_seconds()
    return f", {length(seconds)} later" if seconds > 0 else ""


def length(seconds: float) -> str:
    """Write a duration in the unit that reads best."""
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    return f"{seconds:.1f} s" if seconds < 120 else f"{seconds / 60:.0f} min"


def time_line(event: Event, without: str = "") -> str:
    """Write an event as it was reported; `without` is a prefix that the lines around it already have."""
    level = "" if event.level is Level.INFO else f"{event.level}: "
    text = event.text.removeprefix(without).lstrip()
    return f"{clock_ms(event.at)}  {level}{text}"


def one_line(text: str) -> str:
    """Make a line with foreign text safe for a terminal: no control characters; the indent stays."""
    bare = "".join(char if char.isprintable() else " " for char in text)
    return bare[: len(bare) - len(bare.lstrip(" "))] + " ".join(bare.split())
