"""urllib3 connections that know whether a request may have reached the broker.

A connection records when the first byte of a request is about to be written. Everything before that (DNS, connecting,
a proxy's CONNECT, the TLS handshake) writes no byte of the request, so an earlier failure proves that the request was
not sent.
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
"""Connections idle for longer are not reused: the server may have dropped them, and an order would find out first."""

POOL_SIZE = 6
"""One more than an account's five threads, so that urllib3 never discards a connection."""


@cache
def tls_context() -> ssl.SSLContext:
    """Return the context shared by all accounts: certifi's roots, TLS 1.2 or newer."""
    context = ssl.create_default_context(cafile=certifi.where())
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


class WatchedConnection(HTTPConnection):
    """A connection that knows whether its current request has started, and when it was last used."""

    request_started = False
    last_used = 0.0
    _connecting = False

    def connect(self) -> None:
        """Connect. A proxy's CONNECT is not part of the request."""
        self._connecting = True
        try:
            super().connect()
        finally:
            self._connecting = False

    def send(self, data: Any) -> None:
        """Connect if needed, mark the request as started, then write."""
        if not self._connecting:
            if self.sock is None:
                self.connect()
            self.request_started = True
        super().send(data)


class WatchedTLSConnection(WatchedConnection, HTTPSConnection):
    """The same, over TLS."""


class WatchedPool(HTTPConnectionPool):
    """A pool that remembers each thread's connection and resets it for a new request."""

    ConnectionCls = WatchedConnection

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Take the arguments of urllib3's pool."""
        super().__init__(*args, **kwargs)
        self._per_thread = threading.local()

    def forget_connection(self) -> None:
        """Forget this thread's connection before a new request."""
        self._per_thread.connection = None

    @property
    def request_started(self) -> bool:
        """Whether any byte of this thread's current request may have been written."""
        connection: WatchedConnection | None = self._per_thread.connection
        return connection is not None and connection.request_started

    def _get_conn(self, timeout: float | None = None) -> Any:
        connection = super()._get_conn(timeout)
        if isinstance(connection, WatchedConnection):
            now = time.monotonic()
            if not connection.is_closed and now - connection.last_used > MAX_IDLE_SECONDS:
                connection.close()  # urllib3 reconnects a closed connection
            connection.request_started = False
            self._per_thread.connection = connection
        return connection

    def _put_conn(self, conn: Any) -> None:
        if conn is not None:
            conn.last_used = time.monotonic()
        super()._put_conn(conn)


class WatchedTLSPool(WatchedPool, HTTPSConnectionPool):
    """The same, over TLS."""

    ConnectionCls = WatchedTLSConnection


def open_pool(root: Url, *, proxy: str, source_address: str, tls: ssl.SSLContext | None) -> WatchedPool:
    """Return the pool of one account's connections to `root`, through its proxy or from its source address."""
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
        raise TypeError("urllib3 created an unexpected pool")
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
            from copytui.broker.smartapi import socks  # noqa: PLC0415  # PySocks is loaded only if it is used

            user, _, password = (url.auth or "").partition(":")
            manager = socks.manager(bare, unquote(user) or None, unquote(password) or None, options)
            classes = socks.POOLS
        else:
            headers = make_headers(proxy_basic_auth=unquote(url.auth)) if url.auth else None
            manager = ProxyManager(bare, proxy_headers=headers, proxy_ssl_context=context, **options)
    manager.pool_classes_by_scheme = classes
    return manager
