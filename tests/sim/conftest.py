"""Fixtures of the exchange's tests: running exchanges, the unmodified SDK and plain HTTP."""

from __future__ import annotations

import http.client
import importlib
import json
import logging
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pyotp
import pytest

from copytui.sim import ExchangeAccount, ExchangeOptions, RunningExchange, serve_in_thread
from tests.sim.helpers import QUIET


@pytest.fixture
def serve() -> Iterator[Callable[..., RunningExchange]]:
    with ExitStack() as stack:
        yield lambda **options: stack.enter_context(serve_in_thread(ExchangeOptions(**{**QUIET, **options})))


@pytest.fixture(scope="session")
def sdk_class() -> Any:
    """Import the unmodified SDK, without network access and logging."""
    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        logzero = importlib.import_module("logzero")
        for handler in list(logzero.logger.handlers):
            logzero.logger.removeHandler(handler)
        logzero.logger.disabled = True
        patch.setattr("requests.get", _no_network)
        return importlib.import_module("SmartApi.smartConnect").SmartConnect


def _no_network(*_: Any, **__: Any) -> Any:
    raise OSError("no network in tests")


@pytest.fixture
def connect(sdk_class: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Make an SDK client for an account, not logged in."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("logzero.logfile", lambda *_, **__: logging.getLogger("unused"))

    def make(running: RunningExchange, account: ExchangeAccount, timeout: float = 5) -> Any:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            client = sdk_class(api_key=account.api_key, root=running.url, timeout=timeout)
        client._rootUrl = running.url
        return client

    return make


@pytest.fixture
def log_in(connect: Callable[..., Any]) -> Callable[..., Any]:
    """Make a logged-in SDK client."""

    def make(running: RunningExchange, account: ExchangeAccount, timeout: float = 5) -> Any:
        client = connect(running, account, timeout)
        answer = client.generateSession(account.client_id, account.pin, pyotp.TOTP(account.totp_secret).now())
        assert answer["status"] is True, answer
        return client

    return make


@pytest.fixture
def http_call() -> Callable[..., tuple[int, http.client.HTTPMessage, str]]:
    """Make plain requests that return status, headers and text."""

    def call(
        url: str, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None
    ) -> tuple[int, http.client.HTTPMessage, str]:
        where = urlsplit(url)
        assert where.hostname is not None
        connection = http.client.HTTPConnection(where.hostname, where.port or 80, timeout=5)
        try:
            connection.request(method, path, None if body is None else json.dumps(body), headers or {})
            response = connection.getresponse()
            return response.status, response.msg, response.read().decode()
        finally:
            connection.close()

    return call


@pytest.fixture
def eventually() -> Callable[..., Any]:
    def wait(check: Callable[[], Any], seconds: float = 5.0) -> Any:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if result := check():
                return result
            time.sleep(0.01)
        pytest.fail("did not come true in time")

    return wait
