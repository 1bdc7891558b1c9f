"""A tiny raw HTTP server on loopback: a test sets every byte of the answer, or how the connection breaks."""

from __future__ import annotations

import json
import socket
import ssl
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from types import TracebackType

CERTIFICATE = Path(__file__).with_name("loopback.pem")


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    connection: int

    @property
    def fields(self) -> dict[str, object]:
        value = json.loads(self.body)
        assert isinstance(value, dict)
        return value


class Ending(Enum):
    RESET = "reset"
    CLOSE = "close"
    SILENCE = "silence"


Reply = bytes | Ending
Handler = Callable[[Request], Reply]


def http(body: bytes | str | object = b"", status: int = 200, *headers: str) -> bytes:
    if not isinstance(body, (bytes, str)):
        body = json.dumps(body)
    content = body.encode() if isinstance(body, str) else body
    lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(content)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + content


def ok(data: object = None) -> bytes:
    return http({"status": True, "message": "SUCCESS", "errorcode": "", "data": data})


def no(code: str, message: str = "no") -> bytes:
    return http({"status": False, "message": message, "errorcode": code, "data": None})


def gateway_no(code: str, message: str = "no") -> bytes:
    return http({"success": False, "message": message, "errorCode": code, "data": ""})


@dataclass
class Loopback:
    handler: Handler = lambda _request: ok()
    tls: bool = False
    requests: list[Request] = field(default_factory=list)
    connections: int = 0

    def __enter__(self) -> Loopback:
        self._stop = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._context: ssl.SSLContext | None = None
        if self.tls:
            self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._context.load_cert_chain(CERTIFICATE)
        self._open: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._stop.is_set():
            return
        self._stop.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.drop_connections()
        for thread in self._threads:
            thread.join(5)

    def stop(self) -> None:
        self.__exit__(None, None, None)

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    @property
    def url(self) -> str:
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}"

    def paths(self) -> list[str]:
        return [request.path.rsplit("/", 1)[-1] for request in self.requests]

    def drop_connections(self) -> None:
        for open_one in self._open:
            try:
                open_one.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue

    def _accept(self) -> None:
        while True:
            try:
                accepted, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._open.append(accepted)
            thread = threading.Thread(target=self._serve, args=(accepted, self.connections))
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket, number: int) -> None:
        try:
            if self._context is not None:
                connection = self._context.wrap_socket(connection, server_side=True)
                self._open.append(connection)
            with connection, connection.makefile("rb") as stream:
                while (line := stream.readline()) not in (b"", b"\r\n"):
                    reply = self._one(line, stream.readline, stream.read, number)
                    if reply is Ending.RESET:
                        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    if reply is Ending.SILENCE:
                        self._stop.wait(10)
                    if isinstance(reply, Ending):
                        return
                    connection.sendall(reply)
        except (OSError, ValueError, IndexError):
            return
        finally:
            connection.close()

    def _one(self, line: bytes, readline: Callable[[], bytes], read: Callable[[int], bytes], number: int) -> Reply:
        method, path = line.decode().split(" ")[:2]
        headers = {}
        while header := readline().strip():
            name, _, value = header.decode().partition(":")
            headers[name.lower()] = value.strip()
        body = read(int(headers.get("content-length", "0")))
        request = Request(method, path, headers, body, number)
        self.requests.append(request)
        return self.handler(request)
