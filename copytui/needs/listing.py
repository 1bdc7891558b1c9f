"""What needs the user, from the journal alone: `copytui needs`, and what `copytui resolve` can be asked for.

The same things stand on the screen's list (`copytui.tui.screens.needs_list`) while copytui runs; this one works without
it too, and writes nothing.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from copytui.domain.copies import WENT_WRONG, Copy, CopyState
from copytui.domain.decisions import Verdict
from copytui.domain.orders import ClientId
from copytui.domain.times import IST, clock_text, stamp, trading_day
from copytui.domain.wording import clean, execution_words, order_words
from copytui.engine import switches
from copytui.journal.archive import JOURNAL_FILE, Archive, opened_archive
from copytui.journal.records import DecidedExecution
from copytui.settings.places import Places

_PIPE_COLUMNS = 1000


class Act(StrEnum):
    """What `copytui resolve` can be asked to do; the words are its options."""

    COPY = "copy"
    RETRY = "retry"
    NOT_PLACED = "not-placed"
    DISMISS = "dismiss"


class Kind(StrEnum):
    """Why something needs the user."""

    MISSED = "missed"
    UNKNOWN = "unknown"
    FAILED = "failed"
    REJECTED = "rejected"
    ASKED = "asked"
    HALTED = "halted"
    CLOSE_ONLY = "close only"


@dataclass(frozen=True, slots=True)
class Need:
    """One thing that needs the user.

    `id` is what `copytui resolve` takes, or what names it elsewhere. `number` is the execution's or the copy's, 0 for a
    follower. `at` is when it executed, was sent or went wrong, None where nobody wrote that down. `hint` says what can
    be done where no `acts` are.
    """

    id: str
    kind: Kind
    number: int
    at: datetime | None
    who: str
    what: str
    why: str
    acts: tuple[Act, ...] = ()
    hint: str = ""
    is_exit: bool = False


def run_needs(places: Places, *, as_json: bool) -> int:
    """Print what needs the user; raises JournalUnreadable where there is no journal to tell it."""
    now = datetime.now(IST)
    found = read_needs(places.logs_directory / JOURNAL_FILE, names_of(places), now)
    if as_json:
        print(json.dumps([_json(need, now) for need in found], ensure_ascii=False, indent=1))  # noqa: T201
        return 0
    width = None if sys.stdout.isatty() else _PIPE_COLUMNS
    console = Console(highlight=False, markup=False, emoji=False, width=width)
    console.print(_table(found, now) if found else Text("nothing needs you"))
    return 0


def names_of(places: Places) -> dict[ClientId, str]:
    """Return each follower's name as the settings have it."""
    return {follower.client_id: follower.name for follower in places.followers}


def read_needs(journal: Path, names: Mapping[ClientId, str], now: datetime) -> list[Need]:
    """Return what needs the user, exits first and then the oldest first; raises JournalUnreadable."""
    with opened_archive(journal) as archive:
        found = [*_executions(archive), *_copies(archive, names, now), *_held_back(archive, names, now)]
    return sorted(found, key=lambda need: (not need.is_exit, need.at or now))


def _executions(archive: Archive) -> Iterator[Need]:
    for decided in archive.unsettled_executions():
        if decided.decision.verdict is Verdict.MISSED:
            need = _execution(decided, Kind.MISSED, f"m{decided.id}")
            yield replace(need, acts=(Act.COPY, Act.DISMISS))
        elif decided.decision.verdict is Verdict.ASK:
            hint = f"answer it where copytui runs: a on the screen, y {decided.id} or n {decided.id} without"
            yield replace(_execution(decided, Kind.ASKED, f"#{decided.id}"), hint=hint)


def _execution(decided: DecidedExecution, kind: Kind, id_: str) -> Need:
    execution = decided.execution
    at = execution.executed_at or execution.seen_at
    words, why = execution_words(execution), clean(decided.decision.sentence)
    return Need(id_, kind, decided.id, at, "master", words, why, is_exit=execution.closes is not None)


def _copies(archive: Archive, names: Mapping[ClientId, str], now: datetime) -> Iterator[Need]:
    """Give the unknown copies of any day, and those that went wrong today: nothing can be done about older ones."""
    for copy in archive.copies_in({CopyState.UNKNOWN, *WENT_WRONG}):
        need = _copy(copy, names)
        if copy.state is CopyState.UNKNOWN:
            yield replace(need, acts=(Act.NOT_PLACED,), hint=f"look into {need.who}'s order book first")
        elif not copy.dismissed and trading_day(copy.created_at) == trading_day(now):
            rest = copy.order.quantity - copy.filled
            yield replace(need, acts=(Act.RETRY, Act.DISMISS) if rest > 0 else (Act.DISMISS,))


def _copy(copy: Copy, names: Mapping[ClientId, str]) -> Need:
    unknown = copy.state is CopyState.UNKNOWN
    at = copy.sent_at if unknown and copy.sent_at else copy.changed_at
    why = copy.error or ("no answer" if unknown else f"{copy.state}, without a word")
    who, words = names.get(copy.follower, copy.follower), order_words(copy.order)
    kind = Kind(copy.state.value)
    return Need(f"c{copy.id}", kind, copy.id, at, who, words, clean(why), is_exit=copy.exit is not None)


def _held_back(archive: Archive, names: Mapping[ClientId, str], now: datetime) -> Iterator[Need]:
    """Give what sends nothing, or exits only, until the user releases it: everything, or one follower."""
    because = archive.switch(switches.HALTED)
    if because is not None:
        at = archive.last_said("copytui", f"halted: {because}; nothing is sent until it is released")
        hint = "release it where copytui runs: ctrl+k on the screen"
        yield Need("halt", Kind.HALTED, 0, at, "copytui", "nothing is sent", clean(because), hint=hint)
    hint = "release it where copytui runs: x on the screen, in and its number without"
    for client, because in archive.halted().items():
        name = names.get(client, client)
        at = archive.last_said(name, f"halted: {because}")
        yield Need(client, Kind.HALTED, 0, at, name, "takes no orders", clean(because), hint=hint)
    for client, because in archive.of_accounts(trading_day(now), switches.CLOSE_ONLY).items():
        hint = "it takes entries again tomorrow, or when it is released where copytui runs"
        name = names.get(client, client)
        yield Need(client, Kind.CLOSE_ONLY, 0, None, name, "takes exits only", clean(because), hint=hint)


def age_words(at: datetime, now: datetime) -> str:
    """Say how long ago `at` was, in its one or two largest units."""
    minutes, seconds = divmod(max(int((now - at).total_seconds()), 0), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return f"{days} d {hours} h"
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min" if minutes else f"{seconds} s"


def _table(found: list[Need], now: datetime) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for heading in ("id", "time", "age", "what needs you", "order", "why", "what can be done"):
        table.add_column(heading, no_wrap=heading in ("id", "time", "age"), overflow="fold")
    for need in found:
        table.add_row(
            Text(need.id, style="bold"),
            _time(need.at, now),
            age_words(need.at, now) if need.at else "?",
            Text(f"{'exit ' if need.is_exit else ''}{need.kind}, {need.who}"),
            Text(need.what),
            Text(need.why),
            Text(_can_be_done(need)),
        )
    return table


def _time(at: datetime | None, now: datetime) -> str:
    """Write the time of day, with its date where that is not today."""
    if at is None:
        return "?"
    return clock_text(at) if trading_day(at) == trading_day(now) else f"{at.astimezone(IST):%d %b} {clock_text(at)}"


def _can_be_done(need: Need) -> str:
    options = " or ".join(f"--{act}" for act in need.acts)
    return "; ".join(part for part in (need.hint, f"copytui resolve {need.id} {options}" if options else "") if part)


def _json(need: Need, now: datetime) -> dict[str, object]:
    return {
        "id": need.id,
        "kind": need.kind,
        "exit": need.is_exit,
        "time": stamp(need.at) if need.at else None,
        "age_seconds": round((now - need.at).total_seconds(), 1) if need.at else None,
        "who": need.who,
        "what": need.what,
        "why": need.why,
        "resolve": [f"--{act}" for act in need.acts],
        "hint": need.hint,
    }
