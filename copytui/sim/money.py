"""Prices: whole paise inside, rupees at the edges."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation


def paise(value: object) -> int:
    """Rupees as str, int, float or Decimal to paise; ValueError for anything else."""
    if value is None or value == "":
        return 0
    try:
        amount = Decimal(str(value)) * 100
        whole = int(amount)
    except (InvalidOperation, ValueError, OverflowError) as problem:
        raise ValueError(f"{value!r} is not an amount") from problem
    if whole != amount:
        raise ValueError(f"{value!r} is finer than a paisa")
    return whole


def rupees(amount: float) -> float:
    """Paise to rupees, as the float that the broker's JSON holds."""
    return round(amount / 100, 2)


def rupee_text(amount: float) -> str:
    """Paise to rupees, as the string that positions and funds hold."""
    return f"{amount / 100:.2f}"
