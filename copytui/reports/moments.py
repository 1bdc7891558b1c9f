"""Times and events in a story's lines."""

from __future__ import annotations

from datetime import datetime

from copytui.domain.events import Event, Level
from copytui.domain.times import IST


def clock_ms(moment: datetime) -> str:
    """Write the IST time of day with its milliseconds."""
    return moment.astimezone(IST).strftime("%H:%M:%S.%f")[:-3]


def gap(before: datetime, after: datetime) -> str:
    """Say how much later `after` is; nothing where it is not."""
    seconds = (after - before).total_seconds()
    return f", {length(seconds)} later" if seconds > 0 else ""


def length(seconds: float) -> str:
    """Say a length of time in the unit that reads best."""
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    return f"{seconds:.1f} s" if seconds < 120 else f"{seconds / 60:.0f} min"


def time_line(event: Event, without: str = "") -> str:
    """Write an event as it was told at the time; `without` is a beginning that the lines around it say already."""
    level = "" if event.level is Level.INFO else f"{event.level}: "
    text = event.text.removeprefix(without).lstrip()
    return f"{clock_ms(event.at)}  {level}{text}"


def one_line(text: str) -> str:
    """Make a line that holds foreign words fit for a terminal: no control characters; its indent stays."""
    bare = "".join(char if char.isprintable() else " " for char in text)
    return bare[: len(bare) - len(bare.lstrip(" "))] + " ".join(bare.split())
