"""The composition root: the one place where settings become adapters, an engine and what shows it."""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from types import FrameType

from copytui import __version__
from copytui.broker.instruments.list import InstrumentList, default_folder
from copytui.broker.smartapi.account import SmartApiAccount
from copytui.broker.smartapi.session import LoginGate
from copytui.cli.console import Console, EventQueue
from copytui.cli.console_commands import ConsoleCommands
from copytui.control import serve_requests
from copytui.domain.errors import JournalUnwritable, StartRefused
from copytui.domain.orders import ClientId
from copytui.domain.text import IST
from copytui.engine.calendar import SystemClock
from copytui.engine.engine import Engine
from copytui.engine.host import EngineHost
from copytui.journal.archive import JOURNAL_FILE
from copytui.journal.lock import journal_lock
from copytui.journal.recovered_state import RecoveredState
from copytui.journal.session_log import SessionLog, cut_off_at
from copytui.journal.store import Journal
from copytui.settings.describe import settings_in_force
from copytui.settings.live import save_local
from copytui.settings.model import FollowerSettings, Settings

STOP_FILE = "STOP"
"""In the project's folder, whatever is in it: halts everything."""

_PRINT_EVERY = 0.2
_TIMES = "times: Indian Standard Time"


@dataclass(frozen=True, slots=True)
class RunOptions:
    """How to run, beside what the settings say. `duration` is in seconds, None for until stopped.

    `cache` is the folder for what can be loaded again, None for the user's own.
    """

    duration: float | None = None
    as_json: bool = False
    journal: Path | None = None
    save_settings: bool = True
    banner: tuple[str, ...] = ()
    mode_words: str = ""
    publish: bool = False
    cache: Path | None = None


def run_console(settings: Settings, options: RunOptions) -> int:
    """Run the engine with lines on standard output until stopped; returns the exit code, raises CopytuiError."""
    deadline = None if options.duration is None else time.monotonic() + options.duration
    with stop_signals() as stopped, opened(settings, options) as running:
        console = Console(as_json=options.as_json)
        mode = [options.mode_words] if options.mode_words else []
        in_force = settings_in_force(settings)[len(mode) :]
        console.lines("settings", [*options.banner, *mode, *in_force, *_warnings(settings), _TIMES])
        running.host.start()
        # The answers come on the engine's thread, and a terminal that takes nothing must hold up this one only.
        said: queue.SimpleQueue[str] = queue.SimpleQueue()
        console_commands = _console_commands(settings, running.host, said.put)
        while not running.host.ended.is_set():
            for event in running.events.take(_PRINT_EVERY):
                console.event(event)
                if console_commands is not None:
                    console_commands.see(event)
                _say(said, console)
            _say(said, console)
            if stopped.is_set() or (deadline is not None and time.monotonic() >= deadline):
                running.host.stop()
        running.host.join()
        for event in running.events.take(0):
            console.event(event)
        _say(said, console)
    if running.host.failure is not None:
        raise running.host.failure
    console.summary(running.log.statistics(), running.log.statuses(), str(running.log.path))
    return 0


def _say(said: queue.SimpleQueue[str], console: Console) -> None:
    """Print what has come of typed lines."""
    with contextlib.suppress(queue.Empty):
        while True:
            console.lines("hint", [said.get_nowait()])


def _console_commands(settings: Settings, host: EngineHost, say: Callable[[str], None]) -> ConsoleCommands | None:
    """Read answers where somebody can type them."""
    if not sys.stdin or not sys.stdin.isatty():
        return None
    numbers = {follower.number: follower.client_id for follower in settings.followers}
    console_commands = ConsoleCommands(host.submit, say, sys.stdin, numbers)
    console_commands.start()
    return console_commands


def _warnings(settings: Settings) -> Iterator[str]:
    return (f"warning: {warning}" for warning in settings.warnings)


@dataclass(frozen=True, slots=True)
class Running:
    """The parts of a run that its front end talks to."""

    host: EngineHost
    events: EventQueue
    log: SessionLog


@contextlib.contextmanager
def opened(settings: Settings, options: RunOptions) -> Iterator[Running]:
    """Take the lock, open the journal and the session's log, and build the engine's host; close all in order."""
    logs = settings.logs_directory
    journal_path = options.journal or logs / JOURNAL_FILE
    with _folder(logs), journal_lock(journal_path):
        journal = Journal(journal_path)
        try:
            recovered = journal.read(settings.master.client_id)
            logged_until = cut_off_at(logs)
            log = _session_log(settings)
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
        raise JournalUnwritable(f"{lost} last records could not be written to {journal_path}: the disk is full?")


@dataclass(frozen=True, slots=True)
class _Parts:
    """What an engine is built from."""

    settings: Settings
    options: RunOptions
    journal: Journal
    recovered: RecoveredState
    log: SessionLog
    events: EventQueue
    logged_until: datetime | None
    instruments: InstrumentList


def _instruments(settings: Settings, options: RunOptions) -> InstrumentList:
    """Return the broker's instrument list; the engine loads it in the background, or never where it has no URL."""
    return InstrumentList(settings.broker.instruments_url, options.cache or default_folder())


def _engine(parts: _Parts) -> Engine:
    """Build the engine on its own loop, with its accounts."""
    settings = parts.settings
    gate = LoginGate(settings.broker.login_spacing_seconds)
    followers: dict[ClientId, SmartApiAccount] = {
        follower.client_id: _follower_account(settings, follower, gate) for follower in settings.followers
    }

    def save(changes: Mapping[str, object]) -> None:
        if "dry_run" in changes:
            parts.log.mode("dry_run" if changes["dry_run"] else "live")
        if parts.options.save_settings:
            save_local(settings.folder, changes)

    engine = Engine(
        settings,
        master=SmartApiAccount(settings.master.credentials, settings.broker, gate=gate),
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


def _follower_account(settings: Settings, follower: FollowerSettings, gate: LoginGate) -> SmartApiAccount:
    return SmartApiAccount(
        follower.credentials,
        settings.broker,
        gate=gate,
        source_address=follower.source_address,
        max_orders_per_minute=settings.risk.max_orders_per_minute,
    )


def _session_log(settings: Settings) -> SessionLog:
    try:
        return SessionLog(
            settings.logs_directory,
            started=datetime.now(IST),
            mode="dry_run" if settings.dry_run else "live",
            master=settings.master.client_id,
            followers=dict(settings.names),
            version=__version__,
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


@contextlib.contextmanager
def stop_signals() -> Iterator[threading.Event]:
    """Turn Ctrl-C, SIGTERM, SIGHUP and Windows' Ctrl-Break into one event, and put the old handlers back."""
    stopped = threading.Event()
    told = False

    def stop(_number: int, _frame: FrameType | None) -> None:
        nonlocal told
        if told:
            return  # a second signal may come while `set` holds its lock for the first, in this same thread
        told = True
        stopped.set()

    names = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")
    numbers = [getattr(signal, name) for name in names if hasattr(signal, name)]
    before = {number: signal.signal(number, stop) for number in numbers}
    if hasattr(signal, "SIGTTIN"):
        # In the background of a shell, a look at the keyboard must not stop the whole program.
        before[signal.SIGTTIN] = signal.signal(signal.SIGTTIN, signal.SIG_IGN)
    try:
        yield stopped
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def with_mode(settings: Settings, *, live: bool | None) -> Settings:
    """Return the settings with the command line's mode laid over them."""
    return settings if live is None else replace(settings, dry_run=not live)
