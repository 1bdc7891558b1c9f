"""The master's watcher: it polls the order book, the authoritative source of executions."""

from __future__ import annotations

import asyncio

from copytui.broker.port import Account
from copytui.domain.errors import BadCredentials, BrokerError, CopytuiError, JournalUnwritable, SessionExpired
from copytui.domain.events import EventKind, Level
from copytui.domain.text import clean
from copytui.engine import backoff
from copytui.engine.follower.session import log_in_patiently
from copytui.engine.master.intake import Intake
from copytui.engine.master.unreadable_rows import report_master_rows
from copytui.engine.state import EngineState

_TRYING_SECONDS = 5.0


class Watcher:
    """Polls the master's order book and passes each good poll to the intake."""

    def __init__(self, state: EngineState, master: Account, intake: Intake) -> None:
        """Watch `master`."""
        self._state = state
        self._master = master
        self._intake = intake
        self._wake = asyncio.Event()
        self._reported: set[str] = set()
        self._sessions_refused = 0

    async def run(self) -> None:
        """Poll until cancelled; a poll that fails changes no state."""
        state = self._state
        while True:
            pause = await self._poll()
            if pause > 0:
                self._wake.clear()
                await state.clock.wait(self._wake, pause)

    def poll_now(self) -> None:
        """Poll now instead of at the next interval."""
        self._wake.set()

    async def _poll(self) -> float:
        """Poll once; returns the seconds until the next poll."""
        state = self._state
        started = state.clock.monotonic()
        self._intake.trying()
        try:
            reading = await self._master.order_book()
            days = len(state.looked_at_days)
            await self._intake.take_order_book(reading.orders, reading.server_time)
            if state.day in state.looked_at_days:
                opening = len(state.looked_at_days) > days
                report_master_rows(state, reading, self._reported, opening=opening)
        except SessionExpired as error:
            self._failed(error)
            self._sessions_refused += 1
            await self._log_in_again()
            # A session that is refused right after the login must not cause a login loop.
            return self._pause() if self._sessions_refused > 1 else 0.0
        except (BrokerError, JournalUnwritable) as error:
            self._failed(error)
            return self._pause()
        self._succeeded()
        return state.settings.master.poll_interval_seconds - (state.clock.monotonic() - started)

    def _pause(self) -> float:
        """Return the seconds until the next poll after a failure: doubling from the poll interval, with jitter."""
        watch, interval = self._state.master, self._state.settings.master.poll_interval_seconds
        return backoff.jittered(backoff.poll_pause(interval, watch.failures))

    def _failed(self, error: CopytuiError) -> None:
        watch = self._state.master
        watch.fail_poll(clean(str(error)))
        self._state.touch()
        if watch.failures in (1, 3) or watch.failures % 20 == 0:
            text = f"poll failed ({watch.failures} in a row): {watch.trouble}"
            self._state.emit(Level.WARN, EventKind.WATCH, "master", text)

    def _succeeded(self) -> None:
        watch, state = self._state.master, self._state
        if watch.failures:
            state.emit(
                Level.INFO, EventKind.WATCH, "master", f"polling works again after {watch.failures} failed polls"
            )
        watch.succeed_poll(state.clock.monotonic())
        self._sessions_refused = 0
        state.touch()

    async def _log_in_again(self) -> None:
        state, watch = self._state, self._state.master
        watch.change_session("logging in again", logged_in=False)
        try:
            await self._log_in_patiently()
        except BadCredentials as error:
            watch.change_session(f"credentials refused: {clean(str(error))}", logged_in=False)
            text = f"{watch.session_text}. The master is not watched any more: correct them and restart copytui"
            state.emit(Level.ERROR, EventKind.SESSION, "master", text)
            await state.clock.wait(asyncio.Event(), None)
        watch.change_session("logged in", logged_in=True)
        state.emit(Level.INFO, EventKind.SESSION, "master", "logged in again")

    async def _log_in_patiently(self) -> None:
        """Log in; a long login is our own delay and makes no exit too old."""
        attempts = asyncio.create_task(self._note_attempts())
        try:
            await log_in_patiently(self._master, self._state.clock, self._report_waiting, asyncio.Event())
        finally:
            attempts.cancel()

    async def _note_attempts(self) -> None:
        """Note poll attempts during the login, often enough to distinguish a long login from a sleeping computer."""
        while True:
            self._intake.trying()
            await self._state.clock.wait(asyncio.Event(), _TRYING_SECONDS)

    def _report_waiting(self, text: str) -> None:
        self._state.master.change_session(text, logged_in=False)
        self._state.emit(Level.WARN, EventKind.SESSION, "master", text)
