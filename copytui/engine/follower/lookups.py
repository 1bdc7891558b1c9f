"""The schedule of order book reads: look-ups of unknown copies, and following live ones to their final state.

One read serves all of a follower's copies. The time of the next one is a pure function, so that the broker's limit of
one order book per second and account is used well.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from copytui.engine.backoff import READ_BOOK

LOOK_UP_AFTER = (0.7, 1.5, 3.0, 6.0, 12.0, 25.0, 50.0, 100.0)
"""Seconds after a copy became unknown at which it is looked up; after these, every `LOOK_UP_EVERY`."""

LOOK_UP_EVERY = 60.0

KEEP_WARM = 30.0
"""Seconds between reads when nothing is in flight: keeps the connection and the session alive."""

_FOLLOW = ((10.0, 1.1), (60.0, 2.0), (600.0, 3.0))
_FOLLOW_AFTER = 10.0


@dataclass(frozen=True, slots=True)
class ReadingNeeds:
    """What a follower needs order books for, in monotonic seconds.

    `last` is when the last order book was requested (None: never), `failures` the number of consecutive failed reads
    since. `unknown_since` and `live_since` are when copies became unknown and live. `clean_after` are times after
    which an order book must be requested.
    """

    last: float | None
    failures: int
    unknown_since: tuple[float, ...] = ()
    live_since: tuple[float, ...] = ()
    clean_after: tuple[float, ...] = ()


def next_reading(wanted: ReadingNeeds) -> float:
    """Return the monotonic time at which the next order book is due; it may be in the past."""
    if wanted.last is None:
        return 0.0
    last = wanted.last
    if wanted.failures:
        return last + READ_BOOK.after(wanted.failures)
    return min(
        [
            last + KEEP_WARM,
            *(_look_up(since, last) for since in wanted.unknown_since),
            *(_follow(since, last) for since in wanted.live_since),
            *(after for after in wanted.clean_after if after > last),
        ]
    )


def _look_up(since: float, last: float) -> float:
    """Return the first scheduled look-up, after the `last` read, of a copy unknown `since`."""
    planned = next((since + after for after in LOOK_UP_AFTER if since + after > last), None)
    return planned if planned is not None else max(since + LOOK_UP_AFTER[-1], last) + LOOK_UP_EVERY


def _follow(since: float, last: float) -> float:
    """Return when a copy live `since` is next due; the longer it works, the rarer the reads."""
    if last < since:
        return since + _first(_FOLLOW)
    age = last - since
    return last + next((pause for until, pause in _FOLLOW if age < until), _FOLLOW_AFTER)


def _first(paces: Iterable[tuple[float, float]]) -> float:
    return min(pause for _until, pause in paces) / 3
