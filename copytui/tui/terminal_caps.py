"""Which terminals show plain characters only."""

from __future__ import annotations

import os


def plain_terminal() -> bool:
    """Whether the environment asks for no more than plain characters, and no title: the console of Linux, and dumb."""
    return os.environ.get("TERM", "") in ("dumb", "linux")
