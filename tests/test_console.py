"""The summary at the end of a headless session."""

from __future__ import annotations

import io

import pytest

from copytui.cli.console import Console
from copytui.domain.statistics import Statistics


@pytest.mark.parametrize(
    ("numbers", "said"),
    [
        (Statistics(master_orders=4, copied=3, skipped=1), "4: 3 copied, 1 skipped, 0 missed"),
        (Statistics(master_orders=3, copied=3, simulated=3), "3: 0 copied and 3 would have been (dry run), 0 skipped"),
        (Statistics(master_orders=6, copied=3, simulated=1, missed=1), "6: 2 copied and 1 would have been (dry run)"),
        (Statistics(master_orders=2, copied=1), "2: 1 copied, 0 skipped, 0 missed, 1 still waiting for approval"),
    ],
)
def test_the_summary_counts_as_copied_only_what_was_sent(numbers: Statistics, said: str) -> None:
    stream = io.StringIO()
    Console(stream).summary(numbers, {}, "logs/x.json")
    assert f"master executions {said}" in stream.getvalue()
