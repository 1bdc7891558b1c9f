"""One account's HTTP: pooled keep-alive connections, time-outs, no retries, no redirects, no environment.

A request ends in one of three ways: an `HttpAnswer`, whatever its status; `NotSent`, which proves that no
byte of it was written; or `NoAnswer`, which proves nothing. Safe to call from several threads.
"""

from __future__ import annotations

import os
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final

from urllib3 import BaseHTTPResponse, Timeout
from urllib3.exceptions import (
    ConnectTimeoutError,
    NameResolutionError,
    NewConnectionError,
    ProxyError,
    ReadTimeoutError,
)
from urllib3.util import parse_url

from copytui.broker.smartapi.connections import open_pool

LONGEST_CONNECT_SECONDS = 3.5
_LARGEST_BODY: Final = 32 * 1024 * 1024
_CHUNK: Final = 256 * 1024
_HALF_A_SECOND: Final = timedelta(seconds=0.5)  # a Date header is cut to the second


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """What came back: the status, the body as it was, and the broker's clock when it told."""

    status: int
    body: bytes
    date: datetime | None


@dataclass(frozen=True, slots=True)
class Route:
    """An account's way out: through a proxy (its URL may hold a password), from a local IPv4 address, or neither."""

    proxy: str = field(default="", repr=False)
    source_address: str = ""
    tls: ssl.SSLContext | None = field(default=None, repr=False)


class NotSent(Exception):
    """No byte of the request was written; the text is a sentence without secrets."""


class NoAnswer(Exception):
    """The request may have arrived, and no whole answer came; the text is a sentence without secrets."""


class _TooLong(Exception):
    pass


class Transport:
    """Requests to one origin. Paths are appended to the root's own path, if it has one."""

    def __init__(
        self,
        root_url: str,
        route: Route = Route(),
        *,
        timeout_seconds: float,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Prepare; nothing is connected before the first request."""
        self.clock_offset: timedelta | None = None
        self._now = now
        root = parse_url(root_url)
        self.host = root.host or root_url
        self._connect_seconds = min(LONGEST_CONNECT_SECONDS, timeout_seconds)
        self._read_seconds = timeout_seconds
        self._pool = open_pool(root, proxy=route.proxy, source_address=route.source_address, tls=route.tls)
        self._prefix = (root.path or "").rstrip("/")
        if self._pool.proxy is not None and root.scheme == "http":
            self._prefix = root_url.rstrip("/")  # a forwarding proxy wants the whole address

    def request(
        self,
        method: str,
        path: str,
        *,
        body: bytes | None = None,
        headers: Mapping[str, str],
        read_seconds: float | None = None,
    ) -> HttpAnswer:
        """Send one request, once; raises NeverLeft or NoAnswer."""
        patience = read_seconds or self._read_seconds
        pool = self._pool
        pool.forget_connection()
        try:
            response = pool.urlopen(
                method,
                self._prefix + path,
                body=body,
                headers=headers,
                retries=False,
                redirect=False,
                assert_same_host=False,
                timeout=Timeout(connect=self._connect_seconds, read=patience),
                preload_content=False,
            )
            date = _date(response.headers.get("Date"))
            if date is not None:
                self.clock_offset = date + _HALF_A_SECOND - self._now()
            return HttpAnswer(response.status, _read(response, time.monotonic() + patience), date)
        except Exception as error:  # noqa: BLE001  # whatever it was: what counts is whether a byte had been written
            begun = pool.request_begun
            reason = self._reason(error, patience) if begun else self._no_connection(error)
        # Raised outside of the handler, so that no library's error (its text may hold a header) hangs on to ours.
        if begun:
            raise NoAnswer(reason)
        raise NotSent(reason)

    def close(self) -> None:
        """Close the idle connections; a request in flight keeps its own until it ends."""
        self._pool.close()

    def _reason(self, error: Exception, patience: float) -> str:
        """Say why no whole answer came."""
        if isinstance(error, (ReadTimeoutError, _TooLong)):
            return f"no whole answer from {self.host} within {patience:g} s"
        return f"the connection to {self.host} was lost before its answer was complete"

    def _no_connection(self, error: Exception) -> str:
        """Say why the request never left."""
        if isinstance(error, NameResolutionError):
            return f"the name {self.host} could not be resolved"
        if isinstance(error, (ConnectTimeoutError, ReadTimeoutError)) and not isinstance(error, NewConnectionError):
            return f"no connection to {self.host} within {self._connect_seconds:g} s"
        by_proxy = isinstance(error, ProxyError)
        return f"{'the proxy gave ' if by_proxy else ''}no connection to {self.host}{_detail(error)}"


def _read(response: BaseHTTPResponse, until: float) -> bytes:
    """Read the whole body; a body that trickles or swells is given up, and its connection with it."""
    parts: list[bytes] = []
    size = 0
    try:
        while part := response.read1(_CHUNK):
            parts.append(part)
            size += len(part)
            if size > _LARGEST_BODY or time.monotonic() > until:
                raise _TooLong  # noqa: TRY301  # the handler below closes the connection for every reason alike
    except BaseException:
        response.close()
        raise
    response.release_conn()
    return parts[0] if len(parts) == 1 else b"".join(parts)


def _detail(error: BaseException | None) -> str:
    """Name the operating system's or the TLS library's own reason, found along the chain of causes; '' if none."""
    for _ in range(6):
        if error is None:
            break
        if isinstance(error, ssl.SSLCertVerificationError):
            return f": its certificate is not trusted ({error.verify_message})"
        if isinstance(error, ssl.SSLError):
            return f": TLS failed ({error.reason or 'handshake'})"
        if isinstance(error, OSError):
            if error.errno is not None:
                return f": {os.strerror(error.errno).lower()}"
            if str(error).startswith("Tunnel connection failed: "):
                return f": the proxy answered {str(error).split(': ', 1)[1][:3]}"
        inner = error.args[-1] if error.args else None
        error = error.__cause__ or error.__context__ or (inner if isinstance(inner, BaseException) else None)
    return ""


def _date(header: str | None) -> datetime | None:
    if not header:
        return None
    try:
        moment = parsedate_to_datetime(header)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
