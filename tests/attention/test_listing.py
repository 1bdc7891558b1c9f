"""`copytui attention`: the list by the journal alone, which stays untouched."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sqlite3
from pathlib import Path

import pytest

from copytui.domain.attention import Act, AttentionKind
from copytui.domain.changes import AccountDayChanged, Change, FlagChanged, OrderPlanned, PositionChanged
from copytui.domain.copies import CopyState
from copytui.domain.errors import JournalUnreadable
from copytui.domain.orders import Exchange, Product
from copytui.domain.positions import Position, PositionKey, position_key
from copytui.domain.text import trading_day
from copytui.journal import persisted_flags
from copytui.journal.store import Journal
from copytui.reports.attention_cli import age_words, read_attention, run_attention
from copytui.settings.paths import Paths
from tests.builders import FOLLOWER, MASTER, a_copy

from .conftest import NAMES, OTHER, TODAY_NOON, after, statements


def test_exits_come_first_and_then_each_kind_with_its_oldest(filled: Path) -> None:
    found = read_attention(filled, NAMES, after(600))
    assert [(need.id, need.kind, need.is_exit) for need in found] == [
        ("m2", AttentionKind.MISSED, True),
        ("c3", AttentionKind.FAILED, True),
        ("#3", AttentionKind.APPROVAL, False),
        ("m1", AttentionKind.MISSED, False),
        ("c2", AttentionKind.UNKNOWN, False),
        ("c6", AttentionKind.REJECTED, False),
        ("F12345", AttentionKind.HALTED, False),
    ]


def test_each_item_says_what_why_and_what_to_do(filled: Path) -> None:
    found = {need.id: need for need in read_attention(filled, NAMES, after(600))}
    missed = found["m2"]
    assert (missed.who, missed.what) == ("master", "SELL 50 NIFTY28NOV2624000CE @ 101.50")
    assert missed.why == "seen 90 s after it executed, more than 60 s"
    assert (missed.acts, missed.since) == ((Act.COPY, Act.DISMISS), after(60))
    unknown = found["c2"]
    assert (unknown.who, unknown.what) == ("F2", "BUY 50 NIFTY28NOV2624000CE limit 102.00")
    assert (unknown.why, unknown.acts) == ("no answer", (Act.NOT_PLACED,))
    assert unknown.hint == "check F2's order book first"
    failed = found["c3"]
    assert (failed.who, failed.why, failed.acts) == ("Asha", "AB4036 no [31m margin", (Act.RETRY, Act.DISMISS))
    assert (found["c6"].why, found["c6"].acts) == ("rejected; the broker gave no reason", (Act.DISMISS,))
    assert found["#3"].settling == found["F12345"].settling == ()
    assert "y 3 or n 3" in found["#3"].hint
    halted = found["F12345"]
    assert (halted.who, halted.why, halted.since) == ("Asha", "5 failures in a row", after(50))


def test_a_failure_of_an_earlier_day_is_not_listed(filled: Path) -> None:
    tomorrow = after(86400)
    assert {need.kind for need in read_attention(filled, NAMES, tomorrow)} == {
        AttentionKind.MISSED, AttentionKind.UNKNOWN, AttentionKind.APPROVAL, AttentionKind.HALTED,
    }  # fmt: skip


@pytest.mark.parametrize(("seconds", "listed"), [(59, False), (61, True), (86400, True)])
def test_a_copy_that_was_being_sent_when_copytui_was_killed_becomes_unknown(
    filled: Path, seconds: float, listed: bool
) -> None:
    journal = Journal(filled)
    sending = a_copy(id=9, execution_id=4, state=CopyState.SENDING, created_at=TODAY_NOON, changed_at=TODAY_NOON)
    asyncio.run(journal.require([OrderPlanned(sending)]))
    journal.close()
    found = {need.id: need for need in read_attention(filled, NAMES, after(seconds))}
    assert ("c9" in found) is listed
    if listed:
        assert (found["c9"].kind, found["c9"].acts) == (AttentionKind.UNKNOWN, ())
        assert "start copytui: it looks for the order in Asha's order book" in found["c9"].hint


def test_a_halt_of_all_copying_and_a_close_only_follower_are_listed(filled: Path) -> None:
    journal = Journal(filled)
    today, yesterday = trading_day(TODAY_NOON), trading_day(after(-86400))
    switched: list[Change] = [
        FlagChanged(persisted_flags.HALTED, "21 orders a minute in NIFTY"),
        AccountDayChanged(OTHER, today, persisted_flags.CLOSE_ONLY, "loss of ₹5,200"),
        AccountDayChanged(FOLLOWER, yesterday, persisted_flags.CLOSE_ONLY, "loss of ₹9"),
    ]
    asyncio.run(journal.require(switched))
    journal.close()
    found = {need.id: need for need in read_attention(filled, NAMES, after(600))}
    assert (found["halt"].what, found["halt"].why) == ("nothing is sent", "21 orders a minute in NIFTY")
    limited = found["F2:close-only"]
    assert (limited.kind, limited.what, limited.why) == (AttentionKind.CLOSE_ONLY, "takes exits only", "loss of ₹5,200")
    assert [id_ for id_, need in found.items() if need.kind is AttentionKind.CLOSE_ONLY] == ["F2:close-only"]


def test_an_orphaned_position_is_listed_unless_it_is_kept_or_an_order_is_on_its_way(filled: Path) -> None:
    day = trading_day(TODAY_NOON)
    # Copy 7, open, is on its way there; copy 2 of F2, unknown since days ago, is not any more.
    key = position_key(a_copy().order)
    other = PositionKey(Exchange.NSE, "SBIN-EQ", Product.INTRADAY)
    carried = PositionKey(Exchange.NSE, "INFY-EQ", Product.DELIVERY)
    yesterday = trading_day(after(-86400))
    positions = [
        PositionChanged(OTHER, MASTER, key, day, Position(50)),
        PositionChanged(FOLLOWER, MASTER, key, day, Position(50)),
        PositionChanged(FOLLOWER, MASTER, other, day, Position(10)),
        PositionChanged(OTHER, MASTER, other, yesterday, Position(10)),  # squared off by the broker
        PositionChanged(MASTER, MASTER, carried, yesterday, Position(20)),
        PositionChanged(FOLLOWER, MASTER, carried, yesterday, Position(10)),
        PositionChanged(OTHER, MASTER, carried, yesterday, Position(-10)),
    ]
    journal = Journal(filled)
    asyncio.run(journal.require(positions))
    journal.close()

    def orphaned() -> list[tuple[str, str, str]]:
        found = read_attention(filled, NAMES, after(600))
        return [(need.client, need.what, need.why) for need in found if need.kind is AttentionKind.ORPHANED]

    assert orphaned() == [
        ("F2", "10 INFY-EQ short delivery", "the master holds 20 INFY-EQ long"),
        ("F2", "50 NIFTY28NOV2624000CE long intraday", "the master no longer holds any"),
        ("F12345", "10 SBIN-EQ long intraday", "the master no longer holds any"),
    ]
    journal = Journal(filled)
    asyncio.run(journal.require([FlagChanged(persisted_flags.orphaned(FOLLOWER, other), "10")]))
    journal.close()
    assert [client for client, *_rest in orphaned()] == ["F2", "F2"]


@pytest.mark.parametrize(("expiry", "listed"), [(None, 1), (0, 1), (-1, 0)])
def test_a_position_that_has_expired_is_not_orphaned(filled: Path, expiry: int | None, listed: int) -> None:
    key = PositionKey(Exchange.BFO, "360ONE26NOV1260CE", Product.CARRYFORWARD)
    changes: list[Change] = [PositionChanged(OTHER, MASTER, key, trading_day(after(-86400)), Position(50))]
    if expiry is not None:
        day = trading_day(after(86400 * expiry))
        changes.append(FlagChanged(persisted_flags.expiry(key.exchange, key.symbol), day.isoformat()))
    journal = Journal(filled)
    asyncio.run(journal.require(changes))
    journal.close()
    found = read_attention(filled, NAMES, after(600))
    assert sum(need.kind is AttentionKind.ORPHANED for need in found) == listed


def test_reading_changes_nothing_even_while_copytui_writes(path: Path) -> None:
    journal = Journal(path)
    asyncio.run(journal.require(statements()[:2]))
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")  # the writer is in the middle of something
        found = read_attention(path, NAMES, TODAY_NOON)
        other.execute("ROLLBACK")
    assert [need.id for need in found] == ["m1"]
    journal.close()
    before = path.read_bytes()
    assert [need.id for need in read_attention(path, NAMES, TODAY_NOON)] == ["m1"]
    assert path.read_bytes() == before


def test_a_missing_journal_is_reported(path: Path, paths: Paths) -> None:
    with pytest.raises(JournalUnreadable, match=r"there is no journal yet: .* is written by copytui run"):
        run_attention(paths, as_json=False)
    assert not path.exists()


@pytest.mark.usefixtures("filled")
def test_the_table_has_one_printable_line_per_item(paths: Paths, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_attention(paths, as_json=False) == 0
    lines = [line.rstrip() for line in capsys.readouterr().out.splitlines()]
    assert [line.split()[0] for line in lines] == ["id", "m2", "c3", "#3", "m1", "c2", "c6", "F12345"]
    assert lines[1].endswith("copytui resolve m2 --copy or --dismiss")
    assert "exit missed, master" in lines[1]
    assert all(line.isprintable() for line in lines)


@pytest.mark.usefixtures("filled")
def test_json_has_the_same_fields_for_scripts(paths: Paths, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_attention(paths, as_json=True) == 0
    rows = json.loads(capsys.readouterr().out)
    (missed,) = (row for row in rows if row["id"] == "m1")
    assert isinstance(missed.pop("age_seconds"), float)
    assert missed == {
        "id": "m1", "kind": "missed", "exit": False, "time": TODAY_NOON.isoformat(timespec="milliseconds"),
        "who": "master", "client": None, "what": "BUY 50 NIFTY28NOV2624000CE @ 101.50",
        "why": "seen 90 s after it executed, more than 60 s", "resolve": ["--copy", "--dismiss"], "hint": "",
    }  # fmt: skip


def test_an_empty_list_is_reported(path: Path, paths: Paths, capsys: pytest.CaptureFixture[str]) -> None:
    Journal(path).close()
    assert run_attention(paths, as_json=False) == 0
    assert run_attention(paths, as_json=True) == 0
    assert capsys.readouterr().out == "nothing needs attention\n[]\n"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(-5, "0 s"), (59, "59 s"), (60, "1 min"), (3599, "59 min"), (7500, "2 h 5 min"), (100_000, "1 d 3 h")],
)
def test_an_age_is_written_in_its_largest_units(seconds: float, words: str) -> None:
    assert age_words(TODAY_NOON, after(seconds)) == words
