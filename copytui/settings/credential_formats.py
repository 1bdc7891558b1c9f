"""The form of each credential. Nothing here ever says what was found: only what it must be."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from dataclasses import dataclass

from copytui.settings.urls import is_proxy

_CLIENT_ID = re.compile(r"[A-Za-z0-9]{3,20}")
_VISIBLE = re.compile(r"[!-~]+")
_BASE32 = re.compile(r"[A-Z2-7]+")
_TOTP_BYTES = 10  # 80 bits, the least that RFC 4226's secrets may be in practice


@dataclass(frozen=True, slots=True)
class Form:
    """`allowed` completes "it must be …"; `parse` returns the text as it is used, or None."""

    allowed: str
    parse: Callable[[str], str | None]
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
    "API_KEY": Form("the key of a SmartAPI app: letters, digits and signs without a space", _visible),
    "CLIENT_ID": Form("an Angel One client code: 3 to 20 letters and digits", _client_id),
    "PASSWORD": Form("the account's PIN, without a space", _visible),
    "TOTP_SECRET": Form(
        "base32 (letters A-Z and digits 2-7, 80 bits at least): "
        "the secret that SmartAPI shows when TOTP is enabled, not a six-digit code",
        _totp_secret,
    ),
}
"""What every account needs."""

FOLLOWER_FORMS: dict[str, Form] = {
    **FORMS,
    "NAME": Form("a name of at most 40 printable characters", _name, required=False),
    "PROXY": Form(
        "a proxy like http://user:password@host:port (http, https, socks5 or socks5h; "
        "special characters of the password percent-encoded)",
        lambda text: text if is_proxy(text) else None,
        required=False,
    ),
}
"""What a follower needs and may have."""

IGNORED = "SECRET_KEY"
"""SmartAPI hands it out with the API key; the password log-in does not use it."""
