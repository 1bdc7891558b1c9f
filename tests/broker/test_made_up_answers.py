"""Thousands of made-up answers to an order: no exception, no acceptance without an order id, no false "not sent"."""

from __future__ import annotations

import asyncio
import gzip
import json
import random
from collections import Counter
from typing import Any

import pytest

from copytui.broker.port import WriteOutcome
from copytui.broker.smartapi import order_requests
from copytui.broker.smartapi.client import SmartApiClient
from copytui.broker.smartapi.connection import Connection
from copytui.broker.smartapi.dialing import Dialer
from copytui.broker.smartapi.transport import Transport
from tests.broker.samples import CREDENTIALS, broker, intent

HOW_MANY = 5_000
VALUES: tuple[Any, ...] = (
    None, True, False, 0, 1, -1, 1e308, "", "true", "false", "null", "261122000000123", [], {}, [[]], "\x00", "\ud800",
    "AB1007", "AG8001", "AG7002", "AB1008", "AB2001", "exceeding access rate", 10**400, {"orderid": "1"}, "é" * 300,
)  # fmt: skip
CODINGS = ("utf-8", "utf-16", "latin-1", "utf-8-sig")


def made_up_body(rng: random.Random) -> bytes:
    if rng.random() < 0.15:
        return rng.choice([b"", b"<html>502</html>", b"null", b"[" * 20_000, rng.randbytes(40), b"9" * 5_000])
    names = ("status", "success", "message", "errorcode", "errorCode", "data")
    body = {name: rng.choice(VALUES) for name in names if rng.random() < 0.8}
    if rng.random() < 0.5:
        body["status"] = rng.choice([True, True, False, "true"])
        ids = {name: rng.choice(VALUES) for name in ("orderid", "uniqueorderid", "script") if rng.random() < 0.8}
        body["data"] = rng.choice([ids, ids, [ids], None])
    if rng.random() < 0.5:
        body |= {"status": rng.choice([False, False, True]), "success": False, "message": "no"}
        body["errorcode"] = body["errorCode"] = rng.choice(["AB1007", "AG8001", "AG7002", "AB1008", "AB2001", "ab1009"])
    text = json.dumps(body, ensure_ascii=rng.random() < 0.7)
    return text.encode(rng.choice(CODINGS), "replace")


def made_up_answer(rng: random.Random) -> list[bytes]:
    """Return the parts of an answer; the connection ends after it."""
    body, headers = made_up_body(rng), []
    if rng.random() < 0.2:
        body = gzip.compress(body)
        headers.append(rng.choice([b"Content-Encoding: gzip", b"Content-Encoding: br", b"Content-Encoding: GZIP "]))
    elif rng.random() < 0.03:
        headers.append(b"Content-Encoding: gzip")
    if rng.random() < 0.3:
        size = rng.randint(1, 50)
        cut = [body[start : start + size] for start in range(0, len(body), size)][:40]
        body = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in cut) + b"0\r\n\r\n"
        headers.append(b"Transfer-Encoding: chunked")
    else:
        headers.append(b"Content-Length: %d" % (len(body) + rng.choice([0] * 30 + [1, -1, 500])))
    if rng.random() < 0.5:
        headers.append(b"Date: " + rng.choice([b"Sun, 22 Nov 2026 06:00:00 GMT", b"", b"\xff", b"Sun, 99 Nov 2026"]))
    status = rng.choice([200] * 12 + [100, 204, 301, 307, 400, 401, 403, 429, 500, 502, 503, 599, 999])
    raw = b"HTTP/1.1 %d X\r\n%s\r\n\r\n%s" % (status, b"\r\n".join(headers), body)
    if rng.random() < 0.1:
        raw = raw[: rng.randint(0, len(raw))]
    if rng.random() < 0.05:
        raw = raw.replace(b"\r\n", rng.choice([b"\n", b"\r", b"\r\n\r\n"]), rng.randint(1, 3))
    middle = rng.randint(0, len(raw))
    return [raw[:middle], raw[middle:]]


class Line(asyncio.Transport):
    """A transport without a network: what is written is counted and answered with the parts of `answer`."""

    def __init__(self, connection: Connection, answer: list[bytes]) -> None:
        super().__init__()
        self.connection = connection
        self.answer = answer
        self.written = 0
        self._is_closing = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += 1
        loop = asyncio.get_running_loop()
        for part in self.answer:
            loop.call_soon(self.connection.data_received, part)
        loop.call_soon(self.abort)

    def is_closing(self) -> bool:
        return self._is_closing

    def close(self) -> None:
        self.abort()

    def abort(self) -> None:
        if not self._is_closing:
            self._is_closing = True
            asyncio.get_running_loop().call_soon(self.connection.connection_lost, None)


async def test_made_up_answers_never_prove_too_much(monkeypatch: pytest.MonkeyPatch) -> None:
    rng, seen, lines = random.Random(15), Counter[WriteOutcome](), list[Line]()

    async def dial(_self: Dialer) -> Connection:
        connection = Connection()
        lines.append(Line(connection, made_up_answer(rng)))
        connection.connection_made(lines[-1])
        return connection

    monkeypatch.setattr(Dialer, "dial", dial)
    writes = Transport("http://broker.invalid", timeout_seconds=1.0)
    client = SmartApiClient(CREDENTIALS, broker("http://broker.invalid"), writes, writes, "127.0.0.1")
    for number in range(HOW_MANY):
        result = await order_requests.place(client, intent().order)
        seen[result.outcome] += 1
        assert [line.written for line in lines] == [1] * (number + 1)
        assert result.outcome is not WriteOutcome.NOT_SENT
        assert (result.outcome is WriteOutcome.ACCEPTED) == bool(result.order_id)
        assert isinstance(result.text, str)
    assert min(seen[outcome] for outcome in set(WriteOutcome) - {WriteOutcome.NOT_SENT}) > 20
