"""The simplest copiers there can be, to measure copytui against: they poll the book and send prepared orders.

    python -m benchmarks.rivals raw --port 8000 --followers 100

`raw` writes prepared bytes on prepared asyncio connections: the limit. `aiohttp` sends on one warm session. `sdk` calls
`smartapi-python` follower by follower, as its examples do. They stop when standard input ends.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import threading
from collections.abc import Awaitable, Callable

import aiohttp

from benchmarks.referee import MASTER

PLACE = "/rest/secure/angelbroking/order/v1/placeOrder"
BOOK = "/rest/secure/angelbroking/order/v1/getOrderBook"
_POLL_SECONDS = 0.05
ORDER = {
    "variety": "NORMAL", "tradingsymbol": "SBIN-EQ", "symboltoken": "3045", "exchange": "NSE", "ordertype": "LIMIT",
    "producttype": "INTRADAY", "duration": "DAY", "price": "100", "quantity": "10", "transactiontype": "BUY",
    "squareoff": "0", "stoploss": "0", "ordertag": "CT0000000000000",
}  # fmt: skip


def codes(followers: int) -> list[str]:
    return [f"F{number:05}" for number in range(1, followers + 1)]


class RawLine(asyncio.Protocol):
    """A connection with a prepared request; the answer is complete with its last brace."""

    def __init__(self) -> None:
        self.answered = asyncio.Event()
        self.received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: asyncio.Transport = transport  # type: ignore[assignment]

    def data_received(self, data: bytes) -> None:
        self.received += data
        head, _, body = self.received.partition(b"\r\n\r\n")
        at = head.find(b"Content-Length: ")
        if at >= 0 and len(body) >= int(head[at + 16 :].split(b"\r\n", 1)[0]):
            self.answered.set()

    def send(self, request: bytes) -> None:
        self.received = b""
        self.answered.clear()
        self.transport.write(request)


async def raw(port: int, followers: int) -> None:
    loop = asyncio.get_running_loop()
    lines = [(await loop.create_connection(RawLine, "127.0.0.1", port))[1] for _ in range(followers + 1)]
    body = json.dumps(ORDER).encode()
    head = f"POST {PLACE} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n"
    posts = [f"{head}Authorization: Bearer {code}\r\n\r\n".encode() + body for code in codes(followers)]
    book = f"GET {BOOK} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {MASTER}\r\n\r\n".encode()
    master, *others = lines

    async def poll() -> bytes:
        master.send(book)
        await master.answered.wait()
        return master.received

    async def send() -> None:
        for line, post in zip(others, posts, strict=True):
            line.send(post)
        for line in others:
            await line.answered.wait()

    await _copy(poll, send)


async def with_aiohttp(port: int, followers: int) -> None:
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(f"http://127.0.0.1:{port}", connector=connector) as session:

        async def poll() -> bytes:
            async with session.get(BOOK, headers={"Authorization": f"Bearer {MASTER}"}) as answer:
                return await answer.read()

        async def one(code: str) -> None:
            async with session.post(PLACE, json=ORDER, headers={"Authorization": f"Bearer {code}"}) as answer:
                await answer.read()

        async def send() -> None:
            await asyncio.gather(*map(one, codes(followers)))

        await send()  # the connections are warm from here on
        await _copy(poll, send)


async def with_sdk(port: int, followers: int) -> None:
    from copytui.broker.smartapi.sdk import SmartConnect  # noqa: PLC0415

    class Quiet(SmartConnect):  # type: ignore[misc]  # the SDK has no types
        """The SDK without its log files."""

        def __init__(self, code: str) -> None:
            self.root, self.timeout, self.debug, self.disable_ssl = f"http://127.0.0.1:{port}", 7, False, False
            self.proxies, self.session_expiry_hook, self.api_key = {}, None, "k"
            self.privateKey = self.userType = self.sourceID = "k"
            self.accept = "application/json"
            self.clientLocalIp = self.clientPublicIp = "127.0.0.1"
            self.clientMacAddress, self.access_token = "00:00:00:00:00:00", code

    clients = [Quiet(code) for code in codes(followers)]

    async def poll() -> bytes:
        answer = await asyncio.to_thread(Quiet(MASTER).orderBook)
        return json.dumps(answer).encode()

    async def send() -> None:
        def one_by_one() -> None:
            for client in clients:
                client.placeOrderFullResponse(dict(ORDER))

        await asyncio.to_thread(one_by_one)

    await _copy(poll, send)


async def _copy(poll: Callable[[], Awaitable[bytes]], send: Callable[[], Awaitable[None]]) -> None:
    """Send once for each row that is new in the book."""
    rows = (await poll()).count(b'"orderid"')
    print("ready", flush=True)
    while True:
        await asyncio.sleep(_POLL_SECONDS)
        now = (await poll()).count(b'"orderid"')
        if now > rows:
            rows = now
            await send()


RIVALS = {"raw": raw, "aiohttp": with_aiohttp, "sdk": with_sdk}

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rival", choices=RIVALS)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--followers", type=int, required=True)
    options = parser.parse_args()

    def end_with_standard_input() -> None:
        sys.stdin.read()
        os._exit(0)

    threading.Thread(target=end_with_standard_input, daemon=True).start()
    asyncio.run(RIVALS[options.rival](options.port, options.followers))
