"""What the trading symbol of a derivative tells: its underlying, and when it expires."""

from __future__ import annotations

import re
from datetime import date

_MONTHS = "JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC"
# NIFTY28NOV2426000CE, ASIANPAINT25FEB213060CE, NIFTY23FEB18000CE, RELIANCE26NOV24FUT, RELIANCE24NOVFUT
_DATED = re.compile(rf"^(?P<underlying>.+?)\d{{2}}(?:{_MONTHS})\d*(?:\.\d+)?(?:CE|PE|FUT)$")
# BSE weeklies have a numeric date: SENSEX2471180000CE is 11 July 2024, strike 80000.
_NUMERIC = re.compile(
    r"^(?P<underlying>NIFTYNXT50|SENSEX50|[A-Z&-]+)\d{2}[1-9OND]\d{2}(?P<strike>\d+(?:\.\d+)?(?:CE|PE))$"
)
_EXPIRY = re.compile(
    rf"^.+?(?P<day>\d{{2}})(?P<month>{_MONTHS})(?P<year>\d{{2}})(?:FUT|(?P<strike>\d+(?:\.\d+)?(?:CE|PE)))$"
)


def underlying(symbol: str) -> str | None:
    """Return the underlying of a derivative's trading symbol, upper case; None for anything else."""
    symbol = symbol.strip().upper()
    found = _DATED.match(symbol) or _NUMERIC.match(symbol)
    return found["underlying"] if found else None


def strike_words(symbol: str) -> str:
    """Return the end of an option's symbol, its strike with CE or PE; '' where it cannot be told from the date."""
    symbol = symbol.upper()
    found = _EXPIRY.match(symbol) or _NUMERIC.match(symbol)
    return (found["strike"] or "") if found else ""


def expiry_day(symbol: str) -> date | None:
    """Return the day on which a derivative expires, where its symbol tells it whole (NIFTY28NOV26...); else None."""
    found = _EXPIRY.match(symbol.strip().upper())
    if found is None:
        return None
    try:
        return date(2000 + int(found["year"]), 1 + _MONTHS.split("|").index(found["month"]), int(found["day"]))
    except ValueError:
        return None
