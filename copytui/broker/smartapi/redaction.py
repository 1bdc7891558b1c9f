"""Redaction: third-party text made safe to show, printable, short and without the account's secrets."""

from __future__ import annotations

import re
from collections.abc import Iterable

MAX_LENGTH = 300
MAX_LENGTH_WITH_ADVICE = 500
_JWT = re.compile(r"eyJ[\w-]{5,}\.[\w-]+(?:\.[\w-]*)?")
_SPACES = re.compile(r"\s+")
_SHORT = 6
"""A secret shorter than this, such as a PIN, is redacted only as a whole word: it looks like any number."""


def clean(text: str, max_length: int = MAX_LENGTH) -> str:
    """Return `text` on one line, without control characters, cut to `max_length` characters."""
    if not text.isprintable():
        text = "".join(character if character.isprintable() else " " for character in text)
    text = _SPACES.sub(" ", text).strip()
    return text if len(text) <= max_length else text[: max_length - 1] + "…"


class Redactor:
    """Replaces secrets in texts. Its own `repr` never shows them."""

    __slots__ = ("_pattern", "_secrets")

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        """Redact these secrets; empty ones are ignored."""
        self._secrets = frozenset(secret for secret in secrets if secret)
        by_length = sorted(self._secrets, key=len, reverse=True)
        words = [
            re.escape(secret) if len(secret) >= _SHORT else rf"(?<!\w){re.escape(secret)}(?!\w)" for secret in by_length
        ]
        self._pattern = re.compile("|".join(words)) if words else None

    def __call__(self, text: str) -> str:
        """Return `text` with every secret replaced, on one line and cut."""
        if self._pattern is not None:
            text = self._pattern.sub("***", text)
        if "eyJ" in text:
            text = _JWT.sub("***", text)
        return clean(text, MAX_LENGTH_WITH_ADVICE)

    def plus(self, *secrets: str) -> Redactor:
        """Return a redactor that also replaces these."""
        return Redactor((*self._secrets, *secrets))

    def __repr__(self) -> str:
        """Show no secret."""
        return "Redactor(…)"
