"""Access: logins by API key, PIN and TOTP, sessions that end at midnight, and the broker's rate limits."""

from __future__ import annotations

import base64
import hmac
import json
import random
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

import pyotp

from copytui.sim.accounts import ExchangeAccount, ExchangeOptions
from copytui.sim.orders import RefusedError
from copytui.sim.scheduler import Scheduler, seconds_to_midnight

_TOTP_SECONDS = 30


class GatewayError(Exception):
    """The gateway refuses a request itself, in its own envelope."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = text


@dataclass(slots=True)
class _Session:
    client_id: str
    refresh_token: str
    ends: float


class Sessions:
    """All sessions. One account may have several at the same time.

    `logins` holds the client code of every login attempt, in order, successful or not.
    """

    def __init__(
        self,
        options: ExchangeOptions,
        accounts: Iterable[ExchangeAccount],
        scheduler: Scheduler,
        wall_clock: Callable[[], datetime],
        totp_clock: Callable[[], float] = time.time,
    ) -> None:
        self._options = options
        self._accounts = {account.client_id: account for account in accounts}
        self._scheduler = scheduler
        self._wall_clock = wall_clock
        self._totp_clock = totp_clock
        self._rng = random.Random(f"{options.seed}:tokens")
        self._sessions: dict[str, _Session] = {}
        self.logins: list[str] = []
        self._used_codes: dict[str, set[int]] = {client_id: set() for client_id in self._accounts}

    def log_in(self, api_key: str, client_id: str, pin: str, totp: str) -> dict[str, str]:
        """Open a session and return its tokens; raises RefusedError or GatewayError."""
        self.logins.append(client_id)
        if not api_key:
            raise GatewayError("AG8004", "Invalid API Key")
        account = self._accounts.get(client_id)
        if account is None:
            raise RefusedError("AB1000", "Invalid Email Or Password")
        if not _same(api_key, account.api_key):
            raise RefusedError("AB1034", "Apps not found")
        if not _same(pin, account.pin):
            raise RefusedError("AB1007", "LoginFailed :: Invalid clientcode or password")
        self._use_totp(account, totp)
        return self._open(client_id)

    def refresh(self, api_key: str, jwt: str, refresh_token: str) -> dict[str, str]:
        """Open a new session by the refresh token of another; raises RefusedError or GatewayError."""
        account = self.check(api_key, jwt)
        if not _same(self._sessions[jwt].refresh_token, refresh_token):
            raise RefusedError("AB8050", "Invalid Refresh Token")
        return self._open(account.client_id)

    def check(self, api_key: str, jwt: str) -> ExchangeAccount:
        """Return the account that a token belongs to; raises GatewayError."""
        if not jwt:
            raise GatewayError("AG8003", "Token missing")
        session = self._sessions.get(jwt)
        if session is None:
            raise GatewayError("AG8001", "Invalid Token")
        account = self._accounts[session.client_id]
        if not _same(api_key, account.api_key):
            raise GatewayError("AG8004", "Invalid API Key")
        if self._scheduler.now >= session.ends:
            raise GatewayError("AG8002", "Token Expired")
        return account

    def log_out(self, jwt: str) -> None:
        """End one session; its token becomes unknown."""
        self._sessions.pop(jwt, None)

    def expire(self, client_id: str) -> None:
        """Expire all sessions of an account; their tokens stay known."""
        for session in self._sessions.values():
            if session.client_id == client_id:
                session.ends = self._scheduler.now

    def _use_totp(self, account: ExchangeAccount, code: str) -> None:
        totp = pyotp.TOTP(account.totp_secret)
        window = int(self._totp_clock() // _TOTP_SECONDS)
        used = self._used_codes[account.client_id]
        for counter in (window, window - 1, window + 1):
            if counter not in used and _same(totp.generate_otp(counter), code):
                if self._options.totp_once:
                    used.add(counter)
                return
        raise RefusedError("AB1050", "Invalid totp")

    def _open(self, client_id: str) -> dict[str, str]:
        seconds = self._options.session_seconds
        if seconds is None:
            seconds = seconds_to_midnight(self._wall_clock())
        issued = int(self._totp_clock())
        tokens = {
            "jwtToken": self._token({"username": client_id, "iat": issued, "exp": issued + int(seconds)}),
            "refreshToken": self._token({"username": client_id, "token": "REFRESH-TOKEN", "iat": issued}),
            "feedToken": self._token({"username": client_id, "iat": issued}),
        }
        self._sessions[tokens["jwtToken"]] = _Session(client_id, tokens["refreshToken"], self._scheduler.now + seconds)
        return tokens

    def _token(self, claims: dict[str, object]) -> str:
        """Return text that looks like a JWT, with a random signature."""
        header = _base64(b'{"alg":"HS512"}')
        return f"{header}.{_base64(json.dumps(claims).encode())}.{_base64(self._rng.randbytes(48))}"


def _base64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode("ascii").rstrip("=")


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())


SECOND, MINUTE, HOUR = 1.0, 60.0, 3600.0
_WRITES = "writes"
_GROUPS = {"placeOrder": _WRITES, "modifyOrder": _WRITES, "cancelOrder": _WRITES}
_ONE_PER_SECOND = ((1, SECOND),)
_TEN_PER_SECOND = ((10, SECOND), (500, MINUTE), (5000, HOUR))


Windows = tuple[tuple[int, float], ...]

PUBLISHED_LIMITS: Mapping[str, Windows] = {
    "loginByPassword": _ONE_PER_SECOND,
    "generateTokens": ((1, SECOND), (1000, HOUR)),
    "getProfile": ((3, SECOND), (1000, HOUR)),
    "logout": _ONE_PER_SECOND,
    "getRMS": ((2, SECOND),),
    _WRITES: ((9, SECOND), (500, MINUTE), (1000, HOUR)),
    "getOrderBook": _ONE_PER_SECOND,
    "getTradeBook": _ONE_PER_SECOND,
    "getPosition": _ONE_PER_SECOND,
    "getHolding": _ONE_PER_SECOND,
    "getAllHolding": _ONE_PER_SECOND,
    "searchScrip": _ONE_PER_SECOND,
    "details": _TEN_PER_SECOND,
    "getLtpData": _TEN_PER_SECOND,
    "quote": _TEN_PER_SECOND,
    "margin": _TEN_PER_SECOND,
    "convertPosition": _TEN_PER_SECOND,
}


class RateLimiter:
    """Rolling windows per account and call. A refused call does not count."""

    def __init__(self, limits: Mapping[str, Windows] = PUBLISHED_LIMITS) -> None:
        self._limits = limits
        self._passed: dict[tuple[str, str], deque[float]] = {}

    def allow(self, client_id: str, call: str, now: float) -> bool:
        """Return whether the account may call now, and count the call if so."""
        group = _GROUPS.get(call, call)
        windows = self._limits.get(group, ())
        if not windows:
            return True
        passed = self._passed.setdefault((client_id, group), deque())
        longest = max(seconds for _, seconds in windows)
        while passed and passed[0] <= now - longest:
            passed.popleft()
        for count, seconds in windows:
            if len(passed) >= count and passed[-count] > now - seconds:
                return False
        passed.append(now)
        return True
