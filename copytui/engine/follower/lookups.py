"""Reading a follower's order book: look-ups of unknown copies, and following live ones to their end.

One reading serves all of a lane's copies, and how soon the next is due is one pure function, so that
the broker's one book a second an account is never wasted.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from copytui.engine.backoff import READ_BOOK

LOOK_UP_AFTER = (0.7, 1.5, 3.0, 6.0, 12.0, 25.0, 50.0, 100.0)
"""Seconds after a copy became unknown (engine.md, "Look-ups"); after these, every `LOOK_UP_EVERY`."""

LOOK_UP_EVERY = 60.0

KEEP_WARM = 30.0
"""Seconds between readings when nothing is under way: keeps the connection and the session alive."""

_FOLLOW = ((10.0, 1.1), (60.0, 2.0), (600.0, 3.0))
_FOLLOW_AFTER = 10.0


@dataclass(frozen=True, slots=True)
class ReadingNeeds:
    """What a lane waits for, in monotonic seconds.

    `last` is when the last book was asked for (None: never), `failures` how many readings failed in a
    row since. `unknown_since`, `live_since`: when copies became so. `clean_after`: a book is wanted
    that is asked for after these moments.
    """

    last: float | None
    failures: int
    unknown_since: tuple[float, ...] = ()
    live_since: tuple[float, ...] = ()
    clean_after: tuple[float, ...] = ()


def next_reading(needs: ReadingNeeds) -> float:
    """Return the monotonic time at which the lane's next book is due; may lie in the past."""
    if needs.last is None:
        return 0.0
    last = needs.last
    if needs.failures:
        return last + READ_BOOK.after(needs.failures)
    return min(
        [
            last + KEEP_WARM,
            *(_look_up(since, last) for since in needs.unknown_since),
            *(_follow(since, last) for since in needs.live_since),
            *(after for after in needs.clean_after if after > last),
        ]
    )


def _look_up(since: float, last: float) -> float:
    """Return the first moment of the schedule of a copy unknown `since` that is later than the `last` reading."""
    planned = next((since + after for after in LOOK_UP_AFTER if since + after > last), None)
    return planned if planned is not None else max(since + LOOK_UP_AFTER[-1], last) + LOOK_UP_EVERY


def _follow(since: float, last: float) -> float:
    """Return when a copy that is live `since` wants to be looked at again; the longer it works, the rarer."""
    if last < since:
        return since + _first(_FOLLOW)
    age = last - since
    return last + next((pause for until, pause in _FOLLOW if age < until), _FOLLOW_AFTER)


def _first(paces: Iterable[tuple[float, float]]) -> float:
    return min(pause for _until, pause in paces) / 3
