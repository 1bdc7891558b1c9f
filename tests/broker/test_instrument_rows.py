from __future__ import annotations

import io
import json
import sqlite3
import threading
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copytui.broker.instruments.store import InstrumentTrouble, StoredList, build, read_row

DAY = date(2026, 11, 23)
ANYTHING = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=25) | st.lists(st.text())


def scrip(**changes: Any) -> dict[str, Any]:
    """Return a row of the list as the broker writes it; a change to `...` removes the field."""
    whole = {
        "token": "3045", "symbol": "SBIN-EQ", "name": "SBIN", "expiry": "", "strike": "-1.000000", "lotsize": "1",
        "instrumenttype": "", "exch_seg": "NSE", "tick_size": "5.000000",
    }  # fmt: skip
    return {name: value for name, value in {**whole, **changes}.items() if value is not ...}


@pytest.mark.parametrize(
    ("changes", "read"),
    [
        ({}, ("NSE", "SBIN-EQ", "3045", 1, "0.05")),
        ({"tick_size": "5"}, ("NSE", "SBIN-EQ", "3045", 1, "0.05")),
        ({"tick_size": "1.000000"}, ("NSE", "SBIN-EQ", "3045", 1, "0.01")),
        ({"tick_size": "100.000000"}, ("NSE", "SBIN-EQ", "3045", 1, "1")),
        ({"tick_size": "1000.000000"}, ("NSE", "SBIN-EQ", "3045", 1, "10")),
        ({"exch_seg": "NFO", "lotsize": "65"}, ("NFO", "SBIN-EQ", "3045", 65, "0.05")),
        ({"exch_seg": "CDS", "tick_size": "25000.000000"}, ("CDS", "SBIN-EQ", "3045", 1, "0.0025")),
        ({"exch_seg": "MCX", "lotsize": "100.000000"}, ("MCX", "SBIN-EQ", "3045", 100, "0.05")),
        ({"symbol": "  Sbin-eq ", "token": " 3045 "}, ("NSE", "SBIN-EQ", "3045", 1, "0.05")),
        ({"is_cas_enabled": "true"}, ("NSE", "SBIN-EQ", "3045", 1, "0.05")),
        ({"tick_size": "0.000000"}, None),
        ({"tick_size": "-1.000000"}, None),
        ({"tick_size": ""}, None),
        ({"tick_size": 5.0}, None),
        ({"tick_size": "5.0.0"}, None),
        ({"tick_size": "NaN"}, None),
        ({"tick_size": ...}, None),
        ({"lotsize": "0"}, None),
        ({"lotsize": "1.5"}, None),
        ({"lotsize": "10000000000"}, None),
        ({"lotsize": None}, None),
        ({"symbol": ""}, None),
        ({"symbol": None}, None),
        ({"token": " "}, None),
        ({"exch_seg": "NYSE"}, None),
        ({"exch_seg": ["NSE"]}, None),
        ({"exch_seg": ...}, None),
    ],
)
def test_an_ambiguous_row_is_not_read(changes: dict[str, Any], read: object) -> None:
    row = read_row(scrip(**changes))
    assert (None if row is None else row[:5]) == read


@pytest.mark.parametrize(
    ("changes", "read"),
    [
        ({}, ("SBIN", "", "", "")),
        (
            {"name": "nifty", "expiry": "29DEC2026", "strike": "2600000.000000", "instrumenttype": "OPTIDX"},
            ("NIFTY", "29DEC2026", "26000", "OPTIDX"),
        ),
        ({"exch_seg": "CDS", "strike": "902500000.000000"}, ("SBIN", "", "90.25", "")),
        ({"name": None, "expiry": 5, "strike": "x", "instrumenttype": ...}, ("", "", "", "")),
    ],
)
def test_a_row_says_which_contract_it_is(changes: dict[str, Any], read: object) -> None:
    row = read_row(scrip(**changes))
    assert row is not None
    assert row[5:] == read


@given(
    st.dictionaries(
        st.sampled_from(["exch_seg", "symbol", "token", "lotsize", "tick_size", "name", "expiry", "strike"]), ANYTHING
    )
)
def test_any_junk_in_a_row_is_read_or_skipped(changes: dict[str, Any]) -> None:
    read_row(scrip(**changes))


def stored(tmp_path: Path, rows: object) -> StoredList:
    text = rows if isinstance(rows, bytes) else json.dumps(rows).encode()
    build(io.BytesIO(text), tmp_path / "made", threading.Event())
    return StoredList(tmp_path / "made", DAY)


def test_symbols_are_found_by_segment_ignoring_case(tmp_path: Path) -> None:
    kept = stored(tmp_path, [scrip(), scrip(exch_seg="BSE", symbol="SBIN", token="500112"), "junk", None, {}])
    assert kept.row("NSE", "sbin-EQ") == ("3045", 1, "0.05", "SBIN", "", "", "")
    assert kept.row("BSE", "SBIN") == ("500112", 1, "0.05", "SBIN", "", "", "")
    assert kept.row("BSE", "SBIN-EQ") is None
    kept.close()


def test_two_different_rows_for_one_symbol_are_ignored(tmp_path: Path) -> None:
    twice = [scrip(), scrip(), scrip(symbol="INFY-EQ", token="1"), scrip(symbol="INFY-EQ", token="2")]
    kept = stored(
        tmp_path, [*twice, scrip(symbol="INFY-EQ", token="1"), scrip(symbol="LOT", lotsize="5"), scrip(symbol="LOT")]
    )
    assert kept.row("NSE", "SBIN-EQ") is not None
    assert kept.row("NSE", "INFY-EQ") is None
    assert kept.row("NSE", "LOT") is None
    kept.close()


@pytest.mark.parametrize(
    "text",
    [
        b"", b"<html><body>Bad gateway</body></html>", b"null", b"[]", b"{}", b'{"rows": []}', b'[{"token": "1"}]',
        json.dumps([scrip()]).encode()[:-1], json.dumps([scrip()] * 3).encode()[:-20], b"\xff\xfe[]",
        json.dumps([scrip()]).encode() + b"and more",
    ],
)  # fmt: skip
def test_an_incomplete_list_raises(tmp_path: Path, text: bytes) -> None:
    with pytest.raises(InstrumentTrouble):
        stored(tmp_path, text)
    with pytest.raises(sqlite3.Error):
        StoredList(tmp_path / "made", DAY)


def test_a_build_that_is_stopped_leaves_no_list(tmp_path: Path) -> None:
    stop = threading.Event()
    stop.set()
    with pytest.raises(InstrumentTrouble, match="the program is stopping"):
        build(io.BytesIO(json.dumps([scrip()]).encode()), tmp_path / "made", stop)
    with pytest.raises(sqlite3.Error):
        StoredList(tmp_path / "made", DAY)


def test_a_damaged_file_is_rejected(tmp_path: Path) -> None:
    stored(tmp_path, [scrip(symbol=f"S{number}") for number in range(3000)]).close()
    raw = bytearray((tmp_path / "made").read_bytes())
    raw[9000:30000] = bytes(21000)
    (tmp_path / "made").write_bytes(raw)
    with pytest.raises(sqlite3.Error):
        StoredList(tmp_path / "made", DAY)
    (tmp_path / "made").write_bytes(b"not SQLite at all")
    with pytest.raises(sqlite3.Error):
        StoredList(tmp_path / "made", DAY)
    with pytest.raises(sqlite3.Error):
        StoredList(tmp_path / "nothing there", DAY)
