"""A server on the event loop whose answers are scripted byte by byte, with pauses."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

Part = bytes | float
"""Bytes to send, or seconds to wait."""


class WireServer:
    """Answers each request with the parts of `script(number of the request)`; `None` hangs up."""

    def __init__(self, script: Callable[[int], list[Part | None]]) -> None:
        self.script = script
        self.requests: list[bytes] = []
        self.connections = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        while True:
            self.requests.append(await _request(reader))
            for part in self.script(len(self.requests) - 1):
                if part is None:
                    writer.close()
                    return await writer.wait_closed()
                if isinstance(part, float):
                    await asyncio.sleep(part)
                else:
                    writer.write(part)
                    await writer.drain()


async def _request(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(
        (int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")), 0
    )
    return head + await reader.readexactly(length)


Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def listening(handler: Handler) -> AsyncIterator[int]:
    """Serve connections on a port of loopback; at the end all of them are cut."""
    running: set[asyncio.Task[None]] = set()

    async def run(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        running.add(task)
        try:
            await handler(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            return
        finally:
            writer.transport.abort()
            running.discard(task)

    server = await asyncio.start_server(run, "127.0.0.1", 0)
    try:
        yield int(server.sockets[0].getsockname()[1])
    finally:
        server.close()
        for task in tuple(running):
            task.cancel()
        if running:
            await asyncio.wait(tuple(running))
        await asyncio.sleep(0)


@asynccontextmanager
async def wire_server(script: Callable[[int], list[Part | None]]) -> AsyncIterator[tuple[WireServer, str]]:
    served = WireServer(script)
    async with listening(served.serve) as port:
        yield served, f"http://127.0.0.1:{port}"
