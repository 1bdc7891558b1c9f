"""Killed again and again with sliced copies on their way: logs, history, attention and journal tell the same.

`COPYTUI_KILLS=100` kills that often; the default keeps the suite quick.
"""

from __future__ import annotations

import json
import os
import random
import time
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from copytui.domain.copies import WENT_WRONG, ChildOrder, CopyName, CopyState, copy_name
from copytui.domain.copy_ledger import CopyLedger
from copytui.domain.decisions import DecidedExecution
from copytui.domain.statistics import NOT_IN_RECORDS
from copytui.journal.archive import opened_archive
from copytui.journal.session_records import copy_record
from copytui.sim import FaultName
from tests.program.world import Program, World, a_world, wait_until

KILLS = int(os.environ.get("COPYTUI_KILLS", "8"))
LOTS = 5
SETTINGS = """
[risk]
halt_after_failures = 1000
max_orders_per_minute = 500
max_orders_per_symbol_per_minute = 0
[freeze_quantities]
NIFTY = 130
BANKNIFTY = 60
FINNIFTY = 120
"""
"""An order of five lots goes out in three slices."""

Records = dict[CopyName, dict[str, Any]]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with a_world(tmp_path, followers=2) as made:
        yield made


@dataclass(frozen=True)
class Past:
    """What the journal has: every copy as the log would write it, those that were dropped, and each tag's copy."""

    records: Records
    dropped: set[CopyName]
    names: dict[str, CopyName]
    decided: dict[int, DecidedExecution]
    slices: tuple[ChildOrder, ...]

    def ids_of(self, states: Collection[CopyState]) -> set[str]:
        """Return the attention ids of the copies with slices in one of these states that nobody has settled."""
        first: dict[CopyName, int] = {}
        for part in self.slices:
            if part.state in states and not part.dismissed:
                first.setdefault(copy_name(part), part.id)
        return {f"c{id_}" for id_ in first.values()}

    def by_copy(self, rows: list[dict[str, Any]]) -> Records:
        """Return each copy's last record; the tag is that of its first slice that was not dropped."""
        return {self.names[row["order_tag"]]: row for row in rows}


def of_the_journal(world: World) -> Past:
    with opened_archive(world.folder / "logs" / "journal.sqlite3") as archive:
        copies, executions = archive.copies(None, None), archive.executions_of_days(None, None)
    decided, ledger = {each.id: each for each in executions}, CopyLedger()
    for copy in copies:
        ledger.take(copy)
    called = {plan.follower: plan.name for each in executions for plan in each.decision.plans}
    records = {
        name: copy_record(entry, decided[name.execution_id], called[name.follower])
        for name, entry in ledger.entries().items()
    }
    dropped = {name for name, entry in ledger.entries().items() if entry.copy.state in NOT_IN_RECORDS}
    kept = {name: record for name, record in records.items() if name not in dropped}
    return Past(kept, dropped, {str(copy.tag): copy_name(copy) for copy in copies}, decided, copies)


def all_logs(world: World) -> list[dict[str, Any]]:
    paths = sorted((world.folder / "logs").glob("copy_trading_*.json"), key=lambda path: path.stat().st_mtime_ns)
    return [json.loads(path.read_text(encoding="utf-8")) for path in paths]


def assert_that_the_numbers_are_those_of_the_records(log: dict[str, Any]) -> None:
    rows, numbers = log["copy_records"], log["statistics"]
    counted = [row for row in rows if row["replaced_by"] is None]
    assert numbers["total"] == len(counted)
    assert numbers["success"] == sum(row["success"] for row in counted)
    assert numbers["failed"] == sum(row["status"] in ("failed", "rejected") for row in counted)
    assert log["failed_copies"] == [row for row in rows if row["status"] in ("failed", "rejected")]
    for part in ("total", "success", "failed", "unknown"):
        assert numbers[part] == sum(each[part] for each in numbers["by_follower"].values())


def placed(world: World, symbol: str) -> int:
    exchange = world.exchange
    return sum(
        placement.symbol == symbol
        for client in world.followers
        for placement in exchange.call(exchange.exchange.placements, client)
    )


def kill_at_work(world: World, chance: random.Random, symbol: str, lot: int, side: str) -> None:
    """Start, and kill as soon as some of the slices of an order, and their answers, are under way."""
    faults = world.exchange.exchange.faults
    faults.clear()
    if chance.random() < 0.6:
        faults.add(chance.choice(world.followers), "placeOrder", FaultName.REFUSED, 1)
    if chance.random() < 0.15:
        faults.add(chance.choice(world.followers), "placeOrder", FaultName.TIMEOUT_AFTER, 1)
    program = world.start("--live", "--yes") if world.programs else world.live()
    world.order(symbol, side, LOTS * lot)
    wanted = chance.randint(1, 4)
    latest = time.monotonic() + 4  # an exit may have nothing to close, or wait for an entry whose outcome is unknown
    wait_until(lambda: placed(world, symbol) >= wanted or time.monotonic() > latest, f"orders in {symbol}")
    assert program.process.poll() is None, program.output
    time.sleep(chance.random() * 0.3)
    program.kill()


def settled(world: World, program: Program) -> bool:
    """Whether nothing is on its way any more but what waits behind a copy whose outcome is unknown."""
    assert program.process.poll() is None, program.output
    rows = world.log()["copy_records"]
    lost = {(row["symbol"], row["follower_client_id"]) for row in rows if row["status"] == "unknown"}
    busy = {"sending", "accepted", "open", "partial"}
    return not any(
        row["status"] in busy or (row["status"] == "pending" and (row["symbol"], row["follower_client_id"]) not in lost)
        for row in rows
    )


def test_after_any_number_of_kills_logs_history_attention_and_journal_tell_the_same(world: World) -> None:
    chance = random.Random(14)
    world.settings(SETTINGS, timeout=1.0)
    options = [each for each in world.exchange.exchange.market.instruments if each.is_option]
    for number in range(KILLS):
        option = options[number // 2 % len(options)]
        kill_at_work(world, chance, option.symbol, option.lot, "SELL" if number % 2 else "BUY")
        assert_that_the_numbers_are_those_of_the_records(world.log())
    world.exchange.exchange.faults.clear()
    last = world.start("--live", "--yes")
    last.wait_for("logged in as F")
    wait_until(lambda: settled(world, last), "the end of every copy")
    assert last.stop() == 0
    assert_that_the_numbers_are_those_of_the_records(world.log())

    past, logs = of_the_journal(world), all_logs(world)
    journal = past.records
    assert len(journal) >= KILLS
    assert Counter(row["status"] for row in journal.values())["failed"] >= KILLS // 4
    logged = past.by_copy([row for log in logs for row in log["copy_records"]])
    assert {name: row for name, row in logged.items() if name not in past.dropped} == journal
    lines = {(line["master_order_id"], line.get("follower_name")) for log in logs for line in log["decisions"]}
    for name in past.dropped:
        decided = past.decided[name.execution_id]
        (plan,) = (plan for plan in decided.decision.plans if plan.follower == name.follower)
        assert (decided.execution.order.order_id, plan.name) in lines
    assert past.by_copy(json.loads(world.run("history", "--format", "json"))) == journal
    assert set(world.tags_at_broker().values()) == {1}
    listed = json.loads(world.run("attention", "--format", "json"))
    assert {item["id"] for item in listed if item["kind"] in ("failed", "rejected")} == past.ids_of(WENT_WRONG)
    assert {item["id"] for item in listed if item["kind"] == "unknown"} == past.ids_of({CopyState.UNKNOWN})
