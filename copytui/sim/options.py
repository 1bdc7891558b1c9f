"""What can be asked of the exchange when it starts."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass


@dataclass(frozen=True)
class ExchangeOptions:
    """How many accounts, how lively a day, how strict a gateway.

    The same `seed` gives the same accounts, the same prices and the same master. With `realism` off every
    acceptable order fills whole after `fill_delay`, at a price inside its limit. `totp_once` off lets one
    TOTP code open several sessions, for tests that log in again at once.
    """

    followers: int = 4
    seed: int = 1
    host: str = "127.0.0.1"
    port: int = 0
    trading: bool = True
    pace: float = 1.0
    latency: float = 0.03
    enforce_limits: bool = True
    fill_delay: float = 0.25
    realism: bool = True
    session_seconds: float | None = None
    totp_once: bool = True

    def __post_init__(self) -> None:
        if not 0 <= self.followers <= 500:
            raise ValueError("followers: 0 to 500")
        if self.pace <= 0:
            raise ValueError("pace: above 0")
        if self.latency < 0 or self.fill_delay < 0:
            raise ValueError("latency and fill_delay: 0 or above")
        if self.host != "localhost" and not _is_loopback(self.host):
            raise ValueError(f"host: {self.host} is not a loopback address; this exchange never leaves the machine")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
