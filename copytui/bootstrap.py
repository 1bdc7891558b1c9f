"""The composition root: settings -> adapters -> engine -> the client that shows it. Nothing else wires them."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from copytui import __version__
from copytui.broker.instruments.list import InstrumentList, default_folder
from copytui.broker.smartapi.account import SmartApiAccount
from copytui.broker.smartapi.login_limiter import LoginLimiter, Urgency
from copytui.control import serve_requests
from copytui.domain.errors import JournalUnwritable, StartRefused
from copytui.domain.orders import ClientId
from copytui.domain.text import IST
from copytui.engine.calendar import SystemClock
from copytui.engine.engine import Engine
from copytui.engine.host import EngineHost
from copytui.event_queue import EventQueue
from copytui.journal.archive import JOURNAL_FILE
from copytui.journal.backlog import Backlog, backlog
from copytui.journal.lock import journal_lock
from copytui.journal.recovered_state import RecoveredState
from copytui.journal.session_log import SessionLog, cut_off_at
from copytui.journal.store import Journal
from copytui.settings.live import save_local
from copytui.settings.model import FollowerSettings, Settings

STOP_FILE = "STOP"
"""A file of this name in the settings' folder halts everything; its content does not matter."""


@dataclass(frozen=True, slots=True)
class RunOptions:
    """Options of a run that are not settings. `duration` is in seconds; None runs until stopped.

    `cache` is the folder for files that can be downloaded again; None is the user's cache folder.
    """

    duration: float | None = None
    as_json: bool = False
    journal: Path | None = None
    save_settings: bool = True
    banner: tuple[str, ...] = ()
    mode_words: str = ""
    publish: bool = False
    cache: Path | None = None


@dataclass(frozen=True, slots=True)
class Running:
    """The parts of a run that its client talks to."""

    host: EngineHost
    events: EventQueue
    log: SessionLog


@contextlib.contextmanager
def opened(settings: Settings, options: RunOptions) -> Iterator[Running]:
    """Take the lock, open the journal and the session's log, and build the engine's host; all is closed at the end."""
    logs = settings.logs_directory
    journal_path = options.journal or logs / JOURNAL_FILE
    with _folder(logs), journal_lock(journal_path):
        journal = Journal(journal_path, settings.master.client_id)
        try:
            recovered = journal.read(settings.master.client_id)
            logged_until = cut_off_at(logs, settings.master.client_id)
            log = _session_log(settings, backlog(recovered, logged_until))
            events = EventQueue()
            try:
                with contextlib.closing(_instruments(settings, options)) as instruments:
                    parts = _Parts(settings, options, journal, recovered, log, events, logged_until, instruments)
                    host = EngineHost(lambda: _engine(parts))
                    try:
                        with serve_requests(journal, host):
                            yield Running(host, events, log)
                    finally:
                        host.stop()
                        host.join()
            finally:
                log.close(datetime.now(IST))
        finally:
            lost = journal.close()
    if lost:
        raise JournalUnwritable(f"the last {lost} records could not be written to {journal_path}: is the disk full?")


@dataclass(frozen=True, slots=True)
class _Parts:
    """The parts that an engine is built from."""

    settings: Settings
    options: RunOptions
    journal: Journal
    recovered: RecoveredState
    log: SessionLog
    events: EventQueue
    logged_until: datetime | None
    instruments: InstrumentList


def _instruments(settings: Settings, options: RunOptions) -> InstrumentList:
    """Return the broker's instrument list; the engine loads it in the background, if it has a URL."""
    return InstrumentList(settings.broker.instruments_url, options.cache or default_folder())


def _engine(parts: _Parts) -> Engine:
    """Build the engine on its own loop, with its accounts."""
    settings = parts.settings
    login_limiter = LoginLimiter(settings.broker.login_spacing_seconds)
    followers: dict[ClientId, SmartApiAccount] = {
        follower.client_id: _follower_account(parts, follower, login_limiter) for follower in settings.followers
    }

    def save(changes: Mapping[str, object]) -> None:
        if parts.options.save_settings:
            save_local(settings.folder, changes)

    engine = Engine(
        settings,
        master=SmartApiAccount(
            settings.master.credentials,
            settings.broker,
            login_limiter=login_limiter,
            urgency=Urgency.MASTER,
            sessions_folder=_sessions_folder(settings),
        ),
        follower_accounts=followers,
        journal=parts.journal,
        recovered=parts.recovered,
        clock=SystemClock(),
        subscribers=[parts.log, parts.events],
        save_settings=save,
        publish=parts.options.publish,
        logged_until=parts.logged_until,
        stop_file=lambda: os.path.lexists(settings.folder / STOP_FILE),
        instruments=parts.instruments if settings.broker.instruments_url else None,
    )
    engine.report_trouble_of(parts.journal, parts.log)
    return engine


def _follower_account(parts: _Parts, follower: FollowerSettings, login_limiter: LoginLimiter) -> SmartApiAccount:
    settings = parts.settings
    holds = any(each.account == follower.client_id for each in parts.recovered.positions)
    return SmartApiAccount(
        follower.credentials,
        settings.broker,
        login_limiter=login_limiter,
        urgency=Urgency.HAS_POSITIONS if holds else Urgency.OTHER,
        sessions_folder=_sessions_folder(settings),
        source_address=follower.source_address,
        max_orders_per_minute=settings.risk.max_orders_per_minute,
    )


def _sessions_folder(settings: Settings) -> Path | None:
    return settings.logs_directory / "sessions" if settings.broker.keep_sessions else None


def _session_log(settings: Settings, repeated: Backlog) -> SessionLog:
    try:
        return SessionLog(
            settings.logs_directory,
            started=datetime.now(IST),
            mode="dry_run" if settings.dry_run else "live",
            master=settings.master.client_id,
            followers=dict(settings.names),
            version=__version__,
            backlog=repeated,
        )
    except OSError as error:
        raise StartRefused(f"{settings.logs_directory} cannot be written: {error.strerror or error}") from error


@contextlib.contextmanager
def _folder(logs: Path) -> Iterator[None]:
    try:
        logs.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StartRefused(f"{logs} cannot be made: {error.strerror or error}") from error
    yield
