"""`copytui attention`: the attention list from the journal alone, as a table or as JSON. Nothing is written."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from copytui.domain.attention import AttentionItem, attention_items
from copytui.domain.attention_facts import AttentionFacts, FollowerFacts, OpenExecution
from copytui.domain.copies import GIVE_UP_AFTER, ON_ITS_WAY, WENT_WRONG, ChildOrder, CopyState
from copytui.domain.events import EventCode
from copytui.domain.orders import ClientId
from copytui.domain.positions import PositionKey, is_over, position_key
from copytui.domain.risk import OrphanedPosition, is_orphaned
from copytui.domain.sizing import Sizing
from copytui.domain.text import IST, clean, clock_text, stamp, trading_day
from copytui.domain.unreadable import UnreadableOrder
from copytui.domain.withheld import is_owed, withheld_exits
from copytui.journal import persisted_flags
from copytui.journal.archive import JOURNAL_FILE, Archive, opened_archive
from copytui.reports.positions import JournalPositions, expiry_of, sizings, trading_day_of
from copytui.settings.paths import Paths

_PIPE_COLUMNS = 1000
_PositionPlace = tuple[ClientId, ClientId, PositionKey]
"""A master, an account that holds something copied from it (perhaps the master itself), and the position."""


def run_attention(paths: Paths, *, as_json: bool) -> int:
    """Print what needs the user; returns 0, raises JournalUnreadable where there is no journal."""
    now = datetime.now(IST)
    found = read_attention(paths.logs_directory / JOURNAL_FILE, names_of(paths), now, sizing=sizings(paths))
    if as_json:
        print(json.dumps([_json(item, now) for item in found], ensure_ascii=False, indent=1))  # noqa: T201
        return 0
    width = None if sys.stdout.isatty() else _PIPE_COLUMNS
    console = Console(highlight=False, markup=False, emoji=False, width=width)
    console.print(_table(found, now) if found else Text("nothing needs attention"))
    return 0


def names_of(paths: Paths) -> dict[ClientId, str]:
    """Return each follower's name from the settings, in their order."""
    return {follower.client_id: follower.name for follower in paths.followers}


def read_attention(
    journal: Path, names: Mapping[ClientId, str], now: datetime, *, only_copy: int | None = None,
    sizing: Mapping[ClientId, Sizing] | None = None,
) -> tuple[AttentionItem, ...]:  # fmt: skip
    """Return what needs the user by the journal, of all child orders or `only_copy`; raises JournalUnreadable."""
    with opened_archive(journal) as archive:
        facts = _facts(archive, names, now, sizing or {})
    if only_copy is not None:
        facts = replace(facts, copies=[copy for copy in facts.copies if copy.id == only_copy])
    return attention_items(facts, now)


def _facts(
    archive: Archive, names: Mapping[ClientId, str], now: datetime, sizing: Mapping[ClientId, Sizing]
) -> AttentionFacts:
    copies = archive.copies_in({CopyState.UNKNOWN, *WENT_WRONG, *ON_ITS_WAY})
    halted_because = archive.switch(persisted_flags.HALTED)
    today = trading_day_of(archive, now)
    held = _held(archive, today)
    unsettled = archive.unsettled_executions()
    return AttentionFacts(
        executions=[
            OpenExecution(decided.id, decided.execution, decided.decision.verdict, decided.decision.sentence)
            for decided in unsettled
            if not is_owed(decided.decision)
        ],
        withheld=withheld_exits(unsettled, {(account, key): units for (_master, account, key), units in held.items()}),
        copies=copies,
        missing={copy.id for copy in copies if _is_missing(copy, today, now)},
        orphans=_orphans(archive, held, today),
        out_of_step=JournalPositions(archive, sizing, today).out_of_step(list(names), now),
        unreadable=_unreadable(archive),
        followers=_followers(archive, names, held, today),
        halted_because=halted_because,
        halted_since=_halted_since(archive, halted_because),
        clocks=archive.switch(persisted_flags.CLOCKS) or "",
        day=today,
    )


def _unreadable(archive: Archive) -> list[UnreadableOrder]:
    found = map(persisted_flags.unreadable_from, archive.flags(persisted_flags.UNREADABLE).values())
    return [each for each in found if not each.is_dismissed]


def _is_missing(copy: ChildOrder, today: date, now: datetime) -> bool:
    """Tell whether the broker took it long ago today and no order book has shown it: a row would have moved it on."""
    if copy.state is not CopyState.ACCEPTED or copy.day < today:
        return False
    return now - (copy.answered_at or copy.changed_at) > timedelta(seconds=GIVE_UP_AFTER)


def _halted_since(archive: Archive, because: str | None) -> datetime | None:
    return None if because is None else archive.last_event("copytui", EventCode.HALTED)


def _followers(
    archive: Archive, names: Mapping[ClientId, str], held: Mapping[_PositionPlace, int], today: date
) -> list[FollowerFacts]:
    """Return the followers of the settings, and those that only the journal knows to be held back."""
    halted = archive.halted()
    close_only = archive.of_accounts(today, persisted_flags.CLOSE_ONLY)
    found = []
    for client in dict.fromkeys([*names, *halted, *close_only]):
        name, because = names.get(client, client), halted.get(client)
        since = None if because is None else archive.last_event(name, EventCode.HALTED)
        positions = tuple((key, units) for (_master, account, key), units in held.items() if account == client)
        found.append(
            FollowerFacts(
                client, name, halted_because=because, halted_since=since, close_only=close_only.get(client),
                positions=positions,
            )
        )  # fmt: skip
    return found


def _held(archive: Archive, today: date) -> dict[_PositionPlace, int]:
    """Return what each account still holds, without what the broker has squared off or what has expired since."""
    return {
        (master, found.account, found.key): found.position.quantity
        for master, found in archive.positions()
        if not is_over(found.key, today, expiry_of(archive, found.key), of_today=found.day == today)
    }


def _orphans(archive: Archive, held: Mapping[_PositionPlace, int], today: date) -> list[OrphanedPosition]:
    """Return the positions that the master has left, without those that the user keeps or that an order may close."""
    found = [
        OrphanedPosition(client, key, units, held.get((master, master, key), 0))
        for (master, client, key), units in held.items()
        if master != client and is_orphaned(units, held.get((master, master, key), 0), on_its_way=False)
    ]
    if not found:
        return []  # the day's copies need not be read
    # An order of an earlier day fills no more; a fill of today's may not be known in full yet.
    todays = archive.copies(today, today)
    on_its_way = {(copy.follower, position_key(copy.order)) for copy in todays if not copy.is_settled}
    return [
        each
        for each in found
        if (each.follower, each.key) not in on_its_way
        and archive.switch(persisted_flags.orphaned(each.follower, each.key)) != str(each.quantity)
    ]


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


def _table(found: Sequence[AttentionItem], now: datetime) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for heading in ("id", "time", "age", "attention", "order", "why", "what to do"):
        table.add_column(heading, no_wrap=heading in ("id", "time", "age"), overflow="fold")
    for item in found:
        table.add_row(
            Text(clean(item.id), style="bold"),
            _time(item.since, now),
            age_words(item.since, now) if item.since else "?",
            Text(f"{item.label}, {clean(item.who)}"),
            Text(clean(item.what)),
            Text(item.why),
            Text(_what_to_do(item)),
        )
    return table


def _time(at: datetime | None, now: datetime) -> str:
    """Write the time of day, with the date unless it is today."""
    if at is None:
        return "?"
    return clock_text(at) if trading_day(at) == trading_day(now) else f"{at.astimezone(IST):%d %b} {clock_text(at)}"


def _what_to_do(item: AttentionItem) -> str:
    options = " or ".join(f"--{act}" for act in item.settling)
    parts = (clean(item.hint), f"copytui resolve {item.id} {options}" if options else "")
    return "; ".join(part for part in parts if part)


def _json(item: AttentionItem, now: datetime) -> dict[str, object]:
    return {
        "id": item.id,
        "kind": item.kind,
        "exit": item.is_exit,
        "time": stamp(item.since) if item.since else None,
        "age_seconds": round((now - item.since).total_seconds(), 1) if item.since else None,
        "who": item.who,
        "client": item.client or None,
        "what": item.what,
        "why": item.why,
        "resolve": [f"--{act}" for act in item.settling],
        "hint": item.hint,
    }
