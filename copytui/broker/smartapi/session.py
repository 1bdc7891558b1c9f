"""Logging one account in: one attempt at a time, each one-time code used once, bad credentials never twice."""

from __future__ import annotations

import asyncio
import base64
import time
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Final, Protocol, TypeVar

import pyotp

from copytui.broker.port import Call, Profile
from copytui.broker.smartapi.client import NeverReached, SmartApiClient
from copytui.broker.smartapi.parsing import parse_profile
from copytui.broker.smartapi.response_codes import TotpRefused
from copytui.domain.errors import BadCredentials, BrokerError, RateLimited
from copytui.settings.model import Credentials

T = TypeVar("T")
Sleep = Callable[[float], Awaitable[None]]
Clock = Callable[[], float]
Now = Callable[[], datetime]

_WINDOW: Final = 30
_MARGIN: Final = 1.0
"""A code this close to its end is not sent: it would arrive too late."""

_BIG_CLOCK_ERROR: Final = timedelta(seconds=10)


class _Totp(pyotp.TOTP):
    """pyotp's codes for every secret that a broker hands out: newer pyotp refuses those under 112 bits itself."""

    def byte_secret(self) -> bytes:
        """Decode the secret, with or without spaces and padding; raises ValueError when it is not base32."""
        text = "".join(self.secret.split()).rstrip("=").upper()
        return base64.b32decode(text + "=" * (-len(text) % 8))


class LoginGate:
    """Spaces the log-ins of all accounts of the process; one gate is shared by all."""

    def __init__(self, spacing_seconds: float, *, clock: Clock = time.monotonic, sleep: Sleep = asyncio.sleep) -> None:
        """Let one log-in through every `spacing_seconds`."""
        self._spacing = spacing_seconds
        self._clock = clock
        self._sleep = sleep
        self._next = clock()
        self._turn = asyncio.Lock()

    async def wait(self) -> None:
        """Wait for this log-in's turn."""
        async with self._turn:
            pause = self._next - self._clock()
            if pause > 0:
                await self._sleep(pause)
            self._next = self._clock() + self._spacing


class Hands(Protocol):
    """What a session needs of its account: a thread for blocking calls, kept within the broker's limits."""

    async def paced(self, call: Call, work: Callable[[], T]) -> T:
        """Wait until the limiter lets `call` through, then run `work` in a thread."""

    @property
    def clock_offset(self) -> timedelta | None:
        """How far the broker's clock is ahead of ours."""


class Session:
    """One account's session; `generation` counts log-ins, so that the refusal of an old token ends no new session."""

    def __init__(
        self,
        client: SmartApiClient,
        credentials: Credentials,
        hands: Hands,
        gate: LoginGate,
        *,
        now: Now,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        """Start without a session."""
        self.generation = 0
        self.held = False
        self._client = client
        self._credentials = credentials
        self._hands = hands
        self._gate = gate
        self._now = now
        self._sleep = sleep
        self._used_window = -1
        self._locked: BadCredentials | None = None
        self._flight: asyncio.Task[Profile] | None = None

    async def log_in(self) -> Profile:
        """Open a session; calls at the same time share one log-in and its outcome."""
        if self._locked is not None:
            raise BadCredentials(str(self._locked), code=self._locked.code)
        if self._flight is None or self._flight.done():
            self._flight = asyncio.create_task(self._log_in(), name=f"log-in {self._credentials.client_id}")
            self._flight.add_done_callback(_retrieve)
        return await asyncio.shield(self._flight)

    def refused(self, generation: int) -> None:
        """Note that the broker refused the token of log-in number `generation`."""
        if generation == self.generation:
            self.held = False

    def forget(self) -> None:
        """Note that the session has ended."""
        self.held = False

    async def finish(self) -> None:
        """Stop a log-in that is under way."""
        if self._flight is not None and not self._flight.done():
            self._flight.cancel()
            await asyncio.wait({self._flight})

    async def _log_in(self) -> Profile:
        try:
            try:
                await self._attempt()
            except TotpRefused:
                await self._attempt()  # perhaps an earlier process used that code: the next window's, once
        except TotpRefused as error:
            self._locked = BadCredentials(f"{error} {self._clock_advice()}", code=error.code)
            raise self._locked from None
        except BadCredentials as error:
            self._locked = error
            raise
        self.generation += 1
        self.held = True
        return await self._profile()

    async def _attempt(self) -> None:
        await self._fresh_window()
        await self._gate.wait()
        while await self._fresh_window():
            await self._gate.wait()  # the wait for a window has spent the place in the row
        moment = self._now().timestamp()
        used_before, self._used_window = self._used_window, int(moment // _WINDOW)
        try:
            code = _Totp(self._credentials.totp_secret.reveal()).at(int(moment))
        except ValueError:
            raise BadCredentials(
                "The TOTP secret is not base32: copy it again from SmartAPI's enable-totp page."
            ) from None
        pin = self._credentials.pin.reveal()
        try:
            await self._hands.paced(Call.LOG_IN, lambda: self._client.open_session(pin, code))
        except (NeverReached, RateLimited):
            self._used_window = used_before  # nobody has looked at the code, so it can be given again
            raise

    async def _fresh_window(self) -> bool:
        """Wait until the 30 s window has a code that was not used and has some life left; tell whether it had to."""
        moment = self._now().timestamp()
        left = _WINDOW - moment % _WINDOW
        if int(moment // _WINDOW) <= self._used_window or left < _MARGIN:
            await self._sleep(max(left, (self._used_window + 1) * _WINDOW - moment) + 0.05)
            return True
        return False

    async def _profile(self) -> Profile:
        """Read who logged in; the log-in counts even when that fails."""
        client_id = self._credentials.client_id
        try:
            body = await self._hands.paced(Call.PROFILE, self._client.getProfile)
        except BrokerError:
            return Profile(client_id, "", ())
        return parse_profile(body.get("data"), client_id)

    def _clock_advice(self) -> str:
        offset = self._hands.clock_offset
        if offset is not None and abs(offset) > _BIG_CLOCK_ERROR:
            side = "behind" if offset > timedelta(0) else "ahead of"
            return f"This computer's clock is {abs(offset).total_seconds():.0f} s {side} the broker's: set it right."
        return "Check the account's TOTP secret and this computer's clock."


def _retrieve(flight: asyncio.Task[Profile]) -> None:
    """Look at the outcome, so that asyncio does not complain when all who waited have gone."""
    if not flight.cancelled():
        flight.exception()
