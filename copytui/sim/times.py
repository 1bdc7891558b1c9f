"""The exchange's wall clock: Indian time, stamped the way Angel One writes it."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone

IST = timezone(timedelta(hours=5, minutes=30), "IST")

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def stamp(moment: datetime | None) -> str:
    """`22-Nov-2026 10:05:11`, whatever the locale; "" for a moment that has not come."""
    if moment is None:
        return ""
    local = moment.astimezone(IST)
    return f"{local.day:02d}-{_MONTHS[local.month - 1]}-{local.year} {local:%H:%M:%S}"


def expiry_text(day: date, *, short: bool) -> str:
    """`24NOV26` as in symbols when `short`, `24NOV2026` as in order book rows otherwise."""
    year = f"{day.year % 100:02d}" if short else f"{day.year}"
    return f"{day.day:02d}{_MONTHS[day.month - 1].upper()}{year}"


def seconds_to_midnight(moment: datetime) -> float:
    """How long until the next midnight in India, when the broker ends every session."""
    local = moment.astimezone(IST)
    midnight = datetime.combine(local.date() + timedelta(days=1), datetime.min.time(), IST)
    return (midnight - local).total_seconds()
