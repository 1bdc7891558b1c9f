"""Watched connections through a SOCKS proxy. Imported only if an account has one, as PySocks is slow to load."""

from __future__ import annotations

from typing import Any

from urllib3.contrib.socks import SOCKSConnection, SOCKSHTTPSConnection, SOCKSProxyManager

from copytui.broker.smartapi.connections import WatchedConnection, WatchedPool, WatchedTLSConnection, WatchedTLSPool


class WatchedSocksConnection(WatchedConnection, SOCKSConnection):
    """A watched connection over SOCKS."""


class WatchedSocksTLSConnection(WatchedTLSConnection, SOCKSHTTPSConnection):
    """A watched TLS connection over SOCKS."""


class WatchedSocksPool(WatchedPool):
    """A pool of watched SOCKS connections."""

    ConnectionCls = WatchedSocksConnection  # type: ignore[assignment]  # urllib3 narrows the attribute


class WatchedSocksTLSPool(WatchedTLSPool):
    """A pool of watched SOCKS connections with TLS."""

    ConnectionCls = WatchedSocksTLSConnection  # type: ignore[assignment]  # as above


POOLS: dict[str, Any] = {"http": WatchedSocksPool, "https": WatchedSocksTLSPool}


def manager(url: str, user: str | None, password: str | None, options: dict[str, Any]) -> SOCKSProxyManager:
    """Return urllib3's manager for a proxy whose `url` contains no password."""
    return SOCKSProxyManager(url, username=user, password=password, **options)
