"""One keep-alive HTTP connection on the event loop: one request at a time, one deadline, bounded answers.

The deadline counts from the first byte out to the last byte in, whatever the server does in between.
"""

from __future__ import annotations

import asyncio
import select
import time
import zlib
from dataclasses import dataclass
from typing import Final, cast

import httptools

_MOST_OVERHEAD: Final = 64 * 1024
"""Bytes of status line, headers and chunk sizes that an answer may have on top of twice its bound."""


class TooLate(Exception):
    """No complete answer before the deadline."""


class Broken(Exception):
    """The connection was lost, or what came is no answer, not complete or too large."""


@dataclass(frozen=True, slots=True)
class RawAnswer:
    """A complete answer: its status, its decoded body and its `Date` header, '' where it has none."""

    status: int
    body: bytes
    date: str


class Connection(asyncio.Protocol):
    """A connection that is open once the loop has called `connection_made`.

    `last_used` is monotonic. `owner` is kept alive for as long as the connection is: it may hold the transport.
    """

    def __init__(self) -> None:
        """Wait for the transport."""
        self.last_used = time.monotonic()
        self.owner: object = None
        self._transport: asyncio.Transport
        self._answer: _Answer | None = None
        self._is_reusable = True

    # What asyncio calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the transport."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Take bytes of the answer; bytes that nobody asked for end the connection."""
        answer = self._answer
        if answer is None:
            self.abort()
        elif answer.feed(data):
            self._is_reusable = answer.keeps_alive
        elif answer.failed:
            self.abort()

    def eof_received(self) -> None:
        """Close as well."""

    def connection_lost(self, exc: Exception | None) -> None:  # asyncio's name
        """Fail the request in flight."""
        self._is_reusable = False
        if self._answer is not None:
            self._answer.fail(Broken())

    # What the transport calls.

    @property
    def is_open(self) -> bool:
        """Whether a request could be written now, as far as the loop has noticed."""
        return self._is_reusable and not self._transport.is_closing()

    @property
    def is_quiet(self) -> bool:
        """Whether the operating system has nothing to read: the end of the connection, for one."""
        return not _is_readable(self._transport.get_extra_info("socket").fileno())

    async def exchange(self, request: bytes, seconds: float, most_bytes: int) -> RawAnswer:
        """Write a request at once and return the answer, of at most `most_bytes`; raises TooLate or Broken.

        Any byte may have been written once this is called. A request that is given up ends the connection.
        """
        loop = asyncio.get_running_loop()
        answer = self._answer = _Answer(loop.create_future(), most_bytes)
        timer = loop.call_later(seconds, answer.fail, TooLate())
        self._transport.write(request)
        try:
            return await answer.result
        except BaseException:
            self.abort()
            raise
        finally:
            timer.cancel()
            self._answer = None
            self.last_used = time.monotonic()

    def close(self) -> None:
        """Close the connection."""
        self._is_reusable = False
        self._transport.close()

    def abort(self) -> None:
        """Close without writing what is still buffered."""
        self._is_reusable = False
        self._transport.abort()


class _Answer:
    """An answer while it arrives; the parser calls the `on_` methods."""

    def __init__(self, result: asyncio.Future[RawAnswer], most_bytes: int) -> None:
        self.result = result
        self.keeps_alive = False
        self._parser = httptools.HttpResponseParser(self)
        self._most = most_bytes
        self._received = self._size = 0
        self._parts: list[bytes] = []
        self._date = self._encoding = ""
        self._unzip: zlib._Decompress | None = None

    @property
    def failed(self) -> bool:
        """Whether there will be no answer."""
        return self.result.done() and (self.result.cancelled() or self.result.exception() is not None)

    def feed(self, data: bytes) -> bool:
        """Take bytes; returns whether the answer is complete."""
        self._received += len(data)
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, zlib.error, Broken):
            self.keeps_alive = False
            self.fail(Broken())
        if self._received > 2 * self._most + _MOST_OVERHEAD:
            self.fail(Broken())
        return self.result.done() and not self.failed

    def fail(self, error: Exception) -> None:
        """End without an answer, unless it is complete."""
        if not self.result.done():
            self.result.set_exception(error)

    def on_message_begin(self) -> None:
        """Refuse to go on with a connection that sends more than was requested."""
        if self.result.done():
            raise Broken

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep the headers that count."""
        match name.lower():
            case b"date":
                self._date = value.decode("latin-1")
            case b"content-encoding":
                self._encoding = value.decode("latin-1").strip().lower()

    def on_headers_complete(self) -> None:
        """Choose how to decode the body."""
        if self._encoding in ("gzip", "x-gzip"):
            self._unzip = zlib.decompressobj(zlib.MAX_WBITS | 16)
        elif self._encoding not in ("", "identity"):
            raise Broken

    def on_body(self, data: bytes) -> None:
        """Keep a part of the body."""
        while self._unzip is not None and data:
            self._keep(self._unzip.decompress(data, self._most - self._size + 1))
            data = self._unzip.unconsumed_tail
            if self._unzip.eof:
                data = self._unzip.unused_data
                if data:  # another member of the same body
                    self._unzip = zlib.decompressobj(zlib.MAX_WBITS | 16)
        if self._unzip is None:
            self._keep(data)

    def on_message_complete(self) -> None:
        """Finish, unless it was only a "100 Continue"."""
        status = self._parser.get_status_code()
        if status < 200:
            self._date = self._encoding = ""
            return
        if self._unzip is not None and self._parts and not self._unzip.eof:
            raise Broken
        self.keeps_alive = self._parser.should_keep_alive()
        if not self.result.done():
            body = self._parts[0] if len(self._parts) == 1 else b"".join(self._parts)
            self.result.set_result(RawAnswer(status, body, self._date))

    def _keep(self, part: bytes) -> None:
        self._size += len(part)
        if self._size > self._most:
            raise Broken
        if part:
            self._parts.append(part)


if hasattr(select, "poll"):

    def _is_readable(fileno: int) -> bool:
        poll = select.poll()
        poll.register(fileno, select.POLLIN)
        return bool(poll.poll(0))

else:  # Windows

    def _is_readable(fileno: int) -> bool:
        return bool(select.select([fileno], [], [], 0)[0])
