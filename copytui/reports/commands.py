"""The commands `history`, `positions`, `why` and `replay`: from parsed options to printed lines or a file."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from copytui.domain.errors import CopytuiError, SettingsRefused
from copytui.domain.executions import Origin
from copytui.domain.orders import ClientId
from copytui.domain.text import IST, clean, trading_day
from copytui.domain.unreadable import unreadable_words
from copytui.journal.archive import JOURNAL_FILE, Archive, Coverage, OrderName, OrderPast, opened_archive
from copytui.reports.history import Wanted, past_copies, written
from copytui.reports.lookup import Asked, Days, People, near_matches, parse_days, read_name
from copytui.reports.output import Format, Output, counted, note, say
from copytui.reports.positions import JournalPositions, sizings, trading_day_of
from copytui.reports.positions import written as positions_text
from copytui.reports.replay import compare, replay
from copytui.reports.replay_output import book_rows, book_text, day_text
from copytui.reports.saved_book import in_time, read_book
from copytui.reports.why import story
from copytui.settings.loader import load_settings
from copytui.settings.model import Settings
from copytui.settings.paths import Paths, read_paths

_CARRIED = timedelta(days=90)
"""How much earlier a replay of a day begins, for the positions that were carried into it."""


@dataclass(frozen=True, slots=True)
class Files:
    """The settings files that were named, None for the default ones."""

    config: Path | None = None
    env: Path | None = None


@dataclass(frozen=True, slots=True)
class HistoryOptions:
    """The options of `history`, as typed."""

    files: Files
    date: str | None
    symbols: tuple[str, ...]
    followers: tuple[str, ...]
    statuses: tuple[str, ...]
    form: Format
    output: Output


def run_history(options: HistoryOptions) -> int:
    """Print past copies; returns 0, raises CopytuiError."""
    options.output.check()
    days = _days(options.date)
    with _opened(options.files) as (archive, paths):
        copies = archive.copies(days.since, days.until)
        executions = archive.executions({copy.execution_id for copy in copies})
        people = People.of(paths.followers, archive.follower_names())
        coverage = archive.coverage()
    wanted = Wanted(options.symbols, _meant(options.followers, people), frozenset(options.statuses))
    past = past_copies(copies, executions, people.name, wanted)
    if not past:
        empty = f"no copy {days.words + ' ' if days.words else ''}matches; {_covers(coverage)}"
        if options.form is Format.TABLE and options.output.file is None:
            say(f"{empty}\n")
            return 0
        note(empty)
    options.output.write(written(past, options.form), counted(len(past), "copy", "copies"))
    return 0


@dataclass(frozen=True, slots=True)
class PositionOptions:
    """The options of `positions`, as typed."""

    files: Files
    followers: tuple[str, ...]
    form: Format
    output: Output


def run_positions(options: PositionOptions) -> int:
    """Print the positions by their three figures; returns 0, raises CopytuiError."""
    options.output.check()
    now = datetime.now(IST)
    with _opened(options.files) as (archive, paths):
        people = People.of(paths.followers, archive.follower_names())
        only = _meant(options.followers, people)
        followers = [follower.client_id for follower in paths.followers]
        found = JournalPositions(archive, sizings(paths), trading_day_of(archive, now)).compared(followers)
    found = [each for each in found if only is None or each.follower in only]
    if not found:
        empty = "no position: neither the master nor a follower has one that copytui knows"
        if options.form is Format.TABLE and options.output.file is None:
            say(f"{empty}\n")
            return 0
        note(empty)
    options.output.write(positions_text(found, people.name, options.form), counted(len(found), "position"))
    return 0


def run_why(name: str, followers: tuple[str, ...], files: Files) -> int:
    """Print the story of one order; returns 0, raises CopytuiError if the journal does not know it."""
    with _opened(files) as (archive, paths):
        people = People.of(paths.followers, archive.follower_names())
        only = _meant(followers, people)
        orders = [archive.order(each) for each in _named(archive, read_name(name))]
        if not orders:
            near = near_matches(name, archive.newest_names(most=2000))
            raise CopytuiError(_not_known(name, archive.coverage(), near))
    stories = ["\n".join(story(order, people.name, only)) for order in orders]
    say("\n\n".join(stories) + "\n")
    for line in _without_part(orders, only, people):
        note(line)
    return 0


def run_replay_book(file: Path, settings_files: Files, form: Format, output: Output) -> int:
    """Run today's settings over a saved order book; returns 0, raises SettingsRefused if it is not one."""
    output.check()
    settings = _settings(settings_files)
    try:
        raw = file.read_bytes()
    except OSError as error:
        raise SettingsRefused((f"{file} cannot be read: {error.strerror or type(error).__name__}",)) from error
    orders, problems = read_book(raw, str(file))
    seen = in_time(orders, settings.master.copy_on, now=datetime.now(IST))
    executions = (each.execution for each in seen if each.execution is not None)
    rows = book_rows(seen, replay(executions, settings))
    output.write(book_text(rows, form), counted(len(rows), "order"))
    for problem in problems:
        named = clean(unreadable_words(problem.order_id, problem.side, problem.symbol))
        note(f"warning: {named} cannot be read and was left out: {clean(problem.sentence)}")
    return 0


def run_replay_days(date: str, settings_files: Files, form: Format, output: Output) -> int:
    """Run today's settings over the journal's executions and compare with what was done; returns 0."""
    output.check()
    days = _days(date)
    settings = _settings(settings_files)
    with opened_archive(settings.logs_directory / JOURNAL_FILE) as archive:
        carried = days.since - _CARRIED if days.since else None
        found = archive.executions_of_days(carried, days.until)
        # What the user closed manually is not an order of the master, and no rule decided it.
        executions = [each for each in found if each.execution.origin is not Origin.MANUAL]
        asked = [each for each in executions if days.since is None or each.day >= days.since]
        copies = archive.copies_of(each.id for each in asked)
        coverage = archive.coverage()
    if not asked:
        note(f"no execution {days.words}; {_covers(coverage)}")
    replayed = replay((each.execution for each in executions), settings)
    shown = [
        after
        for before, after in zip(executions, replayed, strict=True)
        if days.since is None or before.day >= days.since
    ]
    remembered = {plan.follower: plan.name for each in asked for plan in each.decision.plans}
    names = {**remembered, **settings.names}
    rows = compare(asked, shown, copies)
    text = day_text(rows, form, lambda client: names.get(client, client))
    if asked or form is not Format.TABLE or output.file is not None:
        output.write(text, counted(len(rows), "execution"))
    return 0


@contextmanager
def _opened(files: Files) -> Iterator[tuple[Archive, Paths]]:
    paths = read_paths(config_file=files.config, env_file=files.env, folder=Path.cwd(), environ=os.environ)
    with opened_archive(paths.logs_directory / JOURNAL_FILE) as archive:
        yield archive, paths


def _settings(files: Files) -> Settings:
    return load_settings(config_file=files.config, env_file=files.env, folder=Path.cwd(), environ=os.environ)


def _days(text: str | None) -> Days:
    if text is None:
        return Days()
    try:
        return parse_days(text, trading_day(datetime.now(IST)))
    except ValueError as error:
        raise SettingsRefused((f"the date {clean(str(error))}",)) from None


def _meant(words: tuple[str, ...], people: People) -> frozenset[ClientId] | None:
    """Return the followers that were asked for; None for all, and where no follower is known."""
    if not words or not (people.names or people.numbers):
        return None
    problems = [
        f"there is no follower {clean(word)}: there are {people.words}" for word in words if not people.meant(word)
    ]
    if problems:
        raise SettingsRefused(tuple(problems))
    return frozenset(client for word in words for client in people.meant(word))


def _named(archive: Archive, asked: Asked) -> list[OrderName]:
    """Return the orders that are meant: an id comes before a number, an execution before a copy."""
    found = archive.orders_named(asked.text) if asked.is_id else ()
    if found or asked.number is None:
        return list(found)
    execution = None if asked.is_copy else archive.order_of_execution(asked.number)
    copy = archive.order_of_copy(asked.number)
    if execution is not None and copy not in (None, execution):
        note(f"#{asked.number} is execution {asked.number}; for copy {asked.number}: copytui why copy {asked.number}")
    one = execution or copy
    return [one] if one is not None else []


def _not_known(name: str, coverage: Coverage, near: tuple[str, ...]) -> str:
    hint = f"; near: {', '.join(map(clean, near))}" if near else ""
    return f"the journal knows no order, copy or tag {clean(name)!r}: {_covers(coverage)}{hint}"


def _covers(coverage: Coverage) -> str:
    if not coverage.days:
        return "the journal is empty"
    first, last = coverage.days[0], coverage.days[-1]
    span = f"{first}" if first == last else f"{counted(len(coverage.days), 'day')} from {first} to {last}"
    orders, copies = counted(coverage.orders, "master order"), counted(coverage.copies, "copy", "copies")
    return f"the journal covers {span}: {orders}, {counted(coverage.executions, 'execution')}, {copies}"


def _without_part(orders: list[OrderPast], only: frozenset[ClientId] | None, people: People) -> list[str]:
    """Return a remark for each follower that was asked for and has no part in the order."""
    if only is None:
        return []
    plans = {plan.follower for past in orders for decided in past.executions for plan in decided.decision.plans}
    there = plans | {copy.follower for past in orders for copy in past.copies}
    return [f"{people.name(client)} has no part in it" for client in sorted(only - there)]
