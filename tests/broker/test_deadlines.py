"""One deadline per call, from the first byte out to the last byte in, and answers of a bounded size."""

from __future__ import annotations

import asyncio
import gzip
import itertools
import time
import zlib
from contextlib import closing

import pytest

from copytui.broker.smartapi.dialing import Egress
from copytui.broker.smartapi.transport import NoAnswer, NotSent, Transport
from tests.broker.wire_server import Part, listening, wire_server

DEADLINE = 0.3
HEAD = b"HTTP/1.1 200 OK\r\n"
GZIP_HEAD = HEAD + b"Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n"
EMPTY_BLOCK = b"\x00\x00\x00\xff\xff"
"""A stored block of no bytes, which deflate allows any number of times."""


def dripping(head: bytes, drop: bytes) -> list[Part | None]:
    """Send a head and then the same bytes for ever, one drop at a time."""
    drops: list[Part | None] = [drop, 0.05] * 200
    return [head, *drops]


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


SLOW: dict[str, list[Part | None]] = {
    "the status line": dripping(b"", b"H"),
    "a header": dripping(HEAD + b"X-Long: ", b"a"),
    "more and more headers": dripping(HEAD, b"X: y\r\n"),
    "the body": dripping(HEAD + b"Content-Length: 10000\r\n\r\n", b"a"),
    "a chunk's size": dripping(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"0"),
    "tiny chunks": dripping(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", chunk(b"a")),
    "trailers": dripping(HEAD + b"Transfer-Encoding: chunked\r\n\r\n0\r\n", b"X: y\r\n"),
    "continue": dripping(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "empty gzip blocks": dripping(GZIP_HEAD + chunk(gzip.compress(b"")[:10]), chunk(EMPTY_BLOCK)),
    "nothing": [10.0],
}


@pytest.mark.parametrize("parts", SLOW.values(), ids=SLOW)
async def test_an_answer_that_drips_ends_at_the_deadline_and_proves_nothing(parts: list[Part | None]) -> None:
    async with wire_server(lambda _number: parts) as (served, url):
        with closing(Transport(url, timeout_seconds=DEADLINE)) as line:
            begun = time.monotonic()
            with pytest.raises(NoAnswer):
                await line.request("POST", "/order", body=b"{}", headers={})
            assert time.monotonic() - begun < DEADLINE + 1
    assert len(served.requests) == 1


@pytest.mark.parametrize("proxy", ["http", "https", "socks5", "socks5h"])
async def test_a_proxy_that_drips_ends_at_the_deadline_and_nothing_was_sent(proxy: str) -> None:
    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        for byte in itertools.chain(b"HTTP/1.1 200 O", itertools.repeat(ord("K"))):
            writer.write(bytes([byte]))
            await writer.drain()
            await asyncio.sleep(0.05)

    async with listening(drip) as port:
        egress = Egress(f"{proxy}://127.0.0.1:{port}")
        with closing(Transport("https://127.0.0.1:9", egress, timeout_seconds=DEADLINE)) as line:
            begun = time.monotonic()
            with pytest.raises(NotSent):
                await line.request("POST", "/order", body=b"{}", headers={})
            assert time.monotonic() - begun < DEADLINE + 1


BOMB = zlib.compressobj(wbits=31)
TOO_LARGE: dict[str, list[Part | None]] = {
    "said": [HEAD + b"Content-Length: 5000000\r\n\r\n" + b"a" * 20_000, None],
    "chunked": [HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + chunk(b"a" * 5000) * 3, None],
    "unpacked": [GZIP_HEAD + chunk(BOMB.compress(b"a" * 5_000_000) + BOMB.flush()) + b"0\r\n\r\n", None],
    "empty blocks": [GZIP_HEAD + chunk(gzip.compress(b"")[:10] + EMPTY_BLOCK * 40_000) + b"0\r\n\r\n", None],
    "headers": [HEAD + b"X: y\r\n" * 50_000, None],
    "continue": [b"HTTP/1.1 100 Continue\r\n\r\n" * 10_000, None],
}


@pytest.mark.parametrize("parts", TOO_LARGE.values(), ids=TOO_LARGE)
async def test_an_answer_that_is_too_large_is_cut_off(parts: list[Part | None]) -> None:
    async with wire_server(lambda _number: parts) as (_served, url):
        with closing(Transport(url, timeout_seconds=5)) as line, pytest.raises(NoAnswer, match="lost"):
            await line.request("GET", "/book", headers={}, most_bytes=10_000)


async def test_the_largest_answer_that_is_allowed_is_read() -> None:
    body = gzip.compress(b"a" * 10_000)
    answer = HEAD + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(body) + body
    async with wire_server(lambda _number: [answer]) as (_served, url):
        with closing(Transport(url, timeout_seconds=5)) as line:
            for _ in range(2):
                found = await line.request("GET", "/book", headers={}, most_bytes=10_000)
                assert len(found.body) == 10_000


async def test_bytes_that_nobody_requested_end_the_connection() -> None:
    plain = HEAD + b"Content-Length: 2\r\n\r\n{}"
    async with wire_server(lambda _number: [plain, b"HTTP/1.1 200 OK\r\n"]) as (served, url):
        with closing(Transport(url, timeout_seconds=2)) as line:
            for _ in range(3):
                assert (await line.request("POST", "/order", body=b"{}", headers={})).body == b"{}"
                await asyncio.sleep(0.05)
    assert served.connections == 3


async def test_a_second_answer_in_the_same_bytes_is_not_taken_for_the_next_request() -> None:
    plain = HEAD + b"Content-Length: 1\r\n\r\n"
    async with wire_server(lambda number: [plain + b"%d" % number + plain + b"x"]) as (served, url):
        with closing(Transport(url, timeout_seconds=2)) as line:
            for number in range(3):
                assert (await line.request("GET", "/", headers={})).body == b"%d" % number
    assert served.connections == 3


async def test_a_connection_is_kept_warm_and_an_old_one_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("copytui.broker.smartapi.transport.MAX_IDLE_SECONDS", 0.2)
    monkeypatch.setattr("copytui.broker.smartapi.transport._WARM_SECONDS", 0.05)
    plain = HEAD + b"Content-Length: 2\r\n\r\n{}"
    async with wire_server(lambda _number: [plain]) as (served, url):
        with closing(Transport(url, timeout_seconds=2)) as line:
            warming = asyncio.create_task(line.keep_warm())
            async with asyncio.timeout(5):
                while served.connections < 4:  # noqa: ASYNC110  # the server is not ours to signal
                    await asyncio.sleep(0.01)
            assert len(line._idle) <= 3
            before = served.connections
            await line.request("POST", "/order", body=b"{}", headers={})
            assert served.connections == before
            warming.cancel()
