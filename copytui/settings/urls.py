"""The rules for addresses that credentials and orders may be sent to."""

from __future__ import annotations

import re
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

_ANGEL_ONE = ("angelone.in", "angelbroking.com")
_HOST_NAME = re.compile(r"(?!-)[A-Za-z0-9_-]{1,63}(?:\.[A-Za-z0-9_-]{1,63})*\.?")


def is_origin(text: str) -> bool:
    """Return whether `text` is a scheme, a host and an optional port; plain http only to this machine."""
    url = _split(text)
    return (
        url is not None
        and _is_safe(url, secure="https", plain="http")
        and url.path in ("", "/")
        and not any(mark in text for mark in "?#")
    )


def is_web_address(text: str) -> bool:
    """Return whether `text` is a page's address, with an optional path and query; plain http only to this machine."""
    url = _split(text)
    return url is not None and _is_safe(url, secure="https", plain="http") and "#" not in text


def is_angel_one(text: str) -> bool:
    """Return whether `text` is one of the broker's own addresses, and not a test server."""
    url = _split(text)
    host = (url.hostname or "").rstrip(".") if url is not None else ""
    return any(host == own or host.endswith(f".{own}") for own in _ANGEL_ONE)


def is_feed_url(text: str) -> bool:
    """Return whether `text` is a WebSocket address; plain ws only to this machine."""
    url = _split(text)
    return url is not None and _is_safe(url, secure="wss", plain="ws") and "#" not in text


def is_proxy(text: str) -> bool:
    """Return whether `text` is a proxy: scheme, optional user and password, host and port, nothing else."""
    url = _split(text)
    return (
        url is not None
        and url.scheme in ("http", "https", "socks5", "socks5h")
        and url.port is not None
        and url.path in ("", "/")
        and not any(mark in text for mark in "?#")
    )


def is_loopback(host: str) -> bool:
    """Return whether `host` is this machine itself."""
    try:
        return host.lower() == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _is_safe(url: SplitResult, *, secure: str, plain: str) -> bool:
    """Return whether what is sent to `url` cannot be read in transit, and the address holds no password."""
    if "@" in url.netloc:
        return False
    return url.scheme == secure or (url.scheme == plain and is_loopback(url.hostname or ""))


def _split(text: str) -> SplitResult | None:
    """Split a web address; None when it is not one, or has no possible host and port."""
    # urlsplit drops line breaks and tabs silently; the address that is checked must be the one that is used.
    if not text.isascii() or not text.isprintable() or " " in text or "\\" in text:
        return None
    try:
        url = urlsplit(text)
        host, port = url.hostname, url.port
    except ValueError:
        return None
    if not host or port == 0 or url.netloc.endswith(":"):
        return None
    return url if _is_host(host) else None


def _is_host(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return _HOST_NAME.fullmatch(host) is not None
    return True
