"""urllib3's connections, made to tell whether a request can have reached the broker.

A connection notes the moment that the first byte of a request is about to be written. Everything before
it (DNS, connecting, a proxy's CONNECT, the TLS handshake) writes no byte of the request, so a failure up
to there proves that the request never left.
"""

from __future__ import annotations

import ssl
import threading
import time
from functools import cache
from typing import Any
from urllib.parse import unquote

import certifi
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager, ProxyManager
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.util import Url, make_headers, parse_url

MAX_IDLE_SECONDS = 45.0
"""A connection idle for longer is not used again: servers drop them, and the first to notice would be an order."""

POOL_SIZE = 6
"""One account's threads are five; the sixth place keeps urllib3 from ever throwing a connection away."""


@cache
def tls_context() -> ssl.SSLContext:
    """Return the one context of all accounts: certificates verified against certifi's roots, TLS 1.2 at least."""
    context = ssl.create_default_context(cafile=certifi.where())
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


class WatchedConnection(HTTPConnection):
    """Knows whether any byte of the present request may have been written, and since when it is idle."""

    request_begun = False
    last_used = 0.0
    _connecting = False

    def connect(self) -> None:
        """Connect; what a proxy's CONNECT sends is no byte of the request."""
        self._connecting = True
        try:
            super().connect()
        finally:
            self._connecting = False

    def send(self, data: Any) -> None:
        """Connect first where needed, then note that the request begins, then write."""
        if not self._connecting:
            if self.sock is None:
                self.connect()
            self.request_begun = True
        super().send(data)


class WatchedTLSConnection(WatchedConnection, HTTPSConnection):
    """The same over TLS."""


class WatchedPool(HTTPConnectionPool):
    """Hands out connections ready for one request, and remembers which one this thread has."""

    ConnectionCls = WatchedConnection

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Take what urllib3's pool takes."""
        super().__init__(*args, **kwargs)
        self._of_thread = threading.local()

    def forget_connection(self) -> None:
        """Say that this thread has no connection: a new request begins."""
        self._of_thread.connection = None

    @property
    def request_begun(self) -> bool:
        """Whether any byte of this thread's present request may have been written."""
        connection: WatchedConnection | None = self._of_thread.connection
        return connection is not None and connection.request_begun

    def _get_conn(self, timeout: float | None = None) -> Any:
        connection = super()._get_conn(timeout)
        if isinstance(connection, WatchedConnection):
            now = time.monotonic()
            if not connection.is_closed and now - connection.last_used > MAX_IDLE_SECONDS:
                connection.close()  # urllib3 connects a closed one anew
            connection.request_begun = False
            self._of_thread.connection = connection
        return connection

    def _put_conn(self, conn: Any) -> None:
        if conn is not None:
            conn.last_used = time.monotonic()
        super()._put_conn(conn)


class WatchedTLSPool(WatchedPool, HTTPSConnectionPool):
    """The same over TLS."""

    ConnectionCls = WatchedTLSConnection


def open_pool(root: Url, *, proxy: str, source_address: str, tls: ssl.SSLContext | None) -> WatchedPool:
    """Return the pool of one account's connections to `root`, through its proxy and from its local address."""
    options: dict[str, Any] = {"num_pools": 1, "maxsize": POOL_SIZE, "block": False, "retries": False}
    if source_address:
        options["source_address"] = (source_address, 0)
    elif not proxy and ":" not in (root.host or ""):
        # SmartAPI registers IPv4 addresses only: an order must not leave by IPv6.
        options["source_address"] = ("0.0.0.0", 0)  # noqa: S104  # the local end of an outgoing connection
    context = tls or tls_context()
    if root.scheme == "https":
        options["ssl_context"] = context
    manager = _manager(proxy, context, options)
    pool = manager.connection_from_host(root.host, root.port, scheme=root.scheme or "https")
    if not isinstance(pool, WatchedPool):
        raise TypeError("urllib3 made a pool that is not ours")
    return pool


def _manager(proxy: str, context: ssl.SSLContext, options: dict[str, Any]) -> PoolManager:
    classes: dict[str, Any] = {"http": WatchedPool, "https": WatchedTLSPool}
    manager: PoolManager
    if not proxy:
        manager = PoolManager(**options)
    else:
        url = parse_url(proxy)
        bare = url._replace(auth=None).url
        if (url.scheme or "").startswith("socks"):
            from copytui.broker.smartapi import socks  # noqa: PLC0415  # PySocks is loaded by those who use it only

            user, _, password = (url.auth or "").partition(":")
            manager = socks.manager(bare, unquote(user) or None, unquote(password) or None, options)
            classes = socks.POOLS
        else:
            headers = make_headers(proxy_basic_auth=unquote(url.auth)) if url.auth else None
            manager = ProxyManager(bare, proxy_headers=headers, proxy_ssl_context=context, **options)
    manager.pool_classes_by_scheme = classes
    return manager
