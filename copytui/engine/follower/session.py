"""Login of the accounts: one attempt at a time per account, growing pauses, never a loop on bad credentials."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from copytui.broker.port import Account, Profile
from copytui.domain.errors import BadCredentials, BrokerError, MasterLogInFailed
from copytui.domain.events import EventKind, Level
from copytui.domain.text import clean
from copytui.engine import backoff
from copytui.engine.backoff import LOG_IN, MASTER_AT_START
from copytui.engine.calendar import Clock
from copytui.engine.follower.follower import Follower, SessionState
from copytui.engine.state import EngineState


async def log_in_master(
    account: Account, clock: Clock, report: Callable[[str], None], patience_seconds: float
) -> Profile:
    """Log the master in at start, for at least `patience_seconds`; raises MasterLogInFailed."""
    begun, failures = clock.monotonic(), 0
    while True:
        try:
            return await account.log_in()
        except BadCredentials as error:
            text = f"the master could not log in: {clean(str(error))}"
            raise MasterLogInFailed(
                f"{text}. Check the four values in .env; repeated attempts lock an account"
            ) from error
        except BrokerError as error:
            failures += 1
            if clock.monotonic() - begun >= patience_seconds:
                tries = "1 attempt" if failures == 1 else f"{failures} attempts"
                text = f"the master could not log in after {tries}: {clean(str(error))}"
                raise MasterLogInFailed(text) from error
            pause = MASTER_AT_START.after(failures)
            report(f"login failed, trying again in {pause:.0f} s: {clean(str(error))}")
            await clock.wait(asyncio.Event(), backoff.jittered(pause))


async def log_in_patiently(
    account: Account, clock: Clock, report: Callable[[str], None], wake: asyncio.Event
) -> Profile:
    """Log in, however long it takes; raises BadCredentials at once, because retrying gets an account locked."""
    failures = 0
    while True:
        try:
            return await account.log_in()
        except BadCredentials:
            raise
        except BrokerError as error:
            failures += 1
            pause = LOG_IN.after(failures)
            report(f"login failed, trying again in {pause:.0f} s: {clean(str(error))}")
            wake.clear()
            await clock.wait(wake, backoff.jittered(pause))


class FollowerSession:
    """Keeps one follower logged in."""

    def __init__(self, state: EngineState, follower: Follower) -> None:
        """Keep `follower`'s account logged in."""
        self._state = state
        self._follower = follower
        self._in_vain = 0

    async def run(self) -> None:
        """Log in whenever there is no session; runs until cancelled."""
        follower = self._follower
        while True:
            follower.wake_session.clear()
            if not follower.account.logged_in and follower.session is not SessionState.LOCKED:
                await self._log_in()
            await self._state.clock.wait(follower.wake_session, None)

    async def _log_in(self) -> None:
        state, follower = self._state, self._follower
        self._in_vain = self._in_vain + 1 if follower.session is SessionState.READING_BOOK else 0
        follower.change_session(SessionState.LOGGING_IN, follower.session_text)
        state.touch()
        if self._in_vain:
            # The last session was refused before a single order book was read: do not log in in a loop.
            await state.clock.wait(asyncio.Event(), backoff.jittered(LOG_IN.after(self._in_vain)))
        try:
            profile = await log_in_patiently(follower.account, state.clock, self._say_waiting, follower.wake_session)
        except BadCredentials as error:
            follower.change_session(SessionState.LOCKED, f"credentials refused: {clean(str(error))}")
            text = f"{follower.session_text}. Not tried again: correct them and restart copytui"
            state.emit(Level.ERROR, EventKind.SESSION, follower.name, text)
            return
        follower.change_session(SessionState.READING_BOOK, "reading its order book", profile)
        state.emit(
            Level.INFO, EventKind.SESSION, follower.name, f"logged in as {follower.client_id}{_profile_name(profile)}"
        )
        follower.wake_book_reader.set()
        follower.wake_funds.set()
        follower.wake_held.set()

    def _say_waiting(self, text: str) -> None:
        self._follower.change_session(SessionState.WAITING, text)
        self._state.emit(Level.WARN, EventKind.SESSION, self._follower.name, text)


def _profile_name(profile: Profile) -> str:
    return f" ({clean(profile.name)})" if profile.name else ""


_EVERY_SECONDS = 600.0
_AGAIN_SECONDS = 30.0


class EgressWatch:
    """Checks one follower's egress IP from time to time; used only where the settings name an echo URL."""

    def __init__(self, state: EngineState, follower: Follower) -> None:
        """Watch `follower`'s egress IP."""
        self._state = state
        self._follower = follower
        self._failures = 0

    async def run(self) -> None:
        """Check until cancelled."""
        while True:
            await self._state.clock.wait(asyncio.Event(), await self._check())

    async def _check(self) -> float:
        """Check once; returns the seconds until the next check. A failure changes nothing."""
        state, follower = self._state, self._follower
        try:
            egress_ip = await follower.account.egress_ip(state.settings.broker.address_echo_url)
        except BrokerError as error:
            self._failures += 1
            if self._failures == 1:
                text = f"its egress IP could not be determined: {clean(str(error))}"
                state.emit(Level.WARN, EventKind.SESSION, follower.name, text)
            return _AGAIN_SECONDS
        self._failures = 0
        self._compare(egress_ip)
        return _EVERY_SECONDS if follower.ip_mismatch is None else _AGAIN_SECONDS

    def _compare(self, egress_ip: str) -> None:
        state, follower = self._state, self._follower
        registered = follower.settings.registered_ip
        wrong = None
        if registered and egress_ip != registered:
            wrong = f"its requests leave from {egress_ip}, and {registered} is registered"
        if wrong != follower.ip_mismatch:
            level, words = (Level.INFO, "its egress IP is correct again") if wrong is None else (Level.ERROR, wrong)
            more = "" if wrong is None else ": no order is sent for it until that is corrected"
            state.emit(level, EventKind.SESSION, follower.name, f"{words}{more}")
        follower.see_egress(egress_ip, wrong)
        state.touch()
        state.wake_dispatcher.set()
