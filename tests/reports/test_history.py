"""`copytui history`: which copies, in which form, and what is said where there are none."""

from __future__ import annotations

import csv
import io
import json
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from copytui.domain.changes import OrderPlanned
from copytui.domain.copies import CopyState
from copytui.domain.copy_ledger import CopyEntry
from copytui.domain.orders import ClientId, OrderType
from copytui.domain.text import IST
from copytui.journal.session_records import copy_record
from copytui.reports.history import COLUMNS, STATUSES
from tests.builders import a_copy, an_order_to_send
from tests.reports.conftest import Shell
from tests.reports.made import ASHA, RAVI, a_fill, copy_of, day, past

FAILED = a_fill(state=CopyState.FAILED, filled=0, average_price=Decimal(0), error="AB4036: not allowed")


def rows(shell: Shell, *arguments: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(shell.out("history", "--format", "json", *arguments))
    return found


def ids(shell: Shell, *arguments: str) -> list[tuple[str, str]]:
    return [(row["master_order_id"][-1], row["follower_client_id"]) for row in rows(shell, *arguments)]


@pytest.fixture
def week(shell: Shell) -> Shell:
    """Four executions on three days: filled, failed, a symbol of its own, a follower that is gone since."""
    shell.keep(
        *past(1, at=day(18), copies={ASHA: a_fill(), RAVI: FAILED}),
        *past(2, at=day(19), symbol="SBIN-EQ"),
        *past(3, at=day(20), copies={ASHA: FAILED}),
        *past(4, at=day(20), copies={RAVI: a_fill(), ClientId("F999"): a_fill()}),
    )
    return shell


def test_the_newest_stands_last_and_the_total_counts_by_status(week: Shell) -> None:
    head, *lines, total = week.out("history").splitlines()
    assert head.split()[:3] == ["time", "follower", "copy"]
    assert [line[:10] for line in lines] == ["2026-11-18"] * 2 + ["2026-11-19"] + ["2026-11-20"] * 3
    assert "BUY 50 SBIN-EQ limit 102.00" in lines[2]
    assert "AB4036: not allowed" in lines[1]
    assert total == "6 copies for 3 followers: 4 filled, 2 failed"


def test_a_record_has_the_fields_of_the_contracts_log(week: Shell) -> None:
    (row,) = rows(week, "--symbol", "SBIN")
    assert row == {
        "timestamp": "2026-11-19T12:00:00.000+05:30", "master_order_id": "261120000000002", "symbol": "SBIN-EQ",
        "exchange": "NFO", "transaction_type": "BUY", "order_type": "LIMIT", "product": "INTRADAY",
        "master_quantity": 50, "quantity": 50, "price": 102.0, "follower_name": "Asha", "follower_client_id": "F100",
        "dry_run": False, "success": True, "status": "filled", "follower_order_id": "F100-20", "filled_quantity": 50,
        "average_price": 101.6, "latency_ms": 84.0, "attempts": 1, "error": None, "order_tag": row["order_tag"],
        "master_order_type": "LIMIT", "master_average_price": 101.5, "replaces": None, "replaced_by": None,
    }  # fmt: skip
    assert tuple(copy_record(CopyEntry(a_copy()), None, "")) == COLUMNS


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--date", "2026-11-19"], ["2"]),
        (["--date", "2026-11-19..2026-11-20"], ["2", "3", "4", "4"]),
        (["--date", "..2026-11-18"], ["1", "1"]),
        (["--symbol", "nifty"], ["1", "1", "3", "4", "4"]),
        (["--symbol", "SBIN", "--symbol", "BANK*"], ["2"]),
        (["--symbol", "BANKNIFTY"], []),
        (["--status", "failed"], ["1", "3"]),
        (["--status", "FAILED,filled", "--date", "2026-11-18"], ["1", "1"]),
        (["--follower", "asha"], ["1", "2", "3"]),
        (["--follower", "1"], ["1", "2", "3"]),
        (["--follower", "f200"], ["1", "4"]),
        (["--follower", "Follower 2", "--follower", "F999"], ["1", "4", "4"]),
        (["--follower", "Asha", "--status", "filled", "--symbol", "*-EQ"], ["2"]),
    ],
)
def test_what_is_asked_for_comes(week: Shell, arguments: list[str], expected: list[str]) -> None:
    assert [order for order, _client in ids(week, *arguments)] == expected


def test_today_and_yesterday_are_days_of_indian_time(shell: Shell) -> None:
    now = datetime.now(IST)
    shell.keep(*past(1, at=now - timedelta(days=1)), *past(2, at=now))
    assert ids(shell, "--date", "yesterday") == [("1", "F100")]
    assert ids(shell, "--date", "today") == [("2", "F100")]
    assert ids(shell, "--date", "yesterday..today") == [("1", "F100"), ("2", "F100")]


def test_every_status_of_the_contract_can_be_asked_for_and_a_declined_copy_is_none(shell: Shell) -> None:
    states = [state for state in CopyState if state is not CopyState.QUEUED]
    for number, state in enumerate(states, start=1):
        shell.keep(*past(number, copies={ASHA: {"state": state}}))
    found = [row["status"] for status in STATUSES for row in rows(shell, "--status", status)]
    assert found == list(STATUSES)
    assert "skipped" not in [row["status"] for row in rows(shell)]


def test_slices_are_shown_as_the_one_copy_that_they_are(shell: Shell) -> None:
    statements = past(1, copies={})
    first = copy_of(1, 0, ASHA, a_fill())
    second = copy_of(1, 1, ASHA, a_fill(slice_number=1))
    shell.keep(*statements, OrderPlanned(first), OrderPlanned(second))
    (row,) = rows(shell)
    assert (row["quantity"], row["filled_quantity"], row["status"]) == (100, 100, "filled")


def test_csv_is_rfc_4180_with_the_same_columns_also_without_a_row(week: Shell) -> None:
    text = week.out("history", "--format", "csv")
    assert text.startswith(",".join(COLUMNS) + "\r\n")
    assert text.count("\r\n") == 7
    found = list(csv.DictReader(io.StringIO(text, newline="")))
    assert [row["status"] for row in found] == ["filled", "failed", "filled", "failed", "filled", "filled"]
    code, out, err = week("history", "--format", "csv", "--date", "2020-01-01")
    assert (code, out) == (0, ",".join(COLUMNS) + "\r\n")
    assert err.startswith("no copy of 2020-01-01 matches; the journal covers 3 days from 2026-11-18 to 2026-11-20")


@pytest.mark.parametrize("words", ["=HYPERLINK(1)", "+1", "-1", "@SUM(A1)", '=1,"2"\r\n=3'])
def test_a_spreadsheet_takes_no_foreign_text_for_a_formula(shell: Shell, words: str) -> None:
    shell.keep(*past(1, copies={ASHA: a_fill(error=words)}, symbol=words))
    (row,) = csv.DictReader(io.StringIO(shell.out("history", "--format", "csv"), newline=""))
    assert row["error"].startswith(f"'{words[0]}")
    assert row["symbol"].startswith(f"'{words[0]}")
    assert row["price"] == "102.0"


@pytest.mark.parametrize("form", ["table", "json", "csv"])
def test_hostile_text_neither_speaks_to_the_terminal_nor_breaks_a_line(shell: Shell, form: str) -> None:
    evil = "\x1b[2J[bold red]boo[/]\x9b31m\r\nnext \u202e\x07"
    shell.keep(*past(1, copies={ASHA: a_fill(error=evil)}, symbol="SBIN\x1b]0;x\x07"))
    out = shell.out("history", "--format", form)
    assert not any(sign in out for sign in "\x1b\x9b\x07\u202e")
    assert "[bold red]boo[/]" in out
    assert "boo[/] 31m next" in out


def test_without_a_journal_one_sentence_says_so(shell: Shell) -> None:
    sentence = shell.refused("history", code=1)
    assert sentence.startswith("there is no journal yet: ")
    assert str(shell.journal) in sentence
    assert not shell.journal.exists()


def test_an_empty_journal_is_not_a_failure(shell: Shell) -> None:
    shell.keep()
    assert shell.out("history") == "no copy matches; the journal is empty\n"
    assert shell.out("history", "--format", "json") == "[]\n"
    (shell.path / ".env").unlink()
    assert shell.out("history", "--follower", "Nobody") == "no copy matches; the journal is empty\n"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--date", "soon"], "the date 'soon' is not a day"),
        (["--date", "2026-11-20..2026-11-01"], "ends before it begins"),
        (["--follower", "Bob"], "there is no follower Bob: there are Asha (F100)"),
        (["--config", "other.toml"], "other.toml: name a file that exists"),
        (["--env", "other.env"], "other.env: name a file that exists"),
        (["--force"], "--force needs --output"),
    ],
)
def test_wrong_usage_is_one_sentence_and_exit_code_2(week: Shell, arguments: list[str], words: str) -> None:
    assert words in week.refused("history", *arguments)


def test_an_unknown_status_lists_the_words(week: Shell) -> None:
    code, _out, err = week("history", "--status", "done")
    assert code == 2
    assert "'done' is not a status; the statuses are simulated, pending, sending" in err


def test_a_file_is_written_completely_and_never_overwritten_unasked(week: Shell) -> None:
    arguments = ["history", "--format", "csv", "--output", "past.csv"]
    target = Path("past.csv")
    assert week.out(*arguments) == "6 copies written to past.csv\n"
    before = target.read_bytes()
    assert before.count(b"\r\n") == 7
    target.write_text("mine")
    assert week.refused(*arguments) == "past.csv exists and was left as it is: --force overwrites it"
    assert target.read_text() == "mine"
    week.out(*arguments, "--force")
    assert target.read_bytes() == before
    assert [path.name for path in Path.cwd().iterdir() if path.name.startswith(".past")] == []


def test_a_folder_or_a_device_is_never_replaced(week: Shell) -> None:
    Path("folder").mkdir()
    for target in ("folder", "/dev/null"):
        assert "is not a regular file" in week.refused("history", "--output", target, "--force")
    assert week.refused("history", "--output", "gone/past.csv", code=1).startswith("gone/past.csv cannot be written: ")


@pytest.mark.parametrize("env", [None, "CLIENT_ID=\nFOLLOWER_1_PASSWORD=\n", "this is\nno 'env file"])
def test_it_works_without_valid_accounts_and_takes_the_names_from_the_journal(week: Shell, env: str | None) -> None:
    if env is None:
        (week.path / ".env").unlink()
    else:
        week.folder.write(".env", env)
    assert [row["follower_name"] for row in rows(week, "--date", "2026-11-18")] == ["Asha", "Follower 2"]
    assert ids(week, "--follower", "2") == [("1", "F200"), ("4", "F200")]
    assert len(rows(week, "--follower", "asha")) == 3


def test_names_in_env_replace_those_in_the_journal(week: Shell) -> None:
    week.folder.env(more="FOLLOWER_1_NAME=Aunt\n")
    assert {row["follower_name"] for row in rows(week, "--follower", "1")} == {"Aunt"}


def test_the_logs_folder_is_read_even_from_settings_with_other_errors(week: Shell) -> None:
    (week.path / "logs").rename(week.path / "elsewhere")
    week.folder.toml('dry_run = "maybe"\nunknown = 1\n[logs]\ndirectory = "elsewhere"\n')
    assert len(rows(week)) == 6
    (week.path / "sub").mkdir()
    (week.path / "copytui.toml").rename(week.path / "sub" / "mine.toml")
    (week.path / "elsewhere").rename(week.path / "sub" / "elsewhere")
    assert len(rows(week, "--config", "sub/mine.toml")) == 6


@pytest.mark.parametrize("toml", ["[logs]\ndirectory = 3\n", "[logs\n"])
def test_an_unreadable_logs_folder_setting_is_explained(week: Shell, toml: str) -> None:
    week.folder.toml(toml)
    assert "copytui.toml" in week.refused("history")


def test_a_market_order_is_named_as_such(shell: Shell) -> None:
    order = an_order_to_send(order_type=OrderType.MARKET, price=Decimal(0))
    shell.keep(*past(1, copies={ASHA: a_fill(order=order)}))
    assert "BUY 50 NIFTY28NOV2624000CE at market" in shell.out("history")
