"""The exchange's clock: every time in copytui is an aware datetime in Indian Standard Time."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

IST = ZoneInfo("Asia/Kolkata")


def trading_day(moment: datetime) -> date:
    """Return the IST calendar date of an aware `moment`; sessions and order books end with it."""
    return moment.astimezone(IST).date()


def stamp(moment: datetime) -> str:
    """Write `moment` as the contract's logs do: ISO 8601, milliseconds, IST offset."""
    return moment.astimezone(IST).isoformat(timespec="milliseconds")


def clock_text(moment: datetime) -> str:
    """Write the IST time of day, `HH:MM:SS`."""
    return moment.astimezone(IST).strftime("%H:%M:%S")
