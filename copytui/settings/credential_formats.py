"""The fields of an account in `.env`: the format and meaning of each.

A message about a credential says what it must be, never what was found.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from dataclasses import dataclass

from copytui.settings.urls import is_proxy

_CLIENT_ID = re.compile(r"[A-Za-z0-9]{3,20}")
_VISIBLE = re.compile(r"[!-~]+")
_BASE32 = re.compile(r"[A-Z2-7]+")
_TOTP_BYTES = 10  # 80 bits, the practical minimum for the secrets of RFC 4226


@dataclass(frozen=True, slots=True)
class Form:
    """The format of a field.

    `allowed` completes "it must be …"; `parse` returns the text as it is used, or None. `meaning` is the comment of the
    example file; a line break in it is one there too.
    """

    allowed: str
    parse: Callable[[str], str | None]
    meaning: str
    required: bool = True


def _visible(text: str) -> str | None:
    return text if _VISIBLE.fullmatch(text) else None


def _client_id(text: str) -> str | None:
    return text.upper() if _CLIENT_ID.fullmatch(text) else None


def _totp_secret(text: str) -> str | None:
    """Return the base32 text without spaces and padding."""
    if not text.isascii():
        return None
    bare = "".join(text.split()).upper().rstrip("=")
    if not _BASE32.fullmatch(bare):
        return None
    try:
        key = base64.b32decode(bare + "=" * (-len(bare) % 8))
    except ValueError:
        return None
    return bare if len(key) >= _TOTP_BYTES else None


def _name(text: str) -> str | None:
    return text if text.isprintable() and len(text) <= 40 else None


FORMS: dict[str, Form] = {
    "API_KEY": Form(
        "the key of a SmartAPI app: letters, digits and signs without a space",
        _visible,
        'the key of a SmartAPI app: log in at https://smartapi.angelone.in as that account, "Create an App"\n'
        '(type Trading API), copy "API Key". Give the app the static IP that the orders will come from.',
    ),
    "CLIENT_ID": Form(
        "an Angel One client code: 3 to 20 letters and digits",
        _client_id,
        "the Angel One client code, as in the Angel One app under the account's name",
    ),
    "PASSWORD": Form(
        "the account's PIN, without a space",
        _visible,
        "the account's PIN (the four digits of the Angel One app), not an older web password",
    ),
    "TOTP_SECRET": Form(
        "base32 (letters A-Z and digits 2-7, 80 bits at least): "
        "the secret that SmartAPI shows when TOTP is enabled, not a six-digit code",
        _totp_secret,
        "the text under the QR code at https://smartapi.angelone.in/enable-totp (letters A-Z, digits 2-7),\n"
        "not the six digits that change",
    ),
}
"""The fields that every account needs."""

OPTIONAL_FORMS: dict[str, Form] = {
    "NAME": Form(
        "a name of at most 40 printable characters",
        _name,
        'The name that copytui shows for this follower; empty: "Follower 1".',
        required=False,
    ),
    "PROXY": Form(
        "a proxy like http://user:password@host:port (http, https, socks5 or socks5h; "
        "special characters of the password percent-encoded)",
        lambda text: text if is_proxy(text) else None,
        "Angel One takes an account's orders only from the static IP registered for it. Where that is not this "
        "machine's own address, name a proxy that has it, like http://user:password@203.0.113.7:3128 "
        "(also https, socks5, socks5h).",
        required=False,
    ),
}
"""The fields that only a follower may have."""

FOLLOWER_FORMS: dict[str, Form] = {**FORMS, **OPTIONAL_FORMS}

IGNORED = "SECRET_KEY"
IGNORED_MEANING = "may stay empty: SmartAPI shows it beside the API key, but this login does not use it"
"""SmartAPI issues a secret key with each API key; the login with a password does not use it."""
