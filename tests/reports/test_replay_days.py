"""`copytui replay --journal DAY`: what was done then beside what today's settings would do."""

from __future__ import annotations

import csv
import io
import json
from datetime import timedelta
from typing import Any

import pytest

from copytui.domain.changes import Change, ExecutionDecided
from copytui.domain.copies import CopyState
from copytui.domain.decisions import Decision, Verdict
from copytui.domain.executions import Origin
from copytui.domain.orders import ClientId, OrderKey, Product, Side
from copytui.domain.reasons import Reason
from copytui.journal.archive import opened_archive
from copytui.reports.replay import compare, replay
from tests.builders import a_decided, an_execution, an_order
from tests.engine.conftest import MakeWorld
from tests.reports.conftest import Shell
from tests.reports.made import ASHA, RAVI, a_fill, day, past

BOTH: dict[ClientId, dict[str, Any]] = {ASHA: a_fill(), RAVI: a_fill()}
DAY = "2026-11-20"


def rows(shell: Shell, *arguments: str, date: str = DAY) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(shell.out("replay", "--journal", date, "--format", "json", *arguments))
    return found


def differences(shell: Shell, date: str = DAY) -> list[str]:
    return [row["difference"] for row in rows(shell, date=date)]


def skipped(number: int, reason: Reason, sentence: str, verdict: Verdict = Verdict.SKIP, **order: Any) -> Change:
    execution = an_execution(order=an_order(key=OrderKey(f"U{number}"), **order))
    return ExecutionDecided(a_decided(id=number, execution=execution, decision=Decision(verdict, sentence, reason)))


def test_a_day_without_differences_is_reported_as_the_same(shell: Shell) -> None:
    shell.keep(*past(1, copies=BOTH), *past(2, at=day(20) + timedelta(minutes=1), symbol="SBIN-EQ", copies=BOTH))
    lines = shell.out("replay", "--journal", DAY).splitlines()
    assert lines[0] == "= same      #1  12:00:00  BUY 50 NIFTY28NOV2624000CE @ 101.50"
    assert lines[1].strip() == "then and now  copied: Asha 50 · Follower 2 50"
    assert lines[-1] == "2 executions: today's settings would do the same"


def test_differences_have_a_sign_and_a_word_and_are_counted(shell: Shell) -> None:
    shell.folder.toml('[filters]\nblock_symbols = ["SBIN"]\n[followers.2]\nmultiplier = 2\n')
    shell.keep(
        *past(1, copies=BOTH),
        *past(2, symbol="SBIN-EQ", copies=BOTH),
        skipped(3, Reason.SYMBOL, "symbol blocked by INFY", symbol="INFY-EQ"),
        skipped(4, Reason.ORDER_TYPE, "limit orders are off", symbol="SBIN-EQ"),
    )
    text = shell.out("replay", "--journal", DAY)
    assert "! quantity  #1" in text
    assert "then  copied: Asha 50 · Follower 2 50\n            now   copied: Asha 50 · Follower 2 100" in text
    assert "! verdict   #2" in text
    assert "now   skipped: symbol blocked by SBIN" in text
    assert "! verdict   #3" in text
    assert "! reason    #4" in text
    assert text.splitlines()[-1] == (
        "4 executions: 4 differ under today's settings (2 in verdict, 1 in quantity, 1 in reason)"
    )


def test_a_simulated_and_an_asked_execution_count_as_copied(shell: Shell) -> None:
    shell.folder.toml("require_confirmation = true\n")
    simulated = {client: a_fill(state=CopyState.SIMULATED) for client in BOTH}
    shell.keep(*past(1, copies=simulated, verdict=Verdict.SIMULATE))
    assert differences(shell) == ["same", "same"]
    assert rows(shell)[0]["now_decision"] == "asked"


def test_what_was_missed_then_differs_in_its_verdict(shell: Shell) -> None:
    shell.keep(skipped(1, Reason.TOO_OLD, "seen 90 s after it executed", Verdict.MISSED))
    (first, _second) = rows(shell)
    assert (first["then_decision"], first["then_code"], first["then_quantity"]) == ("missed", "too_old", 0)
    assert (first["now_decision"], first["now_quantity"], first["difference"]) == ("copied", 50, "verdict")


def test_declined_expired_and_retried_copies_do_not_count_twice(shell: Shell) -> None:
    shell.keep(*past(1, copies={ASHA: a_fill(), RAVI: a_fill(state=CopyState.EXPIRED)}))
    assert [row["then_quantity"] for row in rows(shell)] == [50, 0]
    assert differences(shell) == ["quantity", "quantity"]


def test_a_follower_that_is_gone_since_is_a_difference(shell: Shell) -> None:
    shell.keep(*past(1, copies={**BOTH, ClientId("F999"): a_fill()}))
    found = {row["follower_client_id"]: (row["then_quantity"], row["now_quantity"]) for row in rows(shell)}
    assert found == {"F100": (50, 50), "F200": (50, 50), "F999": (50, 0)}
    assert "F999 50" in shell.out("replay", "--journal", DAY)


def test_a_position_that_was_carried_into_the_day_is_known(shell: Shell) -> None:
    carried: dict[str, Any] = {"product": Product.CARRYFORWARD}
    shell.keep(
        *past(1, at=day(18), copies=BOTH, **carried),
        *past(2, at=day(20), copies=BOTH, side=Side.SELL, **carried),
    )
    shell.folder.toml("[followers.1]\nmultiplier = 3\n")
    assert {row["follower_name"]: row["now_quantity"] for row in rows(shell)} == {"Asha": 150, "Follower 2": 50}
    assert [row["execution"] for row in rows(shell, date="2026-11-18..2026-11-20")] == [1, 1, 2, 2]


def test_a_manual_close_is_not_an_order_of_the_master(shell: Shell) -> None:
    by_hand = an_execution(origin=Origin.MANUAL, order=an_order(key=OrderKey("hand"), side=Side.SELL))
    shell.keep(*past(1, copies=BOTH), ExecutionDecided(a_decided(id=2, execution=by_hand)))
    assert {row["execution"] for row in rows(shell)} == {1}


def test_orders_that_were_open_at_start_follow_todays_policy(shell: Shell) -> None:
    shell.folder.toml('[master]\nopen_orders_at_start = "ignore"\n')
    shell.keep(ExecutionDecided(a_decided(execution=an_execution(origin=Origin.OPEN_AT_START))))
    (only,) = rows(shell)
    assert (only["now_decision"], only["now_code"], only["difference"]) == ("skipped", "open_at_start", "verdict")


def test_csv_has_then_and_now_side_by_side(shell: Shell) -> None:
    shell.keep(*past(1, copies=BOTH))
    text = shell.out("replay", "--journal", DAY, "--format", "csv")
    (first, _second) = csv.DictReader(io.StringIO(text, newline=""))
    assert {name: first[name] for name in first if name.startswith(("then_", "now_"))} == {
        "then_decision": "copied", "then_reason": "copied to 2 followers", "then_code": "", "then_quantity": "50",
        "now_decision": "copied", "now_reason": "copied to 2 followers", "now_code": "", "now_quantity": "50",
    }  # fmt: skip


@pytest.mark.parametrize(("form", "expected"), [("table", ""), ("json", "[]\n")])
def test_a_day_without_executions_says_what_there_is(shell: Shell, form: str, expected: str) -> None:
    shell.keep(*past(1))
    code, out, err = shell("replay", "--journal", "2020-01-01", "--format", form)
    assert (code, out) == (0, expected)
    assert err.startswith("no execution of 2020-01-01; the journal covers 2026-11-20: 1 master order")


def test_without_a_journal_or_a_day_it_says_so(shell: Shell) -> None:
    assert shell.refused("replay", "--journal", "today", code=1).startswith("there is no journal yet")
    assert "is not a day" in shell.refused("replay", "--journal", "someday")


def test_hostile_text_stays_text(shell: Shell) -> None:
    evil = "\x1b[2J[red]x[/]\x9b1m"
    shell.keep(skipped(1, Reason.SYMBOL, evil, symbol=f"SBIN{evil}"))
    for form in ("table", "csv", "json"):
        out = shell.out("replay", "--journal", DAY, "--format", form)
        assert not any(sign in out for sign in "\x1b\x9b")
        assert "[red]x[/]" in out


async def test_what_the_engine_did_and_its_replay_are_the_same(a_world: MakeWorld) -> None:
    """The same rules serve both: a day without troubles, replayed under its own settings, differs in nothing."""
    world = await a_world()
    for number, side in enumerate([Side.BUY, Side.BUY, Side.SELL, Side.SELL, Side.SELL, Side.BUY] * 3):
        world.executes(side=side, quantity=50 * (1 + number % 3), filled=50 * (1 + number % 3))
        await world.pass_(8)
    await world.on_disk("SELECT 1")
    with opened_archive(world.path) as archive:
        executions = archive.executions_of_days(None, None)
        copies = archive.copies_of(each.id for each in executions)
    assert len(executions) == 18
    rows = compare(executions, replay((each.execution for each in executions), world.settings), copies)
    assert [row.difference for row in rows] == [None] * 18
    assert any(row.after.execution.closes for row in rows)
