from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from datetime import datetime, timedelta
from typing import Any

import pytest

from copytui.broker.smartapi.account import SmartApiAccount
from copytui.broker.smartapi.login_limiter import LoginLimiter
from tests.broker.loopback import Loopback, Reply, Request, ok
from tests.broker.samples import CREDENTIALS, LOG_IN_DATA, NOON, broker


class HeldTime:
    """A clock that only moves when something sleeps on it."""

    def __init__(self) -> None:
        self.elapsed = 0.0
        self.slept: list[float] = []

    def monotonic(self) -> float:
        return self.elapsed

    def now(self) -> datetime:
        return NOON + timedelta(seconds=self.elapsed)

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.elapsed += seconds
        await asyncio.sleep(0)


class Script:
    """Answers by the last part of the path; login and profile succeed by default."""

    def __init__(self) -> None:
        self.answers: dict[str, Callable[[Request], Reply]] = {}

    def on(self, call: str, *replies: Reply) -> None:
        left = list(replies)
        self.answers[call] = lambda _request: left.pop(0) if len(left) > 1 else left[0]

    def __call__(self, request: Request) -> Reply:
        call = request.path.rsplit("/", 1)[-1]
        if call in self.answers:
            return self.answers[call](request)
        if call == "loginByPassword":
            return ok(LOG_IN_DATA)
        if call == "getProfile":
            return ok({"clientcode": "F001", "name": "ASHA", "exchanges": ["NSE"]})
        return ok()


@pytest.fixture
def held() -> HeldTime:
    return HeldTime()


@pytest.fixture
def script() -> Script:
    return Script()


@pytest.fixture
def server(script: Script) -> Iterator[Loopback]:
    with Loopback(script) as running:
        yield running


MakeAccount = Callable[..., SmartApiAccount]


@pytest.fixture
async def make_account(server: Loopback, held: HeldTime) -> AsyncIterator[MakeAccount]:
    async with AsyncExitStack() as stack:

        def make(**options: Any) -> SmartApiAccount:
            login_limiter = options.pop("login_limiter", None) or LoginLimiter(
                0, clock=held.monotonic, sleep=held.sleep
            )
            timeout = options.pop("timeout", 2.0)
            credentials = options.pop("credentials", CREDENTIALS)
            url = options.pop("url", server.url)
            settings = broker(url, timeout)
            account = SmartApiAccount(
                credentials,
                settings,
                login_limiter=login_limiter,
                clock=held.monotonic,
                now=held.now,
                sleep=held.sleep,
                **options,
            )
            stack.push_async_callback(account.close)
            return account

        yield make
