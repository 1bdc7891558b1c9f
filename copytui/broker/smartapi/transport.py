"""One account's HTTP: pooled keep-alive connections and time-outs; no retries, redirects or environment proxies.

A request ends in one of three ways: an `HttpAnswer` with any status; `NotSent`, which proves that no byte of it was
written; or `NoAnswer`, which proves nothing. Safe to call from several threads.
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

MAX_CONNECT_SECONDS = 3.5
_MAX_BODY: Final = 32 * 1024 * 1024
_CHUNK: Final = 256 * 1024
_HALF_A_SECOND: Final = timedelta(seconds=0.5)  # a Date header is truncated to the second


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """An answer: its status, its raw body and the broker's clock, if sent."""

    status: int
    body: bytes
    date: datetime | None


@dataclass(frozen=True, slots=True)
class Egress:
    """An account's route to the internet: a proxy (its URL may hold a password), a local IPv4 address, or neither."""

    proxy: str = field(default="", repr=False)
    source_address: str = ""
    tls: ssl.SSLContext | None = field(default=None, repr=False)


class NotSent(Exception):
    """No byte of the request was written. The text is a sentence without secrets."""


class NoAnswer(Exception):
    """The request may have arrived, but no complete answer did. The text is a sentence without secrets."""


class _BodyAborted(Exception):
    pass


class Transport:
    """Requests to one origin. Paths are appended to the root's own path, if any."""

    def __init__(
        self,
        root_url: str,
        egress: Egress = Egress(),
        *,
        timeout_seconds: float,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Set up. Nothing connects before the first request."""
        self.clock_offset: timedelta | None = None
        self._now = now
        root = parse_url(root_url)
        self.host = root.host or root_url
        self._connect_seconds = min(MAX_CONNECT_SECONDS, timeout_seconds)
        self._read_seconds = timeout_seconds
        self._pool = open_pool(root, proxy=egress.proxy, source_address=egress.source_address, tls=egress.tls)
        self._prefix = (root.path or "").rstrip("/")
        if self._pool.proxy is not None and root.scheme == "http":
            self._prefix = root_url.rstrip("/")  # a forwarding proxy needs the whole URL

    def request(
        self,
        method: str,
        path: str,
        *,
        body: bytes | None = None,
        headers: Mapping[str, str],
        read_seconds: float | None = None,
    ) -> HttpAnswer:
        """Send one request, once; raises NotSent or NoAnswer."""
        read_timeout = read_seconds or self._read_seconds
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
                timeout=Timeout(connect=self._connect_seconds, read=read_timeout),
                preload_content=False,
            )
            date = _date(response.headers.get("Date"))
            if date is not None:
                self.clock_offset = date + _HALF_A_SECOND - self._now()
            return HttpAnswer(response.status, _read(response, time.monotonic() + read_timeout), date)
        except Exception as error:  # noqa: BLE001  # all that counts is whether a byte was written
            started = pool.request_started
            reason = self._no_answer_reason(error, read_timeout) if started else self._not_sent_reason(error)
        # Raised outside the handler, so that no library error, whose text may hold a header, is chained to ours.
        if started:
            raise NoAnswer(reason)
        raise NotSent(reason)

    def close(self) -> None:
        """Close the idle connections; a request in flight keeps its own until it ends."""
        self._pool.close()

    def _no_answer_reason(self, error: Exception, read_timeout: float) -> str:
        """Return why there was no complete answer."""
        if isinstance(error, (ReadTimeoutError, _BodyAborted)):
            return f"no complete answer from {self.host} within {read_timeout:g} s"
        return f"the connection to {self.host} was lost before its answer was complete"

    def _not_sent_reason(self, error: Exception) -> str:
        """Return why the request was not sent."""
        if isinstance(error, NameResolutionError):
            return f"the name {self.host} could not be resolved"
        if isinstance(error, (ConnectTimeoutError, ReadTimeoutError)) and not isinstance(error, NewConnectionError):
            return f"no connection to {self.host} within {self._connect_seconds:g} s"
        by_proxy = isinstance(error, ProxyError)
        return f"{'the proxy got ' if by_proxy else ''}no connection to {self.host}{_detail(error)}"


def _read(response: BaseHTTPResponse, until: float) -> bytes:
    """Read the whole body; give up a body that is too slow or too large, and close its connection."""
    parts: list[bytes] = []
    size = 0
    try:
        while part := response.read1(_CHUNK):
            parts.append(part)
            size += len(part)
            if size > _MAX_BODY or time.monotonic() > until:
                raise _BodyAborted  # noqa: TRY301  # the handler below closes the connection
    except BaseException:
        response.close()
        raise
    response.release_conn()
    return parts[0] if len(parts) == 1 else b"".join(parts)


def _detail(error: BaseException | None) -> str:
    """Return the operating system's or TLS library's reason from the chain of causes; '' if there is none."""
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
        parsed = parsedate_to_datetime(header)
    except ValueError:
        return None
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)
