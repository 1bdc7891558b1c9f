"""A server on the event loop whose answers are scripted byte by byte, with pauses."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

Part = bytes | float
"""Bytes to send, or seconds to wait."""


class WireServer:
    """Answers each request with the parts of `script(number of the request)`; `None` hangs up."""

    def __init__(self, script: Callable[[int], list[Part | None]]) -> None:
        self.script = script
        self.requests: list[bytes] = []
        self.connections = 0
        self._tasks: set[asyncio.Task[None]] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while True:
                request = await _request(reader)
                self.requests.append(request)
                for part in self.script(len(self.requests) - 1):
                    if part is None:
                        return
                    if isinstance(part, float):
                        await asyncio.sleep(part)
                    else:
                        writer.write(part)
                        await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        finally:
            writer.close()


async def _request(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(
        (int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")), 0
    )
    return head + await reader.readexactly(length)


@asynccontextmanager
async def wire_server(script: Callable[[int], list[Part | None]]) -> AsyncIterator[tuple[WireServer, str]]:
    served = WireServer(script)
    server = await asyncio.start_server(served.serve, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        yield served, f"http://127.0.0.1:{port}"
        server.close()
