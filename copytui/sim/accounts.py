"""The exchange's options and its accounts, generated from a seed, with the `.env` text that logs in to them."""

from __future__ import annotations

import base64
import ipaddress
import random
import string
from collections.abc import Sequence
from dataclasses import dataclass, field

_NAMES = ("Asha", "Ravi", "Meera", "Sara", "Kim", "Vikram", "Nisha", "Arjun", "Leela", "Dev")


@dataclass(frozen=True)
class ExchangeAccount:
    """One account holder with everything it takes to log in."""

    client_id: str
    name: str
    api_key: str = field(repr=False)
    pin: str = field(repr=False)
    totp_secret: str = field(repr=False)


def make_accounts(seed: int, followers: int) -> tuple[ExchangeAccount, tuple[ExchangeAccount, ...]]:
    """Return the master and the followers. The same seed gives the same people, however many followers there are."""
    rng = random.Random(f"{seed}:accounts")
    master = _account(rng, "M", 0, "Master")
    return master, tuple(_account(rng, "F", number, _name(number)) for number in range(1, followers + 1))


def _name(number: int) -> str:
    """Name a follower. After the last name the list starts over, with a number."""
    again, index = divmod(number - 1, len(_NAMES))
    return f"{_NAMES[index]} {again + 1}" if again else _NAMES[index]


def _account(rng: random.Random, letter: str, number: int, name: str) -> ExchangeAccount:
    return ExchangeAccount(
        client_id=f"{letter}{rng.randrange(10, 99)}{number:03d}",
        name=name,
        api_key="".join(rng.choices(string.ascii_letters + string.digits, k=8)),
        pin=f"{rng.randrange(1000, 10000)}",
        totp_secret=base64.b32encode(rng.randbytes(20)).decode("ascii"),
    )


def env_text(master: ExchangeAccount, followers: Sequence[ExchangeAccount]) -> str:
    """Return the text of an `.env` file that lets copytui log in to these accounts."""
    blocks = [_env_block("", master)]
    for number, follower in enumerate(followers, start=1):
        prefix = f"FOLLOWER_{number}_"
        blocks.append(f"{_env_block(prefix, follower)}{prefix}NAME={follower.name}\n")
    return "\n".join(blocks)


def _env_block(prefix: str, account: ExchangeAccount) -> str:
    return (
        f"{prefix}API_KEY={account.api_key}\n"
        f"{prefix}CLIENT_ID={account.client_id}\n"
        f"{prefix}PASSWORD={account.pin}\n"
        f"{prefix}TOTP_SECRET={account.totp_secret}\n"
    )


@dataclass(frozen=True)
class ExchangeOptions:
    """Number of accounts, trading pace and strictness of the gateway.

    The same `seed` gives the same accounts, prices and master trades. With `realism` off, every acceptable
    order fills in full after `fill_delay`, at a price within its limit. With `totp_once` off, one TOTP code can
    open several sessions, for tests that log in again at once.
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
            raise ValueError(f"host: {self.host} is not a loopback address; the exchange stays on this machine")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
