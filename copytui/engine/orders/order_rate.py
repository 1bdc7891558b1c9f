"""The rate of orders sent, for the runaway guard (docs/risk.md, "Order limits and the runaway guard")."""

from __future__ import annotations

from collections import Counter, deque

from copytui.domain.copies import ChildOrder
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

    def before(self, copy: ChildOrder, copies: int) -> OrdersSoFar:
        """Return what was sent before `copy`; its execution has `copies` child orders for this follower."""
        times = self._times.get((copy.follower, copy.order.symbol), ())
        of_execution = self._of_execution[copy.execution_id, copy.follower]
        return OrdersSoFar(tuple(times), int(copy.tag in self._of_tag), of_execution, copies)

    def begins(self, copy: ChildOrder, now: float) -> None:
        """Count a POST that is about to leave."""
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
        if times and at in times:
            times.remove(at)

    def reset(self) -> None:
        """Restart the count of orders per minute: the user has released the halt."""
        self._times.clear()
