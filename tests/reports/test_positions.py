"""`copytui positions`, and what `copytui resolve` does to one while no copytui runs."""

from __future__ import annotations

import csv
import io
import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from copytui.domain.changes import AccountDayChanged, Change, PositionChanged
from copytui.domain.copies import CopyState
from copytui.domain.drift import HeldUnits
from copytui.domain.orders import ClientId, Exchange, Product
from copytui.domain.positions import Position, PositionKey
from copytui.domain.text import IST, trading_day
from copytui.journal import persisted_flags
from tests.builders import MASTER
from tests.reports.conftest import Shell
from tests.reports.made import ASHA, RAVI, a_fill, past

NOW = datetime.now(IST)
DAY = trading_day(NOW)
AT = NOW - timedelta(minutes=5)
KEY = PositionKey(Exchange.NFO, "NIFTY29DEC9926000CE", Product.INTRADAY)
ID = f"{ASHA}:NFO:{KEY.symbol}:INTRADAY"


def position(account: ClientId, units: int) -> Change:
    return PositionChanged(account, MASTER, KEY, DAY, Position(units))


def held(account: ClientId, units: int) -> Change:
    text = persisted_flags.held_text(HeldUnits(units, NOW - timedelta(minutes=1)))
    return AccountDayChanged(account, DAY, persisted_flags.held(KEY), text)


@pytest.fixture
def day(shell: Shell) -> Shell:
    """Today: the first follower has sold 20 of 50 by hand, the second's order was rejected."""
    copies: dict[ClientId, dict[str, Any]] = {
        ASHA: a_fill(sent_at=AT, answered_at=AT),
        RAVI: {"state": CopyState.REJECTED, "sent_at": AT, "error": "no margin"},
    }
    shell.keep(
        *past(1, at=AT, symbol=KEY.symbol, copies=copies),
        position(MASTER, 50), position(ASHA, 50), held(ASHA, 30),
    )  # fmt: skip
    return shell


def rows(shell: Shell, *arguments: str) -> dict[str, dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(shell.out("positions", "--format", "json", *arguments))
    return {row["follower_client_id"]: row for row in found}


def test_each_position_has_its_three_figures_and_a_cause(day: Shell) -> None:
    asha, ravi = rows(day)[ASHA], rows(day)[RAVI]
    assert asha == {
        "id": ID, "follower_name": "Asha", "follower_client_id": ASHA, "exchange": "NFO", "symbol": KEY.symbol,
        "product": "INTRADAY", "master": 50, "copied": 50, "held": 30, "expected": 50, "difference": -20,
        "cause": "by hand",
        "why": "the account holds 30 of the 50 that copying built: the rest was closed by hand or by the broker",
    }  # fmt: skip
    assert (ravi["copied"], ravi["held"], ravi["expected"], ravi["difference"]) == (0, None, 50, -50)
    assert (ravi["cause"], "no margin" in ravi["why"]) == ("rejected", True)


def test_the_table_has_a_line_per_position_and_a_total(day: Shell) -> None:
    head, asha, ravi, total = day.out("positions").splitlines()
    assert head.split() == [
        "follower", "position", "product", "master", "copied", "held", "expected", "difference", "cause", "why", "id",
    ]  # fmt: skip
    assert asha.split()[:9] == ["Asha", "NFO", KEY.symbol, "intraday", "50", "50", "30", "50", "-20"]
    assert ravi.split()[2:10] == ["NFO", KEY.symbol, "intraday", "50", "0", "?", "50", "-50"]
    assert total == "2 positions: 1 rejected, 1 by hand"


def test_csv_has_the_same_fields_and_only_the_follower_that_is_asked_for(day: Shell) -> None:
    text = day.out("positions", "--format", "csv", "--follower", "asha")
    (row,) = csv.DictReader(io.StringIO(text, newline=""))
    assert (row["id"], row["held"], row["cause"]) == (ID, "30", "by hand")
    assert "there is no follower" in day.refused("positions", "--follower", "nobody")


def test_a_position_of_an_earlier_day_that_has_ended_is_not_listed(shell: Shell) -> None:
    before = NOW - timedelta(days=1)
    shell.keep(
        *past(1, at=before, symbol=KEY.symbol),
        PositionChanged(ASHA, MASTER, KEY, before.date(), Position(50)),
    )
    assert shell.out("positions").startswith("no position")
    assert shell.out("positions", "--format", "json") == "[]\n"


def test_an_option_that_it_does_not_take_is_refused(day: Shell) -> None:
    code, _out, err = day("positions", "--status", "filled")
    assert (code, "--status" in err) == (2, True)
    assert day.refused("positions", "--force") == "--force needs --output FILE"
    day.out("positions", "--format", "json", "--output", "now.json")
    assert len(json.loads((day.path / "now.json").read_text())) == 2


def test_without_a_journal_it_says_so(shell: Shell) -> None:
    assert "there is no journal yet" in shell.refused("positions", code=1)


def test_a_position_is_given_to_its_owner(day: Shell) -> None:
    out = day.out("resolve", ID, "--detach")
    assert out == f"50 {KEY.symbol} INTRADAY detached: it is the owner's now, and no exit of it is sent\n"
    asha = rows(day)[ASHA]
    assert (asha["copied"], asha["expected"], asha["cause"]) == (0, 0, "detached")
    code, out, _err = day("resolve", ID, "--detach")
    assert (code, "copying has no position" in out) == (1, True)


def test_one_that_is_out_of_step_is_listed_until_it_is_dismissed(day: Shell) -> None:
    listed = json.loads(day.out("attention", "--format", "json"))
    (item,) = [each for each in listed if each["kind"] == "out of step"]
    assert (item["id"], item["resolve"]) == (ID, ["--detach", "--dismiss"])
    assert item["why"].startswith("by hand: the account holds 30 of the 50")
    assert "left as it is" in day.out("resolve", ID, "--dismiss")
    assert "out of step" not in day.out("attention")
    day.keep(held(ASHA, 10))
    assert "out of step" in day.out("attention")


def test_what_does_not_go_with_a_position_is_refused(day: Shell) -> None:
    assert "--detach or --dismiss go with it" in day.refused("resolve", ID, "--retry")
    assert "is no position's ID" in day.refused("resolve", "F100:NFO", "--detach")
    code, out, _err = day("resolve", ID.replace("NFO", "NSE"), "--detach")
    assert (code, "copying has no position" in out) == (1, True)
