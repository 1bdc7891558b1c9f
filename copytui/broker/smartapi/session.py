"""One account's session: one login at a time, each TOTP code used once, refused credentials never sent again.

Today's session is kept over a restart (`kept_sessions`).
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Final, Protocol, TypeVar

import pyotp

from copytui.broker.port import Call, Profile
from copytui.broker.smartapi.account_parsing import parse_profile
from copytui.broker.smartapi.client import RequestNotSent, SmartApiClient
from copytui.broker.smartapi.kept_sessions import KeptSession
from copytui.broker.smartapi.login_limiter import Sleep
from copytui.broker.smartapi.response_codes import TotpRefused
from copytui.domain.errors import BadCredentials, BrokerError, BrokerRefused, RateLimited, SessionExpired
from copytui.domain.text import trading_day
from copytui.settings.model import Credentials

T = TypeVar("T")
Now = Callable[[], datetime]

_WINDOW: Final = 30
_MARGIN: Final = 1.0
"""A code with fewer seconds left than this is not sent: it would arrive too late."""

_MAX_CLOCK_ERROR: Final = timedelta(seconds=10)


class _Totp(pyotp.TOTP):
    """TOTP codes for secrets of any length; newer versions of pyotp refuse those under 112 bits."""

    def byte_secret(self) -> bytes:
        """Decode the secret, with or without spaces and padding; raises ValueError if it is not base32."""
        text = "".join(self.secret.split()).rstrip("=").upper()
        return base64.b32decode(text + "=" * (-len(text) % 8))


class CallRunner(Protocol):
    """The part of an account that a session needs: calls within the rate limits."""

    async def run_paced(self, call: Call, work: Callable[[], Awaitable[T]]) -> T:
        """Wait until the rate limiter allows `call`, then make it."""

    @property
    def clock_offset(self) -> timedelta | None:
        """How far the broker's clock is ahead of ours."""


class Session:
    """One account's session. `generation` counts logins, so the refusal of an old token does not end a new session."""

    def __init__(
        self,
        client: SmartApiClient,
        credentials: Credentials,
        runner: CallRunner,
        wait_for_turn: Callable[[], Awaitable[None]],
        *,
        now: Now,
        sleep: Sleep = asyncio.sleep,
        kept: KeptSession | None = None,
    ) -> None:
        """Start without a session; `wait_for_turn` spaces the logins of all accounts."""
        self.generation = 0
        self.held = False
        self._client = client
        self._credentials = credentials
        self._runner = runner
        self._wait_for_turn = wait_for_turn
        self._kept = kept
        self._is_proven = False
        self._dropping: asyncio.Future[None] | None = None
        self._now = now
        self._sleep = sleep
        self._used_window = -1
        self._locked: BadCredentials | None = None
        self._login_task: asyncio.Task[Profile] | None = None

    async def log_in(self) -> Profile:
        """Open a session. Concurrent calls share one login and its outcome."""
        if self._locked is not None:
            raise BadCredentials(str(self._locked), code=self._locked.code)
        if self._login_task is None or self._login_task.done():
            self._login_task = asyncio.create_task(self._log_in(), name=f"login {self._credentials.client_id}")
            self._login_task.add_done_callback(_retrieve)
        return await asyncio.shield(self._login_task)

    def refused(self, generation: int) -> None:
        """Record that the broker refused the token of login number `generation`."""
        if generation == self.generation:
            self.forget()

    def forget(self) -> None:
        """Record that the session has ended."""
        self.held = False
        if self._kept is not None:
            self._dropping = asyncio.get_running_loop().run_in_executor(None, self._kept.drop)

    async def finish(self) -> None:
        """Cancel a login in progress, and wait until an ended session is forgotten."""
        if self._dropping is not None:
            await self._dropping
        if self._login_task is not None and not self._login_task.done():
            self._login_task.cancel()
            await asyncio.wait({self._login_task})

    async def _log_in(self) -> Profile:
        if (profile := await self._resume()) is not None:
            return profile
        try:
            try:
                await self._attempt()
            except TotpRefused:
                await self._attempt()  # perhaps an earlier process used that code: try the next window's, once
        except TotpRefused as error:
            self._locked = BadCredentials(f"{error} {self._clock_advice()}", code=error.code)
            raise self._locked from None
        except BadCredentials as error:
            self._locked = error
            raise
        self._begin()
        await self._keep()
        return await self._profile()

    def _begin(self) -> None:
        self.generation += 1
        self.held = self._is_proven = True

    async def _resume(self) -> Profile | None:
        """Take up the session that was kept over a restart, if a read proves it; None where there is none.

        Raises the BrokerErrors that prove nothing about it.
        """
        if self._kept is None or self._is_proven:
            return None
        tokens = await asyncio.to_thread(self._kept.load, trading_day(self._now()))
        if tokens is None:
            return None
        self._client.use_tokens(tokens)
        try:
            body = await self._runner.run_paced(Call.PROFILE, self._client.getProfile)
        except (SessionExpired, BrokerRefused):
            self._client.forget_session()
            await asyncio.to_thread(self._kept.drop)
            return None
        except BrokerError:
            self._client.forget_session()
            raise
        self._begin()
        return parse_profile(body.get("data"), self._credentials.client_id)

    async def _keep(self) -> None:
        if self._kept is not None and (tokens := self._client.tokens()) is not None:
            if self._dropping is not None:
                await self._dropping
            await asyncio.to_thread(self._kept.store, tokens, trading_day(self._now()))

    async def _attempt(self) -> None:
        await self._fresh_window()
        await self._wait_for_turn()
        while await self._fresh_window():
            await self._wait_for_turn()  # waiting for a window has used up the turn
        now = self._now().timestamp()
        used_before, self._used_window = self._used_window, int(now // _WINDOW)
        try:
            code = _Totp(self._credentials.totp_secret.reveal()).at(int(now))
        except ValueError:
            raise BadCredentials(
                "The TOTP secret is not base32: copy it again from SmartAPI's enable-totp page."
            ) from None
        pin = self._credentials.pin.reveal()
        try:
            await self._runner.run_paced(Call.LOG_IN, lambda: self._client.open_session(pin, code))
        except (RequestNotSent, RateLimited):
            self._used_window = used_before  # the broker has not checked the code, so it can be used again
            raise

    async def _fresh_window(self) -> bool:
        """Wait for a 30 s window with an unused code and enough time left; return whether a wait was needed."""
        now = self._now().timestamp()
        left = _WINDOW - now % _WINDOW
        if int(now // _WINDOW) <= self._used_window or left < _MARGIN:
            await self._sleep(max(left, (self._used_window + 1) * _WINDOW - now) + 0.05)
            return True
        return False

    async def _profile(self) -> Profile:
        """Read the profile; the login counts even if this fails."""
        client_id = self._credentials.client_id
        try:
            body = await self._runner.run_paced(Call.PROFILE, self._client.getProfile)
        except BrokerError:
            return Profile(client_id, "", ())
        return parse_profile(body.get("data"), client_id)

    def _clock_advice(self) -> str:
        offset = self._runner.clock_offset
        if offset is not None and abs(offset) > _MAX_CLOCK_ERROR:
            side = "behind" if offset > timedelta(0) else "ahead of"
            return f"This computer's clock is {abs(offset).total_seconds():.0f} s {side} the broker's: correct it."
        return "Check the account's TOTP secret and this computer's clock."


def _retrieve(task: asyncio.Task[Profile]) -> None:
    """Retrieve the outcome, so that asyncio does not warn if every waiting caller was cancelled."""
    if not task.cancelled():
        task.exception()
