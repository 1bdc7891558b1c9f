"""An exchange that answers fast enough to time its clients: what a copier needs of SmartAPI, and nothing else.

    python -m benchmarks.referee --latency 0.03

It runs as a process of its own, takes commands as JSON lines on standard input and answers with JSON lines:

    {"trade": {"symbol": "SBIN-EQ", "side": "BUY", "quantity": 10}, "answers": 100}
        the master has traded; the answer tells, once so many orders have been answered, the milliseconds from the byte
        of the order book that showed the trade to each answer
    {"rows": 1000}      the master's order book gets so many old rows
    {"logged_in": true} how many accounts have logged in
    {"placed": true}    how many orders there have been

Every answer leaves `latency` seconds after its request has arrived. 100 requests at once are answered within 5 ms.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import sys
import time
from collections import defaultdict
from datetime import datetime, timedelta, timezone
from email.utils import formatdate
from typing import Any

MASTER = "M00001"
IST = timezone(timedelta(hours=5, minutes=30))
_WAIT_SECONDS = 20.0


def order_row(number: int, fields: dict[str, Any]) -> dict[str, Any]:
    """Return the row of a complete order."""
    now = datetime.now(IST).strftime("%d-%b-%Y %H:%M:%S")
    quantity = str(fields["quantity"])
    return {
        "variety": "NORMAL", "ordertype": fields.get("ordertype", "LIMIT"), "producttype": "INTRADAY",
        "duration": "DAY", "price": 100.0, "triggerprice": 0.0, "quantity": quantity, "disclosedquantity": "0",
        "squareoff": 0.0, "stoploss": 0.0, "trailingstoploss": 0.0, "tradingsymbol": fields["symbol"],
        "transactiontype": fields["side"], "exchange": "NSE", "symboltoken": "3045",
        "ordertag": fields.get("ordertag", ""), "instrumenttype": "", "strikeprice": -1.0, "optiontype": "",
        "expirydate": "", "lotsize": "1", "cancelsize": "0", "averageprice": 100.0, "filledshares": quantity,
        "unfilledshares": "0", "orderid": str(number), "text": "", "status": "complete", "orderstatus": "complete",
        "updatetime": now, "exchtime": now, "exchorderupdatetime": now, "fillid": "", "filltime": "",
        "parentorderid": "", "uniqueorderid": f"u-{number}", "exchangeorderid": f"x-{number}",
    }  # fmt: skip


def _envelope(data: str) -> bytes:
    return b'{"status":true,"message":"SUCCESS","errorcode":"","data":' + data.encode() + b"}"


class Book:
    """One account's orders, encoded once."""

    def __init__(self) -> None:
        self.rows: list[str] = []
        self._body: bytes | None = None

    def add(self, row: dict[str, Any]) -> None:
        self.rows.append(json.dumps(row, separators=(",", ":")))
        self._body = None

    @property
    def body(self) -> bytes:
        if self._body is None:
            self._body = _envelope("[" + ",".join(self.rows) + "]" if self.rows else "null")
        return self._body


class Referee:
    """The accounts, and the times of the trade being timed."""

    def __init__(self, latency: float) -> None:
        self.latency = latency
        self.books: dict[str, Book] = defaultdict(Book)
        self.logged_in: set[str] = set()
        self.numbers = iter(range(100_000_000_001, 999_999_999_999))
        self.placed = 0
        self.shown_at: float | None = None
        self._is_new = False
        self.answered: list[float] = []
        self.expected = 0
        self.done = asyncio.Event()

    def trade(self, fields: dict[str, Any], answers: int) -> None:
        self.answered, self.expected, self.shown_at = [], answers, None
        self.done.clear()
        self.books[MASTER].add(order_row(next(self.numbers), fields))
        self._is_new = True

    def body(self, path: str, account: str, request: bytes) -> bytes:
        match path.rsplit("/", 1)[-1].partition("?")[0]:
            case "placeOrder":
                return self._place(account, request)
            case "getOrderBook":
                return self.books[account].body
            case "loginByPassword":
                code = json.loads(request)["clientcode"]
                self.logged_in.add(code)
                tokens = {"jwtToken": code, "refreshToken": f"r-{code}", "feedToken": f"f-{code}"}
                return _envelope(json.dumps(tokens))
            case "getProfile":
                return _envelope(json.dumps({"clientcode": account, "name": account, "exchanges": ["nse_cm"]}))
            case "getRMS":
                return _envelope('{"net":"1000000000","availablecash":"1000000000"}')
            case "quote":
                token = next(iter(json.loads(request)["exchangeTokens"].values()))[0]
                row = {"symbolToken": token, "ltp": 100.0, "lowerCircuit": 50.0, "upperCircuit": 150.0}
                return _envelope(json.dumps({"fetched": [row], "unfetched": []}))
            case _:
                return _envelope("null")

    def _place(self, account: str, request: bytes) -> bytes:
        number, self.placed = next(self.numbers), self.placed + 1
        fields = json.loads(request)
        row = {"symbol": fields["tradingsymbol"], "side": fields["transactiontype"], **fields}
        self.books[account].add(order_row(number, row))
        return _envelope(f'{{"script":"","orderid":"{number}","uniqueorderid":"u-{number}"}}')

    def sent(self, path: str, account: str) -> None:
        """Record that an answer has left."""
        now = time.perf_counter()
        if path.endswith("getOrderBook") and account == MASTER and self._is_new:
            self._is_new, self.shown_at = False, now
        elif path.endswith("placeOrder") and self.shown_at is not None:
            self.answered.append((now - self.shown_at) * 1000)
            if len(self.answered) >= self.expected:
                self.done.set()


class Wire(asyncio.Protocol):
    """One client connection; requests come one after the other."""

    def __init__(self, referee: Referee) -> None:
        self._referee = referee
        self._buffer = b""
        self._date, self._date_at = b"", 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: asyncio.Transport = transport  # type: ignore[assignment]

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            head = self._buffer[:end]
            lower = head.lower()
            length = _header(lower, head, b"content-length")
            size = int(length) if length else 0
            if len(self._buffer) < end + 4 + size:
                return
            request, self._buffer = self._buffer[end + 4 : end + 4 + size], self._buffer[end + 4 + size :]
            path = head.split(b" ", 2)[1].decode()
            account = _header(lower, head, b"authorization").removeprefix(b"Bearer ").decode()
            loop = asyncio.get_running_loop()
            loop.call_later(self._referee.latency, self._answer, path, account, request)

    def _answer(self, path: str, account: str, request: bytes) -> None:
        if self._transport.is_closing():
            return
        body = self._referee.body(path, account, request)
        date = formatdate(usegmt=True).encode()
        self._transport.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nDate: %b\r\nContent-Length: %d\r\n\r\n%b"
            % (date, len(body), body)
        )
        self._referee.sent(path, account)


def _header(lower: bytes, head: bytes, name: bytes) -> bytes:
    begin = lower.find(b"\r\n" + name + b":")
    if begin < 0:
        return b""
    begin += len(name) + 3
    end = head.find(b"\r\n", begin)
    return head[begin : end if end >= 0 else len(head)].strip()


async def _command(referee: Referee, command: dict[str, Any]) -> object:
    if "trade" in command:
        referee.trade(command["trade"], command["answers"])
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(referee.done.wait(), _WAIT_SECONDS)
        return sorted(referee.answered)
    if "rows" in command:
        for _ in range(command["rows"]):
            fields = {"symbol": "SBIN-EQ", "side": "BUY", "quantity": 1}
            referee.books[MASTER].add(order_row(next(referee.numbers), fields))
        return len(referee.books[MASTER].rows)
    return len(referee.logged_in) if "logged_in" in command else referee.placed


async def main(latency: float) -> None:
    """Serve until standard input ends."""
    loop = asyncio.get_running_loop()
    referee = Referee(latency)
    server = await loop.create_server(lambda: Wire(referee), "127.0.0.1", 0, backlog=2000)
    print(server.sockets[0].getsockname()[1], flush=True)
    while line := await asyncio.to_thread(sys.stdin.readline):
        print(json.dumps(await _command(referee, json.loads(line))), flush=True)
    server.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--latency", type=float, default=0.03, help="seconds")
    try:
        import uvloop
    except ImportError:  # Windows
        asyncio.run(main(parser.parse_args().latency))
    else:
        uvloop.run(main(parser.parse_args().latency))
