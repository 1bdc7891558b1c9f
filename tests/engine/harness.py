"""The test harness: a master, followers, a journal on disk and an engine, on a clock that the test controls."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from copytui.domain.changes import Change, EventEmitted, ExecutionDecided, OrderAdvanced, OrderPlanned
from copytui.domain.copies import ChildOrder, CopyState
from copytui.domain.decisions import DecidedExecution
from copytui.domain.errors import JournalUnwritable
from copytui.domain.events import Event, Level
from copytui.domain.orders import BookOrder, ClientId, OrderId, OrderKey
from copytui.engine.commands import Command
from copytui.engine.engine import Engine
from copytui.engine.master.order_inputs import Instruments
from copytui.journal.store import Journal
from copytui.settings.model import Credentials, FollowerSettings, MasterSettings, RiskSettings, Secret, Settings
from tests.builders import NOON, a_working_order, an_order
from tests.engine.held_clock import HeldClock
from tests.engine.scripted import ScriptedAccount

MASTER = ClientId("M1")
F1, F2, F3 = ClientId("F1"), ClientId("F2"), ClientId("F3")


def credentials(client: ClientId) -> Credentials:
    return Credentials(client, Secret("key"), Secret("1234"), Secret("JBSWY3DPEHPK3PXP"))


class WatchedJournal:
    """The real journal, with a count of pending answers; a test can make it refuse or wait."""

    def __init__(self, path: Path) -> None:
        self.real = Journal(path)
        self.pending = 0
        self.full = False
        self.hold: asyncio.Event | None = None
        self.requires = 0
        self.backlog: list[Sequence[Change]] = []

    @property
    def trouble(self) -> str | None:
        return "the disk is full" if self.full else self.real.trouble

    def record(self, statements: Sequence[Change]) -> None:
        if self.full:
            self.backlog.append(statements)
        else:
            self.flush()
            self.real.record(statements)

    def flush(self) -> None:
        backlog, self.backlog = self.backlog, []
        for statements in backlog:
            self.real.record(statements)

    async def require(self, statements: Sequence[Change]) -> None:
        self.requires += 1
        if self.hold is not None:
            await self.hold.wait()
        if self.full:
            raise JournalUnwritable("the disk is full")
        self.flush()
        self.pending += 1
        try:
            await self.real.require(statements)
        finally:
            self.pending -= 1


@dataclass
class Watchers:
    """A subscriber that keeps everything."""

    events: list[Event] = field(default_factory=list)
    decisions: list[DecidedExecution] = field(default_factory=list)
    copies: list[ChildOrder] = field(default_factory=list)

    def on_change(self, change: Change) -> None:
        match change:
            case EventEmitted(event):
                self.events.append(event)
            case ExecutionDecided(decided):
                self.decisions.append(decided)
            case OrderPlanned(order) | OrderAdvanced(_, order):
                self.copies.append(order)
            case _:
                pass


class World:
    """Everything together; `start` and `stop` can be called repeatedly."""

    def __init__(self, folder: Path, *, followers: Sequence[ClientId] = (F1, F2), **settings: Any) -> None:
        folder.mkdir(exist_ok=True)
        self.folder = folder
        self.path = folder / "journal.sqlite3"
        self.clock = HeldClock(busy=lambda: self.journal is not None and self.journal.pending > 0)
        self.master = ScriptedAccount(MASTER, self.clock, self.path)
        self.accounts = {client: ScriptedAccount(client, self.clock, self.path) for client in followers}
        master = {
            name: settings.pop(name)
            for name in ("copy_on", "max_order_age_seconds", "open_orders_at_start", "poll_interval_seconds")
            if name in settings
        }
        halt_after = settings.pop("halt_after_failures", 5)
        self.instruments: Instruments | None = settings.pop("instruments", None)
        self.publish: bool = settings.pop("publish", False)
        self.stop_file: Callable[[], bool] | None = settings.pop("stop_file", None)
        self.settings = Settings(
            folder=folder,
            master=MasterSettings(credentials(MASTER), **master),
            followers=tuple(
                FollowerSettings(number, f"Follower {number}", credentials(client))
                for number, client in enumerate(followers, 1)
            ),
            dry_run=settings.pop("dry_run", False),
            risk=settings.pop("risk", None) or RiskSettings(halt_after_failures=halt_after),
            logs_directory=folder,
            **settings,
        )
        self.journal: WatchedJournal | None = None
        self.seen = Watchers()
        self.run: asyncio.Task[None] | None = None
        self.engine: Engine
        self.commands: list[asyncio.Future[None]] = []
        self._orders = 0

    def __getitem__(self, client: ClientId) -> ScriptedAccount:
        return self.accounts[client]

    def make(self) -> Engine:
        """Open the journal and make an engine that does not run yet."""
        self.journal = WatchedJournal(self.path)
        self.seen = Watchers()
        for account in (self.master, *self.accounts.values()):
            account.logged_in = False  # a session does not outlive the program
        self.engine = Engine(
            self.settings,
            master=self.master,
            follower_accounts=self.accounts,
            journal=self.journal,
            recovered=self.journal.real.read(self.settings.master.client_id),
            clock=self.clock,
            subscribers=[self.seen],
            instruments=self.instruments,
            publish=self.publish,
            stop_file=self.stop_file,
        )
        return self.engine

    async def start(self, *, settle: bool = True) -> None:
        """Start the engine; after `settle`, all accounts are logged in and every order book has been read once."""
        engine = self.make()
        self.run = asyncio.create_task(engine.run())
        if settle:
            await self.clock.quiet()

    async def stop(self) -> None:
        """Stop gracefully and close the journal."""
        assert self.run is not None
        self.engine.stop()
        for _ in range(200):
            await self.clock.quiet()
            if self.run.done():
                break
            await self.clock.advance(0.5)
        await self.run
        self.run = None
        self.close()

    async def restart(self, *, down: float = 0.0, **settings: Any) -> None:
        await self.stop()
        await self.clock.advance(down)
        self.settings = replace(self.settings, **settings)
        await self.start()

    async def end(self) -> None:
        """Cancel whatever still runs."""
        if self.run is not None:
            self.run.cancel()
            await asyncio.gather(self.run, return_exceptions=True)
            self.run = None
        self.close()

    def close(self) -> None:
        if self.journal is not None:
            self.journal.flush()
            self.journal.real.close()
            self.journal = None

    async def pass_(self, seconds: float) -> None:
        await self.clock.advance(seconds)

    async def handle(self, command: Command) -> str:
        said = await self.engine.handle(command)
        await self.clock.quiet()
        return said

    # What the master does.

    def master_has(self, row: BookOrder) -> BookOrder:
        """Put a row into the master's book, in the place of an older one of the same order."""
        rows = [known for known in self.master.rows if known.key != row.key]
        self.master.rows = [*rows, row]
        return row

    def _fields(self, number: int | None, at: datetime | None, more: dict[str, Any]) -> dict[str, Any]:
        if number is None:
            self._orders += 1
            number = self._orders
        names = {"key": OrderKey(f"U{number}"), "order_id": OrderId(f"{number:06d}")}
        return names | {"updated_at": at or self.clock.now()} | more

    def executes(self, number: int | None = None, *, at: datetime | None = None, **more: Any) -> BookOrder:
        """Let a master order be complete in the book."""
        return self.master_has(an_order(**self._fields(number, at, more)))

    def works(self, number: int | None = None, *, at: datetime | None = None, **more: Any) -> BookOrder:
        """Let a master order be open in the book."""
        return self.master_has(a_working_order(**self._fields(number, at, more)))

    # The results.

    @property
    def copies(self) -> list[ChildOrder]:
        return list(self.engine.state.copies.values())

    def copies_of(self, client: ClientId) -> list[ChildOrder]:
        return [copy for copy in self.copies if copy.follower == client]

    def states(self, client: ClientId) -> list[CopyState]:
        return [copy.state for copy in self.copies_of(client)]

    @property
    def verdicts(self) -> list[str]:
        return [str(decided.decision.verdict) for decided in self.engine.state.executions.values()]

    def events(self, level: Level) -> list[str]:
        return [event.text for event in self.seen.events if event.level is level]

    @property
    def errors(self) -> list[str]:
        return self.events(Level.ERROR)

    async def on_disk(self, sql: str) -> list[tuple[Any, ...]]:
        """Query the journal's file, once everything pending has been written."""
        if self.journal is not None:
            self.journal.flush()
            await self.journal.real.require([])
        connection = sqlite3.connect(self.path)
        try:
            return connection.execute(sql).fetchall()
        finally:
            connection.close()


__all__ = ["F1", "F2", "F3", "MASTER", "NOON", "WatchedJournal", "World", "credentials"]
