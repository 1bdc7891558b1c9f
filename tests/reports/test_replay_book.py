"""`copytui replay FILE`: today's settings over a saved order book, in time, offline, whatever stands in the file."""

from __future__ import annotations

import csv
import io
import json
import socket
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from copytui.domain.executions import CopyOn
from copytui.domain.orders import OrderId, OrderKey, Product, Side
from copytui.reports.replay import replay
from copytui.reports.saved_book import in_time
from tests.builders import NOON, a_tag, a_working_order, after, an_execution, an_order
from tests.reports.conftest import Shell
from tests.reports.made import day
from tests.settings.folders import Folder


def row(number: int = 1, **more: Any) -> dict[str, Any]:
    """An order as SmartAPI's book has it."""
    moment = datetime(2026, 11, 20, 10, 0) + timedelta(minutes=number)  # noqa: DTZ001  # as the broker writes it
    return {
        "variety": "NORMAL", "ordertype": "LIMIT", "producttype": "INTRADAY", "duration": "DAY", "price": 102.0,
        "triggerprice": 0.0, "quantity": "50", "disclosedquantity": "0", "tradingsymbol": "NIFTY28NOV2624000CE",
        "transactiontype": "BUY", "exchange": "NFO", "symboltoken": "43210", "ordertag": "", "instrumenttype": "OPTIDX",
        "lotsize": "50", "averageprice": 101.5, "filledshares": "50", "unfilledshares": "0",
        "orderid": f"26112000000{number:04d}", "uniqueorderid": f"U{number}", "text": "", "status": "complete",
        "orderstatus": "complete", "updatetime": f"{moment:%d-%b-%Y %H:%M:%S}", "exchtime": "", "parentorderid": "",
    } | more  # fmt: skip


def save(rows: object, *, name: str = "book.json") -> str:
    Path(name).write_text(json.dumps(rows), encoding="utf-8")
    return name


def replayed(shell: Shell, rows: object, *arguments: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(shell.out("replay", save(rows), "--format", "json", *arguments))
    return found


def test_a_filter_by_meaning_stops_its_underlying_and_no_other_that_begins_like_it(shell: Shell) -> None:
    shell.folder.toml(
        '[filters]\nblock_symbols = [{underlying = "NIFTY", right = "CE", expiry_within_days = 7, side = "BUY"}]\n'
    )
    near = {"expirydate": "26NOV2026", "optiontype": "CE", "tradingsymbol": "NIFTY26NOV2624000CE"}
    rows = [
        row(1, **near),
        row(2, **near | {"tradingsymbol": "NIFTYNXT5026NOV2665000CE"}),
        row(3, **near | {"expirydate": "31DEC2026", "tradingsymbol": "NIFTY31DEC2624000CE"}),
        row(4, **near | {"transactiontype": "SELL", "tradingsymbol": "NIFTY26NOV2624100CE"}),
    ]
    found = {each["master_order_id"][-1]: (each["decision"], each["reason"]) for each in replayed(shell, rows)}
    assert found["1"] == ("skipped", "blocked by underlying NIFTY, CE, expiry within 7 days, BUY")
    assert {found[number][0] for number in "234"} == {"copied"}


def test_each_decision_and_each_followers_quantity_is_shown_in_the_order_of_the_times(shell: Shell) -> None:
    shell.folder.toml('[filters]\nblock_symbols = ["SBIN"]\n[followers.2]\nmultiplier = 0.5\n')
    head, first, second, third, total = shell.out(
        "replay", save([row(3), row(2, tradingsymbol="SBIN-EQ"), row(1, quantity="100", filledshares="100")])
    ).splitlines()
    assert head.split() == ["time", "order", "decision", "followers"]
    assert first.split("  ")[0] == "10:01:00"
    assert "BUY 100 NIFTY28NOV2624000CE @ 101.50 (limit 102.00)  copied" in first
    assert first.endswith("Asha 100 · Follower 2 50")
    assert "skipped" in second
    assert second.endswith("symbol blocked by SBIN")
    assert third.endswith("Asha 50 · Follower 2 0 (50 x 0.5 is below one lot of 50)")
    assert total == "3 orders: 2 copied, 1 skipped; 3 copies"


@pytest.mark.parametrize("wrapped", [True, False])
def test_the_brokers_whole_answer_and_the_bare_list_are_both_understood(shell: Shell, *, wrapped: bool) -> None:
    book: object = [row()]
    if wrapped:
        book = {"status": True, "message": "SUCCESS", "errorcode": "", "data": book}
    assert [each["quantity"] for each in replayed(shell, book)] == [50, 50]


def test_an_old_book_is_never_too_old_and_needs_no_baseline(shell: Shell) -> None:
    shell.folder.toml("[master]\nmax_order_age_seconds = 1\n")
    (first, _second) = replayed(shell, [row(updatetime="02-Jan-2020 10:00:00")])
    assert (first["decision"], first["timestamp"]) == ("copied", "2020-01-02T10:00:00.000+05:30")


@pytest.mark.parametrize(
    ("symbol", "expiry", "decisions"),
    [
        ("SENSEX26N2685000CE", "26NOV2026", ["copied", "copied"]),
        ("SENSEX26N2685000CE", "", ["copied", "copied"]),
        ("SENSEX26DECFUT", "31DEC2026", ["copied", "skipped"]),
        ("SENSEX26DECFUT", "26NOV2026", ["copied", "copied"]),
        ("360ONE26DEC1260CE", "", ["copied", "skipped"]),
    ],
)
def test_what_has_expired_is_no_open_position(shell: Shell, symbol: str, expiry: str, decisions: list[str]) -> None:
    shell.folder.toml("[risk]\nmax_open_positions = 1\n")
    kept = {"exchange": "BFO", "producttype": "CARRYFORWARD", "instrumenttype": ""}
    first = row(1, **kept, tradingsymbol=symbol, expirydate=expiry, updatetime="20-Nov-2026 10:00:00")
    second = row(2, **kept, tradingsymbol="BANKEX26DEC62000PE", updatetime="01-Dec-2026 10:00:00")
    found = [each for each in replayed(shell, [first, second]) if each["follower_name"] == "Follower 2"]
    assert ["copied" if each["quantity"] else "skipped" for each in found] == decisions


def test_orders_without_a_time_stand_last_and_are_decided_on(shell: Shell) -> None:
    found = replayed(shell, [row(1, updatetime=""), row(2)])
    assert [each["master_order_id"][-1] for each in found] == ["2", "2", "1", "1"]
    assert found[-1]["timestamp"] is None


def test_what_never_executed_and_what_copytui_sent_itself_is_listed_with_the_reason(shell: Shell) -> None:
    rejected = {"orderstatus": "rejected", "status": "rejected", "filledshares": "0", "text": "RMS: no margin"}
    working = {"orderstatus": "open", "status": "open", "filledshares": "25"}
    book = [row(1, **rejected), row(2, ordertag=str(a_tag())), row(3, **working)]
    found = replayed(shell, book)
    assert [(each["decision"], each["code"]) for each in found] == [
        ("not copied", "nothing_executed"), ("not copied", "own_order"), ("not copied", "nothing_executed"),
    ]  # fmt: skip
    assert found[0]["reason"] == "nothing of it has executed: rejected RMS: no margin"
    assert found[1]["reason"] == "it carries a copytui tag: never copied"
    assert found[2]["reason"] == "25 of 50 have executed so far (open): copied when it ends"
    assert [each["quantity"] for each in found] == [0, 0, 0]
    assert shell.out("replay", "book.json").splitlines()[-1] == "3 orders: 3 not copied; 0 copies"


def test_fill_by_fill_copies_what_a_working_order_has_so_far(shell: Shell) -> None:
    shell.folder.toml('[master]\ncopy_on = "fill"\n')
    (first, _second) = replayed(shell, [row(orderstatus="open", status="open", filledshares="50", quantity="100")])
    assert (first["decision"], first["quantity"]) == ("copied", 50)


def test_rows_that_cannot_be_read_are_warnings_and_hold_nothing_up(shell: Shell) -> None:
    code, out, err = shell("replay", save([row(1), {"orderid": "9"}, 7, row(2, quantity="many", text="\x1b[2J")]))
    assert code == 0
    assert out.splitlines()[-1].startswith("1 order: 1 copied")
    warnings = err.splitlines()
    assert len(warnings) == 3
    assert warnings[0] == "warning: order 9 cannot be read and was left out: tradingsymbol is empty"
    assert all(" cannot be read and was left out: " in line for line in warnings)
    assert "\x1b" not in err


def test_the_same_order_in_two_rows_is_one_order(shell: Shell) -> None:
    stale = row(1, orderstatus="open", status="open", filledshares="0")
    found = replayed(shell, [row(1), stale, row(1)])
    assert [each["quantity"] for each in found] == [50, 50]


def test_required_confirmation_is_shown_as_asked(shell: Shell) -> None:
    shell.folder.toml("require_confirmation = true\ndry_run = true\n")
    assert {each["decision"] for each in replayed(shell, [row()])} == {"asked"}


def test_what_the_screen_changed_is_part_of_todays_settings(shell: Shell) -> None:
    shell.folder.local('[filters]\nblock_symbols = ["NIFTY"]\n')
    (only,) = replayed(shell, [row()])
    assert (only["decision"], only["reason"]) == ("skipped", "symbol blocked by NIFTY")


def test_an_exit_closes_what_the_replay_has_built(shell: Shell) -> None:
    shell.folder.toml("[followers.2]\nmultiplier = 2\n[followers.1]\nenabled = false\n")
    found = replayed(shell, [row(1), row(2, transactiontype="SELL"), row(3, transactiontype="SELL")])
    quantities = [(each["follower_name"], each["quantity"], each["code"]) for each in found]
    assert quantities == [
        ("Asha", 0, "disabled"), ("Follower 2", 100, None), ("Asha", 0, "nothing_to_close"), ("Follower 2", 100, None),
        ("Asha", 0, "disabled"), ("Follower 2", 100, None),
    ]  # fmt: skip
    assert "Follower 2 100 (closes 50 of 50)" in shell.out("replay", "book.json")


def test_csv_has_a_header_and_a_row_for_each_follower(shell: Shell) -> None:
    text = shell.out("replay", save([row()]), "--format", "csv")
    found = list(csv.DictReader(io.StringIO(text, newline="")))
    assert [(each["follower_name"], each["quantity"], each["order_type"], each["price"]) for each in found] == [
        ("Asha", "50", "LIMIT", "102.0"), ("Follower 2", "50", "LIMIT", "102.0"),
    ]  # fmt: skip
    assert shell.out("replay", save([]), "--format", "csv") == text.split("\r\n", maxsplit=1)[0] + "\r\n"


def test_an_empty_book_is_a_book(shell: Shell) -> None:
    books: list[object] = [[], {"status": True, "data": None}, {"status": True, "data": []}]
    for empty in books:
        assert shell.out("replay", save(empty)) == "the order book has no orders\n"


def test_into_a_file(shell: Shell) -> None:
    assert shell.out("replay", save([row()]), "--output", "out.txt") == "1 order written to out.txt\n"
    assert "Asha 50" in Path("out.txt").read_text(encoding="utf-8")
    assert "--force" in shell.refused("replay", "book.json", "--output", "out.txt")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "line 1 is not valid JSON"),
        (b"{nonsense", "line 1 is not valid JSON"),
        (b"\xff\xfe\x00", "not UTF-8"),
        (b"3", "its data is not a list"),
        (b'"orders"', "its data is not a list"),
        (b'{"orders": []}', "it has no data"),
        (b'{"status": true, "data": {"a": 1}}', "its data is not a list"),
        (
            b'{"status": false, "message": "Invalid \\u001b[2JToken", "data": null}',
            "the broker answered 'Invalid [2JToken'",
        ),
        (b"[1, 2]", "there is no order in its list"),
        (b"[" * 100_000, "nesting"),
        (b"[" + b"9" * 5000 + b"]", "a number or a nesting in it is too large"),
    ],
)
def test_a_file_that_is_not_an_order_book_is_refused_in_one_sentence(shell: Shell, content: bytes, words: str) -> None:
    Path("book.json").write_bytes(content)
    sentence = shell.refused("replay", "book.json")
    assert sentence.startswith("book.json is not an order book: ")
    assert words in sentence


def test_a_file_that_cannot_be_read_is_refused_in_one_sentence(shell: Shell) -> None:
    assert shell.refused("replay", "gone.json") == "gone.json cannot be read: No such file or directory"
    assert shell.refused("replay", ".") == ". cannot be read: Is a directory"
    assert shell.refused("replay").startswith("replay needs either an order book's FILE or --journal DAY")
    assert shell.refused("replay", "a.json", "--journal", "today").startswith("replay needs")


def test_wrong_settings_are_refused_as_everywhere(shell: Shell) -> None:
    save([row()])
    shell.folder.toml("dry_run = 3\n")
    assert "dry_run in copytui.toml is 3" in shell.refused("replay", "book.json")


def test_no_network_is_touched(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_socket(*_arguments: object, **_more: object) -> None:
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket, "socket", no_socket)
    assert len(replayed(shell, [row(1), row(2, symboltoken="", tradingsymbol="NEW-EQ")])) == 4


# The pure parts.


def test_executions_come_in_the_order_of_their_times() -> None:
    orders = [an_order(key=OrderKey(f"U{n}"), order_id=OrderId(f"{n}"), updated_at=after(-n)) for n in range(5)]
    seen = in_time(orders, CopyOn.COMPLETE, now=NOON)
    assert [each.order.order_id for each in seen] == ["4", "3", "2", "1", "0"]
    assert all(each.execution is not None and each.execution.seen_at == each.order.updated_at for each in seen)
    assert in_time([a_working_order()], CopyOn.COMPLETE, now=NOON)[0].execution is None


def test_partial_fills_of_an_order_are_sized_together(tmp_path: Path) -> None:
    """Fill by fill, what rounding took from the first piece comes with the next."""
    folder = Folder(tmp_path)
    folder.env()
    folder.toml('[master]\ncopy_on = "fill"\n[sizing]\nmultiplier = 0.5\n')
    order = an_order(quantity=150)
    pieces = [an_execution(order=order, number=number, quantity=50) for number in (1, 2, 3)]
    got = [[plan.quantity for plan in each.decision.plans] for each in replay(pieces, folder.load())]
    assert got == [[0, 0], [50, 50], [0, 0]]


def test_an_intraday_position_ends_with_its_day_and_a_delivery_goes_on(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    folder.env()
    for product, closes in ((Product.INTRADAY, False), (Product.DELIVERY, True)):
        bought = an_execution(order=an_order(product=product, updated_at=day(19)))
        sold = an_execution(order=an_order(product=product, side=Side.SELL, updated_at=day(20)))
        _first, second = replay([bought, sold], folder.load())
        assert (second.execution.closes is not None) is closes


def test_a_position_that_was_not_built_is_not_closed_past_what_there_is(tmp_path: Path) -> None:
    """Invariant 5, in a replay: half of the entry is blocked, so half of the exit has nothing to close."""
    folder = Folder(tmp_path)
    folder.env()
    folder.toml("[sizing]\nmax_quantity = 60\n")
    bought = an_execution(order=an_order(quantity=100, filled=100))
    sold = an_execution(order=an_order(quantity=100, filled=100, side=Side.SELL))
    first, second = replay([bought, sold], folder.load())
    assert [plan.reason for plan in first.decision.plans] == ["over_max_quantity"] * 2
    assert [plan.reason for plan in second.decision.plans] == ["nothing_to_close"] * 2
    assert second.sent == ()
