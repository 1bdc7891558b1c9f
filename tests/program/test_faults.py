"""Every fault of the exchange on a follower's placeOrder, each in a follower of its own, all on one master order."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from copytui.sim import FaultName
from tests.program.world import World, a_world, wait_until

# What a follower's record must say in the end, and whether the order exists at its broker.
TRUTH: dict[FaultName, tuple[str, bool]] = {
    FaultName.RATE_TEXT: ("unknown", False),
    FaultName.RATE_TEXT_AFTER: ("filled", True),
    FaultName.EMPTY_BODY: ("unknown", False),
    FaultName.EMPTY_BODY_AFTER: ("filled", True),
    FaultName.HTML_502: ("unknown", False),
    FaultName.HTML_502_AFTER: ("filled", True),
    FaultName.RESET_BEFORE: ("unknown", False),
    FaultName.RESET_AFTER: ("filled", True),
    FaultName.TIMEOUT_BEFORE: ("unknown", False),
    FaultName.TIMEOUT_AFTER: ("filled", True),
    FaultName.LATE_ACCEPTANCE: ("filled", True),
    FaultName.EXPIRED_TOKEN: ("filled", True),
    FaultName.STRING_BOOLEANS: ("filled", True),
    FaultName.STRING_FALSE: ("unknown", False),
    FaultName.MISSING_ORDERID: ("filled", True),
    FaultName.NULL_DATA: ("filled", True),
    FaultName.SLOW: ("filled", True),
    FaultName.UNREGISTERED_IP: ("failed", False),
    FaultName.REFUSED: ("failed", False),
    FaultName.REJECTED: ("rejected", True),
    FaultName.SERVER_TROUBLE: ("unknown", False),
    FaultName.SERVER_TROUBLE_AFTER: ("filled", True),
    FaultName.NULL_BODY: ("unknown", False),
    FaultName.NOT_JSON_LIST: ("unknown", False),
}
FAULTS = list(TRUTH)
UNTOUCHED = 3


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[World, dict[str, dict[str, Any]]]]:
    folder: Path = tmp_path_factory.mktemp("faults")
    with a_world(folder, followers=len(FAULTS) + UNTOUCHED) as world:
        program = world.live()
        for client, fault in zip(world.followers, FAULTS, strict=False):
            world.exchange.exchange.faults.add(client, "placeOrder", fault, 1, seconds=1.0)
        order = world.order(quantity=10)

        def settled() -> bool:
            rows = world.records(order)
            return len(rows) == len(world.followers) and all(
                rows[client]["status"] == TRUTH[fault][0]
                for client, fault in zip(world.followers, FAULTS, strict=False)
            )

        # An expired session takes a new login, which may have to wait for the next TOTP code.
        wait_until(settled, f"the truth about every fault in\n{program.output}", 45)
        assert program.stop() == 0
        yield world, world.records(order)


@pytest.mark.parametrize("fault", FAULTS)
def test_the_log_tells_the_truth_and_at_most_one_order_exists(
    outcome: tuple[World, dict[str, dict[str, Any]]], fault: FaultName
) -> None:
    world, records = outcome
    client = world.followers[FAULTS.index(fault)]
    record = records[client]
    status, exists = TRUTH[fault]
    assert record["status"] == status
    placed = world.exchange.call(world.exchange.exchange.placements, client)
    assert [placement.tag for placement in placed] == ([record["order_tag"]] if exists else [])
    if status != "filled":
        assert record["error"]
    assert record["attempts"] == (2 if fault is FaultName.EXPIRED_TOKEN else 1)


def test_the_other_followers_notice_nothing(outcome: tuple[World, dict[str, dict[str, Any]]]) -> None:
    world, records = outcome
    for client in world.followers[len(FAULTS) :]:
        assert records[client]["status"] == "filled"
        assert records[client]["latency_ms"] < 1000
        seen = datetime.fromisoformat(records[client]["timestamp"])
        (placed,) = world.exchange.call(world.exchange.exchange.placements, client)
        assert (placed.utc - seen).total_seconds() < 1
