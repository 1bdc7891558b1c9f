"""`copytui needs`: what needs the user, as a table or as JSON."""

from __future__ import annotations

import json
import sys
from datetime import datetime

from rich.console import Console
from rich.table import Table
from rich.text import Text

from copytui.domain.text import IST, clock_text, stamp, trading_day
from copytui.journal.archive import JOURNAL_FILE
from copytui.reports.attention_finding import names_of, read_needs
from copytui.reports.attention_model import Need
from copytui.settings.paths import Paths

_PIPE_COLUMNS = 1000


def run_needs(paths: Paths, *, as_json: bool) -> int:
    """Print what needs the user; raises JournalUnreadable where there is no journal to tell it."""
    now = datetime.now(IST)
    found = read_needs(paths.logs_directory / JOURNAL_FILE, names_of(paths), now)
    if as_json:
        print(json.dumps([_json(need, now) for need in found], ensure_ascii=False, indent=1))  # noqa: T201
        return 0
    width = None if sys.stdout.isatty() else _PIPE_COLUMNS
    console = Console(highlight=False, markup=False, emoji=False, width=width)
    console.print(_table(found, now) if found else Text("nothing needs you"))
    return 0


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
        "client": need.client or None,
        "what": need.what,
        "why": need.why,
        "resolve": [f"--{act}" for act in need.acts],
        "hint": need.hint,
    }
