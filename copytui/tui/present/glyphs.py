"""The signs of the screen, in Unicode and in ASCII, and their legend."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Signs:
    """One character per meaning, always next to its word."""

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
        """Return the signs for this kind of terminal."""
        return _ASCII if ascii_only else _FULL


_FULL = Signs()
_ASCII = Signs(
    good="+", partial="~", bad="x", skip="-", wait=".", open="o", idle=".", ask="*", dry="=", would="~", pointer=">",
    dot="*", between=" | ", dots="~", more="...", rupee="Rs ", bars="_.:-=+*#",
)  # fmt: skip


def in_signs(text: str, signs: Signs) -> str:
    """Return a sentence with this terminal's rupee sign and ellipsis."""
    return text.replace("₹", signs.rupee).replace("…", signs.dots)


def legend(signs: Signs) -> tuple[tuple[str, str], ...]:
    """Return every sign of the tables and bars with its meaning."""
    return (
        (signs.good, "filled; ready or armed"),
        (signs.partial, "partially filled"),
        (signs.open, "accepted, open at the broker"),
        (signs.wait, "queued, sending or waiting"),
        (signs.ask, "approval required"),
        (signs.unknown, "outcome unknown, being looked up"),
        (signs.bad, "failed or rejected"),
        (signs.warn, "needs attention"),
        (signs.skip, "skipped, expired or disabled"),
        (signs.dry, "simulated by a dry run"),
        (signs.idle, "cancelled, baseline, or copytui's own order"),
        (signs.pointer, "the pane in focus"),
        (signs.dot, "the last poll of the master"),
    )
