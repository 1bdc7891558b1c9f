"""The two signs that the engine's own sentences may hold, for a terminal that lacks them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Signs:
    """One character for each meaning; never alone, always before its word."""

    good: str = "✓"
    partial: str = "◐"
    bad: str = "✗"
    unknown: str = "?"
    skip: str = "⊘"
    warn: str = "!"
    wait: str = "…"
    open: str = "○"
    idle: str = "·"
    ask: str = "◆"
    dry: str = "≈"
    would: str = "≈"
    pointer: str = "▸"
    dot: str = "●"
    between: str = " · "
    dots: str = "…"
    more: str = "…"
    rupee: str = "₹"
    bars: str = "▁▂▃▄▅▆▇█"

    @classmethod
    def of(cls, *, ascii_only: bool) -> Signs:
        """Return the signs for this terminal."""
        return _ASCII if ascii_only else _FULL


_FULL = Signs()
_ASCII = Signs(
    good="+", partial="~", bad="x", skip="-", wait=".", open="o", idle=".", ask="*", dry="=", would="~", pointer=">",
    dot="*", between=" | ", dots="~", more="...", rupee="Rs ", bars="_.:-=+*#",
)  # fmt: skip


def in_signs(text: str, signs: Signs) -> str:
    """Return a sentence with the rupee and the dots of this terminal."""
    return text.replace("₹", signs.rupee).replace("…", signs.dots)
