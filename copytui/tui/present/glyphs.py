"""The two signs that the engine's own sentences may hold, for a terminal that lacks them."""

from __future__ import annotations

from copytui.tui.present.signs import Signs


def in_signs(text: str, signs: Signs) -> str:
    """Return a sentence with the rupee and the dots of this terminal."""
    return text.replace("₹", signs.rupee).replace("…", signs.dots)
