"""Other people's words made fit to be shown: printable, short, without any of the account's secrets."""

from __future__ import annotations

import re
from collections.abc import Iterable

LONGEST = 300
LONGEST_WITH_ADVICE = 500
_JWT = re.compile(r"eyJ[\w-]{5,}\.[\w-]+(?:\.[\w-]*)?")
_SPACES = re.compile(r"\s+")
_SHORT = 6
"""A secret shorter than this (a PIN) is taken out where it could be echoed only: it looks like any number."""


def clean(text: str, longest: int = LONGEST) -> str:
    """Return `text` on one line, without control characters, cut to `longest`."""
    if not text.isprintable():
        text = "".join(character if character.isprintable() else " " for character in text)
    text = _SPACES.sub(" ", text).strip()
    return text if len(text) <= longest else text[: longest - 1] + "…"


class Scrubber:
    """Takes secrets out of texts; never prints what it takes out."""

    __slots__ = ("_pattern", "_secrets")

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        """Watch for these; empty ones are left out."""
        self._secrets = frozenset(secret for secret in secrets if secret)
        longest_first = sorted(self._secrets, key=len, reverse=True)
        words = [
            re.escape(secret) if len(secret) >= _SHORT else rf"(?<!\w){re.escape(secret)}(?!\w)"
            for secret in longest_first
        ]
        self._pattern = re.compile("|".join(words)) if words else None

    def __call__(self, text: str) -> str:
        """Return `text` with every secret replaced, cleaned and cut."""
        if self._pattern is not None:
            text = self._pattern.sub("***", text)
        if "eyJ" in text:
            text = _JWT.sub("***", text)
        return clean(text, LONGEST_WITH_ADVICE)

    def plus(self, *secrets: str) -> Scrubber:
        """Return a scrubber that watches for these too."""
        return Scrubber((*self._secrets, *secrets))

    def __repr__(self) -> str:
        """Show nothing."""
        return "Scrubber(…)"
