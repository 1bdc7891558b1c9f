"""The session's metrics, updated with every change instead of recounted for every snapshot."""

from __future__ import annotations

from bisect import insort
from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from copytui.domain.changes import Change, ExecutionDecided, OrderAdvanced, OrderPlanned
from copytui.domain.copies import ChildOrder, CopyName, CopyState, copy_name
from copytui.domain.copy_ledger import CopyLedger, States
from copytui.domain.decisions import DecidedExecution, Verdict
from copytui.domain.executions import Origin
from copytui.domain.orders import ClientId
from copytui.domain.statistics import (
    FollowerMetrics,
    SessionMetrics,
    Slippage,
    Statistics,
    TimelineMaker,
    percentile,
    slippage,
)

_RECENT = 60
"""The number of latencies, and of minutes of fills, in the small charts of the main screen."""


_NOTHING = Decimal(0)


@dataclass(slots=True, eq=False)
class _Account:
    """What one follower's copies took and cost; `latencies` is sorted."""

    latencies: list[float] = field(default_factory=list)
    slippage: Slippage = field(default_factory=Slippage)

    def metrics(self, states: States) -> FollowerMetrics:
        """Return the metrics, with the copies counted by state."""
        count = Counter(states)
        return FollowerMetrics(
            copies=count.total() - count[CopyState.SKIPPED],
            asked=count[CopyState.ASKED],
            filled=count[CopyState.FILLED],
            rejected=count[CopyState.REJECTED],
            failed=count[CopyState.FAILED],
            unknown=count[CopyState.UNKNOWN],
            median_ms=percentile(self.latencies, 50),
            p99_ms=percentile(self.latencies, 99),
            slippage=self.slippage,
            simulated=count[CopyState.SIMULATED],
            expired=count[CopyState.EXPIRED],
        )


class Metrics:
    """Subscribes to the engine's changes and counts."""

    def __init__(self) -> None:
        """Start at zero."""
        self._verdicts: dict[int, Verdict] = {}
        self._prices: dict[int, Decimal] = {}
        self._copies: dict[CopyName, ChildOrder] = {}
        self._unknown: dict[int, ChildOrder] = {}
        self._accounts: dict[ClientId, _Account] = {}
        self._all = _Account()
        self._recent: deque[float] = deque(maxlen=_RECENT)
        self._fills: Counter[int] = Counter()
        self._timeline = TimelineMaker()
        self._ledger = CopyLedger()

    def know(self, orders: Iterable[ChildOrder]) -> None:
        """Note the child orders of earlier sessions: they count once they change."""
        self._ledger.know(orders)

    def on_change(self, change: Change) -> None:
        """Count a change; events do not count."""
        match change:
            case ExecutionDecided(decided):
                self._count_decision(decided)
            case OrderPlanned(order) | OrderAdvanced(_, order):
                self._count_copy(order)
            case _:
                pass

    def _count_decision(self, decided: DecidedExecution) -> None:
        if decided.execution.origin is Origin.MANUAL:
            return  # not an order of the master, so there is no price to compare with
        self._verdicts[decided.id] = decided.decision.verdict
        self._prices[decided.id] = decided.execution.price

    def _count_copy(self, copy: ChildOrder) -> None:
        if copy.state is CopyState.UNKNOWN:
            self._unknown[copy.id] = copy
        else:
            self._unknown.pop(copy.id, None)
        name = copy_name(copy)
        copy = self._ledger.take(copy)[name].copy
        before = self._copies.get(name)
        self._copies[name] = copy
        for account in (self._all, self._accounts.setdefault(copy.follower, _Account())):
            self._count(account, before, copy)
        if copy.latency_ms is not None and (before is None or before.latency_ms is None):
            self._recent.append(copy.latency_ms)
            self._timeline.answered(copy.answered_at or copy.changed_at, copy.latency_ms)
        if copy.state is CopyState.FILLED and (before is None or before.state is not CopyState.FILLED):
            self._fills[int(copy.changed_at.timestamp() // 60)] += 1
            self._timeline.filled(copy.changed_at)

    def _count(self, account: _Account, before: ChildOrder | None, copy: ChildOrder) -> None:
        if copy.filled:  # fills only grow
            price = self._prices.get(copy.execution_id, _NOTHING)
            if before is not None:
                account.slippage -= slippage(before, price)
            account.slippage += slippage(copy, price)
        if copy.latency_ms is not None and (before is None or before.latency_ms is None):
            insort(account.latencies, copy.latency_ms)

    def unknown(self) -> tuple[ChildOrder, ...]:
        """Return the copies whose outcome is unknown."""
        return tuple(self._unknown.values())

    def take(self) -> SessionMetrics:
        """Return the current metrics."""
        verdicts, states = Counter(self._verdicts.values()), self._ledger.states()
        last = max(self._fills, default=0)
        return SessionMetrics(
            statistics=Statistics.of(verdicts, states),
            all=self._all.metrics(states),
            followers={
                client: account.metrics(self._ledger.states(client)) for client, account in self._accounts.items()
            },
            recent_ms=tuple(self._recent),
            fills_a_minute=tuple(self._fills[minute] for minute in range(last - _RECENT + 1, last + 1)) if last else (),
            timeline=self._timeline.take(),
            simulated=verdicts[Verdict.SIMULATE],
        )
