"""Opening an account's connections: directly, from a source address, or through its proxy.

Nothing here writes a byte of a request, so a failure proves that the request was not sent.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import os
import socket
import ssl
from collections.abc import Coroutine, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final
from urllib.parse import SplitResult, unquote, urlsplit

import certifi

from copytui.broker.smartapi.connection import Connection
from copytui.broker.smartapi.names import ipv4_addresses

_DEFAULT_PORTS: Final = {"http": 80, "https": 443, "socks5": 1080, "socks5h": 1080}
_KEEPALIVE: Final = {"TCP_KEEPIDLE": 15, "TCP_KEEPALIVE": 15, "TCP_KEEPINTVL": 10, "TCP_KEEPCNT": 3}


@dataclass(frozen=True, slots=True)
class Egress:
    """An account's route to the internet: a proxy (its URL may hold a password), a local IPv4 address, or neither."""

    proxy: str = field(default="", repr=False)
    source_address: str = ""
    tls: ssl.SSLContext | None = field(default=None, repr=False)


DIRECT: Final = Egress()


@cache
def tls_context() -> ssl.SSLContext:
    """Return the context shared by all accounts: certifi's roots, TLS 1.2 or newer."""
    context = ssl.create_default_context(cafile=certifi.where())
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


class Dialer:
    """Opens connections to the origin of `root_url`."""

    def __init__(self, root_url: str, egress: Egress) -> None:
        """Parse the addresses; nothing connects yet."""
        self._root = urlsplit(root_url)
        self._egress = egress
        self._proxy = urlsplit(egress.proxy) if egress.proxy else None
        self._ending: set[asyncio.Task[Connection]] = set()
        self.host = self._root.hostname or root_url

    @property
    def host_header(self) -> str:
        """The value of the `Host` header."""
        return self._root.netloc.rpartition("@")[2]

    @property
    def forwards(self) -> bool:
        """Whether requests name the whole URL, because an HTTP proxy passes them on."""
        return self._proxy is not None and self._root.scheme == "http" and self._proxy.scheme in ("http", "https")

    @property
    def proxy_authorization(self) -> str:
        """The value of `Proxy-Authorization` for a forwarding proxy; '' for none."""
        if self._proxy is None or not self.forwards or self._proxy.username is None:
            return ""
        words = f"{unquote(self._proxy.username)}:{unquote(self._proxy.password or '')}"
        return "Basic " + base64.b64encode(words.encode()).decode()

    async def dial(self) -> Connection:
        """Open a connection; raises what the operating system, TLS or the proxy raise."""
        tls = (self._egress.tls or tls_context()) if self._root.scheme == "https" else None
        if self._proxy is None:
            return await self._connect(self._root, tls, self._egress.source_address)
        if self.forwards:
            return await self._connect(self._proxy, self._proxy_tls(self._proxy), self._egress.source_address)
        return await self._unless_cancelled(self._through(self._proxy, tls))

    async def _unless_cancelled(self, dialing: Coroutine[Any, Any, Connection]) -> Connection:
        """Wait for a dial, and leave it to end by itself when cancelled: its library waits for a polite goodbye."""
        task = asyncio.create_task(dialing)
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            self._ending.add(task)
            task.add_done_callback(self._ended)
            task.cancel()
            raise

    def _ended(self, task: asyncio.Task[Connection]) -> None:
        self._ending.discard(task)
        if not task.cancelled() and task.exception() is None:
            task.result().close()

    async def _connect(self, to: SplitResult, tls: ssl.SSLContext | None, source_address: str) -> Connection:
        """Connect by IPv4, as SmartAPI registers no other addresses, unless an IPv6 address is given."""
        host, options = to.hostname or "", dict[str, Any]()
        if source_address:
            options["local_addr"] = (source_address, 0)
        if tls is not None:
            options |= {"ssl": tls, "server_hostname": host}
        *others, last = (host,) if ":" in host else await ipv4_addresses(host)
        for address in others:
            with contextlib.suppress(OSError):
                return await self._open(address, _port(to), options)
        return await self._open(last, _port(to), options)

    async def _open(self, address: str, port: int, options: dict[str, Any]) -> Connection:
        transport, connection = await asyncio.get_running_loop().create_connection(Connection, address, port, **options)
        _keep_alive(transport.get_extra_info("socket"))
        return connection

    async def _through(self, proxy: SplitResult, tls: ssl.SSLContext | None) -> Connection:
        """Open a tunnel through the proxy. Its library is loaded only where an account has one."""
        from python_socks import ProxyType  # noqa: PLC0415
        from python_socks.async_.asyncio.v2 import Proxy  # noqa: PLC0415

        kind = ProxyType.SOCKS5 if proxy.scheme.startswith("socks5") else ProxyType.HTTP
        options: dict[str, Any] = {}
        if self._egress.source_address:
            options["local_addr"] = (self._egress.source_address, 0)
        stream = await Proxy(
            kind, proxy.hostname or "", _port(proxy),
            unquote(proxy.username or "") or None, unquote(proxy.password or "") or None,
            rdns=proxy.scheme != "socks5",
            proxy_ssl=self._proxy_tls(proxy),
        ).connect(self.host, _port(self._root), dest_ssl=tls, **options)  # fmt: skip
        connection, transport = Connection(), stream.writer.transport
        connection.owner = stream
        transport.set_protocol(connection)
        connection.connection_made(transport)
        return connection

    def _proxy_tls(self, proxy: SplitResult) -> ssl.SSLContext | None:
        return (self._egress.tls or tls_context()) if proxy.scheme == "https" else None


def failure_words(error: BaseException) -> tuple[bool, str]:
    """Return whether a proxy is the cause, and the reason of a failed dial, beginning with ': '; '' for none."""
    chain = list(_chain(error))
    by_proxy = any(type(each).__module__.startswith("python_socks") for each in chain)
    return by_proxy, next((words for each in chain if (words := _words(each))), "")


def is_timeout(error: BaseException) -> bool:
    """Return whether a dial failed because of its deadline."""
    return isinstance(error, TimeoutError)


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    for _ in range(6):
        if error is None:
            return
        yield error
        error = error.__cause__ or error.__context__


def _words(error: BaseException) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f": its certificate is not trusted ({error.verify_message})"
    if isinstance(error, ssl.SSLError):
        return f": TLS failed ({error.reason or 'handshake'})"
    code = getattr(error, "error_code", None)
    if isinstance(code, int):
        return f": the proxy answered {code}"
    if isinstance(error, OSError) and error.errno is not None:
        return f": {os.strerror(error.errno).lower()}"
    return ""


def _port(url: SplitResult) -> int:
    return url.port or _DEFAULT_PORTS.get(url.scheme, 443)


def _keep_alive(sock: socket.socket) -> None:
    """Have the operating system notice a dead peer, and keep the entries of address translators, where it can."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in _KEEPALIVE.items():
        option = getattr(socket, name, None)
        if option is not None:
            sock.setsockopt(socket.IPPROTO_TCP, option, value)
