"""One account's HTTP on the event loop: warm keep-alive connections and a deadline; no retries, redirects or cookies.

A request ends in one of three ways: an `HttpAnswer` with any status; `NotSent`, which proves that no byte of it was
written; or `NoAnswer`, which proves nothing. Proxies come from the settings only, never from the environment.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import socket
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final
from urllib.parse import urlsplit

from copytui.broker.smartapi.connection import Broken, Connection, RawAnswer, TooLate
from copytui.broker.smartapi.dialing import DIRECT, Dialer, Egress, failure_words, is_timeout

MAX_CONNECT_SECONDS = 3.5
MAX_IDLE_SECONDS = 45.0
"""Connections idle for longer are not reused: the server may have dropped them, and an order would find out first."""

_WARM_SECONDS: Final = 10.0
_MOST_BYTES: Final = 8 * 1024 * 1024
_HALF_A_SECOND: Final = timedelta(seconds=0.5)  # a Date header is truncated to the second
_FORBIDDEN: Final = re.compile(r"[^\t\x20-\x7e\x80-\xff]")


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """An answer: its status, its raw body and the broker's clock, if sent."""

    status: int
    body: bytes
    date: datetime | None


class NotSent(Exception):
    """No byte of the request was written. The text is a sentence without secrets."""


class NoAnswer(Exception):
    """The request may have arrived, but no complete answer did. The text is a sentence without secrets."""


class Transport:
    """Requests to one origin, used on one event loop. Paths are appended to the root's own path, if any."""

    def __init__(
        self,
        root_url: str,
        egress: Egress = DIRECT,
        *,
        timeout_seconds: float,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Set up. Nothing connects before the first request."""
        self.clock_offset: timedelta | None = None
        self._now = now
        self._dialer = Dialer(root_url, egress)
        self.host = self._dialer.host
        self._connect_seconds = min(MAX_CONNECT_SECONDS, timeout_seconds)
        self._answer_seconds = timeout_seconds
        self._prefix = root_url.rstrip("/") if self._dialer.forwards else urlsplit(root_url).path.rstrip("/")
        self._idle: list[Connection] = []
        self._closed = False
        self._block_of: tuple[Mapping[str, str], bytes] | None = None

    async def request(
        self,
        method: str,
        path: str,
        *,
        body: bytes | None = None,
        headers: Mapping[str, str],
        seconds: float | None = None,
        most_bytes: int = _MOST_BYTES,
    ) -> HttpAnswer:
        """Send one request, once; raises NotSent or NoAnswer.

        `seconds` counts from the first byte out to the last byte in. `headers` must not change afterwards: the bytes
        of the last ones are kept.
        """
        message = self._message(method, path, headers, body)
        connection = await self._connection()
        # Nothing is awaited between here and the write, so the connection cannot have ended unnoticed.
        seconds = seconds or self._answer_seconds
        reason = ""
        try:
            raw = await connection.exchange(message, seconds, most_bytes)
        except TooLate:
            reason = f"no complete answer from {self.host} within {seconds:g} s"
        except Broken:
            reason = f"the connection to {self.host} was lost before its answer was complete"
        # Raised outside the handlers, so that no library's error, whose text may hold a header, is chained to ours.
        if reason:
            raise NoAnswer(reason)
        self._give_back(connection)
        return self._answer(raw)

    async def keep_warm(self) -> None:
        """Have a fresh connection at hand, so that no request needs a handshake; runs until cancelled or closed."""
        while not self._closed:
            self._drop_old()
            newest = self._idle[-1].last_used if self._idle else 0.0
            if time.monotonic() - newest > MAX_IDLE_SECONDS - 2 * _WARM_SECONDS:
                with contextlib.suppress(NotSent):  # the next request will say it
                    self._give_back(await self._dial())
            await asyncio.sleep(_WARM_SECONDS)

    def close(self) -> None:
        """Close the idle connections; a request in flight keeps its own until it ends."""
        self._closed = True
        for connection in self._idle:
            connection.close()
        self._idle.clear()

    def _answer(self, raw: RawAnswer) -> HttpAnswer:
        date = _date(raw.date)
        if date is not None:
            self.clock_offset = date + _HALF_A_SECOND - self._now()
        return HttpAnswer(raw.status, raw.body, date)

    async def _connection(self) -> Connection:
        """Return a connection that is open right now; raises NotSent."""
        self._drop_old()
        while self._idle:
            connection = self._idle.pop()
            if connection.is_open and not connection.is_quiet:
                # Its end, or something of TLS: after two rounds of the loop it has been read.
                await asyncio.sleep(0)
                await asyncio.sleep(0)
            if connection.is_open:
                return connection
            connection.close()
        return await self._dial()

    async def _dial(self) -> Connection:
        """Open a connection; raises NotSent."""
        reason = ""
        try:
            async with asyncio.timeout(self._connect_seconds):
                connection = await self._dialer.dial()
        except Exception as error:  # noqa: BLE001  # whatever it is, no byte of a request was written
            reason = self._not_sent_reason(error)
        if reason:
            raise NotSent(reason)
        return connection

    def _give_back(self, connection: Connection) -> None:
        if connection.is_open and not self._closed:
            self._idle.append(connection)
        else:
            connection.close()

    def _drop_old(self) -> None:
        oldest = time.monotonic() - MAX_IDLE_SECONDS
        while self._idle and self._idle[0].last_used < oldest:  # the least recently used ones are in front
            self._idle.pop(0).close()

    def _message(self, method: str, path: str, headers: Mapping[str, str], body: bytes | None) -> bytes:
        """Return the bytes of a request; raises NotSent for a header that cannot be sent."""
        if self._block_of is None or self._block_of[0] is not headers:
            self._block_of = (headers, self._block(headers))
        length = b"" if body is None else b"Content-Length: %d\r\n" % len(body)
        first = f"{method} {self._prefix}{path} HTTP/1.1\r\n"
        if not first.isascii() or any(character in path for character in " \r\n"):
            raise NotSent("the request's address cannot be sent")
        return b"".join((first.encode(), self._block_of[1], length, b"\r\n", body or b""))

    def _block(self, headers: Mapping[str, str]) -> bytes:
        every = {"Host": self._dialer.host_header, **headers}
        if authorization := self._dialer.proxy_authorization:
            every["Proxy-Authorization"] = authorization
        if any(_FORBIDDEN.search(f"{name}{value}") for name, value in every.items()):
            raise NotSent("a header of the request cannot be sent")
        return "".join(f"{name}: {value}\r\n" for name, value in every.items()).encode("latin-1")

    def _not_sent_reason(self, error: Exception) -> str:
        """Return why a request was not sent."""
        if isinstance(error, socket.gaierror):
            return f"the name {self.host} could not be resolved"
        if is_timeout(error):
            return f"no connection to {self.host} within {self._connect_seconds:g} s"
        by_proxy, words = failure_words(error)
        return f"{'the proxy got ' if by_proxy or self._dialer.forwards else ''}no connection to {self.host}{words}"


def _date(header: str) -> datetime | None:
    if not header:
        return None
    try:
        parsed = parsedate_to_datetime(header)
    except ValueError:
        return None
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)
