"""The session's statistics."""

from __future__ import annotations

import pytest

from copytui.domain.copies import CopyState
from copytui.domain.decisions import Verdict
from copytui.domain.statistics import CopyCounts, FollowerMetrics, Statistics, is_success
from tests.builders import a_copy

S = CopyState
SUCCESSFUL = {S.ACCEPTED, S.OPEN, S.PARTIAL, S.FILLED, S.CANCELLED, S.SIMULATED}


@pytest.mark.parametrize("state", CopyState)
def test_success_is_what_the_broker_accepted_and_has_not_rejected(state: CopyState) -> None:
    assert is_success(a_copy(state=state)) is (state in SUCCESSFUL)


def test_verdicts_count_executions() -> None:
    numbers = Statistics.of(
        {Verdict.COPY: 1, Verdict.SIMULATE: 1, Verdict.ASK: 1, Verdict.SKIP: 1, Verdict.MISSED: 2}, {}
    )
    assert numbers == Statistics(master_orders=6, copied=2, skipped=1, missed=2, would_copy=1)


def test_states_count_copies_without_declined_ones_and_those_of_a_dry_run_apart() -> None:
    counts = CopyCounts.of(dict.fromkeys(CopyState, 1))
    assert counts == CopyCounts(total=12, success=5, failed=2, unknown=1, simulated=1)
    assert counts.success_rate == 41.7


def test_nothing_copied_is_a_rate_of_zero() -> None:
    assert CopyCounts().success_rate == CopyCounts.of({S.SIMULATED: 3}).success_rate == 0.0


def test_all_copied_is_a_rate_of_a_hundred() -> None:
    assert CopyCounts.of({S.FILLED: 3, S.SIMULATED: 2}).success_rate == 100.0


@pytest.mark.parametrize(
    ("numbers", "begun"),
    [
        (FollowerMetrics(copies=13, filled=1, simulated=12), 1),
        (FollowerMetrics(copies=5, filled=2, asked=1, expired=2), 2),
        (FollowerMetrics(copies=4, filled=1, rejected=1, unknown=1), 4),
        (FollowerMetrics(), 0),
    ],
)
def test_only_what_was_to_be_sent_counts_as_begun(numbers: FollowerMetrics, begun: int) -> None:
    assert numbers.begun == begun
