"""The accounts of the exchange, made from its seed, and the `.env` text that names them."""

from __future__ import annotations

import base64
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
    """Return the master and his followers; the same seed gives the same people, however many follow."""
    rng = random.Random(f"{seed}:accounts")
    master = _account(rng, "M", 0, "Master")
    return master, tuple(_account(rng, "F", number, _name(number)) for number in range(1, followers + 1))


def _name(number: int) -> str:
    """Name a follower; after the last name they begin again, with a number."""
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
    """Return the `.env` file with which copytui logs in to these accounts."""
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
