"""The engine: wires the tasks around one engine state, runs them on one loop, and handles commands."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from copytui.broker.port import Account
from copytui.domain.day import start_day, trading_day
from copytui.domain.errors import MasterLogInFailed
from copytui.domain.events import EventKind, Level
from copytui.domain.orders import ClientId
from copytui.domain.text import execution_words
from copytui.engine.calendar import Clock
from copytui.engine.command_handler import CommandHandler, SaveSettings
from copytui.engine.commands import Command
from copytui.engine.follower.book_reader import BookReader
from copytui.engine.follower.follower import Follower
from copytui.engine.follower.funds import FollowerFunds, MasterFunds
from copytui.engine.follower.held_reader import HeldReader
from copytui.engine.follower.session import EgressWatch, FollowerSession, log_in_master
from copytui.engine.master.decider import Decider
from copytui.engine.master.intake import Intake
from copytui.engine.master.late_copying import LateCopying
from copytui.engine.master.older_positions import OlderPositions, report_older
from copytui.engine.master.order_inputs import Instruments, NoInstruments, OrderInputs, report_list_trouble
from copytui.engine.master.quotes import ApprovalPrices, Quotes
from copytui.engine.master.watcher import Watcher
from copytui.engine.orders.approvals import Approvals
from copytui.engine.orders.cancels import Cancels
from copytui.engine.orders.dispatcher import Dispatcher
from copytui.engine.orders.flattener import Flattener
from copytui.engine.orders.repricer import Repricer
from copytui.engine.ports import Recorder, Subscriber
from copytui.engine.recovery import recover, report_orphans
from copytui.engine.rules import Rules
from copytui.engine.safety.halts import StopFile
from copytui.engine.safety.orphans import Orphans
from copytui.engine.safety.out_of_step import OutOfStep
from copytui.engine.snapshot import Snapshot, SnapshotMaker
from copytui.engine.state import EngineState
from copytui.journal.recovered_state import RecoveredState
from copytui.settings.model import Settings


class TroubleSource(Protocol):
    """A file written by its own thread, which reports when writing fails."""

    on_trouble: Callable[[str | None], None]


_PUBLISH_SECONDS = 0.25
_FINAL_READ_SECONDS = 3.0
_LOG_OUT_SECONDS = 2.0
_RESTART_SECONDS = 1.0


class Engine:
    """Copies one master's executions into the followers until it is stopped."""

    def __init__(
        self,
        settings: Settings,
        *,
        master: Account,
        follower_accounts: Mapping[ClientId, Account],
        journal: Recorder,
        recovered: RecoveredState,
        clock: Clock,
        subscribers: Sequence[Subscriber] = (),
        save_settings: SaveSettings = lambda _changes: None,
        publish: bool = False,
        logged_until: datetime | None = None,
        instruments: Instruments | None = None,
        stop_file: Callable[[], bool] | None = None,
    ) -> None:
        """Take the engine's dependencies; nothing happens before `run`.

        `publish` keeps `latest` up to date. What changed after `logged_until` may be in no session log yet.
        `instruments` is the list of ticks, lots and tokens; the engine runs it, and works without one.
        `stop_file` returns whether the STOP file exists; it is called in a thread.
        """
        rules = Rules(settings.dry_run, settings.require_confirmation, settings.filters)
        followers = {
            each.client_id: Follower(each, follower_accounts[each.client_id], enabled=each.enabled)
            for each in settings.followers
        }
        dates = start_day(max(recovered.looked_at, default=None), trading_day(clock.now()))
        listed = instruments or NoInstruments()
        self.state = EngineState(
            settings, clock, journal, rules, followers, dates, list(subscribers), has_derivatives=listed.has_derivatives
        )
        self.state.subscribers.append(self.state.metrics)
        self._master = master
        self._recovered = recovered
        self._publishes = publish
        self._logged_until = logged_until
        self._approvals = Approvals(self.state)
        self._instruments = instruments
        self._quotes = Quotes(self.state, master)
        self._approval_prices = ApprovalPrices(self.state, self._approvals, self._quotes)
        self._older = OlderPositions(self.state, master)
        order_inputs = OrderInputs(self.state, master, self._quotes, listed)
        decider = Decider(self.state, self._approvals, order_inputs)
        self._intake = Intake(self.state, self._approvals, order_inputs, self._older, decider)
        self._watcher = Watcher(self.state, master, self._intake)
        self._readers = {client: BookReader(self.state, follower) for client, follower in followers.items()}
        self._cancels = Cancels(self.state)
        self._repricer = Repricer(self.state, self._quotes, listed, self._cancels.request)
        self._stop_file = StopFile(self.state, stop_file)
        self._orphans = Orphans(self.state, self._approvals)
        self._out_of_step = OutOfStep(self.state)
        self.state.subscribers.append(self._out_of_step)
        self._command_handler = CommandHandler(
            self.state,
            flattener=Flattener(self.state, master, self._quotes, listed, self._cancels.request),
            request_cancel=self._cancels.request,
            orphans=self._orphans,
            out_of_step=self._out_of_step,
            stop_file=self._stop_file,
            approvals=self._approvals,
            late_copying=LateCopying(self.state, order_inputs, decider),
            watcher=self._watcher,
            readers=self._readers,
            save_settings=save_settings,
        )
        self._snapshots = SnapshotMaker(
            self.state, self._approvals, self._approval_prices.prices, self._orphans.find, self._out_of_step.find
        )
        self.latest: Snapshot | None = None
        self._stop = asyncio.Event()

    async def run(self, on_started: Callable[[], None] = lambda: None) -> None:
        """Recover, log in, watch and copy until `stop`; raises MasterLogInFailed."""
        state = self.state
        publishing = asyncio.create_task(self._keep_going("snapshots", self._publish))
        if not self._publishes:
            publishing.cancel()
        try:
            recover(state, self._recovered, self._approvals, logged_until=self._logged_until)
            self._intake.day_watch.once_known = lambda: report_orphans(state, self._recovered)
            report_older(state)
            await self._stop_file.look()
            if not await self._start_or_stop():
                return
            on_started()
            async with asyncio.TaskGroup() as posts:
                # Leaving this block waits for the requests in flight, so that each outcome is recorded.
                dispatcher = Dispatcher(state, posts, self._cancels.request)
                async with asyncio.TaskGroup() as tasks:
                    sending = tasks.create_task(self._keep_going("sender", dispatcher.run))
                    loops = [
                        tasks.create_task(self._keep_going(name, loop), name=name)
                        for name, loop in self._loops().items()
                    ]
                    await self._stop.wait()
                    state.begin_stopping()
                    await sending
                    for loop in loops:
                        loop.cancel()
            await self._final_read()
        finally:
            await self._log_out()
            publishing.cancel()
            if self._publishes:
                self.latest = self.snapshot()

    def report_trouble_of(self, *sources: TroubleSource) -> None:
        """Report files that cannot be written, and that can be again; the sources call from their own threads."""
        loop = asyncio.get_running_loop()

        def from_any_thread(trouble: str | None) -> None:
            with contextlib.suppress(RuntimeError):  # the loop has closed
                loop.call_soon_threadsafe(self._report_trouble, trouble)

        for source in sources:
            source.on_trouble = from_any_thread

    def _report_trouble(self, trouble: str | None) -> None:
        if trouble is None:
            self.state.emit(Level.INFO, EventKind.JOURNAL, "copytui", "the files can be written again")
        else:
            self.state.emit(Level.ERROR, EventKind.JOURNAL, "copytui", trouble)
        self.state.wake_dispatcher.set()

    async def _start_or_stop(self) -> bool:
        """Log the master in; returns False when the engine is stopped meanwhile."""
        state = self.state
        state.emit(
            Level.INFO, EventKind.SESSION, "master", "logging in; a TOTP code is used once, so this can take 30 s"
        )
        log_in = asyncio.ensure_future(
            log_in_master(self._master, state.clock, self._report_log_in, state.settings.broker.login_patience_seconds)
        )
        stop = asyncio.ensure_future(self._stop.wait())
        await asyncio.wait({log_in, stop}, return_when=asyncio.FIRST_COMPLETED)
        stop.cancel()
        if not log_in.done():
            log_in.cancel()
            await asyncio.wait({log_in})
            return False
        try:
            profile = log_in.result()
        except MasterLogInFailed as error:
            state.emit(Level.ERROR, EventKind.SESSION, "master", str(error))
            raise
        state.master.change_session("logged in", logged_in=True)
        name = f" ({profile.name})" if profile.name else ""
        state.emit(Level.INFO, EventKind.SESSION, "master", f"logged in as {self._master.client_id}{name}")
        return not self._stop.is_set()

    def _report_log_in(self, text: str) -> None:
        self.state.emit(Level.WARN, EventKind.SESSION, "master", text)

    def _loops(self) -> dict[str, Callable[[], Awaitable[None]]]:
        state = self.state
        loops: dict[str, Callable[[], Awaitable[None]]] = {
            "watcher": self._watcher.run,
            "late figures": self._intake.settle_late,
            "approvals": self._approvals.expire,
            "cancels": self._cancels.run,
            "older positions": self._older.run,
            "quotes": self._quotes.run,
            "prices for approvals": self._approval_prices.run,
            "unfilled copies": self._repricer.run,
            "stop file": self._stop_file.run,
            "orphaned positions": self._orphans.run,
            "positions out of step": self._out_of_step.run,
            "funds of the master": MasterFunds(state, self._master, shown=self._publishes).run,
        }
        if (instruments := self._instruments) is not None:
            loops["instrument list"] = instruments.run
            loops["instrument list trouble"] = lambda: report_list_trouble(state, instruments)
        for client, follower in state.followers.items():
            loops[f"session {client}"] = FollowerSession(state, follower).run
            loops[f"book reader {client}"] = self._readers[client].run
            loops[f"positions {client}"] = HeldReader(state, follower).run
            loops[f"funds {client}"] = FollowerFunds(state, follower, shown=self._publishes).run
            if state.settings.broker.address_echo_url:
                loops[f"egress {client}"] = EgressWatch(state, follower).run
        return loops

    async def _keep_going(self, name: str, loop: Callable[[], Awaitable[None]]) -> None:
        """Run a task while the engine runs and restart it after a bug, which must not take the others down."""
        while not self.state.stopping:
            try:
                await loop()
            except Exception as error:  # noqa: BLE001  # the last boundary: reported, then restarted
                text = f"internal error in {name}: {type(error).__name__}: {error}; restarting it"
                self.state.emit(Level.ERROR, EventKind.PROGRAM, "copytui", text)
                await self.state.clock.wait(self._stop, _RESTART_SECONDS)

    async def _final_read(self) -> None:
        """Read the order books of followers with live or unknown copies once more, so that the record is up to date."""
        state = self.state
        reads = [
            asyncio.create_task(self._readers[client].read())
            for client, follower in state.followers.items()
            if (follower.live or follower.unknown) and follower.account.logged_in
        ]
        if reads:
            _done, late = await asyncio.wait(reads, timeout=_FINAL_READ_SECONDS)
            for read in late:
                read.cancel()
            await asyncio.gather(*reads, return_exceptions=True)
        for follower in state.followers.values():
            for id_ in (*dict(follower.live), *dict(follower.unknown), *follower.queue):
                copy = state.copies[id_]
                text = f"left {copy.state}: {copy.order.side} {copy.order.quantity} {copy.order.symbol}"
                state.emit(Level.WARN, EventKind.COPY, follower.name, text, copy=copy)
        for id_ in self._approvals.waiting:
            words = execution_words(state.executions[id_].execution)
            text = f"#{id_} {words} still waits for approval; copytui asks again if it restarts in time"
            state.emit(Level.WARN, EventKind.APPROVAL, "master", text, execution_id=id_)

    async def _log_out(self) -> None:
        accounts = [self._master, *(follower.account for follower in self.state.followers.values())]
        ending = [] if self.state.settings.broker.keep_sessions else accounts
        leaving = [asyncio.create_task(account.log_out()) for account in ending if account.logged_in]
        if leaving:
            _done, late = await asyncio.wait(leaving, timeout=_LOG_OUT_SECONDS)
            for task in late:
                task.cancel()
            await asyncio.gather(*leaving, return_exceptions=True)
        await asyncio.gather(*(account.close() for account in accounts), return_exceptions=True)

    def stop(self) -> None:
        """Stop gracefully: no new orders, requests in flight are finished and recorded. Called on the loop."""
        self._stop.set()

    def snapshot(self) -> Snapshot:
        """Return a snapshot of the current state. Called on the loop."""
        return self._snapshots.make()

    async def _publish(self) -> None:
        """Keep `latest` up to date, so that the screen never waits; runs until cancelled."""
        while True:
            if self.latest is None or self.latest.version != self.state.version:
                self.latest = self.snapshot()
            await self.state.clock.wait(asyncio.Event(), _PUBLISH_SECONDS)

    async def handle(self, command: Command) -> str:
        """Carry out a command and return the outcome as a sentence. Called on the loop."""
        return await self._command_handler.handle(command)
