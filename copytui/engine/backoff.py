"""The engine's backoff schedules, in seconds; the callers wait on the engine's clock.

A ladder gives the pause after a number of consecutive failures; its last step repeats. Pauses between logins and
polls have 20 % jitter, so that many accounts do not retry in step.
"""

from __future__ import annotations

import random
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Ladder:
    """Growing pauses; the last one repeats."""

    steps: tuple[float, ...]

    def after(self, failures: int) -> float:
        """Return the pause after `failures` consecutive failures (1 or more)."""
        return self.steps[min(max(failures, 1), len(self.steps)) - 1]

    def __len__(self) -> int:
        """Return the number of steps before the pause stays the same."""
        return len(self.steps)


MASTER_AT_START = Ladder((1.0, 2.0, 4.0, 8.0, 16.0, 30.0))
"""Between the master's login attempts at start; after `login_patience_seconds` copytui exits with code 3."""

LOG_IN = Ladder((5.0, 10.0, 20.0, 40.0, 80.0, 160.0, 300.0))
"""Between login attempts that fail for another reason than the credentials."""

READ_BOOK = Ladder((1.5, 3.0, 6.0, 12.0, 30.0))
"""Between failing reads of a follower's order book."""

READ_FIGURE = Ladder((2.0, 5.0, 10.0, 20.0, 40.0, 60.0))
"""Between failing reads of funds or profit."""

SEND_AGAIN = Ladder((1.0, 2.0, 4.0, 8.0, 15.0))
"""Before an order that was provably not sent is sent again."""

CANCEL_AGAIN = Ladder((2.0, 4.0, 8.0, 15.0, 30.0))
"""Between cancel requests, while the order still works."""

_LONGEST_POLL_PAUSE = 30.0


def poll_pause(interval: float, failures: int) -> float:
    """Return the pause after failed polls of the master; it doubles from the poll interval."""
    return min(interval * float(2 ** min(max(failures - 1, 0), 5)), max(_LONGEST_POLL_PAUSE, interval))


def jittered(seconds: float) -> float:
    """Return a pause with 20 % jitter."""
    return seconds * random.uniform(0.8, 1.2)  # noqa: S311  # not for cryptography
