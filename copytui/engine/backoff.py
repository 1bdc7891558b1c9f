"""Every growing pause of the engine, in seconds, in one place; who waits does so on the held clock.

A ladder gives the pause after so many failures in a row; its last step repeats. Pauses between log-ins and polls are
spread by a fifth, so that many accounts do not come back in step.
"""

from __future__ import annotations

import random
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Ladder:
    """Pauses that grow, the last one for good."""

    steps: tuple[float, ...]

    def after(self, failures: int) -> float:
        """Return the pause after `failures` (1 or more) in a row."""
        return self.steps[min(max(failures, 1), len(self.steps)) - 1]

    def __len__(self) -> int:
        """How many steps there are before the pause stays the same."""
        return len(self.steps)


MASTER_AT_START = (1.0, 2.0, 4.0, 8.0)
"""Between the master's log-ins at start; after the last one copytui gives up with exit code 3."""

LOG_IN = Ladder((5.0, 10.0, 20.0, 40.0, 80.0, 160.0, 300.0))
"""Between log-ins that fail for another reason than the credentials."""

READ_BOOK = Ladder((1.5, 3.0, 6.0, 12.0, 30.0))
"""Between readings of a follower's order book that fail."""

READ_FIGURE = Ladder((2.0, 5.0, 10.0, 20.0, 40.0, 60.0))
"""Between readings of funds or profit that fail."""

SEND_AGAIN = Ladder((1.0, 2.0, 4.0, 8.0, 15.0))
"""Before an order that provably never left is sent again."""

CANCEL_AGAIN = Ladder((2.0, 4.0, 8.0, 15.0, 30.0))
"""Before a cancel is asked for again, while the order still works."""

_LONGEST_POLL_PAUSE = 30.0


def poll_pause(interval: float, failures: int) -> float:
    """Return the pause after failed polls of the master: doubling from the poll interval."""
    return min(interval * float(2 ** min(max(failures - 1, 0), 5)), max(_LONGEST_POLL_PAUSE, interval))


def jittered(seconds: float) -> float:
    """Spread a pause by a fifth."""
    return seconds * random.uniform(0.8, 1.2)  # noqa: S311  # no cryptography
