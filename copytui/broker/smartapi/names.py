"""Looking up host names: one lookup per name for all accounts, in a thread that nothing waits for at the end."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
import time
from dataclasses import dataclass
from typing import Final
from weakref import WeakKeyDictionary

_FRESH_SECONDS: Final = 30.0


@dataclass(frozen=True, slots=True)
class _Lookup:
    """A lookup in progress or done; `begun` is monotonic."""

    begun: float
    addresses: asyncio.Future[tuple[str, ...]]


_lookups: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[str, _Lookup]] = WeakKeyDictionary()


async def ipv4_addresses(host: str) -> tuple[str, ...]:
    """Return the IPv4 addresses of a host, at most half a minute old; raises socket.gaierror."""
    loop = asyncio.get_running_loop()
    known = _lookups.setdefault(loop, {})
    found = known.get(host)
    if found is None or (found.addresses.done() and not _is_fresh(found)):
        known[host] = found = _Lookup(time.monotonic(), loop.create_future())
        threading.Thread(target=_look_up, args=(host, found.addresses), name="names", daemon=True).start()
    return await asyncio.shield(found.addresses)


def _is_fresh(found: _Lookup) -> bool:
    return found.addresses.exception() is None and time.monotonic() - found.begun < _FRESH_SECONDS


def _look_up(host: str, addresses: asyncio.Future[tuple[str, ...]]) -> None:
    failure: socket.gaierror | None = None
    found: tuple[str, ...] = ()
    try:
        rows = socket.getaddrinfo(host, None, socket.AF_INET, socket.SOCK_STREAM)
        found = tuple(dict.fromkeys(str(row[4][0]) for row in rows))
    except socket.gaierror as error:
        failure = error
    except (OSError, UnicodeError):
        failure = socket.gaierror(socket.EAI_NONAME, "no such name")

    def finish() -> None:
        if addresses.cancelled():
            return
        if failure is None:
            addresses.set_result(found)
        else:
            addresses.set_exception(failure)
            addresses.exception()  # retrieved, in case nobody waits any more

    with contextlib.suppress(RuntimeError):  # the loop has closed
        addresses.get_loop().call_soon_threadsafe(finish)
