"""The summary at the end of a headless session."""

from __future__ import annotations

import io
import json

import pytest

from copytui.cli.console import Console
from copytui.domain.statistics import CopyCounts, Statistics


@pytest.mark.parametrize(
    ("numbers", "said"),
    [
        (Statistics(master_orders=4, copied=3, skipped=1), "4: 3 copied, 1 skipped, 0 missed"),
        (Statistics(master_orders=3, copied=3, would_copy=3), "3: 0 copied and 3 would have been (dry run), 0 skipped"),
        (Statistics(master_orders=6, copied=3, would_copy=1, missed=1), "6: 2 copied and 1 would have been (dry run)"),
        (Statistics(master_orders=2, copied=1), "2: 1 copied, 0 skipped, 0 missed, 1 still waiting for approval"),
    ],
)
def test_the_summary_counts_as_copied_only_what_was_sent(numbers: Statistics, said: str) -> None:
    stream = io.StringIO()
    Console(stream).summary(numbers, {}, "logs/x.json")
    assert f"master executions {said}" in stream.getvalue()


def summary(numbers: Statistics, states: dict[str, int]) -> list[str]:
    stream = io.StringIO()
    Console(stream).summary(numbers, states, "logs/x.json")
    return stream.getvalue().splitlines()


def test_the_summary_has_success_and_failure_by_follower_and_what_a_dry_run_would_have_sent_apart() -> None:
    numbers = Statistics(
        master_orders=2, copied=2, would_copy=1, copies=CopyCounts(3, 1, 1, 1, simulated=1),
        by_follower={"Asha": CopyCounts(2, 1, 1), "Ravi": CopyCounts(1, 0, 0, 1, simulated=1), "Meera": CopyCounts()},
    )  # fmt: skip
    assert summary(numbers, {"filled": 1, "failed": 1, "unknown": 1, "simulated": 1}) == [
        "master executions 2: 1 copied and 1 would have been (dry run), 0 skipped, 0 missed",
        "copies 3: 1 filled, 1 failed, 1 unknown; 1 simulated (dry run)",
        "  Asha: 1 succeeded, 1 failed",
        "  Ravi: 0 succeeded, 0 failed, 1 unknown; 1 simulated (dry run)",
        "  Meera: 0 succeeded, 0 failed",
        "log: logs/x.json",
    ]


def test_the_summary_says_what_it_counts_of_before_this_start() -> None:
    numbers = Statistics(master_orders=2, copied=2, copies=CopyCounts(4, 4), earlier_orders=1, earlier_copies=2)
    assert summary(numbers, {"filled": 4})[-2].startswith(
        "of these, 1 execution and 2 copies are from before this start"
    )


def test_the_json_summary_has_the_keys_of_the_log() -> None:
    stream = io.StringIO()
    numbers = Statistics(master_orders=1, copied=1, copies=CopyCounts(1, 1), by_follower={"Asha": CopyCounts(1, 1)})
    Console(stream, as_json=True).summary(numbers, {"filled": 1}, "logs/x.json")
    told = json.loads(stream.getvalue())
    assert told["summary"] == numbers.record()
    assert told["summary"]["by_follower"]["Asha"]["success"] == 1
