"""The watched connections through a SOCKS proxy; imported only by accounts that have one."""

from __future__ import annotations

from typing import Any

from urllib3.contrib.socks import SOCKSConnection, SOCKSHTTPSConnection, SOCKSProxyManager

from copytui.broker.smartapi.connections import WatchedConnection, WatchedPool, WatchedTLSConnection, WatchedTLSPool


class WatchedSocksConnection(WatchedConnection, SOCKSConnection):
    """A watched connection through SOCKS."""


class WatchedSocksTLSConnection(WatchedTLSConnection, SOCKSHTTPSConnection):
    """A watched TLS connection through SOCKS."""


class WatchedSocksPool(WatchedPool):
    """A pool of those."""

    ConnectionCls = WatchedSocksConnection  # type: ignore[assignment]  # urllib3 narrows the attribute


class WatchedSocksTLSPool(WatchedTLSPool):
    """A pool of those over TLS."""

    ConnectionCls = WatchedSocksTLSConnection  # type: ignore[assignment]  # as above


POOLS: dict[str, Any] = {"http": WatchedSocksPool, "https": WatchedSocksTLSPool}


def manager(url: str, user: str | None, password: str | None, options: dict[str, Any]) -> SOCKSProxyManager:
    """Return urllib3's manager for a proxy whose `url` holds no password."""
    return SOCKSProxyManager(url, username=user, password=password, **options)
