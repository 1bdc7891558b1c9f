"""The session's numbers, as the contract's JSON log and the console's summary show them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from copytui.domain.copies import TAKEN, WENT_WRONG, Copy, CopyState
from copytui.domain.decisions import Verdict

NOT_IN_RECORDS = frozenset({CopyState.SKIPPED})
"""A copy that was declined is a decision, not an attempt; it stands in no record."""


@dataclass(frozen=True, slots=True)
class Statistics:
    """`master_orders`, `copied`, `skipped`, `missed` count executions; the others count copies."""

    master_orders: int = 0
    copied: int = 0
    skipped: int = 0
    missed: int = 0
    total: int = 0
    success: int = 0
    failed: int = 0
    unknown: int = 0

    @property
    def success_rate(self) -> float:
        """Successful copies in percent of all, one decimal; 0 when there are none."""
        return round(100 * self.success / self.total, 1) if self.total else 0.0


def is_success(copy: Copy) -> bool:
    """Whether the broker took the order and has not rejected it; in a dry run, it would have been sent."""
    return copy.state in TAKEN or copy.state is CopyState.SIMULATED


def tally(verdicts: Iterable[Verdict], copies: Iterable[Copy]) -> Statistics:
    """Count executions by verdict and copies by what became of them."""
    master_orders = copied = skipped = missed = total = success = failed = unknown = 0
    for verdict in verdicts:
        master_orders += 1
        copied += verdict in (Verdict.COPY, Verdict.SIMULATE)
        skipped += verdict is Verdict.SKIP
        missed += verdict is Verdict.MISSED
    for copy in copies:
        if copy.state in NOT_IN_RECORDS:
            continue
        total += 1
        success += is_success(copy)
        failed += copy.state in WENT_WRONG
        unknown += copy.state is CopyState.UNKNOWN
    return Statistics(master_orders, copied, skipped, missed, total, success, failed, unknown)
