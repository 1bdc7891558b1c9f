"""The session's statistics."""

from __future__ import annotations

import pytest

from copytui.domain.copies import CopyState
from copytui.domain.decisions import Verdict
from copytui.domain.statistics import FollowerMetrics, Statistics, is_success, tally
from tests.builders import a_copy

S = CopyState
SUCCESSFUL = {S.ACCEPTED, S.OPEN, S.PARTIAL, S.FILLED, S.CANCELLED, S.SIMULATED}


@pytest.mark.parametrize("state", CopyState)
def test_success_is_what_the_broker_accepted_and_has_not_rejected(state: CopyState) -> None:
    assert is_success(a_copy(state=state)) is (state in SUCCESSFUL)


def test_verdicts_count_executions() -> None:
    numbers = tally(
        [Verdict.COPY, Verdict.SIMULATE, Verdict.ASK, Verdict.SKIP, Verdict.MISSED, Verdict.MISSED], []
    )  # fmt: skip
    assert numbers == Statistics(master_orders=6, copied=2, skipped=1, missed=2, simulated=1)


def test_states_count_copies_without_declined_ones() -> None:
    numbers = tally([], [a_copy(state=state) for state in CopyState])
    assert numbers == Statistics(total=13, success=6, failed=2, unknown=1)
    assert numbers.success_rate == 46.2


def test_nothing_copied_is_a_rate_of_zero() -> None:
    assert tally([], []).success_rate == 0.0


def test_all_copied_is_a_rate_of_a_hundred() -> None:
    assert tally([], [a_copy(state=S.FILLED)] * 3).success_rate == 100.0


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
