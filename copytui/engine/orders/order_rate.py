"""The rate of orders sent, for the runaway guard (docs/risk.md, "Order limits and the runaway guard")."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Sequence

from copytui.domain.copies import ChildOrder, CopyState, copy_name
from copytui.domain.orders import ClientId, Tag
from copytui.domain.risk import RUNAWAY_SECONDS, OrdersSoFar

_FollowerSymbol = tuple[ClientId, str]


class OrderRate:
    """The POSTs of this run, by follower and symbol, by tag and by execution. Times are monotonic seconds."""

    def __init__(self) -> None:
        """Start with none."""
        self._times: dict[_FollowerSymbol, deque[float]] = {}
        self._of_tag: dict[Tag, float] = {}
        self._of_execution: Counter[tuple[int, ClientId]] = Counter()

    def before(self, copy: ChildOrder, planned: Sequence[ChildOrder]) -> OrdersSoFar:
        """Return what was sent before `copy`; `planned` are its execution's child orders for this follower."""
        times = self._times.get((copy.follower, copy.order.symbol), ())
        of_execution = self._of_execution[copy.execution_id, copy.follower]
        return OrdersSoFar(
            tuple(times), int(copy.tag in self._of_tag), of_execution, len(planned), _to_come(copy, planned)
        )

    def begins(self, copy: ChildOrder, now: float) -> None:
        """Count a POST that is about to leave; an exit counts for its execution, and not for the rate."""
        if copy.exit is None:
            times = self._times.setdefault((copy.follower, copy.order.symbol), deque())
            while times and now - times[0] >= RUNAWAY_SECONDS:
                times.popleft()
            times.append(now)
        self._of_tag[copy.tag] = now
        self._of_execution[copy.execution_id, copy.follower] += 1

    def not_sent(self, copy: ChildOrder) -> None:
        """Uncount a POST that provably created no order."""
        at = self._of_tag.pop(copy.tag, None)
        if at is None:
            return
        self._of_execution[copy.execution_id, copy.follower] -= 1
        times = self._times.get((copy.follower, copy.order.symbol))
        if copy.exit is None and times and at in times:
            times.remove(at)

    def reset(self) -> None:
        """Restart the count of orders per minute: the user has released the halt."""
        self._times.clear()


def _to_come(copy: ChildOrder, planned: Sequence[ChildOrder]) -> int:
    """Return how many orders the rate must have room for before `copy` leaves.

    Exits need none. The first slice of a copy answers for all of them, and a further one, or one that is sent again
    because it never left, has been allowed with it: a copy never stops in the middle.
    """
    if copy.exit is not None:
        return 0
    slices = [other for other in planned if copy_name(other) == copy_name(copy)]
    if any(other.attempts for other in slices):
        return 0
    return sum(other.state is CopyState.QUEUED for other in slices)
